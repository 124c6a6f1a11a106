/* probe.h - the one request that asks an instance whether a login works. Pure: builds text.
 *
 * Source: ServiceNow's Table API, GET /api/now/table/{table}. sysparm_limit=1, for its
 * default is 10,000 records; sysparm_fields=sys_id, so that no business data moves.
 *
 * A user is locked after five wrong logins by default. So a login is asked for once, never
 * again by itself, and never for each row that shares it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "servicenow/verdict.h"

#define SERVICENOW_TABLE_MAX 80 /* bytes of a table's name */

/** Letters, digits and '_' only, at least one and at most 80: fit for the path. */
bool servicenow_table_valid(const char *table);

/**
 * Append the URL of a probe.
 *
 * @param endpoint  scheme, host and perhaps port, checked by the caller; one slash at its
 *                  end is fine
 * @param table     valid
 * @return 0, -ENOBUFS or -ENOMEM; then a part may have been appended
 */
int servicenow_probe_url(struct buf *url, const char *endpoint, const char *table);

/**
 * Can Basic authentication carry this login at all? (RFC 7617, 2: no colon in the user
 * name, no control characters.) What it cannot, no program can send, Adobe's neither.
 *
 * @param ret  when it cannot: SERVICENOW_UNSENDABLE, with nothing sent
 */
bool servicenow_login_sendable(
	const char *username, const char *password, struct servicenow_verdict *ret);

/**
 * Call `add` with each header line ("Name: value") of a probe.
 *
 * @param username, password  sendable; their bytes go as they are (UTF-8)
 * @param add  borrows the line, which is wiped after the call; not 0 ends it
 * @return 0, what `add` returned, -ENOBUFS or -ENOMEM
 */
int servicenow_probe_headers(const char *username, const char *password,
	int (*add)(void *arg, const char *line), void *arg);
