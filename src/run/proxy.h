/* proxy.h - the login that a proxy's URL may hold. */
#pragma once

/**
 * Keep it out of the log: libcurl's words about a proxy that it cannot use quote the
 * whole URL.
 *
 * @param proxy  as it was given, or NULL: then of whatever variable libcurl may take
 *               one from
 * @return 0, -ENOSPC or -ENOMEM
 */
int proxy_hide_login(const char *proxy);
