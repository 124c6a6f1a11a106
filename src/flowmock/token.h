/* token.h - tokens handed out: which are known, until when.
 *
 * A token is random and is remembered as a hash. Without --client-id any other
 * token is valid beside them, as it is for a run that was given one; with it
 * only these are. The table is a ring: the oldest is forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct service;

#define TOKEN_URL_PATH "/ims/token/v3"
#define TOKENS_MAX 1024

enum token_known { TOKEN_UNKNOWN, TOKEN_VALID, TOKEN_ENDED };

struct tokens {
	struct token_issued {
		uint64_t hash;
		nsec_t ends;
	} all[TOKENS_MAX];
	unsigned count; /* ever issued */
};

/** Remember a token until `ends`. */
void tokens_add(struct tokens *t, const char *token, nsec_t ends);
enum token_known tokens_find(const struct tokens *t, const char *token, nsec_t now);
/** End all that were issued so far. */
void tokens_revoke(struct tokens *t);
