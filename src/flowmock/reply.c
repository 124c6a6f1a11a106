/* reply.c - see reply.h. */
#include "flowmock/reply.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "flowmock/memory.h"
#include "flowmock/service.h"

/* A connected TCP socket that is told to have no peer sends a reset at once.
 * (SO_LINGER alone would be too late: libmicrohttpd shuts down first, and the
 * client reads a clean end.) */
static void reset_connection(struct request *r)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	int fd = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	if (connect(fd, &none, sizeof(none)) < 0)
		shutdown(fd, SHUT_RDWR);
}

static ssize_t read_half(void *cls, uint64_t position, char *dst, size_t max)
{
	struct request *r = cls;
	size_t len = MIN(r->answer.body.len / 2, max);

	if (position > 0 || len == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(dst, r->answer.body.data, len);
	return (ssize_t)len;
}

static ssize_t read_stream(void *cls, uint64_t position, char *dst, size_t max)
{
	struct request *r = cls;
	struct buf *b = &r->answer.body;
	size_t len;

	if (r->sent == b->len) {
		buf_reset(b);
		r->sent = 0;
		while (b->len < max && r->stream(r, b))
			;
	}
	if (b->len == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	len = MIN(b->len - r->sent, max);
	memcpy(dst, b->data + r->sent, len);
	r->sent += len;
	return (ssize_t)len;
}

static struct MHD_Response *make_response(struct request *r)
{
	struct buf *b = &r->answer.body;

	if (r->stream)
		return MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, 1 << 16, read_stream, r, NULL);
	if (fault_kind(r->fault.fault)->ending == ENDING_HALF)
		return MHD_create_response_from_callback(b->len, b->len + 1, read_half, r, NULL);
	return MHD_create_response_from_buffer(b->len, b->data, MHD_RESPMEM_PERSISTENT);
}

static void add_headers(struct MHD_Response *response, struct answer *a)
{
	AUTO(buf_done) struct buf seconds = {0};

	buf_init(&seconds, 32);
	if (a->content_type)
		MHD_add_response_header(response, "Content-Type", a->content_type);
	if (a->location[0] != '\0')
		MHD_add_response_header(response, "Location", a->location);
	if (a->retry_after_s > 0) {
		must(buf_printf(&seconds, "%u", a->retry_after_s));
		MHD_add_response_header(response, "Retry-After", seconds.data);
	}
	for (unsigned i = 0; i < a->header_count; i++)
		MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
	MHD_add_response_header(response, "x-request-id", a->request_id);
}

bool reply_send(struct request *r, bool counted)
{
	enum fault_ending ending = fault_kind(r->fault.fault)->ending;
	bool answers = r->step == STEP_READY && ending <= ENDING_HALF;
	struct MHD_Response *response;
	enum MHD_Result sent;

	if (counted)
		r->service->counters.statuses[answers ? r->answer.status : 0]++;
	if (!answers) {
		if (r->step == STEP_READY && ending == ENDING_RESET)
			reset_connection(r);
		return false;
	}
	response = make_response(r);
	add_headers(response, &r->answer);
	sent = MHD_queue_response(r->mhd, (unsigned)r->answer.status, response);
	MHD_destroy_response(response);
	return sent == MHD_YES;
}
