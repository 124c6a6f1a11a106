/* judge.c - answers become facts: flow says what they mean, in its words and in
 * the engine's. The only place that knows the enums of both. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

static enum flow_transport transport_of(enum net_end end)
{
	switch (end) {
	case NET_ANSWERED: return FLOW_T_ANSWERED;
	case NET_CUT_OFF: return FLOW_T_CUT_OFF;
	case NET_DNS: return FLOW_T_DNS;
	case NET_CONNECT: return FLOW_T_CONNECT;
	case NET_TLS: return FLOW_T_TLS;
	case NET_CERTIFICATE: return FLOW_T_CERTIFICATE;
	case NET_LOCAL: return FLOW_T_LOCAL;
	case NET_PROXY: return FLOW_T_PROXY;
	case NET_TIMEOUT: return FLOW_T_TIMEOUT;
	case NET_BROKEN: return FLOW_T_BROKEN;
	case NET_VETO: return FLOW_T_VETO;
	case NET_CANCELLED: return FLOW_T_CANCELLED;
	}
	assert(!"no such end");
	return FLOW_T_BROKEN;
}

static enum engine_answer answer_of(enum flow_class class)
{
	switch (class) {
	case FLOW_CREATED: return ANSWER_CREATED;
	case FLOW_DOUBTFUL: return ANSWER_DOUBTFUL;
	case FLOW_NOT_SENT: return ANSWER_NOT_SENT;
	case FLOW_BROKEN: return ANSWER_BROKEN;
	case FLOW_TIMED_OUT: return ANSWER_TIMEOUT;
	case FLOW_THROTTLED: return ANSWER_THROTTLED;
	case FLOW_THROTTLED_DOUBTFUL: return ANSWER_THROTTLED_DOUBTFUL;
	case FLOW_OVERLOAD: return ANSWER_OVERLOAD;
	case FLOW_OVERLOAD_TIMEOUT: return ANSWER_OVERLOAD_TIMEOUT;
	case FLOW_CLASH: return ANSWER_CLASH;
	case FLOW_TOKEN: return ANSWER_TOKEN;
	case FLOW_FATAL: return ANSWER_FATAL;
	case FLOW_FATAL_SANDBOX: return ANSWER_FATAL_SANDBOX;
	case FLOW_REJECTED: return ANSWER_REJECTED;
	case FLOW_UPDATED: return ANSWER_UPDATED;
	case FLOW_STALE: return ANSWER_STALE;
	case FLOW_PASSED:
	case FLOW_EXPLORED: return ANSWER_PASSED;
	case FLOW_FAILED: return ANSWER_FAILED;
	case FLOW_DELETED: return ANSWER_DELETED;
	case FLOW_GONE: return ANSWER_GONE;
	case FLOW_IN_USE: return ANSWER_IN_USE;
	case FLOW_PAGE: break; /* judged by what the page says */
	}
	assert(!"a page is no answer");
	return ANSWER_DOUBTFUL;
}

/* ------------------------------------------------------------------ answers */

/* What the line of the row will say: of lookups and pages nothing, for they decide by what
 * they find. */
static bool is_of_row(const struct exchange *x)
{
	return x->request == REQUEST_CREATE || x->request == REQUEST_UPDATE ||
	       x->request == REQUEST_TEST || x->request == REQUEST_DELETE;
}

static bool is_told(const struct exchange *x, const struct flow_verdict *v)
{
	return is_of_row(x) || (x->request == REQUEST_READ && v->class == FLOW_GONE);
}

static void remember(struct slot *slot, const struct flow_verdict *v, int status)
{
	struct record *rec = &slot->record;

	if (v != &rec->answer)
		rec->answer = *v;
	rec->http_status = status;
	if (v->class == FLOW_CREATED)
		str_copy(rec->id, sizeof(rec->id), v->id);
	if (v->class == FLOW_CREATED || v->class == FLOW_UPDATED)
		str_copy(rec->etag, sizeof(rec->etag), v->etag);
	rec->passed |= v->class == FLOW_PASSED;
	if (v->class == FLOW_EXPLORED) {
		rec->explored = true;
		rec->tables = v->tables;
	}
}

static void remember_sandbox(struct snowmelt *s, uint32_t sandbox, const struct flow_verdict *v)
{
	struct sandbox_headers *h = &s->sandboxes[sandbox];

	str_copy(h->refusal_code, sizeof(h->refusal_code), v->code);
	str_copy(h->refusal, sizeof(h->refusal), v->message);
}

static void remember_refusal(struct error *refusal, const struct flow_verdict *v)
{
	char shown[600];

	error_set(refusal, -EPERM, "%s%s%s", v->code, v->code[0] ? ": " : "",
		str_shown(shown, sizeof(shown), v->message));
}

static void trace(const struct snowmelt *s, const struct exchange *x, const struct net_answer *a,
	const struct flow_verdict *v, const struct flow_reply *r)
{
	AUTO(buf_done) struct buf shown = {0};

	log_debug("job %u: %s, HTTP %d, %s %s%s%s", x->job, net_end_name(a->end), a->status,
		flow_class_name(v->class), v->code, a->trouble ? ", " : "",
		a->trouble ? a->trouble : "");
	if (!log_wants(LOG_TRACE) || !a->body_len)
		return;
	if (x->request != REQUEST_CREATE && x->request != REQUEST_UPDATE) {
		/* It may show what others keep secret, under names that nobody knows. */
		log_trace("job %u: answered a page of %zu bytes", x->job, a->body_len);
		return;
	}
	buf_init(&shown, BODY_MAX);
	if (redact(&shown, a->body, r->secrets, r->secret_count) != 0)
		buf_append_str(&shown, "[a body that cannot be shown]");
	log_trace("job %u: answered %s", x->job, shown.data ? shown.data : "");
}

