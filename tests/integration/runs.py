"""Runs in the background: watched, killed at an instant that their progress names,
started again with the same command; and what must be true of the server then.
"""

import subprocess
import time

from support import LIMIT_S, command, environment, read_results


class Run:
    """A run that goes on while the test looks; what it says goes to files."""

    started = []  # of the present test

    def __init__(self, logs, *args, env=None, prefix=(), **more):
        self.out_path, self.err_path = logs / "out", logs / "err"
        self.out_file, self.err_file = open(self.out_path, "wb"), open(self.err_path, "wb")
        self.process = subprocess.Popen(
            [*map(str, prefix), *command(*args)], env=env or environment(),
            stdin=subprocess.DEVNULL, stdout=self.out_file, stderr=self.err_file, **more)
        self.pid = self.process.pid
        self.started.append(self)

    @property
    def out(self):
        return self.out_path.read_text()

    @property
    def err(self):
        return self.err_path.read_text()

    def going(self):
        return self.process.poll() is None

    def until(self, question):
        """Wait until it holds; False if the run ended before."""
        hangs_at = time.monotonic() + LIMIT_S
        while self.going():
            if question():
                return True
            assert time.monotonic() < hangs_at, self.err
            time.sleep(0.001)
        return False

    def kill(self):
        """As a crash would. True if it was still going."""
        was_going = self.going()
        self.process.kill()
        self._wait()
        return was_going

    def send_signal(self, number):
        self.process.send_signal(number)

    def end(self, expect=None):
        """Wait for its own end."""
        self._wait()
        assert self.process.returncode >= 0, f"signal {-self.process.returncode}:\n{self.err}"
        if expect is not None:
            assert self.process.returncode == expect, f"{self.out}\n{self.err}"
        return self.process.returncode

    def _wait(self):
        try:
            self.process.wait(timeout=LIMIT_S)
        finally:
            if self.going():
                self.process.kill()
                self.process.wait()
            self.out_file.close()
            self.err_file.close()
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err


def line_count(path):
    """Whole lines of a file that may not be there yet."""
    try:
        return path.read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


FOUND = ("created", "adopted", "unchanged", "changed")


def check_one_line_a_row(results, rows):
    assert [int(line["row"]) for line in results] == list(range(1, len(rows) + 1))
    named = [(line["name"], row[0]) for line, row in zip(results, rows)
             if line["status"] != "invalid"]
    assert [a for a, _ in named] == [b for _, b in named]


def check_ids(results, mock):
    """What the results call there is there, once, under this id and etag; the rest is not."""
    store = mock.by_name()
    for line in results:
        found = store.get((line["sandbox"], line["name"]), [])
        if line["status"] in FOUND:
            assert [(one["id"], one["etag"]) for one in found] == [(line["id"], line["etag"])]
        elif line["status"] in ("invalid", "skipped", "failed"):
            assert found == [], line


def check_exactly_once(mock, names, sandbox="prod"):
    """One connection for each of these names, and none besides."""
    store = mock.by_name()
    counts = {name: len(found) for (_, name), found in store.items()}
    assert {n: c for n, c in counts.items() if c != 1} == {}
    assert set(store) == {(sandbox, name) for name in names}


def requests(mock):
    """POSTs and GETs that the service has had so far."""
    seen = mock.status()["requests"]
    return seen["POST"], seen["GET"]


def results_of(path):
    return read_results(path.with_suffix(".results.csv"))
