/* execute.c - one request, one reply. */
#include "ledger/message.h"
#include "ledger/store.h"

/* Those whose reply depends on what is found put it themselves, while the
 * texts in it are there. */
int store_execute(struct store *s, const struct ledger_request *q, struct queue *out)
{
	struct ledger_reply reply = {.op = q->op, .ticket = q->ticket};
	int r;

	switch (q->op) {
	case LEDGER_CLAIM: return store_claim(s, q, &reply, out);
	case LEDGER_INTEND: return store_intend(s, q, &reply, out);
	case LEDGER_RECALL: return store_recall(s, q, &reply, out);
	case LEDGER_INTEND_UPDATE: r = store_intend_update(s, q); break;
	case LEDGER_INTEND_DELETE: r = store_intend_delete(s, q); break;
	case LEDGER_WITHDRAW: r = store_withdraw(s, q); break;
	case LEDGER_OUTCOME: r = store_outcome(s, q); break;
	case LEDGER_UNMARK: r = store_unmark(s, q); break;
	case LEDGER_INVENTORY_BEGIN: r = store_inventory_begin(s, q); break;
	case LEDGER_INVENTORY_ITEM: r = store_inventory_item(s, q); break;
	case LEDGER_INVENTORY_END: r = store_inventory_end(s, q, &reply); break;
	case LEDGER_OP_COUNT: /* the end of the run: sqlite.c has it for itself */
	default: r = store_end_run(s, q->relook, q->error); break;
	}
	if (r == 0)
		message_put_reply(out, &reply);
	return r;
}
