/* purpose.c - what each command makes of a run: one table. */
#include <assert.h>

#include "base/macros.h"
#include "run/shell.h"

static const struct purpose purposes[] = {
	[SNOWMELT_COMMAND_CHECK] =
		{
			.reads = INPUT_INSTANCES,
			.input_only = true,
			.read = read_input,
			.report = check_report,
		},
	[SNOWMELT_COMMAND_RUN] =
		{
			.reads = INPUT_INSTANCES,
			.results = ".results",
			.open_ledger = open_ledger_file,
			.read = read_input,
			.row_came = claim_row_came,
			.claimed = claim_replied,
			.intend = intent_order,
			.tell = tell_row,
			.words = words_for_run,
		},
};

static const struct purpose check_with_probes = {
	.reads = INPUT_INSTANCES,
	.input_only = true,
	.independent = true,
	.open_ledger = check_open,
	.read = check_read,
	.row_came = check_row_came,
	.ask = check_ask,
	.answered = check_answered,
	.tell = check_tell,
	.report = check_report,
	.reports_half = true,
};

const struct purpose *purpose_of(const struct snowmelt_options *o)
{
	assert(o->command < ARRAY_SIZE(purposes) && purposes[o->command].read);
	if (o->command == SNOWMELT_COMMAND_CHECK && o->probe)
		return &check_with_probes;
	return &purposes[o->command];
}
