"""What a row costs in system calls and allocations, counted."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .machine import LIMIT_S, environment
from .peers import IN_MEMORY, LOOP, SNOWMELT, forget, peers
from .rows import write_csv
from .servers import Nginx

ROWS = 20_000
CALLS = ("poll", "sendto", "recvfrom", "epoll_wait", "epoll_ctl", "pread64", "pwrite64",
         "fdatasync", "futex")


def system_calls(folder, command, env):
    subprocess.run(["strace", "-f", "-c", "-U", "name,calls", "-o", folder / "calls",
                    *(str(c) for c in command)], env=env, check=True, timeout=LIMIT_S,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = re.findall(r"^\s*(\w+)\s+(\d+)$", (folder / "calls").read_text(), re.MULTILINE)
    return {name: int(count) / ROWS for name, count in found if name != "total"}


def allocations(o, folder, command, env):
    env = dict(env or environment(), LD_PRELOAD=str(o.build / "bench/libbench_allocations.so"),
               BENCH_ALLOCATIONS=str(folder / "allocations"))
    subprocess.run([str(c) for c in command], env=env, check=True, timeout=LIMIT_S,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return int((folder / "allocations").read_text()) / ROWS


def counted(o, report):
    """Of snowmelt, and of the least that libcurl takes."""
    has_strace = shutil.which("strace") is not None
    lines = []
    with tempfile.TemporaryDirectory(dir=o.folder) as name, Nginx() as nginx:
        folder = Path(name)
        write_csv(folder / "rows.csv", ROWS)
        them = peers(o.build, folder, nginx.url(), ROWS, o.window)
        for who in SNOWMELT, IN_MEMORY, LOOP:
            peer = them[who]
            forget(folder)
            calls = system_calls(folder, peer.command, peer.env) if has_strace else {}
            forget(folder)
            others = sum(count for call, count in calls.items() if call not in CALLS)
            lines.append((who, f"{allocations(o, folder, peer.command, peer.env):.1f}",
                          *(f"{calls.get(call, 0):.2f}" for call in CALLS), f"{others:.2f}"))
    report.part("Counted, a row", f"{ROWS:,} rows, {o.window} in flight; start and end are in it, "
                "and strace slows all down, so that the ledger commits more often than it would."
                + ("" if has_strace else " There is no strace here: no system calls are counted."))
    report.table(("", "allocations", *CALLS, "others"), lines)
