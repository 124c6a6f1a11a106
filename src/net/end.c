/* end.c - how a transfer ended: libcurl's codes and our own facts, one word.
 *
 * The facts come first, since one code means many things: 28 is a connect
 * time-out or a lost answer, 56 a reset or a refused CONNECT, 42 our own veto.
 * What began to leave cannot end as "no connection" any more: libcurl may have
 * lost one connection and failed to make the next.
 */
#include <assert.h>

#include "base/macros.h"
#include "net/private.h"

static enum net_end end_of_code(CURLcode code)
{
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY: return NET_DNS;
	case CURLE_COULDNT_CONNECT:
	case CURLE_INTERFACE_FAILED:
	case CURLE_PROXY: return NET_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_SHUTDOWN_FAILED: return NET_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_INVALIDCERTSTATUS: return NET_CERTIFICATE;
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_LOGIN_DENIED: /* a login inside the URL, which is disallowed */ return NET_LOCAL;
	case CURLE_OPERATION_TIMEDOUT: return NET_TIMEOUT;
	case CURLE_SEND_FAIL_REWIND: return NET_VETO;
	default: return NET_BROKEN;
	}
}

enum net_end net_end_of(const struct net_facts *f)
{
	enum net_end end;

	if (f->status)
		return f->code == CURLE_OK ? NET_ANSWERED : NET_CUT_OFF;
	if (f->vetoed)
		return NET_VETO;
	end = end_of_code(f->code);
	if (end == NET_TIMEOUT || end == NET_VETO)
		return end;
	if (f->began)
		return NET_BROKEN;
	if (f->connect_status == 407 || f->connect_status == 403)
		return NET_PROXY;
	if (f->connect_status >= 300)
		return NET_CONNECT;
	return end;
}

const char *net_end_name(enum net_end e)
{
	static const char *const names[] = {
		[NET_ANSWERED] = "answered",
		[NET_CUT_OFF] = "cut off",
		[NET_DNS] = "dns",
		[NET_CONNECT] = "connect",
		[NET_TLS] = "tls",
		[NET_CERTIFICATE] = "certificate",
		[NET_LOCAL] = "local",
		[NET_PROXY] = "proxy",
		[NET_TIMEOUT] = "timeout",
		[NET_BROKEN] = "broken",
		[NET_VETO] = "veto",
		[NET_CANCELLED] = "cancelled",
	};

	assert((size_t)e < ARRAY_SIZE(names));
	return names[e];
}
