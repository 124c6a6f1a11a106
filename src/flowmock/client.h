/* client.h - one connected socket, looked at beside libmicrohttpd.
 *
 * libmicrohttpd does not look at the socket of a suspended request, and where a
 * client's last bytes and its end come together it does not look again before
 * something else happens (0.9.75). The first is wanted, but for a stalled
 * request; the second would leave half a request of a killed client in flight
 * for ever. So each socket is watched for its peer's end: a stalled request is
 * let go, and libmicrohttpd is nudged until it has looked.
 */
#pragma once

#include <stdbool.h>

#include "flowmock/timers.h"

struct http;
struct request;

struct client {
	struct http *http;
	int fd;
	bool gone;               /* its end was seen */
	struct request *stalled; /* waits for that, or NULL */
	struct timer nudge;
	nsec_t nudge_wait; /* until the next one */
};

struct client *client_create(struct http *h, int fd);
void client_destroy(struct client *c);

/** Hold a request until the client goes. False: it has gone already. */
bool client_stall(struct client *c, struct request *r);

/** The epoll event of this client came. */
void client_went(struct client *c);
