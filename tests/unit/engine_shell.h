/* engine_shell.h - tests play the shell: a ledger that is always at once durable, and
 * a server whose answers the test gives. */
#pragma once

#include "check.h"

#include "base/macros.h"
#include "engine/engine.h"

struct shell {
	struct engine *e;
	nsec_t now;
	uint32_t rows_left;             /* that READ orders of the input still find */
	bool endless;                   /* the input stays open when they are used up */
	struct engine_event row;        /* how each row is claimed */
	uint32_t marks, doubts, resent; /* rows that the ledger's sources still have */
	bool tokenless;                 /* none is given at the start: the test fetches it */
	bool listed;                    /* an intent is answered: the inventory has its name */
	bool held;                      /* intents are not answered: the test does it */

	/* what was ordered since */
	uint32_t sent[64];
	struct engine_action last_send, last_line, last_outcome, last_copy, last_recall, done;
	uint32_t sends, fetches, cuts, intents, withdrawals, outcomes, lines, copies, recalls;
	uint32_t fetches_answered;
	uint32_t reads[SOURCE_COUNT];
	bool is_done;
};

static inline void tell(struct shell *s, enum engine_event_kind kind, uint32_t job)
{
	engine_handle(s->e, s->now, &(struct engine_event){.kind = kind, .job = job});
}

static inline void answer_after(
	struct shell *s, uint32_t job, enum engine_answer a, nsec_t retry_after)
{
	engine_handle(s->e, s->now,
		&(struct engine_event){
			.kind = EVENT_ANSWER,
			.job = job,
			.answer = {.answer = a, .retry_after = retry_after},
		});
}

static inline void answer(struct shell *s, uint32_t job, enum engine_answer a)
{
	answer_after(s, job, a, NSEC_NONE);
}

static inline bool fetch_out(const struct shell *s)
{
	return s->fetches > s->fetches_answered;
}

static inline void token_fresh(struct shell *s, nsec_t life)
{
	s->fetches_answered = s->fetches;
	engine_handle(s->e, s->now,
		&(struct engine_event){.kind = EVENT_TOKEN_FRESH, .token = {.life = life}});
}

static inline void token_failed(struct shell *s, nsec_t retry_after)
{
	s->fetches_answered = s->fetches;
	engine_handle(s->e, s->now,
		&(struct engine_event){
			.kind = EVENT_TOKEN_FAILED,
			.token = {.retry_after = retry_after},
		});
}

static inline void source_ended(struct shell *s)
{
	tell(s, EVENT_SOURCE_ENDED, ENGINE_NO_JOB);
}

static inline void read_ledger(
	struct shell *s, uint32_t job, uint32_t *left, enum engine_claim claim)
{
	struct engine_event row = {.kind = EVENT_ROW, .job = job};

	if (*left == 0) {
		source_ended(s);
		return;
	}
	(*left)--;
	row.row.claim = claim;
	row.row.filterable = true;
	engine_handle(s->e, s->now, &row);
}

static inline void read_input(struct shell *s, uint32_t job)
{
	struct engine_event row = s->row;

	if (s->rows_left == 0) {
		if (!s->endless)
			source_ended(s);
		s->endless = true; /* said once */
		return;
	}
	s->rows_left--;
	row.kind = EVENT_ROW;
	row.job = job;
	engine_handle(s->e, s->now, &row);
}

static inline void read_row(struct shell *s, const struct engine_action *a)
{
	s->reads[a->read.source]++;
	switch (a->read.source) {
	case SOURCE_MARKS: read_ledger(s, a->job, &s->marks, CLAIM_RELOOK); break;
	case SOURCE_INPUT: read_input(s, a->job); break;
	case SOURCE_DOUBTS: read_ledger(s, a->job, &s->doubts, CLAIM_GONE); break;
	case SOURCE_RESENT: read_ledger(s, a->job, &s->resent, CLAIM_RELOOK); break;
	case SOURCE_COUNT:
	default: fail_msg("no such source");
	}
}

