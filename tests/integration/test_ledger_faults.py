"""A disk that fails under the ledger, and a ledger that is not what it was.

Each time sending stops at once, the exit is 3, the message says what to do, RESULTS
stays as it was, and afterwards, with the fault removed, a further run ends with one
connection a row.
"""

import os
import re
import shutil
import sqlite3

import pytest
from runs import Run, check_exactly_once, check_ids, line_count, requests, results_of
from small_disk import SmallDisk
from support import (
    BUILD, environment, instances, read_results, snowmelt, statuses, write_csv,
)

FAST = ["--settle", "100ms", "--settle-timeout", "300ms"]
BEFORE = "what an earlier run had told\n"


@pytest.fixture
def csv(tmp_path):
    (tmp_path / "i.results.csv").write_text(BEFORE)
    return tmp_path / "i.csv"


@pytest.fixture
def small_disk(tmp_path):
    started = []

    def start(size):
        started.append(SmallDisk(tmp_path / "disk", size))
        return started[-1]

    yield start
    for disk in started:
        disk.stop()


def run_args(csv, mock, *more):
    return ["run", csv, "--url", mock.url, *FAST, *more]


CONCURRENCY = 16  # the default: so many requests may be on their way at any time


def has_noticed(going):
    err = going.err
    return "could not be recorded" in err or err.startswith("snowmelt: ") or "\nsnowmelt: " in err


def check_stopped(going, mock, csv, *words):
    """It ended with 3 and its message, and nothing was sent after its first word of it."""
    going.until(lambda: has_noticed(going))
    told = requests(mock)
    going.end(expect=3)
    assert sum(requests(mock)) <= sum(told) + CONCURRENCY
    for word in ("ledger", *words):
        assert word in going.err, going.err
    assert csv.with_suffix(".results.csv").read_text() == BEFORE


def named(going):
    """Rows of which stderr says that their outcome is not written down."""
    return set(re.findall(r"'(instance \d+)' of sandbox prod: .*(?:could not be|was) recorded",
                          going.err))


def check_nothing_is_lost(going, mock, known):
    """What is on the server is known, or its row is named."""
    there = {name for _, name in mock.by_name()}
    missing = there - known - named(going)
    assert not missing, (missing, going.err[-3000:])


def known_to_ledger(csv, *more, prefix=()):
    """Rows that it calls created, or in doubt; its own word by `results`."""
    again = csv.parent / "again.csv"
    Run(csv.parent, "results", csv, "--results", again, *more, prefix=prefix).end()
    return {line["name"] for line in read_results(again)
            if line["status"] in ("created", "unresolved")}


def check_recovers(csv, mock, rows, *more, prefix=()):
    again = Run(csv.parent, *run_args(csv, mock, *more), prefix=prefix)
    again.end(expect=0)
    check_exactly_once(mock, [row[0] for row in rows])
    check_ids(results_of(csv), mock)
    assert set(statuses(results_of(csv))) <= {"created", "adopted"}
    assert len(results_of(csv)) == len(rows)


# ---------------------------------------------------------------- in mid-run


def test_a_full_disk_stops_the_run_and_with_room_it_goes_on(flowmock, csv, small_disk):
    disk = small_disk("2m")
    mock = flowmock("--latency", "uniform:0ms-3ms")
    rows = instances(6000)
    write_csv(csv, rows)
    ledger = ["--ledger", disk.at / "i.ledger"]
    going = Run(csv.parent, *run_args(csv, mock, *ledger), prefix=disk.inside)
    check_stopped(going, mock, csv, "full")
    assert 0 < mock.status()["creates"] < len(rows)
    check_nothing_is_lost(going, mock, known_to_ledger(csv, *ledger, prefix=disk.inside))
    still = Run(csv.parent, *run_args(csv, mock, *ledger), prefix=disk.inside)
    check_stopped(still, mock, csv)
    disk.remount("size=64m")
    check_recovers(csv, mock, rows, *ledger, prefix=disk.inside)


def test_a_disk_that_is_full_from_the_start_sends_nothing(flowmock, csv, small_disk):
    disk = small_disk("8k")
    mock = flowmock()
    rows = instances(20)
    write_csv(csv, rows)
    ledger = ["--ledger", disk.at / "i.ledger"]
    going = Run(csv.parent, *run_args(csv, mock, *ledger), prefix=disk.inside)
    check_stopped(going, mock, csv)
    assert requests(mock) == (0, 0)
    disk.remount("size=64m")
    check_recovers(csv, mock, rows, *ledger, prefix=disk.inside)


