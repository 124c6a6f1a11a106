#!/usr/bin/python3
"""The loop that a user would write: aiohttp, a semaphore, one task a row.

    aiohttp_loop.py URL ROWS.csv COUNT WINDOW [CA_FILE]
"""

import asyncio
import csv
import itertools
import ssl
import sys

import aiohttp

HEADERS = {
    "Authorization": "Bearer bench-token",
    "x-api-key": "bench-key",
    "x-gw-ims-org-id": "bench@AdobeOrg",
    "x-sandbox-name": "prod",
    "Accept": "application/json",
}


def body(row):
    return {
        "name": row["name"],
        "auth": {
            "specName": "Basic Authentication",
            "params": {k: row[k] for k in ("endpoint", "username", "password")},
        },
        "connectionSpec": {"id": "eb13cb25-47ab-407f-ba89-c0125281c563", "version": "1.0"},
    }


async def create(session, semaphore, url, row):
    async with semaphore:
        async with session.post(url, json=body(row)) as answer:
            return answer.status == 201 and (await answer.json())["id"]


async def main(url, path, count, window, ca):
    with open(path, newline="", encoding="ascii") as f:
        rows = list(itertools.islice(csv.DictReader(f), count))
    semaphore = asyncio.Semaphore(window)
    trust = ssl.create_default_context(cafile=ca) if ca else None
    connector = aiohttp.TCPConnector(limit=window, ssl=trust)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
        ids = await asyncio.gather(*(create(session, semaphore, url, row) for row in rows))
    return 0 if all(ids) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]),
                              sys.argv[5] if len(sys.argv) > 5 else None)))
