/* net.h - HTTP: libcurl multi on a libuv loop. Nothing of Adobe in it.
 *
 * One thread: everything here is called on the loop's thread, and callbacks
 * come on it, never from within net_send(). A window of easy handles is made
 * once and reused; there is never a handle for a queued request. The policies
 * that this room owns, lazy interest and no silent resend, are told at the head
 * of poll.c and transfer.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "base/time.h"

struct net;
struct net_headers;
struct net_transfer;

struct net_options {
	uint32_t window; /* most requests in flight: that many easy handles */
	nsec_t connect_timeout;
	nsec_t timeout;      /* of a whole transfer; the watchdog comes a little later */
	nsec_t idle_max;     /* a kept connection older than this idle is not reused; 0: 55 s */
	const char *ca_file; /* NULL: the system's; all paths are copied */
	const char *client_cert;
	const char *client_key;
	const char *proxy; /* NULL: libcurl's own environment rules */
	bool allow_http;   /* plain http is possible at all (loopback, checked by the caller) */
	size_t body_max;   /* an answer over this is cut off; 0: 1 MiB */
};

/** How a transfer ended. */
enum net_end {
	NET_ANSWERED, /* status, headers, and a body to its end */
	NET_CUT_OFF,  /* a status came, the body not to its end, or over body_max */
	NET_DNS,
	NET_CONNECT,
	NET_TLS,         /* handshake, not a certificate */
	NET_CERTIFICATE, /* the server's certificate was refused */
	NET_LOCAL,       /* our certificate, key or CA file is unusable */
	NET_PROXY,       /* the proxy answered CONNECT with 407 or 403 */
	NET_TIMEOUT,
	NET_BROKEN,
	NET_VETO,      /* libcurl wanted to send the body a second time */
	NET_CANCELLED, /* net_cut() */
};

/** Borrowed, valid in the callback only. */
struct net_answer {
	enum net_end end;
	bool began;       /* it was handed to a connection, which was about to get its first
	                   * bytes; false: nothing of it has left */
	int status;       /* 0 when none came */
	const char *body; /* NUL-terminated, may hold NULs */
	size_t body_len;
	const char *retry_after; /* header values as they came, NULL when absent */
	const char *date;
	const char *request_id; /* x-request-id */
	const char *trouble;    /* libcurl's words when end is not NET_ANSWERED, else NULL */
	bool reused;            /* on a kept connection */
	const struct net_transfer *transfer; /* for net_answer_header() */
};

typedef void (*net_done_cb)(void *arg, const struct net_answer *a);

struct net_request {
	const char *method;          /* "POST", "GET", "PATCH", "DELETE"; a literal */
	const char *url;             /* copied */
	struct net_headers *headers; /* a reference is taken for the transfer */
	const char *body; /* NULL: none. Borrowed until the callback: the caller wipes it */
	size_t body_len;
	bool once;        /* never twice, though it has no body, which never is: NET_VETO */
	net_done_cb done; /* exactly once, from the loop */
	void *arg;
};

/** Initialise libcurl for the process, ignore SIGPIPE; once, before threads. */
int net_setup(struct error *reterr);
void net_teardown(void);

/**
 * Open on a loop. Options are copied.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int net_open(uv_loop_t *loop, const struct net_options *o, struct net **ret, struct error *reterr);

/**
 * Close: what is in flight is cancelled (callbacks with NET_CANCELLED come
 * before `closed`); `closed` comes when every handle has left the loop, and the
 * loop must run until then. Memory is freed just before `closed`.
 */
void net_close(struct net *n, void (*closed)(void *arg), void *arg);

/**
 * A header list that many requests share ("Name: value" lines, copied, wiped
 * at the end). Lines must be visible ASCII and blanks: CR or LF is -EINVAL.
 */
int net_headers_create(const char *const *lines, size_t count, struct net_headers **ret);
struct net_headers *net_headers_ref(struct net_headers *h);
void net_headers_unref(struct net_headers *h); /* fine on NULL */

/**
 * Start a request. The window must have room (the engine sees to that): a full
 * one asserts.
 *
 * @return the transfer, valid until its callback. Never fails: what goes wrong
 *         comes by the callback.
 */
struct net_transfer *net_send(struct net *n, const struct net_request *r);

/** Cut it: the callback comes with NET_CANCELLED from the loop, unless it has
 * ended already and its callback is on the way. */
void net_cut(struct net_transfer *t);

/**
 * Any header of the final answer, by its name without case.
 *
 * @param nth  of several lines of that name, from 0
 * @return its value without the blanks around it, valid in the callback only; NULL when there
 *         is none, or no final answer
 */
const char *net_answer_header(const struct net_answer *a, const char *name, size_t nth);

uint32_t net_in_flight(const struct net *n);
const char *net_end_name(enum net_end e);
