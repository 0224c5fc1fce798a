"""Pages 1, 100 and 10,000 of 100 rows each, of a keyset, of a kept result, and of OFFSET as one writes it by hand.

TPC-H lineitem (6 million rows in Postgres), by its primary key. Each page is asked for again and again, all in turns: what
counts is what page 100 and page 10,000 cost beside page 1.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import time
import urllib.parse

import asyncpg
import harness

LIMIT = 100
PAGES = (1, 100, 10_000)
# As many rows at once as lie before page 10,000, in whole steps that fit a page of 8 MiB.
STEP = 33_330
COLUMNS = "l_orderkey, l_linenumber, l_shipdate, l_extendedprice"
QUERY = """/*---
name: bench.{name}
version: 1
description: Line items by key.
page: {{key: [l_orderkey, l_linenumber], max: {step}, consistency: {name}}}
access: public
---*/
SELECT {columns} FROM tpch.lineitem
"""
OFFSET = f"SELECT {COLUMNS} FROM lineitem ORDER BY l_orderkey, l_linenumber LIMIT {LIMIT} OFFSET $1"


def page(port, query):
    body, seconds = harness.get(port, f"/v1/bench/{query}")
    return json.loads(body), seconds


def cursor_of(answer):
    return urllib.parse.quote(answer["pagination"]["cursor"])


def keyset(port):
    """The path of each page, found by following the cursors to it."""
    paths = {1: f"keyset?limit={LIMIT}"}
    for number in PAGES[1:]:
        rows, cursor = LIMIT * (number - 1), ""
        while rows:
            step = min(rows, STEP)
            answer, _ = page(port, f"keyset?limit={step}{cursor}")
            if len(answer["data"]) != step:
                sys.exit(f"{len(answer['data'])} rows instead of {step}")
            cursor = "&cursor=" + cursor_of(answer)
            rows -= step
        paths[number] = f"keyset?limit={LIMIT}{cursor}"
    return paths


def stored(port):
    """The path of each page of one result, once it is complete."""
    answer, seconds = page(port, f"stored?limit={LIMIT}&count=exact")
    rows = answer["pagination"]["total"]
    print(f"{rows:,} rows were run and kept in {seconds:.1f} s; a reader need not wait for that\n")
    cursor = cursor_of(answer)
    # Page 1 begins the run: what a page of it costs is that of the page behind it.
    return {number: f"stored?limit={LIMIT}&cursor={cursor}&skip={LIMIT * max(number - 2, 0)}" for number in PAGES}


class ByHand:
    """One connection, one prepared statement, rows as JSON."""

    def __init__(self, postgres):
        self.loop = asyncio.new_event_loop()
        self.connection = self.loop.run_until_complete(asyncpg.connect(postgres.url))
        self.statement = self.loop.run_until_complete(self.connection.prepare(OFFSET))

    def close(self):
        self.loop.run_until_complete(self.connection.close())
        self.loop.close()

    def page(self, number):
        began = time.monotonic()
        rows = self.loop.run_until_complete(self.statement.fetch(LIMIT * (number - 1)))
        json.dumps([dict(row) for row in rows], default=str)
        return rows, time.monotonic() - began


def check(port, paths, hand):
    """The same rows, whoever pages."""
    for number in PAGES:
        expected = [(row["l_orderkey"], row["l_linenumber"]) for row in hand.page(number)[0]]
        for name, by_page in paths.items():
            # The page behind page 1 stands for page 1 of a kept result.
            if name == "stored" and number == 1:
                continue
            found = [(row["l_orderkey"], row["l_linenumber"]) for row in page(port, by_page[number])[0]["data"]]
            if found != expected:
                sys.exit(f"page {number} of {name} begins with {found[:2]} and not with {expected[:2]}")


def main():
    parser = harness.parser(__doc__, runs=5)
    parser.add_argument("--times", type=int, default=40, help="each page is asked for in a run (%(default)s)")
    arguments = parser.parse_args()
    postgres = harness.Postgres(arguments.cache)
    with contextlib.ExitStack() as stack:
        stack.enter_context(postgres.running())
        folder = stack.enter_context(harness.temporary_folder())
        postgres.load()
        queries = {f"bench.{name}": QUERY.format(name=name, step=STEP, columns=COLUMNS) for name in ("keyset", "stored")}
        catalog = f"kind: postgres\nurl: {postgres.url}\n"
        project = harness.project(folder / "project", "auth: {anonymous: true}\n", {"tpch": catalog}, queries)
        _, doors = stack.enter_context(harness.aqueduct(arguments.programs, project))
        hand = stack.enter_context(contextlib.closing(ByHand(postgres)))
        port = doors["http"]
        paths = {"keyset": keyset(port), "stored": stored(port)}
        check(port, paths, hand)
        runs = {name: {number: [] for number in PAGES} for name in (*paths, "OFFSET by hand")}
        for _ in range(arguments.runs):
            for number in PAGES:
                # OFFSET reads all rows before the page: a few tries show as much as many.
                for index in range(arguments.times):
                    for name, by_page in paths.items():
                        runs[name][number].append(page(port, by_page[number])[1])
                    if number < 10_000 or index < 3:
                        runs["OFFSET by hand"][number].append(hand.page(number)[1])
    print(f"{'':18}" + "".join(f"{f'page {number:,}':>14}" for number in PAGES) + f"{'page 10,000 / page 1':>24}")
    report = {}
    for name, measured in runs.items():
        medians = {number: statistics.median(seconds) for number, seconds in measured.items()}
        ratio = medians[PAGES[-1]] / medians[1]
        print(f"{name:18}" + "".join(f"{medians[number] * 1000:>11.2f} ms" for number in PAGES) + f"{ratio:>23.2f}×")
        report[name] = medians
    harness.write_json(arguments, "pages", report)


if __name__ == "__main__":
    main()
