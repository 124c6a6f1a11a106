/* answer.c - see answer.h. */
#include "flowmock/answer.h"

#include <assert.h>
#include <microhttpd.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flowmock/memory.h"

struct buf *answer_start(struct answer *a, int status)
{
	a->status = status;
	a->content_type = "application/json";
	a->retry_after_s = 0;
	a->location[0] = '\0';
	a->header_count = 0;
	buf_reset(&a->body);
	return &a->body;
}

void answer_header(struct answer *a, const char *name, const char *value)
{
	assert(a->header_count < ANSWER_HEADERS && strlen(value) < sizeof(a->headers[0].value));
	a->headers[a->header_count].name = name;
	str_copy(a->headers[a->header_count].value, sizeof(a->headers[0].value), value);
	a->header_count++;
}

/* `before`, then the text as JSON. */
static void put(struct buf *b, const char *before, const char *text)
{
	must(buf_append_str(b, before));
	must(json_print_string(b, text));
}

static void put_end(struct buf *b, const char *end)
{
	must(buf_append_str(b, end));
}

void answer_gateway(struct answer *a, int status, const char *code, const char *message)
{
	struct buf *b = answer_start(a, status);

	put(b, "{\"error_code\":", code);
	put(b, ",\"message\":", message);
	put_end(b, "}");
}

void answer_flow(struct answer *a, int status, const char *code, const char *message)
{
	struct buf *b = answer_start(a, status);

	must(buf_printf(
		b, "{\"type\":\"https://ns.adobe.com/aep/errors/FLOW-%s-%d\"", code, status));
	put(b, ",\"title\":", MHD_get_reason_phrase_for((unsigned)status));
	must(buf_printf(b, ",\"status\":%d", status));
	put(b, ",\"report\":{\"detailed-message\":", message);
	put(b, ",\"request-id\":", a->request_id);
	put(b, "},\"errorMessage\":", message);
	put(b, ",\"errorDetails\":", message);
	put_end(b, "}");
}

void answer_bad_login(struct answer *a)
{
	answer_flow(a, 400, "1100",
		PROVIDER "The request could not be processed. Rest call failed with client error, "
			 "status code 401 Unauthorized, please check your activity settings.");
}

void answer_older(struct answer *a, int status, const char *message)
{
	struct buf *b = answer_start(a, status);

	put(b, "{\"errorMessage\":", message);
	put(b, ",\"errorDetails\":", message);
	put_end(b, "}");
}

void answer_message(struct answer *a, int status, const char *message)
{
	struct buf *b = answer_start(a, status);

	put(b, "{\"message\":", message);
	put_end(b, "}");
}

void answer_bad_request(struct answer *a, const char *detail)
{
	struct buf *b = answer_start(a, 400);

	must(buf_append_str(b, "{\"type\":\"/placeholder/type/uri\",\"status\":400"));
	put(b, ",\"title\":", "BadRequestError");
	put(b, ",\"detail\":", detail);
	put_end(b, "}");
}
