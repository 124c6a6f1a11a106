"""How a rate is kept, and what a server sees that has limits, an outage or bad rows.

All of it is told by what nginx has written down, before flowmock or alone, with the
milliseconds of its own clock.
"""

import tempfile
from bisect import bisect_left
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .machine import environment, measure
from .peers import TOP, snowmelt
from .report import Aim, cell
from .rows import write_csv
from .servers import Flowmock, Nginx

INTERRUPTED = 4
GRAIN_S = 0.001  # of nginx' stamps
LATENCY = ("--latency", "20ms")


def worst_second(times):
    """Most in any stretch of a second."""
    return max(bisect_left(times, t + 1) - i for i, t in enumerate(times))


def send(o, folder, url, rows, *more, good=(0,), interrupt_after=None, poison=0.0, window=256):
    write_csv(folder / "rows.csv", rows, 1, poison)
    return measure(snowmelt(o.build, folder / "rows.csv", url, window, *more), environment(),
                   good, interrupt_after)


def per_second(times, begin, end):
    counts = Counter(int(t - begin) for t in times if begin <= t < end)
    return [counts[i] for i in range(int(end - begin))]


# ------------------------------------------------------------------------ a rate


def rate_of(o, rate, seconds):
    with tempfile.TemporaryDirectory(dir=o.folder) as name, Nginx(log=True) as nginx:
        send(o, Path(name), nginx.url(), rate * seconds, "--rate", f"{rate}/s")
        times = sorted(seen.begin for seen in nginx.seen())
    return (len(times) - 1) / (times[-1] - times[0]), worst_second(times)


