"""snowmelt verify: every id of results or of a ledger is tested, and nothing is changed."""

import json
import signal
import subprocess

import pytest
from flow_client import headers
from raw_server import RawServer, http
from runs import Run
from support import command, environment, instance, instances, read_results, snowmelt, statuses, write_csv

FAST = ["--settle", "100ms", "--settle-timeout", "300ms"]
ORG = "test@AdobeOrg"
NO_UUID = "no-uuid"


def faults(*kinds):
    return [arg for kind in kinds for arg in ("--fault", kind)]


def created(mock, tmp_path, rows, *more, expect=0):
    """A CSV whose run has made all of them; its results."""
    path = write_csv(tmp_path / "i.csv", rows)
    snowmelt("run", path, "--url", mock.url, *FAST, *more, expect=expect)
    return tmp_path / "i.results.csv"


def verify(results, mock, *more, expect=0, **options):
    return snowmelt("verify", results, "--url", mock.url, *more, expect=expect, **options)


def delete_as_others(mock, id):
    head = headers(**{"x-gw-ims-org-id": ORG})
    assert mock.flow.call("DELETE", f"/connections/{id}", head=head).status == 204


def test_each_id_is_tested_and_each_row_told(flowmock, tmp_path):
    mock = flowmock()
    rows = instances(4)
    rows[1][2] = "bad-user"
    results = created(mock, tmp_path, rows)
    before = read_results(results)
    delete_as_others(mock, before[2]["id"])
    done = verify(results, mock, expect=1)
    lines = read_results(tmp_path / "i.results.verify.csv")
    assert [line["status"] for line in lines] == ["ok", "failed", "gone", "ok"]
    assert [(l["row"], l["line"], l["name"], l["id"]) for l in lines] \
        == [(l["row"], l["line"], l["name"], l["id"]) for l in before]
    assert lines[1]["error_code"] == "test_failed" and "check endpoint" in lines[1]["error"]
    assert lines[2]["error_code"] == "gone" and "rollback" in lines[2]["error"]
    assert lines[0]["attempts"] == "1" and lines[0]["http_status"] == "200"
    assert "4 rows, 4 of them to test" in done.err and "  ok          2" in done.out
    assert mock.status()["creates"] == 4 and mock.status()["deletes"] == 1


def test_a_row_without_an_id_is_failed_and_says_what_it_was(flowmock, tmp_path):
    mock = flowmock(*faults("rejected=1"))
    results = created(mock, tmp_path, instances(2), expect=1)
    asked = mock.status()["requests"]["GET"]
    verify(results, mock, expect=1)
    for line in read_results(tmp_path / "i.results.verify.csv"):
        assert (line["status"], line["error_code"]) == ("failed", "no_id")
        assert "call it failed" in line["error"]
    assert mock.status()["requests"]["GET"] == asked


def test_a_ledger_is_as_good_as_results_and_stays_as_it_is(flowmock, tmp_path):
    mock = flowmock()
    rows = instances(30)
    rows[7][1] = "ftp://no.example.com"
    results = created(mock, tmp_path, rows, expect=1)
    ledger = tmp_path / "i.ledger"
    before = ledger.read_bytes()
    ids = {line["id"] for line in read_results(results)} - {""}
    for name in ("i.ledger", "known by its magic"):
        operand = ledger.rename(tmp_path / name)
        verify(operand, mock, "--results", tmp_path / "v.csv")
        lines = read_results(tmp_path / "v.csv")
        assert statuses(lines) == {"ok": 29} and {line["id"] for line in lines} == ids
        assert [line["row"] for line in lines] == [str(n) for n in range(1, 30)]
        ledger = operand
    assert ledger.read_bytes() == before


def test_a_ledger_has_its_own_name_for_what_is_verified(flowmock, tmp_path):
    mock = flowmock()
    created(mock, tmp_path, instances(1))
    verify(tmp_path / "i.ledger", mock)
    assert statuses(read_results(tmp_path / "i.verify.csv")) == {"ok": 1}


def test_what_was_deleted_is_not_asked_of_a_ledger(flowmock, tmp_path):
    mock = flowmock()
    results = created(mock, tmp_path, instances(3))
    snowmelt("rollback", results, "--url", mock.url, "--yes", expect=0)
    asked = mock.status()["requests"]["GET"]
    verify(tmp_path / "i.ledger", mock)
    assert read_results(tmp_path / "i.verify.csv") == []
    assert mock.status()["requests"]["GET"] == asked


