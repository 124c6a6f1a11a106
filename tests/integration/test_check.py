"""snowmelt check: every fault of every row, and whether the logins work: each tried once."""

import base64
import csv
import io
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from certificates import Authority
from proxy import Proxy
from raw_server import Last, RawServer, http
from runs import Run
from support import HEADER, LIMIT_S, command, environment, snowmelt, write_csv
from test_terminal import Terminal

MARK = "mArKeD"
NO_ADOBE = {name: None for name in ("AEP_ORG_ID", "AEP_API_KEY", "AEP_ACCESS_TOKEN")}


def check(path, *args, expect=None, **more):
    """Without anything of Adobe in the environment."""
    env = environment(**NO_ADOBE | more.pop("env", {}))
    return snowmelt("check", path, *args, env=env, expect=expect, **more)


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def port_of(server):
    return server.url.split("/")[2].rpartition(":")[2]


def login(server, host="ok", user="user", password="pass-1", name=None):
    """A row about a login at an instance of flowmock."""
    return [name or f"{host} {user} {password}", f"http://{host}.localhost:{port_of(server)}",
            user, password]


def probe(folder, rows, *args, expect=None, header=None, **more):
    """@return what each row was told, and the run"""
    path = write_csv(folder / "i.csv", rows, header=header)
    done = check(path, "--probe", "--allow-http-endpoints", "--format", "jsonl", *args,
                 expect=expect, **more)
    told = objects(done.out)
    assert [one["row"] for one in told] == list(range(1, len(rows) + 1))
    return [one["probe"] for one in told], done


def codes(probes):
    return [one and one["code"] for one in probes]


def tries(mock):
    return {(one["host"], one["user"]): one["tries"]
            for one in mock.status()["servicenow"]["logins"]}


# -------------------------------------------------------------------------- every fault

THREE = ["", "ftp://mArKeD-host", "", "mArKeD-pass", "no mArKeD sandbox"]
THREE_HEADER = HEADER + ["sandbox"]
GOOD = ["good", "https://a.example.com", "user", "pass-1", "prod"]


def three(folder):
    return write_csv(folder / "i.csv", [GOOD, THREE, [*GOOD[:1], *GOOD[1:]]], header=THREE_HEADER)


WORDS = ["name is empty", "endpoint: neither https nor http", "username is empty",
         "sandbox is no name"]


def test_all_faults_of_a_row_are_told(tmp_path):
    path = three(tmp_path)
    done = check(path, expect=1)
    lines = [line for line in done.out.splitlines() if line.startswith(f"{path}:3: ")]
    assert len(lines) == len(WORDS)
    for word in WORDS:
        assert [f": {word}" in line for line in lines].count(True) == 1
        assert word in done.out.split("What is wrong")[1]
    assert f"{path}:4: row 1 of this sandbox has the same name" in done.out
    assert "3 rows\n" in done.out and "  ok       1\n  invalid  2\n" in done.out
    assert done.err == ""


def test_json_lines_have_an_object_a_row(tmp_path):
    told = objects(check(three(tmp_path), "--format", "jsonl", expect=1).out)
    assert [list(one) for one in told] == [["row", "line", "name", "faults"]] * 3
    assert [(one["row"], one["line"], one["name"]) for one in told] == [
        (1, 2, "good"), (2, 3, None), (3, 4, "good")]
    assert told[0]["faults"] == []
    assert len(told[1]["faults"]) == len(WORDS)
    for word in WORDS:
        assert any(fault.startswith(word) for fault in told[1]["faults"])
    assert len(told[2]["faults"]) == 1 and "row 1" in told[2]["faults"][0]


def test_csv_has_a_line_a_row(tmp_path):
    done = check(three(tmp_path), "--format", "csv", expect=1)
    told = rows_of(done.out)
    assert done.out.startswith("row,line,name,faults\n")
    assert [(one["row"], one["line"], one["name"]) for one in told] == [
        ("1", "2", "good"), ("2", "3", ""), ("3", "4", "good")]
    assert told[0]["faults"] == ""
    faults = told[1]["faults"].split("; ")
    assert len(faults) == len(WORDS)
    for word in WORDS:
        assert word in told[1]["faults"]


@pytest.mark.parametrize("form", ["text", "csv", "jsonl"])
def test_what_is_refused_is_not_repeated(tmp_path, form):
    shifted = tmp_path / "shifted.csv"
    shifted.write_text(",".join(HEADER) + f"\nAcme, Inc,https://a,user,{MARK}-pass\n")
    for path in (three(tmp_path), shifted):
        done = check(path, "--format", form, expect=1)
        assert MARK not in done.out and MARK not in done.err


