"""Prism, an independent judge: it knows Adobe's published description of the Flow Service,
stands between a client and a server, and tells what either of them does against it."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from support import BASE_PATH

OPENAPI = Path(os.environ["SNOWMELT_OPENAPI"])
FOLDER = Path(os.environ.get("SNOWMELT_PRISM",
                             Path.home() / ".cache/snowmelt/prism")) / "node_modules/.bin"
PROGRAM = shutil.which("prism", path=os.pathsep.join([str(FOLDER), os.environ["PATH"]]))

MISSING = None
if not PROGRAM:
    MISSING = "there is no Prism: 'samples/packages conformance' installs it"
elif not OPENAPI.exists():
    MISSING = (f"there is no {OPENAPI}: name Adobe's description of the Flow Service by "
               "'meson configure -Dopenapi=FILE'")

UNDOCUMENTED = re.compile(r"Unable to match the returned status code")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Prism:
    """`server`: what it stands in front of; None: it answers itself, by examples."""

    def __init__(self, log, server=None):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}{BASE_PATH}"
        way = ["proxy", OPENAPI, server] if server else ["mock", OPENAPI]
        self.log = log
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, way), "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"NO_COLOR": "1", "FORCE_COLOR": "0"})
        self.head = []
        for line in self.process.stdout:
            self.head.append(line)
            if "is listening" in line:
                break
        else:
            raise AssertionError("Prism did not start:\n" + "".join(self.head))
        self.out = open(log, "w", encoding="utf-8")
        # What it says from here on goes to a file, so that it never waits for a reader.
        self.copy = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=self.out)

    def stop(self):
        """@return all that it said, once it has said all"""
        if not self.out.closed:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.copy.wait(timeout=60)
            self.process.stdout.close()
            self.out.close()
        return self.log.read_text(encoding="utf-8")

    def judgement(self):
        """What it has seen, as {method and path without ids}, and every violation."""
        text = self.stop()
        seen = set()
        for method, path in re.findall(r"\] (\w+) (/\S+) .*Request received", text):
            seen.add(f"{method.upper()} {re.sub(r'/[0-9a-f-]{36}', '/ID', path)}".replace(
                BASE_PATH, ""))
        return seen, re.findall(r"Violation: (.*)", text)
