/* check_probe.c - the logins of the rows are asked for: each once, and an instance by one
 * request at a time.
 *
 * The engine runs each as a test of a server of its own. A login that an earlier row has is
 * not asked for again (probed.h); one whose instance is being asked waits for its turn, with
 * its READ order unanswered, so that the engine never has two of one instance. Where all READ
 * orders wait for one instance, that one is being asked, and its answer frees the next.
 *
 * No answer, however it got lost, is asked for a second time: a wrong password may have been
 * counted. Only where nothing had left, since there was no address or no connection, it is
 * tried once more. What holds for an instance as a whole (it is limited, hibernating, not to
 * be reached) is told to its further logins without asking.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "run/check.h"
#include "run/shell.h"
#include "servicenow/probe.h"
#include "sys/clock.h"
#include "sys/log.h"

#define TABLE_DEFAULT "sys_user"

static const char *table_of(const struct snowmelt *s)
{
	const char *table = s->settings.o.probe_table;

	return str_empty(table) ? TABLE_DEFAULT : table;
}

int check_open(struct snowmelt *s)
{
	int r;

	s->check = calloc(1, sizeof(*s->check));
	r = s->check ? probed_init(&s->check->probed) : -ENOMEM;
	if (r < 0)
		return error_set(&s->error, r,
			r == -ENOMEM ? "out of memory: free some and try again"
				     : "no random numbers from the kernel");
	log_info("asking ServiceNow for %s: %" PRIu64 " %s, each login once", table_of(s),
		s->survey.rows, s->survey.rows == 1 ? "row" : "rows");
	return ledger_memory_create(open_wake, s, &s->ledger, &s->error);
}

void check_done(struct snowmelt *s)
{
	if (!s->check)
		return;
	probed_done(&s->check->probed);
	turns_done(&s->check->turns);
	free(s->check);
	s->check = NULL;
}

/* ------------------------------------------------------------------ what is asked */

bool check_is_askable(const struct row *r)
{
	return !r->invalid && strcmp(r->spec_id, FLOW_SERVICENOW_SPEC) == 0 &&
	       strcmp(r->auth_spec, FLOW_SERVICENOW_AUTH) == 0;
}

const char *check_password(const struct row *r)
{
	for (size_t i = 0; i < r->param_count; i++)
		if (strcmp(r->params[i].name, "password") == 0)
			return r->params[i].value;
	assert(!"a valid row of ServiceNow has one");
	return "";
}

bool check_is_of_instance(enum servicenow_result result)
{
	switch (result) {
	case SERVICENOW_HIBERNATING:
	case SERVICENOW_RATE_LIMITED:
	case SERVICENOW_DNS:
	case SERVICENOW_CONNECT:
	case SERVICENOW_TLS:
	case SERVICENOW_CERTIFICATE:
	case SERVICENOW_LOCAL:
	case SERVICENOW_PROXY: return true;
	case SERVICENOW_LOGIN_OK:
	case SERVICENOW_NO_RIGHT:
	case SERVICENOW_NO_TABLE:
	case SERVICENOW_WRONG_LOGIN:
	case SERVICENOW_LOCKED:
	case SERVICENOW_MFA:
	case SERVICENOW_BASIC_RESTRICTED:
	case SERVICENOW_UNSENDABLE:
	case SERVICENOW_SERVER_ERROR:
	case SERVICENOW_REFUSED:
	case SERVICENOW_DENIED:
	case SERVICENOW_NOT_SERVICENOW:
	case SERVICENOW_TIMEOUT:
	case SERVICENOW_BROKEN:
	case SERVICENOW_STOPPED:
	case SERVICENOW_RESULTS:
	default: return false;
	}
}

/* The table only fails for want of memory, and then nothing helps. */
static void note(struct snowmelt *s, const struct row *row, const struct servicenow_verdict *v)
{
	int r = probed_tell(&s->check->probed, row->endpoint, row->username, v);

	assert(r == 0);
}