@pytest.mark.parametrize("other", ["service", "org"])
def test_a_ledger_of_another_service_or_org_is_refused(flowmock, tmp_path, other):
    mock = flowmock()
    created(mock, tmp_path, instances(1))
    url = mock.url if other == "org" else flowmock().url
    env = environment(AEP_ORG_ID="other@AdobeOrg") if other == "org" else environment()
    done = snowmelt("verify", tmp_path / "i.ledger", "--url", url, env=env, expect=3)
    assert "is of service" in done.err and "--url and --org" in done.err
    assert not (tmp_path / "i.verify.csv").exists()


def test_json_lines_are_verified_as_json_lines(flowmock, tmp_path):
    mock = flowmock()
    created(mock, tmp_path, instances(3), "--format", "jsonl")
    verify(tmp_path / "i.results.jsonl", mock)
    lines = [json.loads(l) for l in open(tmp_path / "i.results.verify.jsonl", encoding="utf-8")]
    assert statuses(lines) == {"ok": 3} and lines[2]["row"] == 3
    verify(tmp_path / "i.results.jsonl", mock, "--format", "csv")
    assert statuses(read_results(tmp_path / "i.results.verify.csv")) == {"ok": 3}


def test_carried_columns_go_on(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [[*instance(1), "red, blue", "12"]],
                     header=["name", "endpoint", "username", "password", "team", "tables"])
    snowmelt("run", path, "--url", mock.url, expect=0)
    verify(tmp_path / "i.results.csv", mock)
    line, = read_results(tmp_path / "i.results.verify.csv")
    assert (line["team"], line["tables"]) == ("red, blue", "12")
    verify(tmp_path / "i.results.verify.csv", mock, "--results", tmp_path / "v.csv")
    assert read_results(tmp_path / "v.csv")[0]["team"] == "red, blue"


def test_an_id_that_is_there_twice_is_tested_twice(flowmock, tmp_path):
    mock = flowmock()
    results = created(mock, tmp_path, instances(1))
    results.write_text(results.read_text() + results.read_text().splitlines()[1] + "\n")
    verify(results, mock)
    assert statuses(read_results(tmp_path / "i.results.verify.csv")) == {"ok": 2}


def test_results_by_a_pipe_need_only_a_name_for_what_is_verified(flowmock, tmp_path):
    mock = flowmock()
    text = created(mock, tmp_path, instances(5)).read_bytes()
    done = verify("-", mock, stdin=text, expect=64)
    assert "--results" in done.err
    verify("-", mock, "--results", tmp_path / "v.csv", stdin=text)
    assert statuses(read_results(tmp_path / "v.csv")) == {"ok": 5}


def test_what_is_no_results_file_is_refused(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(2))
    done = verify(path, mock, expect=3)
    assert "results file" in done.err
    snowmelt("run", path, "--url", mock.url, expect=0)
    results = tmp_path / "i.results.csv"
    id = read_results(results)[1]["id"]
    asked = mock.status()["requests"]["GET"]
    results.write_text(results.read_text().replace(id, NO_UUID))
    done = verify(results, mock, expect=3)
    assert "i.results.csv:3: id is no UUID" in done.err
    assert mock.status()["requests"]["GET"] == asked


# ------------------------------------------------------------------------ trouble

FAULTS = ["throttle-bare", "error500-before", "error503-before", "reset-before", "close-before",
          "half-answer", "408", "html-200"]


def test_whatever_goes_wrong_with_a_question_it_is_asked_again(flowmock, tmp_path):
    mock = flowmock("--latency", "uniform:1ms-3ms")
    results = created(mock, tmp_path, instances(300))
    mock.tell("faults", {f"get:{kind}": 0.02 for kind in FAULTS})
    verify(results, mock, "--attempts", 20)
    assert statuses(read_results(tmp_path / "i.results.verify.csv")) == {"ok": 300}
    assert sum(mock.status()["faults"].values()) > 20


def test_without_an_answer_a_row_is_failed_not_gone(flowmock, tmp_path):
    mock = flowmock()
    results = created(mock, tmp_path, instances(2))
    mock.tell("faults", {"get:error500-before": 1})
    verify(results, mock, "--attempts", 2, expect=1)
    for line in read_results(tmp_path / "i.results.verify.csv"):
        assert line["status"] == "failed" and line["attempts"] == "2"
        assert "not tested in 2 attempts" in line["error"]


