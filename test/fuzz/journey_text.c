/*
 * journey_text.c
 *		Any text is a journey or an error; a journey reads back to the same
 *		bytes.
 */
#include "journey.h"

typedef struct Input
{
	const uint8_t *data;
	size_t		size;
	Datum		journey;
} Input;

static void
read_text(void *argument)
{
	Input	   *input = argument;
	char	   *text = fuzz_text(input->data, input->size);

	input->journey = text ? fuzz_call(journey_in, CStringGetDatum(text)) : (Datum) 0;
}

static void
read_back(void *argument)
{
	Input	   *input = argument;

	if (input->journey != (Datum) 0)
		journey_holds(input->journey);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(read_text, &input))
		fuzz_check(fuzz_try(read_back, &input), "a journey is refused when it is read back");
	fuzz_reset();
	return 0;
}
