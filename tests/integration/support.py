"""What the tests share: the two programs as they were built, and CSV files."""

import csv
import json
import os
import signal
import ssl
import subprocess
import urllib.request
from pathlib import Path

from flow_client import Flow

BUILD = Path(os.environ["SNOWMELT_BUILD"])
SNOWMELT = BUILD / "src/cli/snowmelt"
FLOWMOCK = BUILD / "src/flowmock/flowmock"
BASE_PATH = "/data/foundation/flowservice"
LIMIT_S = 240  # a run that takes longer hangs: the test fails, it does not wait for ever

HEADER = ["name", "endpoint", "username", "password"]


def environment(**more):
    """Only what a run needs: nothing of the caller's own settings."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AEP_", "SNOWMELT_")) and not k.lower().endswith("_proxy")}
    env |= {
        "AEP_ORG_ID": "test@AdobeOrg",
        "AEP_API_KEY": "test-key",
        "AEP_ACCESS_TOKEN": "test-token-1",
        "XDG_CONFIG_HOME": "/nonexistent",
    }
    env |= {k: v for k, v in more.items() if v is not None}
    return {k: v for k, v in env.items() if more.get(k, "") is not None}


def any_tls():
    """Talks to whatever a test has set up, to ask it how it went."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


class Flowmock:
    """A running flowmock; ends with the test."""

    def __init__(self, *args):
        self.args = args
        self._start(args)

    def _start(self, args):
        self.process = subprocess.Popen(
            [FLOWMOCK, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith(("http://", "https://")), self.process.stderr.read()
        self.token_url = self.process.stdout.readline().strip()
        self.origin = self.url.removesuffix(BASE_PATH)
        self.flow = Flow(self.url, any_tls())

    def _get(self, path):
        with urllib.request.urlopen(self.origin + path, timeout=60, context=any_tls()) as answer:
            return answer.read().decode()

    def status(self):
        return json.loads(self._get("/_flowmock/status"))

    def tell(self, order, content=None):
        """An order of the control endpoint: faults, revoke, reset."""
        answer = self.flow.control("POST", f"/_flowmock/{order}", content)
        assert answer.status == 200, answer.body

    def connections(self):
        """Everything in its store, newest last."""
        return self._connections("")

    def counted(self):
        """The same, and what was executed of each."""
        return self._connections("?counts=true")

    def _connections(self, query):
        lines = self._get("/_flowmock/connections" + query).splitlines()
        return [json.loads(line) for line in lines]

    def by_name(self):
        found = {}
        for one in self.connections():
            found.setdefault((one["sandbox"], one["name"]), []).append(one)
        return found

    def kill(self):
        """End it as a crash would."""
        self.process.kill()
        self.process.communicate()

    def restart(self, *more):
        """Kill it, and start it again on the same port; with --store, on what it had executed."""
        self.kill()
        port = self.url.removesuffix(BASE_PATH).rpartition(":")[2]
        self._start([*self.args, "--port", port, *more])

    def stop(self):
        """End it by its pid; that it ends cleanly and says nothing is part of what it promises."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=30)
        assert (self.process.returncode, out, err) == (0, "", "")


def command(*args):
    return [str(SNOWMELT), *map(str, args)]


def snowmelt(*args, env=None, cwd=None, stdin=None, expect=None):
    """Run the program to its end."""
    done = subprocess.run(
        command(*args),
        env=env or environment(),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        timeout=LIMIT_S,
    )
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode >= 0, f"killed by signal {-done.returncode}:\n{done.err}"
    assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
    if expect is not None:
        assert done.returncode == expect, f"exit {done.returncode}\n{done.out}\n{done.err}"
    return done


def write_csv(path, rows, header=None, **options):
    with open(path, "w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f, lineterminator="\n", **options)
        writer.writerow(header or HEADER)
        writer.writerows(rows)
    return path


def instance(i, name=None):
    return [name or f"instance {i}", f"https://i{i}.example.com", "user", f"pass-{i:06d}"]


def instances(count):
    return [instance(i) for i in range(count)]


def read_results(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def statuses(results):
    found = {}
    for line in results:
        found[line["status"]] = found.get(line["status"], 0) + 1
    return found
