/* error.h - the sentence that a human will read, and the errno beside it.
 *
 * Written where path and line are known, handed up unchanged, printed once by
 * cli. The form is "what is wrong: what to do", without "snowmelt:" before it
 * and without a full stop. Text that came from a CSV or a server goes in by
 * str_show() (base/str.h), so that no control character reaches a terminal.
 */
#pragma once

#include "base/macros.h"

struct error {
	int code;        /* negative errno, or 0 when there is none */
	char text[1024]; /* NUL-terminated; cut at the end when it is longer */
};

/**
 * Write the sentence.
 *
 * @param e     may be NULL: then only the code is handed on
 * @param code  negative errno
 * @return code, so that callers can `return error_set(…)`
 */
int error_set(struct error *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
