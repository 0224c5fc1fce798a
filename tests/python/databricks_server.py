"""A workspace of Databricks: the SQL Statement Execution API over DuckDB, and the storage that holds its results.

databricks_server.py PORT DIRECTORY. Statements are Databricks SQL, which sqlglot translates; a catalog is a database of
DuckDB. Who may ask: the token `dapi-letmein`, or the client `reader` with the secret `letmein`. `POST /control` sets how a
warehouse behaves, by its id, and `GET /log?warehouse=ID` tells what it was asked. What is answered follows the reference:

- submit, poll, chunks, cancel, states, manifest, dispositions, limits:
  https://docs.databricks.com/api/statement-execution/v1/execute-statement.md, get-statement-result.md, get-result-data.md,
  cancel-statement.md
- a link is presigned, expires, has headers of its own and takes no Authorization header: get-result-data.md
- at most 256 parameters: https://github.com/databricks/databricks-sql-nodejs/issues/308
- parameter markers: https://docs.databricks.com/en/sql/language-manual/sql-ref-parameter-marker.html
- 429 and 503 with Retry-After: https://docs.databricks.com/en/resources/limits.html, the retries of databricks-sdk-go
- tokens of service principals: https://docs.databricks.com/en/dev-tools/auth/oauth-m2m.html
- tables and columns: https://docs.databricks.com/en/sql/language-manual/information-schema/columns.html, tables.html
- columns of a query: https://docs.databricks.com/en/sql/language-manual/sql-ref-syntax-aux-describe-query.html
- SQLSTATEs: https://docs.databricks.com/en/error-messages/error-conditions.html
"""

import base64
import datetime as dt
import email.utils
import json
import os
import re
import sys
import threading
import time
import urllib.parse
import uuid
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

warnings.filterwarnings("ignore")
PORT, DIRECTORY = int(sys.argv[1]), sys.argv[2]
os.makedirs(DIRECTORY, exist_ok=True)

engine = duckdb.connect()
engine.execute("SET TimeZone = 'UTC'")
lock = threading.RLock()
warehouses, statements, tokens, links, literals = {}, {}, {}, {}, {}

# What is told of a type, and by which it is sent.
SPARK = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "int", "BIGINT": "bigint",
    "HUGEINT": "bigint", "FLOAT": "float", "DOUBLE": "double", "VARCHAR": "string", "BLOB": "binary", "DATE": "date",
    "TIMESTAMP": "timestamp_ntz", "TIMESTAMP WITH TIME ZONE": "timestamp", "INTERVAL": "interval day to second",
    "JSON": "variant",
}


def connected():
    """A connection of one's own; the first makes one at a time."""
    with lock:
        return engine.cursor()


def spark(name):
    """DuckDB's type as Databricks spells it."""
    name = name.strip()
    if name.endswith("[]"):
        return f"array<{spark(name[:-2])}>"
    if name.startswith("DECIMAL("):
        return name.lower()
    inner = name[name.find("(") + 1 : -1]
    if name.startswith("MAP("):
        return f"map<{','.join(spark(part) for part in parts(inner))}>"
    if name.startswith("STRUCT("):
        fields = (re.match(r'(?:"(.*?)"|(\w+)) (.*)', part) for part in parts(inner))
        quoted = lambda name: name if name.isidentifier() else f"`{name}`"
        return f"struct<{','.join(f'{quoted(field[1] or field[2])}:{spark(field[3])}' for field in fields)}>"
    return SPARK.get(name, name.lower())


def parts(text):
    """Between commas that are in no parentheses."""
    found, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [part.strip() for part in found]


