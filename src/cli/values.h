/* values.h - what the text of an option means.
 *
 * One parser a kind of value. Its sentence says what is wrong with the text and
 * what would be right, without the place where the text was said: whoever knows
 * that (a flag, a variable, a line of a file) puts it before the sentence.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/time.h"
#include "snowmelt/snowmelt.h"

enum value_kind {
	VALUE_SWITCH, /* on or off */
	VALUE_CHOICE, /* one word of "a|b|c" */
	VALUE_TEXT,   /* anything but nothing */
	VALUE_FILE,
	VALUE_FOLDER,
	VALUE_URL,     /* looked at by the library; a login in it is never shown */
	VALUE_MAPPING, /* NAME=HEADER */
	VALUE_SANDBOX,
	VALUE_TABLE, /* of ServiceNow */
	VALUE_DELIMITER,
	VALUE_NUMBER,
	VALUE_DURATION,
	VALUE_RATE,
	VALUE_HALT,
};

struct value_rule {
	enum value_kind kind;
	const char *words; /* VALUE_CHOICE: "a|b|c" */
	uint64_t min, max; /* VALUE_NUMBER; VALUE_DURATION in nanoseconds */
};

struct value_halt {
	enum snowmelt_halt how;
	uint64_t fails;
	bool percent;
};

struct value {
	const char *text;  /* as it was said; borrowed */
	const char *place; /* where: "--rate", "SNOWMELT_RATE", "snowmelt.ini:3"; borrowed */
	union {
		bool on;
		uint64_t number; /* also the index of a choice's word */
		nsec_t duration;
		double rate_per_s;
		char delimiter;
		struct value_halt halt;
	};
};

/**
 * Read `text` by the rule.
 *
 * @param ret  place is left NULL; text is borrowed
 * @return 0, or -EINVAL with the sentence in reterr, which quotes the text only
 *         where no secret can stand in it
 */
int value_parse(
	const struct value_rule *rule, const char *text, struct value *ret, struct error *reterr);

/** Append the value in its shortest notation, fit for a terminal, without the login of a URL. */
int value_print(const struct value_rule *rule, const struct value *v, struct buf *b);

/** Does this URL hold a login (`scheme://user:password@host`)? */
bool value_url_has_login(const char *url);
