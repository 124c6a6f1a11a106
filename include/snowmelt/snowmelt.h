/* snowmelt.h - create Adobe Experience Platform base connections from a CSV.
 *
 * The public API of libsnowmelt: an opaque run, its options, and callbacks for
 * what it has to say. Blocking: snowmelt_run() owns an event loop until the run
 * has ended. Not thread-safe, except snowmelt_stop(). One run at a time in a
 * process (libcurl, the log and process hardening are the process's).
 *
 * Sources: Adobe's Flow Service API (POST and GET /connections), RFC 9110
 * (Retry-After, dates), RFC 4180 (CSV).
 */
#ifndef SNOWMELT_H
#define SNOWMELT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SNOWMELT_VERSION "0.1.0"

#if defined(__GNUC__)
#define SNOWMELT_API __attribute__((visibility("default")))
#else
#define SNOWMELT_API
#endif

/** The version of the library that is linked: "0.1.0". */
SNOWMELT_API const char *snowmelt_version(void);

/** Exit status of the program, and what snowmelt_run() returns. */
enum snowmelt_exit {
	SNOWMELT_OK = 0,          /* every row is fine */
	SNOWMELT_ROWS = 1,        /* some rows are not */
	SNOWMELT_HALTED = 2,      /* by the halt rule, an outage or a long Retry-After; PLAN: there
	                           * is something to do */
	SNOWMELT_FATAL = 3,       /* configuration, credentials, input or ledger */
	SNOWMELT_INTERRUPTED = 4, /* stopped: run it again to go on */
	SNOWMELT_USAGE = 64,
	SNOWMELT_LOCKED = 75, /* another run holds the ledger or the results */
};

enum snowmelt_halt { SNOWMELT_HALT_NEVER, SNOWMELT_HALT_SOON, SNOWMELT_HALT_NOW };
enum snowmelt_format { SNOWMELT_FORMAT_AUTO, SNOWMELT_FORMAT_CSV, SNOWMELT_FORMAT_JSONL };

/** What a run is for. */
enum snowmelt_command {
	SNOWMELT_COMMAND_RUN,      /* create what is missing; with `update`, send what differs */
	SNOWMELT_COMMAND_CHECK,    /* validate every row; with `probe`, ask each instance */
	SNOWMELT_COMMAND_PLAN,     /* tell what a run would do; reads, never writes */
	SNOWMELT_COMMAND_VERIFY,   /* the input is a results file: test each id */
	SNOWMELT_COMMAND_ROLLBACK, /* the same: delete what was created */
	SNOWMELT_COMMAND_BENCH,    /* creates at a fixed rate, timed, and deleted again; it has no
	                            * input, ledger or results */
};

enum snowmelt_report_format {
	SNOWMELT_REPORT_TEXT, /* for people; text of others has its control characters as \xNN */
	SNOWMELT_REPORT_CSV,
	SNOWMELT_REPORT_JSONL,
};

/**
 * What to do. Set the whole with snowmelt_options_init(), then change fields.
 * Text is borrowed until snowmelt_create() returns, which copies it; the
 * caller wipes its own copies of secrets. Durations are nanoseconds.
 */
struct snowmelt_options {
	enum snowmelt_command command;

	/* input */
	const char *input;      /* path, "-" is standard input */
	const char *const *map; /* "name=Instance Name" */
	size_t map_count;
	const char *const *carry;
	size_t carry_count;
	const char *secrets_dir; /* NULL: the input's folder */
	char delimiter;          /* 0: detect */
	bool allow_http_endpoints;

	/* Adobe */
	const char *url;
	const char *org;
	const char *api_key; /* NULL: the client id */
	const char *sandbox; /* of rows that name none */
	/* Either a token, which is used for as long as it lasts, or all of a client that gets
	 * its tokens from token_url and renews them. Both together are an error (3). */
	const char *access_token;  /* secret */
	const char *client_id;     /* of an OAuth server-to-server credential */
	const char *client_secret; /* secret */
	const char *scopes;        /* parted by commas or blanks */
	const char *token_url;     /* https, or http on this machine */
	const char *cacert, *client_cert, *client_key, *proxy;

