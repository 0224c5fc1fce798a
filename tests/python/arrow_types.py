"""Fetches a query over Arrow Flight and prints each column as pyarrow and DuckDB see its type, then the rows.

    arrow_types.py ADDRESS v1/sales/top_customers
"""

import sys

import duckdb
import pyarrow.flight as flight


def main():
    address, path = sys.argv[1:]
    with flight.connect(f"grpc://{address}") as client:
        info = client.get_flight_info(flight.FlightDescriptor.for_path(*path.split("/")))
        table = client.do_get(info.endpoints[0].ticket).read_all()
    for field, duckdb_type in zip(table.schema, duckdb.arrow(table).types, strict=True):
        print(field.name, field.type, duckdb_type)
    for row in table.to_pylist():
        print(row)


main()
