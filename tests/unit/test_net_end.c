/* What libcurl's codes and our own facts are called. */
#include "net_fixture.h"
#include "net/private.h"

#define END(...) net_end_of(&(struct net_facts){__VA_ARGS__})

static void a_status_and_no_error_is_an_answer(void **state)
{
	assert_int_equal(END(.code = CURLE_OK, .status = 201, .began = true), NET_ANSWERED);
	assert_int_equal(END(.code = CURLE_OK, .status = 503, .began = true), NET_ANSWERED);
}

static void a_status_and_any_error_is_a_cut_off_answer(void **state)
{
	const CURLcode codes[] = {CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_WRITE_ERROR,
		CURLE_OPERATION_TIMEDOUT};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		assert_int_equal(
			END(.code = codes[i], .status = 201, .began = true), NET_CUT_OFF);
}

static void before_anything_left_the_code_names_the_end(void **state)
{
	const struct {
		CURLcode code;
		enum net_end end;
	} table[] = {
		{CURLE_COULDNT_RESOLVE_HOST, NET_DNS},
		{CURLE_COULDNT_RESOLVE_PROXY, NET_DNS},
		{CURLE_COULDNT_CONNECT, NET_CONNECT},
		{CURLE_SSL_CONNECT_ERROR, NET_TLS},
		{CURLE_PEER_FAILED_VERIFICATION, NET_CERTIFICATE},
		{CURLE_SSL_ISSUER_ERROR, NET_CERTIFICATE},
		{CURLE_SSL_CERTPROBLEM, NET_LOCAL},
		{CURLE_SSL_CACERT_BADFILE, NET_LOCAL},
		{CURLE_URL_MALFORMAT, NET_LOCAL},
		{CURLE_UNSUPPORTED_PROTOCOL, NET_LOCAL},
		{CURLE_OPERATION_TIMEDOUT, NET_TIMEOUT},
		{CURLE_SEND_FAIL_REWIND, NET_VETO},
		{CURLE_RECV_ERROR, NET_BROKEN},
		{CURLE_OUT_OF_MEMORY, NET_BROKEN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(END(.code = table[i].code), table[i].end);
}

/* libcurl may lose a connection after the body left, and fail at the next. */
static void what_began_never_ends_as_no_connection(void **state)
{
	const CURLcode codes[] = {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
		CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
		CURLE_GOT_NOTHING, CURLE_SEND_ERROR};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		assert_int_equal(END(.code = codes[i], .began = true), NET_BROKEN);
	assert_int_equal(
		END(.code = CURLE_RECV_ERROR, .began = true, .connect_status = 407), NET_BROKEN);
	assert_int_equal(END(.code = CURLE_OPERATION_TIMEDOUT, .began = true), NET_TIMEOUT);
}

static void our_refusal_to_send_twice_is_a_veto_whatever_the_code(void **state)
{
	assert_int_equal(END(.code = CURLE_ABORTED_BY_CALLBACK, .began = true, .vetoed = true),
		NET_VETO);
	assert_int_equal(
		END(.code = CURLE_SEND_FAIL_REWIND, .began = true, .vetoed = true), NET_VETO);
}

static void a_proxy_that_refuses_to_connect_is_told_from_one_that_cannot(void **state)
{
	assert_int_equal(END(.code = CURLE_RECV_ERROR, .connect_status = 407), NET_PROXY);
	assert_int_equal(END(.code = CURLE_RECV_ERROR, .connect_status = 403), NET_PROXY);
	assert_int_equal(END(.code = CURLE_RECV_ERROR, .connect_status = 502), NET_CONNECT);
	assert_int_equal(
		END(.code = CURLE_PEER_FAILED_VERIFICATION, .connect_status = 200), NET_CERTIFICATE);
}

static void every_end_has_a_name(void **state)
{
	for (int e = NET_ANSWERED; e <= NET_CANCELLED; e++)
		assert_true(strlen(net_end_name((enum net_end)e)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_and_no_error_is_an_answer),
		cmocka_unit_test(a_status_and_any_error_is_a_cut_off_answer),
		cmocka_unit_test(before_anything_left_the_code_names_the_end),
		cmocka_unit_test(what_began_never_ends_as_no_connection),
		cmocka_unit_test(our_refusal_to_send_twice_is_a_veto_whatever_the_code),
		cmocka_unit_test(a_proxy_that_refuses_to_connect_is_told_from_one_that_cannot),
		cmocka_unit_test(every_end_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
