/* shell.h - the shell from inside: what binds the rooms to the loop.
 *
 * The engine knows a job by its number; everything that has bytes stays here,
 * in the slot of that number: the row, its secrets, what was answered, what the
 * ledger knew of it. Slots are never reallocated: others hold pointers into them.
 */
#pragma once

#include <stdatomic.h>
#include <uv.h>

#include "snowmelt/snowmelt.h"

#include "engine/engine.h"
#include "flow/search.h"
#include "flow/token.h"
#include "input/input.h"
#include "ledger/ledger.h"
#include "net/net.h"
#include "output/results.h"
#include "ledger/reader.h"
#include "output/summary.h"
#include "run/alarm.h"
#include "run/deletable.h"
#include "sys/secret.h"

/* Rows are read ahead so that no request waits for a commit, but not without
 * end: the engine's table, or this many bytes of rows, whichever is less. */
#define READ_AHEAD_MAX ((size_t)8 << 20)
#define SECRET_REGION_SIZE ((size_t)1 << 20) /* for rows */
/* An access token may be as old as a slow request; beyond so many, a fresh one waits. */
#define TOKENS_KEPT 8
#define TOKEN_SECRETS_MAX (TOKENS_KEPT + 1)                          /* and the client secret */
#define CREDENTIALS_SIZE (TOKEN_SECRETS_MAX * (FLOW_TOKEN_MAX + 64)) /* of the region */
#define BODY_MAX ((size_t)8 << 20) /* fields are bounded: no valid row comes near it */
#define URL_MAX ((size_t)16384)
#define PAST_MAX ((size_t)1 << 20) /* name, endpoint and username are fields; so same here */

/** Settings of a run, all owned. */
struct run_settings {
	struct snowmelt_options o; /* its text points into `text` */
	char **text;
	size_t text_count;
	/* In the secret region; of the two one is there, the other NULL. */
	char *token; /* until tokens_init() */
	char *client_secret;
	enum line_format format;
};

/** An access token, in the secret region. */
struct token {
	char *value;         /* its place, FLOW_TOKEN_MAX bytes; NULL: not taken */
	uint32_t generation; /* 0: nothing is in it */
	uint32_t carried;    /* requests in flight that have it */
};

struct tokens {
	struct token kept[TOKENS_KEPT];
	struct token *newest; /* NULL before the first */
	uint32_t generation;  /* of the newest, as the engine counts */

	struct buf body;                   /* of the fetch under way */
	struct net_transfer *transfer;     /* NULL when there is none */
	nsec_t asked_at;                   /* when it was sent */
	struct flow_grant_verdict verdict; /* of the last one */
	bool failing;                      /* and it was told that there is none yet */
};

/** A search of one row, of a listing or an inventory: only while there is a doubt. */
struct look {
	struct flow_cursor cursor;
	struct flow_hits hits;
	char tag[17];       /* key of the row's tag; "" for none */
	bool met;           /* calibration: the connection that must be there was listed */
	uint64_t foreign;   /* inventory: items of another connectionSpec, which are left out */
	uint32_t items_out; /* inventory: items that the ledger has not taken yet */
	bool page_held;     /* inventory: its page is answered once it has */
	uint32_t sandbox;   /* inventory */
	uint32_t scope;     /* same */
};

/** What the ledger had of a row when it was claimed or recalled. */
struct past {
	bool there;
	struct ledger_record record; /* its text stands in `text` */
	struct buf text;
};

/** What the line of a row will say beside the row itself. */
struct record {
	struct flow_verdict answer; /* the last create's; code, message of a failed lookup too */
	char id[FLOW_UUID_SIZE];
	char etag[FLOW_ETAG_SIZE];
	int http_status;      /* of the last create, 0 when it had no answer */
	uint64_t earlier_row; /* a repeated name: the row that has it */
	bool duplicate;
	uint8_t fingerprint[LEDGER_FINGERPRINT_SIZE];
	int64_t intent_ms;  /* wall clock, of the first intent that stands; 0: none */
	int64_t started_ms; /* wall clock, first create of this run; 0: none */
	nsec_t started_at;
	nsec_t decided_at; /* outcome ordered; 0: not yet */
	bool recorded;     /* and durable in the ledger */
	bool deleting;     /* an intent to delete it stands, or is on its way */
	bool passed;       /* verify: its own test did; what follows is of its tables */
	bool explored;     /* these were counted */
	uint64_t tables;
	enum deletable deletable; /* rollback */
	bool renamed;             /* it was asked for by its plain name, too */
};