engine.create_function("spark_type", spark, ["VARCHAR"], "VARCHAR")
engine.execute("""
    CREATE VIEW unity_columns AS SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, column_name,
        column_index AS ordinal_position, if(is_nullable, 'YES', 'NO') AS is_nullable, comment,
        coalesce(nullif(regexp_extract(comment, '^as (.*)$', 1), ''), spark_type(data_type)) AS full_data_type
    FROM duckdb_columns();
    CREATE VIEW unity_tables AS
        SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, 'MANAGED' AS table_type, comment FROM duckdb_tables()
        UNION ALL SELECT database_name, schema_name, view_name, 'VIEW', comment FROM duckdb_views() WHERE NOT internal;
    CREATE VIEW unity_schemata AS SELECT catalog_name, schema_name FROM information_schema.schemata;
""")


class Warehouse:
    """How it behaves, and what it was asked."""

    def __init__(self):
        self.how, self.log, self.requests, self.started = {}, [], [], None

    def takes(self, name):
        """Counts one of so many times."""
        with lock:
            if self.how.get(name, 0) > 0:
                self.how[name] -= 1
                return True
        return False

    def now(self):
        """By its own clock."""
        return time.time() + self.how.get("skew", 0)


class Failed(Exception):
    """A statement that Databricks refuses."""

    def __init__(self, state, message, code="BAD_REQUEST"):
        super().__init__(message)
        self.state, self.code = state, code


def refusal(error):
    """What Databricks says of what DuckDB says."""
    if isinstance(error, Failed):
        return error
    said = str(error)
    if isinstance(error, duckdb.CatalogException):
        return Failed("42P01", f"[TABLE_OR_VIEW_NOT_FOUND] {said} SQLSTATE: 42P01")
    if isinstance(error, duckdb.BinderException):
        return Failed("42703", f"[UNRESOLVED_COLUMN.WITH_SUGGESTION] {said} SQLSTATE: 42703")
    if isinstance(error, (duckdb.OutOfRangeException, OverflowError, pa.ArrowInvalid)):
        return Failed("22003", f"[ARITHMETIC_OVERFLOW] {said} SQLSTATE: 22003")
    if isinstance(error, duckdb.ConversionException):
        return Failed("22018", f"[CAST_INVALID_INPUT] {said} SQLSTATE: 22018")
    return Failed("XXKDA", f"[INTERNAL_ERROR] {said} SQLSTATE: XXKDA", "INTERNAL_ERROR")


def folded(sql, catalog):
    """The statement with names for its longest tables of literals, which are the same in many, and their translations."""
    tables, at = {}, 0
    while (at := sql.find("(SELECT CAST(", at)) >= 0:
        depth, quoted, end = 0, False, at
        while True:
            character = sql[end]
            quoted ^= character == "'" and sql[end - 1] != "\\"
            depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
            end += 1
            if not depth:
                break
        if end - at > 5000:
            name = f"literals_{len(tables)}"
            text = sql[at:end]
            if text not in literals:
                literals[text] = translated(text[1:-1], catalog, [], False)
            tables[name] = f"({literals[text]})"
            sql = sql[:at] + name + sql[end:]
        at += 1
    return sql, tables


