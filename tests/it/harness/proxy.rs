//! A network between us and a server, which breaks when a test says so.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::JoinHandle,
};

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Nothing comes any more, in either direction, and nobody closes anything.
    Hang,
    /// Both ends get a reset.
    Reset,
    /// Both ends get a clean end.
    Close,
}

/// A port that leads to a server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    rule: Arc<Rule>,
    listener: JoinHandle<()>,
}

#[derive(Debug)]
struct Rule {
    accepted: AtomicUsize,
    /// What all connections do, those to come too.
    all: watch::Sender<Option<Break>>,
    /// The connection over which the last of so many bytes of the server comes breaks there.
    once: Mutex<Option<(usize, Break)>>,
}

impl Proxy {
    /// A port before `server` that lets everything through.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let rule =
            Arc::new(Rule { accepted: AtomicUsize::new(0), all: watch::Sender::new(None), once: Mutex::default() });
        let shared = Arc::clone(&rule);
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, rule, listener }
    }

    /// `url` of the server, with this port in its place.
    pub fn url(&self, url: &str) -> String {
        url.replace(&address(url).to_string(), &self.address.to_string())
    }

    /// Where this port is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections have been made.
    pub fn accepted(&self) -> usize {
        self.rule.accepted.load(Ordering::Relaxed)
    }

    /// Breaks all connections, and those to come.
    pub fn break_all(&self, how: Break) {
        self.rule.all.send_replace(Some(how));
    }

    /// Lets connections to come through again. Those that hang go on hanging until their client closes them.
    pub fn mend(&self) {
        self.rule.all.send_replace(None);
    }

    /// Ends the connections that there are now.
    pub async fn close_all(&self) {
        self.break_all(Break::Close);
        // They see only what is so for a while.
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.mend();
    }

    /// Breaks one connection: that over which the last of the next `bytes` of the server comes. No byte behind it does.
    pub fn break_after(&self, bytes: usize, how: Break) {
        *self.rule.once.lock().expect("nothing panics under this lock") = Some((bytes, how));
    }

    /// Has the connection been broken that [`Self::break_after`] spoke of?
    pub fn has_broken(&self) -> bool {
        self.rule.once.lock().expect("nothing panics under this lock").is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// The address in a URL, behind the user if there is one.
pub fn address(url: &str) -> SocketAddr {
    let (_, rest) = url.rsplit_once('@').or_else(|| url.split_once("://")).expect("it is a URL");
    rest.split('/').next().and_then(|text| text.parse().ok()).expect("the URL has an address")
}

async fn carry(mut client: TcpStream, server: SocketAddr, rule: Arc<Rule>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let mut all = rule.all.subscribe();
    let broken = async { all.wait_for(Option::is_some).await.map_or(None, |how| *how) };
    let how = tokio::select! {
        biased;
        how = broken => how.unwrap_or(Break::Close),
        how = forward(&mut client, &mut server, &rule) => how.unwrap_or(Break::Close),
    };
    match how {
        Break::Hang => wait_for_end(&mut client).await,
        Break::Reset => {
            drop(client.set_zero_linger());
            drop(server.set_zero_linger());
        }
        Break::Close => {}
    }
}

/// Until the client has closed its end.
async fn wait_for_end(client: &mut TcpStream) {
    while let Ok(1..) = client.read(&mut [0; 4096]).await {}
}

/// Until one of the two has closed its end, or it is to break.
async fn forward(client: &mut TcpStream, server: &mut TcpStream, rule: &Rule) -> io::Result<Break> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    tokio::select! {
        end = tokio::io::copy(&mut from_client, &mut to_server) => end.map(|_| Break::Close),
        end = answers(&mut from_server, &mut to_client, rule) => end,
    }
}

async fn answers(from: &mut tcp::ReadHalf<'_>, to: &mut tcp::WriteHalf<'_>, rule: &Rule) -> io::Result<Break> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(Break::Close);
        }
        let (passes, end) = rule.count(length);
        to.write_all(&buffer[..passes]).await?;
        if let Some(how) = end {
            return Ok(how);
        }
    }
}

impl Rule {
    /// How many of `length` bytes pass, and what happens then.
    fn count(&self, length: usize) -> (usize, Option<Break>) {
        let mut once = self.once.lock().expect("nothing panics under this lock");
        match *once {
            Some((left, how)) if left <= length => {
                *once = None;
                (left, Some(how))
            }
            Some((ref mut left, _)) => {
                *left -= length;
                (length, None)
            }
            None => (length, None),
        }
    }
}
