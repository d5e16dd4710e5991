/*
 * tally_text.c
 *		Any text is a tally or an error; a tally reads back, can be
 *		merged, and gives rows.
 */
#include "tally_run.h"

static void
read_text(void *argument)
{
	Input	   *input = argument;
	char	   *text = fuzz_text(input->data, input->size);

	if (text != NULL)
		input->tally = tally_from_datum(fuzz_call(journey_tally_in, CStringGetDatum(text)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tally_run(read_text, data, size);
	return 0;
}
