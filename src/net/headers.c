/* headers.c - header lists that many requests share.
 *
 * libcurl sends lines as they are, a CR LF in a value included, which would
 * start a header (or a request) of somebody else's making: hence the check. An
 * empty value is refused as well: to libcurl "Name:" means to leave the header
 * out.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/private.h"

struct net_headers {
	uint32_t references;
	struct curl_slist *lines;
};

/* RFC 9110, 5.6.2. */
static bool is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool line_is_fit(const char *line)
{
	const unsigned char *p = (const unsigned char *)line;

	while (is_token_char(*p))
		p++;
	if (p == (const unsigned char *)line || *p != ':')
		return false;
	p++;
	while (*p == ' ')
		p++;
	if (!*p)
		return false;
	while (*p >= 0x20 && *p <= 0x7e)
		p++;
	return !*p;
}

static void free_lines(struct curl_slist *lines)
{
	for (struct curl_slist *l = lines; l; l = l->next)
		wipe(l->data, strlen(l->data));
	curl_slist_free_all(lines);
}

static int append(struct curl_slist **lines, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*lines, line);

	if (!longer)
		return -ENOMEM;
	*lines = longer;
	return 0;
}

int net_headers_create(const char *const *lines, size_t count, struct net_headers **ret)
{
	struct net_headers *h;
	int r;

	for (size_t i = 0; i < count; i++)
		if (!line_is_fit(lines[i]))
			return -EINVAL;

	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->references = 1;
	/* Without "Expect: 100-continue", which libcurl adds to large bodies and
	 * which costs a round trip. */
	r = append(&h->lines, "Expect:");
	for (size_t i = 0; r == 0 && i < count; i++)
		r = append(&h->lines, lines[i]);
	if (r < 0) {
		net_headers_unref(h);
		return r;
	}
	*ret = h;
	return 0;
}

struct net_headers *net_headers_ref(struct net_headers *h)
{
	h->references++;
	return h;
}

void net_headers_unref(struct net_headers *h)
{
	if (!h)
		return;
	assert(h->references > 0);
	if (--h->references > 0)
		return;
	free_lines(h->lines);
	free(h);
}

struct curl_slist *net_headers_lines(struct net_headers *h)
{
	return h->lines;
}