	/* traffic */
	uint32_t concurrency;
	double rate_per_s; /* 0: none */
	uint32_t burst;    /* 0: what 10 ms of the rate holds, at least 2 */
	uint32_t attempts;
	int64_t settle, settle_timeout, max_retry_after;
	int64_t give_up_after; /* negative: 15 min, or 1 min where the server never answered */
	int64_t connect_timeout, timeout;
	enum snowmelt_halt halt;
	uint64_t halt_fails;
	bool halt_percent;
	bool has_seed;
	uint64_t seed;
	bool no_inventory; /* do not list first what is there: narrows the promise to the ledger's
	                    * rows */
	bool tag;          /* append " [snowmelt:KEY]" to descriptions, which tells what is found:
	                    * ours, and not another of its name */
	bool resend_unresolved; /* send rows that an earlier run left unresolved, when one lookup
	                         * more has not found them */

	bool update;  /* RUN: send rows that differ from what was sent, guarded by their etag */
	bool adopted; /* and those that were adopted, once, whether they differ or not: their
	               * secrets on the server are unknown */
	bool explore; /* VERIFY: count the tables of each connection that works */
	bool force;   /* ROLLBACK: delete also what someone else has changed since */
	bool probe;   /* CHECK: ask each ServiceNow instance whether its login works */
	const char *probe_table; /* NULL: sys_user */
	/* BENCH. Arrivals come at rate_per_s, which is required, by a schedule that is fixed
	 * beforehand: each is one create, never sent again. Latency counts from the moment that the
	 * schedule meant. One that finds `concurrency` in flight is dropped, and counted. The names
	 * are "PREFIX RUN N", RUN at random; what was created is deleted at the end, also after
	 * snowmelt_stop(), of which a second one gives that up, too, and names what is left.
	 * `report`: TEXT, or JSONL for one JSON object. */
	int64_t duration, warmup; /* arrivals of the warm-up come before, and are not counted */
	bool poisson;             /* at random intervals (seed), not constant ones */
	bool keep;                /* do not delete */
	bool own_service;         /* a host that is not loopback is fine; without it: 64 */
	const char *prefix;       /* NULL: "snowmelt-bench" */
	const char *plot;         /* write the distribution here, for gnuplot; NULL: do not */

	/* What CHECK tells as CSV, a line a row: row, line, name, faults (joined by "; "); with
	 * `probe` also probe_code, probe_message, probe_status, probe_until. As JSON Lines, an
	 * object a row: row, line, name, faults (an array of all); with `probe` also probe: an
	 * object of code, message, status (HTTP) and until (RFC 3339), or null where nothing was
	 * to be asked. It asks nothing of Adobe: of the options it takes those of the input, and
	 * with `probe` cacert, proxy, timeouts, concurrency and rate. An input that is no regular
	 * file cannot be probed (64). */
	enum snowmelt_report_format report; /* CHECK, PLAN, BENCH: told by `output` */

	/* files */
	const char *results; /* NULL: beside the input, INPUT less .csv + .results.csv */
	const char *ledger;  /* NULL: beside the input, INPUT less .csv + .ledger; "memory:" is
	                      * kept in memory and survives nothing */
	enum snowmelt_format format;
	bool excel_safe;
	/* VERIFY and ROLLBACK: results are X.verify.csv and X.rollback.csv for X.csv, and the
	 * ledger is X.ledger for X.results.csv.
	 * An input that is no regular file has nothing beside it: both must be named (64). */
};

SNOWMELT_API void snowmelt_options_init(struct snowmelt_options *o);

/** What a run is about to do, after the first reading and before the first request. */
struct snowmelt_plan {
	const char *url, *org, *results, *ledger;
	const char *const *sandboxes;
	size_t sandbox_count;
	bool counted; /* false on a pipe: rows are not known */
	uint64_t rows, invalid;
	enum snowmelt_command command;
	uint64_t targets; /* VERIFY: ids to test; ROLLBACK: to delete, as results and ledger say;
	                   * BENCH: creates that will be sent, about */
	const char *left_alone; /* ROLLBACK: the other rows, "2 adopted, 1 in doubt" */
	const char *names;      /* BENCH: what the names begin with */
};

struct snowmelt_progress {
	uint64_t rows, rows_total; /* total 0: unknown */
	uint64_t not_fine;
	uint64_t requests;
	uint32_t in_flight, window;
	int64_t elapsed, paused_for; /* nanoseconds */
	bool breaker_open;
};

/** One finished row; all borrowed. Field by field the results file's columns. */
struct snowmelt_result {
	uint64_t row, line;
	const char *name, *sandbox, *endpoint, *status, *id, *etag;
	int http_status;
	const char *error_code, *error;
	uint32_t attempts;
	const char *request_id;
};

