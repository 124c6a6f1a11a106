/* progress.h - one line on a terminal that is rewritten; pure text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"

struct progress {
	uint64_t rows_total; /* 0: unknown (a pipe) */
	uint64_t rows_done;
	uint64_t rows_not_fine;
	uint32_t in_flight, window;
	double rows_per_s;
	nsec_t paused_for; /* 0: not paused */
	bool breaker_open;
};

/** Append the line, at most `columns` wide, no newline, no control characters. */
int progress_print(const struct progress *p, uint32_t columns, struct buf *b);