static uint64_t instance_of(const struct row *row)
{
	AUTO(buf_done) struct buf b = {0};
	int r;

	buf_init(&b, URL_MAX);
	r = flow_service_append(&b, row->endpoint);
	assert(r == 0);
	return hash_str(HASH_START, b.data);
}

/* ---------------------------------------------------------------- who asks, and when */

/* What there is to know of it the report will find out. */
static void leave_out(struct snowmelt *s, const struct slot *slot, uint32_t job)
{
	struct engine_event ev = claim_event(slot, job, CLAIM_KNOWN);

	ev.row.known = OUTCOME_OK;
	turn_tell(s, &ev);
}

static bool gives_up(const struct snowmelt *s)
{
	return s->input_bad || engine_stats(s->engine).ending;
}

/* It is its turn. So those that wait are left out one after the other when the check ends
 * early, behind the one that asks, which then ends as well. @return whether it asks */
static bool ask_now(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	struct servicenow_verdict v;
	struct engine_event ev;
	int closed = probed_closed(&s->check->probed, slot->row.endpoint, &v);

	assert(closed >= 0);
	if (closed > 0)
		note(s, &slot->row, &v);
	if (closed > 0 || gives_up(s)) {
		leave_out(s, slot, job);
		return false;
	}
	ev = claim_event(slot, job, CLAIM_TEST);
	ev.row.known = OUTCOME_SKIPPED;
	turn_tell(s, &ev);
	return true;
}

static void hold(struct snowmelt *s, struct slot *slot)
{
	slot->held = true;
	s->claims_out++; /* the source has not ended before this is told */
}

static struct slot *release(struct snowmelt *s, uint32_t job)
{
	struct slot *slot = &s->slots[job];

	assert(slot->held);
	slot->held = false;
	s->claims_out--;
	return slot;
}

/* The job is through with its instance: whoever waits for that asks now. */
static void pass_on(struct snowmelt *s, uint32_t job)
{
	bool asks = false;

	while (!asks) {
		job = turns_leave(&s->check->turns, job);
		if (job == TURNS_NOBODY)
			return;
		asks = ask_now(s, release(s, job), job);
	}
}

static void ask_in_turn(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	if (!turns_take(&s->check->turns, job, instance_of(&slot->row)))
		hold(s, slot);
	else if (!ask_now(s, slot, job))
		pass_on(s, job);
}

void check_row_came(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	const struct row *row = &slot->row;
	struct servicenow_verdict v;
	struct probed_login l;
	int r;

	if (!check_is_askable(row)) {
		leave_out(s, slot, job);
		return;
	}
	r = probed_take(&s->check->probed, row->endpoint, row->username, check_password(row),
		row->number, &l);
	assert(r == 0);
	if (l.turn != PROBED_ASKS) {
		leave_out(s, slot, job);
	} else if (!servicenow_login_sendable(row->username, check_password(row), &v)) {
		note(s, row, &v);
		leave_out(s, slot, job);
	} else {
		ask_in_turn(s, slot, job);
	}
}

bool check_read(struct snowmelt *s)
{
	struct turns *t = &s->check->turns;

	if (!t->of && turns_init(t, s->slot_count) < 0)
		assert(!"no memory for less than the slots take");
	if (gives_up(s))
		s->input_over = true; /* the report reads the rest */
	return read_input(s);
}

void check_tell(struct snowmelt *s, struct slot *slot, const struct engine_action *a)
{
	s->summary.rows++;
	s->summary.by_status[STATUS_INVALID] += slot->row.invalid;
	s->summary.by_status[STATUS_FAILED] += a->row.outcome == OUTCOME_FAILED;
	pass_on(s, a->job);
}

/* ----------------------------------------------------------------- question and answer */

