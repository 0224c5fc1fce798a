"""Reads one query over HTTP with DuckDB's own readers, in every format that it knows: `duckdb_http.py URL KEY`. Its packages
are those of httpfs.txt. Whole results and pages, in one request and as it does without being told: it asks for the length
first, then for ranges, which the server does not have, and then for the whole.
"""

import pathlib
import sys

import duckdb
import duckdb_extension_httpfs
import http_clients

[HTTPFS] = pathlib.Path(duckdb_extension_httpfs.__file__).parent.glob("extensions/*/httpfs.duckdb_extension")


def connect(key):
    connection = duckdb.connect()
    connection.load_extension(str(HTTPFS))
    connection.execute(f"CREATE SECRET (TYPE http, BEARER_TOKEN '{key}')")
    connection.execute("SET force_download = true")
    return connection


def main(key):
    connection = connect(key)
    for force_download in ("true", "false"):
        connection.execute(f"SET force_download = {force_download}")
        for format, options, sql in http_clients.DUCKDB:
            # JSON is a page in any case.
            for page in ({}, {"limit": 4}):
                url = http_clients.url(format, **options, **page)
                client = f"DuckDB, force_download {force_download}, {format} {page}"
                http_clients.check(client, http_clients.of_duckdb(connection, sql.format(url)))
    try:
        connect("wrong").sql(f"SELECT * FROM read_csv('{http_clients.url('csv')}')")
    except duckdb.HTTPException as error:
        assert "401" in str(error), error
    else:
        raise AssertionError("a wrong key reads rows")


if __name__ == "__main__":
    main(sys.argv[2])
