/* shell.h - the shell from inside: what binds the rooms to the loop.
 *
 * The engine knows a job by its number; everything that has bytes stays here,
 * in the slot of that number: the row, its secrets, what was answered. Slots
 * are never reallocated: others hold pointers into them.
 */
#pragma once

#include <stdatomic.h>
#include <uv.h>

#include "snowmelt/snowmelt.h"

#include "engine/engine.h"
#include "flow/search.h"
#include "input/input.h"
#include "ledger/ledger.h"
#include "net/net.h"
#include "output/results.h"
#include "output/summary.h"
#include "sys/secret.h"

/* Rows are read ahead so that no request waits for a commit, but not without
 * end: the engine's table, or this many bytes of rows, whichever is less. */
#define READ_AHEAD_MAX ((size_t)8 << 20)
#define SECRET_REGION_SIZE ((size_t)1 << 20)
#define BODY_MAX ((size_t)8 << 20) /* fields are bounded: no valid row comes near it */
#define URL_MAX ((size_t)16384)

/** Settings of a run, all owned. */
struct run_settings {
	struct snowmelt_options o; /* its text points into `text` */
	char **text;
	size_t text_count;
	char *token; /* in the secret region */
	enum line_format format;
};

/** A search of one row, or of a listing: only while there is a doubt. */
struct look {
	struct flow_cursor cursor;
	struct flow_hits hits;
};

/** What the line of a row will say beside the row itself. */
struct record {
	struct flow_verdict answer; /* the last create's; code, message of a failed lookup too */
	char id[FLOW_UUID_SIZE];
	char etag[FLOW_ETAG_SIZE];
	int http_status;      /* of the last create, 0 when it had no answer */
	uint64_t earlier_row; /* a repeated name: the row that has it */
	bool duplicate;
	int64_t intent_ms;  /* wall clock, when the intent was ordered */
	int64_t started_ms; /* wall clock, first create; 0: none */
	nsec_t started_at;
	nsec_t decided_at; /* outcome ordered; 0: not yet */
};

struct slot {
	struct row row;
	bool taken; /* a row is in it */
	struct record record;
	struct look *look;         /* NULL but in doubt, and of a listing */
	struct exchange *exchange; /* the request in flight */
};

/** One request in flight; as many as the window may hold, reused. */
struct exchange {
	struct snowmelt *run;
	struct exchange *next_free;
	uint32_t job;
	uint32_t sandbox;
	enum engine_request request;
	struct buf url, body;
	struct net_transfer *transfer;
};

/** Header lists of a sandbox, for the newest token. */
struct sandbox_headers {
	struct net_headers *create, *read;
	char refusal_code[64]; /* the sandbox was refused as a whole: with this */
	char refusal[512];
};

struct snowmelt {
	struct run_settings settings;
	struct snowmelt_callbacks cb;
	struct input *input;
	struct input_survey survey; /* of a regular file */
	struct secret_region *secrets;
	struct error error;   /* the first fatal sentence of ours */
	struct error refusal; /* the first of the server's that concerns all rows */

	struct engine *engine;
	struct ledger *ledger;
	struct results *results;
	struct net *net;
	struct summary summary;
	char *results_path;

	struct slot *slots;
	uint32_t slot_count;
	struct exchange *exchanges, *free_exchange;
	struct sandbox_headers *sandboxes; /* INPUT_SCOPES_MAX */
	struct buf create_url;

	/* reading */
	uint32_t *reads; /* ring of jobs with a READ order out */
	uint32_t read_head, read_count;
	uint32_t claims_out;
	size_t row_bytes;
	bool input_over, input_told; /* no more rows; the engine knows */
	bool input_bad;              /* the input went bad: exit 3 */
	bool input_halts;            /* and what was not sent yet must not be */
	bool input_waits;            /* a pipe has nothing now: its poll is on */

	/* the loop */
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_idle_t idle; /* on while a turn had more to do than it may */
	uv_timer_t timer, progress_timer;
	uv_async_t stop_async;
	uv_poll_t input_poll;
	bool has_input_poll, loop_open, handles_open;
	bool turn_known; /* `turn_now` is this turn's */
	nsec_t turn_now;
	nsec_t started_at;
	_Atomic int stops_asked;
	atomic_bool async_ready;
	int stops_told;
	bool over; /* ACTION_DONE came */
	struct engine_action end;
	bool output_failed;
	bool ledger_lost;         /* its first error was told */
	int64_t server_offset_ms; /* the server's wall clock less ours */
};

/* run_settings.c */
int run_settings_take(struct run_settings *s, const struct snowmelt_options *o,
	struct secret_region *secrets, struct error *reterr);
void run_settings_done(struct run_settings *s, struct secret_region *secrets);
/** INPUT less .csv and ".results.csv" (or .jsonl) behind; NULL without memory. */
char *run_settings_results_path(const struct run_settings *s);

/* turn.c */
/** Monotonic, read once a turn of the loop. */
nsec_t turn_now(struct snowmelt *s);
/** Tell the engine a fact. */
void turn_tell(struct snowmelt *s, const struct engine_event *ev);
/** Do everything that can be done now; from the loop's prepare phase. */
void turn_run(struct snowmelt *s);

/* read.c */
void read_order(struct snowmelt *s, uint32_t job);
/** Read rows for the orders that are out. @return whether anything came of it */
bool read_rows(struct snowmelt *s);
void read_claimed(struct snowmelt *s, const struct ledger_reply *reply);

/* send.c */
void send_order(struct snowmelt *s, const struct engine_action *a);
void send_cut(struct snowmelt *s, uint32_t job);
void send_headers_drop(struct snowmelt *s);
struct flow_wanted send_wanted(const struct slot *slot);

/* judge.c */
void judge_answer(struct exchange *x, const struct net_answer *a);

/* tell.c */
/** What every request of a row to the ledger says; borrows from the slot. */
struct ledger_request tell_request(const struct slot *slot, enum ledger_op op, uint32_t job);
void tell_intent(struct snowmelt *s, uint32_t job);
void tell_outcome(struct snowmelt *s, const struct engine_action *a);
void tell_line(struct snowmelt *s, const struct engine_action *a);
void tell_output_failed(struct snowmelt *s);

/* words.c */
enum status words_status(enum engine_outcome o);
/** error_code and error of a line; both may come out "". */
struct words {
	const char *code;
	char text[1024];
};
void words_for(const struct snowmelt *s, const struct slot *slot, const struct engine_action *a,
	struct words *ret);
/** Why the run ended early, for a human; "" when it did not. */
void words_end(const struct snowmelt *s, char *dst, size_t dst_len);

/* run.c */
void run_message(const struct snowmelt *s, const char *text);
