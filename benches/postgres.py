"""Reads TPC-H lineitem (6 million rows) out of Postgres into Arrow: all 16 columns, and five of them.

Aqueduct as a library, as a command and over Flight, each with one and with two connections, beside psql, which throws
away what one backend sends (the floor), ConnectorX and the ADBC driver. All take turns in one run. The first round warms
up, is not counted, and checks that all read the same rows.
"""

import functools
import json
import pathlib
import statistics
import subprocess
import sys

import harness

SUMMED = ["l_quantity", "l_extendedprice"]
QUERIES = {
    "lineitem": "SELECT * FROM {}lineitem",
    "projection": "SELECT l_orderkey, l_quantity, l_extendedprice, l_shipdate, l_shipmode FROM {}lineitem",
}
HEADER = """/*---
name: {name}
version: 1
description: Line items for the benchmark.
access: public
---*/
{sql}
"""
FLOOR = "psql COPY BINARY"


def of_program(spent):
    """Figures of a program that prints its own as JSON, but for the processor time of the whole process."""
    return {**json.loads(spent.output), "cpu": spent.cpu}


class Contest:
    """Everyone who reads one query, and what it took them."""

    def __init__(self, arguments, postgres, projects, query):
        self.arguments, self.postgres, self.projects, self.query = arguments, postgres, projects, query
        self.sql = QUERIES[query].format("")
        self.name = f"bench.{query}"
        self.runs = {}
        self.expected = None

    def contestants(self):
        """A label and what measures it, given the columns to add up."""
        yield FLOOR, self.psql
        for label, measure in [("library", self.library), ("query", self.command), ("Flight", self.flight)]:
            for connections, project in self.projects.items():
                yield f"aqueduct {label}, {connections}", functools.partial(measure, project)
        yield "ConnectorX, 1", functools.partial(self.client, "connectorx")
        yield "ConnectorX, 2", functools.partial(self.client, "connectorx", options=["--partitions", "2"])
        yield "ADBC table", functools.partial(self.client, "adbc-table")
        yield "ADBC stream", functools.partial(self.client, "adbc-stream")

    def psql(self, _sums):
        copy = f"\\copy ({self.sql}) TO '/dev/null' (FORMAT binary)"
        spent = harness.spend([self.postgres.programs / "psql", "-X", "-d", self.postgres.url, "-c", copy])
        rows = int(spent.output.split()[-1])
        return {"rows": rows, "seconds": spent.seconds, "peak_mb": spent.memory, "cpu": spent.cpu}

    def library(self, project, sums):
        return of_program(harness.spend([self.arguments.programs / "scan", project, self.name, *sums]))

    def command(self, project, sums):
        command = [self.arguments.programs / "aqueduct", "-C", project, "query", self.name, "--format", "arrow"]
        if sums:
            with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
                return self.client("ipc", sums, stdin=process.stdout)
        spent = harness.spend(command, stdout=subprocess.DEVNULL)
        return {"seconds": spent.seconds, "peak_mb": spent.memory, "cpu": spent.cpu}

    def flight(self, project, sums):
        with harness.aqueduct(self.arguments.programs, project) as (process, doors):
            before = harness.cpu_seconds(process.pid)
            address = f"grpc://127.0.0.1:{doors['flight']}"
            figures = self.client("flight", sums, ["--query", self.name], url=address)
            served = {"peak_mb": harness.peak_memory(process.pid), "cpu": harness.cpu_seconds(process.pid) - before}
        return {**figures, "server": served}

    def client(self, name, sums, options=(), url=None, stdin=None):
        command = [sys.executable, pathlib.Path(__file__).with_name("clients.py"), name]
        command += ["--url", url or self.postgres.url, "--sql", self.sql, *options]
        if sums:
            command += ["--sum", *sums]
        return of_program(harness.spend(command, stdin))

    def check(self):
        """The first round: does everyone read the same?"""
        totals = ", ".join(f"(sum({column}) * 100)::bigint" for column in SUMMED)
        rows, *sums = self.postgres.psql(f"SELECT count(*), {totals} FROM lineitem").split("|")
        self.expected = int(rows)
        sums = dict(zip(SUMMED, sums))
        for label, measure in self.contestants():
            figures = measure(SUMMED)
            # psql only says how many rows there were.
            if figures["rows"] != self.expected or figures.get("sums", sums) != sums:
                sys.exit(f"{label} of {self.query}: expected {rows} rows and {sums}, got {figures}")

    def round(self):
        for label, measure in self.contestants():
            before = self.postgres.cpu_when_idle()
            figures = measure([])
            # The command's output is thrown away.
            if figures.get("rows", self.expected) != self.expected:
                sys.exit(f"{label} of {self.query}: {figures}")
            figures["postgres_cpu"] = self.postgres.cpu_when_idle() - before
            self.runs.setdefault(label, []).append(figures)

    def results(self):
        """For each contestant the medians, the shortest time, and the ratio to the floor."""
        floor = statistics.median(run["seconds"] for run in self.runs[FLOOR])
        results = {}
        for label, runs in self.runs.items():
            keys = ("seconds", "peak_mb", "cpu", "postgres_cpu")
            figures = harness.medians([{key: run[key] for key in keys} for run in runs])
            figures["fastest"] = min(run["seconds"] for run in runs)
            figures["to_floor"] = figures["seconds"] / floor
            figures["rows_per_second"] = self.expected / figures["seconds"]
            if "server" in runs[0]:
                figures["server"] = harness.medians([run["server"] for run in runs])
            results[label] = figures
        return results


