/* fault.h - what goes wrong with which request: by chance or by schedule.
 *
 * A fault is a row of the table in fault.c: whether the request is carried out
 * all the same, whether the answer is held, what is answered instead, and how
 * the connection ends. Chances and schedule are per verb.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/time.h"
#include "flowmock/random.h"

enum fault {
	FAULT_NONE,
	FAULT_THROTTLE,
	FAULT_THROTTLE_BARE,
	FAULT_THROTTLE_EXECUTED,
	FAULT_500_BEFORE,
	FAULT_500_AFTER,
	FAULT_502_BEFORE,
	FAULT_502_AFTER,
	FAULT_503_BEFORE,
	FAULT_503_AFTER,
	FAULT_504_BEFORE,
	FAULT_504_AFTER,
	FAULT_504_LATE,
	FAULT_408,
	FAULT_408_AFTER,
	FAULT_TIMEOUT_AFTER,
	FAULT_TIMEOUT_LATE,
	FAULT_CLOSE_BEFORE,
	FAULT_CLOSE_AFTER,
	FAULT_RESET_BEFORE,
	FAULT_RESET_AFTER,
	FAULT_HALF_ANSWER,
	FAULT_STALL,
	FAULT_BAD_JSON_201,
	FAULT_EMPTY_201,
	FAULT_REDIRECT,
	FAULT_HTML_200,
	FAULT_HTML_404,
	FAULT_STALE,
	FAULT_409_BEFORE,
	FAULT_409_AFTER,
	FAULT_TOKEN_EXPIRED,
	FAULT_REJECTED,
	FAULT_ECHO,
	FAULT_INVALID_CLIENT,
	FAULT_POISON,
	FAULT_COUNT
};

enum fault_hold {
	HOLD_NONE,
	HOLD_BEFORE,   /* carried out only after the hold */
	HOLD_AFTER,    /* carried out at once, answered after the hold */
	HOLD_ANSWERED, /* answered at once, carried out after the hold */
	HOLD_FOREVER,  /* until the client goes */
};

enum fault_ending {
	ENDING_ANSWER,
	ENDING_HALF,  /* Content-Length is told, half the body is sent */
	ENDING_CLOSE, /* without an answer */
	ENDING_RESET,
};

struct fault_kind {
	const char *name;
	const char *what; /* for --help */
	bool executes;
	enum fault_hold hold;
	enum fault_ending ending;
};

const struct fault_kind *fault_kind(enum fault f);

enum verb {
	VERB_POST,
	VERB_GET,  /* a listing; its faults come to the next three, too */
	VERB_READ, /* GET of one connection */
	VERB_TEST,
	VERB_EXPLORE,
	VERB_PATCH,
	VERB_DELETE,
	VERB_TOKEN,
	VERB_SERVICENOW,
	VERB_COUNT
};

struct fault_choice {
	enum fault fault;
	nsec_t argument; /* Retry-After or hold of this one, else NSEC_NONE */
};

#define POISONS_MAX 16

struct fault_plan {
	struct fault_span *spans; /* by rising number */
	size_t count;
	size_t next;
	uint64_t requests; /* of its verb so far */
};

struct faults {
	double chance[VERB_COUNT][FAULT_COUNT];
	const char *poison[POISONS_MAX]; /* prefixes of names; borrowed */
	size_t poison_count;
	struct fault_plan plan[VERB_COUNT];
	struct random random;
};

/** Start over: the same chances and schedule, from the first request. */
void faults_start(struct faults *f, uint64_t seed);
void faults_done(struct faults *f);

/**
 * Set a chance.
 *
 * @param name  `KIND` for a create, or `get:KIND` (every GET), `read:KIND`, `test:KIND`,
 *              `explore:KIND`, `patch:KIND`, `delete:KIND`, `token:KIND`, `servicenow:KIND`
 * @return 0, -ENOENT (no such kind), -ERANGE (not within 0 and 1, or those of a
 *         verb are more than 1 together)
 */
int faults_set(struct faults *f, const char *name, double chance);

/** Read `KIND=P` or `poison:PREFIX`; `text` is borrowed. As faults_set(), or -EINVAL, -ENOSPC. */
int faults_parse(struct faults *f, const char *text);

/**
 * Read a schedule: lines of `N KIND [DURATION]` or `N-M KIND [DURATION]`, KIND as in
 * faults_set(), in rising order of the numbers of a verb.
 */
int faults_load(struct faults *f, const char *path, struct error *reterr);

/** Which fault does the next request of this verb get? */
struct fault_choice faults_draw(struct faults *f, enum verb verb);

bool faults_poisoned(const struct faults *f, const char *name);
