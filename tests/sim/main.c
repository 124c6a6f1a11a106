/* main.c - sim SEED replays a run; sim --seeds FROM..TO sweeps many.
 *
 * --no-lookup and --no-settle switch the engine's safeguards off. Then the
 * examiner has to notice: --expect-breach succeeds only if some row of the
 * sweep was created twice.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"

struct args {
	uint64_t from, to;
	bool replay, no_lookup, no_settle, expect_breach;
};

#define END_COUNT (END_INPUT + 1)
#define ENOUGH_RUNS 2000

struct sweep {
	struct args args;
	bool breached, twice;
	uint64_t runs, rows, creates;
	uint64_t ends[END_COUNT];
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

static bool parse(int argc, char **argv, struct args *args)
{
	bool seeds = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--no-lookup") == 0)
			args->no_lookup = true;
		else if (strcmp(argv[i], "--no-settle") == 0)
			args->no_settle = true;
		else if (strcmp(argv[i], "--expect-breach") == 0)
			args->expect_breach = true;
		else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			seeds = parse_range(argv[++i], args);
		else
			seeds = args->replay = parse_range(argv[i], args);
	}
	return seeds;
}

static void run_seed(struct sweep *w, uint64_t seed)
{
	struct settings set;
	struct sim s;

	current_seed = seed;
	settings_random(&set, seed);
	set.config.unsafe.no_lookup = w->args.no_lookup;
	set.config.unsafe.no_settle = w->args.no_settle;
	sim_init(&s, &set);
	s.trace = stdout;
	s.trace_level = w->args.replay ? TRACE_ALL : TRACE_NOTHING;
	sim_run(&s);
	w->breached = s.breached;
	w->twice |= s.twice;
	w->runs++;
	w->rows += s.next_row;
	w->creates += s.create_count;
	if (s.done)
		w->ends[s.end]++;
	if (s.breached)
		printf("seed %llu: %s\n", (unsigned long long)seed, s.failure);
	else if (w->args.replay)
		printf("seed %llu: hash %016llx\n", (unsigned long long)seed,
			(unsigned long long)s.hash);
	sim_done(&s);
}

static void print_summary(const struct sweep *w)
{
	printf("%llu runs, %llu rows, %llu executed creates;", (unsigned long long)w->runs,
		(unsigned long long)w->rows, (unsigned long long)w->creates);
	for (int e = 0; e < END_COUNT; e++)
		if (w->ends[e])
			printf(" %s %llu", engine_end_name((enum engine_end)e),
				(unsigned long long)w->ends[e]);
	printf("\n");
}

/* A world in which some end never comes has become too calm to show anything. */
static bool saw_all_ends(const struct sweep *w)
{
	for (int e = 0; e < END_COUNT && w->runs >= ENOUGH_RUNS; e++) {
		if (w->ends[e] > 0)
			continue;
		printf("no run ended as %s\n", engine_end_name((enum engine_end)e));
		return false;
	}
	return true;
}

static int conclude(const struct sweep *w)
{
	print_summary(w);
	if (w->args.expect_breach) {
		printf("%s\n", w->twice ? "the breach was noticed" : "no row was created twice");
		return !w->twice;
	}
	if (w->breached)
		printf("replay: sim %llu\n", (unsigned long long)current_seed);
	return w->breached || !saw_all_ends(w);
}

int main(int argc, char **argv)
{
	struct sweep w = {0};

	if (!parse(argc, argv, &w.args)) {
		fprintf(stderr, "usage: sim [--no-lookup] [--no-settle] SEED\n"
				"       sim [--no-lookup] [--no-settle] [--expect-breach] "
				"--seeds FROM..TO\n");
		return 64;
	}
	signal(SIGABRT, on_abort);
	for (uint64_t seed = w.args.from; seed <= w.args.to; seed++) {
		run_seed(&w, seed);
		if (w.args.expect_breach ? w.twice : w.breached)
			break;
	}
	return conclude(&w);
}
