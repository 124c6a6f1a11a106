/* confirm.h - a question to the person at the terminal. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct confirm {
	int fd; /* the terminal; -1: none */
};

/**
 * Find a terminal: the one that controls this process, else standard input.
 *
 * @return 0, or -ENOTTY with the sentence in reterr
 */
int confirm_open(struct confirm *c, struct error *reterr);
void confirm_done(struct confirm *c);

/**
 * Ask, and wait for a line: yes is "y" or "yes". Anything else is no, also the
 * end of input and a signal.
 */
bool confirm_ask(const struct confirm *c, const char *question);
