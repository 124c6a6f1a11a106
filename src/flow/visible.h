/* visible.h - one connection as the server shows it, held against what we know of it.
 *
 * Sources: GET /connections/{id} answers the envelope of a listing with one item
 * (Adobe's Flow Service description); secrets are masked or left out, so that only
 * name, description, connectionSpec, endpoint and username can be compared.
 */
#pragma once

#include <stddef.h>

#include "flow/search.h"

/** Fields that show, as bits of a set. */
enum flow_field {
	FLOW_FIELD_NAME = 1 << 0,
	FLOW_FIELD_DESCRIPTION = 1 << 1,
	FLOW_FIELD_SPEC = 1 << 2,
	FLOW_FIELD_ENDPOINT = 1 << 3,
	FLOW_FIELD_USERNAME = 1 << 4,
};

/**
 * Read the body of a FLOW_PAGE answer to a read of one connection.
 *
 * @param each  called once with the item, borrowed for the call
 * @return 0; -EBADMSG: not one item of this id, nothing was called
 */
int flow_read_connection(const char *body, size_t body_len, const char *id,
	void (*each)(void *arg, const struct flow_item *item), void *arg);

/**
 * Which fields are shown and differ: name, connectionSpec, endpoint and username as
 * `wanted` has them (its tag is not looked at, nor any description). A field that is
 * not shown, or masked, differs from nothing.
 */
unsigned flow_differs(const struct flow_item *item, const struct flow_wanted *wanted);

/** "endpoint and username", in the columns' names: "name", "description",
 * "connection_spec_id", "endpoint", "username". "" for none. Returns dst. */
const char *flow_fields_words(unsigned fields, char *dst, size_t dst_len);
