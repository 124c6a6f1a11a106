/* gather.h - all that a query finds, in its order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flowmock/query.h"

/**
 * The numbers of all matches, sorted, each once.
 *
 * @return freed with free() by the caller; never NULL
 */
uint32_t *gather(struct service *s, const struct query *q, int64_t wall_ms, uint32_t *ret_count);

/** The filter that an index answers, or NULL. */
const struct filter *gather_index(const struct query *q);

/** Is an item that matches overlooked, by --filter-miss? */
bool gather_misses(struct service *s, const struct query *q);
