/* tag.c - a mark of ours at the end of a description. */
#include "flow/tag.h"

#include <string.h>

#include "base/str.h"

#define OPEN "[snowmelt:"
#define CLOSE "]"

int flow_tag_append(struct buf *b, const char *description, const char *key)
{
	/* No blank before a tag that stands alone: a server might trim it. */
	bool alone = str_empty(description);

	return buf_printf(
		b, "%s%s" OPEN "%s" CLOSE, alone ? "" : description, alone ? "" : " ", key);
}

/* Is `end` how text[0..*len) ends? Then it is taken off. */
static bool cut_end(const char *text, size_t *len, const char *end)
{
	size_t end_len = strlen(end);

	if (*len < end_len || memcmp(text + *len - end_len, end, end_len) != 0)
		return false;
	*len -= end_len;
	return true;
}

static bool cut_tag(const char *description, size_t *len, const char *key)
{
	return cut_end(description, len, CLOSE) && cut_end(description, len, key) &&
	       cut_end(description, len, OPEN);
}

size_t flow_tag_less(const char *description, const char *key)
{
	const size_t whole = description ? strlen(description) : 0;
	size_t len = whole;

	if (whole == 0 || !cut_tag(description, &len, key))
		return whole;
	cut_end(description, &len, " ");
	return len;
}

bool flow_tagged(const char *description, const char *key)
{
	size_t len = description ? strlen(description) : 0;

	return len > 0 && cut_tag(description, &len, key);
}