def translated(sql, catalog, parameters, folds=True):
    """The statement in DuckDB's words, its parameters cast to their types."""
    if folds:
        sql, tables = folded(sql, catalog)
        sql = translated(sql, catalog, parameters, False)
        for name, text in tables.items():
            sql = sql.replace(name, text)
        return sql
    values = {parameter["name"]: parameter for parameter in parameters}
    if len(parameters) > 256:
        raise Failed("07001", "[BAD_REQUEST] at most 256 parameters can be given")

    try:
        tree = sqlglot.parse_one(sql, read="databricks")
    except sqlglot.errors.ParseError as error:
        raise Failed("42601", f"[PARSE_SYNTAX_ERROR] {error} SQLSTATE: 42601") from error
    # From within outwards: what is put in is not looked into.
    for found in list(tree.find_all(exp.Placeholder)):
        given = values.get(found.name)
        if given is None:
            raise Failed("42P02", f"[UNBOUND_SQL_PARAMETER] {found.name} SQLSTATE: 42P02")
        literal = exp.null() if given.get("value") is None else exp.Literal.string(given["value"])
        found.replace(exp.cast(literal, exp.DataType.build(given.get("type", "STRING"), dialect="databricks")))
    for found in list(tree.find_all(exp.FromJson)):
        array = exp.DataType.build(found.expression.name, dialect="databricks")
        found.replace(exp.cast(exp.cast(found.this, "JSON"), array))
    # https://docs.databricks.com/en/sql/language-manual/functions/current_version.html
    for found in list(tree.find_all(exp.Dot)):
        if isinstance(found.this, exp.CurrentVersion):
            found.replace(exp.Literal.string("2026.20"))
    for found in list(tree.find_all(exp.CurrentUser)):
        found.replace(exp.Literal.string("reader"))
    for found in tree.find_all(exp.JSONFormat):
        found.set("options", None)
    for found in list(tree.find_all(exp.Like)):
        found.replace(exp.Escape(this=found.copy(), expression=exp.Literal.string("\\")))
    for found in list(tree.find_all(exp.Table)):
        if found.db == "information_schema":
            at = "catalog_name" if found.name == "schemata" else "table_catalog"
            of_catalog = exp.column(at).eq(exp.Literal.string(found.catalog or catalog))
            view = exp.select("*").from_(f"memory.main.unity_{found.name}").where(of_catalog)
            found.replace(view.subquery(alias=found.alias or found.name))
    return tree.sql(dialect="duckdb")


