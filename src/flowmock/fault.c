/* fault.c - see fault.h. */
#include "flowmock/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "flowmock/memory.h"

struct fault_span {
	uint64_t first;
	uint64_t last;
	struct fault_choice choice;
};

static const struct fault_kind kinds[FAULT_COUNT] = {
	[FAULT_NONE] = {"none", "", true, HOLD_NONE, ENDING_ANSWER},
#define KIND(f, ...) [FAULT_##f] = {__VA_ARGS__}
	KIND(THROTTLE, "throttle", "429 of the gateway with Retry-After; not executed", false,
		HOLD_NONE, ENDING_ANSWER),
	KIND(THROTTLE_BARE, "throttle-bare", "429 without Retry-After; not executed", false,
		HOLD_NONE, ENDING_ANSWER),
	KIND(THROTTLE_EXECUTED, "throttle-executed", "429 without Retry-After, yet executed", true,
		HOLD_NONE, ENDING_ANSWER),
	KIND(500_BEFORE, "error500-before", "500; not executed (so too 502, 503, 504)", false,
		HOLD_NONE, ENDING_ANSWER),
	KIND(500_AFTER, "error500-after", "500, yet executed (so too 502, 503, 504)", true,
		HOLD_NONE, ENDING_ANSWER),
	KIND(502_BEFORE, "error502-before", "", false, HOLD_NONE, ENDING_ANSWER),
	KIND(502_AFTER, "error502-after", "", true, HOLD_NONE, ENDING_ANSWER),
	KIND(503_BEFORE, "error503-before", "", false, HOLD_NONE, ENDING_ANSWER),
	KIND(503_AFTER, "error503-after", "", true, HOLD_NONE, ENDING_ANSWER),
	KIND(504_BEFORE, "error504-before", "", false, HOLD_NONE, ENDING_ANSWER),
	KIND(504_AFTER, "error504-after", "", true, HOLD_NONE, ENDING_ANSWER),
	KIND(504_LATE, "error504-late", "504 at once, yet a create is executed after --hold", true,
		HOLD_ANSWERED, ENDING_ANSWER),
	KIND(408, "408", "408; not executed", false, HOLD_NONE, ENDING_ANSWER),
	KIND(408_AFTER, "408-after", "408, yet executed", true, HOLD_NONE, ENDING_ANSWER),
	KIND(TIMEOUT_AFTER, "timeout-after", "executed, the answer held for --hold", true,
		HOLD_AFTER, ENDING_ANSWER),
	KIND(TIMEOUT_LATE, "timeout-late", "held for --hold, and executed only then", true,
		HOLD_BEFORE, ENDING_ANSWER),
	KIND(CLOSE_BEFORE, "close-before", "closed without an answer; not executed", false,
		HOLD_NONE, ENDING_CLOSE),
	KIND(CLOSE_AFTER, "close-after", "closed without an answer, yet executed", true, HOLD_NONE,
		ENDING_CLOSE),
	KIND(RESET_BEFORE, "reset-before", "connection reset; not executed", false, HOLD_NONE,
		ENDING_RESET),
	KIND(RESET_AFTER, "reset-after", "connection reset, yet executed", true, HOLD_NONE,
		ENDING_RESET),
	KIND(HALF_ANSWER, "half-answer", "executed, half the answer, then closed", true, HOLD_NONE,
		ENDING_HALF),
	KIND(STALL, "stall", "no answer until the client goes; not executed", false, HOLD_FOREVER,
		ENDING_CLOSE),
	KIND(BAD_JSON_201, "bad-json-201",
		"executed, 201 (200 but for a create), a body that is no JSON", true, HOLD_NONE,
		ENDING_ANSWER),
	KIND(EMPTY_201, "empty-201", "the same without a body", true, HOLD_NONE, ENDING_ANSWER),
	KIND(REDIRECT, "redirect", "302 to another place; not executed", false, HOLD_NONE,
		ENDING_ANSWER),
	KIND(HTML_200, "html-200", "200 with a page of HTML; not executed", false, HOLD_NONE,
		ENDING_ANSWER),
	KIND(HTML_404, "html-404", "404 with a page of HTML; not executed", false, HOLD_NONE,
		ENDING_ANSWER),
	KIND(STALE, "stale", "412 whatever its If-Match; not executed", false, HOLD_NONE,
		ENDING_ANSWER),
	KIND(409_BEFORE, "conflict409-before", "409; not executed", false, HOLD_NONE,
		ENDING_ANSWER),
	KIND(409_AFTER, "conflict409-after", "409, yet executed", true, HOLD_NONE, ENDING_ANSWER),
	KIND(TOKEN_EXPIRED, "token-expired", "401 error_code 401013; not executed", false,
		HOLD_NONE, ENDING_ANSWER),
	KIND(REJECTED, "rejected", "400 FLOW-1100-400 of the provider; not executed", false,
		HOLD_NONE, ENDING_ANSWER),
	KIND(ECHO, "echo", "the same, its message repeating auth.params", false, HOLD_NONE,
		ENDING_ANSWER),
	KIND(INVALID_CLIENT, "invalid-client", "what IMS says to a wrong secret (for token:)",
		false, HOLD_NONE, ENDING_ANSWER),
	KIND(POISON, "poison", "500 for this name, always; not executed", false, HOLD_NONE,
		ENDING_ANSWER),
#undef KIND
};

