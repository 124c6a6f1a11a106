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

/** @return whether all invariants held; `*twice` is set if they did not because of that */
static bool run_seed(const struct args *args, uint64_t seed, bool *twice, uint64_t *rows)
{
	struct settings set;
	struct sim s;
	bool fine;

	current_seed = seed;
	settings_random(&set, seed);
	set.config.unsafe.no_lookup = args->no_lookup;
	set.config.unsafe.no_settle = args->no_settle;
	sim_init(&s, &set);
	s.trace = stdout;
	s.trace_level = args->replay ? TRACE_ALL : TRACE_NOTHING;
	sim_run(&s);
	fine = !s.breached;
	*twice |= s.twice;
	*rows += s.next_row;
	if (!fine)
		printf("seed %llu: %s\n", (unsigned long long)seed, s.failure);
	else if (args->replay)
		printf("seed %llu: ended as %s, %u rows, hash %016llx\n", (unsigned long long)seed,
			engine_end_name(s.end), s.next_row, (unsigned long long)s.hash);
	sim_done(&s);
	return fine;
}

int main(int argc, char **argv)
{
	struct args args = {0};
	bool fine = true, twice = false;
	uint64_t seed, rows = 0;

	if (!parse(argc, argv, &args)) {
		fprintf(stderr, "usage: sim [--no-lookup] [--no-settle] SEED\n"
				"       sim [--no-lookup] [--no-settle] [--expect-breach] "
				"--seeds FROM..TO\n");
		return 64;
	}
	signal(SIGABRT, on_abort);
	for (seed = args.from; seed <= args.to && (args.expect_breach ? !twice : fine); seed++)
		fine = run_seed(&args, seed, &twice, &rows);
	printf("%llu runs, %llu rows\n", (unsigned long long)(seed - args.from),
		(unsigned long long)rows);
	if (args.expect_breach) {
		printf("%s\n", twice ? "the breach was noticed" : "no row was created twice");
		return !twice;
	}
	if (!fine)
		printf("replay: sim %llu\n", (unsigned long long)(seed - 1));
	return !fine;
}
