/* cover.c - the situations in words. */
#include <stdio.h>

#include "cover.h"

static const char *const situations[SITUATION_COUNT] = {
#define X(name, text) [COVER_##name] = text,
	SITUATIONS(X)
#undef X
};

static const char *const claims[CLAIM_COUNT] = {
	[CLAIM_FRESH] = "fresh",
	[CLAIM_OPEN] = "open",
	[CLAIM_ENDED] = "ended",
	[CLAIM_KNOWN] = "known",
	[CLAIM_DUPLICATE] = "duplicate",
	[CLAIM_INVALID] = "invalid",
	[CLAIM_GONE] = "gone",
	[CLAIM_RELOOK] = "relook",
	[CLAIM_UPDATE] = "update",
	[CLAIM_UPDATE_OPEN] = "update, again",
	[CLAIM_TEST] = "test",
	[CLAIM_DELETE] = "delete",
	[CLAIM_DELETE_OPEN] = "delete, again",
};

static bool met(uint64_t count, const char *what, const char *name)
{
	if (count == 0)
		printf("never met: %s%s\n", what, name);
	return count > 0;
}

bool cover_is_full(const struct cover *c)
{
	bool full = true;

	for (int k = 0; k < ACTION_KINDS; k++) {
		const char *name = engine_action_name((enum engine_action_kind)k);

		full &= met(c->crash[true][k], "crash before ", name);
		full &= met(c->crash[false][k], "crash after ", name);
	}
	for (int e = 0; e < END_COUNT; e++)
		full &= met(c->end[e], "end ", engine_end_name((enum engine_end)e));
	for (int k = 0; k < CLAIM_COUNT; k++)
		full &= met(c->claim[k], "claim ", claims[k]);
	for (int i = 0; i < SITUATION_COUNT; i++)
		full &= met(c->situation[i], "", situations[i]);
	return full;
}

static void print(uint64_t count, const char *what, const char *name)
{
	printf("%12llu  %s%s\n", (unsigned long long)count, what, name);
}

void cover_print(const struct cover *c)
{
	for (int e = 0; e < END_COUNT; e++)
		print(c->end[e], "end ", engine_end_name((enum engine_end)e));
	for (int k = 0; k < CLAIM_COUNT; k++)
		print(c->claim[k], "claim ", claims[k]);
	for (int k = 0; k < ACTION_KINDS; k++) {
		const char *name = engine_action_name((enum engine_action_kind)k);

		print(c->crash[true][k], "crash before ", name);
		print(c->crash[false][k], "crash after ", name);
	}
	for (int i = 0; i < SITUATION_COUNT; i++)
		print(c->situation[i], "", situations[i]);
}
