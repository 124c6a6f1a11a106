/* message.c - each text is copied behind the struct that points to it. */
#include "ledger/message.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

#define TEXT(type, member) offsetof(struct type, member)

static const size_t request_texts[] = {
	/* the first two side by side: so they are hashed where they lie */
	TEXT(ledger_request, sandbox),
	TEXT(ledger_request, name),
	TEXT(ledger_request, endpoint),
	TEXT(ledger_request, username),
	TEXT(ledger_request, spec_id),
	TEXT(ledger_request, status),
	TEXT(ledger_request, id),
	TEXT(ledger_request, etag),
	TEXT(ledger_request, error_code),
	TEXT(ledger_request, error),
	TEXT(ledger_request, request_id),
	TEXT(ledger_request, description),
};

static const size_t record_texts[] = {
	TEXT(ledger_record, sandbox),
	TEXT(ledger_record, name),
	TEXT(ledger_record, endpoint),
	TEXT(ledger_record, username),
	TEXT(ledger_record, spec_id),
	TEXT(ledger_record, status),
	TEXT(ledger_record, id),
	TEXT(ledger_record, etag),
	TEXT(ledger_record, error_code),
	TEXT(ledger_record, error),
	TEXT(ledger_record, request_id),
};

static const size_t item_texts[] = {
	TEXT(ledger_listed_item, id),
	TEXT(ledger_listed_item, etag),
	TEXT(ledger_listed_item, endpoint),
	TEXT(ledger_listed_item, username),
};

#define TEXTS_MAX ARRAY_SIZE(request_texts)
static_assert(ARRAY_SIZE(record_texts) <= TEXTS_MAX, "the lengths of all texts have room");

static const char **text_of(void *object, size_t offset)
{
	return (const char **)(void *)((char *)object + offset);
}

/* Returns the bytes that the texts need; their lengths, NUL included, go to sizes. */
static size_t measure(const void *object, const size_t *texts, size_t count, size_t *sizes)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		const char *text =
			*(const char *const *)(const void *)((const char *)object + texts[i]);

		sizes[i] = text ? strlen(text) + 1 : 0;
		sum += sizes[i];
	}
	return sum;
}

/* Point the texts of a copied object to copies at `room`; returns what lies behind them. */
static char *move_texts(
	void *object, const size_t *texts, size_t count, const size_t *sizes, char *room)
{
	for (size_t i = 0; i < count; i++) {
		const char **text = text_of(object, texts[i]);

		if (sizes[i] == 0) {
			*text = "";
			continue;
		}
		memcpy(room, *text, sizes[i]);
		*text = room;
		room += sizes[i];
	}
	return room;
}

void message_put_request(struct queue *q, const struct ledger_request *request)
{
	size_t sizes[TEXTS_MAX];
	size_t bytes = measure(request, request_texts, ARRAY_SIZE(request_texts), sizes);
	struct ledger_request *copy = queue_put(q, sizeof(*copy) + bytes);

	*copy = *request;
	move_texts(copy, request_texts, ARRAY_SIZE(request_texts), sizes, (char *)(copy + 1));
	/* Of these, none is something else than nobody knows. */
	if (!request->endpoint)
		copy->endpoint = NULL;
	if (!request->username)
		copy->username = NULL;
	if (!request->description)
		copy->description = NULL;
}

static void put_record(struct queue *q, const struct ledger_reply *reply)
{
	struct {
		struct ledger_reply reply;
		struct ledger_record record;
	} * copy;
	size_t sizes[TEXTS_MAX];
	size_t bytes = measure(reply->record, record_texts, ARRAY_SIZE(record_texts), sizes);

	copy = queue_put(q, sizeof(*copy) + bytes);
	copy->reply = *reply;
	copy->record = *reply->record;
	copy->reply.record = &copy->record;
	move_texts(
		&copy->record, record_texts, ARRAY_SIZE(record_texts), sizes, (char *)(copy + 1));
}

static void put_listed(struct queue *q, const struct ledger_reply *reply)
{
	struct {
		struct ledger_reply reply;
		struct ledger_listed listed;
	} * copy;
	const struct ledger_listed *listed = reply->listed;
	size_t sizes[LEDGER_LISTED_MAX][ARRAY_SIZE(item_texts)];
	size_t items = MIN(listed->count, LEDGER_LISTED_MAX), bytes = 0;
	char *room;

	for (size_t i = 0; i < items; i++)
		bytes += measure(&listed->items[i], item_texts, ARRAY_SIZE(item_texts), sizes[i]);
	copy = queue_put(q, sizeof(*copy) + bytes);
	copy->reply = *reply;
	copy->listed = *listed;
	copy->reply.listed = &copy->listed;
	room = (char *)(copy + 1);
	for (size_t i = 0; i < items; i++)
		room = move_texts(
			&copy->listed.items[i], item_texts, ARRAY_SIZE(item_texts), sizes[i], room);
}

void message_put_reply(struct queue *q, const struct ledger_reply *reply)
{
	if (reply->record)
		put_record(q, reply);
	else if (reply->listed)
		put_listed(q, reply);
	else
		*(struct ledger_reply *)queue_put(q, sizeof(*reply)) = *reply;
}
