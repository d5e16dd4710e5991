/*
 * tally_binary.c
 *		Any message is a tally or an error; a tally reads back, can be
 *		merged, and gives rows.
 */
#include "tally_run.h"

static void
receive(void *argument)
{
	Input	   *input = argument;

	input->tally = tally_from_datum(fuzz_receive(journey_tally_recv, input->data, input->size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tally_run(receive, data, size);
	return 0;
}
