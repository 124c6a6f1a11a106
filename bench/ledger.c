/* ledger.c - what the ledger costs a row, without a network.
 *
 *     bench_ledger LEDGER ROWS [WINDOW]
 *     bench_ledger :scratch: ITEMS
 *
 * Claims, intends and decides ROWS rows in random order of their names, WINDOW
 * (1,024) at a time as a run does, in a new or an old ledger; ":memory:" is the
 * ledger in memory. Rows that are known from an earlier run are claimed only.
 * ":scratch:" lists ITEMS connections, in order of their names, and asks for each of
 * them in no order, by name and by id.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ledger/ledger.h"
#include "ledger/scratch.h"

#define SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"

struct job {
	char name[40], endpoint[64], id[40], etag[40], request_id[40];
	uint64_t row;
};

static struct ledger *ledger;
static struct job *jobs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static bool woken;

static void wake(void *arg)
{
	pthread_mutex_lock(&lock);
	woken = true;
	pthread_cond_signal(&ready);
	pthread_mutex_unlock(&lock);
}

static void sleep_until_woken(void)
{
	pthread_mutex_lock(&lock);
	while (!woken)
		pthread_cond_wait(&ready, &lock);
	woken = false;
	pthread_mutex_unlock(&lock);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A number for each row, in no order (splitmix64). */
