/* service.h - the whole of one Flow Service: what every handler may look at.
 *
 * One thread. Nothing here is about HTTP; server.h owns this and the sockets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "flowmock/counters.h"
#include "flowmock/fault.h"
#include "flowmock/gate.h"
#include "flowmock/journal.h"
#include "flowmock/listing.h"
#include "flowmock/options.h"
#include "flowmock/random.h"
#include "flowmock/servicenow.h"
#include "flowmock/store.h"
#include "flowmock/timers.h"
#include "flowmock/token.h"

struct service {
	const struct options *options;
	struct store store;
	struct journal journal;
	struct listings listings;
	struct counters counters;
	struct faults faults;
	struct gate gate;
	struct tokens tokens;
	struct servicenow servicenow;
	struct timers timers;
	struct random latency;
	struct random token_latency;
	struct random servicenow_latency;
	struct random listing; /* misses and page lengths */
	uint64_t ids;          /* given so far, those read back included */
	uint64_t etags;
	uint64_t requests;
	struct late_commit *late_commits;
	bool failed; /* the journal cannot be written: end */
};

int service_open(struct service *s, const struct options *o, struct error *reterr);
void service_close(struct service *s);

/** Empty it, the journal too, and start faults and counters over. */
void service_reset(struct service *s);

struct uuid service_new_id(struct service *s);
struct etag service_new_etag(struct service *s, int64_t wall_ms);
void service_new_request_id(struct service *s, char dst[UUID_SIZE]);

/** Does a user name begin with a mark of --bad-login? */
bool service_login_is_bad(const struct service *s, const char *username);
/** Does a dataflow use it? By a mark of --in-use, or by its description. */
bool service_uses(const struct service *s, const struct connection *c);
