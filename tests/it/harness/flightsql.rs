//! Real servers of Flight SQL over Parquet files: ROAPI, and Sail, which speaks Spark's SQL. One of its own for each test.

use std::{
    path::Path,
    process::{Child, Command},
};

use super::{process, tools};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Roapi,
    Sail,
}

/// A running server; it ends when the value is dropped.
pub struct Server {
    pub port: u16,
    child: Child,
}

impl Server {
    /// Serves each file `name.parquet` of the folder as the table `name`.
    pub async fn over(kind: Kind, folder: &Path) -> Self {
        let port = process::free_port();
        let files = std::fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("a file").path());
        let tables: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).collect();
        let name = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).expect("in UTF-8").to_owned();
        let mut command = match kind {
            Kind::Roapi => {
                let mut command = Command::new(tools::python_tool("roapi"));
                let [http, postgres] = [(); 2].map(|()| format!("127.0.0.1:{}", process::free_port()));
                command.args(["-a", &http, "-p", &postgres, "--addr-flight-sql", &format!("127.0.0.1:{port}")]);
                for path in &tables {
                    command.arg("-t").arg(format!("{}={}", name(path), path.display()));
                }
                command
            }
            Kind::Sail => {
                let mut command = Command::new(tools::python_tool("sail"));
                command.args(["flight", "server", "--port", &port.to_string()]);
                command
            }
        };
        command.current_dir(folder);
        let mut child = process::spawn("KILL", &command);
        process::wait_for_port(port, &mut child, "the Flight SQL server");
        process::drain(child.stdout.take().expect("stdout is piped"));
        process::drain(child.stderr.take().expect("stderr is piped"));
        let server = Self { port, child };
        if kind == Kind::Sail {
            for path in &tables {
                server
                    .execute(&format!("CREATE TABLE `{}` USING parquet LOCATION '{}'", name(path), path.display()))
                    .await;
            }
        }
        server
    }

    /// A catalog of it.
    pub fn catalog(&self) -> String {
        format!("kind: flightsql\nurl: grpc://127.0.0.1:{}\nrefresh: 1s\n", self.port)
    }

    /// Runs a statement and reads its rows.
    pub async fn execute(&self, sql: &str) {
        let url = format!("http://127.0.0.1:{}", self.port);
        let channel = tonic::transport::Endpoint::from_shared(url).expect("a URL").connect().await.expect("it listens");
        let mut client = arrow_flight::sql::client::FlightSqlServiceClient::new(channel);
        let info = client.execute(sql.to_owned(), None).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        for endpoint in info.endpoint {
            let rows = client.do_get(endpoint.ticket.expect("a ticket")).await.expect("rows");
            futures::TryStreamExt::try_collect::<Vec<_>>(rows).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it is ours");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
