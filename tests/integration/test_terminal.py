"""What a person at a terminal sees: the question, the progress line, and no escapes of others."""

import os
import pty
import select

import pytest
from support import command, environment, instances, read_results, snowmelt, statuses, write_csv


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            argv = command(*args)
            os.execve(argv[0], argv, environment(TERM="xterm"))
        self.seen = ""

    def read_until(self, word):
        """Everything up to this word, or to the end where the word is None."""
        while word is None or word not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], 60)
            assert ready, f"nothing more came: {self.seen!r}"
            try:
                more = os.read(self.fd, 4096)
            except OSError:  # the other end is closed
                more = b""
            if not more:
                assert word is None, f"no {word!r} in {self.seen!r}"
                break
            self.seen += more.decode()
        return self.seen

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self):
        self.read_until(None)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize("reply, status, creates", [("y\n", 0, 3), ("n\n", 4, 0), ("\n", 4, 0)])
def test_confirm_asks_before_anything_is_sent(flowmock, tmp_path, reply, status, creates):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(3))
    terminal = Terminal("run", path, "--url", mock.url, "--confirm")
    text = terminal.read_until("?")
    assert "3" in text and "prod" in text and "test@AdobeOrg" in text
    assert mock.status()["requests"]["POST"] == 0
    terminal.type(reply)
    assert terminal.wait() == status
    assert mock.status()["creates"] == creates


def rolled_back_on_a_terminal(flowmock, tmp_path, *more):
    mock = flowmock()
    path = write_csv(tmp_path / "i.csv", instances(3))
    snowmelt("run", path, "--url", mock.url, expect=0)
    results = tmp_path / "i.results.csv"
    results.write_text(results.read_text().replace("created", "adopted", 1))
    return mock, results, lambda: Terminal("rollback", results, "--url", mock.url, *more)


@pytest.mark.parametrize("reply, status, deletes", [("y\n", 0, 2), ("n\n", 4, 0), ("\n", 4, 0)])
def test_rollback_counts_and_asks_before_anything_is_sent(
        flowmock, tmp_path, reply, status, deletes):
    mock, _, begin = rolled_back_on_a_terminal(flowmock, tmp_path)
    asked = mock.status()["requests"]
    terminal = begin()
    text = terminal.read_until("[y/N] ").replace("\r\n", "")
    assert "3 rows, 2 of them to delete, the others left: 1 not called created by these" in text
    assert text.endswith("Delete them? [y/N] ")
    assert mock.status()["requests"] == asked
    terminal.type(reply)
    assert terminal.wait() == status
    assert mock.status()["deletes"] == deletes
    if status:
        assert mock.status()["requests"] == asked


def test_what_force_does_is_part_of_the_question(flowmock, tmp_path):
    _, _, begin = rolled_back_on_a_terminal(flowmock, tmp_path, "--force")
    terminal = begin()
    terminal.read_until("also what others have changed (--force)? [y/N] ")
    terminal.type("n\n")
    assert terminal.wait() == 4


@pytest.mark.parametrize("more", [["--yes"], []])
def test_with_yes_or_with_nothing_to_delete_nobody_is_asked(flowmock, tmp_path, more):
    mock, results, begin = rolled_back_on_a_terminal(flowmock, tmp_path, *more)
    if not more:
        results.write_text(results.read_text().replace("created", "unchanged"))
    terminal = begin()
    assert terminal.wait() == 0 and "[y/N]" not in terminal.seen
    assert mock.status()["deletes"] == (2 if more else 0)


def test_confirm_without_a_terminal_is_refused(tmp_path):
    path = write_csv(tmp_path / "i.csv", instances(1))
    done = snowmelt("run", path, "--url", "http://127.0.0.1:9/x", "--confirm", expect=3)
    assert "--confirm" in done.err and "terminal" in done.err


def test_the_progress_line_is_rewritten_and_gone_at_the_end(flowmock, tmp_path):
    mock = flowmock("--latency", "200ms")
    path = write_csv(tmp_path / "i.csv", instances(30))
    terminal = Terminal("run", path, "--url", mock.url, "--concurrency", 4)
    terminal.read_until("/30 rows")  # while it goes
    assert terminal.wait() == 0
    assert "\r\x1b[K30 rows in" in terminal.seen  # the summary stands where it was
    assert statuses(read_results(tmp_path / "i.results.csv")) == {"created": 30}


def test_every_results_column_that_the_input_has_too_is_carried_under_another_name(
        flowmock, tmp_path):
    mock = flowmock()
    plain = write_csv(tmp_path / "a.csv", instances(1))
    snowmelt("run", plain, "--url", mock.url, expect=0)
    own = list(read_results(tmp_path / "a.results.csv")[0])
    header = ["name", "endpoint", "username", "password"]
    more = [column for column in own if column not in (*header, "sandbox")]
    row = instances(1)[0]
    row[0] = "another"
    path = write_csv(tmp_path / "b.csv", [row + ["theirs"] * len(more)], header=header + more)
    snowmelt("run", path, "--url", mock.url, expect=0)
    line = read_results(tmp_path / "b.results.csv")[0]
    assert list(line) == own + [f"input.{column}" for column in more]
    assert all(line[f"input.{column}"] == "theirs" for column in more)