static unsigned long long scatter(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static void fill(struct job *j, uint64_t row)
{
	unsigned long long h = scatter(row), low = h & 0xffffffffffff;

	j->row = row;
	snprintf(j->name, sizeof(j->name), "instance-%012llx", low);
	snprintf(j->endpoint, sizeof(j->endpoint), "https://%012llx.service-now.com", low);
	snprintf(j->id, sizeof(j->id), "%08llx-0000-4000-8000-%012llx", h >> 32, low);
	snprintf(j->etag, sizeof(j->etag), "\"%.36s\"", j->id);
	snprintf(j->request_id, sizeof(j->request_id), "%016llx%016llx", h, ~h);
}

static void submit(enum ledger_op op, uint32_t ticket)
{
	const struct job *j = &jobs[ticket];

	ledger_submit(ledger, &(struct ledger_request){
				      .op = op,
				      .ticket = ticket,
				      .row = j->row,
				      .sandbox = "prod",
				      .name = j->name,
				      .endpoint = j->endpoint,
				      .username = "integration",
				      .spec_id = SPEC,
				      .description = "Instance of a customer",
				      .fingerprint = {(uint8_t)j->row},
				      .wall_ms = 1764000000000 + (int64_t)j->row,
				      .standing = LEDGER_DONE,
				      .status = "created",
				      .id = j->id,
				      .etag = j->etag,
				      .request_id = j->request_id,
				      .http_status = 201,
				      .attempts = 1,
				      .started_ms = 1764000000000 + (int64_t)j->row,
				      .duration_ms = 120,
			      });
}

/* True when its row is at its end. */
static bool go_on(const struct ledger_reply *r)
{
	if (r->error < 0) {
		fprintf(stderr, "%s\n", ledger_error(ledger)->text);
		exit(1);
	}
	if (r->op == LEDGER_CLAIM && r->claim == LEDGER_FRESH)
		submit(LEDGER_INTEND, r->ticket);
	else if (r->op == LEDGER_INTEND)
		submit(LEDGER_OUTCOME, r->ticket);
	else
		return true;
	return false;
}

static void run_all(uint64_t rows, uint32_t window)
{
	uint64_t next = 0, done = 0;

	while (next < rows && next < window) {
		fill(&jobs[next], next + 1);
		submit(LEDGER_CLAIM, (uint32_t)next++);
	}
	while (done < rows) {
		struct ledger_reply r;

		ledger_flush(ledger);
		if (!ledger_next(ledger, &r)) {
			sleep_until_woken();
			continue;
		}
		do {
			if (!go_on(&r))
				continue;
			done++;
			if (next < rows) {
				fill(&jobs[r.ticket], ++next);
				submit(LEDGER_CLAIM, r.ticket);
			}
		} while (ledger_next(ledger, &r));
	}
}

/* ------------------------------------------------------------------ a scratch */

static void await(uint64_t replies)
{
	struct ledger_reply r;

	ledger_flush(ledger);
	while (replies > 0) {
		if (!ledger_next(ledger, &r)) {
			sleep_until_woken();
			continue;
		}
		if (r.error < 0) {
			fprintf(stderr, "%s\n", ledger_error(ledger)->text);
			exit(1);
		}
		replies--;
	}
}

static void list(uint64_t items)
{
	char name[40], id[40];
	struct ledger_request q = {
		.op = LEDGER_INVENTORY_BEGIN,
		.sandbox = "prod",
		.spec_id = SPEC,
		.name = name,
		.id = id,
		.etag = "\"5e0012ab-0000-0200-0000-5f1a2b3c0000\"",
		.endpoint = "https://customer-of-somebody.service-now.com",
		.username = "integration",
		.description = "Instance of a customer",
		.count = items,
	};

	ledger_submit(ledger, &q);
	await(1);
	q.op = LEDGER_INVENTORY_ITEM;
	for (uint64_t i = 0; i < items; i++) {
		unsigned long long h = scatter(i + 1);

		snprintf(name, sizeof(name), "instance-%012llu", (unsigned long long)i);
		snprintf(id, sizeof(id), "%08llx-0000-4000-8000-%012llx", h >> 32,
			h & 0xffffffffffff);
		ledger_submit(ledger, &q);
		if (i % 100 == 99) /* a page */
			await(100);
	}
	await(items % 100);
	q.op = LEDGER_INVENTORY_END;
	ledger_submit(ledger, &q);
	await(1);
}

static void count_item(void *arg, const struct ledger_scratch_item *item)
{
	++*(uint64_t *)arg;
}

static double lap(double *since)
{
	double now = seconds(CLOCK_MONOTONIC), ret = now - *since;

	*since = now;
	return ret;
}

static int scratch(uint64_t items)
{
	double start = seconds(CLOCK_MONOTONIC), listing, naming, by_id, rest;
	uint64_t found = 0, left = 0;
	char text[40];
	struct rusage usage;
	struct error e;

	if (ledger_scratch_create(wake, NULL, &ledger, &e) < 0)
		return 3;
	list(items);
	listing = lap(&start);
	for (uint64_t i = 0; i < items; i++) {
		snprintf(text, sizeof(text), "instance-%012llu",
			(unsigned long long)(scatter(i + 1) % items));
		ledger_scratch_find(ledger, "prod", SPEC, text, count_item, &found, &e);
	}
	naming = lap(&start);
	for (uint64_t i = 0; i < items; i++) {
		unsigned long long h = scatter(i + 1);

		snprintf(text, sizeof(text), "%08llx-0000-4000-8000-%012llx", h >> 32,
			h & 0xffffffffffff);
		ledger_scratch_find_id(ledger, "prod", SPEC, text, count_item, &found, &e);
	}
	by_id = lap(&start);
	ledger_scratch_unnamed(ledger, count_item, &left, &e);
	rest = lap(&start);
	ledger_destroy(ledger);
	getrusage(RUSAGE_SELF, &usage);
	printf("%llu items: listed in %.2f s, found by name in %.2f s, by id in %.2f s, "
	       "%llu left in %.2f s; peak RSS %ld KiB\n",
		(unsigned long long)items, listing, naming, by_id, (unsigned long long)left, rest,
		usage.ru_maxrss);
	return found == 2 * items ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct ledger_sqlite_options o = {.service = "bench", .org = "bench", .wake = wake};
	uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint32_t window = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1024;
	double start, wall, ours, all, n = (double)rows;
	struct rusage usage;
	struct error e;
	int r;

	if (rows == 0 || window == 0) {
		fprintf(stderr, "usage: bench_ledger LEDGER|:scratch: ROWS [WINDOW]\n");
		return 64;
	}
	if (strcmp(argv[1], ":scratch:") == 0)
		return scratch(rows);
	o.path = argv[1];
	jobs = calloc(window, sizeof(*jobs));
	r = strcmp(o.path, ":memory:") == 0 ? ledger_memory_create(wake, NULL, &ledger, &e)
					    : ledger_sqlite_open(&o, &ledger, &e);
	if (!jobs || r < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 3;
	}
	start = seconds(CLOCK_MONOTONIC);
	run_all(rows, window);
	wall = seconds(CLOCK_MONOTONIC) - start;
	ours = seconds(CLOCK_THREAD_CPUTIME_ID);
	all = seconds(CLOCK_PROCESS_CPUTIME_ID);
	ledger_end_run(ledger, true, "bench", &e);
	ledger_destroy(ledger);
	getrusage(RUSAGE_SELF, &usage);
	printf("%llu rows in %.2f s; CPU a row: writer %.2f us, caller %.2f us; peak RSS %ld KiB\n",
		(unsigned long long)rows, wall, (all - ours) / n * 1e6, ours / n * 1e6,
		usage.ru_maxrss);
	free(jobs);
	return 0;
}
