"""Streams TPC-H orders (1.5 million rows, one Parquet file) over HTTP from Aqueduct and from ROAPI, in turn, in one run.

For each server and format: rows per second, time to the first byte of the body, and the server's peak memory. Every
measurement starts a fresh server, sends one small request so that nothing is measured cold, and reads the whole body
without looking at it. Figures are medians of the runs; ratios compare the medians.
"""

import contextlib
import http.client
import pathlib
import statistics
import sys
import time

import pyarrow.parquet

import harness

QUERY = """/*---
name: bench.{name}
version: 1
description: {description}
access: public
---*/
SELECT * FROM lake.orders{suffix}
"""


def project(root, data):
    """A project with one Parquet table, one query that streams it and one that is small."""
    queries = {
        f"bench.{name}": QUERY.format(name=name, description=description, suffix=suffix)
        for name, description, suffix in [("orders", "All orders.", ""), ("few", "Ten orders.", " LIMIT 10")]
    }
    catalog = f"kind: files\nlocation: {data.resolve()}\n"
    return harness.project(root, "auth: {anonymous: true}\n", {"lake": catalog}, queries)


@contextlib.contextmanager
def aqueduct(programs, root):
    with harness.aqueduct(programs, root) as (process, doors):
        yield doors["http"], process


@contextlib.contextmanager
def roapi(data):
    port = harness.free_port()
    program = pathlib.Path(sys.executable).with_name("roapi")
    command = [str(program), "-a", f"127.0.0.1:{port}", "-t", f"orders={data.resolve()}/orders.parquet"]
    with harness.running(command) as process:
        harness.wait_for(port, process)
        yield port, process


def fetch(port, method, path, body=None, accept="*/*"):
    """Seconds to the first byte of the body, seconds to its end, and its bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.monotonic()
    connection.request(method, path, body=body, headers={"Accept": accept})
    response = connection.getresponse()
    size = len(response.read(1))
    first = time.monotonic() - began
    buffer = bytearray(1 << 20)
    while count := response.readinto(buffer):
        size += count
    total = time.monotonic() - began
    if response.status != 200:
        sys.exit(f"{path} answered {response.status}")
    return first, total, size


def measure(server, warm_up, request):
    with server as (port, process):
        fetch(port, *warm_up)
        first, total, size = fetch(port, *request)
        return {"first": first, "total": total, "bytes": size, "memory": harness.peak_memory(process.pid)}


def start_up(programs):
    """Seconds from starting the demo project until it listens."""
    demo = pathlib.Path(__file__).parent.parent
    began = time.monotonic()
    with aqueduct(programs, demo):
        return time.monotonic() - began


def main():
    arguments = harness.parser(__doc__, runs=5).parse_args()
    data = arguments.cache / "tpch-sf1"

    rows = pyarrow.parquet.read_metadata(data / "orders.parquet").num_rows
    json, arrow = "application/json", "application/vnd.apache.arrow.stream"
    everything, ten = "SELECT * FROM orders", "SELECT * FROM orders LIMIT 10"
    with harness.temporary_folder() as root:
        project(root, data)
        # Each row: a label, how to start the server, a small request, the request that is measured.
        ours = lambda: aqueduct(arguments.programs, root)
        theirs = lambda: roapi(data)
        contests = {
            "NDJSON (ROAPI: JSON)": [
                ("aqueduct", ours, ("GET", "/v1/bench/few?format=ndjson"), ("GET", "/v1/bench/orders?format=ndjson")),
                ("roapi", theirs, ("POST", "/api/sql", ten, json), ("POST", "/api/sql", everything, json)),
            ],
            "Arrow": [
                ("aqueduct", ours, ("GET", "/v1/bench/few?format=arrow"), ("GET", "/v1/bench/orders?format=arrow")),
                ("roapi", theirs, ("POST", "/api/sql", ten, arrow), ("POST", "/api/sql", everything, arrow)),
            ],
        }
        results = {format_name: {} for format_name in contests}
        for _ in range(arguments.runs):
            for format_name, contestants in contests.items():
                for label, server, warm_up, request in contestants:
                    results[format_name].setdefault(label, []).append(measure(server(), warm_up, request))
        started = statistics.median(start_up(arguments.programs) for _ in range(arguments.runs))

    print(f"{rows} rows, {arguments.runs} runs, medians\n")
    print(f"{'':22}{'':10}{'rows/s':>12}{'seconds':>9}{'first byte':>12}{'peak memory':>13}{'body':>9}")
    for format_name, measured in results.items():
        median = {label: harness.medians(runs) for label, runs in measured.items()}
        for label, figures in median.items():
            print(
                f"{format_name:22}{label:10}{rows / figures['total']:>12,.0f}{figures['total']:>9.2f}"
                f"{figures['first'] * 1000:>9.0f} ms{figures['memory']:>10.0f} MB{figures['bytes'] / 1e6:>6.0f} MB"
            )
        us, them = median["aqueduct"], median["roapi"]
        print(
            f"{'':22}{'ratio':10}{them['total'] / us['total']:>11.1f}×{'':9}{them['first'] / us['first']:>11.1f}×"
            f"{them['memory'] / us['memory']:>12.1f}×\n"
        )
    print(f"the demo project listens after {started * 1000:.0f} ms")
    harness.write_json(arguments, "streams", {"rows": rows, "runs": results, "start_up": started})


if __name__ == "__main__":
    main()
