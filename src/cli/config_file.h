/* config_file.h - an INI file of options, if it can be trusted.
 *
 * A file in the working directory steers where passwords are sent. So it
 * counts only if the user or root owns it and nobody else can write it, by
 * whatever link it is reached.
 */
#pragma once

#include "base/error.h"

#define CONFIG_FILE_MAX (64 * 1024)

/**
 * One "key = value", in the file's order. `place` is "PATH:LINE".
 *
 * @return 0, or a negative errno with the whole sentence in reterr: reading ends
 */
typedef int config_take_fn(
	void *arg, const char *place, const char *key, const char *value, struct error *reterr);

/**
 * Read the file.
 *
 * @return 0; -ENOENT (it is not there; with the sentence, for a caller who was
 *         told that it is); or another negative errno with its sentence
 */
int config_file_read(const char *path, config_take_fn *take, void *arg, struct error *reterr);
