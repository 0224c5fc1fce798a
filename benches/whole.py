"""The first part of federation.py: all tables in Postgres. Is a query through Aqueduct as fast as the same SQL in psql?"""

import contextlib
import csv
import io
import json
import math
import os
import re
import subprocess

import pyarrow

import harness
import tpch


class Psql:
    """One session of psql, which throws rows away and says how long each query took."""

    def __init__(self, postgres):
        # Into a pipe it would write its lines only once they fill a buffer.
        command = ["stdbuf", "-oL", postgres.programs / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"]
        command += ["-d", postgres.url_of(tpch.DATABASE)]
        environment = {**os.environ, "LC_ALL": "C"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=environment)
        self.process.stdin.write("\\timing on\n")

    def seconds(self, sql):
        self.process.stdin.write(f"{sql};\n")
        line = self.process.stdout.readline()
        found = re.match(r"Time: ([\d.]+) ms", line)
        if not found:
            raise SystemExit(f"psql says {line!r} of {sql}")
        return float(found[1]) / 1000

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def rows(postgres, sql):
    """What Postgres answers, as text."""
    command = [postgres.programs / "psql", "-Xqt", "--csv", "-d", postgres.url_of(tpch.DATABASE), "-c", sql]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return list(csv.reader(io.StringIO(text)))


def explain(programs, project, query, *options, environment=None):
    """What of a query runs where."""
    command = [programs / "aqueduct", "-C", project, "explain", f"tpch.{query.name}", "--format", "json", *options]
    environment = {**os.environ, **(environment or {})}
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)


def is_whole(plan):
    """Is it one statement, of which nothing but the names of its columns is changed here?"""
    renaming = re.compile(r"ProjectionExec: expr=\[([^\s,]+@\d+ as \w+(, )?)+\]")
    return len(plan["sources"]) == 1 and all(renaming.fullmatch(part["operator"]) for part in plan["local"])


def run(arguments, postgres, folder):
    """Measures, prints, and gives all figures."""
    tpch.load(postgres)
    catalog = f"kind: postgres\nurl: {postgres.url_of(tpch.DATABASE)}\n"
    project = harness.project(folder / "whole", "auth: {anonymous: true}\n", {"pg": catalog}, tpch.served(lambda _: "pg"))
    queries = tpch.queries(arguments.queries)
    whole = {query.name: is_whole(explain(arguments.programs, project, query)) for query in queries}

    runs = {query.name: [] for query in queries}
    with harness.aqueduct(arguments.programs, project) as (_, doors), contextlib.closing(Psql(postgres)) as psql:
        # Nothing is measured cold.
        for query in queries:
            body, _ = harness.get(doors["http"], query.path)
            tpch.compare(query, pyarrow.ipc.open_stream(body).read_all(), rows(postgres, query.sql))
            psql.seconds(query.sql)
        for _ in range(arguments.runs):
            for query in queries:
                _, seconds = harness.get(doors["http"], query.path)
                runs[query.name].append({"psql": psql.seconds(query.sql), "aqueduct": seconds})

    medians = {name: harness.medians(figures) for name, figures in runs.items()}
    for figures in medians.values():
        figures["ratio"] = figures["aqueduct"] / figures["psql"]
    show(medians, whole)
    return {"medians": medians, "sent_whole": whole, "runs": runs}


def show(medians, whole):
    print("All tables in Postgres\n")
    print(f"{'':6}{'psql':>12}{'aqueduct':>13}{'ratio':>8}   sent whole")
    for name, figures in medians.items():
        print(
            f"{name:6}{figures['psql'] * 1000:>9.1f} ms{figures['aqueduct'] * 1000:>10.1f} ms{figures['ratio']:>7.2f}×"
            f"   {'yes' if whole[name] else 'no'}"
        )
    mean = math.exp(sum(math.log(figures["ratio"]) for figures in medians.values()) / len(medians))
    worst = max(medians, key=lambda name: medians[name]["ratio"])
    print(f"\nratios: geometric mean {mean:.2f}×, worst {medians[worst]['ratio']:.2f}× ({worst});", end=" ")
    print(f"{sum(whole.values())} of {len(whole)} queries are sent whole\n")