@pytest.mark.parametrize("is_there", [False, True], ids=["without a ledger", "with a ledger"])
def test_a_folder_that_cannot_be_written_sends_nothing(flowmock, csv, small_disk, is_there):
    disk = small_disk("64m")
    mock = flowmock()
    rows = instances(20)
    ledger = ["--ledger", disk.at / "i.ledger"]
    if is_there:
        write_csv(csv, rows[:10])
        Run(csv.parent, *run_args(csv, mock, *ledger), prefix=disk.inside).end(expect=0)
        csv.with_suffix(".results.csv").write_text(BEFORE)
    write_csv(csv, rows)
    before = requests(mock)
    disk.remount("ro")
    going = Run(csv.parent, *run_args(csv, mock, *ledger), prefix=disk.inside)
    check_stopped(going, mock, csv)
    assert requests(mock) == before
    disk.remount("rw")
    again = Run(csv.parent, *run_args(csv, mock, *ledger), prefix=disk.inside)
    again.end(expect=0)
    check_exactly_once(mock, [row[0] for row in rows])


@pytest.mark.parametrize("calls", ["sync", "write"])
def test_a_failing_disk_stops_the_run(flowmock, csv, calls):
    mock = flowmock("--latency", "uniform:0ms-4ms")
    rows = instances(4000)
    write_csv(csv, rows)
    when = csv.parent / "now"
    env = environment(
        LD_PRELOAD=str(BUILD / "tests/integration/failing_disk.so"),
        ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""),
        FAILING_DISK_WHEN=str(when), FAILING_DISK_CALLS=calls, FAILING_DISK_FILES=".ledger-wal")
    going = Run(csv.parent, *run_args(csv, mock), env=env)
    assert going.until(lambda: mock.status()["creates"] >= 1000)
    when.touch()
    check_stopped(going, mock, csv)
    assert mock.status()["creates"] < len(rows)
    assert named(going)
    check_nothing_is_lost(going, mock, known_to_ledger(csv))
    check_recovers(csv, mock, rows)


def start_and_watch(flowmock, csv, count=6000):
    mock = flowmock("--latency", "uniform:2ms-8ms")
    rows = instances(count)
    write_csv(csv, rows)
    going = Run(csv.parent, *run_args(csv, mock))
    assert going.until(lambda: line_count(csv.with_suffix(".results.csv.part")) >= 200)
    return mock, rows, going


def told_so_far(csv):
    """Rows that have a whole line in what a broken run has left."""
    text = csv.with_suffix(".results.csv.part").read_text()
    return {line.split(",")[2] for line in text.splitlines()[1:]}


def test_a_ledger_deleted_in_mid_run_stops_it_and_names_what_has_no_line(flowmock, csv):
    mock, rows, going = start_and_watch(flowmock, csv)
    for path in csv.parent.glob("i.ledger*"):
        path.unlink()
    check_stopped(going, mock, csv)
    assert mock.status()["creates"] < len(rows)
    check_nothing_is_lost(going, mock, told_so_far(csv))
    # the inventory finds what is there; without a ledger nobody can call it `created`
    check_recovers(csv, mock, rows)
    assert statuses(results_of(csv))["adopted"] >= 200


def test_a_ledger_moved_away_in_mid_run_stops_it_and_put_back_it_goes_on(flowmock, csv):
    mock, rows, going = start_and_watch(flowmock, csv)
    away = csv.parent / "away"
    away.mkdir()
    for path in csv.parent.glob("i.ledger*"):
        path.rename(away / path.name)
    check_stopped(going, mock, csv)
    for path in away.iterdir():
        path.rename(csv.parent / path.name)
    check_recovers(csv, mock, rows)
    assert statuses(results_of(csv)) == {"created": len(rows)}


def test_a_ledger_replaced_in_mid_run_stops_it(flowmock, csv, tmp_path):
    other = write_csv(tmp_path / "other.csv", instances(3))
    mock, rows, going = start_and_watch(flowmock, csv)
    snowmelt("run", other, "--url", flowmock().url)
    shutil.copy(csv.with_suffix(".ledger"), tmp_path / "kept")
    os.replace(tmp_path / "other.ledger", csv.with_suffix(".ledger"))
    check_stopped(going, mock, csv)
    assert mock.status()["creates"] < len(rows)


