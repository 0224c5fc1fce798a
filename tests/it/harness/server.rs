//! The server under test: the real binary as a child process.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{flight::Flight, http::Http, process};

/// How long a debug build may take to start, with other tests running.
const START: Duration = Duration::from_mins(1);

/// A running `aqueduct serve`, killed when the value is dropped.
#[derive(Debug)]
pub struct Server {
    /// The HTTP door.
    pub http: SocketAddr,
    /// The Flight door.
    pub flight: SocketAddr,
    /// `/livez` and `/readyz`.
    pub admin: SocketAddr,
    child: Child,
    log: Arc<Mutex<String>>,
}

/// A command of the binary on a project, to be given its arguments. Nothing of the environment's settings reaches it.
pub fn aqueduct(project: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aqueduct"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AQUEDUCT_") {
            command.env_remove(name);
        }
    }
    command.arg("-C").arg(project);
    command
}

impl Server {
    /// Starts on free ports, with these variables in the environment, and waits until it is ready. Panics with the log
    /// when it does not start.
    pub async fn start(project: &Path, environment: &[(&str, &str)]) -> Self {
        let server = Self::start_unready(project, environment);
        server.wait_until_ready().await;
        server
    }

    /// Starts, and returns as soon as the doors are open, ready or not.
    pub fn start_unready(project: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = aqueduct(project);
        command.arg("serve");
        for door in ["HTTP", "FLIGHT", "ADMIN"] {
            command.env(format!("AQUEDUCT_SERVER__{door}"), "127.0.0.1:0");
        }
        command.envs(environment.iter().copied());
        let mut child = process::spawn("KILL", &command);

        let log = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let logged = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                writeln!(logged.lock().expect("nothing panics under this lock"), "{line}").expect("a string takes all");
            }
        });

        let (lines, first) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        thread::spawn(move || {
            let mut line = String::new();
            // A broken pipe is an empty line, which no address is found in.
            stdout.read_line(&mut line).ok();
            lines.send(line).ok();
            process::drain(stdout);
        });
        let line = first.recv_timeout(START).unwrap_or_default();
        let (Some(http), Some(flight), Some(admin)) =
            (address(&line, "http"), address(&line, "flight"), address(&line, "admin"))
        else {
            child.kill().ok();
            let status = child.wait();
            reader.join().ok();
            let log = log.lock().expect("nothing panics under this lock");
            panic!("the server printed {line:?} instead of its addresses and ended with {status:?}; its log:\n{log}");
        };
        Self { http, flight, admin, child, log }
    }

    /// Waits until `/readyz` says 200.
    pub async fn wait_until_ready(&self) {
        let client = reqwest::Client::new();
        let deadline = Instant::now() + START;
        loop {
            let answer = client.get(format!("http://{}/readyz", self.admin)).send().await;
            if answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < deadline, "the server is not ready: {answer:?}; its log:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A client of the HTTP door, without credentials.
    pub fn http(&self) -> Http {
        Http::new(self.http)
    }

    /// A client of the Flight door, without credentials.
    pub async fn flight(&self) -> Flight {
        Flight::connect(self.flight).await
    }

    /// Everything it has written to standard error.
    pub fn log(&self) -> String {
        self.log.lock().expect("nothing panics under this lock").clone()
    }

    /// Does it log `text`, now or soon? Lines are written behind the answers that they tell of.
    pub async fn logs(&self, text: &str) -> bool {
        for _ in 0..100 {
            if self.log().contains(text) {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        false
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Bytes of memory it holds now.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most bytes of memory it ever held.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Sends a signal by its name: `TERM`, `INT`.
    pub fn signal(&self, name: &str) {
        super::tools::output(Command::new("sh").args(["-c", &format!("kill -s {name} {}", self.pid())]));
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub fn terminate(self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it has ended, at most a minute.
    pub fn wait(mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end; its log:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn memory(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the server runs");
        let line = status.lines().find(|line| line.starts_with(field)).expect("the kernel reports memory");
        let kibibytes: u64 =
            line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("it is a number of kB");
        kibibytes * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// `ADDR` of `name=ADDR` in `listening http=ADDR flight=ADDR admin=ADDR`.
fn address(line: &str, name: &str) -> Option<SocketAddr> {
    let fields = line.strip_prefix("listening ")?;
    fields.split_whitespace().find_map(|field| field.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}
