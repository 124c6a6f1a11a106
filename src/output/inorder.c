#include "output/inorder.h"

#include <errno.h>

#include "base/buf.h"
#include "base/macros.h"
#include "output/blocks.h"
#include "sys/file.h"

/* One MiB of .part in memory: as rows finish nearly in order, each block is
 * then read once. */
#define BLOCK_SIZE ((size_t)16 * 1024)
#define BLOCK_COUNT 64

struct copy {
	const struct inorder *o;
	struct blocks part;
	struct buf pending;     /* what the new file does not have yet */
	enum inorder_side side; /* of the trouble, when there is any */
};

static int trouble(struct copy *c, enum inorder_side side, int code)
{
	if (code < 0)
		c->side = side;
	return code;
}

static int write_pending(struct copy *c)
{
	int r = 0;

	if (c->pending.len > 0)
		r = file_write_all(c->o->new_fd, c->pending.data, c->pending.len);
	buf_reset(&c->pending);
	return r;
}

static int append(struct copy *c, const char *data, size_t len)
{
	int r;

	r = buf_append(&c->pending, data, len);
	if (r == 0 && c->pending.len >= WRITE_SIZE)
		r = write_pending(c);
	return r;
}

/* A line goes through piece by piece, so that a giant one takes no memory. */
static int copy_line(struct copy *c, uint64_t offset)
{
	bool quoted = false, ended = false;
	int r;

	while (!ended) {
		size_t start = (size_t)(offset % BLOCK_SIZE), len;
		char *block;

		if (offset >= c->o->part_len)
			return trouble(c, INORDER_PART, -EIO);
		r = blocks_get(&c->part, offset / BLOCK_SIZE, false, &block);
		if (r < 0)
			return trouble(c, INORDER_PART, r);

		len = (size_t)MIN((uint64_t)(BLOCK_SIZE - start), c->o->part_len - offset);
		len = line_end(c->o->style->format, block + start, len, &quoted, &ended);
		r = append(c, block + start, len);
		if (r < 0)
			return trouble(c, INORDER_NEW, r);
		offset += len;
	}
	return 0;
}

static int copy_all(struct copy *c, uint64_t *reterr_row)
{
	struct places *places = c->o->places;
	uint64_t offset;
	int r;

	r = line_header(c->o->style, &c->pending);
	if (r < 0)
		return trouble(c, INORDER_NEW, r);
	for (uint64_t row = 1; row <= places->highest; row++) {
		r = places_get(places, row, &offset);
		if (r == -ENODATA) {
			*reterr_row = row;
			return trouble(c, INORDER_MISSING, r);
		}
		if (r < 0)
			return trouble(c, INORDER_INDEX, r);
		r = copy_line(c, offset);
		if (r < 0)
			return r;
	}
	return trouble(c, INORDER_NEW, write_pending(c));
}

int inorder_write(const struct inorder *o, enum inorder_side *reterr_side, uint64_t *reterr_row)
{
	struct copy c = {.o = o};
	int r;

	buf_init(&c.pending, WRITE_SIZE + LINE_MAX_SIZE);
	r = blocks_init(&c.part, o->part_fd, o->part_len, BLOCK_SIZE, BLOCK_COUNT);
	r = r < 0 ? trouble(&c, INORDER_PART, r) : copy_all(&c, reterr_row);
	if (r < 0)
		*reterr_side = c.side;
	blocks_done(&c.part);
	buf_done(&c.pending);
	return r;
}
