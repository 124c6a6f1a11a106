/* source.c - what the service says of the source behind a connection: whether its
 * login works, and which tables it has.
 */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
#include "flowmock/request.h"
#include "flowmock/service.h"

static bool login_is_fine(const struct service *s, const struct connection *c)
{
	struct param p;

	return !params_find(connection_params(c), connection_params_end(c), "username", &p) ||
	       !service_login_is_bad(s, p.value);
}

void test_connection(struct request *r)
{
	struct service *s = r->service;
	uint32_t number = request_connection(r);
	struct connection *c;

	if (number == NO_CONNECTION)
		return;
	c = store_at(&s->store, number);
	c->tests++;
	s->counters.tests++;
	must(buf_append_str(answer_start(&r->answer, 200),
		login_is_fine(s, c) ? "{\"result\":true}" : "{\"result\":false}"));
}

/* ----------------------------------------------------------------- explore */

struct place {
	char type[16];
	char table[256];
};

static bool take_place(void *arg, const char *name, const char *value)
{
	struct place *p = arg;

	if (!value)
		return true;
	if (strcasecmp(name, "objectType") == 0)
		str_copy(p->type, sizeof(p->type), value);
	else if (strcmp(name, "object") == 0)
		str_copy(p->table, sizeof(p->table), value);
	return true;
}

static void print_tables(struct buf *b, unsigned count)
{
	must(buf_append_char(b, '['));
	for (unsigned i = 1; i <= count; i++)
		must(buf_printf(b,
			"%s{\"type\":\"table\",\"name\":\"table_%u\",\"path\":\"table_%u\","
			"\"canPreview\":true,\"canFetchSchema\":true}",
			i > 1 ? "," : "", i, i));
	must(buf_append_char(b, ']'));
}

static void print_columns(struct buf *b)
{
	must(buf_append_str(b,
		"{\"format\":\"flat\",\"schema\":{\"columns\":["
		"{\"name\":\"sys_id\",\"type\":\"string\",\"xdm\":{\"type\":\"string\"}}]}}"));
}

/* objectType is in capitals in Adobe's description, in small letters in its examples:
 * both are taken. */
static bool is_place(const struct place *p)
{
	return strcasecmp(p->type, "root") == 0 ||
	       (strcasecmp(p->type, "table") == 0 && p->table[0] != '\0');
}

void explore_connection(struct request *r)
{
	struct service *s = r->service;
	uint32_t number = request_connection(r);
	struct place place = {.type = ""};
	struct connection *c;

	if (number == NO_CONNECTION)
		return;
	request_arguments(r, take_place, &place);
	c = store_at(&s->store, number);
	if (!is_place(&place)) {
		answer_message(&r->answer, 400, "objectType is not valid");
		return;
	}
	c->explores++;
	s->counters.explores++;
	if (!login_is_fine(s, c))
		answer_bad_login(&r->answer);
	else if (strcasecmp(place.type, "table") == 0)
		print_columns(answer_start(&r->answer, 200));
	else
		print_tables(answer_start(&r->answer, 200), s->options->tables);
}
