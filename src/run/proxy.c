/* proxy.c - the login that a proxy's URL may hold. */
#include "run/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "sys/log.h"

#define SHORT_SECRET 6 /* a log without the lines that hold "http" helps nobody */
#define LOGIN_MAX ((size_t)4096)

static int hide(const char *text, size_t len)
{
	AUTO(buf_done) struct buf secret = {0};
	int r;

	if (len < SHORT_SECRET)
		return 0;
	buf_init_secret(&secret, LOGIN_MAX);
	r = buf_append(&secret, text, len);
	return r < 0 ? r : log_add_secret(secret.data);
}

/* The whole of it, and the password alone; up to the last '@', since one in the
 * password may stand there raw. */
static int hide_in_url(const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *login = scheme ? scheme + 3 : url;
	const char *end = strrchr(login, '@'), *colon;
	int r;

	if (!end)
		return 0;
	r = hide(login, (size_t)(end - login));
	colon = memchr(login, ':', (size_t)(end - login));
	if (r < 0 || !colon)
		return r;
	return hide(colon + 1, (size_t)(end - colon - 1));
}

int proxy_hide_login(const char *proxy)
{
	static const char *const variables[] = {
		"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	int r = 0;

	if (!str_empty(proxy))
		return hide_in_url(proxy);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(variables); i++)
		if (getenv(variables[i]))
			r = hide_in_url(getenv(variables[i]));
	return r;
}
