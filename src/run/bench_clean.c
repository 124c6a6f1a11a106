/* bench_clean.c - what a load has created is deleted again.
 *
 * Deletions may be repeated, so they are, behind a pause that grows, until nothing has
 * worked for a while. A create whose answer was lost is looked for by its name, which
 * nobody else has. What stays is named.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "run/bench.h"
#include "sys/clock.h"
#include "sys/log.h"

#define LEAST_RATE 10.0 /* a second: so fast at least, however slow the load was */
#define ATTEMPTS_MAX 5  /* of one */
#define PAUSE_FIRST (250 * MS)
#define PAUSE_MAX (8 * SEC)
#define PAUSES_MAX 6 /* in a row: some 16 s in which nothing has worked */
#define RETRY_AFTER_MAX (60 * SEC)

/* --------------------------------------------------------------------- lists */

/* @return whether one more has room in it */
static bool grow(void **list, size_t size, size_t count, size_t *room)
{
	size_t wanted = *room ? 2 * *room : 1024;
	void *longer;

	if (count < *room)
		return true;
	longer = realloc(*list, wanted * size);
	if (!longer)
		return false;
	*list = longer;
	*room = wanted;
	return true;
}

static void add(struct bench *b, const struct bench_chore *c)
{
	void *list = b->chores;

	if (!grow(&list, sizeof(*b->chores), b->chore_count, &b->chore_room)) {
		b->lost++;
		return;
	}
	b->chores = list;
	b->chores[b->chore_count++] = *c;
}

void bench_clean_add(struct bench *b, uint32_t number, const char *id)
{
	struct bench_chore c = {.number = number};

	str_copy(c.id, sizeof(c.id), id);
	b->looked_for += !*id;
	if (!b->run->settings.o.keep)
		add(b, &c);
}

static void leave(struct bench *b, const struct bench_chore *c, const char *why)
{
	void *list = b->left;
	struct bench_left *l;

	if (!grow(&list, sizeof(*b->left), b->left_count, &b->left_room)) {
		b->lost++;
		return;
	}
	b->left = list;
	l = &b->left[b->left_count++];
	*l = (struct bench_left){.chore = *c};
	str_copy(l->why, sizeof(l->why), why);
}

void bench_clean_give_up(struct bench *b)
{
	b->gave_up = true;
	while (b->next_chore < b->chore_count)
		leave(b, &b->chores[b->next_chore++], "not tried again");
}

/* ------------------------------------------------------------------- answers */

static void went_well(struct bench *b)
{
	b->pauses = 0;
	b->pause = 0;
}

/* Those that were in flight together are one trouble. */
static void went_wrong(struct bench *b, nsec_t retry_after)
{
	nsec_t now = clock_monotonic();

	if (now < b->paused_until)
		return;
	b->pause = b->pause ? MIN(2 * b->pause, PAUSE_MAX) : PAUSE_FIRST;
	b->paused_until = now + MAX(b->pause, MIN(retry_after, RETRY_AFTER_MAX));
	b->pauses++;
	log_debug("cleaning: pause %u", b->pauses);
}

static bool may_pass(const struct bench *b, enum flow_class class)
{
	switch (class) {
	case FLOW_REJECTED:
	case FLOW_FATAL:
	case FLOW_FATAL_SANDBOX:
	case FLOW_IN_USE: return false;
	case FLOW_TOKEN: return b->run->settings.client_secret != NULL;
	case FLOW_CREATED:
	case FLOW_DOUBTFUL:
	case FLOW_NOT_SENT:
	case FLOW_BROKEN:
	case FLOW_TIMED_OUT:
	case FLOW_THROTTLED:
	case FLOW_THROTTLED_DOUBTFUL:
	case FLOW_OVERLOAD:
	case FLOW_OVERLOAD_TIMEOUT:
	case FLOW_CLASH:
	case FLOW_PAGE:
	case FLOW_UPDATED:
	case FLOW_STALE:
	case FLOW_PASSED:
	case FLOW_FAILED:
	case FLOW_EXPLORED:
	case FLOW_DELETED:
	case FLOW_GONE:
	default: return true;
	}
}

static void failed(struct bench_exchange *x, const struct flow_verdict *v)
{
	struct bench *b = x->bench;
	struct bench_chore c = x->chore;
	char why[512];

	if (v->class == FLOW_TOKEN && b->renew_at != NSEC_NEVER)
		b->renew_at = 0;
	if (may_pass(b, v->class))
		went_wrong(b, v->retry_after);
	if (may_pass(b, v->class) && ++c.attempts < ATTEMPTS_MAX && !b->gave_up)
		add(b, &c);
	else
		leave(b, &c, str_shown(why, sizeof(why), v->message[0] ? v->message : v->code));
}

/* ------------------------------------------------------------------ deletions */