static inline void perform(struct shell *s, const struct engine_action *a)
{
	switch (a->kind) {
	case ACTION_READ: read_row(s, a); break;
	case ACTION_WRITE_INTENT:
		s->intents++;
		if (s->held)
			break;
		if (s->listed)
			engine_handle(s->e, s->now,
				&(struct engine_event){.kind = EVENT_LISTED,
					.job = a->job,
					.row = {.known = OUTCOME_ADOPTED}});
		else
			tell(s, EVENT_INTENT_DURABLE, a->job);
		break;
	case ACTION_WRITE_WITHDRAWAL:
		s->withdrawals++;
		tell(s, EVENT_OUTCOME_DURABLE, a->job);
		break;
	case ACTION_WRITE_OUTCOME:
		s->outcomes++;
		s->last_outcome = *a;
		s->resent += a->row.relook;
		tell(s, EVENT_OUTCOME_DURABLE, a->job);
		break;
	case ACTION_SEND:
		s->sent[s->sends++ % ARRAY_SIZE(s->sent)] = a->job;
		s->last_send = *a;
		break;
	case ACTION_CUT: s->cuts++; break;
	case ACTION_FETCH: s->fetches++; break;
	case ACTION_EMIT:
		s->lines++;
		s->last_line = *a;
		break;
	case ACTION_COPY:
		s->copies++;
		s->last_copy = *a;
		break;
	case ACTION_RECALL: /* the test answers */
		s->recalls++;
		s->last_recall = *a;
		break;
	case ACTION_DONE:
		s->is_done = true;
		s->done = *a;
		break;
	}
}

static inline void drain(struct shell *s)
{
	struct engine_action a;

	while (engine_next(s->e, s->now, &a))
		perform(s, &a);
}

/* Let time pass as the shell would: from deadline to deadline. */
static inline void pass(struct shell *s, nsec_t duration)
{
	nsec_t until = s->now + duration;

	for (drain(s); engine_deadline(s->e) <= until; drain(s)) {
		assert_true(engine_deadline(s->e) > s->now); /* next() left nothing that is due */
		s->now = engine_deadline(s->e);
	}
	s->now = until;
	drain(s);
}

static inline void start_in(struct shell *s, void (*change)(struct engine_config *))
{
	struct engine_config c = ENGINE_CONFIG_DEFAULT;

	/* What most tests are not about; those that are switch it on again. */
	c.no_inventory = c.unsafe.no_calibration = true;
	if (change)
		change(&c);
	s->e = engine_create(&c);
	assert_non_null(s->e);
	if (!s->tokenless)
		token_fresh(s, NSEC_NEVER);
	drain(s);
}

static inline struct shell start_as(
	uint32_t rows, enum engine_claim claim, void (*change)(struct engine_config *))
{
	struct shell s = {
		.rows_left = rows,
		.row = {.row = {.claim = claim, .filterable = true}},
	};

	start_in(&s, change);
	return s;
}

/* Rows whose connection has an id; `known` is what is told should the run end early. */
static inline struct shell start_known(uint32_t rows, enum engine_claim claim,
	enum engine_outcome known, void (*change)(struct engine_config *))
{
	struct shell s = {
		.rows_left = rows,
		.row = {.row = {.claim = claim, .known = known}},
	};

	start_in(&s, change);
	return s;
}

static inline void answer_and_drain(struct shell *s, uint32_t job, enum engine_answer a)
{
	answer(s, job, a);
	drain(s);
}

static inline enum engine_request last_request(const struct shell *s)
{
	return s->last_send.send.request;
}

static inline struct shell start(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_as(rows, CLAIM_FRESH, change);
}

static inline void finish(struct shell *s)
{
	engine_destroy(s->e);
}

static inline enum job_state state_of(const struct shell *s, uint32_t job)
{
	return engine_job_state(s->e, job);
}
