/* story.h - a scenario's world, and what is expected of it as a text.
 *
 * An expected line reads "[   31ms] row 1 create"; where the engine throws dice
 * (full jitter), "[31..1031ms] row 1 lookup" says between what. A breach of any
 * invariant fails a story too. A second story_run() is a further run over the same
 * world; between the two the CSV, `sim.w.identities`, may be edited. Inventories are
 * off unless a story asks for them.
 */
#pragma once

#include "sim.h"

struct story {
	struct settings set; /* change it between story_begin() and story_run() */
	struct scripted script[16];
	struct sim sim;
	bool has_world;
	char *text;
	size_t text_len;
};

void story_begin(struct story *st, uint32_t rows);
/** The next such request of row `row` (from 1; 0: of a listing) meets this. */
void story_fault(struct story *st, uint32_t row, enum engine_request request, enum fault fault);
/** The same, with a Retry-After. */
void story_wait(struct story *st, uint32_t row, enum engine_request request, enum fault fault,
	nsec_t retry_after);
/** Make the world before the first run, to put something into it. */
void story_world(struct story *st);
/** One run; what ended it (a crash, a stop) is not repeated in the next. */
void story_run(struct story *st);
/** The next run dies before or after its order of this kind, when `orders` of it were performed. */
void story_crash(struct story *st, enum engine_action_kind kind, uint32_t orders, bool before);
/** The whole story. */
void story_expect(const struct story *st, const char *expected);
/** What came after the first line that ends so (rows and a token, most often). */
void story_expect_after(const struct story *st, const char *line_end, const char *expected);
/** What came in this run, from the second. */
void story_expect_run(const struct story *st, uint32_t run, const char *expected);
void story_end(struct story *st);
