/* census.h - how many connections share a name: the question behind "exactly
 * once".
 */
#pragma once

#include <stdint.h>

#include "flowmock/store.h"

struct census {
	uint32_t max_per_name;
	uint32_t names_with_several;
};

/** Count the names of all scopes; linear in the number of connections. */
struct census census_take(const struct store *s);
