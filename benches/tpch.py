"""TPC-H at scale factor 1 as the parts of federation.py have it: all of it in Postgres, most of it in Parquet files, and
the 22 queries of the test suite, each written once for everybody who answers it."""

import dataclasses
import decimal
import pathlib
import re
import subprocess
import sys

import harness

ROOT = pathlib.Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests/python"))
import tpch_answers

DATABASE = "tpch_sql"
# Columns, primary key, further indexes: those of the foreign keys. Where the specification has char(n) these are text:
# Postgres ignores the padding of char(n) when it compares, and Aqueduct reads it as part of the text, so that literals
# without it would match there and not here.
TABLES = {
    "region": ("r_regionkey integer NOT NULL, r_name text NOT NULL, r_comment varchar(152) NOT NULL", "r_regionkey", []),
    "nation": (
        "n_nationkey integer NOT NULL, n_name text NOT NULL, n_regionkey integer NOT NULL, n_comment varchar(152) NOT NULL",
        "n_nationkey",
        ["n_regionkey"],
    ),
    "supplier": (
        """s_suppkey integer NOT NULL, s_name text NOT NULL, s_address varchar(40) NOT NULL, s_nationkey integer NOT NULL,
        s_phone text NOT NULL, s_acctbal numeric(15,2) NOT NULL, s_comment varchar(101) NOT NULL""",
        "s_suppkey",
        ["s_nationkey"],
    ),
    "customer": (
        """c_custkey integer NOT NULL, c_name varchar(25) NOT NULL, c_address varchar(40) NOT NULL,
        c_nationkey integer NOT NULL, c_phone text NOT NULL, c_acctbal numeric(15,2) NOT NULL, c_mktsegment text NOT NULL,
        c_comment varchar(117) NOT NULL""",
        "c_custkey",
        ["c_nationkey"],
    ),
    "part": (
        """p_partkey integer NOT NULL, p_name varchar(55) NOT NULL, p_mfgr text NOT NULL, p_brand text NOT NULL,
        p_type varchar(25) NOT NULL, p_size integer NOT NULL, p_container text NOT NULL,
        p_retailprice numeric(15,2) NOT NULL, p_comment varchar(23) NOT NULL""",
        "p_partkey",
        [],
    ),
    "partsupp": (
        """ps_partkey integer NOT NULL, ps_suppkey integer NOT NULL, ps_availqty integer NOT NULL,
        ps_supplycost numeric(15,2) NOT NULL, ps_comment varchar(199) NOT NULL""",
        "ps_partkey, ps_suppkey",
        ["ps_suppkey"],
    ),
    "orders": (
        """o_orderkey bigint NOT NULL, o_custkey integer NOT NULL, o_orderstatus text NOT NULL,
        o_totalprice numeric(15,2) NOT NULL, o_orderdate date NOT NULL, o_orderpriority text NOT NULL,
        o_clerk text NOT NULL, o_shippriority integer NOT NULL, o_comment varchar(79) NOT NULL""",
        "o_orderkey",
        ["o_custkey"],
    ),
    "lineitem": (
        """l_orderkey bigint NOT NULL, l_partkey integer NOT NULL, l_suppkey integer NOT NULL,
        l_linenumber integer NOT NULL, l_quantity numeric(15,2) NOT NULL, l_extendedprice numeric(15,2) NOT NULL,
        l_discount numeric(15,2) NOT NULL, l_tax numeric(15,2) NOT NULL, l_returnflag text NOT NULL,
        l_linestatus text NOT NULL, l_shipdate date NOT NULL, l_commitdate date NOT NULL, l_receiptdate date NOT NULL,
        l_shipinstruct text NOT NULL, l_shipmode text NOT NULL, l_comment varchar(44) NOT NULL""",
        "l_orderkey, l_linenumber",
        ["l_partkey, l_suppkey", "l_suppkey"],
    ),
}
# What the parts whose orders and customers are in Postgres read as files.
FILES = ["lineitem", "nation", "part", "partsupp", "region", "supplier"]


def load(postgres):
    """The database with all tables, made once."""

    def fill(database):
        for table, (columns, key, indexes) in TABLES.items():
            postgres.generate(database, table, columns, key)
            for index in indexes:
                postgres.psql(f"CREATE INDEX ON {table} ({index})", database=database)

    postgres.make_once(DATABASE, fill)


def lake(cache):
    """The folder of the Parquet files, made once. It gets its name when it is complete."""
    folder = cache.resolve() / "tpch-sf1-lake"
    if not folder.exists():
        making = folder.with_suffix(".making")
        command = [harness.generator(), "parquet", "-q", "-s", "1", "--overwrite", "--output-dir", making]
        subprocess.run([*command, "--tables", ",".join(FILES)], check=True)
        making.rename(folder)
    return folder


@dataclasses.dataclass
class Query:
    """A query file of the test suite."""

    name: str
    file: pathlib.Path

    @property
    def path(self):
        """Where the server answers it, with the defaults of its parameters."""
        return f"/v1/tpch/{self.name}?format=arrow"

    @property
    def sql(self):
        """What Postgres and DuckDB run: literals for parameters, no sources."""
        return tpch_answers.SOURCE.sub("", tpch_answers.with_literals(*tpch_answers.read(self.file))).strip()

    def served(self, home):
        """The file as it is served where `home` says in which source a table is."""
        text = re.sub(r"\b(?:pg|lite|lake)\.(\w+)", lambda table: f"{home(table[1])}.{table[1]}", self.file.read_text())
        # What is measured should not be cut off.
        return text.replace("---*/", "limits: {timeout: 1h}\n---*/", 1)


def queries(names=None):
    """Those of these names, or all."""
    files = sorted((ROOT / "tests/tpch/queries/tpch").glob("q*.sql"))
    return [Query(file.stem, file) for file in files if not names or file.stem in names]


def served(home):
    """All queries of a project by their names."""
    return {f"tpch.{query.name}": query.served(home) for query in queries()}


def compare(query, ours, theirs):
    """Ends the benchmark unless the answers, an Arrow table and rows of any kind of values, are the same. Quotients and
    averages have other scales elsewhere: numbers may differ by a millionth."""
    ours = list(zip(*(column.to_pylist() for column in ours.columns)))
    if len(ours) != len(theirs):
        sys.exit(f"{query.name}: {len(ours)} rows, expected {len(theirs)}")
    for number, rows in enumerate(zip(ours, theirs), 1):
        if not all(map(same, *rows)):
            sys.exit(f"{query.name}, row {number}:\n{rows[0]}, expected\n{rows[1]}")


def same(ours, theirs):
    if not isinstance(ours, (int, float, decimal.Decimal)):
        return str(ours) == str(theirs)
    return abs(decimal.Decimal(str(ours)) - decimal.Decimal(str(theirs))) <= decimal.Decimal("1e-6")
