/* tag.h - a mark of ours at the end of a description: " [snowmelt:KEY]".
 *
 * KEY is 16 hex digits that only this ledger gives to this row. A listed
 * connection that ends in it is ours, whoever else uses its name.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/**
 * Append the description with its tag behind.
 *
 * @param description  may be NULL or "": then the tag stands alone
 * @return 0, -ENOBUFS or -ENOMEM
 */
int flow_tag_append(struct buf *b, const char *description, const char *key);

/**
 * The length of a description without this tag (and the blank before it) at its end;
 * its whole length where it does not end in it.
 *
 * @param description  may be NULL
 */
size_t flow_tag_less(const char *description, const char *key);

/** Does it end in this tag? @param description  may be NULL */
bool flow_tagged(const char *description, const char *key);
