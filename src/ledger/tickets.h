/* tickets.h - which row a job of the caller is about, so that it is searched for once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

struct row {
	int64_t n; /* in `connection`; 0: none */
	int64_t hash;
	int64_t intent_ms;
	uint64_t number; /* of the input that saw it last */
	enum ledger_state state;
	bool marked;     /* for a last look */
	bool as_claimed; /* what its claim wrote is what its request says */
};

struct tickets {
	struct row *rows; /* by ticket */
	size_t count;
};

void tickets_done(struct tickets *t);

/** Remember; without memory, or for a ticket beyond all limits, it is searched for again. */
void tickets_set(struct tickets *t, uint32_t ticket, const struct row *row);

/** NULL when the ticket's row is not known, or is one of another key. */
struct row *tickets_get(const struct tickets *t, uint32_t ticket, int64_t hash);
