/* fill.h - the settings as the library wants them, for every command that asks it. */
#pragma once

#include "cli/settings.h"
#include "snowmelt/snowmelt.h"

struct filled {
	struct snowmelt_options o; /* its text is the settings'; no credentials */
	const char **map, **carry; /* the lists that it points to */
};

/** @return 0 or -ENOMEM; what a command has no option for has its default */
int filled_init(struct filled *f, const struct settings *s);
void filled_done(struct filled *f);
