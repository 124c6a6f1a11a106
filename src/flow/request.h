/* request.h - what is asked of Adobe's Flow Service. Pure: builds text.
 *
 * Sources: Adobe's published Flow Service description (POST /connections:
 * CreateConnectionRequest; GET /connections: property, limit, orderby,
 * continuationToken, count; PATCH: If-Match, JSON Patch), and the ServiceNow
 * source page (connectionSpec eb13cb25-…, Basic Authentication).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define FLOW_DEFAULT_URL "https://platform.adobe.io/data/foundation/flowservice"
#define FLOW_SERVICENOW_SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"
#define FLOW_SERVICENOW_AUTH "Basic Authentication"
#define FLOW_DEFAULT_SPEC_VERSION "1.0"
#define FLOW_DEFAULT_SANDBOX "prod"
#define FLOW_PAGE_LIMIT 100 /* the documented maximum of `limit` */

enum flow_call {
	FLOW_CREATE, /* POST   /connections */
	FLOW_LOOKUP, /* GET    /connections?property=name==…&property=connectionSpec.id==… */
	FLOW_LIST,   /* GET    /connections?property=connectionSpec.id==…&orderby=name */
	FLOW_COUNT,  /* GET    the same filters with count=true instead of limit */
};

/** Name and value of one member of auth.params beside endpoint and username. */
struct flow_param {
	const char *name;
	const char *value; /* secret */
};

/** One desired connection; all borrowed. NULL or "" is absent. */
struct flow_connection {
	const char *name;
	const char *description;
	const char *endpoint; /* auth.params.endpoint */
	const char *username; /* auth.params.username */
	const struct flow_param *params;
	size_t param_count;
	const char *auth_spec;
	const char *spec_id;
	const char *spec_version;
};

/**
 * Append the body of a create. `body` should be a secret buffer (password).
 *
 * @param c  with name, auth_spec, spec_id and spec_version; no name of its params
 *           is "endpoint" or "username" where that field is given
 * @return 0, -ENOBUFS or -ENOMEM
 */
int flow_create_body(struct buf *body, const struct flow_connection *c);

/**
 * Append the URL of a create. On trouble, here and below, a part may have been appended.
 *
 * @param base_url  without a slash at its end
 */
int flow_create_url(struct buf *url, const char *base_url);

/** What is asked of one connection. */
enum flow_part {
	FLOW_PART_ITSELF, /* GET, PATCH, DELETE /connections/{id} */
	FLOW_PART_TEST,   /* GET /connections/{id}/test */
	/* GET /connections/{id}/explore?objectType=ROOT; in capitals as the published
	 * description has its words, though Adobe's tutorials write them small */
	FLOW_PART_EXPLORE,
};

/** Append the URL of a connection or a part of it. @return as above; -EINVAL: no UUID */
int flow_connection_url(struct buf *url, const char *base_url, const char *id, enum flow_part part);

/**
 * Append the body of an update: a JSON Patch (RFC 6902) that sets all that an update may
 * change, `/auth/params`, `/name` and `/description`, to what is desired. `body` should be
 * a secret buffer.
 *
 * @return 0, -ENOBUFS or -ENOMEM
 */
int flow_update_body(struct buf *body, const struct flow_connection *c);

/**
 * Append the URL of a lookup (`name` given), of a listing of the scope (`name`
 * NULL, ordered by name), or, with `count`, of the count of either.
 *
 * @param continuation  token of the next page, or NULL / "" for the first;
 *                      percent-encoded here, never taken as part of a path
 */
int flow_search_url(struct buf *url, const char *base_url, const char *name, const char *spec_id,
	const char *continuation, bool count);

/**
 * May the lookup filter carry this name? Only ASCII letters, digits, blank,
 * '.', '_' and '-' (a comma separates values there, and how it would be escaped
 * is not documented); no blank at either end, which a server might trim; at most
 * 1,024 bytes, as URLs have their limits. Others are found by a complete listing.
 */
bool flow_name_filterable(const char *name);

/**
 * Call `add` with each header line ("Name: value") of a request.
 *
 * @param org, api_key, token, sandbox  visible ASCII, checked by the caller
 * @param has_body  adds Content-Type
 * @param if_match  etag with its quotes, or NULL
 * @param add  borrows the line, which is wiped after the call; not 0 ends it
 * @return 0, what `add` returned, -ENOBUFS or -ENOMEM
 */
int flow_headers(const char *org, const char *api_key, const char *token, const char *sandbox,
	bool has_body, const char *if_match, int (*add)(void *arg, const char *line), void *arg);

/** `[A-Za-z0-9-]{1,256}`: fit for x-sandbox-name. */
bool flow_sandbox_valid(const char *sandbox);

/**
 * Check an instance's endpoint: https (or, if allowed, http) scheme, a host, an
 * optional port; no login, path, query or fragment; one slash at its end is
 * fine. Host: letters, digits, '-', '.', '_' or an IPv6 literal in brackets.
 *
 * @return NULL, or what is wrong with it in words that do not quote it
 */
const char *flow_endpoint_fault(const char *endpoint, bool allow_http);

/** Same instance? Scheme and host without case, one slash at the end ignored. */
bool flow_endpoint_same(const char *a, const char *b);

/**
 * Check the base URL of a service: https, or http when its host is loopback
 * (127.0.0.0/8, ::1, localhost); no login, query or fragment.
 *
 * @return NULL, or what is wrong with it in words
 */
const char *flow_service_url_fault(const char *url);

/** Is the host of this URL, which has no fault, loopback (127.0.0.0/8, ::1, localhost)? */
bool flow_service_is_loopback(const char *url);

/**
 * Append the one way to write a base URL without a fault, by which a service is
 * known again: scheme and host in lower case, no default port, no slash at its end.
 *
 * @return 0, -ENOBUFS or -ENOMEM
 */
int flow_service_append(struct buf *b, const char *url);