# ------------------------------------------------------- not what it was before


def done_before(flowmock, csv):
    """A ledger that knows 300 rows, beside a CSV that has got 10 more."""
    mock = flowmock()
    rows = instances(310)
    write_csv(csv, rows[:300])
    snowmelt(*run_args(csv, mock), expect=0)
    csv.with_suffix(".results.csv").write_text(BEFORE)
    write_csv(csv, rows)
    return mock, rows


def spoil(damage, path):
    data = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(os.urandom(len(data)))
    elif damage == "a text":
        path.write_text("name,endpoint\n" * 1000)
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2 // 4096 * 4096])
    elif damage == "pages":
        page = 4096
        broken = bytearray(data)
        for at in range(page, len(data) - page + 1, page):
            broken[at : at + page] = os.urandom(page)
        path.write_bytes(broken)


@pytest.mark.parametrize("damage", ["garbage", "a text", "cut", "pages"])
def test_a_corrupt_ledger_is_not_believed(flowmock, csv, damage):
    mock, rows = done_before(flowmock, csv)
    ledger = csv.with_suffix(".ledger")
    good = ledger.read_bytes()
    spoil(damage, ledger)
    bad = ledger.read_bytes()
    before = requests(mock)
    going = Run(csv.parent, *run_args(csv, mock))
    check_stopped(going, mock, csv, "i.ledger")
    assert requests(mock)[0] == before[0]
    if damage in ("garbage", "a text"):
        assert ledger.read_bytes() == bad  # somebody may still want it
    for left in csv.parent.glob("i.ledger-*"):
        left.unlink()
    ledger.write_bytes(good)
    snowmelt(*run_args(csv, mock), expect=0)
    assert statuses(results_of(csv)) == {"unchanged": 300, "created": 10}
    check_exactly_once(mock, [row[0] for row in rows])


def test_a_ledger_of_a_newer_version_is_left_alone(flowmock, csv):
    mock, rows = done_before(flowmock, csv)
    ledger = csv.with_suffix(".ledger")
    db = sqlite3.connect(ledger)
    (version,) = db.execute("PRAGMA user_version").fetchone()
    assert version > 0
    db.execute(f"PRAGMA user_version = {version + 1}")
    db.close()
    before = requests(mock)
    going = Run(csv.parent, *run_args(csv, mock))
    check_stopped(going, mock, csv, "newer")
    assert requests(mock) == before
    db = sqlite3.connect(ledger)
    assert db.execute("PRAGMA user_version").fetchone() == (version + 1,)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    snowmelt(*run_args(csv, mock), expect=0)
    assert statuses(results_of(csv)) == {"unchanged": 300, "created": 10}


@pytest.mark.parametrize("what", ["missing", "another", "short"])
def test_without_its_key_a_ledger_is_not_believed(flowmock, csv, what):
    mock, rows = done_before(flowmock, csv)
    key = csv.with_suffix(".ledger.key")
    good = key.read_bytes()
    if what == "missing":
        key.unlink()
    else:
        key.write_bytes(os.urandom(len(good)) if what == "another" else good[:-3])
    before = requests(mock)
    going = Run(csv.parent, *run_args(csv, mock))
    check_stopped(going, mock, csv, "i.ledger.key")
    assert requests(mock) == before
    assert key.exists() == (what != "missing")  # none is made up
    key.write_bytes(good)
    key.chmod(0o600)
    snowmelt(*run_args(csv, mock), expect=0)
    assert statuses(results_of(csv)) == {"unchanged": 300, "created": 10}


def test_a_key_without_its_ledger_is_no_ledger(flowmock, csv):
    """The ledger was deleted: the inventory finds what is there, and nothing is made twice."""
    mock, rows = done_before(flowmock, csv)
    csv.with_suffix(".ledger").unlink()
    going = Run(csv.parent, *run_args(csv, mock))
    going.end()
    if going.process.returncode == 3:  # or it says that the key is in the way
        assert "i.ledger.key" in going.err
        csv.with_suffix(".ledger.key").unlink()
        snowmelt(*run_args(csv, mock), expect=0)
    assert statuses(results_of(csv)) == {"adopted": 300, "created": 10}
    check_exactly_once(mock, [row[0] for row in rows])
