/* terminal.h - what the program says, on standard output and standard error.
 *
 * One process, one terminal, like the log. The progress line is rewritten in
 * place, and cleared before anything else is written, log lines of any thread
 * included.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "snowmelt/snowmelt.h"

/**
 * Make sure that descriptors 0, 1 and 2 are taken. Where one was closed, the
 * next file that is opened would get its number, and the summary would be
 * written into the results. What is put there instead fails like a closed one.
 */
void terminal_secure_descriptors(void);

/** "snowmelt: TEXT" on standard error. */
void terminal_message(const char *text);

/**
 * Write to standard output.
 *
 * @return 0, or a negative errno; has then said so on standard error
 */
int terminal_print(const char *text, size_t len);

/** Clear the progress line, before somebody else writes to the terminal. */
void terminal_clear(void);

/** Has any terminal_print() failed? */
bool terminal_print_failed(void);

/**
 * From here on show progress, if standard error is a terminal that can rewrite
 * a line; else this and the two below do nothing. Takes the log's sink.
 */
void terminal_progress_begin(void);
void terminal_progress(const struct snowmelt_progress *p);
void terminal_progress_end(void); /* the line is cleared, the log as before */
