//! A port before Postgres that alters the statements that go through: so the product under test stays as it is.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    task::JoinHandle,
};

use crate::harness::proxy::address;

type Alter = dyn Fn(&str) -> String + Send + Sync;

/// Asks for TLS or GSSAPI are answered by one byte and followed by another first message.
const ASKS: [i32; 2] = [80_877_103, 80_877_104];

/// The port. It closes when this is dropped.
pub struct Wire {
    /// The server's URL with this port in it.
    pub url: String,
    listener: JoinHandle<()>,
}

impl Wire {
    pub async fn before(url: &str, alter: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("127.0.0.1 has a free port");
        let own = listener.local_addr().expect("a bound listener has an address");
        let server = address(url);
        let alter: Arc<Alter> = Arc::new(alter);
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&alter)));
            }
        });
        Self { url: url.replace(&server.to_string(), &own.to_string()), listener }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Until either side closes.
async fn carry(client: TcpStream, server: SocketAddr, alter: Arc<Alter>) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::select! {
        ended = requests(&mut from_client, &mut to_server, alter.as_ref()) => ended,
        ended = tokio::io::copy(&mut from_server, &mut to_client) => ended.map(drop),
    }
}

async fn requests(from: &mut tcp::OwnedReadHalf, to: &mut tcp::OwnedWriteHalf, alter: &Alter) -> io::Result<()> {
    // The first message has no letter before its length.
    loop {
        let length = from.read_i32().await?;
        let body = body(from, length).await?;
        to.write_i32(length).await?;
        to.write_all(&body).await?;
        let is_ask = ASKS.iter().any(|ask| body.starts_with(&ask.to_be_bytes()));
        if !is_ask {
            break;
        }
    }
    loop {
        let letter = from.read_u8().await?;
        let length = from.read_i32().await?;
        let mut body = body(from, length).await?;
        // Parse: a name, the statement. Query: the statement.
        if letter == b'P' || letter == b'Q' {
            let end = |from: usize| body[from..].iter().position(|byte| *byte == 0).map(|at| from + at);
            let start = if letter == b'P' { end(0).map(|at| at + 1) } else { Some(0) };
            if let Some((start, end)) = start.and_then(|start| Some((start, end(start)?))) {
                let altered = alter(&String::from_utf8_lossy(&body[start..end]));
                body.splice(start..end, altered.into_bytes());
            }
        }
        let mut message = vec![letter];
        message.extend(i32::try_from(body.len() + 4).map_err(io::Error::other)?.to_be_bytes());
        message.extend(&body);
        to.write_all(&message).await?;
    }
}

/// What follows a length, which counts itself.
async fn body(from: &mut tcp::OwnedReadHalf, length: i32) -> io::Result<Vec<u8>> {
    let length = usize::try_from(length).ok().and_then(|length| length.checked_sub(4));
    let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
    from.read_exact(&mut body).await?;
    Ok(body)
}
