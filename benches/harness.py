"""What the benchmarks share: processes and what they used, an own Postgres with TPC-H data, Aqueduct serving a project."""

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

DATABASE = "tpch"

# Column types as the TPC-H specification has them, where it leaves a choice the usual one.
LINEITEM = """
    l_orderkey bigint NOT NULL, l_partkey integer NOT NULL, l_suppkey integer NOT NULL, l_linenumber integer NOT NULL,
    l_quantity numeric(15,2) NOT NULL, l_extendedprice numeric(15,2) NOT NULL, l_discount numeric(15,2) NOT NULL,
    l_tax numeric(15,2) NOT NULL, l_returnflag char(1) NOT NULL, l_linestatus char(1) NOT NULL,
    l_shipdate date NOT NULL, l_commitdate date NOT NULL, l_receiptdate date NOT NULL,
    l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL, l_comment varchar(44) NOT NULL"""
CUSTOMER = """
    c_custkey {key} NOT NULL, c_name varchar(25) NOT NULL, c_address varchar(40) NOT NULL, c_nationkey integer NOT NULL,
    c_phone char(15) NOT NULL, c_acctbal numeric(15,2) NOT NULL, c_mktsegment char(10) NOT NULL,
    c_comment varchar(117) NOT NULL"""
TABLES = {
    "lineitem": (LINEITEM, "l_orderkey, l_linenumber"),
    "customer": (CUSTOMER.format(key="bigint"), "c_custkey"),
}

SETTINGS = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "fsync=off",
    "full_page_writes=off",
    "client_min_messages=warning",
    # Everything is loaded and vacuumed; nothing should wake up in the middle of a measurement.
    "autovacuum=off",
]


def parser(description, runs):
    """The options of every benchmark."""
    root = pathlib.Path(__file__).parent.parent
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=runs, help="how often each is measured (%(default)s)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FOLDER", help="write all figures of all runs there too")
    parser.add_argument("--programs", type=pathlib.Path, default=root / "target/release", help="the folder of aqueduct")
    parser.add_argument("--cache", type=pathlib.Path, default=root / ".cache", help="the folder of data made once")
    return parser


def write_json(arguments, name, figures):
    if arguments.json:
        arguments.json.mkdir(parents=True, exist_ok=True)
        (arguments.json / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")


def medians(runs):
    """The median of each figure over runs that have the same figures."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def generator():
    """The program that makes TPC-H data."""
    return pathlib.Path(sys.executable).with_name("tpchgen-cli")


@contextlib.contextmanager
def temporary_folder():
    with tempfile.TemporaryDirectory(prefix="aqueduct-bench-") as folder:
        yield pathlib.Path(folder)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process, patience=30):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    sys.exit(f"{process.args} did not listen on {port}")


def children(pid):
    return map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def peak_memory(pid):
    """The most resident memory that a process ever had, and its children that live, in MB; 0 when it has ended."""
    with contextlib.suppress(OSError):
        if found := re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text()):
            return int(found[1]) / 1000 + sum(map(peak_memory, children(pid)))
    return 0.0


def cpu_seconds(pid):
    """Processor time of a process, of its children that live, and of those that it has waited for."""
    with contextlib.suppress(OSError):
        # Behind the program's name, which may contain anything.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_seconds, children(pid)))
    return 0.0


@contextlib.contextmanager
def running(command, environment=None, stderr=subprocess.DEVNULL, end=signal.SIGKILL):
    """A process that is there as long as the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env={**os.environ, **(environment or {})})
    try:
        yield process
    finally:
        process.send_signal(end)
        process.wait()


@dataclasses.dataclass
class Spent:
    """What a process that ran to its end printed and used."""

    output: str
    seconds: float
    cpu: float
    memory: float


def spend(command, stdin=None, stdout=subprocess.PIPE):
    """Runs a program that prints little, or whose output goes elsewhere."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout)
    descriptor = os.pidfd_open(process.pid)
    memory = 0.0
    # The memory that the kernel reports of an ended child includes its parent's; a living one's does not.
    while not select.select([descriptor], [], [], 0.02)[0]:
        memory = max(memory, peak_memory(process.pid))
    os.close(descriptor)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}")
    text = process.stdout.read().decode() if process.stdout else ""
    return Spent(text, seconds, usage.ru_utime + usage.ru_stime, memory)


def get(port, path):
    """The whole body of an answer, and the seconds from sending the request, over a connection that is there already."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=3600)) as connection:
        connection.connect()
        began = time.monotonic()
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        seconds = time.monotonic() - began
    if response.status != 200:
        sys.exit(f"{path} answered {response.status}: {body.decode()}")
    return body, seconds


