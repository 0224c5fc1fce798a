"""Runs a file of SQL in DuckDB, in the current directory: how tests write Parquet that is not our own.

    duckdb_run.py FILE
"""

import pathlib
import sys

import duckdb

connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute(pathlib.Path(sys.argv[1]).read_text())
