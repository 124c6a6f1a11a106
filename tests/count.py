#!/usr/bin/env python3
"""Count passed and failed tests from the runners' own records.

Usage: count.py BUILD_DIR...

Meson writes meson-logs/testlog.junit.xml: one case for each TAP line of a
cmocka program, one for each other test. A pytest file is one test of Meson, and
has its own record in junit/NAME.xml: its cases are counted instead. What left
no record counts as failed, and so does a program that did not end well although
each case that it finished has passed: it hung, or died in the next one. Why cases
were skipped is said on standard error.
"""

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

reasons = set()


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped")
    if skipped is None:
        return "passed"
    if skipped.get("message"):
        reasons.add(skipped.get("message"))
    return "skipped"


def cases_of(path):
    return [outcome(case) for case in ET.parse(path).getroot().iter("testcase")]


def pytest_cases(build, name, verdict):
    record = build / "junit" / f"{name}.xml"
    found = cases_of(record) if record.exists() else []
    if verdict == "failed" and "failed" not in found:
        found.append("failed")
    return found or ["failed"]


def ended_badly(build):
    """The tests of Meson that it does not call good, by their names."""
    with open(build / "meson-logs" / "testlog.json", encoding="utf-8") as f:
        tests = [json.loads(line) for line in f]
    return {t["name"] for t in tests if t["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")}


def silent_ends(build, junit):
    """Those of them that have no failed case of their own."""
    bad = ended_badly(build)
    for case in junit.iter("testcase"):
        if outcome(case) == "failed":
            bad -= {case.get("name"), case.get("classname").partition(".")[2]}
    return bad


def count(build):
    record = build / "meson-logs" / "testlog.junit.xml"
    if not record.exists():
        print(f"{record}: missing: the tests did not run to their end", file=sys.stderr)
        return ["failed"]
    junit = ET.parse(record).getroot()
    found = ["failed" for _ in silent_ends(build, junit)]
    for case in junit.iter("testcase"):
        suite, _, name = case.get("name").rpartition(" / ")  # "snowmelt:integration / run"
        verdict = outcome(case)
        if suite.endswith((":integration", ":conformance")):
            found += pytest_cases(build, name, verdict)
        else:
            found.append(verdict)
    return found


def main(builds):
    found = [one for build in builds for one in count(Path(build))]
    passed, failed, skipped = (found.count(k) for k in ("passed", "failed", "skipped"))
    for reason in sorted(reasons):
        print(f"skipped: {reason}", file=sys.stderr)
    more = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{more}")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