enum slot_kind {
	SLOT_FREE,   /* or a listing's, which has a look and nothing else */
	SLOT_ROW,    /* of the input */
	SLOT_GONE,   /* a doubt that the input does not name */
	SLOT_RELOOK, /* a row that was sent again after a doubt: looked at once more */
	SLOT_PROBE,  /* a connection that is there: do lookups find it? */
};

struct slot {
	enum slot_kind kind;
	struct row row; /* but for a SLOT_ROW its text is that of `past` */
	struct record record;
	struct past past;
	bool updating;             /* claimed to be updated */
	bool by_intent;            /* looked for as the ledger recorded it, not as the row is */
	bool held;                 /* its EVENT_ROW waits for a last look at its name */
	bool asked_again;          /* check: nothing of it had left the first time */
	struct engine_event claim; /* that event */
	size_t bytes;              /* its part of row_bytes */
	struct look *look;         /* NULL but in doubt, and of a listing */
	struct exchange *exchange; /* the request in flight */
};

/** A name that is looked at once more, for an earlier run. */
struct relooked {
	uint64_t hash;
	uint32_t job;
};

/** One request in flight; as many as the window may hold, reused. */
struct exchange {
	struct snowmelt *run;
	struct exchange *next_free;
	uint32_t job;
	uint32_t sandbox;
	uint32_t scope; /* of a listing or an inventory */
	struct token *token;
	enum engine_request request;
	enum flow_part part; /* of a request by id */
	struct buf url, body, description;
	struct net_transfer *transfer;
};

/** Header lists of a sandbox, for the newest token. */
struct sandbox_headers {
	struct net_headers *create, *read;
	char refusal_code[64]; /* the sandbox was refused as a whole: with this */
	char refusal[512];
};

struct words;
struct check;

/** What a command makes of a run; the engine is the same for all. One row of a table in
 * purpose.c each. */
struct purpose {
	enum input_kind reads;
	bool input_only;     /* no rows come from the ledger */
	bool independent;    /* each row asks a server of its own, without a token */
	bool lists;          /* it wants to know what the server has, and writes nothing down */
	const char *results; /* what stands behind X of X.csv for them; NULL: none are written */
	/** Open s->ledger: 0 or a negative errno with the sentence in s->error. NULL: it needs
	 * none, nor the loop. */
	int (*open_ledger)(struct snowmelt *s);
	/** Hand rows to the READ orders that are out. @return whether anything came of it */
	bool (*read)(struct snowmelt *s);
	/** A row of the input was read into the slot: claim it, and tell the engine. */
	void (*row_came)(struct snowmelt *s, struct slot *slot, uint32_t job);
	/** The ledger has answered its claim. */
	void (*claimed)(struct snowmelt *s, const struct ledger_reply *reply);
	/** ACTION_WRITE_INTENT. */
	void (*intend)(struct snowmelt *s, uint32_t job);
	/** ACTION_EMIT of a row of the input. */
	void (*tell)(struct snowmelt *s, struct slot *slot, const struct engine_action *a);
	/** What that line says of it. */
	void (*words)(const struct snowmelt *s, const struct slot *slot,
		const struct engine_action *a, struct words *ret);
	/** ACTION_SEND, where it is not the Flow Service that is asked: fill URL and headers, of
	 * which a reference is handed over. NULL: it is. */
	void (*ask)(struct snowmelt *s, struct exchange *x, struct net_request *ret);
	/** What came back; EVENT_ANSWER. */
	void (*answered)(struct exchange *x, const struct net_answer *a);
	/** All that was asked is known: say what it comes to, from a second reading of the
	 * input. NULL: the results say it. @return enum snowmelt_exit */
	enum snowmelt_exit (*report)(struct snowmelt *s);
	bool reports_half; /* also when it was stopped before all was asked */
	/** It has neither rows nor files nor an engine, and runs the loop itself. NULL: it has. */
	enum snowmelt_exit (*drive)(struct snowmelt *s);
	/** What came of tokens_fetch(), where there is no engine to tell. */
	void (*token_told)(struct snowmelt *s, const struct engine_event *ev);
};

