/* journal_read.h - the file of --store, read back. */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "flowmock/journal.h"

/**
 * Carry out again what the lines say, up to the last whole one.
 *
 * @param path  for the message
 * @param ret_end  where the last whole line ends
 * @return 0 or a negative errno with the sentence in reterr
 */
int journal_read(FILE *f, const char *path, struct store *s, struct counters *counters,
	off_t *ret_end, struct error *reterr);