class Statement:
    """One that runs, or has run."""

    def __init__(self, warehouse, body, own):
        self.id, self.warehouse, self.body, self.own = str(uuid.uuid4()), warehouse, body, own
        self.state, self.error, self.manifest, self.chunks = "PENDING", None, None, []
        self.done, self.cursor, self.cancelled = threading.Event(), None, threading.Event()
        self.entry = {
            "id": self.id, "sql": body["statement"], "parameters": body.get("parameters", []), "state": "PENDING",
            "tags": body.get("query_tags", []), "disposition": body.get("disposition", "INLINE"), "cancelled": False,
        }
        warehouse.log.append(self.entry)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            how = self.warehouse.how
            with lock:
                self.warehouse.started = self.warehouse.started or time.monotonic()
            starts = self.warehouse.started + how.get("starting", 0) - time.monotonic()
            if starts > 0 and self.cancelled.wait(starts):
                return self.end("CANCELED")
            self.move("RUNNING")
            if self.cancelled.wait(how.get("slow", 0)):
                return self.end("CANCELED")
            self.execute()
            self.end("CANCELED" if self.cancelled.is_set() else how.get("ends", "SUCCEEDED"))
        except duckdb.InterruptException:
            self.end("CANCELED")
        except Exception as error:
            self.error = refusal(error)
            self.end("FAILED")

    def move(self, state):
        self.state = self.entry["state"] = state

    def end(self, state):
        self.move(state)
        self.done.set()

    def execute(self):
        sql, catalog = self.body["statement"], self.body.get("catalog", "memory")
        described = re.match(r"\s*DESCRIBE QUERY\s", sql)
        for ours, other in self.warehouse.how.get("rewrites", {}).items():
            sql = sql.replace(ours, other)
        sql = translated(sql[described.end() :] if described else sql, catalog, self.body.get("parameters", []))
        self.entry["duckdb"] = sql
        cursor = self.cursor = connected()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute(f"USE {exp.to_identifier(catalog, quoted=True).sql('duckdb')}")
        if described:
            rows = [[row[0], spark(row[1]), None] for row in cursor.execute(f"DESCRIBE {sql}").fetchall()]
            return self.keep_inline(["col_name", "data_type", "comment"], rows)
        relation = cursor.sql(sql)
        size = self.warehouse.how.get("chunk_rows", 100_000)
        types = [str(kind) for kind in relation.types]
        if self.body.get("disposition") == "EXTERNAL_LINKS":
            return self.keep_files(relation.to_arrow_reader(size), types)
        rows = [[None if value is None else told(value) for value in row] for row in relation.fetchall()]
        self.keep_inline(relation.columns, rows, size)

    def keep_inline(self, columns, rows, size=100_000):
        self.chunks = [rows[at : at + size] for at in range(0, len(rows), size)]
        self.describe(columns, [len(chunk) for chunk in self.chunks])

    def keep_files(self, reader, types):
        counts, wide = [], [index for index, name in enumerate(types) if name == "HUGEINT"]
        for batch in reader:
            for index in wide:
                # A sum is a BIGINT there, and fails if it is none.
                batch = batch.set_column(index, batch.schema.field(index).name, batch.column(index).cast(pa.int64()))
            path = f"{DIRECTORY}/{self.id}-{len(counts)}"
            with pa.ipc.new_stream(path, batch.schema) as writer:
                writer.write_batch(batch)
            self.chunks.append(path)
            counts.append(batch.num_rows)
        self.describe(reader.schema.names, counts)

    def describe(self, columns, counts):
        offsets = [sum(counts[:index]) for index in range(len(counts))]
        self.manifest = {
            "format": self.body.get("format", "JSON_ARRAY"), "total_row_count": sum(counts),
            "schema": {"column_count": len(columns), "columns": [{"name": name, "position": at} for at, name in enumerate(columns)]},
            "total_chunk_count": len(counts), "truncated": bool(self.warehouse.how.get("truncated")),
            "chunks": [{"chunk_index": at, "row_offset": offsets[at], "row_count": count} for at, count in enumerate(counts)],
        }

    def answer(self, with_result=True):
        status = {"state": self.state}
        if self.error:
            status |= {"error": {"error_code": self.error.code, "message": str(self.error)}, "sql_state": self.error.state}
        answer = {"statement_id": self.id, "status": status}
        if self.state == "SUCCEEDED" and with_result:
            answer |= {"manifest": self.manifest, "result": self.result(0)}
        return answer

    def result(self, index):
        """What a chunk is: rows, or a link."""
        if index >= len(self.chunks):
            return {}
        count = self.manifest["chunks"][index]
        more = {"next_chunk_index": index + 1} if index + 1 < len(self.chunks) else {}
        if more:
            more["next_chunk_internal_link"] = f"/api/2.0/sql/statements/{self.id}/result/chunks/{index + 1}"
        if isinstance(self.chunks[index], list):
            return count | more | {"data_array": self.chunks[index]}
        return {"external_links": [count | more | self.link(index)]}

    def link(self, index):
        how, key = self.warehouse.how, uuid.uuid4().hex
        dead = self.warehouse.takes("dead_links")
        expired = self.warehouse.takes("expired_links")
        links[key] = {"path": self.chunks[index], "warehouse": self.warehouse, "dead": dead or expired, "key": uuid.uuid4().hex}
        expires = self.warehouse.now() + (-60 if expired else how.get("lifetime", 900))
        expiration = dt.datetime.fromtimestamp(expires, dt.timezone.utc).isoformat(timespec="milliseconds")
        url = f"http://127.0.0.1:{PORT}/storage/{key}?X-Amz-Signature=secret-signature"
        if self.warehouse.takes("no_link"):
            return {"expiration": expiration}
        headers = {"http_headers": {"x-amz-server-side-encryption-customer-key": links[key]["key"]}}
        return {"external_link": url, "expiration": expiration.replace("+00:00", "Z")} | headers

    def cancel(self):
        self.entry["cancelled"] = True
        self.cancelled.set()
        if self.cursor is not None and not self.done.is_set():
            self.cursor.interrupt()


