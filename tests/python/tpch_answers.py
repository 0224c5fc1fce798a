"""Prints the right answers of query files, computed by DuckDB.

    tpch_answers.py TABLES QUERIES

TABLES is a directory with one folder of Parquet files per table. QUERIES is a directory of Aqueduct query files. Each is
run with the defaults of its parameters in place of `:name`, and without the names of the sources before the tables: so
the file that is served is the only place where a query is written.
"""

import json
import pathlib
import re
import sys
from datetime import date
from decimal import Decimal

import duckdb

HEADER = re.compile(r"\s*/\*---\n(?P<header>.*?)---\*/(?P<sql>.*)", re.DOTALL)
PARAMETER = re.compile(r"^  (?P<name>\w+): \{type: (?P<type>\"?[\w\[\](),]+\"?), default: (?P<default>.*?)\}$", re.MULTILINE)
SOURCE = re.compile(r"\b(pg|lite|lake)\.(?=\w)")


def read(file):
    """The SQL of a query file, and its parameters as name -> (type, default)."""
    header, sql = HEADER.fullmatch(file.read_text()).group("header", "sql")
    declared = header.partition("params:\n")[2]
    parameters = {}
    for match in PARAMETER.finditer(declared):
        value_type = match["type"].strip('"')
        default = match["default"]
        parameters[match["name"]] = (value_type, json.loads(default) if default[0] in '["' else default)
    missing = set(re.findall(r"(?<![:\w]):([a-z]\w*)", sql)) ^ parameters.keys()
    if missing:
        sys.exit(f"{file.name}: declared or used only: {sorted(missing)}")
    return sql, parameters


def json_value(value_type, default):
    """The default as a caller would send it in JSON."""
    if value_type.startswith("["):
        return [json_value(value_type[1:-1], element) for element in default]
    return int(default) if value_type.startswith("int") else str(default)


def literal(value_type, default):
    """The default as a literal of the parameter's type, for DuckDB and for Postgres."""
    if value_type.startswith("["):
        return "ARRAY[" + ", ".join(literal(value_type[1:-1], element) for element in default) + "]"
    if value_type == "string":
        return "'" + default.replace("'", "''") + "'"
    names = {"int32": "INTEGER", "int64": "BIGINT", "date": "DATE"}
    return f"CAST('{default}' AS {names.get(value_type, value_type)})"


def with_literals(sql, parameters):
    """The SQL with the defaults in place of the parameters."""
    for name, (value_type, default) in parameters.items():
        sql = re.sub(rf"(?<!:):{name}\b", lambda _: literal(value_type, default), sql)
    return sql


def kind(values):
    """How the values of a column are compared: exactly, or as numbers within a tolerance."""
    return "number" if any(isinstance(value, (float, Decimal)) for value in values) else "exact"


def plain(value):
    """A value as JSON has it: decimals and dates as text."""
    return str(value) if isinstance(value, (Decimal, date)) else value


def main():
    tables, queries = map(pathlib.Path, sys.argv[1:])
    connection = duckdb.connect()
    for table in tables.iterdir():
        connection.sql(f"CREATE VIEW {table.name} AS SELECT * FROM '{table}/*.parquet'")
    answers = {}
    for file in sorted(queries.glob("*.sql")):
        sql, parameters = read(file)
        result = connection.execute(SOURCE.sub("", with_literals(sql, parameters)))
        columns = [column[0] for column in result.description]
        rows = result.fetchall()
        answers[file.stem] = {
            "params": {name: json_value(*parameter) for name, parameter in parameters.items()},
            "columns": columns,
            "kinds": [kind(values) for values in zip(*rows)] or ["exact"] * len(columns),
            "rows": [[plain(value) for value in row] for row in rows],
        }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