void check_ask(struct snowmelt *s, struct exchange *x, struct net_request *ret)
{
	const struct row *row = &s->slots[x->job].row;
	struct send_lines l = {.count = 0};
	int r = servicenow_probe_url(&x->url, row->endpoint, table_of(s));

	if (r == 0)
		r = servicenow_probe_headers(row->username, check_password(row), send_line_add, &l);
	ret->headers = send_lines_take(&l, r);
	ret->url = x->url.data;
	ret->once = true;
}

static enum servicenow_transport transport_of(enum net_end end)
{
	switch (end) {
	case NET_ANSWERED: return SERVICENOW_T_ANSWERED;
	case NET_CUT_OFF: return SERVICENOW_T_CUT_OFF;
	case NET_DNS: return SERVICENOW_T_DNS;
	case NET_CONNECT: return SERVICENOW_T_CONNECT;
	case NET_TLS: return SERVICENOW_T_TLS;
	case NET_CERTIFICATE: return SERVICENOW_T_CERTIFICATE;
	case NET_LOCAL: return SERVICENOW_T_LOCAL;
	case NET_PROXY: return SERVICENOW_T_PROXY;
	case NET_TIMEOUT: return SERVICENOW_T_TIMEOUT;
	case NET_BROKEN:
	case NET_VETO: return SERVICENOW_T_BROKEN;
	case NET_CANCELLED: return SERVICENOW_T_CANCELLED;
	}
	assert(!"no such end");
	return SERVICENOW_T_BROKEN;
}

static struct servicenow_verdict judge(const struct net_answer *a)
{
	struct servicenow_verdict v;
	struct servicenow_reply r = {
		.transport = transport_of(a->end),
		.trouble = a->trouble,
		.began = a->began,
		.status = a->status,
		.body = a->body,
		.body_len = a->body_len,
		.mfa_token = net_answer_header(a, "X-MFA_TOKEN", 0),
		.rate_reset = net_answer_header(a, "X-RateLimit-Reset", 0),
		.retry_after = a->retry_after,
		.date = a->date,
		.location = net_answer_header(a, "Location", 0),
		.wall_ms = clock_wall_ms(),
	};

	for (size_t i = 0; i < SERVICENOW_CHALLENGES; i++)
		r.www_authenticate[i] = net_answer_header(a, "WWW-Authenticate", i);
	servicenow_judge(&r, &v);
	return v;
}

/* A second try of a login that was never sent is its first. */
static bool may_ask_again(const struct slot *slot, const struct servicenow_verdict *v)
{
	return v->untried && !slot->asked_again &&
	       (v->result == SERVICENOW_DNS || v->result == SERVICENOW_CONNECT);
}

static void close_instance(
	struct snowmelt *s, const struct row *row, const struct servicenow_verdict *v)
{
	struct servicenow_verdict others = *v;
	int r;

	others.status = 0; /* which they did not get */
	r = probed_close(&s->check->probed, row->endpoint, &others);
	assert(r == 0);
}

void check_answered(struct exchange *x, const struct net_answer *a)
{
	struct snowmelt *s = x->run;
	struct slot *slot = &s->slots[x->job];
	struct servicenow_verdict v = judge(a);
	struct engine_event ev = {
		.kind = EVENT_ANSWER,
		.job = x->job,
		.answer = {.retry_after = NSEC_NONE},
	};

	log_debug("job %u: %s, HTTP %d, %s%s%s", x->job, net_end_name(a->end), a->status,
		servicenow_code(v.result), a->trouble ? ", " : "", a->trouble ? a->trouble : "");
	note(s, &slot->row, &v);
	s->check->tried += !v.untried;
	if (may_ask_again(slot, &v)) {
		slot->asked_again = true;
		ev.answer.answer = ANSWER_NOT_SENT;
	} else {
		if (check_is_of_instance(v.result) || (v.result == SERVICENOW_TIMEOUT && v.untried))
			close_instance(s, &slot->row, &v);
		ev.answer.answer = servicenow_fine(v.result) ? ANSWER_PASSED : ANSWER_FAILED;
	}
	turn_tell(s, &ev);
}
