/* easy.c - what every request has in common, set once on each easy handle. */
#include <errno.h>

#include "net/private.h"

/* Until 8.4 libcurl loses requests when a server recycles an HTTP/2 connection
 * (GOAWAY), and a lost request is a doubtful row. */
#define HTTP2_SINCE 0x080400

#define SET(easy, option, value)                                                                   \
	do {                                                                                       \
		CURLcode code_ = curl_easy_setopt(easy, option, value);                            \
		if (code_ != CURLE_OK)                                                             \
			return code_;                                                              \
	} while (0)

static long milliseconds(nsec_t d)
{
	return d < MS ? 1 : (long)(d / MS);
}

static CURLcode set_callbacks(struct net_transfer *t)
{
	SET(t->easy, CURLOPT_PRIVATE, t);
	SET(t->easy, CURLOPT_ERRORBUFFER, t->trouble);
	SET(t->easy, CURLOPT_PREREQFUNCTION, net_before_request);
	SET(t->easy, CURLOPT_PREREQDATA, t);
	SET(t->easy, CURLOPT_HEADERFUNCTION, net_catch_header);
	SET(t->easy, CURLOPT_HEADERDATA, &t->catch);
	SET(t->easy, CURLOPT_WRITEFUNCTION, net_catch_body);
	SET(t->easy, CURLOPT_WRITEDATA, &t->catch);
	SET(t->easy, CURLOPT_OPENSOCKETFUNCTION, net_socket_open);
	SET(t->easy, CURLOPT_OPENSOCKETDATA, t);
	/* A connection keeps this beyond the handle that made it. */
	SET(t->easy, CURLOPT_CLOSESOCKETFUNCTION, net_socket_close);
	SET(t->easy, CURLOPT_CLOSESOCKETDATA, t->net);
	return CURLE_OK;
}

static CURLcode set_rules(CURL *easy, const struct net_options *o)
{
	bool http2 = curl_version_info(CURLVERSION_NOW)->version_num >= HTTP2_SINCE;
	nsec_t idle_max = o->idle_max ? o->idle_max : NET_IDLE_MAX;

	SET(easy, CURLOPT_PROTOCOLS_STR, o->allow_http ? "http,https" : "https");
	SET(easy, CURLOPT_HTTP_VERSION,
		http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(easy, CURLOPT_NOSIGNAL, 1L);
	SET(easy, CURLOPT_TCP_NODELAY, 1L);
	/* libcurl takes and frees these two for every request; the defaults of 16
	 * and 64 KiB are meant for files. */
	SET(easy, CURLOPT_BUFFERSIZE, 16384L);
	SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	SET(easy, CURLOPT_TIMEOUT_MS, milliseconds(o->timeout));
	SET(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(o->connect_timeout));
	SET(easy, CURLOPT_MAXAGE_CONN, idle_max < SEC ? 1L : (long)(idle_max / SEC));
	/* A handle that leaves while its name is still being looked up would
	 * otherwise wait for that thread, and the whole loop with it. */
	SET(easy, CURLOPT_QUICK_EXIT, 1L);
	if (o->proxy)
		SET(easy, CURLOPT_PROXY, o->proxy);
	return CURLE_OK;
}

static CURLcode set_tls(CURL *easy, const struct net_options *o)
{
	SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	SET(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	SET(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->ca_file) {
		SET(easy, CURLOPT_CAINFO, o->ca_file);
		SET(easy, CURLOPT_PROXY_CAINFO, o->ca_file);
	}
	if (o->client_cert)
		SET(easy, CURLOPT_SSLCERT, o->client_cert);
	if (o->client_key)
		SET(easy, CURLOPT_SSLKEY, o->client_key);
	return CURLE_OK;
}

int net_easy_setup(struct net_transfer *t, const struct net_options *o, struct error *reterr)
{
	CURLcode code = set_callbacks(t);

	if (code == CURLE_OK)
		code = set_rules(t->easy, o);
	if (code == CURLE_OK)
		code = set_tls(t->easy, o);
	if (code == CURLE_OUT_OF_MEMORY)
		return error_set(
			reterr, -ENOMEM, "no memory for a connection: lower the concurrency");
	if (code != CURLE_OK)
		return error_set(reterr, -ENOTSUP,
			"this libcurl (%s) lacks something that is needed (%s): install one with "
			"TLS, "
			"7.88 or later",
			curl_version_info(CURLVERSION_NOW)->version, curl_easy_strerror(code));
	return 0;
}
