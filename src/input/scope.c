#include "input/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/macros.h"
#include "base/str.h"

static int sandbox_number(struct scopes *s, const char *sandbox, uint32_t *ret)
{
	uint32_t i = 0;

	while (i < s->sandbox_count && strcmp(s->sandboxes[i], sandbox) != 0)
		i++;
	if (i == s->sandbox_count) {
		s->sandboxes[i] = strdup(sandbox);
		if (!s->sandboxes[i])
			return -ENOMEM;
		s->sandbox_count++;
	}
	*ret = i;
	return 0;
}

static int add(struct scopes *s, const char *sandbox, const char *spec_id)
{
	uint32_t number;
	int r;

	if (s->count == INPUT_SCOPES_MAX)
		return -ENOSPC;
	r = sandbox_number(s, sandbox, &number);
	if (r < 0)
		return r;
	s->pairs[s->count].sandbox = number;
	str_copy(s->pairs[s->count].spec_id, sizeof(s->pairs[0].spec_id), spec_id);
	s->count++;
	return 0;
}

int scopes_number(struct scopes *s, const char *sandbox, const char *spec_id, uint32_t *ret_scope,
	uint32_t *ret_sandbox)
{
	uint64_t hash = hash_str(hash_str(HASH_START, sandbox), spec_id);
	uint32_t pair;
	int r;

	/* Half of the slots stay free, so every search ends. */
	for (size_t i = hash % ARRAY_SIZE(s->slots);; i = (i + 1) % ARRAY_SIZE(s->slots)) {
		if (s->slots[i] == 0) {
			r = add(s, sandbox, spec_id);
			if (r < 0)
				return r;
			s->slots[i] = (uint16_t)s->count;
		}
		pair = s->slots[i] - 1u;
		if (strcmp(s->pairs[pair].spec_id, spec_id) == 0 &&
			strcmp(s->sandboxes[s->pairs[pair].sandbox], sandbox) == 0)
			break;
	}
	*ret_scope = pair;
	*ret_sandbox = s->pairs[pair].sandbox;
	return 0;
}

void scopes_done(struct scopes *s)
{
	for (uint32_t i = 0; i < s->sandbox_count; i++)
		free(s->sandboxes[i]);
	memset(s, 0, sizeof(*s));
}