def test_a_sound_file_is_0(tmp_path):
    path = write_csv(tmp_path / "i.csv", [GOOD], header=THREE_HEADER)
    assert check(path, expect=0).out == "1 row\n\n  ok  1\n"
    assert objects(check(path, "--format", "jsonl", expect=0).out)[0]["faults"] == []


def test_a_header_alone_is_0(tmp_path):
    path = write_csv(tmp_path / "i.csv", [])
    assert check(path, expect=0).out == "0 rows\n"
    assert check(path, "--format", "jsonl", expect=0).out == ""
    assert check(path, "--format", "csv", expect=0).out == "row,line,name,faults\n"


def test_references_are_resolved(tmp_path):
    (tmp_path / "there").write_text("pass-1\n")
    header = ["name", "endpoint", "username", "password_ref"]
    rows = [[ref, "https://a.example.com", "user", ref]
            for ref in ("file:there", "file:absent", "env:CHECK_SET", "env:CHECK_UNSET",
                        "env:AEP_ACCESS_TOKEN", "file:../there")]
    path = write_csv(tmp_path / "i.csv", rows, header=header)
    done = check(path, "--format", "jsonl", env={"CHECK_SET": "x"}, expect=1)
    assert [len(one["faults"]) for one in objects(done.out)] == [0, 1, 0, 1, 1, 1]


def test_a_bad_row_does_not_occupy_its_name(tmp_path):
    rows = [["a", "nonsense", "user", "p"], ["a", "https://a", "user", "p"],
            ["a", "https://a", "", "p"], ["a", "https://a", "user", "p"]]
    path = write_csv(tmp_path / "i.csv", rows)
    told = [one["faults"] for one in objects(check(path, "--format", "jsonl", expect=1).out)]
    assert [len(faults) for faults in told] == [1, 0, 2, 1]
    assert "row 2 of this sandbox" in told[2][1] and "row 2 of this sandbox" in told[3][0]


def test_names_are_those_of_a_sandbox(tmp_path):
    rows = [["a", "https://a", "user", "p", sandbox] for sandbox in ("dev", "", "prod")]
    path = write_csv(tmp_path / "i.csv", rows, header=THREE_HEADER)
    told = objects(check(path, "--format", "jsonl", "--sandbox", "prod", expect=1).out)
    assert [len(one["faults"]) for one in told] == [0, 0, 1]


def test_it_agrees_with_a_run_about_every_row(flowmock, tmp_path):
    mock = flowmock()
    rows = [GOOD, THREE, GOOD, ["b", *GOOD[1:]], ["c", "https://x/y", *GOOD[2:]]]
    path = write_csv(tmp_path / "i.csv", rows, header=THREE_HEADER)
    told = objects(check(path, "--format", "jsonl", expect=1).out)
    snowmelt("run", path, "--url", mock.url, expect=1)
    with open(tmp_path / "i.results.csv", newline="") as f:
        results = list(csv.DictReader(f))
    assert [line["status"] == "invalid" for line in results] == [
        bool(one["faults"]) for one in told]


# ------------------------------------------------------------------ what it needs and leaves


def test_it_asks_nobody_and_leaves_nothing(flowmock, tmp_path):
    mock = flowmock()
    (tmp_path / "temporary").mkdir()
    path = write_csv(tmp_path / "i.csv", [login(mock)])
    check(path, "--allow-http-endpoints", env={"TMPDIR": str(tmp_path / "temporary")}, expect=0)
    status = mock.status()
    assert status["servicenow"]["requests"] == 0 and set(status["requests"].values()) == {0}
    assert {p.name for p in tmp_path.rglob("*")} == {"i.csv", "temporary"}


def test_a_temporary_folder_that_is_not_there_is_told(tmp_path):
    path = write_csv(tmp_path / "i.csv", [GOOD[:4]])
    done = check(path, env={"TMPDIR": str(tmp_path / "absent")}, expect=3)
    assert "absent/snowmelt-names" in done.err and done.out == ""


@pytest.mark.parametrize("form", ["text", "csv", "jsonl"])
def test_a_pipe_is_read_once(tmp_path, form):
    path = three(tmp_path)
    from_file = check(path, "--format", form, expect=1).out
    from_pipe = check("-", "--format", form, stdin=path.read_bytes(), expect=1).out
    assert from_pipe == from_file.replace(f"{path}:", "standard input:")


BAD = b'name,endpoint,username,password\na,https://a,user,p\nb,x,user,"p\n'


