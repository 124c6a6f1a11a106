/* cmd_status.c - snowmelt status: what the ledger says, also while a run is going. */
#include <assert.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "snowmelt/snowmelt.h"

static_assert((int)SNOWMELT_REPORT_TEXT == 0 && (int)SNOWMELT_REPORT_CSV == 1 &&
		      (int)SNOWMELT_REPORT_JSONL == 2,
	"--format's words are text|csv|jsonl");

static void on_output(void *arg, const char *text)
{
	/* That it failed is remembered, and becomes the exit status. */
	if (!terminal_print_failed())
		(void)terminal_print(text, strlen(text));
}

static void on_message(void *arg, const char *text)
{
	terminal_message(text);
}

int cmd_status(const struct settings *s)
{
	const struct snowmelt_callbacks callbacks = {
		.output = on_output,
		.message = on_message,
	};
	const struct snowmelt_status_options o = {
		.input = s->operands[0],
		.ledger = settings_text(s, OPT_LEDGER),
		.format = (enum snowmelt_report_format)settings_number(s, OPT_STATUS_FORMAT),
		.unresolved = settings_on(s, OPT_UNRESOLVED),
	};

	return snowmelt_status(&o, &callbacks);
}
