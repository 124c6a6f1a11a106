#include "ledger/reader.h"

#include <errno.h>

int ledger_reader_open(const char *path, struct ledger_reader **ret, struct error *reterr)
{
	return error_set(reterr, -ENOENT, "there is no ledger file in this version");
}

void ledger_reader_close(struct ledger_reader *r)
{
}

int ledger_reader_run(struct ledger_reader *r, struct ledger_run *ret, struct error *reterr)
{
	return -ENOSYS;
}

int ledger_reader_groups(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_group *g), void *arg, struct error *reterr)
{
	return -ENOSYS;
}

int ledger_reader_unresolved(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_record *rec), void *arg, struct error *reterr)
{
	return -ENOSYS;
}

int ledger_reader_find(struct ledger_reader *r, const char *sandbox, const char *name,
	const struct ledger_record **ret, struct error *reterr)
{
	return -ENOSYS;
}
