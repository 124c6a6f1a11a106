/* http.h - requests on libmicrohttpd: their way from arrival to answer.
 *
 * A request that has to wait is suspended, which costs a timer and no thread,
 * so thousands wait at the same time. That its client goes meanwhile is not
 * noticed: it is carried out all the same, as a real server would.
 */
#pragma once

#include "base/error.h"
#include "flowmock/request.h"
#include "flowmock/tls.h"

struct MHD_Daemon;

struct http {
	struct service *service;
	struct MHD_Daemon *daemon;
	struct tls tls;
	int epoll; /* the caller's; its events for clients carry a struct client */
	struct request *suspended;
	struct request *spare;
	bool closing; /* nothing is begun any more */
};

/** 0 or a negative errno with the sentence in reterr. */
int http_open(struct http *h, struct service *s, int epoll, struct error *reterr);
/** Drops what is suspended, without an answer and without carrying it out. */
void http_close(struct http *h);

/** Take over a connected socket. */
void http_add(struct http *h, int fd);
/** Let libmicrohttpd do what there is to do. True: it wants more at once. */
bool http_run(struct http *h);
/** The descriptor that wakes it. */
int http_epoll(const struct http *h);
/** End a suspended request without an answer. */
void http_let_go(struct request *r);