struct snowmelt {
	const struct purpose *purpose;
	struct run_settings settings;
	struct snowmelt_callbacks cb;
	struct input *input;
	struct input_survey survey; /* of a regular file */
	struct secret_region *secrets;
	struct error error;         /* the first fatal sentence of ours */
	struct error refusal;       /* the first of the server's that concerns all rows */
	struct error token_refusal; /* its last one of a token */
	struct tokens tokens;

	struct engine *engine;
	struct ledger *ledger;
	struct results *results;
	struct net *net;
	struct summary summary;
	char *results_path, *ledger_path;
	struct check *check;          /* of check --probe; NULL before and else */
	uint64_t targets;             /* verify: rows with an id; rollback: to be deleted */
	char left_alone[512];         /* rollback: of the others, how many for which reason */
	struct ledger_reader *reader; /* verify: of the ledger that it was given */
	int64_t reader_cursor;
	uint64_t reader_rows;
	struct plan *plan;   /* plan: what it needs beside all this; NULL before open_ledger */
	struct bench *bench; /* bench: the same; only within its drive */

	struct slot *slots;
	uint32_t slot_count;
	struct exchange *exchanges, *free_exchange;
	struct sandbox_headers *sandboxes; /* INPUT_SCOPES_MAX */
	struct buf create_url;

	/* reading */
	enum engine_source source; /* of the READ orders that are out */
	uint32_t *reads;           /* ring of jobs with a READ order out */
	uint32_t read_head, read_count;
	uint32_t claims_out, recalls_out;
	uint32_t recalls_void; /* replies to come that nobody waits for any more */
	size_t row_bytes;
	struct relooked *relooks;
	uint32_t relook_count;
	bool input_over, input_told; /* no more rows; the engine knows */
	bool input_bad;              /* the input went bad: exit 3 */
	bool input_halts;            /* and what was not sent yet must not be */
	bool input_waits;            /* a pipe has nothing now: its poll is on */

	/* the loop */
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_idle_t idle; /* on while a turn had more to do than it may */
	struct alarm alarm;
	uv_timer_t progress_timer;
	uv_async_t wake_async; /* a stop was asked for, or the ledger has replies */
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
	bool ledger_lost;          /* its first error was told */
	uint64_t ledger_out;       /* requests to it that are not answered */
	bool durable;              /* it survives this run */
	int64_t server_offset_ms;  /* the server's wall clock less ours */
	char last_trouble[512];    /* why the last request had no answer; "": all had one */
	char listing_trouble[512]; /* why the last page of an inventory could not be had */
	char listing_sandbox[257]; /* and whose it was */
};

/* run_settings.c */
int run_settings_take(struct run_settings *s, const struct snowmelt_options *o,
	struct secret_region *secrets, struct error *reterr);
void run_settings_done(struct run_settings *s, struct secret_region *secrets);
/* tokens.c */
/** Take the places for tokens, and the token that was given: 0, or -ENOMEM with the
 * sentence in s->error. */
int tokens_init(struct snowmelt *s);
void tokens_done(struct snowmelt *s);
/** Tell the engine of the token that was given, if there is one. */
void tokens_begin(struct snowmelt *s);
void tokens_fetch(struct snowmelt *s);
/** Cut a fetch that is under way. */
void tokens_cut(struct snowmelt *s);
/** The newest token, which is of this generation, for a request; until tokens_drop(). */
struct token *tokens_carry(struct snowmelt *s, uint32_t generation);
void tokens_drop(struct snowmelt *s, struct token *t);
/** What no text of a server may hold beside the row's own secrets: how many. */
size_t tokens_secrets(const struct snowmelt *s, const char *dst[TOKEN_SECRETS_MAX]);

