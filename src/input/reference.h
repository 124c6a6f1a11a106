/* reference.h - password_ref: a secret that stands elsewhere.
 *
 * "env:NAME" or "file:PATH". The author of a CSV need not be its operator, so
 * neither form may reach what is not meant for it: no variable of ours or of
 * Adobe's credentials, no file outside the secrets folder, by whatever link.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define REFERENCE_SECRET_MAX 4096

struct references {
	int dir_fd;  /* the secrets folder; -1: cannot be opened, so no file resolves */
	char *dir;   /* its real path, for references by absolute paths */
	bool warned; /* of a file that others can read */
};

#define REFERENCES_INIT ((struct references){.dir_fd = -1})

/**
 * @param dir       the folder
 * @param required  the user named it: an error when it cannot be opened
 * @return 0 or a negative errno with the sentence in reterr
 */
int references_open(struct references *r, const char *dir, bool required, struct error *reterr);
void references_done(struct references *r);

/**
 * Is it well-formed, and of what it may name?
 *
 * @return NULL, or what is wrong with it (never quotes it)
 */
const char *reference_fault(const char *reference);

/**
 * Read the secret behind a reference without a fault. The first file that others can
 * read is warned of; it is seldom the only one.
 *
 * @param dst      of REFERENCE_SECRET_MAX + 1 bytes; the caller wipes it
 * @param ret_len  written when there is no fault; dst is NUL-terminated there
 * @return NULL, or why not (never quotes it)
 */
const char *reference_resolve(
	struct references *r, const char *reference, char *dst, size_t *ret_len);
