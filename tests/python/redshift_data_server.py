"""The Redshift Data API, and what gives passwords for Redshift, over a server that speaks Redshift's wire.

redshift_data_server.py PORT KEY_ID SECRET_KEY USER PASSWORD. A warehouse is called `NAME-PORT`, and listens on that port of
this machine. Signatures are computed again from what came
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

- ExecuteStatement, DescribeStatement, GetStatementResult, CancelStatement: their pages in
  https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Operations.html; values as its `Field` has them. A
  parameter has a letter at least (`SqlParameter`), a statement 100 kB ("Considerations when calling the Data API").
- GetCredentials: https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_GetCredentials.html
- GetClusterCredentials, GetClusterCredentialsWithIAM:
  https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html

`POST /treat` says how a database is treated from now on: `throttle` (so many calls are refused, with Retry-After), `skew`
(the service's clock is so many seconds ahead), `page` (rows of a page), `expire` (sessions are over), `credentials` (they
are expired), `malformed` (the kind of nonsense), `abort`, `busy` (so many statements are refused), `lifetime` of tokens in
seconds, `lose` (the connection is closed instead of a page). What goes wrong with results does so over the table `numbers` only. `GET /log` tells of every call.
"""

import collections
import datetime
import hashlib
import hmac
import json
import math
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse
import uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, KEY_ID, SECRET, USER, PASSWORD = sys.argv[1:]
log, treatments = [], collections.defaultdict(dict)
statements, sessions, tokens = {}, {}, {}
guard = threading.Lock()


class Refused(Exception):
    def __init__(self, code, message, status=400, headers=()):
        super().__init__(message)
        self.code, self.message, self.status, self.headers = code, message, status, dict(headers)


class Failed(Exception):
    """What the database said."""


