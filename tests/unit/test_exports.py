#!/usr/bin/env python3
"""libsnowmelt exports the names of its public header, all of them, and no others.

Usage: test_exports.py LIBRARY HEADER
"""

import re
import subprocess
import sys


def main(library, header):
    nm = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                        capture_output=True, text=True)
    exported = {line.split()[-1].split("@")[0] for line in nm.stdout.splitlines()}
    with open(header, encoding="utf-8") as f:
        promised = set(re.findall(r"^SNOWMELT_API [^(]*?\b(snowmelt_\w+)\(", f.read(), re.M))
    assert promised, "the header promises nothing"
    for name in sorted(exported ^ promised):
        print(name, "is exported only" if name in exported else "is in the header only")
    return exported != promised


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
