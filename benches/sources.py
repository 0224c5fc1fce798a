"""Reads TPC-H lineitem (6 million rows, 16 columns) out of other kinds of source into Arrow, beside what one would take instead.

MariaDB beside ConnectorX, DuckDB beside DuckDB's own fetch, a server of Flight SQL (ROAPI) beside the ADBC client, Delta Lake
beside the same Parquet files. All take turns in one run. The first round warms up, is not counted, and checks that all read
the same rows.
"""

import contextlib
import functools
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

import harness

SUMMED = ["l_quantity", "l_extendedprice"]
SQL = "SELECT * FROM {}lineitem"
QUERY = """/*---
name: bench.lineitem
version: 1
description: Line items for the benchmark.
access: public
---*/
SELECT * FROM tpch.lineitem
"""
MARIADB = [
    "--no-defaults",
    "--bind-address=127.0.0.1",
    "--innodb-buffer-pool-size=2G",
    "--innodb-flush-log-at-trx-commit=0",
    "--skip-log-bin",
]


def of_program(spent):
    """Figures of a program that prints its own as JSON."""
    return {**json.loads(spent.output), "cpu": spent.cpu}


def scan(arguments, project, sums):
    return of_program(harness.spend([arguments.programs / "scan", project, "bench.lineitem", *sums]))


def client(name, url, sql, sums, options=()):
    command = [sys.executable, pathlib.Path(__file__).with_name("clients.py"), name, "--url", url, "--sql", sql, *options]
    return of_program(harness.spend([*command, *(["--sum", *sums] if sums else [])]))


def parquet(arguments):
    """The rows as one Parquet file, made once."""
    file = arguments.cache.resolve() / "tpch-sf1" / "lineitem.parquet"
    if not file.exists():
        command = [harness.generator(), "parquet", "-s", "1", "--tables=lineitem", f"--output-dir={file.parent}"]
        subprocess.run(command, check=True)
    return file