def rate(o, report):
    """Asked for a rate: what did the server see?"""
    lines = []
    with ThreadPoolExecutor() as pool:  # two that hardly do anything, and then one that does
        slow = list(pool.map(lambda a: rate_of(o, *a), [(10, 30), (200, 20)]))
    for asked, (mean, worst) in zip((10, 200, 5000), [*slow, rate_of(o, 5000, 15)]):
        burst = max(asked // 100, 2)
        allowed = burst + asked * (1 + GRAIN_S)
        lines.append((asked, f"{mean:,.2f}", f"{mean / asked - 1:+.2%}", f"{worst:,}",
                      f"{allowed:,.0f}"))
        report.aim(Aim(f"asked {asked:,}/s: off by, %", 1, False, [abs(mean / asked - 1) * 100]),
                   Aim(f"asked {asked:,}/s: worst second over rate and burst", 0, False,
                       [max(0, worst - allowed)], 0))
    report.part("A rate that was asked for", "The mean is from the first request to the last; the "
                "worst second is any stretch of one. Allowed is the rate, its burst (what 10 ms "
                "of it hold, at least 2), and a millisecond, the grain of nginx' stamps.")
    report.table(("asked", "mean", "off", "worst second", "allowed"), lines)


# ------------------------------------------------------------------------ limits

SETTLED_S, LIMITED_S = 20, 75


def limited(o, limit, burst, client, begin_s):
    """What a client gets from a server that lets so much through: rates of 201 and 429, from
    `begin_s` on."""
    with (tempfile.TemporaryDirectory(dir=o.folder) as name,
          Flowmock(o.build, *LATENCY, "--rate-limit", f"{limit}/s", "--rate-burst", burst) as mock,
          Nginx(behind=mock.address, log=True) as nginx):
        client(Path(name), nginx.url())
        seen = nginx.seen()
    begin, end = seen[0].begin + begin_s, seen[-1].end - 1
    statuses = Counter(s.status for s in seen if begin <= s.end < end)
    first = Counter(s.status for s in seen if s.end < begin)
    good = statuses[201] / (end - begin)
    return {"good": good / limit, "wasted": statuses[429] / sum(statuses.values()),
            "first": first[201] / begin_s / limit if begin_s else 0}


def limits(o, report):
    """A server that answers 429 beyond so much a second, and says: wait for one."""
    cases = [(200, 1), (200, 20), (1000, 100)]
    naive = {"again at once": "0", "waits as told": "1"}

    def run(case):
        limit, burst = case
        return limited(o, limit, burst, lambda folder, url: send(
            o, folder, url, limit * LIMITED_S, interrupt_after=LIMITED_S, window=o.window,
            good=(0, INTERRUPTED)), SETTLED_S)

    def run_naive(waits):
        def client(folder, url):
            write_csv(folder / "rows.csv", 20_000)
            measure(["/usr/bin/python3", TOP / "peers/naive.py", url + "/connections",
                     folder / "rows.csv", o.window, waits, 15], environment())
        return limited(o, 200, 20, client, 2)

    lines = []
    with ThreadPoolExecutor() as pool:  # all of them wait most of the time
        found = list(pool.map(run, cases))
    for (limit, burst), f in zip(cases, found):
        lines.append(("snowmelt run", limit, burst, f"{f['first']:.1%}", f"{f['good']:.1%}",
                      f"{f['wasted']:.2%}"))
        words = f"limit {limit}/s, burst {burst}"
        report.aim(Aim(f"{words}: throughput, % of it", 90, True, [f["good"] * 100], 1),
                   Aim(f"{words}: 429, % of requests", 5, False, [f["wasted"] * 100]))
    for words, waits in naive.items():
        f = run_naive(waits)
        lines.append((f"naive, {words}", 200, 20, "", f"{f['good']:.1%}", f"{f['wasted']:.2%}"))
    report.part("A server with a limit", f"No --rate is given. {o.window} in flight at most, an "
                f"answer takes 20 ms; Retry-After is 1 s. Settled: after {SETTLED_S} s, for "
                f"{LIMITED_S - SETTLED_S} s. The naive client has {o.window} in flight "
                "always.")
    report.table(("", "limit", "burst", f"first {SETTLED_S} s, of the limit",
                  "settled, of the limit", "429, of the requests"), lines)


# ---------------------------------------------------------------------- an outage

BEFORE_S, OUTAGE_S, SPEED = 5, 30, 400


def most_at_once(seen):
    """Requests that were with the server at the same time."""
    steps = sorted([(s.begin, 1) for s in seen] + [(s.end, -1) for s in seen])
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def outage(o, report):
    """Thirty seconds of 503, in the middle of a run."""
    with (tempfile.TemporaryDirectory(dir=o.folder) as name,
          Flowmock(o.build, *LATENCY, "--out-for", f"{BEFORE_S}s+{OUTAGE_S}s") as mock,
          Nginx(behind=mock.address, log=True) as nginx):
        send(o, Path(name), nginx.url(), SPEED * 20, "--rate", f"{SPEED}/s", window=o.window)
        seen = nginx.seen()
    fails = [s for s in seen if s.status == 503]
    begin = fails[0].end
    probes = [s for s in fails if s.begin > begin + 0.1]
    back = next(s.begin for s in seen if s.status == 201 and s.begin > fails[-1].begin)
    end = seen[0].begin + BEFORE_S + OUTAGE_S
    counts = per_second([s.end for s in seen if s.status == 201], end, seen[-1].end)
    full = next((i for i, n in enumerate(counts) if n >= 0.9 * SPEED), None)
    report.part("An outage", f"{OUTAGE_S} s of 503 after {BEFORE_S} s, at {SPEED}/s, up to "
                f"{o.window} in flight.")
    report.table(("", ""), [
        ("requests in flight when it began, and before that was known", len(fails) - len(probes)),
        ("requests during it, after that", len(probes)),
        ("most of these at once", most_at_once(probes)),
        ("seconds from its end to the first success", f"{back - end:.1f}"),
        ("whole seconds from its end to the first with full speed", full),
    ])
    report.aim(Aim("outage: most probes at once", 1, False, [most_at_once(probes)], 0))
    times = [s.begin - seen[0].begin for s in seen]
    report.plot("outage", "".join(f"{i} {n}\n" for i, n in
                                  enumerate(per_second(times, 0, times[-1]))),
                'unset key; set xlabel "second"; set ylabel "requests in it"; '
                'set yrange [0:]; plot DATA with steps')


# --------------------------------------------------------------------- poisoned rows

POISONED = 0.01
OTHERS_DONE_S = 15  # the poisoned ones are tried for much longer


def good_rows_per_s(o, share, rows):
    """Of the others, until the last of them is created."""
    with (tempfile.TemporaryDirectory(dir=o.folder) as name,
          Flowmock(o.build, *LATENCY, "--fault", "poison:poison") as mock,
          Nginx(behind=mock.address, log=True) as nginx):
        send(o, Path(name), nginx.url(), rows, poison=share, good=(0, 1, INTERRUPTED),
             interrupt_after=OTHERS_DONE_S if share else None, window=o.window)
        seen = nginx.seen()
    done = [s.end for s in seen if s.status == 201]
    wanted = rows - int(rows * share)
    if len(done) != wanted:
        raise SystemExit(f"poison: {len(done)} rows were created, not {wanted}")
    return len(done) / (max(done) - seen[0].begin)


def poison(o, report):
    """One row in a hundred is always a 500: what does it cost the others?"""
    rows = 20_000
    speeds = [(good_rows_per_s(o, 0, rows), good_rows_per_s(o, POISONED, rows)) for _ in range(3)]
    without, with_it = zip(*speeds)
    shares = [b / a for a, b in speeds]
    report.part("Poisoned rows", f"{rows:,} rows, {o.window} in flight, an answer takes 20 ms; "
                f"{POISONED:.0%} of the rows is answered by 500 each time.")
    report.table(("", "rows/s of the others"), [("none poisoned", cell(without, 0)),
                                                ("some poisoned", cell(with_it, 0)),
                                                ("to each other", cell(shares, 3))])
    report.aim(Aim("poisoned rows: speed of the others", 0.9, True, shares, 3))