/* purpose.c */
const struct purpose *purpose_of(const struct snowmelt_options *o);

/* verify.c: as in struct purpose, of results … */
int verify_open(struct snowmelt *s);
void verify_row_came(struct snowmelt *s, struct slot *slot, uint32_t job);
/* … and of a ledger */
bool verify_is_ledger(const char *path);
int verify_open_ledger(struct snowmelt *s);
bool verify_read_ledger(struct snowmelt *s);

/* rollback.c: as in struct purpose */
int rollback_open(struct snowmelt *s);
void rollback_row_came(struct snowmelt *s, struct slot *slot, uint32_t job);
void rollback_claimed(struct snowmelt *s, const struct ledger_reply *reply);
void rollback_intend(struct snowmelt *s, uint32_t job);

/* plan.c: as in struct purpose … */
int plan_open(struct snowmelt *s);
bool plan_read(struct snowmelt *s);
void plan_intend(struct snowmelt *s, uint32_t job);
void plan_tell(struct snowmelt *s, struct slot *slot, const struct engine_action *a);
void plan_done(struct snowmelt *s);
/** A listing of a scope has `listed`, and behind it the server counts `counted`: does it lack
 * nothing but what was created meanwhile? To be asked of each that does not add up. */
bool plan_explains(struct snowmelt *s, uint32_t scope, uint64_t listed, uint64_t counted);
/* … and plan_report.c */
enum snowmelt_exit plan_report(struct snowmelt *s);

/* open.c */
/** As purpose.open_ledger: the one that a run writes, made where it is missing. */
int open_ledger_file(struct snowmelt *s);
/** None of the ledger's files is one of the results': 0 or -EINVAL with the sentence in
 * s->error. */
int open_check_paths(struct snowmelt *s);
/** Service, org and settings as a ledger wants them; the bufs hold the text.
 * @return 0 or a negative errno with the sentence in s->error */
int open_ledger_options(struct snowmelt *s, struct buf *service, struct buf *settings,
	struct ledger_sqlite_options *ret);
/** From any thread: the ledger has replies. */
void open_wake(void *arg);
/** Open ledger and results, say what is about to be done. @return enum snowmelt_exit */
int open_files(struct snowmelt *s);

/* end.c */
/** Put everything in place that the run came to, and say what that is. */
enum snowmelt_exit end_run(struct snowmelt *s);

/* turn.c */
/** Monotonic, read once a turn of the loop. */
nsec_t turn_now(struct snowmelt *s);
/** Tell the engine a fact. */
void turn_tell(struct snowmelt *s, const struct engine_event *ev);
/** Do everything that can be done now; from the loop's prepare phase. */
void turn_run(struct snowmelt *s);

/** Hand a request to the ledger; its reply comes in a later turn. */
void turn_ask(struct snowmelt *s, const struct ledger_request *q);

/* slot.c */
/** Count what the slot holds now. */
void slot_weigh(struct snowmelt *s, struct slot *slot);
/** Keep what the ledger knows of its row. */
void slot_remember(struct slot *slot, const struct ledger_record *r);
/** Its row is the one that the ledger knows. @return 0 or a negative errno: its scope
 * has no number */
int slot_as_recorded(struct snowmelt *s, struct slot *slot, const struct ledger_record *r);
/** What every request of a row to the ledger says; borrows from the slot. */
struct ledger_request slot_request(const struct slot *slot, enum ledger_op op, uint32_t job);
/** Empty it for whoever takes the number next. */
void slot_free(struct snowmelt *s, struct slot *slot);

