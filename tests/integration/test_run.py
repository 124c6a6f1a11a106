"""snowmelt run against flowmock, over real sockets and real files."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from support import (
    HEADER, command, environment, instance, instances, read_results, snowmelt, statuses,
    write_csv,
)

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SHORT = ["--settle", "300ms", "--settle-timeout", "1s"]

# About one create in ten meets one of these.
MIXED_FAULTS = [
    "throttle-bare=0.02", "error500-before=0.01", "error500-after=0.01", "error503-before=0.005",
    "error504-after=0.005", "close-before=0.01", "close-after=0.01", "reset-before=0.005",
    "reset-after=0.01", "half-answer=0.005", "bad-json-201=0.005", "empty-201=0.005",
    "408-after=0.005", "html-200=0.005", "get:error503-before=0.02", "get:reset-before=0.02",
]


def faults(*kinds):
    return [arg for kind in kinds for arg in ("--fault", kind)]


def check_against_store(results, mock, rows):
    """One line a row in input order, and each created row is one connection there."""
    assert [int(line["row"]) for line in results] == list(range(1, len(rows) + 1))
    assert [line["name"] for line in results] == [row[0] for row in rows]
    store = mock.by_name()
    for line in results:
        found = store.get((line["sandbox"], line["name"]), [])
        if line["status"] in ("created", "adopted"):
            assert [one["id"] for one in found] == [line["id"]]
            assert found[0]["etag"] == line["etag"]
            assert line["etag"].startswith('"') and line["etag"].endswith('"')
        elif line["status"] in ("skipped", "invalid"):
            assert found == []


def test_the_sample_is_created_but_for_its_bad_rows(flowmock, tmp_path):
    mock = flowmock()
    results = tmp_path / "out.csv"
    done = snowmelt("run", SAMPLES / "instances.csv", "--url", mock.url, "--results", results,
                    "--ledger", tmp_path / "ledger", expect=1)
    lines = read_results(results)
    assert statuses(lines) == {"created": 190, "invalid": 5}
    assert mock.status()["creates"] == 190
    assert "190" in done.out and "a second run" not in done.err
    assert {"owner", "region"} <= lines[0].keys()
    assert results.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ledger", "ledger.key", "out.csv"]


def test_two_thousand_rows_with_faults_are_one_connection_each(flowmock, tmp_path):
    mock = flowmock("--seed", 11, "--latency", "uniform:1ms-4ms", *faults(*MIXED_FAULTS))
    rows = instances(2000)
    for i in range(0, 2000, 100):
        rows[i] = instance(i, f"Niederlassung {i}, Köln")  # no filter may carry it
    path = write_csv(tmp_path / "i.csv", rows)
    snowmelt("run", path, "--url", mock.url, "--concurrency", 32, "--seed", 5, *SHORT, expect=0)
    lines = read_results(tmp_path / "i.results.csv")
    check_against_store(lines, mock, rows)
    assert statuses(lines) == {"created": 2000}
    status = mock.status()
    assert status["creates"] == 2000 and status["max_per_name"] == 1
    assert status["most_in_flight"] <= 32
    assert sum(status["faults"].values()) > 150


def test_one_poison_row_ends_failed_and_the_others_do_not_care(flowmock, tmp_path):
    mock = flowmock("--fault", "poison:bad")
    rows = instances(200)
    rows[50][0] = "bad one"
    path = write_csv(tmp_path / "i.csv", rows)
    snowmelt("run", path, "--url", mock.url, "--attempts", 2, *SHORT, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    assert statuses(lines) == {"created": 199, "failed": 1}
    bad = lines[50]
    assert (bad["status"], bad["http_status"], bad["attempts"]) == ("failed", "500", "2")
    assert bad["error_code"].startswith("FLOW-") and "2 attempts" in bad["error"]


def test_a_rejected_row_tells_code_message_and_request_id(flowmock, tmp_path):
    mock = flowmock(*faults("rejected=1"))
    path = write_csv(tmp_path / "i.csv", instances(3))
    snowmelt("run", path, "--url", mock.url, expect=1)
    line = read_results(tmp_path / "i.results.csv")[0]
    assert line["status"] == "failed" and line["http_status"] == "400"
    assert line["error_code"] == "FLOW-1100-400"
    assert "status code 401" in line["error"] and line["request_id"]


def test_json_lines_hold_numbers_and_nulls(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", [r + ["Zoë"] for r in instances(2)],
                     header=HEADER + ["owner"])
    snowmelt("run", path, "--url", mock.url, "--format", "jsonl", expect=0)
    lines = [json.loads(s) for s in (tmp_path / "i.results.jsonl").read_text().splitlines()]
    assert lines[0]["row"] == 1 and lines[0]["line"] == 2 and lines[0]["http_status"] == 201
    assert lines[0]["error"] is None and lines[0]["owner"] == "Zoë"
    assert lines[0]["etag"].startswith('"')


def test_a_pipe_is_read_as_it_comes(flowmock, tmp_path):
    mock = flowmock()
    text = (",".join(HEADER) + "\n" + "".join(",".join(r) + "\n" for r in instances(50))).encode()
    done = snowmelt("run", "-", "--url", mock.url, stdin=text, cwd=tmp_path, expect=64)
    assert "--results" in done.err
    done = snowmelt("run", "-", "--url", mock.url, "--results", tmp_path / "r.csv", stdin=text,
                    cwd=tmp_path, expect=64)
    assert "--ledger" in done.err
    done = snowmelt("run", "-", "--url", mock.url, "--sandbox", "box", "--results",
                    tmp_path / "r.csv", "--ledger", tmp_path / "r.ledger", stdin=text, expect=0)
    assert "sandbox box where a row names none" in done.err
    assert statuses(read_results(tmp_path / "r.csv")) == {"created": 50}


def test_a_pipe_stays_blocking_for_who_reads_it_after_us(flowmock, tmp_path):
    mock = flowmock()
    read_end, write_end = os.pipe()
    run = subprocess.Popen(command("run", "-", "--url", mock.url, "--results", tmp_path / "r.csv",
                                   "--ledger", tmp_path / "r.ledger"),
                           env=environment(), stdin=read_end, stderr=subprocess.PIPE)
    row = ",".join(instance(0))
    os.write(write_end, f"{','.join(HEADER)}\n{row}\n".encode())
    while mock.status()["creates"] == 0:
        time.sleep(0.01)
    assert os.get_blocking(read_end)
    os.close(write_end)
    run.communicate(timeout=60)
    assert run.returncode == 0 and os.get_blocking(read_end)
    os.close(read_end)


def test_rows_of_several_sandboxes_go_where_they_belong(flowmock, tmp_path):
    mock = flowmock()
    rows = [instance(i, "same name") + [f"box-{i}"] for i in range(5)]
    path = write_csv(tmp_path / "i.csv", rows, header=HEADER + ["sandbox"])
    snowmelt("run", path, "--url", mock.url, expect=0)
    assert set(mock.by_name()) == {(f"box-{i}", "same name") for i in range(5)}


def test_a_refused_sandbox_fails_its_rows_and_no_others(flowmock, tmp_path):
    mock = flowmock("--sandbox", "good")
    rows = [instance(i) + ["good" if i % 2 else "gone"] for i in range(40)]
    path = write_csv(tmp_path / "i.csv", rows, header=HEADER + ["sandbox"])
    snowmelt("run", path, "--url", mock.url, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    assert statuses(lines) == {"created": 20, "failed": 20}
    assert all(l["error_code"].startswith("FLOW-210") for l in lines if l["status"] == "failed")
    snowmelt("run", path, "--url", mock.url, "--sandbox", "gone", expect=1)

    alone = write_csv(tmp_path / "a.csv", instances(5))
    done = snowmelt("run", alone, "--url", mock.url, "--sandbox", "gone", expect=3)
    assert "sandbox" in done.err


def test_a_wrong_api_key_stops_the_run_and_loses_nothing(flowmock, tmp_path):
    mock = flowmock("--api-key", "another")
    path = write_csv(tmp_path / "i.csv", instances(100))
    done = snowmelt("run", path, "--url", mock.url, expect=3)
    lines = read_results(tmp_path / "i.results.csv")
    assert statuses(lines) == {"skipped": 100}
    assert "403003" in done.err and mock.status()["creates"] == 0
    assert mock.status()["requests"]["POST"] == 0  # the inventory was refused already


@pytest.mark.parametrize("when", ["from the start", "in mid-run"])
def test_a_refused_token_stops_the_run_and_loses_nothing(flowmock, tmp_path, when):
    mock = flowmock(*(["--token", "another"] if when == "from the start"
                      else ["--token-life", "300ms", "--latency", "fixed:5ms"]))
    path = write_csv(tmp_path / "i.csv", instances(3000))
    done = snowmelt("run", path, "--url", mock.url, expect=3)
    lines = read_results(tmp_path / "i.results.csv")
    assert set(statuses(lines)) <= {"created", "skipped"} and len(lines) == 3000
    assert statuses(lines).get("created", 0) == mock.status()["creates"]
    assert (mock.status()["creates"] > 0) == (when == "in mid-run")
    assert "401013" in done.err and "token" in done.err


def test_the_halt_rule_ends_with_2(flowmock, tmp_path):
    mock = flowmock(*faults("rejected=1"))
    path = write_csv(tmp_path / "i.csv", instances(300))
    done = snowmelt("run", path, "--url", mock.url, "--halt", "soon,fail=3", expect=2)
    found = statuses(read_results(tmp_path / "i.results.csv"))
    assert 3 <= found["failed"] <= 10 and found["failed"] + found["skipped"] == 300
    assert "--halt" in done.err


def test_a_retry_after_that_is_too_long_ends_with_2_and_says_when(flowmock, tmp_path):
    mock = flowmock("--retry-after", 7200, *faults("throttle=1"))
    path = write_csv(tmp_path / "i.csv", instances(10))
    done = snowmelt("run", path, "--url", mock.url, expect=2)
    assert "2h" in done.err
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"skipped": 10}


def test_a_server_that_is_not_there_is_given_up(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(10))
    done = snowmelt("run", path, "--url", "http://127.0.0.1:9/x", "--give-up-after", "500ms",
                    expect=2)
    lines = read_results(tmp_path / "i.results.csv")
    assert statuses(lines) == {"skipped": 10}
    assert "does not answer" in done.err


def test_the_rate_holds(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(150))
    snowmelt("run", path, "--url", mock.url, "--rate", "50/s", "--burst", 5, expect=0)
    assert mock.status()["worst_second"] <= 55


def with_few_files(soft, hard, *args):
    limited = f'ulimit -S -n {soft}; ulimit -H -n {hard}; exec "$@"'
    return subprocess.run(["sh", "-c", limited, "sh", *command(*args)], env=environment(),
                          capture_output=True, text=True, timeout=120)


def test_open_files_are_enough_for_the_concurrency_or_nothing_is_sent(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:500ms")
    path = write_csv(tmp_path / "i.csv", instances(400))
    run = ["run", path, "--url", mock.url, "--concurrency", 200]
    done = with_few_files(64, 128, *run)
    assert done.returncode == 3 and "--concurrency" in done.stderr and "ulimit" in done.stderr
    assert mock.status()["creates"] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["i.csv"]
    done = with_few_files(64, 1024, *run)
    assert done.returncode == 0, done.stderr
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"created": 400}
    assert mock.status()["requests"]["POST"] == 400


def test_a_file_limit_in_mid_run_is_told_and_lets_finish_what_is_in_flight(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:5ms")
    path = write_csv(tmp_path / "i.csv", instances(2000))
    limited = 'ulimit -f 100; exec "$@"'  # of the results: a ledger would meet it first
    run = command("run", path, "--url", mock.url, "--ledger", "memory:")
    done = subprocess.run(["sh", "-c", limited, "sh", *run],
                          env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 3 and "File too large" in done.stderr
    assert re.search(rf"created +{mock.status()['creates']}\n", done.stdout)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["i.csv", "i.results.csv.part"]


def test_a_row_that_was_there_before_is_a_conflict_or_adopted_never_made_twice(flowmock, tmp_path):
    mock = flowmock(*faults("close-before=1"))
    rows = instances(4)
    path = write_csv(tmp_path / "i.csv", rows)
    # what others have made: one as ours, one with the same name for another instance
    post(mock, rows[0][0], rows[0][1])
    post(mock, rows[1][0], "https://elsewhere.example.com")
    snowmelt("run", path, "--url", mock.url, "--attempts", 1, *SHORT, expect=1)
    lines = read_results(tmp_path / "i.results.csv")
    # within five seconds of our intent nobody can tell whose it was: created or adopted
    assert [l["status"] for l in lines] in (["created", "conflict", "failed", "failed"],
                                            ["adopted", "conflict", "failed", "failed"])
    assert lines[0]["id"] == mock.by_name()["prod", rows[0][0]][0]["id"]
    assert mock.status()["max_per_name"] == 1
    assert "endpoint" in lines[1]["error"] and "elsewhere" not in lines[1]["error"]


def post(mock, name, endpoint):
    """As somebody else would, past the faults: they hit creates only by chance 1."""
    body = {
        "name": name,
        "auth": {"specName": "Basic Authentication",
                 "params": {"endpoint": endpoint, "username": "user", "password": "theirs-1"}},
        "connectionSpec": {"id": "eb13cb25-47ab-407f-ba89-c0125281c563", "version": "1.0"},
    }
    change_faults(mock, {"close-before": 0})
    request = urllib.request.Request(
        mock.url + "/connections", data=json.dumps(body).encode(),
        headers={"Authorization": "Bearer x", "x-api-key": "k", "x-gw-ims-org-id": "test@AdobeOrg",
                 "x-sandbox-name": "prod", "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201
    change_faults(mock, {"close-before": 1})


def change_faults(mock, kinds):
    request = urllib.request.Request(mock.origin + "/_flowmock/faults",
                                     data=json.dumps(kinds).encode(), method="POST",
                                     headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


# ------------------------------------------------------------------ stop, abort


def start_slow_run(flowmock, tmp_path, *more, latency="fixed:300ms"):
    mock = flowmock("--latency", latency)
    path = write_csv(tmp_path / "i.csv", instances(500))
    run = subprocess.Popen(command("run", path, "--url", mock.url, "--concurrency", 4, *more),
                           env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
    while mock.status()["creates"] < 3:  # each poll is a request to the mock: no sleep needed
        assert run.poll() is None
    return mock, run


def test_a_stop_finishes_what_is_in_flight_and_writes_everything(flowmock, tmp_path):
    mock, run = start_slow_run(flowmock, tmp_path)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 4, err
    lines = read_results(tmp_path / "i.results.csv")
    found = statuses(lines)
    assert set(found) == {"created", "skipped"} and sum(found.values()) == 500
    assert found["created"] == mock.status()["creates"]
    skipped = next(l for l in lines if l["status"] == "skipped")
    assert skipped["error_code"] == "stopped"
    assert "run the same command again" in err


def test_a_second_signal_cuts_and_leaves_the_results_untouched(flowmock, tmp_path):
    before = "what was there\n"
    (tmp_path / "i.results.csv").write_text(before)
    mock, run = start_slow_run(flowmock, tmp_path, latency="fixed:1s")
    while "created" not in (tmp_path / "i.results.csv.part").read_text():
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    while "stopping" not in (line := run.stderr.readline()):
        assert line, "the run ended"
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)
    assert run.returncode == 4
    assert (tmp_path / "i.results.csv").read_text() == before
    part = read_results(tmp_path / "i.results.csv.part")
    assert len(part) >= 3 and "created" in statuses(part)


def test_a_second_run_on_the_same_results_ends_with_75(flowmock, tmp_path):
    mock, run = start_slow_run(flowmock, tmp_path)
    done = snowmelt("run", tmp_path / "i.csv", "--url", mock.url, expect=75)
    assert str(run.pid) in done.err
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode == 4
    assert sum(statuses(read_results(tmp_path / "i.results.csv")).values()) == 500


def test_a_stopped_run_on_a_pipe_reads_no_further(flowmock, tmp_path):
    mock = flowmock()
    run = subprocess.Popen(command("run", "-", "--url", mock.url, "--results", tmp_path / "r.csv",
                                   "--ledger", tmp_path / "r.ledger"),
                           env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    run.stdin.write((",".join(HEADER) + "\n" + ",".join(instance(1)) + "\n").encode())
    run.stdin.flush()
    while mock.status()["creates"] < 1:
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) == 4  # though the pipe is still open
    run.stdin.close()
    assert not (tmp_path / "r.csv").exists()
    assert statuses(read_results(tmp_path / "r.csv.part")) == {"created": 1}


def test_nothing_is_sent_when_a_file_changes_under_the_run(flowmock, tmp_path):
    mock = flowmock("--latency", "fixed:100ms")
    path = write_csv(tmp_path / "i.csv", instances(30000))
    run = subprocess.Popen(command("run", path, "--url", mock.url, "--concurrency", 2),
                           env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
    while mock.status()["creates"] < 1:
        assert run.poll() is None
    with open(path, "a", encoding="utf-8") as f:
        f.write(",".join(instance(999999)) + "\n")
    _, err = run.communicate(timeout=120)
    assert run.returncode == 3, err
    assert "i.csv" in err and "changed" in err
    lines = read_results(tmp_path / "i.results.csv")
    assert statuses(lines)["created"] == mock.status()["creates"]
    assert len(lines) < 30000


def test_a_full_standard_output_is_no_success(flowmock, tmp_path):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(2))
    with open("/dev/full", "w") as full:
        done = subprocess.run(command("run", path, "--url", mock.url), env=environment(),
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 3 and "standard output" in done.stderr
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"created": 2}
