/* item.h - a connection as a listing shows it, out of its JSON. */
#pragma once

#include "base/json.h"
#include "flow/search.h"

#define FLOW_EXACT_MAX 9007199254740991.0 /* 2^53 - 1: a double holds these exactly */

/** What it shows; borrowed from `v`. An id is not checked here. */
struct flow_item flow_item_read(const struct json *v);
