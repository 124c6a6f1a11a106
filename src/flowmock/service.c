/* service.c - see service.h. */
#include "flowmock/service.h"

#include <string.h>

#include "flowmock/commit.h"

static void start_over(struct service *s)
{
	uint64_t seed = s->options->seed;

	s->faults = s->options->faults;
	faults_start(&s->faults, seed);
	random_init(&s->latency, seed, RANDOM_LATENCY);
	random_init(&s->token_latency, seed, RANDOM_TOKENS);
	random_init(&s->servicenow_latency, seed, RANDOM_SERVICENOW);
	random_init(&s->listing, seed, RANDOM_LISTINGS);
	s->gate = (struct gate){0};
	s->tokens = (struct tokens){0};
}

int service_open(struct service *s, const struct options *o, struct error *reterr)
{
	int r;

	*s = (struct service){.options = o};
	store_init(&s->store);
	start_over(s);
	r = journal_open(&s->journal, o->store, &s->store, &s->counters, reterr);
	if (r < 0) {
		service_close(s);
		return r;
	}
	s->ids = s->counters.creates;
	s->etags = s->counters.creates + s->counters.updates + s->counters.others;
	return 0;
}

void service_close(struct service *s)
{
	commits_done(s);
	listings_done(&s->listings);
	store_done(&s->store);
	journal_close(&s->journal);
	counters_done(&s->counters);
	timers_done(&s->timers);
	servicenow_done(&s->servicenow);
}

void service_reset(struct service *s)
{
	commits_done(s);
	listings_done(&s->listings);
	store_done(&s->store);
	store_init(&s->store);
	counters_reset(&s->counters);
	servicenow_reset(&s->servicenow);
	start_over(s);
	if (journal_clear(&s->journal) < 0)
		s->failed = true;
}

struct uuid service_new_id(struct service *s)
{
	uint64_t seed = s->options->seed;
	struct uuid id;

	do {
		id = uuid_make(random_at(seed, RANDOM_IDS, 2 * s->ids),
			random_at(seed, RANDOM_IDS, 2 * s->ids + 1));
		s->ids++;
	} while (store_find(&s->store, id) != NO_CONNECTION);
	return id;
}

struct etag service_new_etag(struct service *s, int64_t wall_ms)
{
	return (struct etag){
		.mark = (uint32_t)random_at(s->options->seed, RANDOM_ETAGS, s->etags++),
		.seconds = (uint32_t)(wall_ms / 1000),
	};
}

void service_new_request_id(struct service *s, char dst[UUID_SIZE])
{
	uint64_t seed = s->options->seed;
	uint64_t n = s->requests++;

	uuid_format(uuid_make(random_at(seed, RANDOM_REQUESTS, 2 * n),
			    random_at(seed, RANDOM_REQUESTS, 2 * n + 1)),
		dst);
}

static bool has_mark(const struct texts *marks, const char *text)
{
	for (size_t i = 0; i < marks->count; i++) {
		if (strncmp(text, marks->text[i], strlen(marks->text[i])) == 0)
			return true;
	}
	return false;
}

bool service_login_is_bad(const struct service *s, const char *username)
{
	return has_mark(&s->options->bad_logins, username);
}

bool service_uses(const struct service *s, const struct connection *c)
{
	return has_mark(&s->options->in_use, connection_name(c)) ||
	       strstr(connection_description(c), "in-use");
}
