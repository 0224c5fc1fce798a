"""Looks up single rows by primary key (TPC-H customer, 150,000 rows in Postgres) over HTTP, behind an API key.

Aqueduct beside the same service written by hand, with axum and sqlx in Rust and with FastAPI and asyncpg in Python: the
same JSON, the same number of connections to Postgres, random ids. All take turns, each in a fresh process that is warmed
up first. The load comes from wrk, which shares the machine with them.
"""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys

import harness

KEYS = 150_000
POOL = 8
PROBED = (1, 77_777, KEYS)
QUERY = """/*---
name: {name}
version: 1
description: One customer.
params:
  id: {{type: int64, description: The customer's key}}
page: {{key: [c_custkey]}}
access: {{scopes: ["shop:read"]}}
---*/
SELECT c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment
FROM tpch.{table}
WHERE c_custkey = :id
"""
AQUEDUCT, HANDWRITTEN, FASTAPI = "aqueduct", "axum + sqlx", "FastAPI + asyncpg"


class Contest:
    """The services and how each is started."""

    def __init__(self, arguments, postgres, folder):
        self.arguments, self.postgres, self.folder = arguments, postgres, folder
        self.key = secrets.token_urlsafe(32)
        self.digest = hashlib.sha256(self.key.encode()).hexdigest()
        catalog = f"kind: postgres\nurl: {postgres.url}\npool: {{max_connections: {POOL}}}\n"
        settings = f'auth: {{keys: [{{id: bench, hash: "sha256:{self.digest}", scopes: ["shop:read"]}}]}}\n'
        tables = {"shop.customer": "customer", "shop.customer_int4": "customer_int4"}
        queries = {name: QUERY.format(name=name, table=table) for name, table in tables.items()}
        self.project = harness.project(folder / "project", settings, {"tpch": catalog}, queries)

    def contestants(self):
        """A label, how to start the service, and where it answers."""
        path = "/v1/shop/customer"
        yield AQUEDUCT, self.aqueduct, path
        yield f"{AQUEDUCT}, int4 key", self.aqueduct, "/v1/shop/customer_int4"
        yield HANDWRITTEN, self.handwritten, path
        # Which is better depends on the cores that the load leaves.
        for workers in sorted({1, os.cpu_count()}):
            yield f"{FASTAPI}, {workers}", lambda workers=workers: self.fastapi(workers), path

    @contextlib.contextmanager
    def aqueduct(self):
        # As it comes: a line of its log for each request, here into a file.
        with (self.folder / "log").open("wb") as log:
            with harness.aqueduct(self.arguments.programs, self.project, log) as (process, doors):
                yield process, doors["http"]

    @contextlib.contextmanager
    def handwritten(self):
        command = [self.arguments.programs / "handwritten", self.postgres.url, self.digest, str(POOL)]
        with harness.running(command) as process:
            yield process, int(re.search(r"http=127\.0\.0\.1:(\d+)", process.stdout.readline().decode())[1])

    @contextlib.contextmanager
    def fastapi(self, workers):
        port = harness.free_port()
        command = [sys.executable, "-m", "uvicorn", "fastapi_lookup:app", "--app-dir", pathlib.Path(__file__).parent]
        command += ["--port", str(port), "--workers", str(workers), "--loop", "uvloop", "--http", "httptools"]
        command += ["--no-access-log", "--log-level", "warning"]
        environment = {
            "DATABASE_URL": self.postgres.url,
            "KEY_SHA256": self.digest,
            "CONNECTIONS": str(POOL // workers),
        }
        # TERM lets it end its workers.
        with harness.running(command, environment, end=harness.signal.SIGTERM) as process:
            harness.wait_for(port, process)
            yield process, port

    def body(self, port, path, key):
        """An answer without what differs each time."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"{path}?id={key}", headers={"X-API-Key": self.key})
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            sys.exit(f"{path}?id={key} answered {response.status}: {text}")
        return re.sub(r'"(generated_at|request_id)":"[^"]+"', r'"\1":""', text).replace("customer_int4", "customer")

    def load(self, port, path, connections, seconds):
        # One thread sends more than any of the services can answer, and takes less from them than two.
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        command += ["-s", pathlib.Path(__file__).with_name("lookups.lua"), f"http://127.0.0.1:{port}"]
        environment = {**os.environ, "PATH_PREFIX": f"{path}?id=", "KEYS": str(KEYS), "API_KEY": self.key}
        wrk = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        return json.loads(wrk.stdout.splitlines()[-1])

    def measure(self, start, path, connections):
        with start() as (process, port):
            bodies = [self.body(port, path, key) for key in PROBED]
            self.load(port, path, connections, 1)
            before = harness.cpu_seconds(process.pid), self.postgres.cpu()
            outcome = self.load(port, path, connections, self.arguments.seconds)
            after = harness.cpu_seconds(process.pid), self.postgres.cpu()
            memory = harness.peak_memory(process.pid)
        if outcome["not_2xx"] or outcome["broken"]:
            sys.exit(f"{process.args}: {outcome}")
        requests = outcome["requests"]
        return bodies, {
            "per_second": requests / outcome["seconds"],
            "p50_ms": outcome["p50_ms"],
            "p99_ms": outcome["p99_ms"],
            "cpu_us": (after[0] - before[0]) / requests * 1e6,
            "postgres_us": (after[1] - before[1]) / requests * 1e6,
            "peak_mb": memory,
        }


def show(connections, results, ours, others):
    print(f"{connections} connections\n")
    print(f"{'':24}{'requests/s':>12}{'p50':>10}{'p99':>10}{'CPU/request':>13}{'of Postgres':>13}{'peak memory':>13}")
    for label, figures in results.items():
        print(
            f"{label:24}{figures['per_second']:>12,.0f}{figures['p50_ms']:>7.2f} ms{figures['p99_ms']:>7.2f} ms"
            f"{figures['cpu_us']:>10.0f} µs{figures['postgres_us']:>10.0f} µs{figures['peak_mb']:>10.0f} MB"
        )
    for other in others:
        us, them = results[ours], results[other]
        ratios = [us[key] / them[key] for key in ("per_second", "p50_ms", "p99_ms", "cpu_us", "postgres_us")]
        print(f"{'ratio to ' + other:27}" + "".join(f"{ratio:>{width}.2f}×" for ratio, width in zip(ratios, (8, 9, 9, 12, 12))))
    print()


def main():
    parser = harness.parser(__doc__, runs=5)
    parser.add_argument("--seconds", type=int, default=8, help="of load for each measurement (%(default)s)")
    arguments = parser.parse_args()

    postgres = harness.Postgres(arguments.cache)
    runs = {connections: {} for connections in (16, 64)}
    with postgres.running(), harness.temporary_folder() as folder:
        postgres.load()
        contest = Contest(arguments, postgres, folder)
        expected = None
        for _ in range(arguments.runs):
            for connections, measured in runs.items():
                for label, start, path in contest.contestants():
                    bodies, figures = contest.measure(start, path, connections)
                    expected = expected or bodies
                    if bodies != expected:
                        sys.exit(f"{label} answers\n{bodies}\nand not\n{expected}")
                    measured.setdefault(label, []).append(figures)

    print(f"Postgres {postgres.version}, {POOL} connections to it, {arguments.runs} runs, medians;")
    print("a number behind FastAPI: its processes\n")
    report = {}
    for connections, measured in runs.items():
        results = {label: harness.medians(figures) for label, figures in measured.items()}
        pythons = [label for label in results if label.startswith(FASTAPI)]
        best = max(pythons, key=lambda label: results[label]["per_second"])
        show(connections, results, AQUEDUCT, [HANDWRITTEN, best])
        report[connections] = {"medians": results, "runs": measured}
    harness.write_json(arguments, "lookups", report)


if __name__ == "__main__":
    main()
