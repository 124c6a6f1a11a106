/* credentials.h - what a command needs to speak to Adobe, in guarded memory. */
#pragma once

#include "base/error.h"
#include "cli/settings.h"
#include "sys/secret.h"

/** Either a token, or a client that gets tokens: the other is NULL. */
struct credentials {
	struct secret_region *region;
	char *api_key; /* that of a client may be its id itself */
	char *access_token;
	char *client_id, *client_secret;
};

/**
 * Is every required option of the commands (bits) there, secrets included, and the
 * credentials of one kind, whole?
 *
 * @return 0, or -EINVAL with a sentence that names all that are missing, or too many
 */
int credentials_check_present(unsigned commands, const struct settings *s, struct error *reterr);

/**
 * Read them, and keep them out of the log from then on. They must be present.
 *
 * @return 0 or a negative errno with the sentence in reterr; then nothing is held
 */
int credentials_read(struct credentials *ret, struct error *reterr);

/** Wipes them. Fine on a zeroed one. */
void credentials_done(struct credentials *c);
