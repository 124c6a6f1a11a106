/* main.c - flowmock: a local Flow Service to rehearse migrations on. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/json.h"
#include "flowmock/answer.h"
#include "flowmock/options.h"
#include "flowmock/server.h"
#include "flowmock/service.h"
#include "flowmock/token.h"

enum { EXIT_FINE = 0, EXIT_FATAL = 3, EXIT_USAGE_WRONG = 64 };

static int complain(const struct error *e, int status)
{
	fprintf(stderr, "flowmock: %s\n", e->text);
	return status;
}

/* The two lines that callers wait for: the service, and who hands out tokens. A certificate is
 * for a name. */
static int print_urls(const struct server *s, const struct options *o)
{
	bool is_v4 = o->listen.ss_family == AF_INET;
	char address[INET6_ADDRSTRLEN], origin[INET6_ADDRSTRLEN + 32];

	inet_ntop(o->listen.ss_family,
		is_v4 ? (const void *)&((const struct sockaddr_in *)&o->listen)->sin_addr
		      : (const void *)&((const struct sockaddr_in6 *)&o->listen)->sin6_addr,
		address, sizeof(address));
	if (o->tls_cert)
		snprintf(origin, sizeof(origin), "https://localhost:%u", s->port);
	else
		snprintf(origin, sizeof(origin), is_v4 ? "http://%s:%u" : "http://[%s]:%u", address,
			s->port);
	printf("%s" BASE_PATH "\n%s" TOKEN_URL_PATH "\n", origin, origin);
	return fflush(stdout);
}

static int serve(struct service *service, const struct options *o)
{
	struct error e;
	struct server s;
	int r;

	r = server_open(&s, service, &e);
	if (r == 0) {
		print_urls(&s, o);
		r = server_run(&s, &e);
	}
	server_close(&s);
	return r < 0 ? complain(&e, EXIT_FATAL) : EXIT_FINE;
}

int main(int argc, char **argv)
{
	struct service service;
	struct options o = {0};
	struct error e;
	int status;

	json_setup();
	if (options_parse(argc, argv, &o, &e) < 0)
		return complain(&e, EXIT_USAGE_WRONG);
	if (o.help) {
		options_help(stdout);
		faults_done(&o.faults);
		return EXIT_FINE;
	}
	if (service_open(&service, &o, &e) < 0)
		return complain(&e, EXIT_FATAL);
	status = serve(&service, &o);
	service_close(&service);
	faults_done(&o.faults);
	return status;
}
