/* suggest.h - "did you mean": the nearest of several words. */
#pragma once

#include <stddef.h>

struct suggest {
	const char *typed;
	const char *best; /* NULL: none is near enough */
	size_t distance;
};

void suggest_init(struct suggest *s, const char *typed);
/** Look at one more word; borrowed. */
void suggest_try(struct suggest *s, const char *word);
