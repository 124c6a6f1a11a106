#include "output/blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "sys/file.h"

int blocks_init(struct blocks *b, int fd, uint64_t file_len, size_t block_size, size_t slot_count)
{
	*b = (struct blocks){
		.fd = fd,
		.file_len = file_len,
		.block_size = block_size,
		.slot_count = slot_count,
		.memory = malloc(slot_count * block_size),
		.slots = calloc(slot_count, sizeof(*b->slots)),
	};
	if (b->memory && b->slots)
		return 0;
	blocks_done(b);
	return -ENOMEM;
}

void blocks_done(struct blocks *b)
{
	free(b->memory);
	free(b->slots);
	*b = (struct blocks){.fd = -1};
}

static int write_back(struct blocks *b, struct block_slot *slot, const char *data)
{
	uint64_t start = slot->number * b->block_size;
	int r;

	r = file_pwrite_all(b->fd, data, b->block_size, (off_t)start);
	if (r < 0)
		return r;
	b->file_len = MAX(b->file_len, start + b->block_size);
	slot->dirty = false;
	return 0;
}

static int load(struct blocks *b, uint64_t number, char *data)
{
	uint64_t start = number * b->block_size;
	size_t len = 0;
	int r;

	if (start < b->file_len) {
		len = (size_t)MIN(b->file_len - start, (uint64_t)b->block_size);
		r = file_pread_all(b->fd, data, len, (off_t)start);
		if (r < 0)
			return r;
	}
	memset(data + len, 0, b->block_size - len);
	return 0;
}

int blocks_get(struct blocks *b, uint64_t number, bool change, char **ret)
{
	size_t at = (size_t)(number % b->slot_count);
	struct block_slot *slot = &b->slots[at];
	char *data = b->memory + at * b->block_size;
	int r;

	if (!slot->used || slot->number != number) {
		if (slot->dirty) {
			r = write_back(b, slot, data);
			if (r < 0)
				return r;
		}
		slot->used = false; /* half loaded is not used */
		r = load(b, number, data);
		if (r < 0)
			return r;
		*slot = (struct block_slot){.number = number, .used = true};
	}
	slot->dirty = slot->dirty || change;
	*ret = data;
	return 0;
}
