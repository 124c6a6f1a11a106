/* turns.h - one at a time: which job may ask its instance now, and which has to wait.
 *
 * Those that wait come to their turn in the order in which they came. An instance is known by
 * a hash; two that meet there only take turns. Each call looks through all places, of which
 * there is one a job.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TURNS_NOBODY UINT32_MAX

struct turn {
	uint64_t instance;
	uint64_t came; /* in which order; 0: no job of this number is here */
	bool waits;
};

struct turns {
	struct turn *of; /* by job; NULL before turns_init() */
	uint32_t count;
	uint64_t last;
};

/** @return 0 or -ENOMEM */
int turns_init(struct turns *t, uint32_t jobs);
void turns_done(struct turns *t); /* fine on a zeroed one */

/** A job that is not here wants to ask. @return whether it may now; else it waits */
bool turns_take(struct turns *t, uint32_t job, uint64_t instance);

/** It has asked, or does not want to any more; nothing happens if it is not here. @return whose
 * turn it is now at this instance, TURNS_NOBODY: nobody's that waited */
uint32_t turns_leave(struct turns *t, uint32_t job);
