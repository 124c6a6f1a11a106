/* route.c - which handler a path and method have: one table. */
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "flowmock/request.h"
#include "flowmock/servicenow.h"
#include "flowmock/token.h"

#define CONNECTIONS BASE_PATH "/connections"

static const struct route routes[] = {
	{"POST", CONNECTIONS, REALM_FLOW, VERB_POST, true, create_connection},
	{"GET", CONNECTIONS, REALM_FLOW, VERB_GET, false, list_connections},
	{"GET", CONNECTIONS "/*", REALM_FLOW, VERB_READ, false, get_connection},
	{"GET", CONNECTIONS "/*/test", REALM_FLOW, VERB_TEST, false, test_connection},
	{"GET", CONNECTIONS "/*/explore", REALM_FLOW, VERB_EXPLORE, false, explore_connection},
	{"PATCH", CONNECTIONS "/*", REALM_FLOW, VERB_PATCH, false, patch_connection},
	{"DELETE", CONNECTIONS "/*", REALM_FLOW, VERB_DELETE, false, delete_connection},
	{"POST", TOKEN_URL_PATH, REALM_TOKEN, VERB_TOKEN, false, issue_token},
	{"GET", SERVICENOW_PATH "/*", REALM_SERVICENOW, VERB_SERVICENOW, false, servicenow_list},
	{"GET", "/_flowmock/status", REALM_CONTROL, VERB_GET, false, control_status},
	{"GET", "/_flowmock/connections", REALM_CONTROL, VERB_GET, false, control_connections},
	{"POST", "/_flowmock/connections", REALM_CONTROL, VERB_POST, false, control_put},
	{"PATCH", "/_flowmock/connections/*", REALM_CONTROL, VERB_PATCH, false, control_change},
	{"DELETE", "/_flowmock/connections/*", REALM_CONTROL, VERB_DELETE, false, control_delete},
	{"POST", "/_flowmock/faults", REALM_CONTROL, VERB_POST, false, control_faults},
	{"POST", "/_flowmock/revoke", REALM_CONTROL, VERB_POST, false, control_revoke},
	{"POST", "/_flowmock/reset", REALM_CONTROL, VERB_POST, false, control_reset},
};

/* Does the path fit? A slash at its end is overlooked; `*` goes to segment. */
static bool fits(const char *pattern, const char *path, char segment[SEGMENT_SIZE])
{
	while (*pattern != '\0') {
		size_t len;

		if (*pattern != '*') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		len = strcspn(path, "/");
		if (len == 0 || len >= SEGMENT_SIZE)
			return false;
		str_copy(segment, len + 1, path);
		path += len;
		pattern++;
	}
	return path[0] == '\0' || strcmp(path, "/") == 0;
}

void request_route(struct request *r, const char *method)
{
	r->route = NULL;
	r->path_known = false;
	r->segment[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!fits(routes[i].path, r->path, r->segment))
			continue;
		r->path_known = true;
		if (strcmp(routes[i].method, method) == 0) {
			r->route = &routes[i];
			return;
		}
	}
}