struct flow_reply judge_reply(const struct net_answer *a)
{
	return (struct flow_reply){
		.transport = transport_of(a->end),
		.trouble = a->trouble,
		.began = a->began,
		.status = a->status,
		.body = a->body,
		.body_len = a->body_len,
		.retry_after = a->retry_after,
		.date = a->date,
		.request_id = a->request_id,
		.wall_ms = clock_wall_ms(),
	};
}

static void judge_as(const struct exchange *x, const struct flow_reply *r, struct flow_verdict *ret)
{
	switch (x->request) {
	case REQUEST_CREATE: flow_judge_create(r, ret); break;
	case REQUEST_UPDATE: flow_judge_update(r, ret); break;
	case REQUEST_DELETE: flow_judge_delete(r, ret); break;
	case REQUEST_READ: flow_judge_connection(r, ret); break;
	case REQUEST_TEST:
		if (x->part == FLOW_PART_TEST)
			flow_judge_test(r, ret);
		else
			flow_judge_explore(r, ret);
		break;
	case REQUEST_LOOKUP:
	case REQUEST_LIST:
	case REQUEST_INVENTORY:
	default: flow_judge_read(r, ret);
	}
}

/* It is no password: a short one is not worth messages dropped whole. */
#define API_KEY_HIDDEN 6

static void judge(struct snowmelt *s, const struct exchange *x, const struct net_answer *a,
	struct flow_verdict *ret)
{
	const struct slot *slot = &s->slots[x->job];
	const char *secrets[ROW_PARAMS_MAX + TOKEN_SECRETS_MAX + 1];
	const char *api_key = s->settings.o.api_key;
	struct flow_reply r = judge_reply(a);

	r.secrets = secrets;
	r.secret_count = tokens_secrets(s, secrets);
	for (size_t i = 0; i < slot->row.param_count; i++)
		secrets[r.secret_count++] = slot->row.params[i].value;
	if (strlen(api_key) >= API_KEY_HIDDEN)
		secrets[r.secret_count++] = api_key;
	judge_as(x, &r, ret);
	if (a->end != NET_ANSWERED && a->end != NET_CANCELLED)
		str_copy(s->last_trouble, sizeof(s->last_trouble), ret->message);
	if (ret->server_ms)
		s->server_offset_ms = ret->server_ms - r.wall_ms;
	trace(s, x, a, ret, &r);
}

/* Of an inventory DOUBTFUL is that it does not add up, and it begins again; whatever
 * else cannot be read is a page that was not had, and is asked for again. But a page
 * that goes on from another may be refused because the server knows its token no more:
 * asking again would not help. */
static enum engine_answer judge_trouble(
	struct snowmelt *s, const struct exchange *x, const struct flow_verdict *v)
{
	if (x->request != REQUEST_INVENTORY)
		return answer_of(v->class);
	inventory_unread(s, x->sandbox, v->message[0] ? v->message : flow_class_name(v->class));
	if (s->slots[x->job].look->cursor.continuation[0] != '\0')
		return answer_of(v->class);
	return v->class == FLOW_DOUBTFUL ? ANSWER_REJECTED : answer_of(v->class);
}

/* @return false when the ledger is to say it */
static bool judge_page(
	struct snowmelt *s, struct exchange *x, const struct net_answer *a, enum engine_answer *ret)
{
	if (x->request == REQUEST_INVENTORY)
		return inventory_page(s, x, a, ret);
	*ret = x->request == REQUEST_READ ? byid_page(s, x, a) : look_page(s, x, a);
	return true;
}

void judge_answer(struct exchange *x, const struct net_answer *a)
{
	struct snowmelt *s = x->run;
	struct slot *slot = &s->slots[x->job];
	struct flow_verdict passing, *v = is_of_row(x) ? &slot->record.answer : &passing;
	enum engine_answer answer;

	judge(s, x, a, v);
	if (is_told(x, v))
		remember(slot, v, a->status);
	if (v->class == FLOW_FATAL && s->refusal.code == 0)
		remember_refusal(&s->refusal, v);
	if (v->class == FLOW_TOKEN) /* tokens come and go: the last one counts */
		remember_refusal(&s->token_refusal, v);
	if (v->class == FLOW_FATAL_SANDBOX)
		remember_sandbox(s, x->sandbox, v);

	if (v->class == FLOW_PASSED && s->settings.o.explore)
		answer = ANSWER_MORE;
	else if (v->class != FLOW_PAGE)
		answer = judge_trouble(s, x, v);
	else if (!judge_page(s, x, a, &answer))
		return;
	turn_tell(s, &(struct engine_event){
			     .kind = EVENT_ANSWER,
			     .job = x->job,
			     .answer = {.answer = answer, .retry_after = v->retry_after},
		     });
}