def test_a_bad_file_is_3_before_anything_is_told(tmp_path):
    path = tmp_path / "i.csv"
    path.write_bytes(BAD)
    done = check(path, "--format", "jsonl", expect=3)
    assert done.out == "" and f"{path}:3: " in done.err


def test_rows_of_a_pipe_before_a_bad_one_are_told(tmp_path):
    done = check("-", "--format", "jsonl", stdin=BAD, expect=3)
    assert [one["name"] for one in objects(done.out)] == ["a"]
    assert "standard input:3: " in done.err


USAGE = [["--format", "xml"], ["--formats", "csv"], ["--url", "https://x"], ["--results", "r.csv"],
         ["--probe-table", "a/b"], ["--probe-table", "sys_user?x=1"], ["--probe-table", "x" * 81]]


@pytest.mark.parametrize("args", USAGE, ids=lambda args: args[0] + "=" + args[1][:12])
def test_wrong_usage_is_64(tmp_path, args):
    path = write_csv(tmp_path / "i.csv", [GOOD[:4]])
    assert args[0] in check(path, *args, expect=64).err


def test_no_input_is_64(tmp_path):
    assert snowmelt("check", expect=64).returncode == 64


def test_a_wrong_value_from_elsewhere_is_3(tmp_path):
    path = write_csv(tmp_path / "i.csv", [GOOD[:4]])
    done = check(path, env={"SNOWMELT_PROBE_TABLE": "a/b"}, expect=3)
    assert "SNOWMELT_PROBE_TABLE" in done.err
    (tmp_path / "snowmelt.ini").write_text("probe-table = a/b\n")
    (tmp_path / "snowmelt.ini").chmod(0o600)
    done = check(path, cwd=tmp_path, expect=3)
    assert "snowmelt.ini:1" in done.err


def test_a_pipe_cannot_be_probed(tmp_path):
    done = check("-", "--probe", stdin=b"name", expect=64)
    assert "--probe" in done.err and "file" in done.err
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert check(fifo, "--probe", expect=64).out == ""


def test_output_that_cannot_be_written_is_3(tmp_path):
    path = three(tmp_path)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command("check", path), env=environment(**NO_ADOBE), stdout=full,
                              stderr=subprocess.PIPE, timeout=LIMIT_S)
    assert done.returncode == 3 and b"standard output" in done.stderr


def test_a_name_of_a_file_moves_no_cursor(tmp_path):
    path = write_csv(tmp_path / "i\x1b[2J.csv", [THREE], header=THREE_HEADER)
    assert "\x1b" not in check(path, expect=1).out


def test_settings_for_runs_do_not_get_in_its_way(flowmock, tmp_path):
    mock = flowmock()
    (tmp_path / "snowmelt.ini").write_text(
        "halt = now,fail=1\nattempts = 1\nconfirm = yes\nurl = http://127.0.0.1:9/x\n")
    (tmp_path / "snowmelt.ini").chmod(0o600)
    rows = [login(mock, "page"), login(mock, "sso"), login(mock)]
    found, _ = probe(tmp_path, rows, cwd=tmp_path, expect=1)
    assert codes(found) == ["not_servicenow", "not_servicenow", "login_ok"]


