/* life.c - see life.h.
 *
 * The way of a request: ARRIVING (headers, then body), WAITING (a part of its
 * latency, or a hold), carried out, EXECUTED (the rest of the latency, or a
 * hold), READY. Where in the latency the execution falls is drawn: a client
 * that is killed meanwhile leaves requests of both kinds behind.
 */
#include "flowmock/life.h"

#include "base/json.h"
#include "base/macros.h"
#include "flowmock/fault_answer.h"
#include "flowmock/http.h"
#include "flowmock/service.h"
#include "sys/clock.h"

static void set_timer(struct request *r, nsec_t wait)
{
	timers_set(&r->service->timers, &r->timer, nsec_add(clock_monotonic(), wait));
}

static void execute(struct request *r)
{
	if (fault_kind(r->fault.fault)->executes)
		r->route->handle(r);
	fault_answer(r);
	r->step = STEP_EXECUTED;
	if (r->wait_after > 0)
		set_timer(r, r->wait_after);
	else
		r->step = STEP_READY;
}

void life_wake(struct request *r)
{
	if (r->step == STEP_WAITING)
		execute(r);
	else
		r->step = STEP_READY;
}

static bool is_poisoned(struct request *r)
{
	AUTO(json_freep) struct json *root = NULL;
	const char *name;

	if (!r->route->is_create || r->service->faults.poison_count == 0)
		return false;
	if (r->body.len == 0 || json_parse(r->body.data, r->body.len, &root) < 0)
		return false;
	name = json_string(json_get(root, "name"));
	return name && faults_poisoned(&r->service->faults, name);
}

static void draw_fault(struct request *r)
{
	struct service *s = r->service;

	r->fault = faults_draw(&s->faults, r->route->verb);
	if (is_poisoned(r))
		r->fault = (struct fault_choice){FAULT_POISON, NSEC_NONE};
	if (r->fault.fault != FAULT_NONE)
		s->counters.faults[r->fault.fault]++;
}

nsec_t life_hold(const struct request *r)
{
	return r->fault.argument == NSEC_NONE ? r->service->options->hold : r->fault.argument;
}

static nsec_t draw_latency(struct request *r, struct random **ret_random)
{
	struct service *s = r->service;
	const struct options *o = s->options;

	switch (r->route->realm) {
	case REALM_TOKEN:
		*ret_random = &s->token_latency;
		return dist_draw(&o->token_latency, *ret_random);
	case REALM_SERVICENOW:
		*ret_random = &s->servicenow_latency;
		return dist_draw(&o->servicenow_latency, *ret_random);
	case REALM_FLOW:
	case REALM_CONTROL: break;
	}
	*ret_random = &s->latency;
	return dist_draw(&o->latency, *ret_random);
}

static void begin(struct request *r)
{
	enum fault_hold hold = fault_kind(r->fault.fault)->hold;
	nsec_t held = life_hold(r);
	struct random *random;
	nsec_t latency = draw_latency(r, &random);
	nsec_t before = (nsec_t)((double)latency * random_unit(random));

	r->wait_after = latency - before + (hold == HOLD_AFTER ? held : 0);
	before += hold == HOLD_BEFORE ? held : 0;
	r->step = STEP_WAITING;
	if (hold == HOLD_FOREVER)
		r->stalled = true;
	else if (before > 0)
		set_timer(r, before);
	else
		execute(r);
}

void life_start(struct request *r)
{
	struct service *s = r->service;
	nsec_t now = clock_monotonic();

	service_new_request_id(s, r->answer.request_id);
	r->step = STEP_READY; /* unless it has to wait */
	if (!r->route && r->path_known) {
		answer_message(&r->answer, 405, "Method Not Allowed");
	} else if (!r->route) {
		answer_message(&r->answer, 404, "Not Found");
	} else if (r->body_too_long) {
		answer_message(&r->answer, 413, "The request body is too long");
	} else if (r->route->realm == REALM_CONTROL) {
		r->route->handle(r);
	} else if (!tls_admits(&r->http->tls, r->mhd)) {
		answer_message(&r->answer, 400, "No required SSL certificate was sent");
	} else if (r->route->realm != REALM_SERVICENOW && s->options->outage_way == OUTAGE_REFUSE &&
		   gate_is_out(s, now)) {
		r->step = STEP_DROPPED;
	} else if (r->route->realm != REALM_FLOW || gate_admits(r, now)) {
		draw_fault(r);
		begin(r);
	}
}
