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
	[SNOWMELT_COMMAND_PLAN] =
		{
			.reads = INPUT_INSTANCES,
			.input_only = true,
			.lists = true,
			.open_ledger = plan_open,
			.read = plan_read,
			.intend = plan_intend,
			.tell = plan_tell,
			.report = plan_report,
		},
	[SNOWMELT_COMMAND_VERIFY] =
		{
			.reads = INPUT_RESULTS,
			.input_only = true,
			.results = ".verify",
			.open_ledger = verify_open,
			.read = read_input,
			.row_came = verify_row_came,
			.tell = tell_row,
			.words = words_for_verify,
		},
	[SNOWMELT_COMMAND_ROLLBACK] =
		{
			.reads = INPUT_RESULTS,
			.input_only = true,
			.results = ".rollback",
			.open_ledger = rollback_open,
			.read = read_input,
			.row_came = rollback_row_came,
			.claimed = rollback_claimed,
			.intend = rollback_intend,
			.tell = tell_row,
			.words = words_for_rollback,
		},
	[SNOWMELT_COMMAND_BENCH] =
		{
			.drive = bench_drive,
			.token_told = bench_token_told,
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

static const struct purpose verify_of_ledger = {
	.reads = INPUT_NONE,
	.input_only = true,
	.results = ".verify",
	.open_ledger = verify_open_ledger,
	.read = verify_read_ledger,
	.tell = tell_row,
	.words = words_for_verify,
};

const struct purpose *purpose_of(const struct snowmelt_options *o)
{
	assert(o->command < ARRAY_SIZE(purposes));
	assert(purposes[o->command].read || purposes[o->command].drive);
	if (o->command == SNOWMELT_COMMAND_CHECK && o->probe)
		return &check_with_probes;
	if (o->command == SNOWMELT_COMMAND_VERIFY && verify_is_ledger(o->input))
		return &verify_of_ledger;
	return &purposes[o->command];
}