def test_a_signal_ends_the_wait_for_a_pipe(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    run = Run(tmp_path, "check", fifo, "--format", "jsonl", env=environment(**NO_ADOBE))
    writer = open(fifo, "w")  # returns when the other end is open
    # More than is told at once, so that it is known to be read.
    writer.write(",".join(HEADER) + "\n" + "".join(
        f"name {i},https://a.example.com,user,p\n" for i in range(3000)))
    writer.flush()
    assert run.until(lambda: run.out.count("\n") > 1000)
    run.send_signal(signal.SIGINT)
    run.end(expect=4)
    writer.close()
    assert "stopped" in run.err
    # What it had found is told.
    assert [one["row"] for one in objects(run.out)] == list(range(1, run.out.count("\n") + 1))


# ------------------------------------------------------------------------- the verdicts

VERDICTS = {
    ("ok", "user"): ("login_ok", 200),
    ("ok", "empty"): ("login_ok", 200),
    ("ok", "bad-x"): ("wrong_login", 401),
    ("ok", "restricted"): ("wrong_login", 401),
    ("ok", "locked"): ("wrong_login", 401),
    ("ok", "mfa"): ("mfa", 401),
    ("ok", "noright"): ("no_right", 403),
    ("nobasic", "user"): ("basic_restricted", 401),
    ("hibernating", "user"): ("hibernating", 200),
    ("limited", "user"): ("rate_limited", 429),
    ("denied", "user"): ("denied", 403),
    ("sso", "user"): ("not_servicenow", 302),
    ("page", "user"): ("not_servicenow", 200),
    ("ok", "a:b"): ("unsendable", None),
    ("ok", "a\x07b"): ("unsendable", None),
}


def test_every_verdict_is_told(flowmock, tmp_path):
    mock = flowmock()
    rows = [login(mock, host, user) for host, user in VERDICTS]
    found, done = probe(tmp_path, rows, expect=1)
    assert [(one["code"], one["status"]) for one in found] == list(VERDICTS.values())
    assert all(one["message"] for one in found)
    assert [list(one) for one in found] == [["code", "message", "status", "until"]] * len(rows)
    assert [one["until"] is not None for one in found] == [
        code == "rate_limited" for code, _ in VERDICTS.values()]
    assert "Adobe calls each instance from its own addresses" in done.err
    assert set(tries(mock).values()) == {1}


def test_the_same_in_csv_and_for_people(flowmock, tmp_path):
    mock = flowmock()
    rows = [login(mock, "ok"), login(mock, "page"), login(mock, "limited")]
    path = write_csv(tmp_path / "i.csv", rows)
    args = ("--probe", "--allow-http-endpoints")
    done = check(path, *args, "--format", "csv", expect=1)
    told = rows_of(done.out)
    assert list(told[0]) == ["row", "line", "name", "faults", "probe_code", "probe_message",
                             "probe_status", "probe_until"]
    assert [one["probe_code"] for one in told] == ["login_ok", "not_servicenow", "rate_limited"]
    assert [one["probe_status"] for one in told] == ["200", "200", "429"]
    assert [one["probe_until"].endswith(":00:00.000Z") for one in told] == [False, False, True]
    done = check(path, *args, expect=1)
    assert f"\n{path}:4: rate_limited: the instance is rate-limited until " in done.out
    assert f"{path}:2" not in done.out
    assert "3 rows, 3 logins tried, each once\n" in done.out
    assert "  login_ok        1\n  not_servicenow  1\n  rate_limited    1\n" in done.out
    assert done.out.endswith("or Adobe and not this\nmachine.\n")


def test_all_good_is_0(flowmock, tmp_path):
    mock = flowmock()
    probe(tmp_path, [login(mock, f"i{i}") for i in range(20)], expect=0)


def test_no_host_and_no_connection(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    rows = [["a", "http://absent.invalid", "user", "p"], ["b", f"http://127.0.0.1:{port}", "u", "p"]]
    found, _ = probe(tmp_path, rows, expect=1)
    assert codes(found) == ["dns", "connect"]


def test_a_table_may_be_named(flowmock, tmp_path):
    mock = flowmock("--servicenow-table", "incident")
    found, _ = probe(tmp_path, [login(mock)], expect=1)
    assert codes(found) == ["no_table"]
    found, _ = probe(tmp_path, [login(mock)], "--probe-table", "incident", expect=0)
    assert codes(found) == ["login_ok"]


NO_TABLES = [
    (200, "<html>Log in</html>"), (200, ""), (200, "{}"), (200, "[]"), (200, '{"result":{}}'),
    (200, '{"result":[]'), (200, '"result"'), (200, '{"Result":[]}'), (200, '{"result":[]} x'),
    (200, '{"result":null}'), (201, '{"result":[]}'), (204, ""), (302, '{"result":[]}'),
    (404, "not here"), (500, '{"result":[]}'), (401, '{"result":[]}'),
]


@pytest.mark.parametrize("answer", NO_TABLES, ids=str)
def test_what_is_no_table_is_never_good(tmp_path, answer):
    server = RawServer(None, lambda *_: http(*answer))
    origin = server.url.rpartition("/data")[0]
    try:
        found, _ = probe(tmp_path, [["a", origin, "user", "p"]], "--timeout", "5s", expect=1)
    finally:
        server.stop()
    assert codes(found) in (["not_servicenow"], ["server_error"], ["broken"])
    assert len(server.heads) == 1


def test_a_row_with_faults_is_not_asked_for(flowmock, tmp_path):
    mock = flowmock()
    good = login(mock)
    rows = [[*good, "", ""], ["b", "nonsense", *good[2:], "", ""], ["", *good[1:], "", ""],
            ["d", *good[1:], "bad sandbox", ""], [*good, "", ""],
            ["f", good[1], "user-2", "p", "", "11111111-2222-3333-4444-555555555555"],
            ["g", good[1], "user-3", "p", "", "", "OAuth2"]]
    rows = [row + [""] * (7 - len(row)) for row in rows]
    rows[5][6] = "Basic Authentication"
    header = HEADER + ["sandbox", "connection_spec_id", "auth_spec", "param.x"]
    found, done = probe(tmp_path, [row + ["x"] for row in rows], header=header, expect=1)
    # A name that is there twice has its own fault, and its login is good nevertheless.
    assert codes(found) == ["login_ok", None, None, None, "login_ok", None, None]
    assert tries(mock) == {("ok.localhost", "user"): 1}


def test_where_nobody_is_to_be_asked_it_ends(tmp_path):
    assert probe(tmp_path, [], expect=0)[0] == []
    rows = [["a", "nonsense", "user", "p"], ["", "https://a", "user", "p"]]
    assert probe(tmp_path, rows, expect=1)[0] == [None, None]


# --------------------------------------------------------------------------- one try


@pytest.mark.parametrize("user, code", [("user", "login_ok"), ("bad-x", "wrong_login")])
def test_rows_that_share_a_login_share_one_try(flowmock, tmp_path, user, code):
    mock = flowmock("--servicenow-latency", "uniform:1ms-30ms")
    rows = [login(mock, "ok", user, name=f"row {i}") for i in range(50)]
    rows += [["another way", rows[0][1].upper().replace("HTTP", "http") + "/", user, "pass-1"]]
    found, done = probe(tmp_path, rows, "--concurrency", 32)
    assert codes(found) == [code] * 51
    assert tries(mock) == {("ok.localhost", user): 1}
    assert mock.status()["servicenow"]["requests"] == 1


def test_only_the_first_of_two_passwords_is_tried(flowmock, tmp_path):
    mock = flowmock("--servicenow-login", "user:right", "--servicenow-login", "other:right")
    rows = [login(mock, "ok", "user", "right"), login(mock, "ok", "user", "wrong"),
            login(mock, "ok", "other", "wrong"), login(mock, "ok", "other", "right"),
            login(mock, "ok", "user", "right", name="again")]
    found, _ = probe(tmp_path, rows, "--concurrency", 32, expect=1)
    assert codes(found) == ["login_ok", "other_password", "wrong_login", "other_password",
                            "login_ok"]
    assert "row 1 " in found[1]["message"] and "row 3 " in found[3]["message"]
    assert tries(mock) == {("ok.localhost", "user"): 1, ("ok.localhost", "other"): 1}


FAULTS = {
    "close-before": "broken", "close-after": "broken", "reset-before": "broken",
    "half-answer": "broken", "error500-before": "server_error", "error503-after": "server_error",
    "stall": "timeout", "timeout-after": "timeout", "html-200": "not_servicenow",
    "redirect": "not_servicenow", "bad-json-201": "not_servicenow", "throttle": "rate_limited",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_answer_is_asked_for_twice(flowmock, tmp_path, fault):
    mock = flowmock("--fault", f"servicenow:{fault}=1")
    rows = [login(mock, f"i{i % 5}", f"user-{i % 10}", name=f"row {i}") for i in range(40)]
    found, _ = probe(tmp_path, rows, "--timeout", "500ms", "--concurrency", 8, expect=1)
    status = mock.status()["servicenow"]
    # Of an instance that is limited only one user is asked for.
    assert status["requests"] == (5 if fault == "throttle" else 10)
    assert set(tries(mock).values()) <= {1}
    assert set(codes(found)) == {FAULTS[fault]}


def test_a_kept_connection_that_dies_is_no_second_try(tmp_path):
    """libcurl would send a GET again by itself when a reused connection breaks."""
    users = []

    def look(server, count, request):
        users.append(base64.b64decode(request[2]["authorization"].split()[1]).decode())
        return http(200, '{"result":[]}') if count == 1 else None

    server = RawServer(None, look)
    origin = server.url.rpartition("/data")[0]
    try:
        found, _ = probe(tmp_path, [["a", origin, "one", "p"], ["b", origin, "two", "p"]], expect=1)
    finally:
        server.stop()
    assert server.connections == 1  # it was reused
    assert users == ["one:p", "two:p"]
    assert codes(found) == ["login_ok", "broken"]


def test_what_had_not_left_is_tried_once_more_and_holds_for_its_instance(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    rows = [[f"row {i}", f"http://127.0.0.1:{port}", f"user-{i}", "p"] for i in range(20)]
    found, done = probe(tmp_path, rows, "--log-level", "debug", expect=1)
    assert codes(found) == ["connect"] * 20
    assert done.err.count(", HTTP 0, connect") == 2
    assert "0 logins tried" in check(tmp_path / "i.csv", "--probe", "--allow-http-endpoints").out


# ------------------------------------------------------------------------------- pace


def test_an_instance_has_one_request_at_a_time_and_many_are_asked_at_once(flowmock, tmp_path):
    mock = flowmock("--servicenow-latency", "20ms")
    rows = [login(mock, f"i{i % 8}", f"user-{i}") for i in range(80)]
    found, _ = probe(tmp_path, rows, "--concurrency", 16, expect=0)
    status = mock.status()["servicenow"]
    assert {one["most_at_once"] for one in status["instances"]} == {1}
    assert len(status["instances"]) == 8
    assert 1 < status["most_at_once"] <= 8


def test_concurrency_holds(flowmock, tmp_path):
    mock = flowmock("--servicenow-latency", "20ms")
    rows = [login(mock, f"i{i}") for i in range(30)]
    probe(tmp_path, rows, "--concurrency", 3, expect=0)
    assert 1 < mock.status()["servicenow"]["most_at_once"] <= 3


def test_more_logins_of_one_instance_than_there_are_slots(flowmock, tmp_path):
    mock = flowmock()
    rows = [login(mock, "one", f"user-{i}") for i in range(1300)]
    rows += [login(mock, "two", f"user-{i}") for i in range(20)]
    found, _ = probe(tmp_path, rows, "--concurrency", 4, expect=0)
    assert set(tries(mock).values()) == {1} and len(tries(mock)) == 1320
    assert {one["most_at_once"] for one in mock.status()["servicenow"]["instances"]} == {1}


def test_passwords_may_be_more_than_guarded_memory_holds(flowmock, tmp_path):
    mock = flowmock()
    rows = [login(mock, f"i{i % 3}", f"user-{i}", "p" * 4096, name=f"{i}") for i in range(600)]
    probe(tmp_path, rows, expect=0)


def test_a_limited_instance_is_asked_no_more(flowmock, tmp_path):
    mock = flowmock()
    rows = [login(mock, "limited", f"user-{i}") for i in range(10)] + [login(mock, "ok")]
    found, _ = probe(tmp_path, rows, "--concurrency", 16, expect=1)
    assert codes(found) == ["rate_limited"] * 10 + ["login_ok"]
    assert len({one["until"] for one in found[:10]}) == 1 and found[0]["until"]
    assert [one["status"] for one in found] == [429] + [None] * 9 + [200]
    assert tries(mock) == {("limited.localhost", "user-0"): 1, ("ok.localhost", "user"): 1}


def test_a_hibernating_instance_is_asked_no_more(flowmock, tmp_path):
    mock = flowmock()
    rows = [login(mock, "hibernating", f"user-{i}") for i in range(10)]
    found, _ = probe(tmp_path, rows, expect=1)
    assert codes(found) == ["hibernating"] * 10
    assert mock.status()["servicenow"]["requests"] == 1


def test_a_retry_after_alone_is_told_as_a_moment(tmp_path):
    server = RawServer(None, lambda *_: http(429, "{}", "Retry-After: 120",
                                             "Date: Tue, 24 Nov 2026 19:00:00 GMT"))
    origin = server.url.rpartition("/data")[0]
    try:
        found, _ = probe(tmp_path, [["a", origin, "user", "p"]], expect=1)
    finally:
        server.stop()
    assert found[0]["until"] == "2026-11-24T19:02:00.000Z"


# ----------------------------------------------------------------------------- secrets


def forms(text):
    return {text.encode(), base64.b64encode(text.encode()),
            json.dumps(text)[1:-1].encode(), text.encode().hex().encode()}


@pytest.mark.parametrize("level", ["trace", "info"])
@pytest.mark.parametrize("form", ["text", "csv", "jsonl"])
def test_no_secret_is_in_any_stream(flowmock, tmp_path, level, form):
    mock = flowmock("--fault", "servicenow:error500-before=0.2", "--fault",
                    "servicenow:half-answer=0.2")
    passwords = [f"{MARK}-1", f'{MARK}"quoted"', f"{MARK}-пароль", f"{MARK}\x07bell", "Zq7!x"]
    rows = [login(mock, host, f"user{i}", password) for i, password in enumerate(passwords)
            for host in ("a", "page", "limited", "denied")]
    for row in rows:
        row[0] = "no password"
    path = write_csv(tmp_path / "i.csv", rows)
    done = check(path, "--probe", "--allow-http-endpoints", "--format", form, "--log-level", level)
    assert done.returncode == 1
    for i, password in enumerate(passwords):
        for what in forms(password) | {base64.b64encode(f"user{i}:{password}".encode())}:
            assert what not in done.stdout and what not in done.stderr, what
    assert b"Authorization" not in done.stderr and b"Basic " not in done.stderr


def test_a_server_that_repeats_the_login_gets_nothing_told(tmp_path):
    def look(server, count, request):
        basic = request[2]["authorization"]
        plain = base64.b64decode(basic.split()[1]).decode()
        text = json.dumps({"error": {"message": plain, "detail": basic}, "status": plain})
        return http(400, text, f"WWW-Authenticate: Basic realm=\"{plain}\"", f"Location: {plain}",
                    f"X-RateLimit-Reset: {plain}")

    server = RawServer(None, look)
    origin = server.url.rpartition("/data")[0]
    try:
        found, done = probe(tmp_path, [["a", origin, "user", f"{MARK}-1"]], "--log-level", "trace",
                            expect=1)
    finally:
        server.stop()
    assert codes(found) == ["refused"]
    for what in (f"{MARK}-1", base64.b64encode(f"user:{MARK}-1".encode()).decode()):
        assert what not in done.out and what not in done.err


def test_the_password_goes_in_one_header_and_nowhere_else(tmp_path):
    seen = []

    def look(server, count, request):
        seen.append(request)
        return http(200, '{"result":[]}')

    server = RawServer(None, look)
    origin = server.url.rpartition("/data")[0]
    try:
        probe(tmp_path, [["a", origin, "user", f"{MARK}-1"]], expect=0,
              env={"AEP_ACCESS_TOKEN": "mArKeD-token", "AEP_API_KEY": "mArKeD-key"})
    finally:
        server.stop()
    (method, target, head, content), = seen
    assert (method, content) == ("GET", b"")
    assert target == "/api/now/table/sys_user?sysparm_limit=1&sysparm_fields=sys_id"
    basic = "Basic " + base64.b64encode(f"user:{MARK}-1".encode()).decode()
    assert {name for name, value in head.items() if value == basic} == {"authorization"}
    assert MARK not in target + str({k: v for k, v in head.items() if k != "authorization"})
    assert not any(name.startswith("x-") for name in head)


def test_the_longest_login_is_sent(tmp_path):
    server = RawServer(None, lambda *_: http(200, '{"result":[]}'))
    origin = server.url.rpartition("/data")[0]
    try:
        found, _ = probe(tmp_path, [["a", origin, "u" * 65536, "p" * 4096]], expect=0)
    finally:
        server.stop()
    assert codes(found) == ["login_ok"]


# ------------------------------------------------------------------------- to whom it goes


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def secure(mock, user="user"):
    return ["a", f"https://localhost:{port_of(mock)}", user, "pass-1"]


def probe_https(folder, mock, *args, **more):
    path = write_csv(folder / "i.csv", [secure(mock), ["b", *secure(mock, "two")[1:]]])
    done = check(path, "--probe", "--format", "jsonl", *args, **more)
    return [one["probe"] for one in objects(done.out)], done


def test_certificates_are_verified(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"))
    found, _ = probe_https(tmp_path, mock, "--cacert", authority.ca, expect=0)
    assert codes(found) == ["login_ok"] * 2
    found, _ = probe_https(tmp_path, mock, expect=1)
    assert codes(found) == ["certificate"] * 2 and "unknown CA" in found[0]["message"]
    assert mock.status()["servicenow"]["requests"] == 2


@pytest.mark.parametrize("case, words", [
    ({"days": -1}, "expired"), ({"host": "other.example"}, "another host")], ids=str)
def test_a_wrong_certificate_gets_no_password(flowmock, tmp_path, authority, case, words):
    mock = flowmock(*authority.signed("wrong-" + words.replace(" ", "-"), **case))
    found, _ = probe_https(tmp_path, mock, "--cacert", authority.ca, expect=1)
    assert codes(found) == ["certificate"] * 2 and words in found[0]["message"]
    assert mock.status()["servicenow"]["requests"] == 0


def test_plain_http_wants_its_option(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [login(mock)])
    told = objects(check(path, "--probe", "--format", "jsonl", expect=1).out)
    assert told[0]["probe"] is None and told[0]["faults"]
    assert mock.status()["servicenow"]["requests"] == 0


def test_a_proxy_is_used_and_sees_no_password(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"))
    proxy = Proxy()
    try:
        found, _ = probe_https(tmp_path, mock, "--cacert", authority.ca, "--proxy",
                               f"http://{proxy.address}", expect=0)
    finally:
        proxy.stop()
    assert codes(found) == ["login_ok"] * 2
    assert {(method, target) for method, target, _ in proxy.asked} == {
        ("CONNECT", f"localhost:{port_of(mock)}")}
    assert not any("authorization" in head for _, _, head in proxy.asked)


def test_a_proxy_that_refuses_is_told(flowmock, tmp_path, authority):
    mock = flowmock(*authority.signed("good"))
    proxy = Proxy(refuse=407)
    try:
        found, _ = probe_https(tmp_path, mock, "--cacert", authority.ca, "--proxy",
                               f"http://{proxy.address}", expect=1)
    finally:
        proxy.stop()
    assert codes(found) == ["proxy"] * 2


def test_a_redirect_is_not_followed(tmp_path):
    there = RawServer(None, lambda *_: http(200, '{"result":[]}'))
    origin = there.url.rpartition("/data")[0]
    here = RawServer(None, lambda *_: http(302, "", f"Location: {origin}/api/now/table/sys_user"))
    try:
        found, _ = probe(tmp_path, [["a", here.url.rpartition("/data")[0], "user", "p"]], expect=1)
    finally:
        here.stop()
        there.stop()
    assert codes(found) == ["not_servicenow"]
    assert there.heads == []


# -------------------------------------------------------------------------------- stops


class Held:
    """An instance that answers one request, and holds the others until it is told."""

    def __init__(self):
        self.go = threading.Event()
        self.server = RawServer(None, self._look)
        self.origin = self.server.url.rpartition("/data")[0]

    def _look(self, server, count, request):
        if len(server.heads) > 1:
            self.go.wait(LIMIT_S)
        return http(200, '{"result":[]}')

    def asked(self):
        return len(self.server.heads)

    def stop(self):
        self.go.set()
        self.server.stop()


@pytest.fixture
def held():
    server = Held()
    yield server
    server.stop()


def start(folder, held, rows=10, password="p"):
    """Logins of one instance: the first is good, the second is out."""
    path = write_csv(folder / "i.csv",
                     [[f"row {i}", held.origin, f"user-{i}", password] for i in range(rows)])
    run = Run(folder, "check", path, "--probe", "--allow-http-endpoints", "--format", "jsonl",
              env=environment(**NO_ADOBE))
    assert run.until(lambda: held.asked() == 2)
    return run


def test_a_signal_lets_what_is_out_finish_and_tells_what_was_learnt(tmp_path, held):
    run = start(tmp_path, held)
    run.send_signal(signal.SIGINT)
    assert run.until(lambda: "waiting for what is in flight" in run.err)
    held.go.set()
    run.end(expect=4)
    told = objects(run.out)
    assert codes([one["probe"] for one in told]) == ["login_ok"] * 2 + ["stopped"] * 8
    assert held.asked() == 2
    assert "once more" in run.err and "wrong passwords" in run.err


def test_a_second_signal_cuts_it(tmp_path, held):
    run = start(tmp_path, held)
    run.send_signal(signal.SIGTERM)
    assert run.until(lambda: "waiting for what is in flight" in run.err)
    run.send_signal(signal.SIGTERM)
    run.end(expect=4)
    told = objects(run.out)
    assert codes([one["probe"] for one in told]) == ["login_ok"] + ["stopped"] * 9
    assert held.asked() == 2


def test_passwords_that_fill_the_guarded_memory_are_in_nobodys_way(tmp_path, held):
    run = start(tmp_path, held, rows=400, password="p" * 4096)
    run.send_signal(signal.SIGTERM)
    assert run.until(lambda: "waiting for what is in flight" in run.err)
    run.send_signal(signal.SIGTERM)
    run.end(expect=4)
    assert len(objects(run.out)) == 400


@pytest.mark.parametrize("rows", [10, 3000])
def test_a_file_that_changes_while_it_asks_is_3(tmp_path, held, rows):
    run = start(tmp_path, held, rows)
    with open(tmp_path / "i.csv", "a") as f:
        f.write("more,https://a,user,p\n")
    held.go.set()
    run.end(expect=3)
    assert "changed while it was read" in run.err
    assert run.out == "" or rows == 10
    if rows > 10:  # more than are read ahead: it has seen so, and asks for no more
        assert held.asked() < 1000


# ------------------------------------------------------------------------------- people


def test_progress_is_shown_while_it_asks(flowmock, tmp_path):
    mock = flowmock("--servicenow-latency", "200ms")
    path = write_csv(tmp_path / "i.csv", [login(mock, "ok", f"user-{i}") for i in range(10)])
    terminal = Terminal("check", path, "--probe", "--allow-http-endpoints")
    terminal.read_until("/10 rows")
    assert terminal.wait() == 0
    assert "10 rows, 10 logins tried, each once" in terminal.seen


def test_help_says_what_a_401_can_mean():
    text = " ".join(snowmelt("check", "--help", expect=0).out.split())
    assert "401" in text and "restricts Basic login" in text and "locked account" in text
    assert "tried once" in text and "its own addresses" in text