const struct fault_kind *fault_kind(enum fault f)
{
	return &kinds[f];
}

void faults_start(struct faults *f, uint64_t seed)
{
	for (int v = 0; v < VERB_COUNT; v++) {
		f->plan[v].next = 0;
		f->plan[v].requests = 0;
	}
	random_init(&f->random, seed, RANDOM_FAULTS);
}

void faults_done(struct faults *f)
{
	for (int v = 0; v < VERB_COUNT; v++)
		free(f->plan[v].spans);
	*f = (struct faults){0};
}

static enum fault find_kind(const char *name)
{
	for (int k = FAULT_NONE + 1; k < FAULT_POISON; k++) {
		if (strcmp(kinds[k].name, name) == 0)
			return (enum fault)k;
	}
	return FAULT_NONE;
}

/* Steps over `get:` and so on. */
static enum verb take_verb(const char **name)
{
	static const char *const prefixes[VERB_COUNT] = {
		[VERB_POST] = "post:",
		[VERB_GET] = "get:",
		[VERB_READ] = "read:",
		[VERB_TEST] = "test:",
		[VERB_EXPLORE] = "explore:",
		[VERB_PATCH] = "patch:",
		[VERB_DELETE] = "delete:",
		[VERB_TOKEN] = "token:",
		[VERB_SERVICENOW] = "servicenow:",
	};

	for (int v = 0; v < VERB_COUNT; v++) {
		size_t len = strlen(prefixes[v]);

		if (strncmp(*name, prefixes[v], len) == 0) {
			*name += len;
			return (enum verb)v;
		}
	}
	return VERB_POST;
}

int faults_set(struct faults *f, const char *name, double chance)
{
	enum verb verb = take_verb(&name);
	enum fault kind = find_kind(name);
	double total = chance;

	if (kind == FAULT_NONE)
		return -ENOENT;
	if (!(chance >= 0 && chance <= 1))
		return -ERANGE;
	for (int k = 0; k < FAULT_COUNT; k++) {
		if (k != (int)kind)
			total += f->chance[verb][k];
	}
	if (total > 1 + 1e-9)
		return -ERANGE;
	f->chance[verb][kind] = chance;
	return 0;
}

int faults_parse(struct faults *f, const char *text)
{
	const char *equals = strchr(text, '=');
	char name[64];
	char *end;
	double chance;

	if (strncmp(text, "poison:", 7) == 0 && text[7] != '\0') {
		if (f->poison_count == POISONS_MAX)
			return -ENOSPC;
		f->poison[f->poison_count++] = text + 7;
		return 0;
	}
	if (!equals || (size_t)(equals - text) >= sizeof(name))
		return -EINVAL;
	str_copy(name, (size_t)(equals - text) + 1, text);
	chance = strtod(equals + 1, &end);
	if (end == equals + 1 || *end != '\0')
		return -EINVAL;
	return faults_set(f, name, chance);
}