class Mariadb:
    """A server of this machine's MariaDB whose files stay in a folder, so that they are made once."""

    def __init__(self, arguments):
        self.folder = arguments.cache.resolve() / "bench-mariadb"
        self.port = harness.free_port()
        self.user = ["--user=root"]

    @property
    def url(self):
        return f"mysql://root@127.0.0.1:{self.port}/tpch"

    def execute(self, *statements):
        import pymysql

        with pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True) as connection:
            for statement in statements:
                connection.cursor().execute(statement)

    @contextlib.contextmanager
    def running(self):
        data = self.folder / "data"
        complete = self.folder / "complete"
        if not complete.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            install = ["mariadb-install-db", "--no-defaults", *self.user, f"--datadir={data}", "--skip-test-db"]
            install += ["--auth-root-authentication-method=normal"]
            subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
        socket = self.folder / "socket"
        server = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/sbin") or sys.exit("mariadbd is missing: run scripts/setup")
        command = [server, *MARIADB, *self.user, f"--datadir={data}", f"--port={self.port}", f"--socket={socket}"]
        with harness.running(command, end=15) as process:
            harness.wait_for(self.port, process)
            if not complete.exists():
                self.load()
                complete.touch()
            yield self

    def load(self):
        print("loading TPC-H lineitem at scale factor 1 into MariaDB, once", file=sys.stderr)
        rows = self.folder / "rows"
        command = [harness.generator(), "csv", "-s", "1", "--tables", "lineitem", f"--output-dir={rows}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        file = next(rows.glob("**/lineitem*.csv"))
        columns = harness.LINEITEM.replace("numeric", "decimal")
        self.execute(
            "CREATE DATABASE tpch",
            f"CREATE TABLE tpch.lineitem ({columns}, PRIMARY KEY (l_orderkey, l_linenumber)) CHARACTER SET utf8mb4",
            f"LOAD DATA INFILE '{file}' INTO TABLE tpch.lineitem FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' "
            "IGNORE 1 LINES",
            "ANALYZE TABLE tpch.lineitem",
        )
        shutil.rmtree(rows)


def duckdb_file(arguments):
    """The rows in a DuckDB file of a format that older libraries read too, made once."""
    import duckdb

    file = arguments.cache.resolve() / "tpch-sf1" / "lineitem.duckdb"
    if not file.exists():
        making = file.with_suffix(".making")
        making.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{making}' AS made (STORAGE_VERSION 'v1.0.0')")
            connection.execute(f"CREATE TABLE made.lineitem AS FROM read_parquet('{parquet(arguments)}')")
        making.rename(file)
    return file


def delta_table(arguments):
    """The rows as a Delta table, whose files are read as plain Parquet too; made once."""
    import deltalake
    import pyarrow.parquet

    folder = arguments.cache.resolve() / "tpch-sf1-delta"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        batches = pyarrow.parquet.ParquetFile(parquet(arguments)).iter_batches(1 << 20)
        for batch in batches:
            deltalake.write_deltalake(folder / "lineitem", pyarrow.Table.from_batches([batch]), mode="append")
        plain = folder / "plain" / "lineitem"
        plain.mkdir(parents=True)
        for file in (folder / "lineitem").glob("*.parquet"):
            (plain / file.name).hardlink_to(file)
        (folder / "complete").touch()
    return folder


class Contest:
    """Two or more who read the same, and what it took them; the last one is what the others are compared with."""

    def __init__(self, name, contestants):
        self.name, self.contestants, self.runs = name, contestants, {}

    def check(self, expected):
        for label, measure in self.contestants:
            figures = measure(SUMMED)
            found = (figures["rows"], figures["sums"])
            expected = expected or found
            if found != expected:
                sys.exit(f"{self.name}, {label}: expected {expected}, got {found}")
        return expected

    def round(self):
        for label, measure in self.contestants:
            self.runs.setdefault(label, []).append(measure([]))

    def results(self):
        other = statistics.median(run["seconds"] for run in self.runs[self.contestants[-1][0]])
        results = {}
        for label, runs in self.runs.items():
            figures = harness.medians([{key: run[key] for key in ("seconds", "peak_mb", "cpu", "rows")} for run in runs])
            results[label] = {**figures, "times_as_fast": other / figures["seconds"]}
        return results

    def show(self):
        print(f"{self.name:32}{'seconds':>9}{'rows/s':>13}{'times as fast':>15}{'peak memory':>13}{'CPU':>9}")
        for label, figures in self.results().items():
            print(
                f"  {label:30}{figures['seconds']:>9.2f}{figures['rows'] / figures['seconds']:>13,.0f}"
                f"{figures['times_as_fast']:>14.2f}×{figures['peak_mb']:>10.0f} MB{figures['cpu']:>7.2f} s"
            )
        print()


def contests(arguments, folder, stack):
    """Starts the servers, and gives who reads what."""

    def reader(name, catalog):
        root = harness.project(folder / name, "auth: {anonymous: true}\n", {"tpch": catalog}, {"bench.lineitem": QUERY})
        return functools.partial(scan, arguments, root)

    maria = stack.enter_context(Mariadb(arguments).running())
    sql = SQL.format("")
    yield Contest("MariaDB", [
        ("aqueduct", reader("maria", f"kind: mysql\nurl: {maria.url}\n")),
        ("ConnectorX", functools.partial(client, "connectorx", maria.url, sql)),
    ])

    file, root = duckdb_file(arguments), pathlib.Path(__file__).parent.parent.resolve()
    library = root / ".cache/npm/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"
    if not library.exists():
        sys.exit(f"{library} is missing: run scripts/setup")
    yield Contest("DuckDB", [
        ("aqueduct", reader("duck", f"kind: duckdb\npath: {file}\ndriver: {library}\n")),
        ("DuckDB's fetch", functools.partial(client, "duckdb", str(file), sql)),
    ])

    ports = [harness.free_port() for _ in range(3)]
    http, postgres, flight = [f"127.0.0.1:{port}" for port in ports]
    roapi = [pathlib.Path(sys.executable).with_name("roapi"), "-a", http, "-p", postgres, "--addr-flight-sql", flight]
    process = stack.enter_context(harness.running([*roapi, "-t", f"lineitem={parquet(arguments)}"]))
    harness.wait_for(ports[-1], process, patience=120)
    yield Contest("Flight SQL", [
        ("aqueduct", reader("flight", f"kind: flightsql\nurl: grpc://{flight}\n")),
        ("ADBC's client", functools.partial(client, "adbc-flightsql", f"grpc://{flight}", sql)),
    ])

    tables = delta_table(arguments)
    yield Contest("Delta Lake", [
        ("aqueduct, the table", reader("delta", f"kind: delta\nlocation: {tables}/\ndiscover: false\ntables: {{lineitem: {{path: lineitem}}}}\n")),
        ("aqueduct, its files as Parquet", reader("files", f"kind: files\nlocation: {tables / 'plain'}\n")),
    ])


def main():
    arguments = harness.parser(__doc__, runs=5).parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(harness.temporary_folder())
        all_of_them, expected = list(contests(arguments, folder, stack)), None
        for contest in all_of_them:
            expected = contest.check(expected)
        for _ in range(arguments.runs):
            for contest in all_of_them:
                contest.round()
    print(f"{SQL.format('')}: {expected[0]:,} rows, {arguments.runs} runs, medians\n")
    for contest in all_of_them:
        contest.show()
    report = {contest.name: {"medians": contest.results(), "runs": contest.runs} for contest in all_of_them}
    harness.write_json(arguments, "sources", report)


if __name__ == "__main__":
    main()
