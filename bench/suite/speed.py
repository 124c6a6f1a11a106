"""Rows a second, CPU a row and memory: beside peers, by window and server, and by size.

Rounds alternate, so that a machine whose speed drifts drifts for all; ratios are made
round by round. What is nearest to us is measured most often.
"""

import tempfile
from pathlib import Path

from .machine import environment, measure, median
from .peers import AIOHTTP, CURL, LOOP, SNOWMELT, forget, peers, snowmelt
from .report import Aim, cell
from .rows import write_csv
from .servers import Flowmock, Nginx

LATENCY_S = 0.02
OFTEN, SELDOM = (SNOWMELT, LOOP), 3  # all others in every third round


def run_rounds(folder, server, them, rounds):
    """{round: (rows/s, CPU µs a row, MiB)} of each peer."""
    measured = {name: {} for name in them}
    for i in range(rounds):
        for name, peer in them.items():
            if i % SELDOM and name not in OFTEN:
                continue
            forget(folder)
            server.forget()
            m = measure(peer.command, peer.env)
            measured[name][i] = (peer.rows / m.wall, m.cpu / peer.rows * 1e6, m.rss_mib)
    return measured


def ratios(measured, a, b, what):
    both = measured[a].keys() & measured[b].keys()
    return [measured[a][i][what] / measured[b][i][what] for i in sorted(both)]


def show(measured):
    for name, rounds in measured.items():
        rate, cpu, rss = zip(*rounds.values())
        yield name, cell(rate, 0), cell(cpu, 1), f"{median(rss):.1f}"


def beside_peers(o, report):
    """The same rows by everybody, over one nginx."""
    with tempfile.TemporaryDirectory(dir=o.folder) as name, Nginx() as nginx:
        folder = Path(name)
        write_csv(folder / "rows.csv", o.rows)
        measured = run_rounds(folder, nginx, peers(o.build, folder, nginx.url(), o.rows, o.window),
                              o.rounds)
    report.part("Beside others", f"nginx; {o.rows:,} rows, {o.window} in flight, {o.rounds} rounds "
                f"(every {SELDOM}rd but for {' and '.join(OFTEN)}): median (least to most).")
    report.table(("", "rows/s", "µs CPU a row", "MiB"), show(measured))
    report.rounds("peers", ("peer", "round", "rows_per_s", "cpu_us_per_row", "rss_mib"),
                  [(name, i + 1, *r) for name, rounds in measured.items()
                   for i, r in rounds.items()])
    report.aim(
        Aim("rows/s, to the documented loop", 1.0, True, ratios(measured, SNOWMELT, LOOP, 0)),
        Aim("rows/s, to curl -Z", 2.5, True, ratios(measured, SNOWMELT, CURL, 0)),
        Aim("rows/s, to aiohttp", 8, True, ratios(measured, SNOWMELT, AIOHTTP, 0)),
        Aim("CPU a row, to the documented loop", 1.25, False,
            ratios(measured, SNOWMELT, LOOP, 1)))
    rates = {name: [r[0] for r in rounds.values()] for name, rounds in measured.items()}
    report.plot("peers", "".join(f'"{name}" {median(r)} {min(r)} {max(r)}\n'
                                 for name, r in rates.items()),
                'set style fill solid 0.5; set boxwidth 0.6; set yrange [0:]; unset key; '
                'set ylabel "rows a second"; plot DATA using 0:2:xtic(1) with boxes, '
                'DATA using 0:2:3:4 with yerrorbars lc "black"')


