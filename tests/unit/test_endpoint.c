/* test_endpoint.c - which URLs are fit to talk to, and which to hand to Adobe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/request.h"

struct fault_case {
	const char *url;
	const char *says; /* part of the sentence */
};

/* Wrong as an endpoint and as a service's URL alike. */
static const struct fault_case wrong_for_both[] = {
	{"", "empty"},
	{"north.service-now.com", "no scheme"},
	{"north.service-now.com:443", "no scheme"},
	{"//north.service-now.com", "no scheme"},
	{"https:north.service-now.com", "no scheme"},
	{"https:/north.service-now.com", "no scheme"},
	{"ftp://north.service-now.com", "neither https nor http"},
	{"httpss://h", "neither https nor http"},
	{"://h", "neither https nor http"},
	{"file:///etc/passwd", "neither https nor http"},
	{"https://", "no host"},
	{"https:///x", "no host"},
	{"https:///", "no host"},
	{"https://:443", "no host"},
	{"https://?q", "no host"},
	{" https://h", "blank or control"},
	{"https://h ", "blank or control"},
	{"https://north service-now.com", "blank or control"},
	{"https://h\n", "blank or control"},
	{"https://h\t/", "blank or control"},
	{"https://h\x7f", "blank or control"},
	{"https://b\xc3\xbc"
	 "cher.example",
		"punycode"},
	{"https://h.example\\@evil.example", "backslash"},
	{"https:\\\\h.example", "backslash"},
	{"https://user@h.example", "login"},
	{"https://user:pass-1@h.example", "login"},
	{"https://@h.example", "login"},
	{"https://good.example@evil.example/", "login"},
	{"https://h:0", "port"},
	{"https://h:65536", "port"},
	{"https://h:99999999999", "port"},
	{"https://h:", "port"},
	{"https://h:/", "port"},
	{"https://h:8a", "port"},
	{"https://h:-1", "port"},
	{"https://h:+1", "port"},
	{"https://h:1:2", "port"},
	{"https://::1/", "no host"},
	{"https://fe80::1/", "port"},
	{"https://h%41.example", "host with other characters"},
	{"https://h$.example", "host with other characters"},
	{"https://h,i.example", "host with other characters"},
	{"https://.example", "empty part"},
	{"https://a..example", "empty part"},
	{"https://[::1", "does not close"},
	{"https://[]", "no host"},
	{"https://[::1]8080", "between the IPv6"},
	{"https://[::1].example", "between the IPv6"},
	{"https://[::1]:0", "port"},
	{"https://[localhost]", "no IPv6"},
	{"https://[127.0.0.1]", "no IPv6"},
	{"https://[1:2:3:4:5:6:7]", "no IPv6"},
	{"https://[1:2:3:4:5:6:7:8:9]", "no IPv6"},
	{"https://[1::2::3]", "no IPv6"},
	{"https://[1:2:3:4::5:6:7:8]", "no IPv6"},
	{"https://[12345::]", "no IPv6"},
	{"https://[:1]", "no IPv6"},
	{"https://[1:]", "no IPv6"},
	{"https://[1::2:]", "no IPv6"},
	{"https://[:]", "no IPv6"},
	{"https://[:::]", "no IPv6"},
	{"https://[g::]", "no IPv6"},
	{"https://[::1%25eth0]", "no IPv6"},
	{"https://[::127.0.0.256]", "no IPv6"},
	{"https://[1:2:3:4:5:6:7:1.2.3.4]", "no IPv6"},
};

static void assert_fault(const char *url, const char *fault, const char *says)
{
	if (!fault || !strstr(fault, says))
		fail_msg("'%s': expected '%s', got '%s'", url, says, fault ? fault : "(fine)");
}

static void assert_fine(const char *url, const char *fault)
{
	if (fault)
		fail_msg("'%s': %s", url, fault);
}

static void malformed_urls_are_refused_as_endpoints(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_for_both); i++) {
		const struct fault_case *c = &wrong_for_both[i];

		assert_fault(c->url, flow_endpoint_fault(c->url, false), c->says);
	}
}

static void malformed_urls_are_refused_as_services(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_for_both); i++) {
		const struct fault_case *c = &wrong_for_both[i];

		assert_fault(c->url, flow_service_url_fault(c->url), c->says);
	}
}

