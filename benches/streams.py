"""Streams TPC-H orders (1.5 million rows, one Parquet file) over HTTP from Aqueduct and from ROAPI, in turn, in one run.

For each server and format: rows per second, time to the first byte of the body, and the server's peak memory. Every
measurement starts a fresh server, sends one small request so that nothing is measured cold, and reads the whole body
without looking at it. Figures are medians of the runs; ratios compare the medians.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import pyarrow.parquet

QUERY = """/*---
name: bench.{name}
version: 1
description: {description}
access: public
---*/
SELECT * FROM lake.orders{suffix}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process, patience=30):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    sys.exit(f"{process.args[0]} did not listen on {port}")


def peak_memory(process):
    """The most resident memory that the process ever had, in MB."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000


@contextlib.contextmanager
def running(command, environment=None):
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def project(data):
    """A project with one Parquet table, one query that streams it and one that is small."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="aqueduct-bench-"))
    (root / "catalogs").mkdir()
    (root / "queries" / "bench").mkdir(parents=True)
    (root / "aqueduct.yaml").write_text("auth: {anonymous: true}\n")
    (root / "catalogs" / "lake.yaml").write_text(f"kind: files\nlocation: {data.resolve()}\n")
    for name, description, suffix in [("orders", "All orders.", ""), ("few", "Ten orders.", " LIMIT 10")]:
        text = QUERY.format(name=name, description=description, suffix=suffix)
        (root / "queries" / "bench" / f"{name}.sql").write_text(text)
    return root


@contextlib.contextmanager
def aqueduct(binary, root):
    doors = {f"AQUEDUCT_SERVER__{door}": "127.0.0.1:0" for door in ("HTTP", "FLIGHT", "ADMIN")}
    with running([binary, "-C", str(root), "serve"], doors) as process:
        line = process.stdout.readline().decode()
        yield int(re.search(r"http=127\.0\.0\.1:(\d+)", line)[1]), process


@contextlib.contextmanager
def roapi(data):
    port = free_port()
    program = pathlib.Path(sys.executable).with_name("roapi")
    command = [str(program), "-a", f"127.0.0.1:{port}", "-t", f"orders={data.resolve()}/orders.parquet"]
    with running(command) as process:
        wait_for(port, process)
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
        return {"first": first, "total": total, "bytes": size, "memory": peak_memory(process)}


def start_up(binary):
    """Seconds from starting the demo project until it listens."""
    demo = pathlib.Path(__file__).parent.parent
    began = time.monotonic()
    with aqueduct(binary, demo):
        return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path, help="the folder that holds orders.parquet")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    rows = pyarrow.parquet.read_metadata(arguments.data / "orders.parquet").num_rows
    arrow = "application/vnd.apache.arrow.stream"
    everything, ten = "SELECT * FROM orders", "SELECT * FROM orders LIMIT 10"
    root = project(arguments.data)
    # Each row: a label, how to start the server, a small request, the request that is measured.
    ours = lambda: aqueduct(arguments.binary, root)
    theirs = lambda: roapi(arguments.data)
    contests = {
        "NDJSON (ROAPI: JSON)": [
            ("aqueduct", ours, ("GET", "/v1/bench/few?format=ndjson"), ("GET", "/v1/bench/orders?format=ndjson")),
            ("roapi", theirs, ("POST", "/api/sql", ten, "application/json"), ("POST", "/api/sql", everything, "application/json")),
        ],
        "Arrow": [
            ("aqueduct", ours, ("GET", "/v1/bench/few?format=arrow"), ("GET", "/v1/bench/orders?format=arrow")),
            ("roapi", theirs, ("POST", "/api/sql", ten, arrow), ("POST", "/api/sql", everything, arrow)),
        ],
    }
    results = {}
    for _ in range(arguments.runs):
        for format_name, contestants in contests.items():
            for label, server, warm_up, request in contestants:
                outcome = measure(server(), warm_up, request)
                results.setdefault((format_name, label), []).append(outcome)
    started = statistics.median(start_up(arguments.binary) for _ in range(arguments.runs))
    shutil.rmtree(root)

    print(f"{rows} rows, {arguments.runs} runs, medians\n")
    print(f"{'':22}{'':10}{'rows/s':>12}{'seconds':>9}{'first byte':>12}{'peak memory':>13}{'body':>9}")
    for format_name, contestants in contests.items():
        median = {
            label: {key: statistics.median(run[key] for run in results[format_name, label]) for key in results[format_name, label][0]}
            for label, *_ in contestants
        }
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


if __name__ == "__main__":
    main()
