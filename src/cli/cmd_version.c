/* cmd_version.c - snowmelt version. */
#include <string.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "snowmelt/snowmelt.h"

int cmd_version(const struct settings *s)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 128);
	if (buf_printf(&b, "snowmelt %s\n", snowmelt_version()) < 0)
		return SNOWMELT_FATAL;
	return terminal_print(b.data, b.len) < 0 ? SNOWMELT_FATAL : SNOWMELT_OK;
}
