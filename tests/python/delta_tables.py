"""Writes Delta tables with the package deltalake, and reads them back.

Usage: delta_tables.py LOCATION OPTIONS < RECIPE

RECIPE is Python over the names below. LOCATION is a folder or a URL, OPTIONS the store's options as JSON.
"""

import datetime as dt
import json
import sys
from decimal import Decimal

import pyarrow as pa
from deltalake import DeltaTable, Field, Schema, write_deltalake
from deltalake.schema import PrimitiveType

location, options = sys.argv[1].rstrip("/"), json.loads(sys.argv[2])


def at(name):
    """Where table `name` stands."""
    return f"{location}/{name}" if name else location


def table(name, version=None):
    """Table `name`, opened."""
    return DeltaTable(at(name), version=version, storage_options=options)


def write(name, columns, **how):
    """Appends `columns`, a mapping of names to values or pyarrow arrays."""
    how.setdefault("mode", "append")
    write_deltalake(at(name), pa.table(columns), storage_options=options, **how)


def rows(name, version=None):
    """Prints what Python reads, one JSON array a line, every value as its `repr`."""
    opened = table(name, version)
    data = pa.table(opened.to_pyarrow_table())
    for row in data.to_pylist():
        print(json.dumps([repr(row[column]) for column in data.column_names]))


exec(compile(sys.stdin.read(), "recipe", "exec"))
