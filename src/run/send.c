/* send.c - SEND and CUT orders become requests. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"
#include "flow/tag.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

/* ------------------------------------------------------------------ headers */

struct lines {
	char *line[16];
	size_t count;
};

static int add_line(void *arg, const char *line)
{
	struct lines *l = arg;

	assert(l->count < ARRAY_SIZE(l->line));
	l->line[l->count] = strdup(line);
	return l->line[l->count++] ? 0 : -1;
}

static struct net_headers *make_headers(struct snowmelt *s, const char *sandbox, bool has_body)
{
	const struct snowmelt_options *o = &s->settings.o;
	struct net_headers *headers = NULL;
	struct lines l = {.count = 0};
	int r;

	r = flow_headers(
		o->org, o->api_key, s->tokens.newest->value, sandbox, has_body, NULL, add_line, &l);
	if (r == 0)
		r = net_headers_create((const char *const *)l.line, l.count, &headers);
	for (size_t i = 0; i < l.count; i++) {
		if (l.line[i])
			wipe(l.line[i], strlen(l.line[i]));
		free(l.line[i]);
	}
	assert(r == 0); /* each value was checked; only memory can fail, and then nothing helps */
	return headers;
}

static struct net_headers *headers_for(struct snowmelt *s, uint32_t sandbox, bool has_body)
{
	struct sandbox_headers *h = &s->sandboxes[sandbox];
	struct net_headers **cell = has_body ? &h->create : &h->read;

	if (!*cell)
		*cell = make_headers(s, input_sandbox(s->input, sandbox), has_body);
	return *cell;
}

void send_headers_drop(struct snowmelt *s)
{
	for (uint32_t i = 0; i < INPUT_SCOPES_MAX; i++) {
		net_headers_unref(s->sandboxes[i].create);
		net_headers_unref(s->sandboxes[i].read);
		s->sandboxes[i].create = s->sandboxes[i].read = NULL;
	}
}

/* ----------------------------------------------------------------- requests */

static struct exchange *exchange_take(struct snowmelt *s, uint32_t job, enum engine_request request)
{
	struct exchange *x = s->free_exchange;

	assert(x); /* the engine's window is never wider than the exchanges */
	s->free_exchange = x->next_free;
	x->job = job;
	x->request = request;
	return x;
}

static void on_done(void *arg, const struct net_answer *a)
{
	struct exchange *x = arg;
	struct snowmelt *s = x->run;

	s->slots[x->job].exchange = NULL;
	judge_answer(x, a);
	tokens_drop(s, x->token);
	x->token = NULL;
	buf_reset(&x->url);
	buf_reset(&x->body);
	buf_reset(&x->description);
	x->transfer = NULL;
	x->next_free = s->free_exchange;
	s->free_exchange = x;
}

static int tag(struct snowmelt *s, struct exchange *x, struct flow_connection *c)
{
	char key[17];
	int r;

	ledger_tag(s->ledger, s->slots[x->job].row.sandbox, c->name, key);
	r = flow_tag_append(&x->description, c->description, key);
	c->description = x->description.data;
	return r;
}

static void begin_create(struct snowmelt *s, struct exchange *x)
{
	struct slot *slot = &s->slots[x->job];
	struct flow_connection c = row_connection(&slot->row);
	int r = s->settings.o.tag ? tag(s, x, &c) : 0;

	if (r == 0)
		r = flow_create_body(&x->body, &c);
	x->sandbox = slot->row.sandbox_number;
	assert(r == 0); /* fields are bounded, and so is what they become */
	if (slot->record.started_ms == 0) {
		slot->record.started_ms = clock_wall_ms();
		slot->record.started_at = turn_now(s);
	}
}

static void trace(
	const struct snowmelt *s, const struct exchange *x, const char *method, const char *url)
{
	const struct slot *slot = &s->slots[x->job];
	const char *secrets[ROW_PARAMS_MAX];
	AUTO(buf_done) struct buf shown = {0};
	size_t n = 0;

	if (!log_wants(LOG_TRACE))
		return;
	buf_init(&shown, BODY_MAX);
	for (; n < slot->row.param_count; n++)
		secrets[n] = slot->row.params[n].value;
	if (x->body.len && redact(&shown, x->body.data, secrets, n) != 0)
		buf_append_str(&shown, "[a body that cannot be shown]");
	log_trace("job %u: %s %s %s", x->job, method, url, shown.data ? shown.data : "");
}

void send_order(struct snowmelt *s, const struct engine_action *a)
{
	struct exchange *x = exchange_take(s, a->job, a->send.request);
	bool create = a->send.request == REQUEST_CREATE;
	struct net_request q = {
		.method = create ? "POST" : "GET",
		.done = on_done,
		.arg = x,
	};

	if (create) {
		begin_create(s, x);
		q.url = s->create_url.data;
		q.body = x->body.data;
		q.body_len = x->body.len;
	} else if (a->send.request == REQUEST_INVENTORY) {
		inventory_send(s, x, a);
		q.url = x->url.data;
	} else {
		look_begin(s, x, a);
		q.url = x->url.data;
	}
	x->token = tokens_carry(s, a->send.generation);
	q.headers = headers_for(s, x->sandbox, create);
	trace(s, x, q.method, q.url);
	s->slots[a->job].exchange = x;
	x->transfer = net_send(s->net, &q);
}

void send_cut(struct snowmelt *s, uint32_t job)
{
	struct exchange *x;

	if (job == ENGINE_NO_JOB) {
		tokens_cut(s);
		return;
	}
	x = s->slots[job].exchange;
	if (x)
		net_cut(x->transfer);
}
