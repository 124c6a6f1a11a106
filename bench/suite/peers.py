"""What sends the rows: snowmelt, and what else would."""

from pathlib import Path
from typing import NamedTuple

from .machine import environment
from .rows import HEADERS, body, write_curl

TOP = Path(__file__).resolve().parent.parent

SNOWMELT, IN_MEMORY, LOOP = "snowmelt run", "snowmelt run, memory:", "documented loop"
CURL, AIOHTTP, H2LOAD = "curl -Z", "aiohttp", "h2load"


class Peer(NamedTuple):
    command: list
    rows: int
    env: dict = None


def forget(folder):
    """Every round begins with an empty ledger."""
    for path in [*folder.glob("*.ledger*"), *folder.glob("*.results*")]:
        path.unlink()


def snowmelt(build, csv, url, window, *more, command="run"):
    return [build / "src/cli/snowmelt", command, csv, "--url", url, "--concurrency", window,
            "--log-level", "warn", *more]


def peers(build, folder, url, rows, window, ca=None):
    """All of them; `folder` has the rows.csv."""
    connections = url + "/connections"
    trust = ["--cacert", ca] if ca else []
    run = snowmelt(build, folder / "rows.csv", url, window, *trust)
    write_curl(folder / "curl.conf", url, rows, ca)
    (folder / "body.json").write_text(body(0), encoding="ascii")
    heads = [part for h in HEADERS for part in ("-H", h)]
    return {
        SNOWMELT: Peer(run, rows, environment()),
        IN_MEMORY: Peer(run + ["--ledger", "memory:"], rows, environment()),
        LOOP: Peer([build / "bench/bench_loop", connections, rows, window,
                    *([ca] if ca else [])], rows),
        CURL: Peer(["curl", "-Z", "--parallel-max", window, "-K", folder / "curl.conf"], rows),
        AIOHTTP: Peer(["/usr/bin/python3", TOP / "peers/aiohttp_loop.py", connections,
                       folder / "rows.csv", rows, window, *([ca] if ca else [])], rows),
        H2LOAD: Peer(["h2load", "--h1", "-n", rows, "-c", window, "-t", 1,
                      "-d", folder / "body.json", *heads, connections], rows),
    }
