/* cmd_results.c - snowmelt results: the results file once more, from the ledger. */
#include <string.h>

#include "cli/commands.h"
#include "cli/fill.h"
#include "cli/terminal.h"
#include "snowmelt/snowmelt.h"

static void on_summary(void *arg, const char *text)
{
	/* That it failed is remembered, and becomes the exit status. */
	(void)terminal_print(text, strlen(text));
}

static void on_message(void *arg, const char *text)
{
	terminal_message(text);
}

int cmd_results(const struct settings *s)
{
	const struct snowmelt_callbacks callbacks = {
		.summary = on_summary,
		.message = on_message,
	};
	struct filled f;
	int status = SNOWMELT_FATAL;

	if (filled_init(&f, s) == 0)
		status = snowmelt_results(&f.o, &callbacks);
	else
		terminal_message("no memory for the options");
	filled_done(&f);
	return status;
}
