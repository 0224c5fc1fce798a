"""The third part of federation.py: what planning costs, in processor time. planning.rs measures it in one process; this
writes the projects."""

import contextlib
import json
import sqlite3
import subprocess

import harness
import tpch

# Each plan is asked for with the defaults.
QUERIES = {
    "plan.lookup": """/*---
name: plan.lookup
version: 1
description: One customer.
params:
  id: {type: int32, default: 77777}
access: public
---*/
SELECT c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment
FROM pg.customer
WHERE c_custkey = :id
""",
    "plan.join": """/*---
name: plan.join
version: 1
description: The customers of a nation with more than an amount.
params:
  nation: {type: string, default: FRANCE}
  amount: {type: "decimal(15,2)", default: 9000.00}
access: public
---*/
SELECT c_custkey, c_name, c_acctbal, n_name
FROM pg.customer JOIN lite.nation ON n_nationkey = c_nationkey
WHERE n_name = :nation AND c_acctbal > :amount
""",
}


def nations(postgres, path):
    """The table of nations as an SQLite database."""
    rows = postgres.psql("SELECT n_nationkey, n_name FROM nation", database=tpch.DATABASE).splitlines()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE nation (n_nationkey INTEGER PRIMARY KEY, n_name TEXT NOT NULL)")
        database.executemany("INSERT INTO nation VALUES (?, ?)", [row.split("|") for row in rows])


def microseconds(arguments, plans, project, names):
    command = [arguments.programs / "planning", plans, project, *names]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def run(arguments, postgres, folder):
    """Measures, prints, and gives all figures."""
    tpch.load(postgres)
    postgres_catalog = f"kind: postgres\nurl: {postgres.url_of(tpch.DATABASE)}\n"
    catalogs = {"pg": postgres_catalog, "lite": "kind: sqlite\npath: nations.db\n"}
    named = harness.project(folder / "named", "auth: {anonymous: true}\n", catalogs, QUERIES)
    nations(postgres, named / "nations.db")
    settings, queries = "auth: {anonymous: true}\n", tpch.served(lambda _: "pg")
    benchmark = harness.project(folder / "made", settings, {"pg": postgres_catalog}, queries)

    kept = microseconds(arguments, "kept", named, QUERIES)
    made = microseconds(arguments, "made", benchmark, [f"tpch.{query.name}" for query in tpch.queries(arguments.queries)])

    print("Planning: processor time of one plan\n")
    print(f"kept: a lookup in Postgres {kept['plan.lookup']:.1f} µs,", end=" ")
    print(f"a join of Postgres and SQLite {kept['plan.join']:.1f} µs\n")
    for name, figure in made.items():
        print(f"{name.removeprefix('tpch.'):6}{figure / 1000:>9.2f} ms")
    worst = max(made, key=made.get)
    print(f"\nmade: mean {sum(made.values()) / len(made) / 1000:.2f} ms,", end=" ")
    print(f"worst {made[worst] / 1000:.2f} ms ({worst.removeprefix('tpch.')})\n")
    return {"kept": kept, "made": made}
