"""One program run and measured, and the machine that it runs on."""

import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

LIMIT_S = 600  # nothing here takes so long


class Measured(NamedTuple):
    """One child, with all of its threads."""

    wall: float
    cpu: float
    rss_mib: float


def stop(process, signum):
    if process.poll() is None:
        os.killpg(process.pid, signum)


def measure(command, env=None, good=(0,), interrupt_after=None):
    """Run it to its end, or until it was asked to stop.

    The kernel counts in a program's peak what it was forked from; so time(1) starts it, which
    is small, and tells the peak.
    """
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as peak:
        command = ["time", "-q", "-f", "%M", "-o", peak.name, *(str(part) for part in command)]
        begin = time.monotonic()
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True)
        timers = [threading.Timer(LIMIT_S, stop, (process, signal.SIGKILL))]
        if interrupt_after:
            timers.append(threading.Timer(interrupt_after, stop, (process, signal.SIGINT)))
        for timer in timers:
            timer.daemon = True
            timer.start()
        try:
            err = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            stop(process, signal.SIGKILL)
            raise
        finally:
            for timer in timers:
                timer.cancel()
            process.stderr.close()
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in good:
            sys.exit(f"{command[6]} ended with {process.returncode}:\n{err[-2000:]}")
        return Measured(wall, usage.ru_utime + usage.ru_stime, int(peak.read()) / 1024)


def median(values):
    return statistics.median(values)


def environment():
    """Nothing of the caller's settings, and somebody to be."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AEP_", "SNOWMELT_")) and not k.lower().endswith("_proxy")}
    return env | {"AEP_ORG_ID": "bench@AdobeOrg", "AEP_API_KEY": "bench-key",
                  "AEP_ACCESS_TOKEN": "bench-token", "XDG_CONFIG_HOME": "/nonexistent"}


def first_match(text, pattern, otherwise="unknown"):
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else otherwise


def said_by(*command):
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def describe():
    cpu = first_match(Path("/proc/cpuinfo").read_text(encoding="utf-8"), r"^model name\s*:(.*)$",
                      platform.machine())
    curl = first_match(said_by("curl", "--version"), r"libcurl/(\S+)")
    nginx = first_match(said_by("/usr/sbin/nginx", "-v"), r"nginx/(\S+)")
    return (f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}, libcurl {curl}, "
            f"nginx {nginx}, Python {platform.python_version()}")
