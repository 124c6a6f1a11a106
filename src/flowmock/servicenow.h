/* servicenow.h - the instances that connections are made to: one table of each, and who may
 * log in there.
 *
 * They share the port. An instance is a name of this host: http://127.0.0.1:PORT is one, and
 * so is http://NAME.localhost:PORT for any NAME, as many as a rehearsal wants (libcurl and
 * browsers take such names for loopback). What an instance or a login is to be tells its name:
 * an instance `hibernating` or `hibernating-7.localhost`, a user `mfa` or `mfa-3`
 * (servicenow_words() lists them all).
 *
 * After five wrong passwords in a row a login is locked for fifteen minutes, as ServiceNow
 * documents its default; that it then gets the same 401 is inferred, and so is that a right
 * password which a restriction refuses does not count as wrong.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/time.h"
#include "flowmock/intern.h"

struct request;
struct service;

#define SERVICENOW_PATH "/api/now/table"

struct sn_instance {
	uint64_t requests;
	uint64_t in_flight;
	uint64_t most_at_once;
};

struct sn_login {
	uint64_t tries; /* with this user name, however they ended */
	uint64_t wrong; /* of them, by a wrong password */
	unsigned wrong_in_a_row;
	nsec_t locked_until; /* monotonic */
	uint32_t in_hour;    /* for --servicenow-limit */
	int64_t hour;        /* since 1970, to which that belongs */
};

struct servicenow {
	struct intern instance_names; /* of the Host header, without a port */
	struct sn_instance *instances;
	uint32_t instance_cap;
	struct intern login_names; /* "host\0user\0" */
	struct sn_login *logins;
	uint32_t login_cap;
	uint64_t requests;
	uint64_t in_flight;
	uint64_t most_at_once;
};

void servicenow_done(struct servicenow *sn);
/** Forget all but what is in flight. */
void servicenow_reset(struct servicenow *sn);

/** A request came; servicenow_leave() when it is over. */
void servicenow_enter(struct request *r);
void servicenow_leave(struct request *r);

/** Its part of the status, `"servicenow":{…}`. */
void servicenow_print(const struct servicenow *sn, struct buf *b);

/** The login of this user at the request's instance; it has tried once more. */
struct sn_login *servicenow_login(struct request *r, const char *user);

/** GET /api/now/table/{table} */
void servicenow_list(struct request *r);

/** What a name may begin with, for --help. */
void servicenow_words(FILE *f);
