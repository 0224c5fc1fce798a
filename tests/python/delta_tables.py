"""Writes Delta tables with the package deltalake, and reads them back.

Usage: delta_tables.py LOCATION OPTIONS < RECIPE

RECIPE is Python over the names below. LOCATION is a folder or a URL, OPTIONS the store's options as JSON. What no writer
here can write (deletion vectors, column mapping) is committed action by action, in folders only.
"""

import datetime as dt
import json
import os
import struct
import sys
import uuid
import zlib
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute
import pyarrow.ipc
import pyarrow.parquet
from deltalake import DeltaTable, Field, Schema, write_deltalake
from deltalake.schema import PrimitiveType

location, options = sys.argv[1].rstrip("/"), json.loads(sys.argv[2])

Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def at(name):
    """Where table `name` stands."""
    return f"{location}/{name}" if name else location


def table(name, version=None):
    """Table `name`, opened."""
    return DeltaTable(at(name), version=version, storage_options=options)


def write(name, columns, /, **how):
    """Appends `columns`, a table or a mapping of names to values or pyarrow arrays."""
    how.setdefault("mode", "append")
    write_deltalake(at(name), columns if isinstance(columns, pa.Table) else pa.table(columns), storage_options=options, **how)


def same(name, file, version=None):
    """Fails unless the Arrow file holds what Python reads: the same columns, the same rows in the order of the first."""
    with pa.ipc.open_file(file) as ours:
        ours = ours.read_all()
    theirs = pa.table(table(name, version).to_pyarrow_table())
    assert ours.column_names == theirs.column_names, (ours.column_names, theirs.column_names)
    for column in ours.column_names:
        values = [sorted(zip(t.column(0).to_pylist(), t.column(column).to_pylist()), key=lambda row: row[0]) for t in (ours, theirs)]
        assert repr(values[0]) == repr(values[1]), f"{column}:\n{values[0]}\n{values[1]}"
    print(theirs.num_rows)


def commit(name, actions):
    """Writes the next commit as it is."""
    log = f"{at(name)}/_delta_log"
    os.makedirs(log, exist_ok=True)
    version = sum(file.endswith(".json") for file in os.listdir(log))
    with open(f"{log}/{version:020}.json", "x") as file:
        file.writelines(json.dumps(action) + "\n" for action in actions)


def metadata(columns, partitions=(), configuration=None):
    """The action that describes a table whose columns are a list of the protocol's fields."""
    schema = json.dumps({"type": "struct", "fields": columns})
    described = {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}}, "schemaString": schema}
    return {"metaData": described | {"partitionColumns": list(partitions), "configuration": configuration or {}}}


def protocol(*features):
    """The action that demands features of readers."""
    versions = {"minReaderVersion": 3, "minWriterVersion": 7}
    return {"protocol": versions | {"readerFeatures": list(features), "writerFeatures": list(features)}}


def added(name, path, stats, **more):
    """The action that adds a file."""
    size = os.path.getsize(f"{at(name)}/{path}")
    add = {"path": path, "size": size, "modificationTime": 0, "dataChange": True, "partitionValues": {}}
    return {"add": add | {"stats": json.dumps(stats)} | more}


def z85(data):
    """Base 85 in the alphabet that the protocol has."""
    text = ""
    for (number,) in struct.iter_unpack(">I", data + b"\0" * (-len(data) % 4)):
        text += "".join(Z85[number // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return text


def deletion_vector(name, rows, inline=True):
    """The descriptor of a bitmap of `rows`, which are fewer than 65,536; the bitmap in it, or in a file beside the table."""
    rows = sorted(rows)
    bitmap = struct.pack("<IQI", 1681511377, 1, 0)
    bitmap += struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16)
    if len(rows) <= 4096:
        bitmap += struct.pack(f"<{len(rows)}H", *rows)
    else:
        bitmap += sum(1 << row for row in rows).to_bytes(8192, "little")
    descriptor = {"sizeInBytes": len(bitmap), "cardinality": len(rows)}
    if inline:
        return {"storageType": "i", "pathOrInlineDv": z85(bitmap)} | descriptor
    identity = uuid.uuid4()
    with open(f"{at(name)}/deletion_vector_{identity}.bin", "wb") as file:
        file.write(b"\1" + struct.pack(">I", len(bitmap)) + bitmap + struct.pack(">I", zlib.crc32(bitmap)))
    return {"storageType": "u", "pathOrInlineDv": z85(identity.bytes), "offset": 1} | descriptor


exec(compile(sys.stdin.read(), "recipe", "exec"))

# Threads of the libraries may outlive the interpreter, which then aborts.
sys.stdout.flush()
os._exit(0)
