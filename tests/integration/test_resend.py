"""libcurl repeats a request by itself when a kept connection dies before the first
answer byte. Then the server executes twice and the client sees one answer."""

import time

import pytest
from raw_server import Last, RawServer, http
from support import instances, read_results, snowmelt, statuses, write_csv

SHORT = ["--settle", "200ms", "--settle-timeout", "400ms"]


@pytest.fixture
def raw_server():
    started = []

    def start(act):
        started.append(RawServer(act))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def run(server, tmp_path, count, *more, expect=0):
    path = write_csv(tmp_path / "i.csv", instances(count))
    snowmelt("run", path, "--url", server.url, *SHORT, *more, expect=expect)
    return read_results(tmp_path / "i.results.csv")


def executed_once_each(server, lines):
    names = [one["name"] for one in server.executed]
    assert sorted(names) == sorted(set(names)), "a request was carried out twice"
    ids = {one["name"]: one["id"] for one in server.executed}
    assert all(line["id"] == ids[line["name"]] for line in lines)


def test_a_request_that_was_executed_on_a_reused_connection_is_not_sent_again(raw_server, tmp_path):
    def act(server, count, request):
        answer = server.execute(request[3])
        return answer if count == 1 else None  # the second on a connection: executed, then closed

    server = raw_server(act)
    lines = run(server, tmp_path, 6, "--concurrency", 1)
    executed_once_each(server, lines)
    assert server.posts == 6
    # the server shows no createdAt: what a lookup found is not surely ours
    assert set(statuses(lines)) == {"created", "adopted"}
    assert server.connections < 12  # connections were reused, so the case did occur


@pytest.mark.parametrize("age_s, status", [(0, "created"), (3600, "adopted"), (None, "adopted")])
def test_what_a_lookup_finds_is_ours_only_if_it_is_not_older_than_our_intent(
        raw_server, tmp_path, age_s, status):
    def act(server, count, request):
        if age_s is not None:
            server.created_at = int((time.time() - age_s) * 1000)
        server.execute(request[3])

    lines = run(raw_server(act), tmp_path, 1)
    assert lines[0]["status"] == status


@pytest.mark.parametrize("answer", [
    b"HTTP/1.", b"HTTP/1.1 201 X\r\nContent-", b"\x00\xff nonsense\r\n\r\n",
    http(201, "{}", length=500), http(201, "{ not json"), http(299, "{}"),
    http(201, '{"id": "../../x", "etag": "x"}'), b"HTTP/1.1 101 X\r\n\r\n",
], ids=["half a status line", "half the headers", "no HTTP", "half a body", "no JSON", "odd status",
        "an id that is no UUID", "a switch of protocols"])
def test_an_answer_that_nobody_can_read_is_looked_up(raw_server, tmp_path, answer):
    def act(server, count, request):
        server.execute(request[3])
        if server.posts > 1:
            return http(201, "{}")
        return Last(answer)

    server = raw_server(act)
    lines = run(server, tmp_path, 1)
    executed_once_each(server, lines)
    assert server.posts == 1 and lines[0]["status"] == "adopted"


def test_early_hints_before_the_answer_are_not_the_answer(raw_server, tmp_path):
    hints = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 100\r\n\r\n"

    server = raw_server(lambda s, count, request: hints + s.execute(request[3]))
    lines = run(server, tmp_path, 3)
    assert statuses(lines) == {"created": 3} and server.posts == 3


def test_a_huge_answer_costs_no_memory_and_no_duplicate(raw_server, tmp_path):
    def act(server, count, request):
        server.execute(request[3])
        return http(201, '{"x": "' + "y" * (3 << 20) + '"}')

    server = raw_server(act)
    lines = run(server, tmp_path, 2)
    executed_once_each(server, lines)
    assert server.posts == 2


def test_a_token_never_goes_to_the_host_of_a_next_link(raw_server, tmp_path):
    """The next page is asked of our own server, whatever host the link names."""
    other = raw_server(lambda s, count, request: None)
    pages = []

    def act(server, count, request):
        return http(503, "{}")

    server = raw_server(act)

    def lookup(target):
        pages.append(target)
        if "count=true" in target:
            return http(200, '{"count": 0}')
        link = {"next": {"href": f"{other.url}/connections?continuationToken=abc"}}
        body = '{"items": [], "_links": %s}'
        return http(200, body % ('{}' if "continuationToken" in target else
                                 str(link).replace("'", '"')))

    server._lookup = lookup
    run(server, tmp_path, 1, "--no-inventory", "--attempts", 1, expect=1)
    assert any("continuationToken=abc" in target for target in pages)
    assert other.connections == 0
