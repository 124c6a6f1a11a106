#include "run/plan_fields.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "flow/tag.h"
#include "flow/visible.h"
#include "run/open_updates.h"
#include "run/plan_decide.h"
#include "run/shell.h"

/* A description without our tag. @return whether there was memory for it */
static bool take_plain(
	const struct ledger *l, const struct row *row, const char *shown, struct buf *ret)
{
	char key[17];

	shown = shown ? shown : "";
	ledger_tag(l, row->sandbox, row->name, key);
	buf_init(ret, BODY_MAX);
	return buf_append(ret, shown, flow_tag_less(shown, key)) == 0;
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* ------------------------------------------------------------- what was sent */

bool plan_same(const struct ledger *l, const struct row *row, const struct ledger_record *r)
{
	struct ledger_field fields[CLAIM_FIELDS_MAX];
	uint8_t fingerprint[LEDGER_FINGERPRINT_SIZE];
	size_t count = claim_fields(row, fields);

	ledger_fingerprint(l, fields, count, fingerprint);
	return memcmp(fingerprint, r->fingerprint, sizeof(fingerprint)) == 0;
}

static unsigned edited_visibly(
	const struct ledger *l, const struct row *row, const struct ledger_record *r)
{
	unsigned fields = 0;

	if (strcmp(row->endpoint, r->endpoint) != 0)
		fields |= FLOW_FIELD_ENDPOINT;
	if (strcmp(row->username, r->username) != 0)
		fields |= FLOW_FIELD_USERNAME;
	if (strcmp(row->spec_id, r->spec_id) != 0)
		fields |= FLOW_FIELD_SPEC;
	if (r->description_known && ledger_text_hash(l, row->description) != r->description)
		fields |= FLOW_FIELD_DESCRIPTION;
	return fields;
}

static bool has_only_a_password(const struct row *row)
{
	return row->param_count == 1 && strcmp(row->params[0].name, "password") == 0 &&
	       strcmp(row->auth_spec, FLOW_SERVICENOW_AUTH) == 0 &&
	       strcmp(row->spec_version, FLOW_DEFAULT_SPEC_VERSION) == 0;
}

static unsigned hidden_of(const struct row *row)
{
	return has_only_a_password(row) ? PLAN_FIELD_SECRET : PLAN_FIELD_HIDDEN;
}

/* The row as it was sent, as far as that is known: is it the same then? */
static bool same_as_sent(const struct ledger *l, const struct row *row,
	const struct ledger_record *r, const char *description)
{
	struct row sent = *row; /* borrows its text */

	sent.endpoint = r->endpoint;
	sent.username = r->username;
	sent.spec_id = r->spec_id;
	sent.description = description;
	return plan_same(l, &sent, r);
}

unsigned plan_edited(const struct ledger *l, const struct row *row, const struct ledger_record *r,
	const char *description)
{
	AUTO(buf_done) struct buf plain = {0};
	unsigned fields = edited_visibly(l, row, r);
	const char *old = row->description;

	if (r->update_count > 0) /* what was sent is not known */
		return fields;
	if (fields & FLOW_FIELD_DESCRIPTION) {
		if (!description || !take_plain(l, row, description, &plain) ||
			ledger_text_hash(l, text_of(&plain)) != r->description)
			return fields;
		old = text_of(&plain);
	}
	if (same_as_sent(l, row, r, old))
		return fields;
	return fields | (r->description_known ? hidden_of(row) : PLAN_FIELD_UNTOLD);
}

/* -------------------------------------------------------------- what is shown */

static bool description_is_ours(const struct ledger *l, const struct row *row,
	const struct ledger_record *r, const char *shown)
{
	return !r->description_known || ledger_text_hash(l, shown) == r->description ||
	       strcmp(shown, row->description) == 0;
}

unsigned plan_theirs(const struct ledger *l, const struct row *row, const struct ledger_record *r,
	const struct flow_item *item)
{
	const struct flow_wanted left = {
		.name = row->name,
		.spec_id = r->spec_id,
		.endpoint = r->endpoint,
		.username = r->username,
	};
	const struct flow_wanted desired = {
		.name = row->name,
		.spec_id = row->spec_id,
		.endpoint = row->endpoint,
		.username = row->username,
	};
	AUTO(buf_done) struct buf plain = {0};
	const char *description;
	unsigned fields;

	/* Nothing has moved since we saw it last. */
	if (*r->etag && strcmp(item->etag, r->etag) == 0)
		return 0;
	fields = flow_differs(item, &left) & flow_differs(item, &desired);
	description = take_plain(l, row, item->description, &plain) ? text_of(&plain) : "";
	if (!description_is_ours(l, row, r, description))
		fields |= FLOW_FIELD_DESCRIPTION;
	return open_updates_less(l, r, item, description, fields);
}
