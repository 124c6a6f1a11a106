/* halt.h - when a run with too many failures gives up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HALT_PERCENT_FROM 100 /* finished rows, below which a percentage says nothing */

struct halt {
	uint64_t limit; /* fails, or per cent of finished rows; 0: never */
	bool percent;
	uint64_t finished;
	uint64_t failed; /* failed, conflict, unresolved */
};

void halt_init(struct halt *h, uint64_t limit, bool percent);

/** One more finished row. @return true when the limit is reached */
bool halt_count(struct halt *h, bool failed);
