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

int send_line_add(void *arg, const char *line)
{
	struct send_lines *l = arg;

	assert(l->count < ARRAY_SIZE(l->line));
	l->line[l->count] = strdup(line);
	return l->line[l->count++] ? 0 : -1;
}

struct net_headers *send_lines_take(struct send_lines *l, int r)
{
	struct net_headers *headers = NULL;

	if (r == 0)
		r = net_headers_create((const char *const *)l->line, l->count, &headers);
	for (size_t i = 0; i < l->count; i++) {
		if (l->line[i])
			wipe(l->line[i], strlen(l->line[i]));
		free(l->line[i]);
	}
	assert(r == 0); /* each value was checked; only memory can fail, and then nothing helps */
	return headers;
}

static struct net_headers *make_headers(
	struct snowmelt *s, const char *sandbox, bool has_body, const char *if_match)
{
	const struct snowmelt_options *o = &s->settings.o;
	struct send_lines l = {.count = 0};
	int r = flow_headers(o->org, o->api_key, s->tokens.newest->value, sandbox, has_body,
		if_match, send_line_add, &l);

	return send_lines_take(&l, r);
}

static struct net_headers *headers_for(struct snowmelt *s, uint32_t sandbox, bool has_body)
{
	struct sandbox_headers *h = &s->sandboxes[sandbox];
	struct net_headers **cell = has_body ? &h->create : &h->read;

	if (!*cell)
		*cell = make_headers(s, input_sandbox(s->input, sandbox), has_body, NULL);
	return *cell;
}

void send_headers_drop(struct snowmelt *s)
{
	for (uint32_t i = 0; s->sandboxes && i < INPUT_SCOPES_MAX; i++) {
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
	if (s->purpose->answered)
		s->purpose->answered(x, a);
	else
		judge_answer(x, a);
	if (x->token)
		tokens_drop(s, x->token);
	x->token = NULL;
	buf_reset(&x->url);
	buf_reset(&x->body);
	buf_reset(&x->description);
	x->transfer = NULL;
	x->next_free = s->free_exchange;
	s->free_exchange = x;
}

int send_desired(struct snowmelt *s, struct exchange *x, struct flow_connection *ret)
{
	const struct slot *slot = &s->slots[x->job];
	char key[17];
	int r;

	*ret = row_connection(&slot->row);
	if (!s->settings.o.tag)
		return 0;
	ledger_tag(s->ledger, slot->row.sandbox, slot->row.name, key);
	r = flow_tag_append(&x->description, ret->description, key);
	ret->description = x->description.data;
	return r;
}

static void begin_create(struct snowmelt *s, struct exchange *x)
{
	struct slot *slot = &s->slots[x->job];
	struct flow_connection c;
	int r = send_desired(s, x, &c);

	if (r == 0)
		r = flow_create_body(&x->body, &c);
	x->sandbox = slot->row.sandbox_number;
	assert(r == 0); /* fields are bounded, and so is what they become */
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

/* Without an etag that is known there is one that fits nothing, so that it is read first. */
static const char *guard_of(const struct slot *slot)
{
	return slot->record.etag[0] ? slot->record.etag : "\"\"";
}

/* @return a reference of the caller's: of a list that many share, but for an update's */
static struct net_headers *take_headers(struct snowmelt *s, const struct exchange *x)
{
	const char *sandbox = input_sandbox(s->input, x->sandbox);

	if (x->request == REQUEST_UPDATE)
		return make_headers(s, sandbox, true, guard_of(&s->slots[x->job]));
	return net_headers_ref(headers_for(s, x->sandbox, x->request == REQUEST_CREATE));
}

static const char *method_of(enum engine_request request)
{
	switch (request) {
	case REQUEST_CREATE: return "POST";
	case REQUEST_UPDATE: return "PATCH";
	case REQUEST_DELETE: return "DELETE";
	case REQUEST_LOOKUP:
	case REQUEST_LIST:
	case REQUEST_INVENTORY:
	case REQUEST_TEST:
	case REQUEST_READ:
	default: return "GET";
	}
}

static void note_start(struct snowmelt *s, struct slot *slot)
{
	if (slot->record.started_ms != 0)
		return;
	slot->record.started_ms = clock_wall_ms();
	slot->record.started_at = turn_now(s);
}

static void begin(struct snowmelt *s, struct exchange *x, const struct engine_action *a)
{
	switch (x->request) {
	case REQUEST_CREATE:
		begin_create(s, x);
		note_start(s, &s->slots[x->job]);
		break;
	case REQUEST_UPDATE:
	case REQUEST_TEST:
	case REQUEST_DELETE:
		byid_begin(s, x, a);
		note_start(s, &s->slots[x->job]);
		break;
	case REQUEST_READ: byid_begin(s, x, a); break;
	case REQUEST_INVENTORY: inventory_send(s, x, a); break;
	case REQUEST_LOOKUP:
	case REQUEST_LIST:
	default: look_begin(s, x, a);
	}
}

/* Of the Flow Service. */
static void ask(struct snowmelt *s, struct exchange *x, const struct engine_action *a,
	struct net_request *ret)
{
	begin(s, x, a);
	ret->url = x->request == REQUEST_CREATE ? s->create_url.data : x->url.data;
	ret->body = x->body.len ? x->body.data : NULL;
	ret->body_len = x->body.len;
	x->token = tokens_carry(s, a->send.generation);
	ret->headers = take_headers(s, x);
}

void send_order(struct snowmelt *s, const struct engine_action *a)
{
	struct exchange *x = exchange_take(s, a->job, a->send.request);
	struct net_request q = {.method = method_of(x->request), .done = on_done, .arg = x};

	if (s->purpose->ask)
		s->purpose->ask(s, x, &q);
	else
		ask(s, x, a, &q);
	trace(s, x, q.method, q.url);
	s->slots[a->job].exchange = x;
	x->transfer = net_send(s->net, &q);
	net_headers_unref(q.headers);
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
