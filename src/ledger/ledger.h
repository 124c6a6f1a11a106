/* ledger.h - what survives a crash. An interface that backends implement.
 *
 * Requests are submitted on the loop's thread and answered in order, later, by
 * ledger_next(): a backend may have a writer thread behind it. The order of a
 * row's life is the caller's: claim, intend, (send), outcome; a withdrawal
 * takes an intent back whose request never left.
 *
 * A backend must guarantee:
 * - when ledger_next() hands out an INTEND, WITHDRAW or OUTCOME reply with
 *   error 0, what it wrote survives kill -9 and power loss (memory.c, which
 *   survives nothing, says so in ledger_durable());
 * - replies come in the order of submission;
 * - after the first error every later request is answered with that error and
 *   nothing more is written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum ledger_op {
	LEDGER_CLAIM,    /* mark the row as seen in this run: fresh, known, open or duplicate? */
	LEDGER_INTEND,   /* about to create it */
	LEDGER_WITHDRAW, /* it never left after all */
	LEDGER_OUTCOME,  /* decided: status, id, etag, error */
};

enum ledger_claim {
	LEDGER_FRESH,     /* never seen before */
	LEDGER_KNOWN,     /* has an outcome that stands: nothing to send */
	LEDGER_OPEN,      /* an earlier run left an intent without an outcome */
	LEDGER_DUPLICATE, /* this sandbox had the name on an earlier row of this run */
};

/** All text is borrowed and copied by ledger_submit(). No secrets. */
struct ledger_request {
	enum ledger_op op;
	uint32_t ticket; /* the caller's job number, handed back in the reply */
	uint64_t row;    /* row number in the input */
	const char *sandbox;
	const char *name;
	const char *endpoint;
	const char *username;
	const char *spec_id;
	int64_t wall_ms;
	/* LEDGER_OUTCOME only */
	const char *status;
	const char *id;
	const char *etag;
	const char *error_code;
	const char *error;
	int http_status;
	uint32_t attempts;
};

struct ledger_reply {
	enum ledger_op op;
	uint32_t ticket;
	int error;               /* 0 or a negative errno; the sentence by ledger_error() */
	enum ledger_claim claim; /* LEDGER_CLAIM */
	uint64_t earlier_row;    /* LEDGER_DUPLICATE: the row that had the name */
};

struct ledger;

/**
 * Hand in a request. Never fails: trouble comes in the reply.
 * With a writer thread, nothing starts before ledger_flush().
 */
void ledger_submit(struct ledger *l, const struct ledger_request *q);

/** End of a loop turn: let the writer take all that was submitted. */
void ledger_flush(struct ledger *l);

/** The next reply that is ready, in order; false when there is none yet. */
bool ledger_next(struct ledger *l, struct ledger_reply *ret);

/** The sentence of the first error. */
const struct error *ledger_error(const struct ledger *l);

/** Does what it answers survive a crash? */
bool ledger_durable(const struct ledger *l);

/** Ends the writer; what was submitted and flushed is written. Fine on NULL. */
void ledger_destroy(struct ledger *l);

/**
 * @param wake  called, from any thread, when replies are ready; may be NULL
 */
int ledger_memory_create(
	void (*wake)(void *arg), void *arg, struct ledger **ret, struct error *reterr);

/* For backends only. */
struct ledger_backend {
	void (*submit)(struct ledger *l, const struct ledger_request *q);
	void (*flush)(struct ledger *l);
	bool (*next)(struct ledger *l, struct ledger_reply *ret);
	void (*destroy)(struct ledger *l);
	bool durable;
};

struct ledger {
	const struct ledger_backend *backend;
	struct error error;
};
