/* secret_env.h - secrets from the environment, or from a file that it names.
 *
 * Never from a command line, which every user of the machine can read, and never
 * from a config file, which is copied and committed.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/option_table.h"
#include "sys/secret.h"

#define SECRET_VALUE_MAX 4096

struct secret_env {
	char variable[OPTION_VARIABLE_SIZE]; /* "AEP_ACCESS_TOKEN_FILE"; "": none is set */
	bool is_file;                        /* it names a file */
	bool is_header;                      /* it becomes a header's value */
};

/**
 * Which variable gives the secret? The first of the option's that is set, or the
 * same with _FILE behind it. Empty counts as unset.
 *
 * @return 0 (found or not), or -EINVAL with the sentence when both are set
 */
int secret_env_find(const struct option *o, struct secret_env *ret, struct error *reterr);

/**
 * Read it into the region, and wipe the environment's copy. Of what becomes a header
 * only visible ASCII is accepted, of the rest UTF-8 without control characters; the
 * sentence never quotes it.
 *
 * @param ret  in the region; the caller gives it back
 * @return 0 or a negative errno with the sentence in reterr
 */
int secret_env_read(
	const struct secret_env *e, struct secret_region *region, char **ret, struct error *reterr);
