/* poll.c - lazy interest: what libcurl wants of its sockets, told to libuv.
 *
 * When a transfer on a kept connection ends, libcurl takes its socket out of
 * the poll set, and puts it back for the next one, mostly within the same turn
 * of the loop. To libuv each change is two epoll_ctl() (uv_poll_start() stops
 * first), which adds up to six a request and more CPU than all else. So for a
 * socket of our own making the callback only notes the wish, and once a turn,
 * just before the loop polls, the difference to what libuv has is applied. That
 * libcurl wants nothing any more is no difference: the next transfer will want the
 * same, and until then a kept connection is silent. Should something come of it all
 * the same (mostly its end), libuv is told then. So mostly nothing is told at all.
 *
 * That is safe because such a socket cannot vanish: it is closed by
 * net_socket_close(), which takes it from libuv first. Any other descriptor,
 * such as the pair by which libcurl's resolver thread calls back, is closed by
 * libcurl itself, and its number comes back at once as another socket. Those
 * are applied, and removed, inside the callback.
 *
 * A uv_poll_t belongs to one descriptor and closes asynchronously; when it has
 * left the loop its memory goes to the spare ones. None keeps the loop alive: the
 * watchdog does, while anything runs.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/private.h"

struct net_socket {
	uv_poll_t poll;
	struct list link; /* in dirty or spare of the net */
	struct net *net;
	curl_socket_t fd;
	bool ours;
	bool known; /* poll is initialised */
	int wanted; /* by libcurl: UV_READABLE, UV_WRITABLE */
	int has;    /* libuv */
};

#define SOCKETS_START 64 /* a process has a few descriptors before the first of ours */

static struct net_socket *find(const struct net *n, curl_socket_t fd)
{
	return (size_t)fd < n->sockets_len ? n->sockets[fd] : NULL;
}

static bool make_room(struct net *n, curl_socket_t fd)
{
	size_t len = n->sockets_len ? n->sockets_len : SOCKETS_START;
	struct net_socket **longer;

	if ((size_t)fd < n->sockets_len)
		return true;
	while (len <= (size_t)fd)
		len *= 2;
	longer = realloc(n->sockets, len * sizeof(struct net_socket *));
	if (!longer)
		return false;
	for (size_t i = n->sockets_len; i < len; i++)
		longer[i] = NULL;
	n->sockets = longer;
	n->sockets_len = len;
	return true;
}

static struct net_socket *add(struct net *n, curl_socket_t fd, bool ours)
{
	struct list *spare;
	struct net_socket *s;

	if (!make_room(n, fd))
		return NULL;
	spare = list_take(&n->spare);
	s = spare ? LIST_ENTRY(spare, struct net_socket, link) : malloc(sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct net_socket){.net = n, .fd = fd, .ours = ours};
	list_init(&s->link);
	n->sockets[fd] = s;
	return s;
}

static void on_poll_left(uv_handle_t *handle)
{
	struct net_socket *s = handle->data;

	list_push_first(&s->net->spare, &s->link);
	net_handle_left(s->net);
}

/* Take it from libuv; the descriptor may be closed afterwards. */
static void forget(struct net_socket *s)
{
	s->net->sockets[s->fd] = NULL;
	list_remove(&s->link);
	if (s->known)
		uv_close((uv_handle_t *)&s->poll, on_poll_left);
	else
		list_push_first(&s->net->spare, &s->link);
}

static void mark(struct net_socket *s)
{
	if (list_empty(&s->link))
		list_push(&s->net->dirty, &s->link);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct net_socket *s = poll->data;
	int flags = 0;

	if (status < 0) {
		/* libuv has stopped it, and so would not tell again. */
		s->has = 0;
		mark(s);
		flags = s->wanted ? CURL_CSELECT_ERR : 0;
	} else {
		/* What libcurl does not wait for, or not any more, is stopped before the
		 * loop polls again. */
		if ((events & s->wanted) != events)
			mark(s);
		if (events & s->wanted & UV_READABLE)
			flags |= CURL_CSELECT_IN;
		if (events & s->wanted & UV_WRITABLE)
			flags |= CURL_CSELECT_OUT;
	}
	if (flags)
		net_act(s->net, s->fd, flags);
}

static int apply(struct net_socket *s)
{
	int r;

	if (s->wanted == s->has)
		return 0;
	if (!s->known) {
		r = uv_poll_init(s->net->loop, &s->poll, s->fd);
		if (r < 0)
			return r;
		s->poll.data = s;
		s->known = true;
		uv_unref((uv_handle_t *)&s->poll);
		s->net->handles++;
	}
	r = s->wanted ? uv_poll_start(&s->poll, s->wanted, on_ready) : uv_poll_stop(&s->poll);
	s->has = r < 0 ? 0 : s->wanted;
	return r;
}

static void on_turn(uv_prepare_t *prepare)
{
	struct net *n = prepare->data;
	struct list dirty, *node;

	list_move(&dirty, &n->dirty);
	while ((node = list_take(&dirty))) {
		struct net_socket *s = LIST_ENTRY(node, struct net_socket, link);

		/* The kernel would not watch it (out of memory, or of watches). */
		if (apply(s) >= 0)
			continue;
		net_act(n, s->fd, CURL_CSELECT_ERR);
		net_wake(n); /* callers have had their turn: the loop must not wait now */
	}
}

static int on_wish(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct net *n = arg;
	struct net_socket *s = find(n, fd);

	if (!s && what != CURL_POLL_REMOVE)
		s = add(n, fd, false);
	if (!s)
		return 0; /* without memory the transfer ends by its time-out */

	s->wanted = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		s->wanted |= UV_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		s->wanted |= UV_WRITABLE;

	if (!s->ours) {
		if (what == CURL_POLL_REMOVE)
			forget(s);
		else
			apply(s); /* libcurl asks a resolver's pair from time to time anyway */
	} else if (s->wanted != s->has && s->wanted != 0) {
		mark(s);
	}
	return 0;
}

curl_socket_t net_socket_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct net_transfer *t = transfer;
	struct net *n = t->net;
	struct net_socket *stale;
	int fd;

	if (net_veto(t))
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	/* Under this number libcurl has closed one without a word. */
	stale = find(n, fd);
	if (stale)
		forget(stale);
	if (!add(n, fd, true)) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	return fd;
}

int net_socket_close(void *net, curl_socket_t fd)
{
	struct net_socket *s = find(net, fd);

	if (s)
		forget(s);
	return close(fd);
}

void net_poll_init(struct net *n)
{
	list_init(&n->dirty);
	list_init(&n->spare);
	curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, on_wish);
	curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n);
	uv_prepare_init(n->loop, &n->turn);
	n->turn.data = n;
	uv_prepare_start(&n->turn, on_turn);
	uv_unref((uv_handle_t *)&n->turn); /* it has nothing to do of its own accord */
}

void net_poll_detach(struct net *n)
{
	for (size_t fd = 0; fd < n->sockets_len; fd++)
		if (n->sockets[fd])
			forget(n->sockets[fd]);
}

void net_poll_done(struct net *n)
{
	struct list *node;

	while ((node = list_take(&n->spare)))
		free(LIST_ENTRY(node, struct net_socket, link));
	free(n->sockets);
	n->sockets = NULL;
}
