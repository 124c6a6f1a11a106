"""snowmelt plan where something is wrong: the server, the token, the ledger, the input; and
what it keeps to itself whatever happens."""

import csv
import hashlib
import io
import json
import os
import random
import signal
import sqlite3
import subprocess

import pytest
from raw_server import RawServer, http
from runs import Run, results_of
from support import HEADER, command, environment, instance, instances, snowmelt, write_csv

FAST = ["--settle", "100ms", "--settle-timeout", "200ms", "--timeout", "2s"]
WIDE = [*HEADER, "description", "sandbox"]
FATAL, STOPPED, HALTED, USAGE = 3, 4, 2, 64


def plan(mock, path, *more, expect=None, env=None, form="jsonl"):
    """Its lines and the program's end; nothing but GETs came to the service."""
    before = mock.status()["requests"]
    done = snowmelt("plan", path, "--url", mock.url, "--format", form, *more, expect=expect,
                    env=env)
    after = mock.status()["requests"]
    assert {k: v for k, v in after.items() if k != "GET"} == {
        k: v for k, v in before.items() if k != "GET"}
    return [json.loads(line) for line in done.out.splitlines()] if form == "jsonl" else [], done


def run(mock, path, *more, expect=0, env=None):
    return snowmelt("run", path, "--url", mock.url, *FAST, *more, expect=expect, env=env)


def actions(lines):
    return [line["action"] for line in lines]


@pytest.fixture
def three(flowmock, tmp_path):
    """Three rows that a run has created, and a fourth that it has not seen."""
    mock = flowmock("--page-size", 2)
    path = write_csv(tmp_path / "i.csv", instances(3))
    run(mock, path)
    write_csv(path, instances(4))
    return mock, path


def check_nothing_told(done, status, words):
    """A plan that could not be made is none: it must not look like something to do."""
    assert (done.returncode, done.out) == (status, ""), done.err
    assert words in done.err, done.err


# ------------------------------------------------------------------- a server in trouble

TROUBLE = ["throttle-bare", "error500-before", "close-before", "reset-before", "half-answer",
           "html-200", "redirect", "token-expired", "408"]


@pytest.mark.parametrize("kind", TROUBLE)
def test_a_listing_with_trouble_is_read_again_until_it_is_whole(three, kind):
    mock, path = three
    asked = mock.status()["requests"]["GET"]
    plan(mock, path, expect=2)
    calm = mock.status()["requests"]["GET"] - asked
    client = {}
    if kind == "token-expired":  # a token that is given cannot be renewed
        client = {"AEP_ACCESS_TOKEN": None, "AEP_CLIENT_ID": "c", "AEP_CLIENT_SECRET": "client-s",
                  "AEP_SCOPES": "s", "SNOWMELT_TOKEN_URL": mock.token_url}
    mock.tell("faults", {f"get:{kind}": 0.3})
    most = whole = 0
    for seed in range(6):
        asked = mock.status()["requests"]["GET"]
        lines, done = plan(mock, path, "--attempts", 60, "--timeout", "2s", "--seed", seed,
                           env=environment(**client))
        if done.returncode == FATAL:  # as often in a row as is believed
            assert done.out == "" and kind in ("token-expired", "html-200", "redirect"), done.err
            continue
        assert (actions(lines), done.returncode) == (["nothing"] * 3 + ["create"], 2), done.err
        most = max(most, mock.status()["requests"]["GET"] - asked)
        whole += 1
    assert whole > 0 and most > calm  # there was trouble


@pytest.mark.parametrize("kind, status, words", [
    ("error500-before", FATAL, "could not be listed completely"),
    ("html-200", FATAL, "could not be listed completely"),
    ("half-answer", HALTED, "does not answer, gave up"),
])
def test_a_listing_that_never_comes_whole_is_no_plan(three, kind, status, words):
    mock, path = three
    mock.tell("faults", {f"get:{kind}": 1})
    _, done = plan(mock, path, "--attempts", 2, "--timeout", "1s", "--give-up-after", "2s")
    check_nothing_told(done, status, words)


def test_a_count_that_is_wrong_is_no_plan(three):
    """A listing that ends with its first page would call the rest gone."""
    mock, path = three
    mock.restart("--no-next")
    run(mock, path, "--no-inventory", "--ledger", path.parent / "again.ledger", "--results",
        path.parent / "again.csv")
    _, done = plan(mock, path, "--attempts", 2)
    check_nothing_told(done, FATAL, "more or fewer connections than it counted")


def test_a_long_retry_after_is_no_plan(flowmock, tmp_path):
    mock = flowmock("--retry-after", 7200, "--fault", "get:throttle=1")
    _, done = plan(mock, write_csv(tmp_path / "i.csv", instances(2)))
    check_nothing_told(done, HALTED, "come back in 2h")


