/* job.h - one job, and the table of what can happen to it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/list.h"

enum job_kind {
	JOB_KIND_ROW,         /* a row of the input: it has a line */
	JOB_KIND_GONE,        /* a doubt that the input does not name: only to be settled */
	JOB_KIND_RELOOK,      /* the last look at a row that was sent again after a doubt */
	JOB_KIND_LISTING,     /* one complete listing of a scope, for the rows that share it */
	JOB_KIND_INVENTORY,   /* one complete listing of a scope, into the ledger */
	JOB_KIND_CALIBRATION, /* lookups of a connection that is there: do they find it, and when? */
};

/* What is to become of a row's connection. */
enum job_task {
	TASK_CREATE, /* make it; also all that is only looked for */
	TASK_UPDATE, /* the other three know its id: see update.c, */
	TASK_TEST,   /* test.c */
	TASK_DELETE, /* and delete.c */
};

/* Orders that a job has waiting; several can be, they leave in this order. */
enum job_order {
	ORDER_CUT = 1 << 0,
	ORDER_WRITE_INTENT = 1 << 1,
	ORDER_WRITE_WITHDRAWAL = 1 << 2,
	ORDER_WRITE_OUTCOME = 1 << 3,
	ORDER_EMIT = 1 << 4,
	ORDER_COPY = 1 << 5,
	ORDER_RECALL = 1 << 6,
};

struct job {
	struct list orders_link; /* in engine.orders while `orders` is not 0 */
	struct list queue_link;  /* in one of the engine's queues in READY and TO_LOOK */
	uint64_t serial;         /* never reused: tells rows apart when slots are reused */
	enum job_state state;
	enum job_kind kind;
	enum job_task task;
	uint8_t orders;
	bool reading; /* free, and a READ order is out for it */
	uint32_t scope, sandbox;
	uint32_t look_scope; /* where it is looked for: of the intent that is in doubt */
	bool filterable;
	enum engine_outcome known; /* undecided, this is what it is told */

	/* what changes something: creates, and of the other tasks what fits */
	bool intent;           /* an intent stands in the ledger, or is on its way there */
	bool intent_durable;   /* it stands there: what it is about may leave */
	bool earlier_intent;   /* one of an earlier run stands there, whatever becomes of ours */
	bool awaits_inventory; /* in PENDING: its intent is ordered once its scope is listed */
	bool tried;            /* one was handed out */
	bool clash;            /* the last create was answered 409 */
	uint32_t attempts;     /* requests that began to leave: the column */
	uint32_t spent;        /* of the budget: without 429, 401 and unanswered probes */

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
	bool doubt;  /* it may have been executed, in this run or an earlier one, and no look has
	              * said so or not */
	bool resend; /* a doubt was settled by absence: its next create is one too many, or not */
	bool resent; /* that create has left */
	bool awaits_calibration; /* in DOUBTFUL: absent, and no lookup proves it yet */
	nsec_t doubt_at;
	nsec_t settle;    /* least time from doubt_at until absence is proven */
	bool paging;      /* the search goes on at its next page, the test at its next question */
	nsec_t search_at; /* when the first page of the search left */
	uint32_t listing; /* the listing it shares, ENGINE_NO_JOB when none yet */

	/* updates and deletions */
	bool lost;       /* the answer to one was lost, in this run or an earlier one: what changes
	                  * it, even later, may be ours */
	uint32_t stales; /* updates in a row that came too late for their etag */
	bool forgiven;   /* the first of all of them was: it cost no attempt */
	nsec_t read_at;  /* when the read was answered that cleared a deletion */
	uint32_t late;   /* times that a deletion was cleared, and did not leave in time */

	/* calibrations */
	nsec_t since;       /* when its connection came to be, or was recalled */
	bool measures;      /* it came to be in this run, so there is a lag to be measured */
	bool recalling;     /* RECALL is out: the slot stays taken until it is answered */
	uint32_t copy_from; /* ORDER_COPY */

	/* inventories */
	uint32_t unsound; /* times that its count differed, and not by our own creates */
	bool quiet;       /* no create of its scope was out as its first page left … */
	uint32_t creates; /* … and so many had left by then */

	/* in DONE */
	enum engine_outcome outcome;
	enum engine_cause cause;
	enum engine_end end; /* with CAUSE_ENDED: how the run was ending then */
	bool relook;         /* to be marked for a last look */
};

/**
 * What the table says.
 *
 * @return the next state, or JOB_STATE_COUNT when this cannot happen there
 */
enum job_state job_next_state(enum job_state state, enum job_event event);
