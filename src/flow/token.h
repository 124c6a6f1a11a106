/* token.h - asking for an access token, and what the answer means. Pure.
 *
 * OAuth server-to-server: the client credentials buy a token that lives for a
 * while, and a new one is asked for in the same way; there is no refresh token.
 *
 * Sources: Adobe's IMS documentation (POST /ims/token/v3, form-encoded, expires_in
 * in seconds), RFC 6749 (4.4; 5.1 and 5.2 for the answers).
 */
#pragma once

#include "flow/answer.h"

#define FLOW_DEFAULT_TOKEN_URL "https://ims-na1.adobelogin.com/ims/token/v3"
#define FLOW_TOKEN_MAX ((size_t)16384) /* bytes; Adobe's have some 2 KiB */

/**
 * Append the form that asks for a token. `body` should be a secret buffer.
 *
 * @param scopes  parted by commas or blanks, as the Developer Console shows them;
 *                blanks beside a comma and at both ends are left out
 * @return 0, -ENOBUFS or -ENOMEM
 */
int flow_token_body(
	struct buf *body, const char *client_id, const char *client_secret, const char *scopes);

/** The header lines of that request. */
extern const char *const flow_token_headers[2];

enum flow_grant {
	FLOW_GRANTED,
	FLOW_GRANT_FAILED,  /* no token this time: ask again later */
	FLOW_GRANT_REFUSED, /* with these settings there never will be one */
};

struct flow_grant_verdict {
	enum flow_grant grant;
	nsec_t life;        /* GRANTED: from now, over 0 */
	nsec_t retry_after; /* FAILED: as the server asks, else NSEC_NONE */
	char code[64];      /* "invalid_client", "dns", "timeout" …; "" */
	char message[512];  /* what went wrong, for a human, redacted; "" */
	const char *advice; /* what to do about it; "" for GRANTED */
};

/**
 * Judge the answer of the token endpoint.
 *
 * @param r      its `secrets` are cut out of the message
 * @param token  FLOW_TOKEN_MAX + 1 bytes of guarded memory; written when GRANTED:
 *               visible ASCII, NUL-terminated
 */
void flow_judge_token(const struct flow_reply *r, char *token, struct flow_grant_verdict *ret);

/** "granted", "failed", "refused": for logs. */
const char *flow_grant_name(enum flow_grant g);
