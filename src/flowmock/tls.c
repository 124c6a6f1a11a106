/* tls.c - see tls.h. */
#include "flowmock/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "flowmock/memory.h"

#define PEM_MAX ((size_t)1 << 20)

static int read_pem(const char *path, char **ret, struct error *reterr)
{
	char *text = must_alloc(PEM_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f) {
		free(text);
		return error_set(reterr, -errno, "cannot read '%s': %s", path, strerror(errno));
	}
	len = fread(text, 1, PEM_MAX, f);
	text[len] = '\0';
	fclose(f);
	*ret = text;
	return 0;
}

/* Old versions are off by default, and so is what they sign with. */
static const char *priorities(const struct options *o)
{
	if (!o->tls_max)
		return "NORMAL";
	if (strcmp(o->tls_max, "1.1") == 0)
		return "LEGACY:-VERS-ALL:+VERS-TLS1.1";
	return "NORMAL:-VERS-TLS1.3";
}

int tls_load(struct tls *t, const struct options *o, struct error *reterr)
{
	size_t n = 0;
	int r;

	*t = (struct tls){.items = {{MHD_OPTION_END, 0, NULL}}};
	if (!o->tls_cert)
		return 0;
	r = read_pem(o->tls_cert, &t->cert, reterr);
	if (r == 0)
		r = read_pem(o->tls_key, &t->key, reterr);
	if (r == 0 && o->tls_client_ca)
		r = read_pem(o->tls_client_ca, &t->client_ca, reterr);
	if (r < 0)
		return r;
	t->items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, t->cert};
	t->items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, t->key};
	t->items[n++] = (struct MHD_OptionItem){
		MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities(o)};
	if (t->client_ca)
		t->items[n++] =
			(struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, t->client_ca};
	t->items[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	return 0;
}

void tls_done(struct tls *t)
{
	if (t->key)
		wipe(t->key, strlen(t->key));
	free(t->cert);
	free(t->key);
	free(t->client_ca);
	*t = (struct tls){0};
}

unsigned tls_flags(const struct tls *t)
{
	return t->cert ? MHD_USE_TLS : 0;
}

struct MHD_OptionItem *tls_options(struct tls *t)
{
	return t->items;
}

bool tls_admits(const struct tls *t, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info;
	unsigned faults = 0;

	if (!t->client_ca)
		return true;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info && gnutls_certificate_verify_peers2(info->tls_session, &faults) == 0 &&
	       faults == 0;
}
