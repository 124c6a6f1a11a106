/* bench_load.c - arrivals become creates, and their answers figures.
 *
 * Latency counts from the moment that the schedule meant, not from the sending: a
 * request that had to wait in us, or behind a stall of ours, has waited. (Counted from
 * the sending, a load that slows down with its server would leave out just what is
 * slow: coordinated omission.) Nothing waits for room: an arrival that finds the window
 * full is dropped, and counted as such.
 */
#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "run/bench.h"
#include "sys/clock.h"
#include "sys/log.h"

/* What is sent: an instance that there is not. */
#define ENDPOINT "https://snowmelt-bench.example.com"
#define USERNAME "snowmelt-bench"
#define DESCRIPTION "made by snowmelt bench, to be deleted"

/* ------------------------------------------------------------------- answers */

static void count_answer(struct bench_stats *st, const struct flow_verdict *v, int status)
{
	struct bench_answer *a = st->answers, *end = a + st->answer_count;

	while (a < end && (a->class != v->class || a->status != status))
		a++;
	if (a == st->answers + BENCH_ANSWERS_MAX) {
		st->other_answers++;
		return;
	}
	if (a == end) {
		st->answer_count++;
		*a = (struct bench_answer){.class = v->class, .status = status};
		str_copy(a->code, sizeof(a->code), v->code);
		str_copy(a->message, sizeof(a->message), v->message);
	}
	a->count++;
}

static bool may_have_created(enum flow_class class)
{
	switch (class) {
	case FLOW_DOUBTFUL:
	case FLOW_BROKEN:
	case FLOW_TIMED_OUT:
	case FLOW_THROTTLED_DOUBTFUL:
	case FLOW_OVERLOAD:
	case FLOW_OVERLOAD_TIMEOUT:
	case FLOW_CLASH: return true;
	case FLOW_CREATED:
	case FLOW_NOT_SENT:
	case FLOW_THROTTLED:
	case FLOW_TOKEN:
	case FLOW_FATAL:
	case FLOW_FATAL_SANDBOX:
	case FLOW_REJECTED:
	case FLOW_PAGE:
	case FLOW_UPDATED:
	case FLOW_STALE:
	case FLOW_PASSED:
	case FLOW_FAILED:
	case FLOW_EXPLORED:
	case FLOW_DELETED:
	case FLOW_GONE:
	case FLOW_IN_USE:
	default: return false;
	}
}

static void count(struct bench_exchange *x, const struct flow_verdict *v, int status, nsec_t now)
{
	struct bench_stats *st = &x->bench->stats;

	st->created += v->class == FLOW_CREATED;
	count_answer(st, v, status);
	if (v->class != FLOW_CREATED && v->class != FLOW_TIMED_OUT)
		return;
	histogram_record(&st->latency, (uint64_t)(now - x->intended));
	histogram_record(&st->service, (uint64_t)(now - x->sent));
}

static void on_done(void *arg, const struct net_answer *a)
{
	nsec_t now = clock_monotonic();
	struct bench_exchange *x = arg;
	struct bench *b = x->bench;
	const char *secrets[BENCH_SECRETS_MAX];
	struct flow_reply r = bench_reply(b, a, secrets);
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	log_debug("arrival %u: %s, HTTP %d, %s %s", x->chore.number, net_end_name(a->end),
		a->status, flow_class_name(v.class), v.code);
	if (x->counts)
		count(x, &v, a->status, now);
	if (v.class == FLOW_CREATED) {
		b->all_created++;
		bench_clean_add(b, x->chore.number, v.id);
	} else if (may_have_created(v.class)) {
		bench_clean_add(b, x->chore.number, "");
	}
	bench_give(x);
}

/* ------------------------------------------------------------------- arrivals */

static void append_body(struct bench_exchange *x)
{
	const struct flow_param password = {"password", x->bench->password};
	char name[BENCH_NAME_MAX];
	const struct flow_connection c = {
		.name = name,
		.description = DESCRIPTION,
		.endpoint = ENDPOINT,
		.username = USERNAME,
		.params = &password,
		.param_count = 1,
		.auth_spec = FLOW_SERVICENOW_AUTH,
		.spec_id = FLOW_SERVICENOW_SPEC,
		.spec_version = FLOW_DEFAULT_SPEC_VERSION,
	};
	int r;

	bench_name(x->bench, x->chore.number, name);
	r = flow_create_body(&x->body, &c);
	assert(r == 0); /* all is short; only memory can fail, and then nothing helps */
}

static void send_one(struct bench *b, bool counts)
{
	struct bench_exchange *x = bench_take(b);
	struct net_request q = {
		.method = "POST",
		.url = b->create_url.data,
		.done = on_done,
		.arg = x,
	};
	nsec_t late;

	x->chore = (struct bench_chore){.number = (uint32_t)b->number};
	x->counts = counts;
	append_body(x);
	q.body = x->body.data;
	q.body_len = x->body.len;
	x->intended = b->next_at;
	x->sent = clock_monotonic();
	bench_send(x, &q, true);
	if (!counts)
		return;
	late = x->sent - x->intended;
	b->stats.sent++;
	b->stats.late += late > BENCH_LATE;
	b->stats.latest = MAX(b->stats.latest, late);
}

static void arrive(struct bench *b)
{
	bool counts = b->next_at >= b->counts_from;

	b->stats.arrivals += counts;
	if (b->free)
		send_one(b, counts);
	else
		b->stats.dropped += counts;
	b->number = b->schedule.number;
	b->next_at = b->began_at + bench_schedule_next(&b->schedule);
}

nsec_t bench_load_turn(struct bench *b)
{
	nsec_t now = clock_monotonic();

	while (b->next_at <= now && b->next_at < b->ends_at)
		arrive(b);
	return b->next_at < b->ends_at ? b->next_at : NSEC_NEVER;
}
