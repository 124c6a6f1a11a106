#include "engine/halt.h"

void halt_init(struct halt *h, uint64_t limit, bool percent)
{
	*h = (struct halt){.limit = limit, .percent = percent};
}

bool halt_count(struct halt *h, bool failed)
{
	h->finished++;
	h->failed += failed;
	if (h->limit == 0)
		return false;
	if (!h->percent)
		return h->failed >= h->limit;
	return h->finished >= HALT_PERCENT_FROM && h->failed * 100 >= h->limit * h->finished;
}
