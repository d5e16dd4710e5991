/*
 * journey_binary.c
 *		Any message is a journey or an error; a journey reads back to the same
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
receive(void *argument)
{
	Input	   *input = argument;

	input->journey = fuzz_receive(journey_recv, input->data, input->size);
}

static void
read_back(void *argument)
{
	journey_holds(((Input *) argument)->journey);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (fuzz_try(receive, &input))
		fuzz_check(fuzz_try(read_back, &input), "a journey is refused when it is read back");
	fuzz_reset();
	return 0;
}
