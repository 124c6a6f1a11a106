/* story.c - runs a scenario and compares its trace, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

void story_begin(struct story *st, uint32_t rows)
{
	*st = (struct story){0};
	settings_calm(&st->set);
	st->set.rows = rows;
	st->set.config.no_inventory = true;
}

void story_wait(struct story *st, uint32_t row, enum engine_request request, enum fault fault,
	nsec_t retry_after)
{
	assert_true(st->set.script_count < ARRAY_SIZE(st->script));
	st->script[st->set.script_count++] = (struct scripted){
		.row = row,
		.request = request,
		.fault = fault,
		.retry_after = retry_after,
	};
}

void story_fault(struct story *st, uint32_t row, enum engine_request request, enum fault fault)
{
	story_wait(st, row, request, fault, NSEC_NONE);
}

void story_world(struct story *st)
{
	struct sim *s = &st->sim;

	sim_init(s, &st->set);
	s->trace = open_memstream(&st->text, &st->text_len);
	assert_non_null(s->trace);
	s->trace_level = TRACE_STORY;
	st->has_world = true;
}

void story_run(struct story *st)
{
	struct sim *s = &st->sim;

	if (!st->has_world)
		story_world(st);
	s->set = st->set;
	s->set.script = st->script; /* what was used of it stays used */
	sim_run(s);
	fflush(s->trace);
	st->set.crash.how = CRASH_NONE;
	st->set.stop_at = st->set.abort_at = st->set.ledger_fails_at = NSEC_NEVER;
	if (s->breached)
		fail_msg("%s, after\n%s", s->failure, st->text);
}

void story_crash(struct story *st, enum engine_action_kind kind, uint32_t orders, bool before)
{
	st->set.crash = (struct crash){
		.how = CRASH_AT_KIND, .kind = kind, .orders = orders, .before = before};
}

/* Does the line fit? Moves both behind their line's end. */
static bool line_fits(const char **expected, const char **actual)
{
	long long from, to, at;
	const char *want, *have;
	size_t want_len, have_len;

	if (sscanf(*expected, "[%lld..%lldms]", &from, &to) != 2) {
		if (sscanf(*expected, "[%lldms]", &from) != 1)
			return false;
		to = from;
	}
	if (sscanf(*actual, "[%lldms]", &at) != 1 || at < from || at > to)
		return false;
	want = strchr(*expected, ']');
	have = strchr(*actual, ']');
	want_len = strcspn(want, "\n");
	have_len = strcspn(have, "\n");
	*expected = want + want_len + (want[want_len] == '\n');
	*actual = have + have_len + (have[have_len] == '\n');
	return want_len == have_len && memcmp(want, have, want_len) == 0;
}

static void expect(const struct story *st, const char *actual, const char *expected)
{
	int line = 1;

	while (*expected && line_fits(&expected, &actual))
		line++;
	if (!*expected && !*actual)
		return;
	fprintf(stderr, "=== trace\n%s", st->text); /* cmocka would cut it */
	fail_msg("expected line %d does not fit", line);
}

void story_expect(const struct story *st, const char *expected)
{
	expect(st, st->text, expected);
}

void story_expect_after(const struct story *st, const char *line_end, const char *expected)
{
	const char *at = strstr(st->text, line_end);

	if (!at)
		fail_msg("no line ends in \"%s\" in\n%s", line_end, st->text);
	else
		expect(st, at + strlen(line_end) + 1, expected);
}

void story_expect_run(const struct story *st, uint32_t run, const char *expected)
{
	char line[16];

	snprintf(line, sizeof(line), "] run %u", run);
	story_expect_after(st, line, expected);
}

void story_end(struct story *st)
{
	fclose(st->sim.trace);
	sim_done(&st->sim);
	free(st->text);
}
