/* log.h - the log on standard error, and the last door before it: redaction.
 *
 * A line is `2026-11-24T19:54:38.123Z level text`. Every line passes through
 * redact() with the run's own secrets (token, client secret …), which are
 * registered by log_add_secret(); what belongs to one row (its password) is cut
 * out where the text is made, with that row's secrets. Then str_show() makes it
 * one line, whatever was in it. One process, one log; any thread may write, but
 * no signal handler.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

#define LOG_SECRETS_MAX 32

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

void log_set_level(enum log_level level);
/** "error" … "trace"; 0 or -EINVAL. */
int log_level_parse(const char *name, enum log_level *ret);
const char *log_level_name(enum log_level level);
bool log_wants(enum log_level level);

/**
 * Where lines go instead of standard error (tests, a terminal's progress line).
 * `line` has its newline. The sink must not log. NULL: standard error again.
 */
void log_set_sink(void (*sink)(void *arg, const char *line), void *arg);

/**
 * Keep a value out of every later line. Copied into locked memory; at most
 * LOG_SECRETS_MAX.
 *
 * @return 0, -ENOSPC or -ENOMEM
 */
int log_add_secret(const char *value);
/** Wipe one again, when it is worth nothing any more (an expired token). */
void log_forget_secret(const char *value);

void log_write(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_wants(LOG_DEBUG))                                                          \
			log_write(LOG_DEBUG, __VA_ARGS__);                                         \
	} while (0)
#define log_trace(...)                                                                             \
	do {                                                                                       \
		if (log_wants(LOG_TRACE))                                                          \
			log_write(LOG_TRACE, __VA_ARGS__);                                         \
	} while (0)
