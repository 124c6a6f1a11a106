/* The region is cut into cells, and a table beside it says at each piece's first
 * cell how many it has. The search for room goes on where the last one ended
 * (next fit) and steps over pieces whole: rows take and give back in much the
 * same order, so what comes next is free as a rule.
 *
 * The table lies outside of the guarded bytes: lengths are no secret, and a
 * page of mlocked memory is dear.
 */
#include "sys/secret.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "base/macros.h"

#define CELL 64

struct secret_region {
	char *bytes;
	size_t size;
	size_t cell_count;
	size_t free_cells;
	size_t next;     /* where the search goes on; always the start of a piece or free */
	uint32_t *piece; /* cells of the piece that begins here; 0 where none does */
};

static int reserve(struct secret_region *r, bool *ret_locked)
{
	r->piece = calloc(r->cell_count, sizeof(*r->piece));
	if (!r->piece)
		return -ENOMEM;
	r->bytes = sodium_malloc(r->size);
	if (!r->bytes)
		return -ENOMEM;
	sodium_memzero(r->bytes, r->size);
	/* sodium_malloc() locks too, but does not say whether it could. */
	*ret_locked = sodium_mlock(r->bytes, r->size) == 0;
	return 0;
}

int secret_region_create(size_t size, struct secret_region **ret, bool *ret_locked)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret_region *r;
	int err;

	if (sodium_init() < 0)
		return -ENOMEM;
	if (size > UINT32_MAX)
		return -ENOMEM;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;

	r->size = (MAX(size, (size_t)1) + page - 1) / page * page;
	r->cell_count = r->free_cells = r->size / CELL;
	err = reserve(r, ret_locked);
	if (err < 0) {
		secret_region_destroy(r);
		return err;
	}
	*ret = r;
	return 0;
}

void secret_region_destroy(struct secret_region *r)
{
	if (!r)
		return;
	sodium_free(r->bytes); /* wipes, unlocks */
	free(r->piece);
	free(r);
}

/* `need` free cells in a row that begin in [from, to); cell_count if there are none. */
static size_t find_room(const struct secret_region *r, size_t need, size_t from, size_t to)
{
	size_t start = from, i = from;

	while (start < to && i < r->cell_count) {
		if (r->piece[i] > 0) {
			i += r->piece[i];
			start = i;
			continue;
		}
		i++;
		if (i - start == need)
			return start;
	}
	return r->cell_count;
}

char *secret_take(struct secret_region *r, size_t len)
{
	size_t need, at;

	if (len >= r->size)
		return NULL;
	need = len / CELL + 1; /* the NUL included */
	if (need > r->free_cells)
		return NULL;
	at = find_room(r, need, r->next, r->cell_count);
	if (at == r->cell_count)
		at = find_room(r, need, 0, r->next);
	if (at == r->cell_count)
		return NULL;

	r->piece[at] = (uint32_t)need;
	r->free_cells -= need;
	r->next = at + need < r->cell_count ? at + need : 0;
	return r->bytes + at * CELL;
}

void secret_give(struct secret_region *r, char *p)
{
	size_t at, cells;

	if (!p)
		return;
	assert(p >= r->bytes && p < r->bytes + r->size);
	at = (size_t)(p - r->bytes) / CELL;
	assert((size_t)(p - r->bytes) % CELL == 0);
	cells = r->piece[at];
	assert(cells > 0); /* else given back twice */

	sodium_memzero(p, cells * CELL);
	r->piece[at] = 0;
	r->free_cells += cells;
}

size_t secret_free_bytes(const struct secret_region *r)
{
	return r->free_cells * CELL;
}

bool secret_region_is_unused(const struct secret_region *r)
{
	return r->free_cells == r->cell_count;
}

void secret_harden_process(void)
{
	const struct rlimit none = {0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	unsetenv("SSLKEYLOGFILE");
}
