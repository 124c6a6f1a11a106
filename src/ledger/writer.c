#include "ledger/writer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "ledger/message.h"
#include "sys/clock.h"

/* What may be answered without a commit behind it, in number and time. */
#define UNCOMMITTED_MAX 4096
#define UNCOMMITTED_FOR (50 * MS)
/* Commits leave each other so much time: then more shares one, its pages and its syncing.
 * Nobody waits for it, since rows are claimed and intended far ahead of their sending. */
#define COMMITS_APART (2 * MS)

static bool must_be_durable(const struct ledger_request *q)
{
	switch (q->op) {
	case LEDGER_CLAIM: return q->intend;
	case LEDGER_RECALL:
	case LEDGER_INVENTORY_BEGIN:
	case LEDGER_INVENTORY_ITEM: return false;
	case LEDGER_INTEND:
	case LEDGER_INTEND_UPDATE:
	case LEDGER_INTEND_DELETE:
	case LEDGER_WITHDRAW:
	case LEDGER_OUTCOME:
	case LEDGER_UNMARK:
	case LEDGER_INVENTORY_END:
	case LEDGER_OP_COUNT:
	default: return true;
	}
}

static int do_requests(struct writer *w, uint64_t count)
{
	bool durable = false;
	int r = w->store.error.code;

	if (r == 0)
		r = store_begin(&w->store);
	for (uint64_t i = 0; i < count && r == 0; i++) {
		const struct ledger_request *q = queue_read(&w->requests);

		durable = durable || must_be_durable(q);
		r = store_execute(&w->store, q, &w->replies);
	}
	w->uncommitted += count;
	if (r == 0 && (durable || w->uncommitted >= UNCOMMITTED_MAX)) {
		r = store_commit(&w->store);
		w->committed_at = clock_monotonic();
		w->uncommitted = 0;
	}
	return r;
}

/* Nothing of the batch is kept, nobody is told that it was. */
static void refuse_requests(struct writer *w, uint64_t count)
{
	store_roll_back(&w->store);
	queue_take_back(&w->replies);
	queue_rewind(&w->requests);
	for (uint64_t i = 0; i < count; i++) {
		const struct ledger_request *q = queue_read(&w->requests);

		message_put_reply(&w->replies, &(struct ledger_reply){
						       .op = q->op,
						       .ticket = q->ticket,
						       .error = w->store.error.code,
					       });
	}
}

static void do_batch(struct writer *w, uint64_t count)
{
	if (do_requests(w, count) < 0)
		refuse_requests(w, count);
	queue_release(&w->requests);
	queue_publish(&w->replies);
	if (w->wake)
		w->wake(w->wake_arg);
	store_tidy(&w->store);
}

static struct timespec timespec_of(nsec_t at)
{
	return (struct timespec){.tv_sec = at / SEC, .tv_nsec = at % SEC};
}

static void await_turn(const struct writer *w)
{
	struct timespec at = timespec_of(w->committed_at + COMMITS_APART);

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* How many requests there are; 0 at the end, or when none has come for so long
 * that what was answered should be committed. */
static uint64_t await_requests(struct writer *w, bool *ret_stop)
{
	struct timespec until = timespec_of(clock_monotonic() + UNCOMMITTED_FOR);
	struct queue *q = &w->requests;
	uint64_t count;
	int r = 0;

	pthread_mutex_lock(&q->lock);
	while (q->published == q->next.count && !w->stop && r != ETIMEDOUT) {
		if (w->store.in_transaction)
			r = pthread_cond_timedwait(&q->published_more, &q->lock, &until);
		else
			pthread_cond_wait(&q->published_more, &q->lock);
	}
	count = q->published - q->next.count;
	*ret_stop = w->stop;
	pthread_mutex_unlock(&q->lock);
	return count;
}

static void *work(void *arg)
{
	struct writer *w = arg;
	bool stop = false;

	for (;;) {
		uint64_t count;

		await_turn(w);
		count = await_requests(w, &stop);
		if (count > 0) {
			do_batch(w, count);
		} else if (stop) {
			return NULL;
		} else {
			if (store_commit(&w->store) < 0)
				store_roll_back(&w->store);
			w->uncommitted = 0;
		}
	}
}

/* Signals are for the caller's threads. */
static int start_thread(struct writer *w)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int writer_start(struct writer *w, struct error *reterr)
{
	int r = queue_init(&w->requests);

	if (r == 0)
		r = queue_init(&w->replies);
	if (r == 0)
		r = start_thread(w);
	if (r == 0)
		return 0;
	queue_done(&w->requests);
	queue_done(&w->replies);
	return error_set(reterr, r, "cannot start the ledger's thread: %s", strerror(-r));
}

void writer_stop(struct writer *w)
{
	pthread_mutex_lock(&w->requests.lock);
	w->stop = true;
	pthread_cond_signal(&w->requests.published_more);
	pthread_mutex_unlock(&w->requests.lock);
	pthread_join(w->thread, NULL);
	queue_done(&w->requests);
	queue_done(&w->replies);
}

const struct ledger_reply *writer_await(struct writer *w)
{
	struct queue *q = &w->replies;

	pthread_mutex_lock(&q->lock);
	while (q->published == q->next.count)
		pthread_cond_wait(&q->published_more, &q->lock);
	pthread_mutex_unlock(&q->lock);
	return queue_read(q);
}