static int parse_numbers(char *text, struct fault_span *ret)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash = '\0';
	if (str_u64(text, 1, UINT64_MAX, &ret->first) < 0)
		return -EINVAL;
	ret->last = ret->first;
	if (dash && str_u64(dash + 1, ret->first, UINT64_MAX, &ret->last) < 0)
		return -EINVAL;
	return 0;
}

/* One line, taken apart in place. 1 for a blank line or a comment. */
static int parse_span(char *line, enum verb *ret_verb, struct fault_span *ret)
{
	static const char blanks[] = " \t\r\n";
	char *rest;
	char *numbers = strtok_r(line, blanks, &rest);
	const char *kind, *argument;

	if (!numbers || numbers[0] == '#')
		return 1;
	kind = strtok_r(NULL, blanks, &rest);
	argument = strtok_r(NULL, blanks, &rest);
	if (!kind || strtok_r(NULL, blanks, &rest))
		return -EINVAL;
	*ret_verb = take_verb(&kind);
	*ret = (struct fault_span){.choice = {find_kind(kind), NSEC_NONE}};
	if (ret->choice.fault == FAULT_NONE || parse_numbers(numbers, ret) < 0)
		return -EINVAL;
	if (argument && duration_parse(argument, &ret->choice.argument) < 0)
		return -EINVAL;
	return 0;
}

static int add_span(struct fault_plan *p, const struct fault_span *span)
{
	if (p->count > 0 && span->first <= p->spans[p->count - 1].last)
		return -EINVAL;
	p->spans = must_realloc(p->spans, (p->count + 1) * sizeof(*p->spans));
	p->spans[p->count++] = *span;
	return 0;
}

int faults_load(struct faults *f, const char *path, struct error *reterr)
{
	FILE *file = fopen(path, "re");
	unsigned number = 0;
	char line[256];
	int r = 0;

	if (!file)
		return error_set(reterr, -errno, "cannot read '%s': %s", path, strerror(errno));
	while (r >= 0 && fgets(line, sizeof(line), file)) {
		struct fault_span span;
		enum verb verb;

		number++;
		r = parse_span(line, &verb, &span);
		if (r == 0)
			r = add_span(&f->plan[verb], &span);
	}
	fclose(file);
	if (r >= 0)
		return 0;
	return error_set(reterr, r,
		"%s:%u: not a schedule: write `N KIND [DURATION]` in rising order of N", path,
		number);
}

/* Counts a request; the plan's choice for it, if it has one. */
static bool follow_plan(struct fault_plan *p, struct fault_choice *ret)
{
	p->requests++;
	while (p->next < p->count && p->spans[p->next].last < p->requests)
		p->next++;
	if (p->next == p->count || p->spans[p->next].first > p->requests)
		return false;
	*ret = p->spans[p->next].choice;
	return true;
}

/* What `u` falls on, less what it falls on before that. */
static enum fault pick(const double chance[FAULT_COUNT], double *u)
{
	for (int k = 0; k < FAULT_COUNT; k++) {
		*u -= chance[k];
		if (*u < 0)
			return (enum fault)k;
	}
	return FAULT_NONE;
}

struct fault_choice faults_draw(struct faults *f, enum verb verb)
{
	struct fault_choice choice = {FAULT_NONE, NSEC_NONE}, of_all = choice;
	bool is_get = verb == VERB_READ || verb == VERB_TEST || verb == VERB_EXPLORE;
	bool planned_of_all = is_get && follow_plan(&f->plan[VERB_GET], &of_all);
	double u = random_unit(&f->random);

	if (follow_plan(&f->plan[verb], &choice))
		return choice;
	if (planned_of_all)
		return of_all;
	choice.fault = pick(f->chance[verb], &u);
	if (is_get && choice.fault == FAULT_NONE)
		choice.fault = pick(f->chance[VERB_GET], &u);
	return choice;
}

bool faults_poisoned(const struct faults *f, const char *name)
{
	for (size_t i = 0; i < f->poison_count; i++) {
		if (strncmp(name, f->poison[i], strlen(f->poison[i])) == 0)
			return true;
	}
	return false;
}
