"""The rows that all peers send: the same names, headers and bodies."""

import json
import random

SPEC = "eb13cb25-47ab-407f-ba89-c0125281c563"
HEADERS = [
    "Authorization: Bearer bench-token",
    "x-api-key: bench-key",
    "x-gw-ims-org-id: bench@AdobeOrg",
    "x-sandbox-name: prod",
    "Accept: application/json",
    "Content-Type: application/json",
]


def row(n, prefix="ServiceNow"):
    return (f"{prefix} {n:09d}", f"https://dev{n:09d}.service-now.com", "integration.user",
            f"pass-{n:09d}")


def body(n):
    name, endpoint, username, password = row(n)
    return json.dumps({
        "name": name,
        "auth": {"specName": "Basic Authentication",
                 "params": {"endpoint": endpoint, "username": username, "password": password}},
        "connectionSpec": {"id": SPEC, "version": "1.0"},
    }, separators=(",", ":"))


def write_csv(path, count, seed=1, poison=0.0):
    """Names in random order, as long as real ones; so many of them begin with `poison`."""
    numbers = list(range(count))
    random.Random(seed).shuffle(numbers)
    bad = set(numbers[:int(count * poison)])
    if bad:
        random.Random(seed + 1).shuffle(numbers)
    with open(path, "w", encoding="ascii") as f:
        f.write("name,endpoint,username,password\n")
        f.writelines(",".join(row(n, "poison") if n in bad else row(n)) + "\n" for n in numbers)


def write_curl(path, url, count, ca):
    """One transfer a row, each with all of its options."""
    options = "".join(f'header = "{h}"\n' for h in HEADERS)
    options += f'cacert = "{ca}"\n' if ca else ""
    options += 'output = "/dev/null"\nsilent\n'
    with open(path, "w", encoding="ascii") as f:
        for n in range(count):
            data = body(n).replace('"', '\\"')
            f.write(f'url = "{url}/connections"\ndata = "{data}"\n{options}')
            f.write("next\n" if n + 1 < count else "")
