"""Gets one page that is kept (100 rows, some 10 KB of JSON) over HTTP at 64 keep-alive connections of wrk.

Aqueduct beside nginx, which sends the same bytes out of a file: without credentials, with an API key, and with an
`If-None-Match` that fits (304). All take turns, each in a fresh process that is warmed up first, on the cores that wrk takes
its share of.
"""

import contextlib
import gzip
import hashlib
import http.client
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys

import harness

CONNECTIONS = 64
PATH = "/v1/shop/customers"
QUERY = """/*---
name: shop.customers
version: 1
description: Customers by number.
cache: {ttl: 1h}
page: {key: [id]}
access: public
---*/
SELECT id, name, region, balance FROM lake.customers
"""
ROWS = 1000
NGINX, ANONYMOUS, KEY, NOT_MODIFIED, FILE_NOT_MODIFIED = (
    "nginx, a file",
    "aqueduct",
    "aqueduct, API key",
    "aqueduct, 304",
    "nginx, 304",
)
# As Debian has it: workers as cores, sendfile, a log line for each request.
SETTINGS = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes auto;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types {{ application/json json; }}
    access_log {folder}/access.log;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/static; }}
}}
"""


class Contest:
    """The services and how each is started."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.key = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.key.encode()).hexdigest()
        settings = f'auth: {{anonymous: true, keys: [{{id: bench, hash: "sha256:{digest}"}}]}}\n'
        catalog = "kind: files\nlocation: lake/\ndiscover: true\n"
        self.project = harness.project(folder / "project", settings, {"lake": catalog}, {"shop.customers": QUERY})
        (self.project / "lake").mkdir()
        rows = (
            {"id": n, "name": f"Customer#{n:09}", "region": ("EUROPE", "AMERICA", "ASIA")[n % 3], "balance": n * 1.25}
            for n in range(ROWS)
        )
        (self.project / "lake/customers.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def contestants(self):
        """A label, how to start the service, its path, and what a request carries besides."""
        yield NGINX, self.nginx, "/page.json", {}
        yield ANONYMOUS, self.aqueduct, PATH, {}
        yield KEY, self.aqueduct, PATH, {"X-API-Key": self.key}
        yield FILE_NOT_MODIFIED, self.nginx, "/page.json", {"If-None-Match": None}
        yield NOT_MODIFIED, self.aqueduct, PATH, {"If-None-Match": None}

    @contextlib.contextmanager
    def aqueduct(self):
        # As it comes: a line of its log for each request, here into a file.
        with (self.folder / "log").open("wb") as log:
            with harness.aqueduct(self.arguments.programs, self.project, log) as (process, doors):
                yield process, doors["http"]

    @contextlib.contextmanager
    def nginx(self):
        folder = self.folder / "nginx"
        (folder / "static").mkdir(parents=True, exist_ok=True)
        (folder / "static/page.json").write_bytes(self.page())
        # Its workers are another user, unless it is started by one.
        for path in (self.folder, folder, folder / "static"):
            path.chmod(0o755)
        port = harness.free_port()
        (folder / "nginx.conf").write_text(SETTINGS.format(folder=folder, port=port))
        command = [program(self.arguments.cache), "-e", folder / "error.log", "-c", folder / "nginx.conf"]
        with harness.running(list(map(str, command)), end=harness.signal.SIGTERM) as process:
            harness.wait_for(port, process)
            yield process, port

    def page(self):
        """The bytes of Aqueduct's own answer."""
        if not hasattr(self, "kept"):
            with self.aqueduct() as (_, port):
                self.kept, _ = harness.get(port, PATH)
        return self.kept

    def first(self, port, path, headers):
        """The headers of a request as it is measured; its answer must be the page, or say that it is unchanged."""
        status, tag, body = ask(port, path, {name: value for name, value in headers.items() if value})
        if status != 200 or len(body) != len(self.page()):
            sys.exit(f"{path} answered {status} with {len(body)} bytes: {body[:200]}")
        if "If-None-Match" not in headers:
            return headers
        headers = {**headers, "If-None-Match": tag}
        status, _, body = ask(port, path, headers)
        if status != 304 or body:
            sys.exit(f"{path} answered {status} with {len(body)} bytes to If-None-Match: {tag}")
        return headers

    def load(self, port, path, headers, seconds):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"]
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        command += ["-s", pathlib.Path(__file__).with_name("cached.lua"), f"http://127.0.0.1:{port}{path}"]
        wrk = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(wrk.stdout.splitlines()[-1])

    def measure(self, start, path, headers):
        with start() as (process, port):
            headers = self.first(port, path, headers)
            self.load(port, path, headers, 1)
            before = harness.cpu_seconds(process.pid)
            outcome = self.load(port, path, headers, self.arguments.seconds)
            cpu = harness.cpu_seconds(process.pid) - before
            memory = harness.peak_memory(process.pid)
        if outcome["not_2xx"] or outcome["broken"]:
            sys.exit(f"{process.args}: {outcome}")
        return {
            "per_second": outcome["requests"] / outcome["seconds"],
            "p50_ms": outcome["p50_ms"],
            "p99_ms": outcome["p99_ms"],
            "cpu_us": cpu / outcome["requests"] * 1e6,
            "peak_mb": memory,
        }


def program(cache):
    """Debian's nginx: unpacked by benches/run, where it is not installed."""
    found = shutil.which("nginx", path=os.pathsep.join([str(cache / "nginx/usr/sbin"), os.environ["PATH"], "/usr/sbin"]))
    return found or sys.exit("nginx is missing: benches/run cached unpacks it")


def ask(port, path, headers):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers["ETag"], response.read()


def main():
    parser = harness.parser(__doc__, runs=5)
    parser.add_argument("--seconds", type=int, default=8, help="of load for each measurement (%(default)s)")
    arguments = parser.parse_args()

    runs = {}
    with harness.temporary_folder() as folder:
        contest = Contest(arguments, folder)
        size = len(contest.page())
        for _ in range(arguments.runs):
            for label, start, path, headers in contest.contestants():
                runs.setdefault(label, []).append(contest.measure(start, path, headers))

    results = {label: harness.medians(figures) for label, figures in runs.items()}
    packed = len(gzip.compress(contest.page(), 1))
    print(f"{size:,} bytes ({packed:,} with gzip, which nobody asks for), {CONNECTIONS} connections, {arguments.runs} runs, medians\n")
    print(f"{'':20}{'requests/s':>12}{'p50':>10}{'p99':>10}{'CPU/request':>13}{'peak memory':>13}{'to nginx':>10}")
    for label, figures in results.items():
        beside = results[FILE_NOT_MODIFIED if "304" in label else NGINX]
        print(
            f"{label:20}{figures['per_second']:>12,.0f}{figures['p50_ms']:>7.2f} ms{figures['p99_ms']:>7.2f} ms"
            f"{figures['cpu_us']:>10.1f} µs{figures['peak_mb']:>10.0f} MB{figures['per_second'] / beside['per_second']:>9.2f}×"
        )
    harness.write_json(arguments, "cached", {"bytes": size, "medians": results, "runs": runs})


if __name__ == "__main__":
    main()
