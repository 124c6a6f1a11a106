#!/usr/bin/python3
"""A client of fixed concurrency before a server with a limit: always so many in flight.

    naive.py URL ROWS.csv WINDOW WAITS SECONDS

What is answered by 429 is sent again: at once, or (WAITS is 1) after its Retry-After.
"""

import asyncio
import csv
import sys
import time

import aiohttp

from aiohttp_loop import HEADERS, body


async def work(session, url, rows, waits, until):
    for row in rows:
        while time.monotonic() < until:
            async with session.post(url, json=body(row)) as answer:
                await answer.read()
            if answer.status != 429:
                break
            if waits:
                await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        if time.monotonic() >= until:
            return


async def main(url, path, window, waits, seconds):
    with open(path, newline="", encoding="ascii") as f:
        rows = iter(list(csv.DictReader(f)))  # which all of them share
    until = time.monotonic() + seconds
    connector = aiohttp.TCPConnector(limit=window)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
        await asyncio.gather(*(work(session, url, rows, waits, until) for _ in range(window)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "1",
                     float(sys.argv[5])))
