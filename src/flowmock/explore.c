/* explore.c - GET /connections/{id}/explore: the tables behind a connection.
 *
 * objectType=root lists them, objectType=table&object=PATH shows the columns of one.
 * Adobe's description has the words in capitals, its tutorials in small letters: both
 * are taken.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/str.h"
#include "flowmock/memory.h"
#include "flowmock/request.h"
#include "flowmock/service.h"

static const char *const tables[] = {"incident", "sys_user", "cmdb_ci", "task", "problem"};

struct asked {
	char type[16];
	char object[64];
};

static bool take(void *arg, const char *name, const char *value)
{
	struct asked *a = arg;

	if (strcasecmp(name, "objectType") == 0)
		str_copy(a->type, sizeof(a->type), value ? value : "");
	else if (strcmp(name, "object") == 0)
		str_copy(a->object, sizeof(a->object), value ? value : "");
	return true;
}

static void list_tables(struct request *r)
{
	const uint32_t count = r->service->options->tables;
	struct buf *b = answer_start(&r->answer, 200);

	must(buf_append_char(b, '['));
	for (uint32_t i = 0; i < count; i++) {
		const char *name = tables[i % ARRAY_SIZE(tables)];
		uint32_t again = i / (uint32_t)ARRAY_SIZE(tables);

		must(buf_printf(b, "%s{\"type\":\"table\",\"name\":\"%s", i ? "," : "", name));
		if (again > 0)
			must(buf_printf(b, "_%" PRIu32, again));
		must(buf_printf(b, "\",\"path\":\"%s\",\"canPreview\":true,", name));
		must(buf_append_str(b, "\"canFetchSchema\":true}"));
	}
	must(buf_append_char(b, ']'));
}

static void show_columns(struct request *r)
{
	must(buf_append_str(answer_start(&r->answer, 200),
		"{\"format\":\"flat\",\"schema\":{\"columns\":["
		"{\"name\":\"sys_id\",\"type\":\"string\",\"xdm\":{\"type\":\"string\"}}]}}"));
}

void explore_connection(struct request *r)
{
	struct asked asked = {.type = ""};

	if (request_connection(r) == NO_CONNECTION)
		return;
	request_arguments(r, take, &asked);
	if (strcasecmp(asked.type, "root") == 0)
		list_tables(r);
	else if (strcasecmp(asked.type, "table") == 0 && asked.object[0])
		show_columns(r);
	else
		answer_message(&r->answer, 400, "objectType is not valid");
}
