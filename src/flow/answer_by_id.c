/* answer_by_id.c - what an answer means that concerns one connection by its id.
 *
 * What concerns all rows alike is judged as for a create. Beside it, the first line
 * that fits counts:
 *
 *   PATCH   200 with a UUID as id            UPDATED; without an etag it is ""
 *           412, or 1404-412 in another
 *           status of REJECTED or CLASH      STALE: not executed
 *   test    200 {"result": true, false}      PASSED, FAILED
 *   explore 200 with an array                EXPLORED
 *   DELETE  204; 200 or 202 without a body,
 *           or with one of JSON              DELETED
 *           1418-400                         IN_USE
 *   GET     200                              PAGE
 *   all     404 by the Flow Service          GONE
 *           other 2xx                        DOUBTFUL
 *           409                              DOUBTFUL: not known to be sent for these,
 *                                            so nothing is concluded from it
 *           429, to a GET                    THROTTLED: it may be asked again
 *
 * GONE is a strong word: a row that is gone will be created anew. So a 404 counts only
 * when the service itself says so, by a code of its own (FLOW-…) or in its older shape
 * (errorMessage): a gateway (error_code), a proxy or a wrong path say it otherwise, and
 * are REJECTED. Codes from 2000 on speak of org, sandbox and rights, not of a
 * connection.
 *
 * A page of HTML with 200, as a login page has it, is DOUBTFUL to everything.
 */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/answer.h"
#include "flow/error_body.h"
#include "flow/judge.h"

static void judge_failure(const struct flow_reply *r, struct flow_verdict *ret)
{
	flow_judge_status(r, ret);
	if (r->status < 300)
		str_copy(ret->message, sizeof(ret->message),
			r->status == 200 ? "HTTP 200, but nothing that can be read"
					 : "an answer that this request should not get");
	if (r->status == 404 && ret->class == FLOW_REJECTED && flow_error_body_of_service(r))
		ret->class = FLOW_GONE;
	if (ret->class == FLOW_CLASH)
		ret->class = FLOW_DOUBTFUL;
}

/* The same of what may be asked again without harm. */
static void judge_failed_read(const struct flow_reply *r, struct flow_verdict *ret)
{
	judge_failure(r, ret);
	if (ret->class == FLOW_THROTTLED_DOUBTFUL)
		ret->class = FLOW_THROTTLED;
}

static struct json *read_body(const struct flow_reply *r)
{
	struct json *root = NULL;

	return r->body && json_parse(r->body, r->body_len, &root) == 0 ? root : NULL;
}

/* "FLOW-1418-400" is of 1418-400 and of 1418. */
static bool is_code(const struct flow_verdict *v, const char *code)
{
	const char *rest = v->code;

	if (strncmp(rest, "FLOW-", 5) == 0)
		rest += 5;
	if (strncmp(rest, code, strlen(code)) != 0)
		return false;
	rest += strlen(code);
	return *rest == '\0' || *rest == '-';
}

/* Was this one refused, as opposed to all? */
static bool is_refused(const struct flow_reply *r, const struct flow_verdict *v)
{
	return v->class == FLOW_REJECTED || v->class == FLOW_GONE || r->status == 409;
}

/* ------------------------------------------------------------------- PATCH */

void flow_judge_update(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (!flow_judge_arrival(r, ret))
		return;
	if (r->status == 200 && flow_judge_version(r, ret)) {
		ret->class = FLOW_UPDATED;
		return;
	}
	judge_failure(r, ret);
	if (is_refused(r, ret) && (r->status == 412 || is_code(ret, "1404-412")))
		ret->class = FLOW_STALE;
}

/* ---------------------------------------------------------- test, explore */

static bool read_test(const struct flow_reply *r, struct flow_verdict *ret)
{
	AUTO(json_freep) struct json *root = read_body(r);
	bool passed;

	if (!json_bool(json_get(root, "result"), &passed))
		return false;
	ret->class = passed ? FLOW_PASSED : FLOW_FAILED;
	/* Nothing documents a reason beside it; where one comes it is told. */
	if (!passed && !flow_error_body_explain(r, root, ret))
		str_copy(ret->message, sizeof(ret->message),
			"Adobe cannot connect with it: check endpoint, username and password, "
			"and that the instance lets Adobe in");
	return true;
}

void flow_judge_test(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (flow_judge_arrival(r, ret) && (r->status != 200 || !read_test(r, ret)))
		judge_failed_read(r, ret);
}

static bool read_tables(const struct flow_reply *r, struct flow_verdict *ret)
{
	AUTO(json_freep) struct json *root = read_body(r);

	if (!json_is_array(root))
		return false;
	JSON_EACH (v, root) {
		const char *type = json_string(json_get(v, "type"));

		ret->tables += type && str_iequal(type, "table");
	}
	ret->class = FLOW_EXPLORED;
	return true;
}

void flow_judge_explore(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (flow_judge_arrival(r, ret) && (r->status != 200 || !read_tables(r, ret)))
		judge_failed_read(r, ret);
}

/* ------------------------------------------------------------------ DELETE */

/* 204 is what Adobe documents for sources, 202 with a blank body for destinations. */
static bool is_deleted(const struct flow_reply *r)
{
	AUTO(json_freep) struct json *root = NULL;

	if (r->status == 204)
		return true;
	if (r->status != 200 && r->status != 202)
		return false;
	if (!r->body || r->body_len == 0)
		return true;
	root = read_body(r);
	return root != NULL;
}

void flow_judge_delete(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (!flow_judge_arrival(r, ret))
		return;
	if (is_deleted(r)) {
		ret->class = FLOW_DELETED;
		return;
	}
	judge_failure(r, ret);
	if (is_refused(r, ret) && is_code(ret, "1418"))
		ret->class = FLOW_IN_USE;
}

/* --------------------------------------------------------------------- GET */

void flow_judge_connection(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (!flow_judge_arrival(r, ret))
		return;
	if (r->status == 200)
		ret->class = FLOW_PAGE;
	else
		judge_failed_read(r, ret);
}
