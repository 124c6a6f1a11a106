/* answer.c - catching what comes back: the few header values of interest, and
 * the body up to its limit. Any other header is asked of libcurl, which keeps them
 * until the handle is used again.
 *
 * Several header sections may come for one request: each informational answer
 * (100, 103) has one, and its values do not count. So every status line starts
 * anew, and after the final section nothing is taken (trailers look alike).
 */
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "net/private.h"

void net_catch_reset(struct catch *c)
{
	struct buf body = c->body;

	if (body.cap > NET_BODY_KEPT) {
		size_t max = body.max;

		buf_done(&body);
		buf_init_secret(&body, max);
	} else {
		buf_reset(&body);
	}
	c->body = body;
	c->header_bytes = 0;
	c->in_headers = false;
	c->status = 0;
	c->retry_after[0] = c->date[0] = c->request_id[0] = '\0';
	c->refusal = NULL;
}

/* "HTTP/1.1 201 Created": the number, 0 when it is informational. libcurl has
 * checked the form already, and refuses what is none. */
static int final_status(const char *line, size_t len)
{
	const char *p = memchr(line, ' ', len);
	const char *end = line + len;
	int status = 0;

	while (p && p < end && *p == ' ')
		p++;
	for (int i = 0; p && p < end && i < 3 && *p >= '0' && *p <= '9'; i++, p++)
		status = 10 * status + (*p - '0');
	return status >= 200 ? status : 0;
}

static void start_section(struct catch *c, const char *line, size_t len)
{
	c->in_headers = true;
	c->status = final_status(line, len);
	c->retry_after[0] = c->date[0] = c->request_id[0] = '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first of several counts. */
static void take_value(char dst[NET_VALUE_SIZE], const char *value, size_t len)
{
	while (len > 0 && is_blank(value[0])) {
		value++;
		len--;
	}
	while (len > 0 && is_blank(value[len - 1]))
		len--;
	if (dst[0] || len >= NET_VALUE_SIZE)
		return;
	memcpy(dst, value, len);
	dst[len] = '\0';
}

static void take_header(struct catch *c, const char *line, size_t len)
{
	const struct {
		const char *name; /* with its colon */
		char *value;
	} wanted[] = {
		{"retry-after:", c->retry_after},
		{"date:", c->date},
		{"x-request-id:", c->request_id},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		size_t name_len = strlen(wanted[i].name);

		if (len >= name_len && !strncasecmp(line, wanted[i].name, name_len))
			take_value(wanted[i].value, line + name_len, len - name_len);
	}
}

size_t net_catch_header(char *line, size_t size, size_t count, void *catch)
{
	struct catch *c = catch;
	size_t len = size * count;

	c->header_bytes += len;
	if (c->header_bytes > NET_HEADERS_MAX) {
		c->refusal = "the answer's headers do not end";
		return 0;
	}
	if (!c->in_headers) {
		if (!c->status && len >= 5 && !memcmp(line, "HTTP/", 5))
			start_section(c, line, len);
	} else if (len <= 2 && (line[0] == '\r' || line[0] == '\n')) {
		c->in_headers = false;
	} else {
		take_header(c, line, len);
	}
	return len;
}

size_t net_catch_body(char *data, size_t size, size_t count, void *catch)
{
	struct catch *c = catch;
	size_t len = size * count;

	if (buf_append(&c->body, data, len) < 0) {
		c->refusal = "the answer is too large";
		return 0;
	}
	return len;
}

const char *net_answer_header(const struct net_answer *a, const char *name, size_t nth)
{
	struct curl_header *header;

	if (!a->status)
		return NULL;
	/* Of the last request, if there were several; not of a 1xx, a proxy or a trailer. */
	if (curl_easy_header(a->transfer->easy, name, nth, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	/* Of an empty value libcurl 7.88 leaves the line's end. */
	return is_blank(header->value[0]) ? "" : header->value;
}
