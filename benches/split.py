"""The second part of federation.py: orders and customer in Postgres, the other tables in Parquet files. What do dynamic
filters save? Beside it DuckDB, which reads the same files and has copied both tables first."""

import contextlib
import time

import adbc_driver_postgresql.dbapi
import duckdb
import pyarrow

import harness
import tpch
import whole

REMOTE = ["orders", "customer"]
# Of the orders that pass their own filters, those that join with what the files' filters leave are less than a tenth.
SELECTIVE = ["q07", "q08", "q12", "q18", "q21"]
FILTERS = {"on": {}, "off": {"AQUEDUCT_ENGINE__DYNAMIC_FILTERS": "off"}}


def home(table):
    return "pg" if table in REMOTE else "lake"


class DuckDB:
    """A database in this process whose tables have the names that the queries have without their sources."""

    def __init__(self, postgres, lake):
        self.connection = duckdb.connect()
        for table in tpch.FILES:
            self.connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{lake}/{table}.parquet'")
        began = time.monotonic()
        with adbc_driver_postgresql.dbapi.connect(postgres.url_of(tpch.DATABASE)) as source, source.cursor() as cursor:
            for table in REMOTE:
                self.copy(cursor, table)
        self.copying = time.monotonic() - began

    def copy(self, cursor, table):
        # The driver gives numeric as text of a type of its own; the other types arrive as they are.
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        names = [column[0] for column in cursor.description]
        amounts = {name for name in names if name in ("o_totalprice", "c_acctbal")}
        sent = ", ".join(f"{name}::text AS {name}" if name in amounts else name for name in names)
        kept = ", ".join(f"CAST({name} AS DECIMAL(15,2)) AS {name}" if name in amounts else name for name in names)
        cursor.execute(f"SELECT {sent} FROM {table}")
        self.connection.register("sent", cursor.fetch_record_batch())
        self.connection.execute(f"CREATE TABLE {table} AS SELECT {kept} FROM sent")
        self.connection.unregister("sent")

    def seconds(self, sql):
        began = time.monotonic()
        self.connection.sql(sql).to_arrow_table()
        return time.monotonic() - began

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()


def fetched(arguments, project, query, environment):
    """Rows that come from Postgres when the query runs."""
    plan = whole.explain(arguments.programs, project, query, "--analyze", environment=environment)
    # A statement that turned out not to be needed has no rows.
    return sum(part["rows"] or 0 for part in plan["sources"] if part["source"] == "pg")


def run(arguments, postgres, folder):
    """Measures, prints, and gives all figures."""
    tpch.load(postgres)
    lake = tpch.lake(arguments.cache)
    catalogs = {
        "pg": f"kind: postgres\nurl: {postgres.url_of(tpch.DATABASE)}\n",
        "lake": f"kind: files\nlocation: {lake}\n",
    }
    project = harness.project(folder / "split", "auth: {anonymous: true}\n", catalogs, tpch.served(home))
    queries = tpch.queries(arguments.queries)
    other = DuckDB(postgres, lake)

    rows, runs = {}, {query.name: [] for query in queries}
    with contextlib.ExitStack() as stack:
        doors = {}
        for switch, environment in FILTERS.items():
            server = harness.aqueduct(arguments.programs, project, environment=environment)
            doors[switch] = stack.enter_context(server)[1]["http"]
        # Nothing is measured cold.
        for query in queries:
            answer = other.rows(query.sql)
            for switch, port in doors.items():
                body, _ = harness.get(port, query.path)
                tpch.compare(query, pyarrow.ipc.open_stream(body).read_all(), answer)
            rows[query.name] = {
                switch: fetched(arguments, project, query, environment) for switch, environment in FILTERS.items()
            }
        for _ in range(arguments.runs):
            for query in queries:
                figures = {switch: harness.get(port, query.path)[1] for switch, port in doors.items()}
                runs[query.name].append({**figures, "duckdb": other.seconds(query.sql)})

    medians = {name: harness.medians(figures) for name, figures in runs.items()}
    show(medians, rows, other.copying)
    return {"medians": medians, "rows": rows, "copying": other.copying, "runs": runs}


def show(medians, rows, copying):
    print("Orders and customer in Postgres, the rest in Parquet files; dynamic filters on and off\n")
    print(f"{'':8}{'on':>12}{'off':>12}{'DuckDB':>12}{'rows, on':>14}{'rows, off':>12}{'off to on':>12}")
    for name, figures in medians.items():
        line(name + (" *" if name in SELECTIVE else ""), figures, rows[name])
    totals = {key: sum(figures[key] for figures in medians.values()) for key in ("on", "off", "duckdb")}
    line("total", totals, {switch: sum(counts[switch] for counts in rows.values()) for switch in FILTERS})
    if selective := [name for name in SELECTIVE if name in rows]:
        least = min(selective, key=lambda name: saving(rows[name]))
        print(f"\n* a selective filter: at least {saving(rows[least]):,.1f}× fewer rows ({least})", end="")
    print(f"\nDuckDB first copied both tables in {copying * 1000:,.1f} ms; aqueduct takes", end=" ")
    print(f"{totals['on'] / (totals['duckdb'] + copying):.2f}× of its time with that, {totals['on'] / totals['duckdb']:.2f}× without\n")


def line(label, figures, rows):
    times = "".join(f"{figures[key] * 1000:>9,.1f} ms" for key in ("on", "off", "duckdb"))
    # A query that reads nothing of Postgres saves nothing.
    ratio = f"{saving(rows):>11,.1f}×" if rows["off"] else ""
    print(f"{label:8}{times}{rows['on']:>14,}{rows['off']:>12,}{ratio}")


def saving(rows):
    """How many times fewer rows come with dynamic filters."""
    return rows["off"] / max(rows["on"], 1)
