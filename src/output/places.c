#include "output/places.h"

#include <assert.h>
#include <errno.h>

#include "base/macros.h"

#define PLACE_SIZE 8
#define BLOCK_SIZE 4096
#define PLACES_A_BLOCK (BLOCK_SIZE / PLACE_SIZE)
/* 8,192 rows: several times what a run has open at once, so that a block is as
 * a rule written once, when all its rows are told. */
#define BLOCK_COUNT 16

int places_init(struct places *p, int fd)
{
	*p = (struct places){0};
	return blocks_init(&p->blocks, fd, 0, BLOCK_SIZE, BLOCK_COUNT);
}

void places_done(struct places *p)
{
	blocks_done(&p->blocks);
	*p = (struct places){0};
}

static uint64_t read_le64(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = PLACE_SIZE - 1; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static void write_le64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < PLACE_SIZE; i++, v >>= 8)
		p[i] = (unsigned char)v;
}

static int find(struct places *p, uint64_t row, bool change, unsigned char **ret)
{
	uint64_t at = row - 1;
	char *block;
	int r;

	assert(row > 0 && row <= INT64_MAX / PLACE_SIZE);
	r = blocks_get(&p->blocks, at / PLACES_A_BLOCK, change, &block);
	if (r < 0)
		return r;
	*ret = (unsigned char *)block + at % PLACES_A_BLOCK * PLACE_SIZE;
	return 0;
}

int places_set(struct places *p, uint64_t row, uint64_t offset)
{
	unsigned char *place;
	int r;

	r = find(p, row, true, &place);
	if (r < 0)
		return r;
	if (read_le64(place) == 0)
		p->rows++;
	p->highest = MAX(p->highest, row);
	write_le64(place, offset + 1);
	return 0;
}

int places_get(struct places *p, uint64_t row, uint64_t *ret_offset)
{
	unsigned char *place;
	uint64_t v;
	int r;

	r = find(p, row, false, &place);
	if (r < 0)
		return r;
	v = read_le64(place);
	if (v == 0)
		return -ENODATA;
	*ret_offset = v - 1;
	return 0;
}
