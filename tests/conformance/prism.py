"""Prism as a judge: it reads Adobe's description, stands between client and server
(proxy) or in the server's place (mock), and says what is not as described.

It answers all the same, and what it finds stands in its output; so a client under
test need not know that it is there.
"""

import http.client
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from support import BASE_PATH, LIMIT_S

OPENAPI = Path(os.path.normpath(os.environ["SNOWMELT_OPENAPI"]))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
FOLDER = Path(os.environ.get("SNOWMELT_PRISM") or CACHE / "snowmelt/prism")  # of samples/packages

RECEIVED = re.compile(r"\[HTTP SERVER\] (\w+) (\S+) .*Request received")
FORWARDED = re.compile(r'Forwarding "(\w+)" request to (\S+?)\.\.\.$')
VIOLATION = re.compile(r"(error|warning) +Violation: (\S+) (.*)$")
UNKNOWN_PATH = re.compile(r"Selected route not found|Request terminated with error")
REFUSED = re.compile(r"(error) +Request (terminated with error): (.*)$")

# What it says of a status that the description does not know: it judges no such answer.
UNDESCRIBED = re.compile(r"(error|warning) response Unable to match the returned status code")

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def command():
    return shutil.which(FOLDER / "node_modules/.bin/prism") or shutil.which("prism")


def what_lacks():
    """Why there is no judge, and how to get one; None if there is."""
    if not OPENAPI.is_file():
        return (f"no description of the API at {OPENAPI}: name Adobe's, adapted for Prism as "
                "CONTRIBUTING.md says, by 'meson configure BUILD -Dopenapi=FILE'")
    if not command():
        return "no Prism: get it by 'samples/packages conformance'"
    return None


def shape(method, url):
    """`GET /connections/{id}/explore?objectType=ROOT`: what was asked, less the values."""
    parts = urlsplit(url)
    names = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name == "property":
            name += "=" + re.split("[=<>]", value)[0]
        elif name in ("objectType", "orderby", "count"):
            name += "=" + value
        names.append(name)
    path = UUID.sub("{id}", parts.path.removeprefix(BASE_PATH))
    return f"{method.upper()} {path}" + ("?" + "&".join(names) if names else "")


class Prism:
    def __init__(self, mode, *upstream):
        self.process = subprocess.Popen(
            [command(), mode, OPENAPI, *upstream, "--host", "127.0.0.1", "--port", "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"NO_COLOR": "1"}, encoding="utf-8")
        self.marks = 0
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            with self.news:
                self.port = self._wait_for(self._find_port)
        except BaseException:
            self.stop()
            raise
        self.url = f"http://127.0.0.1:{self.port}{BASE_PATH}"
        self.begin()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify()
        with self.news:
            self.lines.append(None)
            self.news.notify()

    def _wait_for(self, question):
        """Until it has an answer among the lines said so far; called with them locked."""

        def answer():
            if self.lines and self.lines[-1] is None:
                raise AssertionError("Prism has ended:\n" + "\n".join(self.lines[:-1]))
            return question()

        said = self.news.wait_for(answer, timeout=LIMIT_S)
        assert said, "not in what Prism said:\n" + "\n".join(self.lines)
        return said

    def _find_port(self):
        found = map(re.compile(r"listening on http://127\.0\.0\.1:(\d+)").search, self.lines)
        return next((int(m.group(1)) for m in found if m), None)

    def _take(self):
        """All lines up to now: those before a request of our own, once all of it shows."""
        self.marks += 1
        path = f"/mark-{self.marks}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()

        def find_mark():
            first = next((i for i, line in enumerate(self.lines) if f"get {path} " in line), None)
            if first is None:
                return None
            last = next((i for i in range(first, len(self.lines))
                         if UNKNOWN_PATH.search(self.lines[i])), None)
            return last and (first, last)

        with self.news:
            first, last = self._wait_for(find_mark)
            taken = self.lines[:first]
            del self.lines[: last + 1]
            return taken

    def begin(self):
        """Forget what was said so far."""
        self._take()

    def said(self):
        """What it has seen and found since the last call, or begin()."""
        return Said(self._take())

    def stop(self):
        self.process.kill()  # it has nothing to put in order
        self.process.wait()
        self.reader.join(timeout=LIMIT_S)


class Said:
    def __init__(self, lines):
        self.lines = lines
        self.received = [shape(*m.groups()) for m in map(RECEIVED.search, lines) if m]
        self.forwarded = [shape(*m.groups()) for m in map(FORWARDED.search, lines) if m]
        self.found = [" ".join(m.groups()) for pattern in (VIOLATION, REFUSED)
                      for m in map(pattern.search, lines) if m]
        self.violations = [one for one in self.found if not UNDESCRIBED.match(one)]
        self.undescribed = len(self.found) - len(self.violations)
