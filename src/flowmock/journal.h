/* journal.h - what was executed, in a file: a server may be killed, too.
 *
 * JSON Lines, one for each create, change and delete, written before its answer
 * is sent. A line is one write(), so a kill leaves it whole or absent; half a
 * line at the end (a full disk) is cut off when the file is read back.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "flowmock/counters.h"
#include "flowmock/store.h"

struct journal {
	int fd; /* -1: memory only */
	struct buf line;
};

/**
 * Read the file back, if there is one, and go on behind its end.
 *
 * @param path  NULL: memory only
 * @param counters  creates, updates, deletes and what others did are added
 * @return 0 or a negative errno with the sentence in reterr
 */
int journal_open(struct journal *j, const char *path, struct store *s, struct counters *counters,
	struct error *reterr);
void journal_close(struct journal *j);

/** 0 or a negative errno. */
int journal_put(struct journal *j, const struct store *s, const struct connection *c);
/** @param by_other  not to be counted when it is read back */
int journal_delete(struct journal *j, struct uuid id, bool by_other);
/** Forget everything in it. */
int journal_clear(struct journal *j);
