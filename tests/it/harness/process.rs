//! Child processes and files that do not outlive the test process, however it ends.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{LazyLock, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A new empty directory, removed when the value is dropped.
pub fn directory(prefix: &str) -> TempDir {
    tempfile::Builder::new().prefix(prefix).tempdir_in(root()).expect("the test root can be written")
}

/// The directory of everything this test process writes. Services write into it directly.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let root = std::env::temp_dir().join(format!("aqueduct-it-{}", process::id()));
        std::fs::create_dir_all(&root).expect("the directory for temporary files can be written");
        remove_at_exit(&root);
        root
    });
    &ROOT
}

/// Starts a program that is sent `signal` (`KILL`, `QUIT`…) as soon as the test process is gone, its output piped.
///
/// The child's id is the program's own. The kernel sends the signal when the *thread* that forked ends, and each test
/// has a thread of its own, so one thread that never ends starts all children.
pub fn spawn(signal: &str, program: &Command) -> Child {
    spawn_as(&[], signal, program)
}

/// The same as another user, chosen by options of `setpriv`. (One call must do both: who changes user loses the signal.)
pub fn spawn_as(user: &[&str], signal: &str, program: &Command) -> Child {
    type Order = (Command, mpsc::Sender<std::io::Result<Child>>);
    static STARTER: LazyLock<Mutex<mpsc::Sender<Order>>> = LazyLock::new(|| {
        let (orders, received) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in received {
                // Who ordered it waits for the answer, so it can always be delivered.
                drop(answer.send(command.spawn()));
            }
        });
        Mutex::new(orders)
    });

    let mut command = Command::new("setpriv");
    command.args(user).args(["--pdeathsig", signal, "--"]).arg(program.get_program()).args(program.get_args());
    for (key, value) in program.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    if let Some(directory) = program.get_current_dir() {
        command.current_dir(directory);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());

    let (answer, child) = mpsc::channel();
    STARTER.lock().expect("nothing panics under this lock").send((command, answer)).expect("the starter never ends");
    child
        .recv()
        .expect("the starter answers every order")
        .unwrap_or_else(|error| panic!("setpriv does not start ({error}): run scripts/setup"))
}

/// A port of 127.0.0.1 that was free a moment ago. Only for programs that cannot pick one themselves.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// Waits until something accepts connections on a port of 127.0.0.1; panics if the child ends or a minute passes.
pub fn wait_for_port(port: u16, child: &mut Child, what: &str) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let deadline = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(address).is_err() {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            let said = std::io::read_to_string(child.stderr.take().expect("stderr is piped")).unwrap_or_default();
            panic!("{what} ended with {status}:\n{said}");
        }
        assert!(Instant::now() < deadline, "{what} does not listen on {address} after a minute");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Reads a stream to its end so that its writer never blocks.
pub fn drain(stream: impl std::io::Read + Send + 'static) {
    let mut stream = stream;
    thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
}

/// Leaves a shell behind that waits for the end of this process and then removes the directory. No destructor of ours
/// runs when a test aborts or is killed; its standard input closes all the same.
fn remove_at_exit(directory: &Path) {
    let script = "trap '' INT TERM HUP; cat >/dev/null; sleep 2; rm -rf -- \"$1\"";
    let janitor = Command::new("sh")
        .args(["-c", script, "janitor"])
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts");
    // Its handle would close its standard input when dropped.
    std::mem::forget(janitor);
}
