/* main.c - sim SEED replays a story; sim --seeds FROM..TO sweeps many.
 *
 * --without NAME switches a safeguard off. Then the examiner has to notice:
 * --expect-breach succeeds only if some story of the sweep came to harm.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"

#define ENOUGH_STORIES 10000

struct args {
	uint64_t from, to;
	bool replay, expect_breach, coverage;
	const char *without;
};

struct sweep {
	struct args args;
	bool breached, harm;
	uint64_t stories, runs, rows, creates;
	struct cover cover;
};

static uint64_t current_seed;

/* An assertion of the engine: say which seed it was before dying of it. */
static void on_abort(int sig)
{
	char text[64];
	int len = snprintf(
		text, sizeof(text), "replay: sim %llu\n", (unsigned long long)current_seed);

	(void)!write(STDERR_FILENO, text, (size_t)len);
}

static bool parse_range(const char *text, struct args *args)
{
	char *end;

	args->from = args->to = strtoull(text, &end, 10);
	if (end != text && strncmp(end, "..", 2) == 0)
		args->to = strtoull(end + 2, &end, 10);
	return end != text && *end == '\0' && args->from <= args->to;
}

/* Switch it off; false when there is no such safeguard. */
static bool switch_off(struct settings *s, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} safeguards[] = {
		{"intent", &s->config.unsafe.no_intent},
		{"lookup", &s->config.unsafe.no_lookup},
		{"second-look", &s->config.unsafe.no_second_look},
		{"settle", &s->config.unsafe.no_settle},
		{"calibration", &s->config.unsafe.no_calibration},
		{"gone", &s->config.unsafe.no_gone},
		{"inventory", &s->without.inventory},
		{"veto", &s->without.veto},
		{"guard", &s->without.guard},
		{"compare", &s->without.compare},
		{"read", &s->config.unsafe.no_guard},
		{"update", &s->without.update},
		{"deletion", &s->without.deletion},
		{"unfinished", &s->without.unfinished},
	};

	for (size_t i = 0; name && i < ARRAY_SIZE(safeguards); i++) {
		if (strcmp(safeguards[i].name, name) == 0) {
			*safeguards[i].flag = true;
			/* nor may the inventory find what a lost intent has left */
			s->config.no_inventory |= s->config.unsafe.no_intent;
			return true;
		}
	}
	return !name;
}

static bool parse(int argc, char **argv, struct args *args)
{
	struct settings unused = {0};
	bool seeds = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--without") == 0 && i + 1 < argc)
			args->without = argv[++i];
		else if (strcmp(argv[i], "--expect-breach") == 0)
			args->expect_breach = true;
		else if (strcmp(argv[i], "--coverage") == 0)
			args->coverage = true;
		else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			seeds = parse_range(argv[++i], args);
		else
			seeds = args->replay = parse_range(argv[i], args);
	}
	return seeds && switch_off(&unused, args->without);
}

static void run_seed(struct sweep *w, uint64_t seed)
{
	struct settings set;
	struct sim s;

	current_seed = seed;
	settings_random(&set, seed);
	switch_off(&set, w->args.without);
	sim_init(&s, &set);
	s.cover = &w->cover;
	s.trace = stdout;
	s.trace_level = w->args.replay ? TRACE_ALL : TRACE_NOTHING;
	sim_story(&s);
	w->breached = s.breached;
	w->harm |= s.harm;
	w->stories++;
	w->runs += s.runs;
	w->rows += s.rows_read;
	w->creates += s.creates_sent;
	if (s.breached && (s.harm || !w->args.expect_breach))
		printf("seed %llu: %s\n", (unsigned long long)seed, s.failure);
	else if (w->args.replay)
		printf("seed %llu: hash %016llx\n", (unsigned long long)seed,
			(unsigned long long)s.hash);
	sim_done(&s);
}

static void print_summary(const struct sweep *w)
{
	printf("%llu stories, %llu runs, %llu rows, %llu creates;", (unsigned long long)w->stories,
		(unsigned long long)w->runs, (unsigned long long)w->rows,
		(unsigned long long)w->creates);
	for (int e = 0; e < END_COUNT; e++)
		if (w->cover.end[e])
			printf(" %s %llu", engine_end_name((enum engine_end)e),
				(unsigned long long)w->cover.end[e]);
	printf("\n");
}

static int conclude(const struct sweep *w)
{
	if (w->args.expect_breach) {
		printf("without %s: %s\n", w->args.without ? w->args.without : "nothing",
			w->harm ? "the breach was noticed" : "no harm was done");
		return !w->harm;
	}
	print_summary(w);
	if (w->args.coverage)
		cover_print(&w->cover);
	if (w->breached)
		printf("replay: sim %s%s %llu\n", w->args.without ? "--without " : "",
			w->args.without ? w->args.without : "", (unsigned long long)current_seed);
	if (w->breached)
		return 1;
	/* A world in which something never comes has become too calm to show anything. */
	return w->stories >= ENOUGH_STORIES && !cover_is_full(&w->cover);
}

static int usage(void)
{
	fprintf(stderr, "usage: sim [--without SAFEGUARD] SEED\n"
			"       sim [--without SAFEGUARD] [--expect-breach] [--coverage]"
			" --seeds FROM..TO\n"
			"safeguards: intent lookup second-look settle calibration inventory veto"
			" gone guard compare read"
			" update deletion unfinished\n");
	return 64;
}

int main(int argc, char **argv)
{
	struct sweep w = {0};

	if (!parse(argc, argv, &w.args))
		return usage();
	signal(SIGABRT, on_abort);
	for (uint64_t seed = w.args.from; seed <= w.args.to; seed++) {
		run_seed(&w, seed);
		if (w.args.expect_breach ? w.harm : w.breached)
			break;
	}
	return conclude(&w);
}
