/* endpoint.c - is this URL one that we would talk to, or hand to Adobe?
 *
 * Every URL that an operator or a CSV gives is taken apart here, once and
 * strictly: what a lenient parser would repair (blanks, backslashes, a login,
 * half an address) is refused with a remedy, for two parsers that repair
 * differently send a password to two different hosts. Whether a host is
 * loopback, so that plain http is fine, is decided on the parsed host alone:
 * "127.0.0.1.example.com" and "localhost.example.com" are not.
 *
 * No sentence quotes the URL: a password may have slipped into it.
 */
#include "flow/request.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "flow/address.h"

#define HOST_MAX 253 /* RFC 1035, 2.3.4, in its text form */
#define HOST_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"

/* A URL taken apart; all points into its text. */
struct parts {
	bool https;
	bool literal;     /* the host stood in brackets: IPv6 */
	const char *host; /* without brackets */
	size_t host_len;
	const char *port; /* NULL when none */
	size_t port_len;
	const char *rest; /* what follows the authority */
};

static const char *bytes_fault(const char *url)
{
	if (*url == '\0')
		return "it is empty: write https:// and the host";
	for (const char *p = url; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c == 0x7f)
			return "a blank or control character in it: take it out";
		if (c > 0x7f)
			return "a character beyond ASCII in it: write the host in punycode (xn--…)";
		if (c == '\\')
			return "a backslash in it: write /";
	}
	return NULL;
}

static bool prefix_without_case(const char *text, size_t len, const char *word)
{
	char head[8];

	if (len != strlen(word) || len >= sizeof(head))
		return false;
	memcpy(head, text, len);
	head[len] = '\0';
	return str_iequal(head, word);
}

static const char *split_scheme(const char *url, struct parts *ret, const char **ret_authority)
{
	const char *mark = strstr(url, "://");
	size_t len = mark ? (size_t)(mark - url) : 0;

	if (!mark)
		return "no scheme: write https:// before the host";
	ret->https = prefix_without_case(url, len, "https");
	if (!ret->https && !prefix_without_case(url, len, "http"))
		return "neither https nor http: write https:// before the host";
	*ret_authority = mark + 3;
	return NULL;
}

/* [host] or host, then perhaps :port. */
static const char *split_authority(const char *text, size_t len, struct parts *ret)
{
	const char *end = text + len, *mark;

	if (memchr(text, '@', len))
		return "a login in it: take out what stands before the @, and the @";
	ret->literal = len > 0 && *text == '[';
	ret->host = text + (ret->literal ? 1 : 0);
	mark = ret->literal ? memchr(text, ']', len) : memchr(text, ':', len);
	if (ret->literal && !mark)
		return "an IPv6 address that its bracket does not close: write [ADDRESS]";
	if (!mark)
		mark = end;
	ret->host_len = (size_t)(mark - ret->host);
	if (ret->literal)
		mark++;
	if (mark == end)
		return NULL;
	if (*mark != ':')
		return "something between the IPv6 address and the port: write [ADDRESS]:PORT";
	ret->port = mark + 1;
	ret->port_len = (size_t)(end - ret->port);
	return NULL;
}

static const char *host_fault(const struct parts *p)
{
	uint16_t groups[8];

	if (p->host_len == 0)
		return "no host: write it behind the two slashes";
	if (p->literal)
		return flow_ipv6_parse(p->host, p->host_len, groups)
			       ? NULL
			       : "no IPv6 address in the brackets: check it";
	if (p->host_len > HOST_MAX)
		return "a host of over 253 bytes: check it";
	if (strspn(p->host, HOST_CHARS) < p->host_len)
		return "a host with other characters than letters, digits, - . and _: check it";
	if (p->host[0] == '.' || memmem(p->host, p->host_len, "..", 2))
		return "a host with an empty part between its dots: check it";
	return NULL;
}

static const char *port_fault(const struct parts *p)
{
	static const char fault[] = "a port that is no number from 1 to 65535: check it";
	char text[8];
	uint64_t port;

	if (!p->port)
		return NULL;
	if (p->port_len >= sizeof(text))
		return fault;
	memcpy(text, p->port, p->port_len);
	text[p->port_len] = '\0';
	return str_u64(text, 1, 65535, &port) < 0 ? fault : NULL;
}

