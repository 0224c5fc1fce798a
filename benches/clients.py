"""One client's way of reading a result into Arrow, in a process of its own; what that gave and took is printed as JSON.

`clients.py NAME [--sum COLUMN…]`: with --sum it also adds up columns, which costs time and is for checking only.
"""

import argparse
import decimal
import json
import pathlib
import re
import sys
import time

import pyarrow
import pyarrow.compute
import pyarrow.ipc


def connectorx(arguments):
    import connectorx

    partitions = {}
    if arguments.partitions > 1:
        partitions = {"partition_on": "l_orderkey", "partition_num": arguments.partitions}
    yield "began"
    yield from connectorx.read_sql(arguments.url, arguments.sql, return_type="arrow", **partitions).to_batches()


def adbc_table(arguments):
    from adbc_driver_postgresql import dbapi

    yield "began"
    with dbapi.connect(arguments.url) as connection, connection.cursor() as cursor:
        cursor.execute(arguments.sql)
        yield from cursor.fetch_arrow_table().to_batches()


def adbc_stream(arguments):
    from adbc_driver_postgresql import dbapi

    yield "began"
    with dbapi.connect(arguments.url) as connection, connection.cursor() as cursor:
        cursor.execute(arguments.sql)
        yield from cursor.fetch_record_batch()


def adbc_flightsql(arguments):
    from adbc_driver_flightsql import dbapi

    yield "began"
    with dbapi.connect(arguments.url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(arguments.sql)
        yield from cursor.fetch_record_batch()


def duckdb(arguments):
    import duckdb

    yield "began"
    with duckdb.connect(arguments.url, read_only=True) as connection:
        yield from connection.sql(arguments.sql).to_arrow_reader()


def flight(arguments):
    import pyarrow.flight

    yield "began"
    with pyarrow.flight.connect(arguments.url) as client:
        path = pyarrow.flight.FlightDescriptor.for_path("v1", *arguments.query.split("."))
        ticket = client.get_flight_info(path).endpoints[0].ticket
        for chunk in client.do_get(ticket):
            yield chunk.data


def ipc(_arguments):
    yield "began"
    yield from pyarrow.ipc.open_stream(sys.stdin.buffer)


CLIENTS = {
    "connectorx": connectorx,
    "adbc-table": adbc_table,
    "adbc-stream": adbc_stream,
    "adbc-flightsql": adbc_flightsql,
    "duckdb": duckdb,
    "flight": flight,
    "ipc": ipc,
}


def total(batch, name):
    """The sum of a column of amounts, in hundredths, whatever the client made of numeric(15,2)."""
    column = batch.column(name)
    if isinstance(column, pyarrow.ExtensionArray):
        column = column.storage
    if pyarrow.types.is_floating(column.type):
        column = pyarrow.compute.round(pyarrow.compute.multiply(column, 100))
        return int(pyarrow.compute.sum(column).as_py() or 0)
    if not pyarrow.types.is_decimal(column.type):
        column = column.cast(pyarrow.decimal128(15, 2))
    return int((pyarrow.compute.sum(column).as_py() or decimal.Decimal(0)) * 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--url", help="for all but ipc, which reads standard input")
    parser.add_argument("--sql", help="for clients of a database")
    parser.add_argument("--query", help="for flight: a query's name")
    parser.add_argument("--partitions", type=int, default=1, help="for connectorx")
    parser.add_argument("--sum", nargs="*", default=[], metavar="COLUMN")
    arguments = parser.parse_args()

    batches = CLIENTS[arguments.client](arguments)
    next(batches)  # Imports take time of their own.
    began = time.monotonic()
    rows, size, sums = 0, 0, dict.fromkeys(arguments.sum, 0)
    for batch in batches:
        rows += batch.num_rows
        size += batch.nbytes
        for name in arguments.sum:
            sums[name] += total(batch, name)
    seconds = time.monotonic() - began
    status = pathlib.Path("/proc/self/status").read_text()
    memory = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000
    sums = {name: str(amount) for name, amount in sums.items()}
    print(json.dumps({"rows": rows, "bytes": size, "seconds": seconds, "peak_mb": memory, "sums": sums}))


if __name__ == "__main__":
    main()