/* read.c */
void read_order(struct snowmelt *s, const struct engine_action *a);
/** The job that the next row is for. */
uint32_t read_next(const struct snowmelt *s);
void read_taken(struct snowmelt *s);
/** No more rows from this source; void is what is still out. */
void read_ended(struct snowmelt *s, bool fatal);
/** Read rows for the orders that are out. @return whether anything came of it */
bool read_rows(struct snowmelt *s);
/** The input cannot be read any further. */
void read_failed(struct snowmelt *s, const struct error *error);
/** Once it is over: tell the engine after the last row's claim is answered, and not before.
 * @return whether it was told now */
bool read_tell_end(struct snowmelt *s);
/** As purpose.read: rows of the input, one a READ order. */
bool read_input(struct snowmelt *s);

/* claim.c */
#define CLAIM_FIELDS_FIXED 6
#define CLAIM_FIELDS_MAX (CLAIM_FIELDS_FIXED + ROW_PARAMS_MAX)
/** Everything that the row asks for, in an order that does not depend on its columns. */
size_t claim_fields(const struct row *row, struct ledger_field ret[CLAIM_FIELDS_MAX]);
/** Was it found, and made by somebody else? */
bool claim_is_adopted(const struct ledger_record *r);
struct engine_event claim_event(const struct slot *slot, uint32_t job, enum engine_claim claim);
/** As purpose.row_came: ask the ledger how far it has come. */
void claim_row_came(struct snowmelt *s, struct slot *slot, uint32_t job);
void claim_replied(struct snowmelt *s, const struct ledger_reply *reply);

/* recall.c */
/** Ask the ledger for rows, for the orders that are out. */
bool recall_rows(struct snowmelt *s);
void recall_replied(struct snowmelt *s, const struct ledger_reply *reply);

/* relook.c */
void relook_begin(struct snowmelt *s, uint32_t job);
/** Tell the engine of a claimed row; now, or after the last look at its name. */
void relook_tell_claim(struct snowmelt *s, struct slot *slot, const struct engine_event *ev);
void relook_end(struct snowmelt *s, const struct engine_action *a);

/* intent.c */
void intent_order(struct snowmelt *s, uint32_t job);
void intent_replied(struct snowmelt *s, const struct ledger_reply *reply);

/* byid.c */
/** URL, and for an update the body, of a request about one connection. */
void byid_begin(struct snowmelt *s, struct exchange *x, const struct engine_action *a);
/** The page of a read: how does it stand to what we know of it? */
enum engine_answer byid_page(struct snowmelt *s, struct exchange *x, const struct net_answer *a);

/* check.c: as purpose.report */
enum snowmelt_exit check_report(struct snowmelt *s);

/* check_probe.c: as in struct purpose */
int check_open(struct snowmelt *s);
void check_done(struct snowmelt *s); /* fine when it was not opened */
bool check_read(struct snowmelt *s);
void check_row_came(struct snowmelt *s, struct slot *slot, uint32_t job);
void check_ask(struct snowmelt *s, struct exchange *x, struct net_request *ret);
void check_answered(struct exchange *x, const struct net_answer *a);
void check_tell(struct snowmelt *s, struct slot *slot, const struct engine_action *a);

/* send.c */
/** Header lines that are gathered; they hold secrets. */
struct send_lines {
	char *line[16];
	size_t count;
};
/** `arg` is a struct send_lines. @return 0, or -1 without memory */
int send_line_add(void *arg, const char *line);
/** A list of them, which are wiped. @param r  of what gathered them: asserts that it is 0 */
struct net_headers *send_lines_take(struct send_lines *l, int r);
void send_order(struct snowmelt *s, const struct engine_action *a);
void send_cut(struct snowmelt *s, uint32_t job);
void send_headers_drop(struct snowmelt *s);
/** What the row wants there to be, with its tag if it gets one; in x->description.
 * @return 0, -ENOBUFS or -ENOMEM */
int send_desired(struct snowmelt *s, struct exchange *x, struct flow_connection *ret);

