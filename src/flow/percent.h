/* percent.h - percent-encoding, for a URL's query and for a form. */
#pragma once

#include "base/buf.h"

/**
 * Append a value with everything but RFC 3986's unreserved characters as %XX. No
 * copy of it is left elsewhere.
 *
 * @return 0, -ENOBUFS or -ENOMEM; then a part may have been appended
 */
int flow_percent_append(struct buf *b, const char *value);
