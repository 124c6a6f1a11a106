/* server.h - the loop: listening socket, clients, timers, signals. One thread. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "flowmock/http.h"
#include "flowmock/service.h"

struct server {
	struct service *service;
	struct http http;
	int epoll;
	int timer_fd;
	int signal_fd;
	int listen_fd; /* -1 while it refuses */
	uint16_t port;
	nsec_t armed_for; /* what timer_fd waits for */
	int listening;    /* 0, or why the socket could not be opened again */
	bool stop;
	bool outage_set;
	struct timer outage_start, outage_end; /* of --out-how refuse */
};

/** Listen. SIGTERM and SIGINT are the loop's from here on. */
int server_open(struct server *s, struct service *service, struct error *reterr);
/** Serve until a signal comes: 0, or a negative errno with the sentence in reterr. */
int server_run(struct server *s, struct error *reterr);
void server_close(struct server *s);