/* look.c */
/** The URL of a page or count. */
void look_begin(struct snowmelt *s, struct exchange *x, const struct engine_action *a);
struct look *look_of(struct slot *slot);
struct flow_wanted look_wanted(const struct slot *slot);
/** What these hits mean for this row, with id and etag or the conflict put down. */
enum engine_answer look_conclude(
	const struct snowmelt *s, struct slot *slot, const struct flow_hits *hits);
enum engine_answer look_page(struct snowmelt *s, struct exchange *x, const struct net_answer *a);

/* inventory.c */
void inventory_send(struct snowmelt *s, struct exchange *x, const struct engine_action *a);
/** @return whether the engine can be told now; else the ledger's reply says it */
bool inventory_page(struct snowmelt *s, struct exchange *x, const struct net_answer *a,
	enum engine_answer *ret);
/** A page could not be had: remember why, in case that it ends the run. */
void inventory_unread(struct snowmelt *s, uint32_t sandbox, const char *why);
/** The ledger has an item, or never will. */
void inventory_taken(struct snowmelt *s, const struct ledger_reply *reply);
void inventory_replied(struct snowmelt *s, const struct ledger_reply *reply);

/* probe.c */
void probe_copy(struct snowmelt *s, uint32_t job, uint32_t from);
void probe_recall(struct snowmelt *s, uint32_t job, uint32_t sandbox);
void probe_recalled(struct snowmelt *s, const struct ledger_reply *reply);

/* judge.c */
/** The answer as flow takes it, without secrets. */
struct flow_reply judge_reply(const struct net_answer *a);
void judge_answer(struct exchange *x, const struct net_answer *a);

/* outcome.c */
/** What came of the row's creates: those of this run, or of the one that is told. */
struct outcome {
	uint32_t attempts;
	int http_status;
	const char *request_id;
	int64_t started_ms, duration_ms;
};
struct outcome outcome_of(const struct slot *slot, const struct engine_action *a, nsec_t now);
void outcome_order(struct snowmelt *s, const struct engine_action *a);
void outcome_replied(struct snowmelt *s, const struct ledger_reply *reply);
/** Log every row whose answer the ledger could not take. */
void outcome_log_lost(const struct snowmelt *s);

/* tell.c */
void tell_line(struct snowmelt *s, const struct engine_action *a);
/** As purpose.tell: a line of the results. */
void tell_row(struct snowmelt *s, struct slot *slot, const struct engine_action *a);
void tell_output_failed(struct snowmelt *s);

/* words.c */
enum status words_status(enum engine_outcome o);
/** error_code and error of a line; both may come out "". */
struct words {
	const char *code;
	char text[1024];
};
/** As purpose.words, of a run. */
void words_for_run(const struct snowmelt *s, const struct slot *slot, const struct engine_action *a,
	struct words *ret);
/** The same, of a row that was to be updated. */
void words_for_update(const struct slot *slot, const struct engine_action *a, struct words *ret);
/** As purpose.words, of verify and rollback. */
void words_for_verify(const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a, struct words *ret);
void words_for_rollback(const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a, struct words *ret);
/** The same, of a row that the run has not come to, or got nothing from.
 * @param not_done  "not created" */
void words_say_skipped(struct words *w, const struct slot *slot, const struct engine_action *a,
	const char *not_done);
/** Text of others may be in it: nothing there moves a terminal's cursor. */
void words_say(struct words *w, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/** What the last answer said, never "". */
const char *words_last(const struct slot *slot);
bool words_ended_by_hand(enum engine_end end);
/** Why the run ended early, for a human; "" when it did not. */
void words_end(const struct snowmelt *s, char *dst, size_t dst_len);

/* bench.c */
/** May this be put under load? @return false, with the sentence in reterr: usage */
bool bench_is_allowed(const struct snowmelt_options *o, struct error *reterr);
/** As purpose.drive and purpose.token_told. */
enum snowmelt_exit bench_drive(struct snowmelt *s);
void bench_token_told(struct snowmelt *s, const struct engine_event *ev);

/* run.c */
void run_message(const struct snowmelt *s, const char *text);
/** Does the same command once more do no harm? */
bool run_may_be_repeated(const struct snowmelt *s);
