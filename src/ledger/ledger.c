/* ledger.c - the interface: what holds for every backend is checked here. */
#include "ledger/ledger.h"

#include <assert.h>
#include <string.h>

static void check(const struct ledger_request *q)
{
	switch (q->op) {
	case LEDGER_CLAIM: assert(q->row > 0 && q->sandbox && q->name); break;
	case LEDGER_OUTCOME: assert(q->sandbox && q->name && q->status); break;
	case LEDGER_INTEND:
	case LEDGER_INTEND_UPDATE:
	case LEDGER_INTEND_DELETE:
	case LEDGER_WITHDRAW:
	case LEDGER_UNMARK: assert(q->sandbox && q->name); break;
	case LEDGER_RECALL: assert(q->recall != LEDGER_RECALL_ANY || q->sandbox); break;
	case LEDGER_INVENTORY_ITEM: assert(q->sandbox && q->spec_id && q->name && q->id); break;
	case LEDGER_INVENTORY_BEGIN:
	case LEDGER_INVENTORY_END: assert(q->sandbox && q->spec_id); break;
	case LEDGER_OP_COUNT:
	default: assert(!"a request");
	}
}

void ledger_submit(struct ledger *l, const struct ledger_request *q)
{
	check(q);
	l->backend->submit(l, q);
}

void ledger_flush(struct ledger *l)
{
	l->backend->flush(l);
}

bool ledger_next(struct ledger *l, struct ledger_reply *ret)
{
	return l->backend->next(l, ret);
}

const struct error *ledger_error(const struct ledger *l)
{
	return &l->error;
}

void ledger_use_key(struct ledger *l, const uint8_t key[32])
{
	assert(!l->backend->durable); /* its own is in the file */
	memcpy(l->key, key, sizeof(l->key));
}

bool ledger_durable(const struct ledger *l)
{
	return l->backend->durable;
}

int ledger_end_run(struct ledger *l, bool reported, const char *totals, struct error *reterr)
{
	return l->backend->end_run(l, reported, totals, reterr);
}

void ledger_destroy(struct ledger *l)
{
	if (l)
		l->backend->destroy(l);
}
