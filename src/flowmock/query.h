/* query.h - what a listing asks for: filters, order, page.
 *
 * `property=PATH OP VALUE` again and again, all of which must hold; a comma in
 * the value means one of several. Strings know `==`; createdAt and updatedAt
 * also `>=`, `<` and `>`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flowmock/store.h"

struct request;
struct service;

#define FILTERS_MAX 8

enum field {
	FIELD_ID,
	FIELD_NAME,
	FIELD_DESCRIPTION,
	FIELD_SPEC_ID,
	FIELD_STATE,
	FIELD_CREATED,
	FIELD_UPDATED,
	FIELD_PARAM,
	FIELD_COUNT
};

enum op { OP_EQUAL, OP_AT_LEAST, OP_BELOW, OP_ABOVE };

struct filter {
	enum field field;
	enum op op;
	char *text;   /* owns the values: the commas are NULs */
	size_t count; /* of values */
	char *param;  /* FIELD_PARAM: behind auth.params. */
};

struct query {
	struct filter filters[FILTERS_MAX];
	size_t filter_count;
	uint32_t scope;
	bool by_name; /* else the newest first */
	bool falling;
	bool has_limit;
	uint32_t limit;
	bool count_only;
	char token[64]; /* "" when none */
};

/**
 * Read the query arguments.
 *
 * @return true, and the caller frees by query_done(); or false with the 400 as
 *         answer
 */
bool query_parse(struct request *r, struct query *ret);
void query_done(struct query *q);

bool query_matches(const struct service *s, const struct query *q, const struct connection *c,
	int64_t wall_ms);

/** Value number i of a filter. */
const char *filter_value(const struct filter *f, size_t i);