def test_a_host_that_is_not_there_is_no_plan(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(2))
    done = snowmelt("plan", path, "--url", "http://127.0.0.1:1/x", "--give-up-after", "500ms",
                    "--attempts", 100)
    assert (done.out, done.returncode) == ("", HALTED), done.err
    assert done.err.count("\n") <= 4, done.err


def test_a_token_that_is_refused_is_no_plan(flowmock, tmp_path):
    mock = flowmock("--token", "another")
    _, done = plan(mock, write_csv(tmp_path / "i.csv", instances(2)))
    check_nothing_told(done, FATAL, "401")


def test_a_sandbox_that_is_refused_is_no_plan(flowmock, tmp_path):
    mock = flowmock("--sandbox", "prod")
    path = write_csv(tmp_path / "i.csv", [[*instance(0), "", ""], [*instance(1), "", "dev"]],
                     header=WIDE)
    _, done = plan(mock, path)
    check_nothing_told(done, FATAL, "sandbox dev")


def test_an_empty_sandbox_has_everything_to_be_created(flowmock, tmp_path):
    mock = flowmock()
    lines, done = plan(mock, write_csv(tmp_path / "i.csv", instances(3)), expect=2)
    assert actions(lines) == ["create"] * 3
    assert "there is no ledger" in done.err
    assert not list(tmp_path.glob("*.ledger*"))


def test_no_rows_are_nothing_to_do(flowmock, tmp_path):
    lines, _ = plan(flowmock(), write_csv(tmp_path / "i.csv", []), expect=0)
    assert lines == []


def test_the_rate_holds_for_a_plan(flowmock, tmp_path):
    """flowmock refuses what comes faster, and tells how often it had to."""
    mock = flowmock("--page-size", 2, "--rate-limit", "50/s", "--rate-burst", 2)
    path = write_csv(tmp_path / "i.csv", instances(4))
    mock_rows = instances(20)
    run(mock, write_csv(tmp_path / "j.csv", mock_rows), "--rate", "40/s", "--burst", 1)
    plan(mock, path, "--rate", "40/s", "--burst", 1, expect=2)
    assert mock.status().get("throttled", 0) == 0


# --------------------------------------------------------------------------- stopped


def slow_plan(mock, path, *more):
    return Run(path.parent, "plan", path, "--url", mock.url, "--format", "jsonl", *more)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_the_server_lists_it_tells_nothing(flowmock, tmp_path, number):
    mock = flowmock("--page-size", 2)
    path = write_csv(tmp_path / "i.csv", instances(9))
    run(mock, path)
    mock.restart("--latency", "200ms", "--page-size", 1)
    going = slow_plan(mock, path)
    assert going.until(lambda: mock.status()["requests"]["GET"] > 0)
    going.send_signal(number)
    assert (going.end(), going.out) == (STOPPED, "")
    assert "stopped" in going.err


