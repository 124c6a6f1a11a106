/* bench_send.c - the requests of a load: taken, sent, given back. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "run/bench.h"

/* What log and messages leave out; a shorter key is no secret worth their holes. */
#define API_KEY_HIDDEN 6

struct bench_exchange *bench_take(struct bench *b)
{
	struct bench_exchange *x = b->free;

	assert(x);
	b->free = x->next_free;
	b->in_flight++;
	return x;
}

static struct net_headers *make_headers(struct snowmelt *s, bool has_body)
{
	const struct snowmelt_options *o = &s->settings.o;
	struct send_lines l = {.count = 0};
	int r = flow_headers(o->org, o->api_key, s->tokens.newest->value, o->sandbox, has_body,
		NULL, send_line_add, &l);

	return send_lines_take(&l, r);
}

void bench_drop_headers(struct bench *b)
{
	net_headers_unref(b->create_headers);
	net_headers_unref(b->read_headers);
	b->create_headers = b->read_headers = NULL;
}

void bench_send(struct bench_exchange *x, struct net_request *q, bool has_body)
{
	struct bench *b = x->bench;
	struct net_headers **headers = has_body ? &b->create_headers : &b->read_headers;

	if (!*headers)
		*headers = make_headers(b->run, has_body);
	q->headers = *headers;
	x->token = tokens_carry(b->run, b->run->tokens.generation);
	x->transfer = net_send(b->run->net, q);
}

void bench_settle(struct bench_exchange *x)
{
	x->transfer = NULL;
	tokens_drop(x->bench->run, x->token);
	buf_reset(&x->url);
	buf_reset(&x->body);
}

void bench_give(struct bench_exchange *x)
{
	struct bench *b = x->bench;

	if (x->transfer)
		bench_settle(x);
	b->in_flight--;
	x->next_free = b->free;
	b->free = x;
}

void bench_name(const struct bench *b, uint32_t number, char dst[BENCH_NAME_MAX])
{
	AUTO(buf_done) struct buf name = {0};
	int r;

	buf_init(&name, BENCH_NAME_MAX - 1);
	r = buf_printf(&name, "%s %s %" PRIu32, b->run->settings.o.prefix, b->run_id, number + 1);
	assert(r == 0); /* the prefix was checked */
	str_copy(dst, BENCH_NAME_MAX, name.data);
}

struct flow_reply bench_reply(
	const struct bench *b, const struct net_answer *a, const char *secrets[BENCH_SECRETS_MAX])
{
	const char *api_key = b->run->settings.o.api_key;
	struct flow_reply r = judge_reply(a);

	r.secrets = secrets;
	r.secret_count = tokens_secrets(b->run, secrets);
	secrets[r.secret_count++] = b->password;
	if (strlen(api_key) >= API_KEY_HIDDEN)
		secrets[r.secret_count++] = api_key;
	return r;
}
