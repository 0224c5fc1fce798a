"""ClickHouse's engine (chdb) behind the part of ClickHouse's HTTP interface that readers use.

clickhouse_server.py PORT DIRECTORY: user `reader`, password `letmein`. Statements come as the field `query` of a form or as
the body, parameters as `param_…` and settings as anything else, in the form or in the URL. The rows of a table whose name
begins with `stream_` are sent while they are made, and nothing else runs meanwhile: the engine makes one stream at a time.
Who hangs up, or is killed by `KILL QUERY WHERE query_id = {id:String}`, has such a statement cancelled. `GET /log` tells
of every statement: its id, text, settings and how it ended. `REFUSE 2 text` has the next two statements refused that hold
the text, as those that come to a server which has too much to do.
"""

import io
import json
import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow
from chdb import session

engine = session.Session(sys.argv[2])
# One statement at a time, with the parameters that were set for it.
running = threading.Lock()
log = []
refusals = {}
# Of the protocol, or about this very connection.
OURS = {"query", "query_id", "default_format", "readonly", "cancel_http_readonly_queries_on_client_close",
        "http_write_exception_in_output_format", "output_format_arrow_compression_method"}


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def batches(chunks):
    """Every chunk is a stream of its own."""
    for chunk in chunks:
        with pyarrow.ipc.open_stream(io.BytesIO(chunk.bytes())) as reader:
            yield reader.schema, list(reader)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        body = json.dumps(log).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        if "boundary=" in kind:
            fields |= form(body, kind.split("boundary=")[1])
        else:
            fields["query"] = body.decode()
        if (self.headers.get("X-ClickHouse-User"), self.headers.get("X-ClickHouse-Key")) != ("reader", "letmein"):
            return self.fail(403, "Code: 516. DB::Exception: reader: Authentication failed. (AUTHENTICATION_FAILED)")
        settings = {name: value for name, value in fields.items() if name not in OURS and not name.startswith("param_")}
        parameters = {name: value for name, value in fields.items() if name.startswith("param_")}
        entry = {"id": fields.get("query_id"), "sql": fields["query"], "settings": settings, "state": "running"}
        if fields["query"].startswith("KILL QUERY"):
            for other in log:
                if other["id"] == parameters["param_id"] and other["state"] == "running":
                    other["state"] = "killed"
            return self.answer(b"")
        if fields["query"].startswith("REFUSE"):
            _, times, text = fields["query"].split()
            refusals[text] = int(times)
            return self.answer(b"")
        for text, times in refusals.items():
            if times and f"`{text}`" in fields["query"]:
                refusals[text] -= 1
                return self.fail(500, "Code: 202. DB::Exception: Too many simultaneous queries. (TOO_MANY_SIMULTANEOUS_QUERIES)")
        log.append(entry)
        try:
            self.run(entry, parameters, fields.get("default_format", "TabSeparated"))
        except (BrokenPipeError, ConnectionResetError):
            entry["state"] = "left" if entry["state"] == "running" else entry["state"]
        except Exception as error:
            entry |= {"state": "failed", "error": str(error)}
            self.fail(500, str(error))

    def run(self, entry, parameters, form):
        sql = entry["sql"]
        reads = re.match(r"\s*(SELECT|WITH|DESCRIBE|EXPLAIN)", sql)
        if reads:
            # Only what is streamed can be stopped, and everybody waits for the rest.
            settings = {"max_execution_time": "10"} | entry["settings"]
            values = ", ".join(f"{name} = {literal(value)}" for name, value in settings.items())
            sql = f"{sql} SETTINGS {values}"
        with running:
            for name, value in parameters.items():
                engine.query(f"SET {name} = {literal(value)}")
            if form == "ArrowStream" and "`stream_" in sql:
                stream = engine.send_query(sql, form)
                parts = batches(iter(stream))
                return self.stream(entry, stream, next(parts, None), parts)
            result = engine.query(sql, form).bytes()
        entry["state"] = "finished"
        self.answer(result)

    def stream(self, entry, stream, first, parts):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        out = Chunks(self.wfile)
        writer = None
        try:
            part = first
            while part is not None:
                schema, rows = part
                writer = writer or pyarrow.ipc.new_stream(out, schema)
                for batch in rows:
                    writer.write_batch(batch)
                out.flush()
                if entry["state"] == "killed":
                    raise RuntimeError("Code: 394. DB::Exception: Query was cancelled. (QUERY_WAS_CANCELLED)")
                part = next(parts, None)
            writer.close()
            entry["state"] = "finished"
        except (BrokenPipeError, ConnectionResetError):
            stream.cancel()
            raise
        except Exception as error:
            stream.cancel()
            entry["error"] = str(error)
            entry["state"] = "failed" if entry["state"] == "running" else entry["state"]
            out.write(str(error).encode())
        out.flush()
        self.wfile.write(b"0\r\n\r\n")

    def answer(self, body, status=200, code=None):
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def fail(self, status, said):
        code = re.search(r"Code: (\d+)", said)
        self.answer(said.encode(), status, code and code[1])


class Chunks(io.RawIOBase):
    """Chunked transfer, a chunk for each flush."""

    def __init__(self, to):
        self.to, self.held = to, bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.held += data
        return len(data)

    def flush(self):
        if self.held:
            self.to.write(b"%x\r\n" % len(self.held) + bytes(self.held) + b"\r\n")
            self.to.flush()
            self.held.clear()


def form(body, boundary):
    fields = {}
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, value = part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1)
        name = re.search(rb'name="([^"]*)"', head)[1]
        fields[name.decode()] = value.removesuffix(b"\r\n").decode()
    return fields


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