class Wire:
    """As much of Postgres' protocol as is needed: results are text."""

    def __init__(self, port, database):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.port, self.file = port, self.socket.makefile("rb")
        fields = {"user": USER, "database": database, "DateStyle": "ISO, MDY", "TimeZone": "UTC", "client_encoding": "UTF8"}
        body = struct.pack("!i", 196608) + b"".join(f"{k}\0{v}\0".encode() for k, v in fields.items()) + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        for kind, body in self.messages():
            if kind == b"R" and body[:4] == b"\0\0\0\3":
                self.send(b"p", PASSWORD.encode() + b"\0")
            elif kind == b"K":
                self.key = body

    def send(self, kind, body=b""):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def messages(self):
        error = None
        while True:
            head = self.file.read(5)
            if len(head) < 5:
                raise Failed("the connection is lost")
            kind, length = head[:1], struct.unpack("!i", head[1:])[0]
            body = self.file.read(length - 4)
            if kind == b"E":
                fields = dict((part[:1], part[1:].decode()) for part in body.split(b"\0") if part)
                error = "ERROR: " + fields[b"M"]
                if fields[b"S"] == "FATAL":
                    raise Failed(error)
            elif kind == b"Z":
                if error:
                    raise Failed(error)
                return
            else:
                yield kind, body

    def run(self, sql, values):
        self.send(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!h", len(values)) + struct.pack("!i", 1043) * len(values))
        self.send(b"D", b"S\0")
        bound = b"".join(struct.pack("!i", len(value.encode())) + value.encode() for value in values)
        self.send(b"B", b"\0\0" + struct.pack("!hh", 0, len(values)) + bound + struct.pack("!h", 0))
        self.send(b"E", b"\0" + struct.pack("!i", 0))
        self.send(b"S")
        columns, rows = [], []
        for kind, body in self.messages():
            if kind == b"T":
                columns, at = [], 2
                while at < len(body):
                    end = body.index(b"\0", at)
                    columns.append((body[at:end].decode(), struct.unpack("!i", body[end + 7:end + 11])[0]))
                    at = end + 19
            elif kind == b"D":
                row, at = [], 2
                for _ in range(struct.unpack("!h", body[:2])[0]):
                    length = struct.unpack("!i", body[at:at + 4])[0]
                    row.append(None if length < 0 else body[at + 4:at + 4 + length].decode())
                    at += 4 + max(length, 0)
                rows.append(row)
        return columns, rows

    def cancel(self):
        with socket.create_connection(("127.0.0.1", self.port)) as other:
            other.sendall(struct.pack("!ii", 16, 80877102) + self.key)


def field(oid, text):
    """https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html"""
    if text is None:
        return {"isNull": True}
    if oid == 16:
        return {"booleanValue": text == "t"}
    if oid in (20, 21, 23):
        return {"longValue": int(text)}
    if oid in (700, 701):
        number = float(text)
        name = "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
        return {"doubleValue": number if math.isfinite(number) else name}
    return {"stringValue": text}


def verify(handler, body, service):
    """The signature, and the time when it was made."""
    given = handler.headers.get("Authorization", "")
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
                         r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})", given)
    if not match:
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    key_id, day, region, name, names, signature = match.groups()
    if key_id != KEY_ID:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
    if name != service or region != "eu-central-1" or not {"host", "x-amz-date"} <= set(names.split(";")):
        raise Refused("InvalidSignatureException", "Credential should be scoped to a valid Region.", 403)
    headers = "".join(f"{header}:{handler.headers[header].strip()}\n" for header in names.split(";"))
    canonical = f"POST\n/\n\n{headers}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    date = handler.headers["X-Amz-Date"]
    scope = f"{day}/{region}/{name}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + SECRET).encode()
    for part in (day, region, name, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() != signature or not date.startswith(day):
        raise Refused("InvalidSignatureException", "The request signature we calculated does not match.", 403)
    return datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()


def port_of(body):
    return int((body.get("WorkgroupName") or body.get("ClusterIdentifier")).rsplit("-", 1)[1])


def execute(body):
    if body.get("SessionId"):
        session = sessions.get(body["SessionId"])
        if not session:
            raise Refused("ValidationException", "Session is not available.")
        if body.keys() & {"Database", "WorkgroupName", "ClusterIdentifier", "DbUser"}:
            raise Refused("ValidationException", "SessionId cannot be used with Database or WorkgroupName.")
    else:
        session = {"id": str(uuid.uuid4()), "database": body["Database"], "wire": None, "port": port_of(body)}
    how = treatments[session["database"]]
    if how.get("busy"):
        how["busy"] -= 1
        raise Refused("ActiveStatementsExceededException", "Active statements exceeded the allowed quota.")
    if len(body["Sql"]) > 100_000:
        raise Refused("ValidationException", "Statement is too long.")
    parameters = body.get("Parameters", [])
    if any(not parameter["value"] for parameter in parameters):
        raise Refused("ValidationException", "Parameter values have a minimum length of 1.")
    with guard:
        for other in statements.values():
            if other["token"] == body.get("ClientToken"):
                return other["answer"]
    names, bare = [parameter["name"] for parameter in parameters], re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", body["Sql"])
    if set(re.findall(r":(\w+)", bare)) != set(names):
        raise Refused("ValidationException", "Parameters list contains unused or missing parameters.")
    sql = re.sub(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|:(\w+)",
                 lambda found: found[1] or f"${names.index(found[2]) + 1}", body["Sql"])
    statement = {"id": str(uuid.uuid4()), "status": "SUBMITTED", "session": session, "token": body.get("ClientToken"),
                 "sql": body["Sql"], "database": session["database"]}
    statement["answer"] = {"Id": statement["id"], "CreatedAt": time.time(), "Database": session["database"]}
    if body.get("SessionKeepAliveSeconds") or body.get("SessionId"):
        sessions[session["id"]] = session
        statement["answer"]["SessionId"] = session["id"]
    statements[statement["id"]] = statement
    threading.Thread(target=run, args=(statement, sql, [parameter["value"] for parameter in parameters]), daemon=True).start()
    return statement["answer"]


def run(statement, sql, values):
    session = statement["session"]
    try:
        if session["wire"] is None:
            session["wire"] = Wire(session["port"], session["database"])
        statement["status"] = "STARTED"
        how = treatments[session["database"]]
        if how.get("abort") and '"numbers"' in sql:
            statement["status"] = "ABORTED"
            return
        statement["columns"], statement["rows"] = session["wire"].run(sql, values)
        statement["status"] = "FINISHED"
    except (Failed, OSError) as error:
        statement["error"] = str(error)
        statement["status"] = "ABORTED" if statement.get("cancelled") else "FAILED"


def describe(body):
    statement = known(body)
    answer = {"Id": statement["id"], "Status": statement["status"], "QueryString": statement["sql"]}
    if "error" in statement:
        answer["Error"] = statement["error"]
    if treatments[statement["database"]].get("malformed") == "status" and '"numbers"' in statement["sql"]:
        answer["Status"] = "DONE"
    return answer


def result(body):
    statement = known(body)
    if statement["status"] != "FINISHED":
        raise Refused("ResourceNotFoundException", "Query does not have result. Please check query status with DescribeStatement.")
    how = treatments[statement["database"]]
    start, size = int(body.get("NextToken", "t0")[1:]), how.get("page", 1000)
    if how.get("lose") and start and '"numbers"' in statement["sql"]:
        raise ConnectionAbortedError
    columns, rows = statement["columns"], statement["rows"]
    answer = {
        "ColumnMetadata": [{"name": name, "label": name, "typeName": str(oid)} for name, oid in columns],
        "Records": [[field(oid, text) for (_, oid), text in zip(columns, row)] for row in rows[start:start + size]],
        "TotalNumRows": len(rows),
    }
    if start + size < len(rows):
        answer["NextToken"] = f"t{start + size}"
    match how.get("malformed") if '"numbers"' in statement["sql"] else "":
        case "records":
            answer["Records"] = "none"
        case "field":
            answer["Records"] = [[{"blobValue": "AA=="} for _ in row] for row in answer["Records"]]
        case "width":
            answer["Records"] = [row + [{"isNull": True}] for row in answer["Records"]]
        case "token":
            answer["NextToken"] = "t0"
    return answer


def known(body):
    if body["Id"] not in statements:
        raise Refused("ResourceNotFoundException", "Query does not exist.")
    return statements[body["Id"]]


def cancel(body):
    statement = known(body)
    if statement["status"] in ("FINISHED", "FAILED", "ABORTED"):
        raise Refused("ValidationException", f"Could not cancel a query that is already in {statement['status']} state")
    statement["cancelled"] = True
    statement["session"]["wire"].cancel()
    return {"Status": True}


def credentials(body):
    seconds = treatments[body["dbName"]].get("lifetime", 900)
    return {"dbUser": "IAM:reader", "dbPassword": f"token-{uuid.uuid4()}", "expiration": time.time() + seconds}


def cluster_credentials(form):
    seconds = treatments[form["DbName"]].get("lifetime", 900)
    expires = datetime.datetime.fromtimestamp(time.time() + seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    action = form["Action"]
    return (f'<{action}Response xmlns="http://redshift.amazonaws.com/doc/2012-12-01/"><{action}Result>'
            f"<DbUser>IAM:reader</DbUser><Expiration>{expires}</Expiration><DbPassword>token-&lt;&amp;{uuid.uuid4()}</DbPassword>"
            f"</{action}Result></{action}Response>")


OPERATIONS = {
    "RedshiftData.ExecuteStatement": execute,
    "RedshiftData.DescribeStatement": describe,
    "RedshiftData.GetStatementResult": result,
    "RedshiftData.CancelStatement": cancel,
    "RedshiftServerless.GetCredentials": credentials,
}


def database_of(body):
    for key in ("Database", "dbName", "DbName"):
        if body.get(key):
            return body[key]
    session, statement = sessions.get(body.get("SessionId")), statements.get(body.get("Id"))
    return (session or statement or {"database": ended.get(body.get("SessionId"), "?")})["database"]


ended = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Date", formatdate(time.time() + self.skew, usegmt=True))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    skew = 0

    def do_GET(self):
        self.answer(200, json.dumps(log).encode())

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/treat":
            treated = json.loads(text)
            treatments[treated["database"]].update(treated["how"])
            if treated["how"].get("expire"):
                for key in [key for key, session in sessions.items() if session["database"] == treated["database"]]:
                    ended[key] = sessions.pop(key)["database"]
            return self.answer(200, b"")
        target = self.headers.get("X-Amz-Target")
        is_form = target is None
        body = dict(urllib.parse.parse_qsl(text.decode())) if is_form else json.loads(text)
        operation = body["Action"] if is_form else target
        database = database_of(body)
        how = treatments[database]
        self.skew = how.get("skew", 0)
        entry = {"database": database, "operation": operation.split(".")[-1], "body": body, "status": 200,
                 "sql": statements.get(body.get("Id"), {}).get("sql")}
        log.append(entry)
        try:
            service = "redshift" if is_form else "redshift-data" if target.startswith("RedshiftData.") else "redshift-serverless"
            made = verify(self, text, service)
            if abs(made - time.time() - self.skew) > 300:
                raise Refused("InvalidSignatureException", "Signature expired: it is not from now.", 403)
            if how.get("credentials"):
                raise Refused("ExpiredTokenException", "The security token included in the request is expired", 403)
            if how.get("throttle"):
                how["throttle"] -= 1
                raise Refused("ThrottlingException", "Rate exceeded", 400, {"Retry-After": "1"})
            if is_form:
                return self.answer(200, cluster_credentials(body).encode(), {"Content-Type": "text/xml"})
            if how.get("malformed") == "json" and '"numbers"' in body.get("Sql", ""):
                return self.answer(200, b"<html>")
            self.answer(200, json.dumps(OPERATIONS[target](body)).encode(), {"Content-Type": "application/x-amz-json-1.1"})
        except ConnectionAbortedError:
            entry["status"] = 0
            self.close_connection = True
        except Refused as refused:
            entry["status"], entry["code"] = refused.status, refused.code
            said = {"__type": f"com.amazonaws.redshiftdata#{refused.code}", "message": refused.message}
            body = json.dumps(said).encode()
            if is_form:
                body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{refused.code}</Code><Message>{refused.message}</Message></Error></ErrorResponse>".encode()
            self.answer(refused.status, body, refused.headers)


ThreadingHTTPServer(("127.0.0.1", int(PORT)), Handler).serve_forever()
