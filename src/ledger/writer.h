/* writer.h - the thread that owns the store while a run goes.
 *
 * Group commit: it takes all requests that were flushed, does them in one
 * transaction, commits, lets the replies out, and takes what has come meanwhile, but
 * not sooner than some time after the commit. What asks for no durability (claims,
 * recalls, items) may be answered from a transaction that is still open: a run over
 * rows that are all known already does not wait for a disk at every row.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/time.h"
#include "ledger/queue.h"
#include "ledger/store.h"

struct writer {
	struct queue requests, replies;
	pthread_t thread;
	bool stop; /* under the lock of `requests` */
	void (*wake)(void *arg);
	void *wake_arg;
	/* the thread's */
	struct store store;
	uint64_t uncommitted; /* requests that were answered, but not committed */
	nsec_t committed_at;
};

/** The store is open. 0 or a negative errno. */
int writer_start(struct writer *w, struct error *reterr);

/** Do all that was published, then end the thread. The store stays open. */
void writer_stop(struct writer *w);

/** The first reply that was not read, waiting for it. */
const struct ledger_reply *writer_await(struct writer *w);
