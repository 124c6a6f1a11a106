/* memory.c - a ledger that lasts as long as the process.
 *
 * It knows which names this run has seen and how far each row has come, and
 * survives nothing: for tests, rehearsals and runs that start on an empty
 * sandbox. What it is strict about is the order of a row's life. A caller that
 * intends a row it has not claimed, or reports an outcome twice, would ruin a
 * ledger on disk, so here it asserts:
 *
 *     CLAIM            INTEND
 *       └─► claimed ──────────► intended
 *             │   ◄────────── │   │
 *             │    WITHDRAW       │
 *             └──► OUTCOME ◄──────┘
 *                     ├─► decided
 *                     │          INTEND_UPDATE, INTEND_DELETE
 *                     └─► done ────────────────► updating, deleting
 *                          │   ◄────────────── │   │
 *                          │       WITHDRAW        │
 *                          └──► OUTCOME ◄──────────┘
 *                                  ├─► done: updated
 *                                  └─► claimed: removed
 *
 * A row that was answered DUPLICATE has no part in this: the name, and so what
 * is written under it, belongs to the earlier row.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "ledger/key.h"
#include "ledger/ledger.h"
#include "ledger/names.h"
#include "ledger/replies.h"

struct memory {
	struct ledger base;
	void (*wake)(void *arg);
	void *wake_arg;
	struct names names;
	struct replies replies;
};

static struct memory *memory_of(struct ledger *l)
{
	return (struct memory *)l;
}

static int out_of_memory(struct memory *m)
{
	if (m->base.error.code == 0)
		error_set(&m->base.error, -ENOMEM,
			"no memory to remember another row: split the input, or give the run more");
	return -ENOMEM;
}

/* ------------------------------------------------------------------- requests */

static int claim(struct memory *m, const struct ledger_request *q, struct ledger_reply *reply)
{
	struct name *name = q->existing ? names_find(&m->names, q->sandbox, q->name) : NULL;
	bool fresh = q->existing && !name;
	int r = 0;

	if (!q->existing)
		r = names_take(&m->names, q->sandbox, q->name, q->row, &name, &fresh);
	if (r < 0)
		return out_of_memory(m);
	if (fresh) {
		reply->claim = LEDGER_FRESH;
		reply->intended = q->intend && name;
		if (reply->intended)
			name->state = NAME_INTENDED;
		reply->intent_ms = q->wall_ms;
		return 0;
	}
	assert(name->row != q->row); /* a row is claimed once */
	reply->claim = LEDGER_DUPLICATE;
	reply->earlier_row = name->row;
	return 0;
}

static enum name_state decided(enum name_state before, enum ledger_standing standing)
{
	bool was_done = before == NAME_DONE || before == NAME_UPDATING || before == NAME_DELETING;

	assert(before != NAME_DECIDED);
	switch (standing) {
	case LEDGER_DONE:
	case LEDGER_ADOPTED: return NAME_DONE;
	case LEDGER_REMOVED: assert(was_done); return NAME_CLAIMED;
	case LEDGER_REFUSED:
	case LEDGER_DOUBT:
	default: assert(!was_done); return NAME_DECIDED;
	}
}

static void move(struct memory *m, const struct ledger_request *q)
{
	struct name *name = names_find(&m->names, q->sandbox, q->name);

	assert(name && name->row == q->row); /* claimed first, and by this row */
	switch (q->op) {
	case LEDGER_INTEND:
		assert(name->state == NAME_CLAIMED);
		name->state = NAME_INTENDED;
		break;
	case LEDGER_INTEND_UPDATE:
	case LEDGER_INTEND_DELETE:
		assert(name->state == NAME_DONE);
		name->state = q->op == LEDGER_INTEND_UPDATE ? NAME_UPDATING : NAME_DELETING;
		break;
	case LEDGER_WITHDRAW:
		assert(name->state == NAME_INTENDED || name->state == NAME_UPDATING ||
			name->state == NAME_DELETING);
		name->state = name->state == NAME_INTENDED ? NAME_CLAIMED : NAME_DONE;
		break;
	case LEDGER_OUTCOME: name->state = decided(name->state, q->standing); break;
	case LEDGER_CLAIM:
	case LEDGER_UNMARK:
	case LEDGER_RECALL:
	case LEDGER_INVENTORY_BEGIN:
	case LEDGER_INVENTORY_ITEM:
	case LEDGER_INVENTORY_END:
	case LEDGER_OP_COUNT:
	default: assert(!"moves no row");
	}
}

/* There were no earlier runs, and what a server has is not remembered: so
 * nothing is ever recalled, and nothing found in an inventory. */
static int answer(struct memory *m, const struct ledger_request *q, struct ledger_reply *reply)
{
	switch (q->op) {
	case LEDGER_CLAIM: return claim(m, q, reply);
	case LEDGER_INTEND:
		reply->claim = LEDGER_FRESH;
		reply->intent_ms = q->wall_ms;
		move(m, q);
		return 0;
	case LEDGER_INTEND_UPDATE:
	case LEDGER_INTEND_DELETE:
	case LEDGER_WITHDRAW:
	case LEDGER_OUTCOME: move(m, q); return 0;
	case LEDGER_INVENTORY_END: reply->found = true; return 0;
	case LEDGER_UNMARK:
	case LEDGER_RECALL:
	case LEDGER_INVENTORY_BEGIN:
	case LEDGER_INVENTORY_ITEM:
	case LEDGER_OP_COUNT:
	default: return 0;
	}
}

static void memory_submit(struct ledger *l, const struct ledger_request *q)
{
	struct memory *m = memory_of(l);
	struct ledger_reply reply = {.op = q->op, .ticket = q->ticket};

	if (l->error.code < 0)
		reply.error = l->error.code;
	else
		reply.error = answer(m, q, &reply);
	replies_push(&m->replies, &reply);
}

/* Nothing has to be waited for, but replies are handed out from the flush on,
 * as by a backend with a writer: so nobody comes to rely on less. */
static void memory_flush(struct ledger *l)
{
	struct memory *m = memory_of(l);

	if (replies_release(&m->replies) && m->wake)
		m->wake(m->wake_arg);
}

static bool memory_next(struct ledger *l, struct ledger_reply *ret)
{
	return replies_pop(&memory_of(l)->replies, ret);
}

static int memory_end_run(struct ledger *l, bool reported, const char *totals, struct error *reterr)
{
	if (l->error.code < 0 && reterr)
		*reterr = l->error;
	return l->error.code;
}

static void memory_destroy(struct ledger *l)
{
	struct memory *m = memory_of(l);

	names_done(&m->names);
	replies_done(&m->replies);
	free(m);
}

static const struct ledger_backend memory_backend = {
	.submit = memory_submit,
	.flush = memory_flush,
	.next = memory_next,
	.end_run = memory_end_run,
	.destroy = memory_destroy,
	.durable = false,
};

int ledger_memory_create(
	void (*wake)(void *arg), void *arg, struct ledger **ret, struct error *reterr)
{
	struct memory *m = malloc(sizeof(*m));

	if (!m)
		return error_set(reterr, -ENOMEM, "no memory for the ledger");
	*m = (struct memory){
		.base.backend = &memory_backend,
		.wake = wake,
		.wake_arg = arg,
	};
	if (key_random(m->base.key) < 0) {
		free(m);
		return error_set(reterr, -EIO, "libsodium does not start: repair its installation");
	}
	if (names_init(&m->names) < 0 || replies_init(&m->replies) < 0) {
		memory_destroy(&m->base);
		return error_set(reterr, -ENOMEM, "no memory for the ledger");
	}
	*ret = &m->base;
	return 0;
}
