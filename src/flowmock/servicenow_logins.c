/* servicenow_logins.c - who asked which instance, how often and with what end. */
#include "flowmock/servicenow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/macros.h"
#include "flowmock/memory.h"
#include "flowmock/request.h"
#include "flowmock/service.h"
#include "sys/clock.h"

#define FIRST_CAP 64u

void servicenow_done(struct servicenow *sn)
{
	intern_done(&sn->instance_names);
	intern_done(&sn->login_names);
	free(sn->instances);
	free(sn->logins);
	*sn = (struct servicenow){0};
}

void servicenow_reset(struct servicenow *sn)
{
	sn->requests = 0;
	sn->most_at_once = sn->in_flight;
	for (uint32_t i = 0; i < sn->instance_names.count; i++) {
		sn->instances[i].requests = 0;
		sn->instances[i].most_at_once = sn->instances[i].in_flight;
	}
	if (sn->logins)
		memset(sn->logins, 0, sn->login_cap * sizeof(*sn->logins));
}

/* Room for number `n`, zeroed. */
static void *grow(void *array, uint32_t *cap, uint32_t n, size_t size)
{
	uint32_t wanted = MAX(2 * *cap, FIRST_CAP);

	if (n < *cap)
		return array;
	array = must_realloc(array, wanted * size);
	memset((char *)array + *cap * size, 0, (wanted - *cap) * size);
	*cap = wanted;
	return array;
}

static uint32_t find_instance(struct request *r)
{
	struct servicenow *sn = &r->service->servicenow;
	const char *host = request_header(r, "Host");
	size_t len = host ? strcspn(host, host[0] == '[' ? "]" : ":") : 0;
	AUTO(buf_done) struct buf name = {0};
	uint32_t n;

	buf_init(&name, MUST_MAX);
	must(buf_append(&name, host, len));
	must(buf_append_char(&name, '\0'));
	n = intern_put(&sn->instance_names, name.data, name.len);
	sn->instances = grow(sn->instances, &sn->instance_cap, n, sizeof(*sn->instances));
	return n;
}

void servicenow_enter(struct request *r)
{
	struct servicenow *sn = &r->service->servicenow;
	struct sn_instance *i;

	r->instance = find_instance(r);
	i = &sn->instances[r->instance];
	i->requests++;
	i->in_flight++;
	i->most_at_once = MAX(i->most_at_once, i->in_flight);
	sn->requests++;
	sn->in_flight++;
	sn->most_at_once = MAX(sn->most_at_once, sn->in_flight);
}

void servicenow_leave(struct request *r)
{
	struct servicenow *sn = &r->service->servicenow;

	sn->instances[r->instance].in_flight--;
	sn->in_flight--;
}

struct sn_login *servicenow_login(struct request *r, const char *user)
{
	struct servicenow *sn = &r->service->servicenow;
	const char *host = intern_part(&sn->instance_names, r->instance, 0);
	AUTO(buf_done) struct buf name = {0};
	uint32_t n;

	buf_init(&name, MUST_MAX);
	must(buf_append(&name, host, strlen(host) + 1));
	must(buf_append(&name, user, strlen(user) + 1));
	n = intern_put(&sn->login_names, name.data, name.len);
	sn->logins = grow(sn->logins, &sn->login_cap, n, sizeof(*sn->logins));
	sn->logins[n].tries++;
	return &sn->logins[n];
}

/* ------------------------------------------------------------------ status */

static void put_text(struct buf *b, const char *before, const char *text)
{
	must(buf_append_str(b, before));
	must(json_print_string(b, text));
}

static void put_instances(const struct servicenow *sn, struct buf *b)
{
	const char *comma = "";

	for (uint32_t n = 0; n < sn->instance_names.count; n++) {
		const struct sn_instance *i = &sn->instances[n];

		if (i->requests == 0)
			continue;
		must(buf_printf(b, "%s{\"host\":", comma));
		put_text(b, "", intern_part(&sn->instance_names, n, 0));
		must(buf_printf(b, ",\"requests\":%" PRIu64 ",\"most_at_once\":%" PRIu64 "}",
			i->requests, i->most_at_once));
		comma = ",";
	}
}

static void put_logins(const struct servicenow *sn, struct buf *b)
{
	nsec_t now = clock_monotonic();
	const char *comma = "";

	for (uint32_t n = 0; n < sn->login_names.count; n++) {
		const struct sn_login *l = &sn->logins[n];

		if (l->tries == 0)
			continue;
		must(buf_printf(b, "%s{\"host\":", comma));
		put_text(b, "", intern_part(&sn->login_names, n, 0));
		put_text(b, ",\"user\":", intern_part(&sn->login_names, n, 1));
		must(buf_printf(b, ",\"tries\":%" PRIu64 ",\"wrong\":%" PRIu64 ",\"locked\":%s}",
			l->tries, l->wrong, l->locked_until > now ? "true" : "false"));
		comma = ",";
	}
}

void servicenow_print(const struct servicenow *sn, struct buf *b)
{
	must(buf_printf(b,
		"\"servicenow\":{\"requests\":%" PRIu64 ",\"most_at_once\":%" PRIu64
		",\"instances\":[",
		sn->requests, sn->most_at_once));
	put_instances(sn, b);
	must(buf_append_str(b, "],\"logins\":["));
	put_logins(sn, b);
	must(buf_append_str(b, "]}"));
}