def told(value):
    """A value as JSON_ARRAY has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        skew = getattr(self, "warehouse", None)
        return email.utils.formatdate((timestamp or time.time()) + (skew.how.get("skew", 0) if skew else 0), usegmt=True)

    def do_GET(self):
        self.warehouse = None
        path = urllib.parse.urlsplit(self.path)
        found = re.fullmatch(r"/api/2.0/sql/statements/([^/]+)(?:/result/chunks/(\d+))?", path.path)
        if path.path == "/log":
            warehouse = warehouses.setdefault(urllib.parse.parse_qs(path.query)["warehouse"][0], Warehouse())
            return self.send({"statements": warehouse.log, "requests": warehouse.requests})
        if path.path.startswith("/storage/"):
            return self.storage(path.path.removeprefix("/storage/"))
        if found:
            return self.of_statement(found[1], "poll" if found[2] is None else "chunk", found[2])
        self.send({"error_code": "ENDPOINT_NOT_FOUND", "message": "no API"}, 404)

    def do_POST(self):
        self.warehouse = None
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(self.path).path
        found = re.fullmatch(r"/api/2.0/sql/statements/([^/]+)/cancel", path)
        if path == "/control":
            return self.control(json.loads(body))
        if path == "/oidc/v1/token":
            return self.token(dict(urllib.parse.parse_qsl(body.decode())))
        if found:
            return self.of_statement(found[1], "cancel", None)
        if path == "/api/2.0/sql/statements":
            return self.submit(json.loads(body))
        self.send({"error_code": "ENDPOINT_NOT_FOUND", "message": "no API"}, 404)

    def control(self, order):
        """`warehouse` and `how`; or `catalog` and statements to run; or `cancel`, what a warehouse runs."""
        try:
            if "how" in order:
                warehouse = warehouses.setdefault(order["warehouse"], Warehouse())
                warehouse.how, warehouse.started = order["how"], None
            if "create" in order:
                connected().execute(f"ATTACH ':memory:' AS {order['create']}")
            if "sql" in order:
                cursor = connected()
                cursor.execute(f"USE {order['catalog']}")
                for sql in order["sql"]:
                    duck = sql.removeprefix("DUCKDB ")
                    cursor.execute(duck if duck != sql else translated(sql, order["catalog"], []))
            if "cancel" in order:
                for statement in list(statements.values()):
                    if statement.warehouse is warehouses[order["cancel"]] and not statement.done.is_set():
                        statement.cancelled.set()
        except Exception as error:
            return self.send({"message": f"{type(error).__name__}: {error}"}, 500)
        self.send({})

    def token(self, form):
        basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        client, _, secret = basic.partition(":")
        warehouse = warehouses.setdefault(f"client {client}", Warehouse())
        warehouse.requests.append("token")
        if warehouse.takes("throttle_token"):
            return self.throttled(429)
        if not client.startswith("reader") or secret != "letmein":
            return self.send({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        if form != {"grant_type": "client_credentials", "scope": "all-apis"}:
            return self.send({"error": "invalid_request"}, 400)
        made, lasts = uuid.uuid4().hex, warehouse.how.get("lasts", 3600)
        tokens[made] = time.time() + lasts
        self.send({"access_token": made, "token_type": "Bearer", "scope": "all-apis", "expires_in": lasts})

    def is_let_in(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token == "dapi-letmein" or tokens.get(token, 0) > time.time():
            return True
        self.send({"error_code": "403", "message": "Invalid access token. [ReqId: 0]"}, 403)
        return False

    def submit(self, body):
        if not self.is_let_in():
            return
        if body.get("warehouse_id") not in warehouses:
            return self.send({"error_code": "NOT_FOUND", "message": "SQL warehouse does not exist"}, 404)
        self.warehouse = warehouse = warehouses[body["warehouse_id"]]
        warehouse.requests.append("submit")
        if warehouse.takes("throttle"):
            return self.throttled(429)
        if warehouse.takes("unavailable"):
            return self.throttled(503)
        if body.get("format", "JSON_ARRAY") != "JSON_ARRAY" and body.get("disposition") != "EXTERNAL_LINKS":
            return self.send({"error_code": "INVALID_PARAMETER_VALUE", "message": "INLINE is JSON_ARRAY"}, 400)
        if "row_limit" in body or body.get("on_wait_timeout") != "CONTINUE":
            return self.send({"error_code": "INVALID_PARAMETER_VALUE", "message": "not as it should be"}, 400)
        waits = int(re.fullmatch(r"(\d+)s", body.get("wait_timeout", "10s"))[1])
        if waits and not 5 <= waits <= 50:
            return self.send({"error_code": "INVALID_PARAMETER_VALUE", "message": "wait_timeout is 0s, or 5s to 50s"}, 400)
        statement = Statement(warehouse, body, self)
        statements[statement.id] = statement
        # Waiting times are approximate (get-statement-result.md).
        statement.done.wait(min(waits, warehouse.how.get("waits", waits)))
        self.told(statement.answer())

    def of_statement(self, id, what, index):
        if not self.is_let_in():
            return
        statement = statements.get(id)
        if statement is None:
            return self.send({"error_code": "NOT_FOUND", "message": f"statement {id} does not exist"}, 404)
        self.warehouse = warehouse = statement.warehouse
        warehouse.requests.append(what)
        if warehouse.takes(f"throttle_{what}"):
            return self.throttled(429)
        if what == "cancel":
            statement.cancel()
            return self.send({})
        if what == "poll":
            return self.told(statement.answer())
        if int(index) >= len(statement.chunks):
            return self.send({"error_code": "INVALID_PARAMETER_VALUE", "message": "no such chunk"}, 400)
        self.told(statement.result(int(index)))

    def told(self, answer):
        """The answer, unless it is to be none: then what a broken one looks like."""
        how = self.warehouse.how.get("malformed")
        if how == "json":
            return self.send_bytes(b'{"statement_id": "x", "status": {"state": ')
        if how == "html":
            return self.send_bytes(b"<html>please sign in</html>")
        if how == "state":
            answer["status"] = {"state": "DREAMING"}
        if how in answer:
            answer = {name: value for name, value in answer.items() if name != how}
        self.send(answer)

    def storage(self, key):
        link = links.get(key)
        if link is None:
            return self.send_bytes(b"<Error><Code>NoSuchKey</Code></Error>", 404)
        warehouse = link["warehouse"]
        warehouse.requests.append("storage")
        if self.headers.get("Authorization"):
            return self.send_bytes(b"<Error><Code>InvalidArgument</Code></Error>", 400)
        if self.headers.get("x-amz-server-side-encryption-customer-key") != link["key"]:
            return self.send_bytes(b"<Error><Code>InvalidRequest</Code></Error>", 400)
        if link["dead"]:
            return self.send_bytes(b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", 403)
        if warehouse.takes("throttle_storage"):
            return self.throttled(503)
        with open(link["path"], "rb") as file:
            data = file.read()
        time.sleep(warehouse.how.get("slow_storage", 0))
        if warehouse.takes("cut"):
            # In the middle of a message: less than was announced comes.
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return self.connection.close()
        if warehouse.how.get("short"):
            data = data[: len(data) // 2]
        if warehouse.how.get("headless"):
            # A stream without rows, properly ended.
            reader = pa.ipc.open_stream(data)
            sink = pa.BufferOutputStream()
            pa.ipc.new_stream(sink, reader.schema).close()
            data = sink.getvalue().to_pybytes()
        self.send_bytes(data)

    def throttled(self, status):
        body = json.dumps({"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "too many requests"}).encode()
        after = self.warehouse.how.get("after", 1) if self.warehouse else 1
        self.send_bytes(body, status, {"Retry-After": str(after)})

    def send(self, body, status=200):
        self.send_bytes(json.dumps(body).encode(), status)

    def send_bytes(self, body, status=200, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


Server(("127.0.0.1", PORT), Handler).serve_forever()
