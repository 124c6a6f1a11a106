/* transfer.c - one request: sent, ended, told; and never sent a second time.
 *
 * When a kept connection dies before the first byte of the answer, libcurl
 * sends the request again on another one, and tells nobody. For a create that
 * is a second create: the server may have executed the first and lost only the
 * answer. There is no option against it, so every second beginning is refused:
 *
 * - libcurl asks before each request that it sends on a connection
 *   (net_before_request): yes the first time, no from then on.
 * - It makes the new connection first, which may take as long as a connect may
 *   take; so a transfer that was handed to a connection gets no other socket
 *   (net_socket_open).
 *
 * Both are NET_VETO. A request without a body (GET, DELETE) may be sent again, unless
 * the caller says `once`: a login that is sent twice may count as two wrong ones.
 * "Began" follows from the same question: what was never handed to a connection
 * has not left, whatever libcurl's code says.
 *
 * Tried before: the body by a read callback that cannot seek back, for which
 * libcurl gives up with CURLE_SEND_FAIL_REWIND. It takes a second send() for each
 * request, since libcurl then sends head and body apart, and it is no help where
 * none of the body has left yet.
 *
 * A transfer is out of libcurl before its callback comes, and all that ended in
 * a turn are taken out before the first callback is called. So a callback may
 * send and cut as it likes, and what net_cut() finds running has not ended.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "net/private.h"

bool net_veto(struct net_transfer *t)
{
	if (t->handed && (t->body || t->once))
		t->vetoed = true;
	return t->vetoed;
}

int net_before_request(void *transfer, char *ip, char *local_ip, int port, int local_port)
{
	struct net_transfer *t = transfer;

	if (net_veto(t))
		return CURL_PREREQFUNC_ABORT;
	t->handed = true;
	return CURL_PREREQFUNC_OK;
}

int net_transfer_init(
	struct net_transfer *t, struct net *n, const struct net_options *o, struct error *reterr)
{
	list_init(&t->link);
	t->net = n;
	buf_init_secret(&t->catch.body, o->body_max ? o->body_max : NET_BODY_MAX);
	t->easy = curl_easy_init();
	t->parsed = curl_url();
	if (!t->easy || !t->parsed)
		return error_set(
			reterr, -ENOMEM, "no memory for a connection: lower the concurrency");
	list_push(&n->idle, &t->link);
	return net_easy_setup(t, o, reterr);
}

void net_transfer_done(struct net_transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_url_cleanup(t->parsed);
	buf_done(&t->catch.body);
	free(t->url);
}

static CURLcode set_url(struct net_transfer *t, const char *url)
{
	CURLcode code;

	if (t->url && !strcmp(t->url, url))
		return CURLE_OK;
	free(t->url);
	t->url = NULL;
	if (curl_url_set(t->parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER))
		return CURLE_URL_MALFORMAT;
	code = curl_easy_setopt(t->easy, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(t->easy, CURLOPT_CURLU, t->parsed);
	/* What is not encrypted stays on this machine: a proxy of http_proxy or
	 * --proxy, which is elsewhere, would read the token. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(
			t->easy, CURLOPT_NOPROXY, strncasecmp(url, "https:", 6) ? "*" : NULL);
	if (code != CURLE_OK)
		return code;
	t->url = strdup(url);
	return t->url ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static CURLcode set_method(struct net_transfer *t, const char *method, bool has_body)
{
	const char *usual = has_body ? "POST" : "GET";
	CURLcode code;

	if (t->method && !strcmp(t->method, method) && t->has_body == has_body)
		return CURLE_OK;
	t->method = NULL;
	code = curl_easy_setopt(t->easy, has_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(
			t->easy, CURLOPT_CUSTOMREQUEST, strcmp(method, usual) ? method : NULL);
	if (code != CURLE_OK)
		return code;
	t->method = method;
	t->has_body = has_body;
	return CURLE_OK;
}

static CURLcode set_request(struct net_transfer *t, const struct net_request *r)
{
	CURLcode code = set_url(t, r->url);

	if (code == CURLE_OK)
		code = set_method(t, r->method, r->body != NULL);
	if (code == CURLE_OK && r->headers)
		code = curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, net_headers_lines(r->headers));
	if (code == CURLE_OK && r->body)
		code = curl_easy_setopt(
			t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
	if (code == CURLE_OK && r->body)
		code = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body);
	return code;
}

static void begin(struct net_transfer *t, const struct net_request *r)
{
	t->state = TRANSFER_RUNNING;
	t->headers = r->headers ? net_headers_ref(r->headers) : NULL;
	t->body = r->body;
	t->once = r->once;
	t->done = r->done;
	t->arg = r->arg;
	t->handed = t->vetoed = false;
	t->trouble[0] = '\0';
	t->net->in_flight++;
	net_watch(t->net, t);
}

struct net_transfer *net_send(struct net *n, const struct net_request *r)
{
	struct net_transfer *t;
	struct list *node;
	CURLcode code;

	assert(!n->closing && n->in_flight < n->window);
	/* The veto hangs on a body. */
	assert(r->body ? r->body_len > 0
		       : !strcmp(r->method, "GET") || !strcmp(r->method, "DELETE"));

	node = list_take(&n->idle);
	assert(node);
	t = LIST_ENTRY(node, struct net_transfer, link);
	begin(t, r);
	code = set_request(t, r);
	if (code == CURLE_OK && curl_multi_add_handle(n->multi, t->easy) != CURLM_OK)
		code = CURLE_OUT_OF_MEMORY;
	if (code != CURLE_OK) {
		net_transfer_stop(t, code, false);
		net_wake(n);
	}
	return t;
}

