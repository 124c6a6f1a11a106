/* settings.h - the options' values, and where each came from.
 *
 * A flag outweighs the environment, that a config file, that the default, in
 * whatever order they are put in. Of an option that may be given several times
 * the values of one source add up, and replace those of lighter sources.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/option_table.h"

enum setting_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

#define SETTING_VALUES_MAX 256 /* of an option that may be given several times */
#define OPERANDS_MAX 2

struct setting {
	enum setting_source source;
	struct value *values;
	size_t count; /* 0: unset */
};

struct settings {
	struct setting of[OPTION_COUNT];
	const char *operands[OPERANDS_MAX]; /* what is no option; borrowed from argv */
	size_t operand_count;
	struct kept_text *kept;
};

#define SETTINGS_INIT                                                                              \
	{                                                                                          \
		.kept = NULL                                                                       \
	}

/** Frees all; leaves it zeroed. Texts are wiped, for a proxy's URL may hold a login. */
void settings_done(struct settings *s);

/** Put in the defaults of the table: 0 or -ENOMEM. */
int settings_put_defaults(struct settings *s, struct error *reterr);

/**
 * Put in one value; text and place are copied. The place is named in the sentence.
 * A text that is wrong is refused even where a weightier source has spoken.
 *
 * @return 0, -EINVAL (wrong value) or -ENOMEM
 */
int settings_put(struct settings *s, const struct option *o, enum setting_source source,
	const char *place, const char *text, struct error *reterr);

/** The value, the last one of several; NULL: unset. */
const struct value *settings_get(const struct settings *s, enum option_id id);

/* Of options that have a default, or whose absence is 0, false or NULL. */
bool settings_on(const struct settings *s, enum option_id id);
const char *settings_text(const struct settings *s, enum option_id id);
uint64_t settings_number(const struct settings *s, enum option_id id);
nsec_t settings_duration(const struct settings *s, enum option_id id);