static void no_fault_quotes_the_url(void **state)
{
	const char *fault = flow_endpoint_fault("https://user:pass-1@north.example", false);

	assert_null(strstr(fault, "pass-1"));
	assert_null(strstr(fault, "north"));
}

static void an_endpoint_is_scheme_host_and_perhaps_port(void **state)
{
	static const char *const fine[] = {"https://north.service-now.com",
		"https://north.service-now.com/", "HTTPS://North.Service-Now.COM",
		"https://north_2.service-now.com:8443", "https://north.example:65535/",
		"https://h:1", "https://xn--bcher-kva.example", "https://10.0.0.7", "https://h.",
		"https://[2001:db8::7]", "https://[2001:DB8:1:2:3:4:5:6]:443/", "https://[::]",
		"https://[1::]", "https://[1:2:3:4:5:6:7::]", "https://[::2:3:4:5:6:7:8]",
		"https://[::ffff:192.0.2.1]", "https://[1:2:3:4:5:6:1.2.3.4]"};

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert_fine(fine[i], flow_endpoint_fault(fine[i], false));
}

static void an_endpoint_has_no_path_query_or_fragment(void **state)
{
	static const char *const wrong[] = {"https://h/x", "https://h//", "https://h/?q",
		"https://h?q", "https://h#f", "https://h/#", "https://h/./", "https://h?user@x"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_fault(
			wrong[i], flow_endpoint_fault(wrong[i], false), "path, query or fragment");
}

static void an_endpoint_in_plain_http_is_allowed_by_option_only(void **state)
{
	assert_fault("http://h", flow_endpoint_fault("http://h", false), "--allow-http-endpoints");
	assert_fault(
		"http://127.0.0.1", flow_endpoint_fault("http://127.0.0.1", false), "plain http");
	assert_fine("http://h", flow_endpoint_fault("http://h", true));
	assert_fault("ftp://h", flow_endpoint_fault("ftp://h", true), "neither");
}

static void a_host_has_at_most_253_bytes(void **state)
{
	char url[512] = "https://";

	memset(url + 8, 'a', 254);
	assert_fault(url, flow_endpoint_fault(url, false), "253");
	url[8 + 253] = '\0';
	assert_fine(url, flow_endpoint_fault(url, false));
}

/* ---------------------------------------------------------------- service */

static void a_service_is_https_with_any_path(void **state)
{
	static const char *const fine[] = {FLOW_DEFAULT_URL, "https://h", "https://h/",
		"https://h:8443/a/b", "https://h/a@b", "https://[2001:db8::7]/a"};

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert_fine(fine[i], flow_service_url_fault(fine[i]));
	assert_fault("https://h/a?b", flow_service_url_fault("https://h/a?b"), "query");
	assert_fault("https://h/a#b", flow_service_url_fault("https://h/a#b"), "query");
}

static void plain_http_is_for_loopback(void **state)
{
	static const char *const loopback[] = {"http://127.0.0.1", "http://127.0.0.1:8080/a",
		"http://127.255.255.254", "http://localhost:1", "http://LocalHost/", "http://[::1]",
		"http://[::1]:8080/a", "http://[0:0:0:0:0:0:0:1]", "http://[::0:1]"};

	for (size_t i = 0; i < ARRAY_SIZE(loopback); i++)
		assert_fine(loopback[i], flow_service_url_fault(loopback[i]));
}

/* By the same parts, whatever the scheme; a faulty one never is. */
static void what_is_on_this_machine_is_known(void **state)
{
	static const char *const here[] = {"https://127.0.0.1/a", "http://127.1.2.3:1",
		"https://LOCALHOST", "https://[::1]:8443/a"};
	static const char *const elsewhere[] = {"https://platform.adobe.io",
		"https://127.0.0.1.evil.com", "https://localhost.evil.com", "https://128.0.0.1",
		"https://[::2]", "https://[::ffff:127.0.0.1]", "https://localhost@evil.com",
		"https://evil.com\\@localhost", "localhost", ""};

	for (size_t i = 0; i < ARRAY_SIZE(here); i++)
		assert_true(flow_service_is_loopback(here[i]));
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		assert_false(flow_service_is_loopback(elsewhere[i]));
}

/* Each of these would fool a comparison of prefixes, or a lenient address parser. */
static void what_only_looks_like_loopback_is_not(void **state)
{
	static const char *const others[] = {"http://127.0.0.1.evil.com",
		"http://localhost.evil.com", "http://127.1", "http://127.0.1", "http://127",
		"http://2130706433", "http://0x7f.0.0.1", "http://0177.0.0.1", "http://127.0.0.01",
		"http://127.0.0.256", "http://127.0.0.1.", "http://localhost.", "http://localhos",
		"http://127.0.0.1_", "http://128.0.0.1", "http://0.0.0.0", "http://[::2]",
		"http://[::]", "http://[1::1]", "http://[::ffff:127.0.0.1]", "http://h/127.0.0.1",
		"http://h", "http://evil-127.0.0.1"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_fault(others[i], flow_service_url_fault(others[i]), "plain http");
	assert_fault("", flow_service_url_fault("http://localhost@evil.com"), "login");
	assert_fault("", flow_service_url_fault("http://evil.com\\@localhost"), "backslash");
}

/* A ledger belongs to a service: the same one must be known however it is written. */
static void a_service_is_written_in_one_way(void **state)
{
	static const char *const cases[][2] = {
		{"https://platform.adobe.io/data/foundation/flowservice",
			"https://platform.adobe.io/data/foundation/flowservice"},
		{"HTTPS://Platform.Adobe.IO:443/Data//", "https://platform.adobe.io/Data"},
		{"https://h:0443", "https://h"},
		{"https://h:80/", "https://h:80"},
		{"http://127.0.0.1:80/a/b", "http://127.0.0.1/a/b"},
		{"http://LOCALHOST:08080/", "http://localhost:8080"},
		{"http://[::1]:8080/x", "http://[::1]:8080/x"},
		{"https://[2001:DB8::1]", "https://[2001:db8::1]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf b;

		buf_init(&b, 4096);
		assert_int_equal(flow_service_append(&b, cases[i][0]), 0);
		assert_string_equal(b.data, cases[i][1]);
		buf_done(&b);
	}
}

/* ------------------------------------------------------------------- same */

static void the_same_instance_is_known_without_case_and_slash(void **state)
{
	assert_true(flow_endpoint_same("https://a.example", "https://a.example"));
	assert_true(flow_endpoint_same("https://a.example/", "https://a.example"));
	assert_true(flow_endpoint_same("https://a.example", "HTTPS://A.Example/"));
	assert_true(flow_endpoint_same("https://a.example:8443/", "https://A.example:8443"));
	assert_true(flow_endpoint_same("", ""));
}

static void another_instance_differs(void **state)
{
	assert_false(flow_endpoint_same("https://a.example", "https://b.example"));
	assert_false(flow_endpoint_same("https://a.example", "http://a.example"));
	assert_false(flow_endpoint_same("https://a.example", "https://a.example:443"));
	assert_false(flow_endpoint_same("https://a.example", "https://a.example//"));
	assert_false(flow_endpoint_same("https://a.example", "https://a.exampl"));
	assert_false(flow_endpoint_same("https://a.example", "a.example"));
	assert_false(flow_endpoint_same("https://a.example", ""));
}

/* An endpoint that others made may have a path, and paths have case. */
static void a_shown_path_is_compared_exactly(void **state)
{
	assert_true(flow_endpoint_same("https://A.example/x", "https://a.example/x/"));
	assert_false(flow_endpoint_same("https://a.example/X", "https://a.example/x"));
	assert_false(flow_endpoint_same("https://a.example/x", "https://a.example"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_urls_are_refused_as_endpoints),
		cmocka_unit_test(malformed_urls_are_refused_as_services),
		cmocka_unit_test(no_fault_quotes_the_url),
		cmocka_unit_test(an_endpoint_is_scheme_host_and_perhaps_port),
		cmocka_unit_test(an_endpoint_has_no_path_query_or_fragment),
		cmocka_unit_test(an_endpoint_in_plain_http_is_allowed_by_option_only),
		cmocka_unit_test(a_host_has_at_most_253_bytes),
		cmocka_unit_test(a_service_is_https_with_any_path),
		cmocka_unit_test(plain_http_is_for_loopback),
		cmocka_unit_test(what_is_on_this_machine_is_known),
		cmocka_unit_test(a_service_is_written_in_one_way),
		cmocka_unit_test(what_only_looks_like_loopback_is_not),
		cmocka_unit_test(the_same_instance_is_known_without_case_and_slash),
		cmocka_unit_test(another_instance_differs),
		cmocka_unit_test(a_shown_path_is_compared_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
