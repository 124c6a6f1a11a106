/* token.c - see token.h; and the endpoint of IMS that hands them out. */
#include "flowmock/token.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/macros.h"
#include "flowmock/memory.h"
#include "flowmock/request.h"
#include "flowmock/service.h"
#include "sys/clock.h"

/* ------------------------------------------------------------------ tokens */

void tokens_add(struct tokens *t, const char *token, nsec_t ends)
{
	t->all[t->count % TOKENS_MAX] = (struct token_issued){hash_str(HASH_START, token), ends};
	t->count++;
}

enum token_known tokens_find(const struct tokens *t, const char *token, nsec_t now)
{
	uint64_t hash = hash_str(HASH_START, token);

	for (unsigned i = 0; i < MIN(t->count, TOKENS_MAX); i++) {
		if (t->all[i].hash == hash)
			return now < t->all[i].ends ? TOKEN_VALID : TOKEN_ENDED;
	}
	return TOKEN_UNKNOWN;
}

void tokens_revoke(struct tokens *t)
{
	for (unsigned i = 0; i < MIN(t->count, TOKENS_MAX); i++)
		t->all[i].ends = 0;
}

/* -------------------------------------------------------------------- form */

/* The first field of this name in `a=b&c=d`, decoded. False: there is none. */
static bool form_find(const struct buf *form, const char *name, struct buf *ret)
{
	const char *at = form->len > 0 ? form->data : "";
	size_t name_len = strlen(name);

	for (; at[0] != '\0'; at += strcspn(at, "&"), at += at[0] == '&') {
		size_t len = strcspn(at, "&");

		if (len <= name_len || strncmp(at, name, name_len) != 0 || at[name_len] != '=')
			continue;
		buf_reset(ret);
		must(buf_append(ret, at + name_len + 1, len - name_len - 1));
		must(buf_append_str(ret, "")); /* so that there is text, if empty */
		for (size_t i = 0; i < ret->len; i++)
			ret->data[i] = ret->data[i] == '+' ? ' ' : ret->data[i];
		if (ret->len > 0)
			buf_truncate(ret, MHD_http_unescape(ret->data));
		return ret->len > 0;
	}
	return false;
}

/* ---------------------------------------------------------------- endpoint */

/* {"error","error_description"}, as OAuth has it (RFC 6749, 5.2). */
static void refuse(struct request *r, int status, const char *error, const char *description)
{
	struct buf *b = answer_start(&r->answer, status);

	must(buf_append_str(b, "{\"error\":"));
	must(json_print_string(b, error));
	must(buf_append_str(b, ",\"error_description\":"));
	must(json_print_string(b, description));
	must(buf_append_char(b, '}'));
}

void token_refuse_client(struct request *r, const char *parameter)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, MUST_MAX);
	must(buf_printf(&text, "invalid %s parameter", parameter));
	refuse(r, r->service->options->invalid_client_status, "invalid_client", text.data);
}

/* A field that is there and, if one is asked for, has this value. */
static bool form_fits(const struct buf *form, const char *name, const char *wanted)
{
	AUTO(buf_done) struct buf value = {0};

	buf_init_secret(&value, MUST_MAX);
	return form_find(form, name, &value) && (!wanted || strcmp(value.data, wanted) == 0);
}

/* Are these the fields of a client that may have a token? */
static bool knows_client(struct request *r)
{
	const struct options *o = r->service->options;
	static const char type[] = "application/x-www-form-urlencoded";
	const char *content_type = request_header(r, "Content-Type");

	if (!content_type || strncasecmp(content_type, type, strlen(type)) != 0)
		refuse(r, 400, "invalid_request", "the parameters are missing");
	else if (!form_fits(&r->body, "grant_type", "client_credentials"))
		refuse(r, 400, "unsupported_grant_type", "invalid grant_type parameter");
	else if (!form_fits(&r->body, "client_id", o->client_id))
		token_refuse_client(r, "client_id");
	else if (!form_fits(&r->body, "client_secret", o->client_secret))
		token_refuse_client(r, "client_secret");
	else if (!form_fits(&r->body, "scope", o->scopes))
		refuse(r, 400, "invalid_scope", "invalid scope parameter");
	else
		return true;
	return false;
}

/* In the shape and about the length of IMS's: three parts of base64url. */
static void make_token(struct buf *b)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char random[256];

	must(buf_append_str(b, "eyJhbGciOiJSUzI1NiIsIng1dSI6ImltcyJ9"));
	for (int part = 0; part < 3; part++) {
		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			must(-ENOMEM);
		for (size_t i = 0; i < sizeof(random); i++) {
			if (i == 0 && part < 2)
				must(buf_append_char(b, '.'));
			must(buf_append_char(b, alphabet[random[i] & 63]));
		}
	}
}

void issue_token(struct request *r)
{
	struct service *s = r->service;
	nsec_t life = s->options->token_lifetime;
	AUTO(buf_done) struct buf token = {0};
	struct buf *b;

	if (!knows_client(r))
		return;
	buf_init(&token, MUST_MAX);
	make_token(&token);
	tokens_add(&s->tokens, token.data, nsec_add(clock_monotonic(), life));
	s->counters.tokens_given++;
	b = answer_start(&r->answer, 200);
	must(buf_append_str(b, "{\"access_token\":"));
	must(json_print_string(b, token.data));
	must(buf_printf(
		b, ",\"token_type\":\"bearer\",\"expires_in\":%lld}", (long long)(life / SEC)));
}
