/* options.h - what flowmock is asked to be. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/time.h"
#include "flowmock/dist.h"
#include "flowmock/fault.h"

#define TEXTS_MAX 64

struct texts {
	const char *text[TEXTS_MAX]; /* borrowed from argv */
	size_t count;
};

struct outage_span {
	nsec_t start;  /* counted from the first request */
	nsec_t length; /* 0: none */
};

enum outage_way { OUTAGE_503, OUTAGE_REFUSE };
enum error_shape { SHAPE_OLDER, SHAPE_CURRENT };

struct options {
	bool help;
	struct sockaddr_storage listen; /* loopback; the port stands beside it */
	uint16_t port;
	uint64_t seed;
	const char *store;    /* NULL: memory only */
	const char *tls_cert; /* files; NULL: plain http */
	const char *tls_key;
	const char *tls_client_ca; /* NULL: no client certificate is asked for */
	const char *tls_max;       /* "1.1" or "1.2"; NULL: any version */

	const char *token;     /* NULL: any */
	nsec_t token_life;     /* 0: for ever */
	const char *api_key;   /* NULL: any */
	const char *client_id; /* NULL: any, and tokens that were not issued are valid too */
	const char *client_secret;
	const char *scopes; /* as they are to come; NULL: any */
	nsec_t token_lifetime;
	uint16_t invalid_client_status;
	struct texts sandboxes; /* none: any */

	bool show_passwords;
	bool unique_names;
	bool check_logins;
	struct texts bad_logins;
	nsec_t initializing;
	nsec_t etag_moves;
	bool etag_moves_again;
	struct texts in_use;
	uint16_t tables;
	uint16_t delete_status;
	enum error_shape error_shape;

	struct dist lag;
	struct dist delete_lag;
	double filter_miss;
	bool filter_ignores_name;
	uint16_t page_size;
	bool short_pages;
	bool no_next;

	struct texts servicenow_logins; /* USER:PASSWORD; none: any */
	struct texts servicenow_tables; /* none: any */
	uint32_t servicenow_limit;      /* requests of a login in an hour; 0: any */
	struct dist servicenow_latency;

	struct dist latency;
	struct dist token_latency;
	struct faults faults;
	const char *schedule;
	uint16_t retry_after_s;
	nsec_t hold;
	double rate_limit; /* requests a second; 0: none */
	uint32_t rate_burst; /* at least 1 */
	struct outage_span outage;
	enum outage_way outage_way;
};

/**
 * Read the command line.
 *
 * @param reterr  "what: remedy"
 * @return 0 or -EINVAL; what is given stays borrowed
 */
int options_parse(int argc, char **argv, struct options *ret, struct error *reterr);
void options_help(FILE *f);
