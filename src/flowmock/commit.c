/* commit.c - see commit.h. */
#include "flowmock/commit.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "flowmock/memory.h"
#include "flowmock/service.h"
#include "sys/clock.h"

struct late_commit {
	struct timer timer;
	struct service *service;
	struct commit commit;
	char *text; /* what commit.text points into */
	struct late_commit *previous, *next;
};

const struct connection *commit_now(struct service *s, const struct commit *wanted)
{
	int64_t wall_ms = wanted->created_ms ? wanted->created_ms : clock_wall_ms();
	struct connection c = {
		.id = service_new_id(s),
		.created_ms = wall_ms,
		.updated_ms = wall_ms,
		.etag = service_new_etag(s, wall_ms),
		.lag_ms = (uint32_t)(dist_draw(&s->options->lag, &s->latency) / MS),
		.scope = wanted->scope,
		.spec = wanted->spec,
	};
	const struct connection *kept =
		store_at(&s->store, store_add(&s->store, &c, &wanted->text));

	s->counters.creates++;
	if (journal_put(&s->journal, &s->store, kept) == 0)
		return kept;
	s->failed = true;
	return NULL;
}

static void copy_text(struct late_commit *late, const struct store_text *t)
{
	size_t name_len = strlen(t->name) + 1;
	size_t description_len = strlen(t->description) + 1;
	char *at = must_alloc(name_len + description_len + t->params_len + 1);

	late->text = at;
	memcpy(at, t->name, name_len);
	memcpy(at + name_len, t->description, description_len);
	if (t->params_len > 0)
		memcpy(at + name_len + description_len, t->params, t->params_len);
	late->commit.text = (struct store_text){
		at, at + name_len, at + name_len + description_len, t->params_len};
}

static void forget(struct late_commit *late)
{
	struct service *s = late->service;

	timers_cancel(&s->timers, &late->timer);
	if (late->previous)
		late->previous->next = late->next;
	else
		s->late_commits = late->next;
	if (late->next)
		late->next->previous = late->previous;
	free(late->text);
	free(late);
}

static void on_due(struct timer *t)
{
	struct late_commit *late =
		(struct late_commit *)((char *)t - offsetof(struct late_commit, timer));

	commit_now(late->service, &late->commit);
	forget(late);
}

void commit_later(struct service *s, const struct commit *c, nsec_t wait)
{
	struct late_commit *late = must_alloc(sizeof(*late));

	*late = (struct late_commit){.service = s, .commit = *c, .next = s->late_commits};
	copy_text(late, &c->text);
	if (late->next)
		late->next->previous = late;
	s->late_commits = late;
	late->timer.fire = on_due;
	timers_set(&s->timers, &late->timer, nsec_add(clock_monotonic(), wait));
}

void commits_done(struct service *s)
{
	while (s->late_commits)
		forget(s->late_commits);
}