static const char *parse(const char *url, struct parts *ret)
{
	const char *fault = bytes_fault(url), *authority = NULL;
	size_t len;

	*ret = (struct parts){.https = false};
	if (!fault)
		fault = split_scheme(url, ret, &authority);
	if (fault)
		return fault;

	len = strcspn(authority, "/?#");
	ret->rest = authority + len;
	fault = split_authority(authority, len, ret);
	if (!fault)
		fault = host_fault(ret);
	return fault ? fault : port_fault(ret);
}

static bool is_loopback(const struct parts *p)
{
	static const uint16_t one[8] = {0, 0, 0, 0, 0, 0, 0, 1};
	uint16_t groups[8];
	uint8_t quad[4];
	char name[sizeof("localhost")];

	if (p->literal)
		return flow_ipv6_parse(p->host, p->host_len, groups) &&
		       memcmp(groups, one, sizeof(one)) == 0;
	if (flow_ipv4_parse(p->host, p->host_len, quad))
		return quad[0] == 127;
	if (p->host_len != strlen("localhost"))
		return false;
	memcpy(name, p->host, p->host_len);
	name[p->host_len] = '\0';
	return str_iequal(name, "localhost");
}

const char *flow_endpoint_fault(const char *endpoint, bool allow_http)
{
	struct parts p;
	const char *fault = parse(endpoint, &p);

	if (fault)
		return fault;
	if (!p.https && !allow_http)
		return "plain http, which would send the password in the clear: write https://, or "
		       "allow it with --allow-http-endpoints";
	if (*p.rest != '\0' && strcmp(p.rest, "/") != 0)
		return "a path, query or fragment in it: leave only scheme, host and port";
	return NULL;
}

const char *flow_service_url_fault(const char *url)
{
	struct parts p;
	const char *fault = parse(url, &p);

	if (fault)
		return fault;
	if (!p.https && !is_loopback(&p))
		return "plain http, which is for 127.0.0.0/8, ::1 and localhost only: write "
		       "https://";
	if (strpbrk(p.rest, "?#"))
		return "a query or fragment in it: leave only scheme, host, port and path";
	return NULL;
}

bool flow_service_is_loopback(const char *url)
{
	struct parts p;

	return !parse(url, &p) && is_loopback(&p);
}

static int append_lower(struct buf *b, const char *text, size_t len)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i++)
		r = buf_append_char(
			b, (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]));
	return r;
}

/* Without leading zeros; a default one not at all. */
static int append_port(struct buf *b, const struct parts *p)
{
	const char *port = p->port;
	size_t len = p->port_len;

	for (; len > 0 && *port == '0'; len--)
		port++;
	if (len == 0 || (p->https && len == 3 && memcmp(port, "443", 3) == 0) ||
		(!p->https && len == 2 && memcmp(port, "80", 2) == 0))
		return 0;
	return buf_printf(b, ":%.*s", (int)len, port);
}

int flow_service_append(struct buf *b, const char *url)
{
	struct parts p;
	const char *fault = parse(url, &p);
	size_t len;
	int r;

	assert(!fault);
	len = strlen(p.rest);
	while (len > 0 && p.rest[len - 1] == '/')
		len--;
	r = buf_printf(b, "%s://%s", p.https ? "https" : "http", p.literal ? "[" : "");
	if (r == 0)
		r = append_lower(b, p.host, p.host_len);
	if (r == 0 && p.literal)
		r = buf_append_char(b, ']');
	if (r == 0 && p.port)
		r = append_port(b, &p);
	return r < 0 ? r : buf_append(b, p.rest, len);
}

/* Where the part that knows no case ends: behind scheme and authority. */
static size_t caseless_len(const char *url)
{
	const char *mark = strstr(url, "://");
	const char *authority = mark ? mark + 3 : url;

	return (size_t)(authority - url) + strcspn(authority, "/?#");
}

static size_t len_without_slash(const char *url)
{
	size_t len = strlen(url);

	return len > 0 && url[len - 1] == '/' ? len - 1 : len;
}

bool flow_endpoint_same(const char *a, const char *b)
{
	size_t len = len_without_slash(a), head = MIN(caseless_len(a), len);

	if (len_without_slash(b) != len || MIN(caseless_len(b), len) != head)
		return false;
	return strncasecmp(a, b, head) == 0 && memcmp(a + head, b + head, len - head) == 0;
}
