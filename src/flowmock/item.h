/* item.h - a connection as the service shows it, at a moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "flowmock/service.h"

/** Its version by now: --etag-moves gives it another one after a while. */
struct etag item_etag(const struct service *s, const struct connection *c, int64_t wall_ms);
int64_t item_updated_ms(const struct service *s, const struct connection *c, int64_t wall_ms);
/** "enabled", or "initializing" while it is new. */
const char *item_state(const struct service *s, const struct connection *c, int64_t wall_ms);
/** Do listings show it already, or still? */
bool item_is_listed(const struct connection *c, int64_t wall_ms);

/** Append it as JSON, secrets masked. */
void item_print(
	struct buf *b, const struct service *s, const struct connection *c, int64_t wall_ms);

/** Append {"id":…,"etag":…}. */
void item_print_version(struct buf *b, struct uuid id, struct etag etag);
