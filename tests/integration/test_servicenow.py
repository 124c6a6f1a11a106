"""flowmock's ServiceNow: the instances that connections are made to, as a probe meets them."""

import base64
import socket
import time

import pytest

from flow_client import body
from support import LIMIT_S

PATH = "/api/now/table/"
PROBE = "?sysparm_limit=1&sysparm_fields=sys_id"


def basic(user, password="pass-1"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def probe(server, user="user", password="pass-1", table="sys_user", host=None, query=PROBE, **more):
    head = {"Authorization": basic(user, password), "Accept": "application/json"} | more
    if host:
        head["Host"] = f"{host}:{server.flow.port}"
    return server.flow.control("GET", PATH + table + query, None, head)


def logins(server):
    return {(one["host"], one["user"]): one for one in server.status()["servicenow"]["logins"]}


def error(answer):
    """What an error says; its form is part of the claim."""
    found = answer.json()
    assert found["status"] == "failure" and set(found) == {"error", "status"}
    assert set(found["error"]) == {"message", "detail"}
    assert answer.headers["Content-Type"].startswith("application/json")
    return found["error"]["message"]


def is_refused(answer):
    assert answer.status == 401
    assert error(answer) == "User is not authenticated"
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Service-now"'
    assert answer.headers["X-MFA_TOKEN"] is None
    return True


# ------------------------------------------------------------------ who is let in


def test_a_good_login_gets_as_many_records_and_fields_as_asked(flowmock):
    server = flowmock()
    answer = probe(server)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    (record,) = answer.json()["result"]
    assert list(record) == ["sys_id"] and len(record["sys_id"]) == 32
    everything = probe(server, query="").json()["result"]
    assert len(everything) > 1 and len(everything[0]) > 1


def test_the_login_of_the_flow_service_is_not_asked_for(flowmock):
    server = flowmock("--token", "token-1", "--rate-limit", "1/h")
    assert server.flow.create("dev1").status == 201
    assert [probe(server).status for _ in range(3)] == [200, 200, 200]


def test_without_a_login_there_is_none(flowmock):
    server = flowmock()
    for head in ({}, {"Authorization": "Bearer token-1"}, {"Authorization": "Basic"},
                 {"Authorization": "Basic !!!!"}, {"Authorization": "Basic dXNlcg=="}):
        assert is_refused(server.flow.control("GET", PATH + "sys_user", None, head))
    assert logins(server) == {}


def test_any_login_is_right_but_bad_ones(flowmock):
    server = flowmock()
    assert probe(server, "user", "päss:wörd").status == 200
    assert is_refused(probe(server, "bad-user"))
    assert is_refused(probe(flowmock("--bad-login", "x"), "xy"))


def test_only_the_logins_that_are_named_are_right(flowmock):
    server = flowmock("--servicenow-login", "one:päss:wörd", "--servicenow-login", "two:2")
    assert probe(server, "one", "päss:wörd").status == 200
    assert probe(server, "two", "2").status == 200
    for user, password in (("one", "2"), ("on", "e:päss:wörd"), ("two", ""), ("three", "3")):
        assert is_refused(probe(server, user, password))


# ------------------------------------------------------------------------ lockout


def test_five_wrong_tries_lock_a_login_at_that_instance(flowmock):
    server = flowmock("--servicenow-login", "user:right")
    for _ in range(5):
        assert is_refused(probe(server, "user", "wrong"))
    assert is_refused(probe(server, "user", "right"))
    assert logins(server) == {("127.0.0.1", "user"): {
        "host": "127.0.0.1", "user": "user", "tries": 6, "wrong": 5, "locked": True}}
    assert probe(server, "user", "right", host="other.localhost").status == 200
    assert not logins(server)["other.localhost", "user"]["locked"]

    server.tell("reset")
    assert logins(server) == {}
    assert probe(server, "user", "right").status == 200


def test_a_right_password_starts_the_count_over(flowmock):
    server = flowmock("--servicenow-login", "user:right")
    for _ in range(3):
        for _ in range(4):
            assert is_refused(probe(server, "user", "wrong"))
        assert probe(server, "user", "right").status == 200
    found = logins(server)["127.0.0.1", "user"]
    assert (found["tries"], found["wrong"], found["locked"]) == (15, 12, False)


def test_a_restriction_does_not_count_as_a_wrong_try(flowmock):
    server = flowmock()
    for _ in range(6):
        assert is_refused(probe(server, "restricted-1"))
    found = logins(server)["127.0.0.1", "restricted-1"]
    assert (found["tries"], found["wrong"], found["locked"]) == (6, 0, False)


# -------------------------------------------------------- what a name asks for


def is_page(answer, status, words):
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert words in answer.body.decode()
    return True


@pytest.mark.parametrize("where", ["user", "host"])
def test_users_and_instances_are_what_they_are_called(flowmock, where):
    server = flowmock()

    def ask(word):
        return probe(server, word + "-1") if where == "user" else probe(server, host=word + ".localhost")

    assert is_page(ask("hibernating"), 200, "Instance Hibernating page")
    assert is_page(ask("page"), 200, "Log in")
    assert is_page(ask("denied"), 403, "denied")
    assert is_page(ask("sso"), 302, "")
    assert ask("sso").headers["Location"].startswith("https://")
    assert is_refused(ask("restricted"))
    assert is_refused(ask("locked"))

    assert ask("empty").json() == {"result": []}
    assert ask("noright").status == 403
    assert error(ask("noright")) == "Insufficient rights to query records"

    second_factor = ask("mfa")
    assert second_factor.status == 401
    assert second_factor.headers["X-MFA_TOKEN"] == "invalid"
    assert error(second_factor) == "User is not authenticated"

    other = ask("nobasic")
    assert other.status == 401
    assert other.headers["WWW-Authenticate"] == 'Bearer realm="Service-now"'

    assert ask("limited").status == 429


def test_a_second_factor_is_asked_for_a_right_password_only(flowmock):
    server = flowmock("--servicenow-login", "mfa:right")
    assert probe(server, "mfa", "right").headers["X-MFA_TOKEN"] == "invalid"
    assert is_refused(probe(server, "mfa", "wrong"))


def test_a_name_that_only_begins_alike_asks_for_nothing(flowmock):
    server = flowmock()
    for user in ("mfaker", "pages", "ssoon-1"):
        assert probe(server, user).status == 200


def test_a_table_that_is_not_there_is_named_to_who_has_logged_in(flowmock):
    server = flowmock("--servicenow-table", "sys_user", "--servicenow-table", "incident")
    assert probe(server, table="incident").status == 200
    answer = probe(server, table="nothing")
    assert answer.status == 400
    assert error(answer) == "Invalid table nothing"
    assert is_refused(probe(server, "bad-user", table="nothing"))


# ---------------------------------------------------------------------- how often


def test_a_rate_limit_tells_until_when(flowmock):
    server = flowmock("--servicenow-limit", 2)
    before = int(time.time())
    answers = [probe(server) for _ in range(5)]
    after = int(time.time())
    limited = [a for a in answers if a.status == 429]
    # When the hour turned in between, the count began anew.
    assert len(limited) >= (3 if before // 3600 == after // 3600 else 1)
    for answer in limited:
        assert error(answer) == "Rate limit exceeded"
        assert answer.headers["X-RateLimit-Limit"] == "2"
        assert len(answer.headers["X-RateLimit-Rule"]) == 32
        reset = int(answer.headers["X-RateLimit-Reset"])
        assert reset % 3600 == 0
        wait = int(answer.headers["Retry-After"])
        assert before <= reset - wait <= after and wait <= 3600
    assert probe(server, "another").status == 200


def test_a_limited_try_is_no_login(flowmock):
    server = flowmock()
    assert probe(server, "limited").status == 429
    assert logins(server)["127.0.0.1", "limited"]["wrong"] == 0


# ------------------------------------------------------------- what a test asks for


def test_tries_are_counted_by_instance_and_user(flowmock):
    server = flowmock()
    for _ in range(3):
        probe(server, "one")
    probe(server, "one", host="dev2.localhost")
    probe(server, "bad-two")
    found = {key: (one["tries"], one["wrong"]) for key, one in logins(server).items()}
    assert found == {("127.0.0.1", "one"): (3, 0), ("dev2.localhost", "one"): (1, 0),
                     ("127.0.0.1", "bad-two"): (1, 1)}
    status = server.status()["servicenow"]
    assert status["requests"] == 5
    assert {one["host"]: one["requests"] for one in status["instances"]} == {
        "127.0.0.1": 4, "dev2.localhost": 1}


def test_probes_are_no_requests_of_the_flow_service(flowmock):
    server = flowmock()
    probe(server)
    status = server.status()
    assert sum(status["requests"].values()) == 0
    assert status["most_in_flight"] == status["worst_second"] == 0
    assert status["statuses"] == {"none": 0}


def test_how_many_are_there_at_once_is_told_by_instance(flowmock):
    server = flowmock("--fault", "servicenow:stall=1")
    request = f"GET {PATH}sys_user{PROBE} HTTP/1.1\r\nAuthorization: {basic('user')}\r\n"
    waiting = []
    for host in ("i0", "i0", "i0", "i1"):
        waiting.append(socket.create_connection((server.flow.host, server.flow.port), timeout=60))
        waiting[-1].sendall(f"{request}Host: {host}.localhost\r\n\r\n".encode())

    def at_once():
        status = server.status()["servicenow"]
        return status["most_at_once"], {
            one["host"]: one["most_at_once"] for one in status["instances"]}

    hangs_at = time.monotonic() + LIMIT_S
    while at_once() != (4, {"i0.localhost": 3, "i1.localhost": 1}):
        assert time.monotonic() < hangs_at
        time.sleep(0.01)
    server.tell("reset")  # what is there stays there
    assert at_once() == (4, {})
    for one in waiting:
        one.close()


def test_faults_of_servicenow_are_its_own(flowmock):
    server = flowmock("--fault", "servicenow:error503-before=1")
    assert probe(server).status == 503
    assert server.flow.create("dev1").status == 201
    assert logins(server) == {}  # not carried out

    server.tell("faults", {"servicenow:error503-before": 0, "servicenow:redirect": 1})
    assert probe(server).status == 302
    server.tell("faults", {"servicenow:redirect": 0, "servicenow:close-before": 1})
    with pytest.raises((ConnectionError, OSError)):
        probe(server)
    server.tell("faults", {"servicenow:close-before": 0, "servicenow:stall": 1})
    with pytest.raises((socket.timeout, TimeoutError)):
        server.flow.control("GET", PATH + "sys_user", None,
                            {"Authorization": basic("user")}, timeout=0.3)
    server.tell("faults", {"servicenow:stall": 0})
    assert probe(server).status == 200


def test_only_reading_is_served(flowmock):
    server = flowmock()
    head = {"Authorization": basic("user"), "Content-Type": "application/json"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert server.flow.control(method, PATH + "sys_user", body("x"), head).status == 405
    assert logins(server) == {}
