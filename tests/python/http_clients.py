"""Reads one query in every format with the readers that people use: `http_clients.py URL`. Each must give the same rows,
NULL apart from an empty text, every digit of decimals and of integers beyond 2^53, timestamps, and nested values.

Polars wants the length of what is behind a URL, which a stream has not, and this DuckDB is newer than any extension for HTTP
that can be had (`duckdb_http.py` has an older one): what those read is fetched first.
"""

import datetime
import decimal
import io
import json
import pathlib
import sys
import tempfile
import urllib.request

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet
import requests

BASE = sys.argv[1]
AT = datetime.datetime(2026, 1, 31, 10, 0, 0, 250000)
LARGE = 2**53
WORDS = {1: "", 2: None, 3: 'say "hi",\nNA', 4: "NA"}
EXPECTED = [
    {
        "id": id,
        "large": LARGE + id,
        "word": word,
        "amount": decimal.Decimal(id).quantize(decimal.Decimal("0.01")),
        "at": None if id == 2 else AT,
        "list": [id, LARGE + 1],
        "fields": {"n": id, "s": "x"},
    }
    for id, word in WORDS.items()
]


def url(format, **options):
    return BASE + "?" + "&".join(f"{name}={value}" for name, value in {"format": format, **options}.items())


def fetch(format, **options):
    with urllib.request.urlopen(url(format, **options)) as answer:
        return answer.read()


def value(name, found):
    """What a reader gives for a column, in Python's own type. Text formats know fewer types: those are read from their text."""
    if found is None or found is pandas.NA or found is pandas.NaT:
        return None
    if isinstance(found, str) and name in ("list", "fields"):
        found = json.loads(found)
    match name:
        case "id" | "large":
            assert not isinstance(found, float), f"{name} has lost its digits"
            return int(found)
        case "amount":
            assert not isinstance(found, float), "a decimal is no float"
            return decimal.Decimal(found)
        case "at" if isinstance(found, str):
            return datetime.datetime.fromisoformat(found)
        case "at":
            return found.to_pydatetime() if hasattr(found, "to_pydatetime") else found
        case "list":
            return [int(item) for item in found]
        case "fields":
            return {"n": int(found["n"]), "s": found["s"]}
        case _:
            return found


def check(client, records):
    rows = [{name: value(name, found) for name, found in record.items()} for record in records]
    assert rows == EXPECTED, f"{client}:\n{rows}\ninstead of\n{EXPECTED}"
    print(client)


def of_pandas(frame):
    return [{name: frame[name].array[row] for name in frame.columns} for row in range(len(frame))]


def with_pandas():
    arrow = {"dtype_backend": "pyarrow"}
    # As its own types these would be floats, which have too few digits.
    texts = {"amount": "string", "word": "string", "at": "string"}
    for client, options, reading in [("numbers", {}, {}), ("strings", {"int64": "string"}, {"large": "string"})]:
        frame = pandas.read_json(url("ndjson", **options), lines=True, dtype={**texts, **reading}, **arrow)
        check(f"pandas.read_json, {client}", of_pandas(frame))
    # It does not tell quoted fields from others: with a text that no value has, NULL and the empty text stay apart.
    csv = pandas.read_csv(url("csv", null="%5CN"), na_values=["\\N"], keep_default_na=False, dtype={"amount": "string"}, **arrow)
    check("pandas.read_csv", of_pandas(csv))
    check("pandas.read_parquet", of_pandas(pandas.read_parquet(url("parquet"), **arrow)))
    check("pandas.read_feather", of_pandas(pandas.read_feather(url("arrow-file"), **arrow)))


def with_polars():
    text = {"amount": polars.String, "at": polars.String}
    check("polars.read_ndjson", polars.read_ndjson(io.BytesIO(fetch("ndjson")), schema_overrides=text).to_dicts())
    lazy = polars.scan_ndjson(io.BytesIO(fetch("ndjson")), schema_overrides=text)
    check("polars.scan_ndjson", lazy.collect().to_dicts())
    reading = {"null_values": ["\\N"], "empty_string_is_null": False, "schema_overrides": text}
    check("polars.read_csv", polars.read_csv(io.BytesIO(fetch("csv", null="%5CN")), **reading).to_dicts())
    check("polars.scan_csv", polars.scan_csv(io.BytesIO(fetch("csv", null="%5CN")), **reading).collect().to_dicts())
    check("polars.read_parquet", polars.read_parquet(io.BytesIO(fetch("parquet"))).to_dicts())
    check("polars.scan_parquet", polars.scan_parquet(io.BytesIO(fetch("parquet"))).collect().to_dicts())
    check("polars.read_ipc", polars.read_ipc(io.BytesIO(fetch("arrow-file"))).to_dicts())
    check("polars.scan_ipc", polars.scan_ipc(io.BytesIO(fetch("arrow-file"))).collect().to_dicts())
    check("polars.read_ipc_stream", polars.read_ipc_stream(io.BytesIO(fetch("arrow"))).to_dicts())


# Format, its options, and how DuckDB reads it.
DUCKDB = [
    ("ndjson", {}, '''read_json('{}', columns={{id: 'BIGINT', large: 'BIGINT', word: 'VARCHAR', amount: 'DECIMAL(12,2)', "at": 'TIMESTAMP', list: 'BIGINT[]', fields: 'STRUCT(n BIGINT, s VARCHAR)'}})'''),
    ("json", {"envelope": "false", "int64": "string"}, "read_json('{}', format='array')"),
    ("csv", {"null": "%5CN"}, "read_csv('{}', nullstr='\\N', all_varchar=true)"),
    ("parquet", {}, "read_parquet('{}')"),
]


def of_duckdb(connection, table):
    relation = connection.sql(f"SELECT * FROM {table}")
    return [dict(zip(relation.columns, row)) for row in relation.fetchall()]


def with_duckdb(folder):
    connection = duckdb.connect()
    for format, options, sql in DUCKDB:
        file = folder / f"rows.{format}"
        file.write_bytes(fetch(format, **options))
        check(f"DuckDB over {format}", of_duckdb(connection, sql.format(file)))


def with_pyarrow():
    with requests.get(url("arrow"), stream=True) as answer:
        answer.raw.decode_content = True
        batches = list(pyarrow.ipc.open_stream(answer.raw))
    check("pyarrow, as it comes", pyarrow.Table.from_batches(batches).to_pylist())
    check("pyarrow, stream", pyarrow.ipc.open_stream(fetch("arrow")).read_all().to_pylist())
    check("pyarrow, file", pyarrow.ipc.open_file(pyarrow.BufferReader(fetch("arrow-file"))).read_all().to_pylist())
    check("pyarrow, Parquet", pyarrow.parquet.read_table(io.BytesIO(fetch("parquet"))).to_pylist())


if __name__ == "__main__":
    with_pyarrow()
    with_polars()
    with_pandas()
    with tempfile.TemporaryDirectory() as folder:
        with_duckdb(pathlib.Path(folder))
