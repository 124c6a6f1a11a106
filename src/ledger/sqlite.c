/* sqlite.c - the ledger on disk: one file for one writer.
 *
 *     submit, flush ──requests──> writer's thread ──> store (SQLite)
 *     next          <──replies───        │ wake
 *
 * Here is the caller's side; queue.h says what may be touched by whom.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ledger/message.h"
#include "ledger/sqlite.h"

static struct sqlite *sqlite_of(struct ledger *l)
{
	return (struct sqlite *)l;
}

void sqlite_submit(struct ledger *l, const struct ledger_request *q)
{
	message_put_request(&sqlite_of(l)->writer.requests, q);
}

void sqlite_flush(struct ledger *l)
{
	queue_publish(&sqlite_of(l)->writer.requests);
}

/* The writer has set its error before it let this reply out, and never does again. */
static void note_error(struct sqlite *s, const struct ledger_reply *reply)
{
	if (reply->error < 0 && s->base.error.code == 0)
		s->base.error = s->writer.store.error;
}

bool sqlite_next(struct ledger *l, struct ledger_reply *ret)
{
	struct sqlite *s = sqlite_of(l);
	struct queue *q = &s->writer.replies;

	queue_release(q); /* the last one's record */
	if (s->known == q->next.count) {
		pthread_mutex_lock(&q->lock);
		s->known = q->published;
		pthread_mutex_unlock(&q->lock);
	}
	if (s->known == q->next.count)
		return false;
	*ret = *(const struct ledger_reply *)queue_read(q);
	note_error(s, ret);
	return true;
}

int sqlite_end_run(struct ledger *l, bool reported, const char *totals, struct error *reterr)
{
	struct sqlite *s = sqlite_of(l);
	const struct ledger_reply *reply;

	sqlite_submit(l, &(struct ledger_request){
				 .op = LEDGER_OP_COUNT,
				 .relook = reported,
				 .error = totals,
			 });
	sqlite_flush(l);
	queue_release(&s->writer.replies);
	reply = writer_await(&s->writer);
	assert(reply->op == LEDGER_OP_COUNT); /* all others were taken before */
	note_error(s, reply);
	if (reply->error < 0 && reterr)
		*reterr = s->base.error;
	return reply->error;
}

void sqlite_free(struct sqlite *s)
{
	store_close(&s->writer.store);
	wipe(s->base.key, sizeof(s->base.key));
	free(s->path);
	free(s);
}

static void sqlite_destroy(struct ledger *l)
{
	struct sqlite *s = sqlite_of(l);

	writer_stop(&s->writer);
	sqlite_free(s);
}

int sqlite_start(struct sqlite *s, struct error *reterr)
{
	memcpy(s->base.key, s->writer.store.key, sizeof(s->base.key));
	return writer_start(&s->writer, reterr);
}

static const struct ledger_backend sqlite_backend = {
	.submit = sqlite_submit,
	.flush = sqlite_flush,
	.next = sqlite_next,
	.end_run = sqlite_end_run,
	.destroy = sqlite_destroy,
	.durable = true,
};

int ledger_sqlite_open(
	const struct ledger_sqlite_options *o, struct ledger **ret, struct error *reterr)
{
	struct ledger_sqlite_options own = *o;
	struct sqlite *s = calloc(1, sizeof(*s));
	int r;

	if (s)
		s->path = strdup(o->path);
	if (!s || !s->path) {
		free(s);
		return error_set(reterr, -ENOMEM, "no memory for the ledger");
	}
	s->base.backend = &sqlite_backend;
	s->writer.wake = o->wake;
	s->writer.wake_arg = o->wake_arg;
	own.path = s->path;
	r = store_open(&s->writer.store, &own, reterr);
	if (r == 0)
		r = sqlite_start(s, reterr);
	if (r < 0) {
		sqlite_free(s);
		return r;
	}
	*ret = &s->base;
	return 0;
}
