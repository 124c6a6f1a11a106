/* answer.h - what an answer means. Pure: bytes in, a verdict out.
 *
 * The table of what each answer to a create means stands at the head of
 * answer.c, line by line as the tests have it. Three shapes of error bodies are
 * read (gateway `error_code`/`message`; Flow Service problem details `type`,
 * `report`; older `errorMessage`). A 4xx or 5xx is judged by its status,
 * whatever the body says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"

/** How the transport ended; `run` maps the transport's own enum to it. */
enum flow_transport {
	FLOW_T_ANSWERED,    /* a whole answer: status, headers, body to its end */
	FLOW_T_CUT_OFF,     /* a status came, the body not to its end */
	FLOW_T_DNS,         /* no address for the host */
	FLOW_T_CONNECT,     /* no connection */
	FLOW_T_TLS,         /* handshake failed, not by a certificate */
	FLOW_T_CERTIFICATE, /* the server's certificate was refused */
	FLOW_T_LOCAL,       /* our own certificate, key or CA file is unusable */
	FLOW_T_PROXY,       /* CONNECT answered 407 or 403 */
	FLOW_T_TIMEOUT,     /* connect or total time-out, or our watchdog */
	FLOW_T_BROKEN,      /* reset, empty reply, anything else after the start */
	FLOW_T_VETO,        /* libcurl wanted to send the body a second time */
	FLOW_T_CANCELLED,   /* cut by an order of the engine */
};

enum flow_class {
	FLOW_CREATED,
	FLOW_DOUBTFUL,           /* complete but unreadable: look up */
	FLOW_NOT_SENT,           /* the request never began to leave */
	FLOW_BROKEN,             /* began to leave, no complete answer: look up at once */
	FLOW_TIMED_OUT,          /* same by time-out: the long settle */
	FLOW_THROTTLED,          /* 429 of the gateway or with Retry-After: not executed */
	FLOW_THROTTLED_DOUBTFUL, /* any other 429 */
	FLOW_OVERLOAD,           /* 500, 502, 503: doubtful, the short settle */
	FLOW_OVERLOAD_TIMEOUT,   /* 408, 504: doubtful, the long settle */
	FLOW_CLASH,              /* 409: look up; none found: failed */
	FLOW_TOKEN,              /* 401: the token, not the request */
	FLOW_FATAL,              /* every row would fail alike */
	FLOW_FATAL_SANDBOX,      /* every row of this sandbox would fail alike */
	FLOW_REJECTED,           /* other 4xx: this row is refused */
	FLOW_PAGE,               /* lookups and listings: a 200 read to its end */
	FLOW_UPDATED,            /* PATCH: a 200; its etag, when it shows one */
	FLOW_STALE,              /* PATCH: 412, or 1404-412: not executed */
	FLOW_PASSED,             /* test: 200 {"result": true} */
	FLOW_FAILED,             /* test: 200 {"result": false} */
	FLOW_EXPLORED,           /* explore: a 200 with an array, counted */
	FLOW_DELETED,            /* DELETE: 204; 202 or 200 unless with a page that is no JSON */
	FLOW_GONE,               /* 404 in a shape of the Flow Service, and not of a sandbox */
	FLOW_IN_USE,             /* DELETE: 1418-400 */
};

#define FLOW_UUID_SIZE 37
#define FLOW_ETAG_SIZE 256

/** The raw answer; all borrowed for the call. */
struct flow_reply {
	enum flow_transport transport;
	const char *trouble; /* what libcurl says of a transport error, or NULL */
	bool began;          /* the body (or a GET's request) began to leave */
	int status;          /* HTTP status, 0 when none came */
	const char *body;    /* NULL when none; not NUL-terminated */
	size_t body_len;
	const char *retry_after; /* header values, NULL when absent */
	const char *date;
	const char *request_id;
	int64_t wall_ms;            /* when it came, for a Retry-After date without Date */
	const char *const *secrets; /* values to cut out of the message */
	size_t secret_count;
};

struct flow_verdict {
	enum flow_class class;
	nsec_t retry_after; /* NSEC_NONE when absent or unreadable; a date is a duration
	                           * by now, 0 when past; NSEC_NEVER beyond 292 years */
	int64_t server_ms;  /* from the Date header, 0 when absent */
	char id[FLOW_UUID_SIZE]; /* FLOW_CREATED, FLOW_UPDATED; as the server wrote it, which is lower case */
	char etag[FLOW_ETAG_SIZE]; /* with its quotes; "" when the server gave none */
	char code[64];             /* "FLOW-2120-403", "401013", "dns", "timeout" …; "" */
	char message[512];         /* for a human, redacted, control characters as they came; ""
	                           * when it held a secret too short to cut out */
	char request_id[128];
	uint64_t tables; /* FLOW_EXPLORED: items of the array whose type is "table" */
};

/** Judge the answer to a create (POST). */
void flow_judge_create(const struct flow_reply *r, struct flow_verdict *ret);

/**
 * Judge the answer to a lookup, listing or count (GET): FLOW_PAGE for a 200
 * read to its end, FLOW_TOKEN, FLOW_FATAL and FLOW_FATAL_SANDBOX as for a
 * create, FLOW_NOT_SENT, FLOW_BROKEN, FLOW_TIMED_OUT, FLOW_THROTTLED (any 429),
 * FLOW_OVERLOAD*, else FLOW_DOUBTFUL; all but FLOW_PAGE prove nothing.
 */
void flow_judge_read(const struct flow_reply *r, struct flow_verdict *ret);

/**
 * Judge the answer to a request for one connection, by its id. What concerns all rows
 * (token, fatal, sandbox, throttled, overload, transport) is as for a create; a 404 that
 * is not in a shape of the Flow Service's own is FLOW_REJECTED, for a wrong address must
 * not look like a connection that is gone. A 409 is FLOW_DOUBTFUL, never FLOW_CLASH; and
 * to a GET any 429 is FLOW_THROTTLED. The table stands at the head of answer_by_id.c.
 *
 * update: FLOW_UPDATED, FLOW_STALE, FLOW_GONE …; a 200 that cannot be read is FLOW_DOUBTFUL.
 * test, explore: repeatable, so FLOW_DOUBTFUL means no more than that nothing was learnt.
 * delete: FLOW_DELETED, FLOW_GONE, FLOW_IN_USE …
 * read (GET): FLOW_PAGE, of which flow_read_connection() makes an item; or FLOW_GONE.
 */
void flow_judge_update(const struct flow_reply *r, struct flow_verdict *ret);
void flow_judge_test(const struct flow_reply *r, struct flow_verdict *ret);
void flow_judge_explore(const struct flow_reply *r, struct flow_verdict *ret);
void flow_judge_delete(const struct flow_reply *r, struct flow_verdict *ret);
void flow_judge_connection(const struct flow_reply *r, struct flow_verdict *ret);

/** "created", "not sent" …, for logs and traces. */
const char *flow_class_name(enum flow_class c);