def project(root, settings, catalogs, queries):
    """Writes a project: the text of aqueduct.yaml, of each catalog by its name, of each query by its name."""
    (root / "catalogs").mkdir(parents=True)
    (root / "aqueduct.yaml").write_text(settings)
    for name, text in catalogs.items():
        (root / "catalogs" / f"{name}.yaml").write_text(text)
    for name, text in queries.items():
        path = root / "queries" / (name.replace(".", "/") + ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@contextlib.contextmanager
def aqueduct(programs, root, log=subprocess.DEVNULL, environment=None):
    """A server of the project: its process and its ports by door."""
    doors = {f"AQUEDUCT_SERVER__{door}": "127.0.0.1:0" for door in ("HTTP", "FLIGHT", "ADMIN")}
    with running([programs / "aqueduct", "-C", str(root), "serve"], {**doors, **(environment or {})}, log) as process:
        line = process.stdout.readline().decode()
        if not line:
            sys.exit(f"aqueduct does not serve {root}")
        yield process, {door: int(port) for door, port in re.findall(r"(\w+)=127\.0\.0\.1:(\d+)", line)}


class Postgres:
    """A server of this machine's Postgres whose files stay in a folder, so that they are made once."""

    def __init__(self, cache):
        self.folder = cache.resolve() / "bench-postgres"
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not programs:
            sys.exit("Postgres is missing: run scripts/setup")
        self.programs = programs[-1]
        self.version = self.programs.parent.name
        self.port = free_port()
        # It refuses to be root.
        self.user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        self.process = None

    @property
    def url(self):
        return self.url_of(DATABASE)

    def url_of(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def psql(self, *commands, database=DATABASE, **options):
        """Runs commands in one transaction and gives what they print."""
        program = [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url_of(database)]
        if len(commands) > 1:
            program.append("-1")
        for command in commands:
            program += ["-c", command]
        return subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True, **options).stdout.strip()

    def as_user(self, command):
        """The command as a user that Postgres accepts; should this process die, it is asked to shut down."""
        return ["setpriv", *self.user, "--pdeathsig", "INT", "--", *map(str, command)]

    @contextlib.contextmanager
    def running(self):
        data = self.folder / f"data-{self.version}"
        if not (data / "PG_VERSION").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.user:
                subprocess.run(["chown", "postgres:postgres", self.folder], check=True)
            initdb = [self.programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
            initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
            subprocess.run(self.as_user(initdb), check=True, cwd=self.folder, stdout=subprocess.DEVNULL)
        command = [self.programs / "postgres", "-D", data, "-p", self.port]
        for setting in SETTINGS:
            command += ["-c", setting]
        # INT is its fast shutdown: files that nobody syncs must be left whole.
        with (self.folder / "log").open("wb") as log, running(self.as_user(command), stderr=log, end=signal.SIGINT) as process:
            self.process = process
            wait_for(self.port, process)
            # It listens a moment before it accepts sessions.
            while subprocess.run([self.programs / "pg_isready", "-q", "-d", self.url]).returncode != 0:
                time.sleep(0.05)
            yield self

    def cpu(self):
        """Processor time of all its processes so far, of those that have ended too."""
        return cpu_seconds(self.process.pid)

    def cpu_when_idle(self):
        """The same when nobody is connected any more: a backend ends a moment after its client."""
        while self.psql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") != "1":
            time.sleep(0.02)
        return self.cpu()

    def load(self):
        """The database that benchmarks read unless they say otherwise."""
        self.make_once(DATABASE, self.fill)

    def make_once(self, name, fill):
        """Makes a database of TPC-H at scale factor 1 unless it is there. It gets its name when it is complete."""
        if self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'", database="postgres"):
            return
        print(f"loading TPC-H at scale factor 1 into Postgres as {name}, once", file=sys.stderr)
        self.psql("DROP DATABASE IF EXISTS loading", database="postgres")
        self.psql("CREATE DATABASE loading", database="postgres")
        fill("loading")
        # Sets the hint bits, which the first reader would set otherwise, and gathers the planner's statistics.
        self.psql("VACUUM ANALYZE", database="loading")
        self.psql("CHECKPOINT", database="loading")
        self.psql(f"ALTER DATABASE loading RENAME TO {name}", database="postgres")

    def fill(self, database):
        for table, (columns, key) in TABLES.items():
            self.generate(database, table, columns, key)
        self.psql(
            f"CREATE TABLE customer_int4 ({CUSTOMER.format(key='integer')})",
            "INSERT INTO customer_int4 SELECT * FROM customer",
            "ALTER TABLE customer_int4 ADD PRIMARY KEY (c_custkey)",
            database=database,
        )

    def generate(self, database, table, columns, key):
        """Makes a table of TPC-H with its rows and its primary key."""
        command = [generator(), "csv", "-s", "1", "--tables", table, "--stdout"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as rows:
            self.psql(
                f"CREATE TABLE {table} ({columns})",
                f"COPY {table} FROM STDIN (FORMAT csv, HEADER)",
                f"ALTER TABLE {table} ADD PRIMARY KEY ({key})",
                database=database,
                stdin=rows.stdout,
            )
        if rows.returncode != 0:
            sys.exit(f"{command} ended with {rows.returncode}")