/** All may be NULL; called on the thread of snowmelt_run(). */
struct snowmelt_callbacks {
	/** Return false to call it off: exit 4, nothing sent. */
	bool (*confirm)(void *arg, const struct snowmelt_plan *plan);
	void (*result)(void *arg, const struct snowmelt_result *r);
	void (*progress)(void *arg, const struct snowmelt_progress *p); /* twice a second */
	/** One error sentence, "what is wrong: what to do", for standard error. */
	void (*message)(void *arg, const char *text);
	/** The summary, whole, for standard output. */
	void (*summary)(void *arg, const char *text);
	/** CHECK, PLAN, BENCH and snowmelt_status(): whole lines for standard output, one piece after
	 * the other.
	 *
	 * PLAN, as CSV or JSON Lines: row, line, name, sandbox, action, fields, id, reason. The
	 * rows in input order; then, with row and line empty, what is gone and what is extra.
	 * `action` is create, adopt, change, nothing, conflict, invalid, gone or extra. `fields`
	 * are parted by ", ": columns, "a parameter or auth_spec" of other sources, "description
	 * or password" of what was adopted. */
	void (*output)(void *arg, const char *text);
	void *arg;
};

struct snowmelt;

/**
 * Check the options and open the input.
 *
 * @param ret_error  why not; always terminated
 * @return SNOWMELT_OK, or the exit status (3, 64, 75) with the sentence
 */
SNOWMELT_API int snowmelt_create(const struct snowmelt_options *o,
	const struct snowmelt_callbacks *cb, struct snowmelt **ret, char *ret_error,
	size_t ret_error_len);

/** Run to the end. @return enum snowmelt_exit; what went wrong was told by `message` */
SNOWMELT_API int snowmelt_run(struct snowmelt *s);

/**
 * Ask a run to stop: the first call lets what is in flight finish, the second
 * cuts it. Any thread, and from a signal handler.
 */
SNOWMELT_API void snowmelt_stop(struct snowmelt *s);

SNOWMELT_API void snowmelt_destroy(struct snowmelt *s); /* fine on NULL */

/** Zeroed but for the input is a good start. */
struct snowmelt_status_options {
	const char *input;  /* its name tells where the ledger is; it need not be there */
	const char *ledger; /* NULL: beside the input */
	enum snowmelt_report_format format;
	bool unresolved; /* not the totals, but the rows in doubt, one by one */
};

/**
 * Tell by `output` what the ledger says, also while a run is going, which is not
 * disturbed. Needs no credentials.
 *
 * The totals as CSV or JSON Lines: kind, status, error_code, count, example_row,
 * example, run, state, started_at, finished_at, service, org, totals. The first has
 * the kind "run" and fills the columns from `run` on (`state`: going, finished or
 * died); each further one the kind "rows", for the rows that have its status and
 * error_code. A status is one of the results', or pending (read, and nothing is sent),
 * open (about to be created, or created, and no outcome is written) or deleting (the same
 * of a deletion).
 *
 * The rows in doubt: row, name, sandbox, intent_at, status (open or unresolved),
 * error_code, error.
 *
 * @return SNOWMELT_OK; SNOWMELT_FATAL when there is no ledger or it cannot be read, or
 *         SNOWMELT_USAGE when nothing names it, as `message` has told
 */
SNOWMELT_API int snowmelt_status(
	const struct snowmelt_status_options *o, const struct snowmelt_callbacks *cb);

/**
 * Write the results again from the ledger, and tell the summary.
 *
 * Of the options those of the input and of the files count, and the sandbox. No
 * credentials and no secrets of rows are needed: a reference need not resolve. A row has the
 * status that the ledger has for it (`created` stays so, what a rollback has deleted is
 * `deleted`); one that it has an intent or a doubt of is `unresolved`, one that it does not know, or that was never sent,
 * `skipped`. Rows are found by sandbox and name; whether a row's secrets are those that
 * were sent is not looked at.
 *
 * @return SNOWMELT_OK, SNOWMELT_ROWS; or SNOWMELT_FATAL, SNOWMELT_USAGE or
 *         SNOWMELT_LOCKED, as `message` has told: then the results are as they were
 */
SNOWMELT_API int snowmelt_results(
	const struct snowmelt_options *o, const struct snowmelt_callbacks *cb);

#ifdef __cplusplus
}
#endif
#endif
