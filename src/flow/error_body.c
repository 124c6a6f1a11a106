/* error_body.c - what an error answer says.
 *
 * Three shapes are on record, and no schema promises any of them:
 *
 *   gateway          {"error_code":"401013","message":"…"}, error_code also a number
 *   Flow Service     {"type":"…/errors/FLOW-2120-403","title":"…","status":403,
 *                     "report":{"detailed-message":"…","request-id":"…"},
 *                     "errorMessage":"…"}
 *   older, terse     {"errorMessage":"…"}, {"message":"…"}, {"title":"…","detail":"…"}
 *
 * and HTML from whatever stands in between. So each field is looked for by
 * itself, in the order of how much it tells.
 *
 * A server may echo the request, password and all. Text is redacted before it
 * is cut, as a cut could leave the first half of a secret that nobody would
 * recognise any more. For the same reason nothing is shown raw of a body that
 * broke off.
 */
#include "flow/error_body.h"

#include <string.h>

#include "base/json.h"
#include "base/redact.h"
#include "base/str.h"
#include "flow/field.h"

#define MIB ((size_t)1024 * 1024)
#define RAW_MAX 200          /* bytes shown of a body in no known shape */
#define CLEAN_MAX (8 * MIB)  /* a marker may be longer than the secret it stands for */
#define CODE_NUMBER_MAX 1e15 /* near 2^53, where a double has no exact integers */
#define SHORT_SECRET 6       /* under it a match would be an accident */

bool flow_reply_take(
	const struct flow_reply *r, char *dst, size_t dst_len, const char *value, bool blanks)
{
	if (!flow_field_take(dst, dst_len, value, blanks))
		return false;
	for (size_t i = 0; i < r->secret_count; i++) {
		const char *secret = r->secrets[i];

		if (!secret || strlen(secret) < SHORT_SECRET || !strstr(dst, secret))
			continue;
		memset(dst, 0, dst_len);
		return false;
	}
	return true;
}

static void read_number(const struct flow_reply *r, const struct json *v, struct flow_verdict *ret)
{
	AUTO(buf_done) struct buf text = {0};
	double number;

	buf_init(&text, sizeof(ret->code));
	if (!json_number(v, &number) || !(number >= 0 && number < CODE_NUMBER_MAX))
		return;
	if (buf_printf(&text, "%.0f", number) == 0)
		flow_reply_take(r, ret->code, sizeof(ret->code), text.data, false);
}

/* The tail of `type` behind /errors/. */
static const char *find_code(const struct json *root)
{
	static const char mark[] = "/errors/";
	const char *type = json_string(json_get(root, "type"));
	const char *tail = type ? strstr(type, mark) : NULL;

	return tail ? tail + strlen(mark) : NULL;
}

static bool has_gateway_shape(const struct json *root)
{
	const struct json *error_code = json_get(root, "error_code");
	const char *text = json_string(error_code);
	double number;

	return text ? *text != '\0' : json_number(error_code, &number);
}

static void read_code(const struct flow_reply *r, const struct json *root, struct flow_verdict *ret)
{
	const struct json *error_code = json_get(root, "error_code");

	flow_reply_take(r, ret->code, sizeof(ret->code), find_code(root), false);
	if (!*ret->code)
		flow_reply_take(r, ret->code, sizeof(ret->code), json_string(error_code), false);
	if (!*ret->code)
		read_number(r, error_code, ret);
}

static const char *find_sentence(const struct json *root)
{
	const struct json *places[] = {
		json_get(json_get(root, "report"), "detailed-message"),
		json_get(root, "errorMessage"),
		json_get(root, "detail"),
		json_get(root, "message"),
		json_get(root, "title"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!str_empty(json_string(places[i])))
			return json_string(places[i]);
	return NULL;
}

void flow_reply_sentence(
	const struct flow_reply *r, char *dst, size_t dst_len, const char *text, size_t max)
{
	AUTO(buf_done) struct buf clean = {0};

	dst[0] = '\0';
	buf_init_secret(&clean, CLEAN_MAX);
	if (redact(&clean, text, r->secrets, r->secret_count) == 0 && clean.data)
		flow_field_cut(dst, dst_len, clean.data, max);
}

/* The body in no known shape: a page of HTML, a plain sentence, nothing. */
static void take_raw(const struct flow_reply *r, struct flow_verdict *ret)
{
	AUTO(buf_done) struct buf raw = {0};
	const char *text;

	buf_init_secret(&raw, r->body_len + 1);
	if (r->transport == FLOW_T_CUT_OFF) {
		str_copy(ret->message, sizeof(ret->message), "the answer broke off before its end");
		return;
	}
	if (r->body && buf_append(&raw, r->body, r->body_len) < 0)
		return;
	text = raw.data ? raw.data + strspn(raw.data, " \t\r\n") : "";
	if (*text)
		flow_reply_sentence(r, ret->message, sizeof(ret->message), text, RAW_MAX);
	else
		str_copy(ret->message, sizeof(ret->message), "the server gave no reason");
}

bool flow_error_body_explain(
	const struct flow_reply *r, const struct json *root, struct flow_verdict *ret)
{
	const char *sentence = find_sentence(root);

	read_code(r, root, ret);
	if (!sentence)
		return false;
	flow_reply_sentence(
		r, ret->message, sizeof(ret->message), sentence, sizeof(ret->message) - 1);
	return true;
}

bool flow_error_body_read(const struct flow_reply *r, struct flow_verdict *ret)
{
	AUTO(json_freep) struct json *root = NULL;

	if (r->body && json_parse(r->body, r->body_len, &root) < 0)
		root = NULL;
	if (!*ret->request_id)
		flow_reply_take(r, ret->request_id, sizeof(ret->request_id),
			json_string(json_get(json_get(root, "report"), "request-id")), false);
	if (!flow_error_body_explain(r, root, ret))
		take_raw(r, ret);
	return has_gateway_shape(root);
}

bool flow_error_body_of_service(const struct flow_reply *r)
{
	AUTO(json_freep) struct json *root = NULL;
	const char *code;

	if (!r->body || json_parse(r->body, r->body_len, &root) < 0)
		return false;
	if (has_gateway_shape(root))
		return false;
	code = find_code(root);
	if (code)
		return strncmp(code, "FLOW-1", 6) == 0;
	return !str_empty(json_string(json_get(root, "errorMessage")));
}
