/* request.h - one request on its way through the service, and who handles it.
 *
 * A handler reads the request and fills the answer. It knows nothing of
 * latency, holds and broken connections: those are life.c's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "flowmock/answer.h"
#include "flowmock/fault.h"
#include "flowmock/timers.h"

struct MHD_Connection;
struct http;
struct service;

enum request_step {
	STEP_ARRIVING, /* the body is still to come */
	STEP_WAITING,  /* not yet carried out */
	STEP_EXECUTED, /* carried out, not yet answered */
	STEP_READY,    /* the answer may go */
	STEP_DROPPED,  /* the client or the server is going: no answer */
};

#define SEGMENT_SIZE 257

struct request {
	struct service *service;
	struct http *http;
	struct MHD_Connection *mhd;
	const char *path;           /* decoded, without the query; libmicrohttpd's */
	const struct route *route;  /* NULL: there is none for this path and method */
	bool path_known;            /* with another method */
	char segment[SEGMENT_SIZE]; /* of the path where the route has `*`, or its filter */
	struct buf body;
	bool body_too_long;
	struct answer answer;
	uint32_t instance; /* of ServiceNow, in that realm */
	/* Appends more of the answer once its body is sent; false at the end.
	 * NULL: the body is all. */
	bool (*stream)(struct request *r, struct buf *b);
	uint32_t stream_next;
	bool counts; /* each line of the stream tells what was executed, too */
	size_t sent; /* of the body, while it streams */

	enum request_step step;
	struct fault_choice fault;
	nsec_t wait_after; /* between STEP_EXECUTED and STEP_READY */
	struct timer timer;
	bool stalled;                    /* suspended until the client goes */
	struct request *previous, *next; /* among the suspended, or the spare ones */
};

enum realm {
	REALM_FLOW,       /* gate, faults, latency, counters */
	REALM_TOKEN,      /* of IMS: faults, latency, counters of its own */
	REALM_SERVICENOW, /* so, too */
	REALM_CONTROL,    /* this program's own: none of them */
};

struct route {
	const char *method;
	const char *path; /* `*` stands for one segment */
	enum realm realm;
	enum verb verb;
	bool is_create; /* poison looks at it */
	void (*handle)(struct request *r);
};

/** Find the route for method and path; sets segment and path_known. */
void request_route(struct request *r, const char *method);

/** A header, or NULL. */
const char *request_header(struct request *r, const char *name);

/** Call `each` with every query argument, decoded, in order, until it returns false. */
void request_arguments(
	struct request *r, bool (*each)(void *arg, const char *name, const char *value), void *arg);

/* The handlers, each in the file of its name. */
void create_connection(struct request *r);
void list_connections(struct request *r);
void get_connection(struct request *r);
void test_connection(struct request *r);
void explore_connection(struct request *r);
void patch_connection(struct request *r);
void delete_connection(struct request *r);
void control_status(struct request *r);
void control_connections(struct request *r);
void control_put(struct request *r);
void control_change(struct request *r);
void control_delete(struct request *r);
void control_faults(struct request *r);
void control_reset(struct request *r);
void control_revoke(struct request *r);
void issue_token(struct request *r);

/** IMS's refusal of a client, for this parameter. */
void token_refuse_client(struct request *r, const char *parameter);

/** The 404 of a connection that is not there. */
void answer_not_found(struct request *r);

/**
 * The connection that the path names, in the scope of the headers.
 *
 * @return its number, or NO_CONNECTION with the 404 as answer
 */
unsigned request_connection(struct request *r);
/** The same in any scope. */
unsigned request_any_connection(struct request *r);

/** The scope that the headers name. */
unsigned request_scope(struct request *r);

struct json;
/**
 * The body as JSON.
 *
 * @return the root, the caller's; or NULL with the 400 as answer
 */
struct json *request_json(struct request *r);

/** Note a failed write of the journal as answer. */
void answer_not_kept(struct request *r);
