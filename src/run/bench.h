/* bench.h - snowmelt bench from inside: an open-loop load, and what is left of it.
 *
 * No engine decides here. Arrivals come by a schedule (bench_schedule.h), each is one
 * create and never sent again (bench_load.c); then what was created is deleted
 * (bench_clean.c) and the figures are told (bench_report.c). All on the loop's thread.
 */
#pragma once

#include "base/histogram.h"
#include "flow/search.h"
#include "run/bench_schedule.h"
#include "run/shell.h"

#define BENCH_LATE MS        /* sent that much after the intended moment is late */
#define BENCH_ANSWERS_MAX 64 /* kinds that are told apart */
#define BENCH_NAME_MAX 256   /* prefix, run and number */
#define BENCH_SECRETS_MAX (TOKEN_SECRETS_MAX + 2)

enum bench_phase {
	BENCH_WAITS,  /* for the first token */
	BENCH_LOADS,  /* arrivals come */
	BENCH_DRAINS, /* no more; the last answers are awaited */
	BENCH_CLEANS,
	BENCH_OVER,
};

/** Answers of one kind. */
struct bench_answer {
	enum flow_class class;
	int status; /* HTTP, 0 when none came */
	uint64_t count;
	char code[64], message[256]; /* of the first one; redacted */
};

/** Of the arrivals that count, those after the warm-up. */
struct bench_stats {
	uint64_t arrivals; /* sent and dropped */
	uint64_t sent, late, dropped;
	nsec_t latest; /* how late the latest was */
	uint64_t created;
	struct bench_answer answers[BENCH_ANSWERS_MAX];
	size_t answer_count;
	uint64_t other_answers; /* of yet other kinds */
	/* Of creates that were carried out, and of those that were given up by a time-out:
	 * from the intended moment, and from the sending. Refusals are not in it. */
	struct histogram latency, service;
};

/** Something to do behind a create: delete what it made, or look whether it made anything. */
struct bench_chore {
	uint32_t number; /* of the arrival, which gives the name */
	uint8_t attempts;
	char id[FLOW_UUID_SIZE]; /* "": look for it first */
};

struct bench_left {
	struct bench_chore chore;
	char why[128];
};

/** One request in flight; as many as --concurrency, reused. */
struct bench_exchange {
	struct bench *bench;
	struct bench_exchange *next_free;
	struct net_transfer *transfer; /* NULL: free */
	struct token *token;
	struct buf url, body;
	struct bench_chore chore; /* of a create only its number */
	bool counts;              /* its arrival came after the warm-up */
	nsec_t intended, sent;
	struct flow_cursor cursor; /* of a look */
	struct flow_hits hits;
};

struct bench {
	struct snowmelt *run;
	enum bench_phase phase;
	char run_id[17], password[33]; /* at random; the password is nobody's */
	struct buf create_url;
	struct net_headers *create_headers, *read_headers; /* of the newest token */
	struct bench_exchange *exchanges, *free;
	uint32_t in_flight;
	nsec_t renew_at; /* the token; NSEC_NEVER for one that was given */

	/* the load */
	struct bench_schedule schedule;
	nsec_t began_at, counts_from, ends_at;
	nsec_t next_at;       /* of the next arrival */
	uint64_t number;      /* its own */
	nsec_t stopped_at;    /* the load was ended by hand; 0: it was not */
	uint64_t all_created; /* in the warm-up, too */
	struct bench_stats stats;

	/* the cleaning */
	struct bench_chore *chores;
	size_t chore_count, chore_room, next_chore;
	struct bench_left *left;
	size_t left_count, left_room;
	uint64_t lost; /* there was no memory to keep its id */
	uint64_t deleted, looked_for, found;
	nsec_t pace_at, paused_until, pause;
	uint32_t pauses; /* in a row without anything done between */
	bool gave_up;
	struct bench_exchange *paging; /* looks whose next page is to be asked for */

	int plot_fd; /* -1: none */
};

/* bench_send.c */
/** There is a free one; until bench_give(). */
struct bench_exchange *bench_take(struct bench *b);
/** Send it with the newest token; the caller's `q` has all but headers. */
void bench_send(struct bench_exchange *x, struct net_request *q, bool has_body);
/** It has ended; nothing of it is kept, but the exchange is. */
void bench_settle(struct bench_exchange *x);
void bench_give(struct bench_exchange *x); /* that, too */
void bench_drop_headers(struct bench *b);  /* of an old token; those in flight keep theirs */
/** "PREFIX RUN N" */
void bench_name(const struct bench *b, uint32_t number, char dst[BENCH_NAME_MAX]);
/** The answer as flow takes it. @param secrets  room for them */
struct flow_reply bench_reply(
	const struct bench *b, const struct net_answer *a, const char *secrets[BENCH_SECRETS_MAX]);

/* bench_load.c */
/** Send all that is due. @return when the next is, NSEC_NEVER when there is none */
nsec_t bench_load_turn(struct bench *b);

/* bench_clean.c */
/** It was created, or with an id of "" may have been. */
void bench_clean_add(struct bench *b, uint32_t number, const char *id);
/** @return when to call again; NSEC_NEVER: by an answer; NSEC_NONE: all is done */
nsec_t bench_clean_turn(struct bench *b);
/** Whatever has not been done is left. */
void bench_clean_give_up(struct bench *b);

/* bench_report.c */
/** Tell all. @return enum snowmelt_exit, of what it came to */
enum snowmelt_exit bench_report(struct bench *b);