def test_stopped_while_it_tells_it_says_so(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(20000))
    child = subprocess.Popen(command("plan", path, "--url", mock.url, "--format", "jsonl"),
                             env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = child.stdout.readline()  # and the pipe is full soon
    child.send_signal(signal.SIGINT)
    rest = child.stdout.read()
    err = child.stderr.read()
    assert child.wait(60) == STOPPED, err
    assert json.loads(first)["row"] == 1
    told = rest.decode().splitlines()
    assert len(told) < 19999 and all(json.loads(line) for line in told)
    assert b"stopped" in err


def test_an_output_that_is_closed_is_told(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(20000))
    child = subprocess.Popen(command("plan", path, "--url", mock.url), env=environment(),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.readline()
    child.stdout.close()
    err = child.stderr.read()
    assert (child.wait(60), b"output" in err or b"standard" in err) == (FATAL, True), err


# -------------------------------------------------------------------- input and ledger


def test_a_pipe_is_refused_at_once(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("plan", "-", "--url", mock.url, stdin=path.read_bytes())
    check_nothing_told(done, USAGE, "give it as a file")
    fifo = tmp_path / "fifo.csv"
    os.mkfifo(fifo)
    done = snowmelt("plan", fifo, "--url", mock.url)
    check_nothing_told(done, USAGE, "give it as a file")
    assert sum(mock.status()["requests"].values()) == 0


def test_an_input_that_changes_meanwhile_is_told(flowmock, tmp_path):
    mock = flowmock("--latency", "300ms")
    path = write_csv(tmp_path / "i.csv", instances(300))
    going = slow_plan(mock, path)
    assert going.until(lambda: mock.status()["requests"]["GET"] > 0)
    write_csv(path, instances(200))
    assert going.end() == FATAL
    assert "changed" in going.err


@pytest.mark.parametrize("what", ["service", "org"])
def test_a_ledger_of_another_is_refused_as_a_run_does(flowmock, three, what):
    mock, path = three
    env = environment(**({"AEP_ORG_ID": "other@AdobeOrg"} if what == "org" else {}))
    to = flowmock() if what == "service" else mock
    names = (["test@AdobeOrg", "other@AdobeOrg"] if what == "org" else
             [one.url.removeprefix("http://").split("/")[0] for one in (mock, to)])
    _, done = plan(to, path, env=env)
    check_nothing_told(done, FATAL, names[0])
    assert names[1] in done.err and "--ledger" in done.err
    assert snowmelt("run", path, "--url", to.url, env=env).returncode == FATAL


@pytest.mark.parametrize("harm", ["no key", "another key", "garbage", "folder"])
def test_a_ledger_that_cannot_be_read_is_no_plan(three, harm):
    mock, path = three
    ledger = path.with_suffix(".ledger")
    key = path.parent / "i.ledger.key"
    if harm == "no key":
        key.unlink()
    elif harm == "another key":
        key.write_bytes(random.Random(1).randbytes(len(key.read_bytes())))
    else:
        for file in path.parent.glob("i.ledger*"):
            file.unlink()
        if harm == "folder":
            ledger.mkdir()
        else:
            ledger.write_bytes(b"no ledger at all " * 500)
    _, done = plan(mock, path)
    check_nothing_told(done, FATAL, "ledger")


def test_a_ledger_without_rows_is_as_none(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [])
    run(mock, path)
    write_csv(path, instances(2))
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["create"] * 2


def test_a_run_that_goes_is_neither_waited_for_nor_disturbed(flowmock, tmp_path):
    """Between the pages of each listing it creates some more."""
    mock = flowmock("--latency", "30ms", "--page-size", 40)
    path = write_csv(tmp_path / "i.csv", instances(400))
    going = Run(tmp_path, "run", path, "--url", mock.url, "--concurrency", 2)
    assert going.until(lambda: mock.status()["requests"]["POST"] > 20)
    seen = []
    while going.going() and len(seen) < 5:
        done = snowmelt("plan", path, "--url", mock.url, "--format", "jsonl")
        assert done.returncode == 2, done.err
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert [line["row"] for line in lines] == list(range(1, 401))
        seen.append(actions(lines))
        assert set(seen[-1]) <= {"nothing", "adopt", "create"}
    assert len(seen) > 1
    nothing = [one.count("nothing") for one in seen]
    assert nothing == sorted(nothing) and nothing[-1] > nothing[0]
    assert going.end() == 0
    assert {line["status"] for line in results_of(path)} == {"created"}
    lines, _ = plan(mock, path, expect=0)
    assert actions(lines) == ["nothing"] * 400


# ------------------------------------------------------------------------ what is told


def test_an_edit_is_a_change_that_names_its_field_and_no_value(flowmock, tmp_path):
    """For each field alone, and the password twice: from a file, and from the environment."""
    mock = flowmock("--show-passwords")
    path = tmp_path / "i.csv"
    header = [*HEADER[:3], "password_ref", "description"]
    (tmp_path / "file.secret").write_text("OLD-SECRET-file\n")
    rows = [[f"row {i}", f"https://i{i}.example.com", "user",
             "env:PLAN_TEST" if i == 4 else "file:file.secret", "it"] for i in range(6)]
    write_csv(path, rows, header=header)
    run(mock, path, env=environment(PLAN_TEST="OLD-SECRET-env"))
    edited = [list(row) for row in rows]
    edited[0][1] = "https://EDITED.example.com"
    edited[1][2] = "EDITED-user"
    edited[2][4] = "EDITED-description"
    (tmp_path / "new.secret").write_text("NEW-SECRET-file\n")
    edited[3][3] = "file:new.secret"
    write_csv(path, edited, header=header)
    env = environment(PLAN_TEST="NEW-SECRET-env")
    lines, done = plan(mock, path, "--log-level", "trace", expect=2, env=env)
    assert [(line["action"], line["fields"]) for line in lines] == [
        ("change", "endpoint"), ("change", "username"), ("change", "description"),
        ("change", "password"), ("change", "password"), ("nothing", None)]
    assert all("run --update" in line["reason"] for line in lines[:5])
    for form in ("text", "csv", "jsonl"):
        _, done = plan(mock, path, "--log-level", "trace", form=form, expect=2, env=env)
        for secret in ("SECRET", "EDITED", "test-token-1"):
            assert secret not in done.out + done.err, (form, secret)
    run(mock, path, "--update", env=env)
    lines, _ = plan(mock, path, expect=0, env=env)
    assert actions(lines) == ["nothing"] * 6


def test_a_reference_that_does_not_resolve_makes_the_row_invalid(flowmock, tmp_path):
    mock = flowmock()
    rows = [["a", "https://a.example.com", "user", "env:PLAN_TEST_NOT_SET"],
            ["b", "https://b.example.com", "user", "file:../outside"]]
    path = write_csv(tmp_path / "i.csv", rows, header=[*HEADER[:3], "password_ref"])
    lines, _ = plan(mock, path, expect=1)
    assert actions(lines) == ["invalid"] * 2
    run(mock, path, expect=1)
    assert [line["error"] for line in results_of(path)] == [line["reason"] for line in lines]


NASTY = ["plain", "esc\x1b]0;owned\x07", "two\nlines", "c1 \x9b31m", "=cmd|' /C calc'!A0",
         "quote\"and,comma", "ümläut", "del\x7f", "a%0d%0ab"]


@pytest.mark.parametrize("form", ["text", "csv", "jsonl"])
def test_names_of_any_kind_pass_through_each_format(flowmock, tmp_path, form):
    mock = flowmock()
    rows = [instance(i, name) for i, name in enumerate(NASTY)]
    path = write_csv(tmp_path / "i.csv", rows)
    run(mock, path)
    for i, row in enumerate(rows):
        row[3] = "another"
    write_csv(path, rows[:5] + [instance(50, "nobody \x1b[2J has")])
    _, done = plan(mock, path, form=form, expect=2)
    if form == "text":
        assert not any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in done.out)
        assert "\\x1b" in done.out.lower()
        assert all(len(line) <= 80 for line in done.out.splitlines() if line.startswith(" "))
        return
    if form == "csv":
        lines = list(csv.DictReader(io.StringIO(done.out, newline="")))
    else:
        lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["name"] for line in lines if line["row"]] == NASTY[:5] + ["nobody \x1b[2J has"]
    assert {line["name"] for line in lines if line["action"] == "extra"} == set(NASTY[5:])


def test_text_of_the_server_cannot_speak_to_the_terminal(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(1))
    evil = {"name": "evil \x1b[31m\r\x07", "id": None}

    def look(server, count, request):
        if "count=true" in request[1]:
            return http(200, json.dumps({"count": 1}))
        return http(200, json.dumps({"_links": {}, "items": [
            {"name": evil["name"], "id": "c2a4c6a8-0000-4000-8000-00000000000a",
             "etag": "\"\x1b[2J\"", "description": "\x1b[2J"}]}))

    server = RawServer(None, look)
    try:
        done = snowmelt("plan", path, "--url", server.url, "--log-level", "trace", expect=2)
    finally:
        server.stop()
    assert "\x1b" not in done.out + done.err and "\r" not in done.out and "\x07" not in done.out
    assert "extra" in done.out
    assert server.posts == 0


def test_the_same_whatever_the_format(three):
    mock, path = three
    wanted, _ = plan(mock, path, expect=2)
    _, done = plan(mock, path, form="csv", expect=2)
    lines = list(csv.DictReader(io.StringIO(done.out, newline="")))
    assert lines == [{k: "" if v is None else str(v) for k, v in line.items()} for line in wanted]
    _, done = plan(mock, path, form="text", expect=2)
    for line in wanted:
        assert f"row {line['row']}: {line['action']}: {line['name']}" in done.out
    assert "'snowmelt run' creates" in done.out


# --------------------------------------------------------------------- what is left


def fingerprint(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.iterdir() if not file.name.endswith("-shm")}


def test_it_leaves_no_file_anywhere(three, tmp_path):
    mock, path = three
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    before = fingerprint(path.parent) if path.parent != tmp_path else None
    files = {f.name for f in path.parent.iterdir()}
    plan(mock, path, expect=2, env=environment(TMPDIR=str(scratch)))
    assert list(scratch.iterdir()) == []
    assert {f.name for f in path.parent.iterdir()} == files
    assert before is None or fingerprint(path.parent) == before


def test_no_room_for_its_scratch_is_told(three, tmp_path):
    mock, path = three
    _, done = plan(mock, path, env=environment(TMPDIR=str(tmp_path / "missing")))
    assert done.returncode in (2, FATAL)
    if done.returncode == FATAL:
        assert done.out == "" and "missing" in done.err


def test_what_was_rolled_back_is_created_again(three):
    mock, path = three
    snowmelt("rollback", path.with_suffix(".results.csv"), "--url", mock.url, "--yes", *FAST,
             expect=0)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["create"] * 4
    assert [bool(line["reason"]) for line in lines] == [True] * 3 + [False]
    with sqlite3.connect(f"file:{path.with_suffix('.ledger')}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM connection").fetchone()[0] == 3
