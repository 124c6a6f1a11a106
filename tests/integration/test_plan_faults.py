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
from flow_client import body, headers
from raw_server import RawServer, http
from runs import Run, results_of
from support import command, environment, instance, instances, snowmelt, write_csv

FAST = ["--settle", "100ms", "--settle-timeout", "200ms", "--timeout", "2s"]
FATAL, STOPPED, HALTED = 3, 4, 2


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


def test_old_doubts_do_not_explain_what_a_listing_lacks(flowmock, tmp_path):
    """A run that died has left intents; a listing that is cut short lacks no more than these."""
    store = tmp_path / "store"
    mock = flowmock("--store", store)
    rows = instances(40)
    head = headers("prod", **{"x-gw-ims-org-id": "test@AdobeOrg"})
    for name, endpoint, user, _ in rows[20:]:
        one = body(name, username=user, createdAt=1_600_000_000_000)
        one["auth"]["params"]["endpoint"] = endpoint
        assert mock.flow.control("POST", "/_flowmock/connections", [one], head).status == 200
    mock.tell("faults", {"post:stall": 1})
    path = write_csv(tmp_path / "i.csv", rows[:20])
    going = Run(tmp_path, "run", path, "--url", mock.url)
    assert going.until(lambda: mock.status()["requests"]["POST"] > 0)
    going.kill()
    with sqlite3.connect(f"file:{path.with_suffix('.ledger')}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM connection WHERE state = 1").fetchone() == (20,)
    write_csv(path, rows)
    lines, _ = plan(mock, path, expect=2)
    assert actions(lines) == ["create"] * 20 + ["adopt"] * 20
    mock.restart("--no-next", "--page-size", 5)
    _, done = plan(mock, path)
    check_nothing_told(done, FATAL, "more or fewer connections than it counted")


def test_a_host_that_is_not_there_is_no_plan(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(2))
    done = snowmelt("plan", path, "--url", "http://127.0.0.1:1/x", "--give-up-after", "500ms",
                    "--attempts", 100)
    assert (done.out, done.returncode) == ("", HALTED), done.err
    assert done.err.count("\n") <= 4, done.err


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


def test_an_input_that_changes_meanwhile_is_told(flowmock, tmp_path):
    mock = flowmock("--latency", "300ms")
    path = write_csv(tmp_path / "i.csv", instances(300))
    going = slow_plan(mock, path)
    assert going.until(lambda: mock.status()["requests"]["GET"] > 0)
    write_csv(path, instances(200))
    assert going.end() == FATAL
    assert "changed" in going.err


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
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert [line["row"] for line in lines] == list(range(1, 401))
        seen.append(actions(lines))
        assert set(seen[-1]) <= {"nothing", "adopt", "create"}
        # the run may have told all but its end by then
        assert done.returncode == (0 if set(seen[-1]) == {"nothing"} else 2), done.err
    nothing = [one.count("nothing") for one in seen]
    assert nothing and nothing == sorted(nothing)
    assert going.end() == 0
    assert {line["status"] for line in results_of(path)} == {"created"}
    lines, _ = plan(mock, path, expect=0)
    assert actions(lines) == ["nothing"] * 400


def test_what_a_run_creates_for_others_meanwhile_is_not_gone(flowmock, tmp_path):
    mock = flowmock("--latency", "30ms", "--page-size", 40)
    path = write_csv(tmp_path / "i.csv", instances(300))
    few = write_csv(tmp_path / "few.csv", instances(1))
    going = Run(tmp_path, "run", path, "--url", mock.url, "--concurrency", 4)
    assert going.until(lambda: mock.status()["requests"]["POST"] > 20)
    plans = 0
    while going.going():
        done = snowmelt("plan", few, "--url", mock.url, "--format", "jsonl", "--ledger",
                        path.with_suffix(".ledger"))
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert "gone" not in actions(lines), lines
        plans += actions(lines)[:1] == ["nothing"]
    assert plans > 0
    going.end(expect=0)


def test_what_was_recorded_just_now_and_is_not_listed_may_come_yet(flowmock, tmp_path):
    mock = flowmock("--lag", "1h")
    path = write_csv(tmp_path / "i.csv", instances(1))
    run(mock, path, "--no-inventory")
    (line,), _ = plan(mock, path, expect=2)
    assert line["action"] == "gone" and "a listing may lag" in line["reason"]
    with sqlite3.connect(path.with_suffix(".ledger")) as db:
        db.execute("UPDATE connection SET changed_ms = changed_ms - 60000")
    (line,), _ = plan(mock, path, expect=2)
    assert line["action"] == "gone" and "the server has it no more" in line["reason"]


# ------------------------------------------------------------------------ what is told


def test_text_of_the_server_cannot_speak_to_the_terminal(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(1))
    def look(server, count, request):
        if "count=true" in request[1]:
            return http(200, json.dumps({"count": 1}))
        return http(200, json.dumps({"_links": {}, "items": [
            {"name": "evil \x1b[31m\r\x07", "id": "c2a4c6a8-0000-4000-8000-00000000000a",
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


def test_it_leaves_no_file_anywhere(three):
    mock, path = three
    scratch = path.parent / "tmp"
    scratch.mkdir()

    def files():
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()
                for file in path.parent.iterdir() if file.is_file() and file.suffix != ".ledger-shm"}

    before = files()
    plan(mock, path, expect=2, env=environment(TMPDIR=str(scratch)))
    assert (files(), list(scratch.iterdir())) == (before, [])


def test_without_a_folder_for_its_own_files_it_says_which(three):
    mock, path = three
    _, done = plan(mock, path, env=environment(TMPDIR=str(path.parent / "missing")))
    check_nothing_told(done, FATAL, str(path.parent / "missing"))