static void on_deleted(void *arg, const struct net_answer *a)
{
	struct bench_exchange *x = arg;
	struct bench *b = x->bench;
	const char *secrets[BENCH_SECRETS_MAX];
	struct flow_reply r = bench_reply(b, a, secrets);
	struct flow_verdict v;

	flow_judge_delete(&r, &v);
	log_debug("delete %u: %s, HTTP %d, %s %s", x->chore.number, net_end_name(a->end), a->status,
		flow_class_name(v.class), v.code);
	if (v.class == FLOW_DELETED || v.class == FLOW_GONE) {
		b->deleted++;
		went_well(b);
	} else {
		failed(x, &v);
	}
	bench_give(x);
}

static void ask_to_delete(struct bench_exchange *x)
{
	struct net_request q = {.method = "DELETE", .done = on_deleted, .arg = x};
	int r = flow_connection_url(
		&x->url, x->bench->run->settings.o.url, x->chore.id, FLOW_PART_ITSELF);

	assert(r == 0); /* the id was judged to be one */
	q.url = x->url.data;
	bench_send(x, &q, false);
}

/* --------------------------------------------------------------------- looks */

struct feed {
	struct flow_hits *hits;
	struct flow_wanted wanted;
};

static void on_item(void *arg, const struct flow_item *item)
{
	struct feed *f = arg;

	flow_hits_add(f->hits, &f->wanted, item);
}

static enum flow_step feed(struct bench_exchange *x, const struct net_answer *a)
{
	char name[BENCH_NAME_MAX];
	struct feed f = {
		.hits = &x->hits,
		.wanted = {.name = name, .spec_id = FLOW_SERVICENOW_SPEC},
	};

	bench_name(x->bench, x->chore.number, name);
	return flow_cursor_feed(&x->cursor, a->body, a->body_len, on_item, &f);
}

static void looked(struct bench_exchange *x)
{
	struct bench *b = x->bench;

	went_well(b);
	for (uint32_t i = 0; i < MIN(x->hits.count, FLOW_HITS_MAX); i++) {
		struct bench_chore c = {.number = x->chore.number};

		str_copy(c.id, sizeof(c.id), x->hits.ids[i]);
		b->found++;
		add(b, &c);
	}
}

static void on_page(void *arg, const struct net_answer *a)
{
	struct bench_exchange *x = arg;
	struct bench *b = x->bench;
	const char *secrets[BENCH_SECRETS_MAX];
	struct flow_reply r = bench_reply(b, a, secrets);
	enum flow_step step = FLOW_STEP_UNSOUND;
	struct flow_verdict v;

	flow_judge_read(&r, &v);
	if (v.class == FLOW_PAGE)
		step = feed(x, a);
	else
		failed(x, &v);
	if (step == FLOW_STEP_COMPLETE)
		looked(x);
	else if (step == FLOW_STEP_UNSOUND && v.class == FLOW_PAGE)
		leave(b, &x->chore, "the answer to the lookup is not sound");
	if (step == FLOW_STEP_PAGE || step == FLOW_STEP_COUNT) {
		/* Behind this callback only is there surely room for one more. */
		bench_settle(x);
		x->next_free = b->paging;
		b->paging = x;
		return;
	}
	bench_give(x);
}

static void ask_for_page(struct bench_exchange *x)
{
	struct net_request q = {.method = "GET", .done = on_page, .arg = x};
	char name[BENCH_NAME_MAX];
	int r;

	bench_name(x->bench, x->chore.number, name);
	r = flow_search_url(&x->url, x->bench->run->settings.o.url, name, FLOW_SERVICENOW_SPEC,
		x->cursor.continuation, x->cursor.counting);
	assert(r == 0);
	q.url = x->url.data;
	bench_send(x, &q, false);
}

/* ---------------------------------------------------------------------- turns */

static void begin(struct bench *b, const struct bench_chore *c)
{
	struct bench_exchange *x = bench_take(b);

	x->chore = *c;
	if (*c->id) {
		ask_to_delete(x);
		return;
	}
	flow_cursor_init(&x->cursor);
	flow_hits_init(&x->hits);
	ask_for_page(x);
}

static void go_on_with_pages(struct bench *b)
{
	while (b->paging) {
		struct bench_exchange *x = b->paging;

		b->paging = x->next_free;
		if (b->gave_up) {
			leave(b, &x->chore, "not tried again");
			bench_give(x);
		} else {
			ask_for_page(x);
		}
	}
}

static nsec_t pace(const struct bench *b)
{
	return (nsec_t)((double)SEC / MAX(b->run->settings.o.rate_per_s, LEAST_RATE));
}

nsec_t bench_clean_turn(struct bench *b)
{
	nsec_t now = clock_monotonic(), step = pace(b);

	go_on_with_pages(b);
	if (b->pauses > PAUSES_MAX)
		bench_clean_give_up(b);
	if (b->next_chore == b->chore_count)
		return b->in_flight > 0 ? NSEC_NEVER : NSEC_NONE;
	if (now < b->paused_until)
		return b->paused_until;
	/* What could not leave in time is not made up for. */
	b->pace_at = MAX(b->pace_at, now - 10 * MS - step);
	while (b->next_chore < b->chore_count && b->free && b->pace_at <= now) {
		struct bench_chore c = b->chores[b->next_chore++];

		b->pace_at += step;
		begin(b, &c);
	}
	return b->next_chore < b->chore_count && b->free ? b->pace_at : NSEC_NEVER;
}
