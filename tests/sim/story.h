/* story.h - a scenario's world, and what is expected of it as a text.
 *
 * An expected line reads "[   31ms] row 1 create"; where the engine throws dice
 * (full jitter), "[31..1031ms] row 1 lookup" says between what. A breach of any
 * invariant fails a story too.
 */
#pragma once

#include "sim.h"

struct story {
	struct settings set; /* change it between story_begin() and story_run() */
	struct scripted script[16];
	struct sim sim;
	char *text;
	size_t text_len;
};

void story_begin(struct story *st, uint32_t rows);
/** The next such request of row `row` (from 1; 0: of a listing) meets this. */
void story_fault(struct story *st, uint32_t row, enum engine_request request, enum fault fault);
/** The same, with a Retry-After. */
void story_wait(struct story *st, uint32_t row, enum engine_request request, enum fault fault,
	nsec_t retry_after);
void story_run(struct story *st);
/** The whole story. */
void story_expect(const struct story *st, const char *expected);
/** What came after the first line that ends so (rows and a token, most often). */
void story_expect_after(const struct story *st, const char *line_end, const char *expected);
void story_end(struct story *st);