def test_a_stopped_verify_tells_what_it_did_not_ask(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:10ms")
    results = created(mock, tmp_path, instances(200))
    begun = mock.status()["requests"]["GET"]
    going = Run(tmp_path, "verify", results, "--url", mock.url, "--concurrency", 2)
    assert going.until(lambda: mock.status()["requests"]["GET"] > begun + 20)
    going.send_signal(signal.SIGINT)
    going.end(expect=4)
    lines = read_results(tmp_path / "i.results.verify.csv")
    found = statuses(lines)
    assert set(found) == {"ok", "skipped"} and sum(found.values()) == 200
    assert "run the same command again" in going.err
    skipped = next(line for line in lines if line["status"] == "skipped")
    assert skipped["error_code"] == "stopped" and skipped["id"]


# ------------------------------------------------------------------------ explore


@pytest.fixture
def raw_server():
    started = []

    def start(look):
        started.append(RawServer(lambda s, count, request: s.execute(request[3]), look))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def explorable(answer):
    """Every test is good; what an explore of this name gets."""
    def look(server, count, request):
        path = request[1].partition("?")[0]
        if path.endswith("/test"):
            return http(200, '{"result": true}')
        if path.endswith("/explore"):
            id = path.split("/")[-2]
            return answer(next(o["name"] for o in server.executed if o["id"] == id), request[1])
        return server._lookup(request[1])
    return look


TABLES = json.dumps([{"type": "table", "name": f"t{i}"} for i in range(12)]
                    + [{"type": "folder", "name": "f"}])


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_explore_counts_tables_in_a_column_of_its_own(raw_server, tmp_path, format):
    asked = []

    def answer(name, target):
        asked.append(target)
        return http(200, TABLES if name == "a" else "[]")

    server = raw_server(explorable(answer))
    path = write_csv(tmp_path / "i.csv", [[*instance(i, name), "red", "x"] for i, name in
                                          enumerate("ab")],
                     header=["name", "endpoint", "username", "password", "team", "Tables"])
    snowmelt("run", path, "--url", server.url, *FAST, expect=0)
    verify(tmp_path / "i.results.csv", server, "--explore", "--results", tmp_path / f"v.{format}")
    if format == "csv":
        lines = read_results(tmp_path / "v.csv")
        assert [line["tables"] for line in lines] == ["12", "0"]
    else:
        lines = [json.loads(line) for line in open(tmp_path / "v.jsonl", encoding="utf-8")]
        assert [line["tables"] for line in lines] == [12, 0]
    assert statuses(lines) == {"ok": 2}
    assert list(lines[0])[-3:] == ["team", "input.tables", "tables"]
    assert lines[0]["input.tables"] == "x" and all("objectType=ROOT" in t for t in asked)


@pytest.mark.parametrize("status, code, words", [
    (400, "explore_failed", "its test is good, but its tables cannot be listed"),
    (500, None, "its tables were not listed in 2 attempts"),
    (200, None, "its tables were not listed in 2 attempts"),
])
def test_tables_that_cannot_be_listed_fail_a_row_whose_test_was_good(
        raw_server, tmp_path, status, code, words):
    body = '{"type": "http://x/FLOW-1234-400", "title": "no", "status": 400, "detail": "denied"}'
    server = raw_server(explorable(lambda name, target: http(status, body)))
    path = write_csv(tmp_path / "i.csv", instances(1))
    snowmelt("run", path, "--url", server.url, *FAST, expect=0)
    verify(tmp_path / "i.results.csv", server, "--explore", "--attempts", 2, expect=1)
    line, = read_results(tmp_path / "i.results.verify.csv")
    assert line["status"] == "failed" and words in line["error"] and line["tables"] == ""
    assert code is None or line["error_code"] == code


def test_without_explore_there_is_no_such_column(flowmock, tmp_path):
    mock = flowmock()
    results = created(mock, tmp_path, instances(1))
    verify(results, mock)
    assert "tables" not in read_results(tmp_path / "i.results.verify.csv")[0]


def test_a_fifo_is_read_not_tasted(flowmock, tmp_path):
    """Whether it is a ledger must not be asked of what can be read only once."""
    mock = flowmock()
    text = created(mock, tmp_path, instances(3)).read_bytes()
    fifo = tmp_path / "x.results.csv"
    subprocess.run(["mkfifo", fifo], check=True)
    going = subprocess.Popen(command("verify", fifo, "--url", mock.url, "--results",
                                     tmp_path / "v.csv"), env=environment(),
                             stderr=subprocess.PIPE)
    fifo.write_bytes(text)
    assert going.wait(timeout=60) == 0, going.stderr.read()
    going.stderr.close()
    assert statuses(read_results(tmp_path / "v.csv")) == {"ok": 3}