def show(query, rows, results):
    print(f"{QUERIES[query].format('')}: {rows:,} rows\n")
    print(
        f"{'':24}{'seconds':>9}{'fastest':>9}{'to floor':>10}{'rows/s':>12}{'peak memory':>13}{'CPU':>9}{'Postgres CPU':>14}"
    )
    for label, figures in results.items():
        print(
            f"{label:24}{figures['seconds']:>9.2f}{figures['fastest']:>9.2f}{figures['to_floor']:>9.2f}×"
            f"{figures['rows_per_second']:>12,.0f}{figures['peak_mb']:>10.0f} MB{figures['cpu']:>7.2f} s"
            f"{figures['postgres_cpu']:>12.2f} s"
        )
        if server := figures.get("server"):
            print(f"{'  its server':64}{server['peak_mb']:>10.0f} MB{server['cpu']:>7.2f} s")
    print()


def main():
    arguments = harness.parser(__doc__, runs=5).parse_args()

    postgres = harness.Postgres(arguments.cache)
    with postgres.running(), harness.temporary_folder() as folder:
        postgres.load()
        queries = {
            f"bench.{name}": HEADER.format(name=f"bench.{name}", sql=sql.format("tpch.")) for name, sql in QUERIES.items()
        }
        projects = {}
        for connections in (1, 2):
            catalog = f"kind: postgres\nurl: {postgres.url}\npool: {{max_connections: {connections}}}\n"
            settings = "auth: {anonymous: true}\n"
            projects[connections] = harness.project(folder / str(connections), settings, {"tpch": catalog}, queries)
        contests = [Contest(arguments, postgres, projects, query) for query in QUERIES]
        for contest in contests:
            contest.check()
        for _ in range(arguments.runs):
            for contest in contests:
                contest.round()

    print(f"Postgres {postgres.version}, {arguments.runs} runs, medians; a number behind a name: its connections\n")
    report = {}
    for contest in contests:
        results = contest.results()
        show(contest.query, contest.expected, results)
        report[contest.query] = {"rows": contest.expected, "medians": results, "runs": contest.runs}
    harness.write_json(arguments, "postgres", report)


if __name__ == "__main__":
    main()
