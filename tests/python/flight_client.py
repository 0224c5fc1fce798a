"""Fetches a query over Arrow Flight as a data scientist would, and prints its rows as JSON, one object a line.

    flight_client.py ADDRESS path v1/sales/top_customers
    flight_client.py ADDRESS command '{"query": "sales.top_customers", "version": 1, "params": {}}'

An API key in the variable API_KEY goes along.
"""

import base64
import json
import os
import sys
from datetime import date, datetime
from decimal import Decimal

import pyarrow.flight as flight


def plain(value):
    """A value that JSON does not know, as the HTTP door writes it."""
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
    raise TypeError(f"no JSON for {value!r}")


def main():
    address, kind, text = sys.argv[1:]
    descriptor = {
        "path": lambda: flight.FlightDescriptor.for_path(*text.split("/")),
        "command": lambda: flight.FlightDescriptor.for_command(text),
    }[kind]()
    key = os.environ.get("API_KEY")
    options = flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {key}".encode())] if key else [])
    with flight.connect(f"grpc://{address}") as client:
        for endpoint in client.get_flight_info(descriptor, options).endpoints:
            for chunk in client.do_get(endpoint.ticket, options):
                for row in chunk.data.to_pylist():
                    print(json.dumps(row, default=plain, allow_nan=False))


main()
