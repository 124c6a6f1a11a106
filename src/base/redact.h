/* redact.h - secrets cut out of text, in one place.
 *
 * By value: each secret is looked for raw, JSON-escaped, URL-encoded (hex of
 * either case) and in base64, and each occurrence becomes "[redacted]". By
 * key: the value behind a name that speaks of a secret (password, passwd, pwd,
 * secret, token, credential, authorization, api-key …) in JSON (quoted or not),
 * form encoding or a header is replaced too, known or not. A secret of under
 * 6 bytes is too short to cut out alone (it would shred innocent text, and the
 * holes would tell it): a text that holds one is dropped whole.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define REDACTED "[redacted]"

/** True for a name (header cell, JSON member, form field) that speaks of a secret. */
bool redact_name_is_secret(const char *name);

/**
 * Append `text` without the secrets.
 *
 * @param secrets  values, NUL-terminated; NULL and "" are skipped
 * @return 0, 1 (dropped whole: nothing was appended), -ENOBUFS or -ENOMEM
 */
int redact(struct buf *dst, const char *text, const char *const *secrets, size_t secret_count);
