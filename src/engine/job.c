/* job.c - the life of a job, as one table.
 *
 *            CLAIMED           DURABLE, PLAIN          ADMITTED
 *     told ───────────> pending ───────────> ready ──────────────> in_flight
 *      ^                │  │  │                ^                    │  │  │
 *      │          KNOWN │  │  │ LOOK           │ DUE   RETRY        │  │  │ DOUBT
 *      │                │  │  │             waiting <── REFUSED ────┘  │  │
 *      │                │  │  │                ^       TOKEN           │  │
 *      │                │  │  │ OPEN           │ ABSENT, CLEARED       │  │
 *      │ RECORDED       │  │  └──────> doubtful│<─────────────────────────┘
 *      │                v  │              │ ^  │                       │
 *     done <────────────┘  │          DUE │ │  │                       │ ANSWERED
 *      ^                   v              v │ UNSETTLED, TROUBLE       │ SPENT
 *      │                to_look <─────────┘ │  │                       │
 *      │                   │ ^              │  │                       │
 *      │          ADMITTED │ │ MORE         │  │                       │
 *      │                   v │              │  │                       │
 *      └─ FOUND, SEVERAL, looking ──────────┴──┘                       │
 *      │  SPENT                                                        │
 *      └───────────────────────────────────────────────────────────────┘
 *
 * What has an id (see update.c, test.c, delete.c) has three ways more, not drawn:
 *
 *     in_flight ── LOOK ──> to_look    an update came too late for its etag
 *     in_flight ── MORE ──> ready      a test has a further question
 *     ready ────── LOOK ──> to_look    a deletion waited too long since it was read
 *
 * From doubtful only a look or an early end (CLOSED, not drawn) leads out; and to a
 * new create only ABSENT, which the deciders choose only when the settle was over
 * before the search began. To a new update or deletion leads CLEARED, which says that
 * the connection was read and is as we left it. Rows that share a listing take its
 * finding in to_look. Nothing else writes a job's state than engine.c's
 * job_move(), and what is not in this table asserts there.
 */
#include "engine/job.h"

#include <assert.h>

/* clang-format off */
#define ON(state, event, target) [JOB_##state][EV_##event] = JOB_##target + 1

/* One more than the state, so that an empty cell reads as 0. */
static const uint8_t next_state[JOB_STATE_COUNT][EV_COUNT] = {
	ON(TOLD,      CLAIMED,       PENDING),
	ON(TOLD,      LISTING,       TO_LOOK),

	ON(PENDING,   DURABLE,       READY),    /* from here on a crash means: look first */
	ON(PENDING,   PLAIN,         READY),
	ON(PENDING,   KNOWN,         DONE),
	ON(PENDING,   OPEN,          DOUBTFUL),
	ON(PENDING,   LOOK,          TO_LOOK),
	ON(PENDING,   CLOSED,        DONE),

	ON(READY,     ADMITTED,      IN_FLIGHT),
	ON(READY,     LOOK,          TO_LOOK),  /* what cleared it is long ago: read again */
	ON(READY,     CLOSED,        DONE),

	ON(IN_FLIGHT, ANSWERED,      DONE),
	ON(IN_FLIGHT, SPENT,         DONE),
	ON(IN_FLIGHT, RETRY,         WAITING),  /* not executed: sending again is safe */
	ON(IN_FLIGHT, REFUSED_TOKEN, WAITING),
	ON(IN_FLIGHT, DOUBT,         DOUBTFUL), /* may have been executed */
	ON(IN_FLIGHT, LOOK,          TO_LOOK),  /* its condition failed: read what is there */
	ON(IN_FLIGHT, MORE,          READY),    /* a test's further question */

	ON(WAITING,   DUE,           READY),
	ON(WAITING,   CLOSED,        DONE),

	ON(DOUBTFUL,  DUE,           TO_LOOK),
	ON(DOUBTFUL,  CLOSED,        DONE),

	ON(TO_LOOK,   ADMITTED,      LOOKING),
	ON(TO_LOOK,   FOUND,         DONE),
	ON(TO_LOOK,   SEVERAL,       DONE),
	ON(TO_LOOK,   SPENT,         DONE),
	ON(TO_LOOK,   ABSENT,        WAITING),
	ON(TO_LOOK,   UNSETTLED,     DOUBTFUL),
	ON(TO_LOOK,   TROUBLE,       DOUBTFUL),
	ON(TO_LOOK,   CLOSED,        DONE),

	ON(LOOKING,   FOUND,         DONE),
	ON(LOOKING,   SEVERAL,       DONE),
	ON(LOOKING,   SPENT,         DONE),
	ON(LOOKING,   ABSENT,        WAITING),  /* absent after the settle: proven */
	ON(LOOKING,   CLEARED,       WAITING),  /* as we left it: to be updated or deleted */
	ON(LOOKING,   UNSETTLED,     DOUBTFUL), /* absent so far: listings lag */
	ON(LOOKING,   TROUBLE,       DOUBTFUL),
	ON(LOOKING,   MORE,          TO_LOOK),

	ON(DONE,      RECORDED,      TOLD),
};
/* clang-format on */

enum job_state job_next_state(enum job_state state, enum job_event event)
{
	assert(state < JOB_STATE_COUNT && event < EV_COUNT);

	uint8_t cell = next_state[state][event];

	return cell ? (enum job_state)(cell - 1) : JOB_STATE_COUNT;
}