def matrix(o, report):
    """Windows, TLS, names of hosts, and a server that takes its time."""
    count, lines = o.rows // 5, []

    def cases():
        with Nginx() as nginx:
            for window in 1, 8, 64, 256:
                yield "http, address", nginx, nginx.url(), window
            yield "http, host name", nginx, nginx.url("localhost"), o.window
        with Nginx(tls=True) as nginx:
            yield "https, address", nginx, nginx.url(), o.window
            yield "https, host name", nginx, nginx.url("localhost"), o.window
        with Flowmock(o.build, "--latency", f"{LATENCY_S * 1000:.0f}ms") as mock:
            yield "flowmock, 20 ms", mock, mock.url(), o.window

    with tempfile.TemporaryDirectory(dir=o.folder) as name:
        folder = Path(name)
        for words, server, url, window in cases():
            rows = count // 4 if window == 1 else count
            write_csv(folder / "rows.csv", rows)
            them = peers(o.build, folder, url, rows, window, server.ca)
            wanted = (SNOWMELT, LOOP, CURL, AIOHTTP) if window > 1 else (SNOWMELT, LOOP)
            measured = run_rounds(folder, server, {k: them[k] for k in wanted}, 3)
            lines += [(words, window, *line) for line in show(measured)]
            lines[-len(wanted)] += (
                f"{median(ratios(measured, SNOWMELT, LOOP, 0)):.2f}",
                f"{median(ratios(measured, SNOWMELT, LOOP, 1)):.2f}")
    report.part("Windows and servers", f"{count:,} rows ({count // 4:,} one at a time), 3 rounds. "
                f"A server that takes {LATENCY_S * 1000:.0f} ms lets {o.window} in flight do "
                f"{o.window / LATENCY_S:,.0f} rows/s.")
    report.table(("server", "window", "", "rows/s", "µs CPU a row", "MiB", "rows/s to the loop",
                  "CPU to the loop"), [line + ("",) * (8 - len(line)) for line in lines])


def growth(o, report):
    """Ten thousand to a million rows: does a row cost the same?"""
    often = {1: 4, 10_000: 4, 100_000: 2, 1_000_000: 1}
    run, ledger = {size: [] for size in often}, {}
    with tempfile.TemporaryDirectory(dir=o.folder) as name, Nginx() as nginx:
        for size in often:
            folder = Path(name) / str(size)
            folder.mkdir()
            write_csv(folder / "rows.csv", size)
        for size in [size for _ in range(2) for size in often for _ in range(often[size])]:
            folder = Path(name) / str(size)
            forget(folder)
            run[size].append(measure(snowmelt(o.build, folder / "rows.csv", nginx.url(), o.window),
                                     environment()))
            ledger[size] = sum(p.stat().st_size for p in folder.glob("*.ledger")) / size
    start = median([r.cpu for r in run.pop(1)])
    cost = {size: [(r.cpu - start) / size * 1e6 for r in run[size]] for size in run}
    peak = {size: [r.rss_mib for r in run[size]] for size in run}
    report.part("From ten thousand to a million", f"nginx, {o.window} in flight, names in random "
                f"order, a new ledger each time. Of the CPU, {start * 1000:.0f} ms for starting up "
                "(a run of one row) are taken off.")
    report.table(("rows", "rounds", "rows/s", "µs CPU a row", "MiB", "ledger, bytes a row"),
                 [(f"{size:,}", len(run[size]), cell([size / r.wall for r in run[size]], 0),
                   cell(cost[size], 1), cell(peak[size], 1), f"{ledger[size]:.0f}")
                  for size in run])
    few, many = min(run), max(run)
    report.aim(
        Aim("MiB at a million rows", 32, False, peak[many], 1),
        Aim("MiB, a million less ten thousand", 8, False,
            [median(peak[many]) - median(peak[few])], 1),
        Aim("CPU a row, a million to ten thousand", 1.1, False,
            [median(cost[many]) / median(cost[few])]))


def again(o, report):
    """What later runs cost, and what is already there."""
    lines = []
    with tempfile.TemporaryDirectory(dir=o.folder) as name, Flowmock(o.build) as mock:
        csv = Path(name) / "rows.csv"
        for words, total in (("first run", o.rows), ("nothing to do", o.rows),
                             ("a tenth is new", o.rows + o.rows // 10)):
            write_csv(csv, total, total)
            m = measure(snowmelt(o.build, csv, mock.url(), o.window), environment())
            lines.append((words, f"{total:,}", f"{m.wall:.1f}", f"{total / m.wall:,.0f}",
                          f"{m.cpu / total * 1e6:.1f}", f"{m.rss_mib:.1f}"))
    report.part("Run again", f"flowmock on the same cores, {o.window} in flight, one run each. "
                "New rows make it list first what is there.")
    report.table(("", "rows", "seconds", "rows/s", "µs CPU a row", "MiB"), lines)