void net_cut(struct net_transfer *t)
{
	assert(t->state != TRANSFER_IDLE);
	if (t->state == TRANSFER_ENDED)
		return;
	net_transfer_stop(t, CURLE_OK, true);
	net_wake(t->net);
}

static const char *present(const char *value)
{
	return value[0] ? value : NULL;
}

static const char *words(const struct net_transfer *t, CURLcode code, bool cancelled)
{
	if (cancelled)
		return "cut off by us";
	if (t->vetoed)
		return "the connection was lost, and a second sending was refused";
	if (t->catch.refusal)
		return t->catch.refusal;
	return t->trouble[0] ? t->trouble : curl_easy_strerror(code);
}

static void conclude(struct net_transfer *t, CURLcode code, bool cancelled)
{
	const struct catch *c = &t->catch;
	struct net_facts f = {.code = code, .status = c->status, .vetoed = t->vetoed};
	long connect_status = 0, connections = 0;

	curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
	f.connect_status = (int)connect_status;
	f.began = t->handed;

	t->answer = (struct net_answer){
		.end = cancelled ? NET_CANCELLED : net_end_of(&f),
		.began = f.began,
		.status = c->status,
		.body = c->body.len ? c->body.data : "",
		.body_len = c->body.len,
		.retry_after = present(c->retry_after),
		.date = present(c->date),
		.request_id = present(c->request_id),
		.reused = t->handed && connections == 0,
		.transfer = t,
	};
	if (t->answer.end != NET_ANSWERED)
		t->answer.trouble = words(t, code, cancelled);
}

void net_transfer_stop(struct net_transfer *t, CURLcode code, bool cancelled)
{
	struct net *n = t->net;

	assert(t->state == TRANSFER_RUNNING);
	conclude(t, code, cancelled);
	curl_multi_remove_handle(n->multi, t->easy);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
	net_headers_unref(t->headers);
	t->headers = NULL;
	t->body = NULL;
	t->state = TRANSFER_ENDED;
	list_remove(&t->link);
	list_push(&n->ended, &t->link);
	net_unwatch(n);
}

void net_collect(struct net *n)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(n->multi, &left))) {
		struct net_transfer *t = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		net_transfer_stop(t, code, false);
	}
}

void net_deliver(struct net *n)
{
	struct list now, *node;

	/* What a callback cuts waits for the next turn: so no turn is endless. */
	list_move(&now, &n->ended);
	while ((node = list_take(&now))) {
		struct net_transfer *t = LIST_ENTRY(node, struct net_transfer, link);

		n->in_flight--;
		t->done(t->arg, &t->answer);
		net_catch_reset(&t->catch); /* answers may echo secrets */
		t->state = TRANSFER_IDLE;
		list_push_first(&n->idle, &t->link);
	}
}
