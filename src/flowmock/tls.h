/* tls.h - https by libmicrohttpd's own TLS (GnuTLS). */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "base/error.h"
#include "flowmock/options.h"

struct tls {
	char *cert; /* PEM; NULL: plain http */
	char *key;
	char *client_ca; /* NULL: no client certificate is asked for */
	struct MHD_OptionItem items[5];
};

/** Read the files that the options name. 0, or a negative errno with the sentence in reterr. */
int tls_load(struct tls *t, const struct options *o, struct error *reterr);
void tls_done(struct tls *t);

/** What the daemon has to be started with; the items borrow from `t`. */
unsigned tls_flags(const struct tls *t);
struct MHD_OptionItem *tls_options(struct tls *t);

/** Did the client show a certificate that --tls-client-ca signed, or need it not? */
bool tls_admits(const struct tls *t, struct MHD_Connection *mhd);
