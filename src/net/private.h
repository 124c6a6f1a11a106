/* private.h - what the files of this room share.
 *
 * net.c opens, closes and owns the multi; easy.c sets what never changes;
 * poll.c tells libuv what libcurl wants of sockets; transfer.c is one request;
 * answer.c catches what comes back; end.c names how it ended; watchdog.c ends
 * what libcurl forgot; headers.c is what many requests share.
 */
#pragma once

#include <curl/curl.h>
#include <uv.h>

#include "base/buf.h"
#include "net/list.h"
#include "net/net.h"

#define NET_IDLE_MAX (55 * SEC)        /* below the 60 s that gateways commonly keep a connection */
#define NET_BODY_MAX ((size_t)1 << 20) /* of an answer */
#define NET_HEADERS_MAX ((size_t)64 << 10) /* all header lines of an answer, 1xx included */
#define NET_BODY_KEPT                                                                              \
	((size_t)64 << 10) /* a handle keeps a buffer up to this for its next answer */
#define NET_VALUE_SIZE 256 /* of a header value; a longer one counts as absent */

enum transfer_state {
	TRANSFER_IDLE,
	TRANSFER_RUNNING, /* in the multi, and under the watchdog */
	TRANSFER_ENDED,   /* out of the multi; its callback is on the way or under way */
};

/** What has come back so far. */
struct catch
{
	struct buf body;
	size_t header_bytes;
	bool in_headers; /* between a status line and its blank line */
	int status;      /* of a final answer, else 0 */
	char retry_after[NET_VALUE_SIZE];
	char date[NET_VALUE_SIZE];
	char request_id[NET_VALUE_SIZE];
	const char *refusal; /* why we refused to take more, or NULL */
};

struct net_transfer {
	struct list link; /* in idle, running or ended of the net */
	struct net *net;
	CURL *easy;
	enum transfer_state state;

	/* What the easy handle is set to, so that only differences are set. */
	char *url;
	CURLU *parsed; /* which spares libcurl to parse and print it for every request */
	const char *method;
	bool has_body;

	/* The request under way. */
	struct net_headers *headers;
	const char *body;
	bool once;
	net_done_cb done;
	void *arg;
	uint64_t deadline_ms; /* of the watchdog, on the loop's clock */

	/* How far it came. */
	bool handed; /* to a connection, which is about to get the first bytes */
	bool vetoed;
	struct catch catch;
	char trouble[CURL_ERROR_SIZE];
	struct net_answer answer; /* once ENDED */
};

struct net {
	uv_loop_t *loop;
	CURLM *multi;
	uint32_t window;
	uint64_t watchdog_ms;
	size_t handles; /* that the loop still knows */

	uv_timer_t timer;    /* libcurl's one time-out */
	uv_timer_t watchdog; /* active while anything runs */
	uv_idle_t wake;      /* active while callbacks wait, or a close */
	uv_prepare_t turn;   /* before the loop polls: interest is applied */

	struct net_transfer
		*transfers; /* window + 1: the one whose callback runs is not taken anew */
	struct list idle, running, ended;
	uint32_t in_flight;

	/* poll.c: sockets by descriptor, those whose interest changed, spare ones. */
	struct net_socket **sockets;
	size_t sockets_len;
	struct list dirty, spare;

	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* net.c */

/** Let libcurl act on an event, then deliver what ended by it. */
void net_act(struct net *n, curl_socket_t fd, int events);

/** Have net_deliver() called from the loop, though nothing else happens. */
void net_wake(struct net *n);

/** For uv_close() of any handle of this net; its `data` is the net. */
void net_handle_left(struct net *n);

/* easy.c */

/** Set on a fresh easy handle all that no request changes. */
int net_easy_setup(struct net_transfer *t, const struct net_options *o, struct error *reterr);

/* poll.c */

void net_poll_init(struct net *n);
void net_poll_detach(struct net *n); /* what libcurl left behind after its cleanup */
void net_poll_done(struct net *n);
curl_socket_t net_socket_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *address);
int net_socket_close(void *net, curl_socket_t fd);

/* transfer.c */

int net_transfer_init(
	struct net_transfer *t, struct net *n, const struct net_options *o, struct error *reterr);
void net_transfer_done(struct net_transfer *t);

/** End it on our side; the callback is then on the way by net_deliver(). */
void net_transfer_stop(struct net_transfer *t, CURLcode code, bool cancelled);

/** Take from libcurl what has ended. */
void net_collect(struct net *n);

/** Call the callbacks of what had ended by now; from the loop only. */
void net_deliver(struct net *n);

/** Is it about to start over with a body that was handed out already? Remembered if so. */
bool net_veto(struct net_transfer *t);

int net_before_request(void *transfer, char *ip, char *local_ip, int port, int local_port);

/* answer.c */

void net_catch_reset(struct catch *c);
size_t net_catch_header(char *line, size_t size, size_t count, void *catch);
size_t net_catch_body(char *data, size_t size, size_t count, void *catch);

/* end.c */

struct net_facts {
	CURLcode code;
	int status;         /* of a final answer, else 0 */
	int connect_status; /* a proxy's to CONNECT, else 0 */
	bool began;
	bool vetoed;
};

enum net_end net_end_of(const struct net_facts *f);

/* watchdog.c */

void net_watch(struct net *n, struct net_transfer *t); /* it has just begun to run */
void net_unwatch(struct net *n);                       /* a transfer left `running` */

/* headers.c */

struct curl_slist *net_headers_lines(struct net_headers *h);
