/* purpose.c - what each command makes of a run: one table. */
#include <assert.h>

#include "base/macros.h"
#include "run/shell.h"

static const struct purpose purposes[] = {
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

const struct purpose *purpose_of(enum snowmelt_command c)
{
	assert(c < ARRAY_SIZE(purposes) && purposes[c].read);
	return &purposes[c];
}
