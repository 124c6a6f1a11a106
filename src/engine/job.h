/* job.h - one job, and the table of what can happen to it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/list.h"

enum job_kind {
	JOB_KIND_ROW,
	JOB_KIND_LISTING, /* one complete listing of a scope, for the rows that share it */
};

/* Orders that a job has waiting; several can be, they leave in this order. */
enum job_order {
	ORDER_CUT = 1 << 0,
	ORDER_WRITE_INTENT = 1 << 1,
	ORDER_WRITE_WITHDRAWAL = 1 << 2,
	ORDER_WRITE_OUTCOME = 1 << 3,
	ORDER_EMIT = 1 << 4,
};

struct job {
	struct list orders_link; /* in engine.orders while `orders` is not 0 */
	struct list queue_link;  /* in one of the engine's queues in READY and TO_LOOK */
	uint64_t serial;         /* never reused: tells rows apart when slots are reused */
	enum job_state state;
	enum job_kind kind;
	uint8_t orders;
	bool reading; /* free, and a READ order is out for it */
	uint32_t scope, sandbox;
	bool filterable;

	/* creates */
	bool intent;         /* an intent stands in the ledger, or is on its way there */
	bool intent_durable; /* it stands there: a create may leave */
	bool tried;          /* a create was handed out */
	bool clash;          /* the last create was answered 409 */
	uint32_t attempts;   /* creates whose body began to leave: the column */
	uint32_t spent;      /* of the budget: without 429, 401 and unanswered probes */

	/* troubles: one count that ends the row, and the exponents of its backoffs */
	uint32_t troubles;
	uint32_t throttled, unsent, failed_looks;

	/* the request in flight */
	nsec_t sent_at;
	uint32_t generation; /* of the token it went with */
	uint32_t refusals;   /* 401s with a token that never worked: exponent of the backoff */
	bool cut;            /* its CUT was ordered */
	bool awaits_token;   /* in WAITING and DOUBTFUL: due when a token comes */

	/* doubt */
	nsec_t doubt_at;
	nsec_t settle;    /* least time from doubt_at until absence is proven */
	bool paging;      /* the search goes on at its next page */
	nsec_t search_at; /* when the first page of the search left */
	uint32_t listing; /* the listing it shares, ENGINE_NO_JOB when none yet */

	/* in DONE */
	enum engine_outcome outcome;
	enum engine_cause cause;
	enum engine_end end; /* with CAUSE_ENDED: how the run was ending then */
};

/**
 * What the table says.
 *
 * @return the next state, or JOB_STATE_COUNT when this cannot happen there
 */
enum job_state job_next_state(enum job_state state, enum job_event event);
