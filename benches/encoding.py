"""JSON from TPC-H lineitem: the encoder alone beside arrow-json's writers, and a stream over HTTP beside ROAPI.

The first part encodes batches that are in memory already on one thread (`json.rs`). The second starts a fresh server for
each measurement, sends one small request so that nothing is measured cold, reads the whole body without looking at it, and
counts the server's processor time from there. Figures are medians of the runs; ratios compare the medians.
"""

import contextlib
import json
import pathlib
import statistics
import sys

import pyarrow.parquet

import harness
import streams

QUERY = """/*---
name: bench.{name}
version: 1
description: {description}
access: public
---*/
SELECT * FROM lake.lineitem LIMIT {rows}
"""


def encoders(arguments, file):
    """Rows and bytes per second and core of each writer, for each table."""
    spent = harness.spend([arguments.programs / "json", str(file), str(arguments.rows), str(arguments.runs)])
    tables = json.loads(spent.output)
    print(f"{'one thread':14}{'':22}{'rows/s':>12}{'MB/s':>9}{'ratio':>8}")
    for table, figures in tables.items():
        median = {name: statistics.median(writer["seconds"]) for name, writer in figures["writers"].items()}
        for name, writer in figures["writers"].items():
            rows, megabytes = figures["rows"] / median[name], writer["bytes"] / 1e6 / median[name]
            ratio = "" if name == "aqueduct" else f"{median[name] / median['aqueduct']:>7.1f}×"
            print(f"{table:14}{name:22}{rows:>12,.0f}{megabytes:>9,.0f}{ratio:>8}")
        print()
    return tables


@contextlib.contextmanager
def aqueduct(programs, root):
    with harness.aqueduct(programs, root) as (process, doors):
        yield doors["http"], process


@contextlib.contextmanager
def roapi(file):
    port = harness.free_port()
    program = pathlib.Path(sys.executable).with_name("roapi")
    with harness.running([str(program), "-a", f"127.0.0.1:{port}", "-t", f"lineitem={file}"]) as process:
        harness.wait_for(port, process)
        yield port, process


def measure(server, warm_up, request):
    with server as (port, process):
        streams.fetch(port, *warm_up)
        before = harness.cpu_seconds(process.pid)
        _, seconds, size = streams.fetch(port, *request)
        return {"seconds": seconds, "cpu": harness.cpu_seconds(process.pid) - before, "bytes": size}


def served(arguments, file):
    """Rows per second, and per second of the server's processors, over HTTP."""
    queries = {
        f"bench.{name}": QUERY.format(name=name, description=description, rows=rows)
        for name, description, rows in [("lineitem", "Many rows.", arguments.rows), ("few", "Ten rows.", 10)]
    }
    sql = "SELECT * FROM lineitem LIMIT {}".format
    runs = {"aqueduct": [], "roapi": []}
    with harness.temporary_folder() as root:
        catalog = f"kind: files\nlocation: {file.parent}\n"
        harness.project(root, "auth: {anonymous: true}\n", {"lake": catalog}, queries)
        for _ in range(arguments.runs):
            ours, path = aqueduct(arguments.programs, root), "/v1/bench/{}?format=ndjson".format
            runs["aqueduct"].append(measure(ours, ("GET", path("few")), ("GET", path("lineitem"))))
            post = lambda rows: ("POST", "/api/sql", sql(rows), "application/json")
            runs["roapi"].append(measure(roapi(file), post(10), post(arguments.rows)))
    rows = min(arguments.rows, pyarrow.parquet.read_metadata(file).num_rows)
    median = {name: harness.medians(figures) for name, figures in runs.items()}
    print(f"{'over HTTP':14}{'rows/s':>12}{'seconds':>9}{'CPU s':>8}{'rows/CPU s':>13}{'body':>10}")
    for name, figures in median.items():
        print(
            f"{name:14}{rows / figures['seconds']:>12,.0f}{figures['seconds']:>9.2f}{figures['cpu']:>8.2f}"
            f"{rows / figures['cpu']:>13,.0f}{figures['bytes'] / 1e6:>7,.0f} MB"
        )
    us, them = median["aqueduct"], median["roapi"]
    print(f"{'ratio':14}{them['seconds'] / us['seconds']:>11.1f}×{'':17}{them['cpu'] / us['cpu']:>12.1f}×")
    return {"rows": rows, "runs": runs}


def main():
    parser = harness.parser(__doc__, runs=5)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of lineitem's 6,001,215 (%(default)s)")
    arguments = parser.parse_args()
    file = (arguments.cache / "tpch-sf1" / "lineitem.parquet").resolve()
    figures = {"encoders": encoders(arguments, file), "served": served(arguments, file)}
    harness.write_json(arguments, "json", figures)


if __name__ == "__main__":
    main()
