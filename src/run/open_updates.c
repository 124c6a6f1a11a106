#include "run/open_updates.h"

#include "flow/visible.h"

/* No update changes the others. */
#define UPDATED (FLOW_FIELD_DESCRIPTION | FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME)

/* What is not shown cannot differ. */
static bool may_be(const struct ledger *l, const char *shown, uint64_t sent)
{
	return !shown || ledger_text_hash(l, shown) == sent;
}

static bool shows(const struct ledger *l, const struct flow_item *item, const char *description,
	const struct ledger_update *u)
{
	return may_be(l, item->endpoint, u->endpoint) && may_be(l, item->username, u->username) &&
	       may_be(l, description, u->description);
}

unsigned open_updates_less(const struct ledger *l, const struct ledger_record *r,
	const struct flow_item *item, const char *description, unsigned fields)
{
	for (uint32_t i = 0; i < r->update_count; i++)
		if (shows(l, item, description, &r->updates[i]))
			return fields & ~(unsigned)UPDATED;
	return fields;
}
