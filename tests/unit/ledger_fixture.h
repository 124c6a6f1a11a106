/* ledger_fixture.h - a ledger on disk in a scratch folder, asked one thing at a time. */
#pragma once

#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/macros.h"
#include "ledger/ledger.h"
#include "scratch.h"

#define SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"

static inline struct ledger_sqlite_options options_for(const char *path)
{
	return (struct ledger_sqlite_options){
		.path = path,
		.service = "https://platform.adobe.io:443/data/foundation/flowservice",
		.org = "1234@AdobeOrg",
		.settings = "rate=10/s",
	};
}

static inline struct ledger *begin(const char *path)
{
	struct ledger_sqlite_options o = options_for(path);
	struct ledger *l = NULL;
	struct error e = {0};

	if (ledger_sqlite_open(&o, &l, &e) < 0)
		fail_msg("%s", e.text);
	return l;
}

/* The message of an open that must fail with `code`. */
static inline const char *refusal(const struct ledger_sqlite_options *o, int code)
{
	static struct error e;
	struct ledger *l = NULL;
	int r;

	e = (struct error){0};
	r = ledger_sqlite_open(o, &l, &e);
	if (r == 0)
		ledger_destroy(l);
	if (r != code)
		fail_msg("answered %d (%s), not %d", r, e.text, code);
	return e.text;
}

static inline void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' does not say '%s'", text, words);
}

static inline struct ledger_request request(enum ledger_op op, uint64_t row, const char *name)
{
	return (struct ledger_request){
		.op = op,
		.ticket = (uint32_t)(row % 1000),
		.row = row,
		.sandbox = "prod",
		.name = name,
		.endpoint = "https://acme.service-now.com",
		.username = "integration",
		.spec_id = SPEC,
		.fingerprint = {1, 2, 3},
		.wall_ms = 1764000000000,
		.status = "created",
		.duration_ms = -1,
	};
}

static inline struct ledger_reply wait_for_reply(struct ledger *l)
{
	struct ledger_reply reply;

	ledger_flush(l);
	for (int i = 0; !ledger_next(l, &reply); i++) {
		if (i > 100000)
			fail_msg("no reply in 10 s");
		poll(NULL, 0, 0);
		if (i > 100)
			usleep(100);
	}
	return reply;
}

static inline struct ledger_reply try_request(struct ledger *l, const struct ledger_request *q)
{
	struct ledger_reply reply;

	ledger_submit(l, q);
	reply = wait_for_reply(l);
	assert_int_equal(reply.op, q->op);
	assert_int_equal(reply.ticket, q->ticket);
	return reply;
}

static inline struct ledger_reply ask_for(struct ledger *l, const struct ledger_request *q)
{
	struct ledger_reply reply = try_request(l, q);

	if (reply.error < 0)
		fail_msg("%s", ledger_error(l)->text);
	return reply;
}

static inline struct ledger_reply ask(
	struct ledger *l, enum ledger_op op, uint64_t row, const char *name)
{
	struct ledger_request q = request(op, row, name);

	return ask_for(l, &q);
}

static inline struct ledger_reply decide(
	struct ledger *l, uint64_t row, const char *name, enum ledger_standing standing)
{
	struct ledger_request q = request(LEDGER_OUTCOME, row, name);

	q.standing = standing;
	if (standing == LEDGER_DONE)
		q.id = "11111111-2222-4333-8444-555555555555";
	q.status = standing == LEDGER_DONE      ? "created"
		   : standing == LEDGER_REFUSED ? "failed"
		   : standing == LEDGER_REMOVED ? "deleted"
						: "unresolved";
	return ask_for(l, &q);
}

static inline struct ledger_reply recall(struct ledger *l, enum ledger_recall which)
{
	struct ledger_request q = {
		.op = LEDGER_RECALL, .ticket = 999, .recall = which, .sandbox = "prod"};

	return ask_for(l, &q);
}

/* The run ends in good order; its results are in place, or not. */
static inline void end(struct ledger *l, bool reported)
{
	struct error e = {0};

	if (ledger_end_run(l, reported, "created 1", &e) < 0)
		fail_msg("%s", e.text);
	ledger_destroy(l);
}

/* A run that does `story` and is killed in the middle of what it does then. */
static inline void killed_run(const char *path, void (*story)(struct ledger *l))
{
	int ready[2], status;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		story(begin(path));
		if (write(ready[1], "y", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}
