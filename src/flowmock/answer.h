/* answer.h - what goes back, and the shapes in which errors come.
 *
 * Three of them, as Adobe documents: the gateway's in front of the service
 * (error_code, message), the service's current one (type with the code, report)
 * and its older one (errorMessage); beside them two that appear for single
 * faults of a request.
 */
#pragma once

#include "base/buf.h"
#include "flowmock/uuid.h"

#define BASE_PATH "/data/foundation/flowservice"
#define PROVIDER "The request could not be processed. Error from flow provider: "

#define ANSWER_HEADERS 4

struct answer {
	int status;
	const char *content_type; /* NULL: no such header */
	unsigned retry_after_s;   /* 0: no such header */
	char location[160];       /* "": no such header */
	struct {
		const char *name;
		char value[80];
	} headers[ANSWER_HEADERS]; /* beside those */
	unsigned header_count;
	char request_id[UUID_SIZE];
	struct buf body;
};

/** Begin an answer of JSON anew; the body is empty. */
struct buf *answer_start(struct answer *a, int status);

/** One more header, its name a literal; at most ANSWER_HEADERS, and short ones. */
void answer_header(struct answer *a, const char *name, const char *value);

/** {"error_code","message"} */
void answer_gateway(struct answer *a, int status, const char *code, const char *message);
/** Problem details of FLOW-CODE-STATUS. */
void answer_flow(struct answer *a, int status, const char *code, const char *message);
/** What the provider of a source says to a login that does not work. */
void answer_bad_login(struct answer *a);
/** {"errorMessage","errorDetails"} */
void answer_older(struct answer *a, int status, const char *message);
/** {"message"} */
void answer_message(struct answer *a, int status, const char *message);
/** Problem details without a code, of status 400. */
void answer_bad_request(struct answer *a, const char *detail);
