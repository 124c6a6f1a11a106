/* redact_view.h - a text as it reads once decoded. Private to base.
 *
 * Instead of writing a secret in every way in which it may be escaped (each
 * character raw, as \n, as \u000a, as \u000A, as %0a …), the text is decoded
 * and the secret looked for in plain. Each decoded byte knows from where in the
 * text it came.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum view_decoding {
	VIEW_JSON,    /* \" \n \u0041, and \x41 of str_show() */
	VIEW_FORM,    /* %41, and + is a blank */
	VIEW_PERCENT, /* %41, and + is + */
};

struct view {
	char *data; /* NUL-terminated; may hold no other NUL */
	size_t len;
	uint32_t *at; /* len + 1 places in the first text; NULL: the same places */
};

/** The text itself; borrowed, so view_done() only forgets it. */
struct view view_of_text(const char *text, size_t len);

/**
 * Decode a view once more.
 *
 * @return 0, 1 (there is nothing to decode: ret is untouched) or -ENOMEM
 */
int view_decode(const struct view *v, enum view_decoding how, struct view *ret);

/** Wipe and free. Fine on a zeroed one. */
void view_done(struct view *v);
