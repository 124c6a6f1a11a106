/* ledger.c - the interface: what holds for every backend is checked here. */
#include "ledger/ledger.h"

#include <assert.h>

void ledger_submit(struct ledger *l, const struct ledger_request *q)
{
	assert(q->row > 0 && q->sandbox && q->name);
	assert(q->op != LEDGER_OUTCOME || q->status);
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

bool ledger_durable(const struct ledger *l)
{
	return l->backend->durable;
}

void ledger_destroy(struct ledger *l)
{
	if (l)
		l->backend->destroy(l);
}
