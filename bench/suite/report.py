"""Tables, aims and plots."""

import csv
import shutil
import subprocess
from typing import NamedTuple

from .machine import median


def cell(values, digits):
    """Median and spread."""
    if len(values) == 1:
        return f"{values[0]:,.{digits}f}"
    return (f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to "
            f"{max(values):,.{digits}f})")


def table(head, lines):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for line in lines:
        yield "| " + " | ".join(str(part) for part in line) + " |"


class Aim(NamedTuple):
    words: str
    wanted: float
    above: bool  # at least, else at most
    values: list
    digits: int = 2

    def reached(self):
        value = median(self.values)
        return value >= self.wanted if self.above else value <= self.wanted

    def line(self):
        return (self.words, f"{'≥' if self.above else '≤'} {self.wanted:g}",
                cell(self.values, self.digits), "reached" if self.reached() else "not reached")


class Report:
    """What a part has found, said as soon as it is over and kept in a folder."""

    def __init__(self, out):
        self.out = out
        self.aims, self.text = [], []
        if out:
            out.mkdir(parents=True, exist_ok=True)

    def say(self, *lines):
        self.text += lines
        print("\n".join(lines), flush=True)
        if self.out:
            (self.out / "report.md").write_text("\n".join(self.text) + "\n", encoding="utf-8")

    def part(self, title, *words):
        self.say("", f"## {title}", "", *words, *([""] if words else []))

    def table(self, head, lines):
        self.say(*table(head, lines))

    def aim(self, *aims):
        self.aims += aims

    def end(self):
        if self.aims:
            self.part("Aims")
            self.table(("aim", "wanted", "found", ""), [aim.line() for aim in self.aims])

    def rounds(self, name, head, lines):
        """Every single value, for whoever reckons otherwise."""
        if not self.out:
            return
        with open(self.out / f"{name}.csv", "w", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            writer.writerow(head)
            writer.writerows(lines)

    def plot(self, name, data, script):
        """gnuplot, with the data in a file of that name; {data} and {image} are replaced."""
        if not self.out:
            return
        (self.out / f"{name}.dat").write_text(data, encoding="utf-8")
        if shutil.which("gnuplot"):
            head = f'set terminal svg size 900,420; set output "{name}.svg"; '
            subprocess.run(["gnuplot", "-e", head + script.replace("DATA", f'"{name}.dat"')],
                           cwd=self.out, check=True)
