/* scope.h - (sandbox, connectionSpec) pairs and sandboxes, numbered as they come. */
#pragma once

#include <stdint.h>

#include "input/input.h"

struct scopes {
	uint32_t count;
	uint32_t sandbox_count;
	char *sandboxes[INPUT_SCOPES_MAX];
	struct {
		uint32_t sandbox;
		char spec_id[37];
	} pairs[INPUT_SCOPES_MAX];
	uint16_t slots[2 * INPUT_SCOPES_MAX]; /* pair + 1, found by its hash; 0 is free */
};

/**
 * The number of a pair; a new one is added. Zeroed is empty.
 *
 * @param spec_id  a UUID
 * @return 0, -ENOSPC (INPUT_SCOPES_MAX are there already) or -ENOMEM
 */
int scopes_number(struct scopes *s, const char *sandbox, const char *spec_id, uint32_t *ret_scope,
	uint32_t *ret_sandbox);
void scopes_done(struct scopes *s);
