//! Clients that drop their connection after any number of bytes, or at any moment: hundreds by default, thousands in a
//! long run. Afterwards each connection of the pool gives each caller his own row, and nothing runs.

use std::{net::SocketAddr, time::Duration};

use futures::{StreamExt, future::join_all, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Stage, eventually};
use crate::{
    contract::postgres::parallel::large,
    harness::{random::Random, tools::is_long_run},
};

const CONNECTIONS: u32 = 4;

const QUERIES: [(&str, &str, &str); 6] = [
    ("large", "", "SELECT id, balance, filler FROM pg.large"),
    ("many", "", "SELECT id, filler FROM pg.many"),
    ("known", "params:\n  id: {type: int64}\npage: {key: [id]}", "SELECT id, value FROM pg.known WHERE id = :id"),
    ("few", "page: {key: [id]}", "SELECT id, value FROM pg.known"),
    ("slow", "", "SELECT id, x FROM pg.slow"),
    ("joined", "", "SELECT a.id FROM pg.many a JOIN pg.many b ON a.id = b.id JOIN pg.known c ON c.id = b.id"),
];

const PATHS: [&str; 11] = [
    "large?format=ndjson",
    "large?format=arrow",
    "many?format=csv",
    "many?format=parquet",
    "known?id=7",
    "few?limit=500",
    "few?format=ndjson",
    "slow?limit=30",
    "slow?limit=60",
    "slow?format=ndjson",
    "joined?format=ndjson",
];

/// Sends a request, and goes: with a reset or with a clean end, after so many bytes or so long.
async fn leave(server: SocketAddr, mut random: Random) {
    let path = random.one_of(&PATHS);
    let mut client = TcpStream::connect(server).await.expect("it listens");
    let request = format!("GET /v1/rows/{path} HTTP/1.1\r\nhost: aqueduct\r\n\r\n");
    client.write_all(request.as_bytes()).await.expect("it reads");
    let mut left = match random.within(0..3) {
        0 => 0,
        1 => random.within(0..2000),
        _ => random.within(0..5_000_000),
    };
    let pause = Duration::from_micros(random.within(0..60_000));
    let reading = async {
        let mut buffer = vec![0; 64 << 10];
        while left > 0 {
            match client.read(&mut buffer).await {
                Ok(length @ 1..) => left = left.saturating_sub(length as u64),
                _ => break,
            }
        }
        if left == 0 && random.within(0..2) == 0 {
            tokio::time::sleep(pause).await;
        }
    };
    // A page may have been read to its end long ago: its connection is kept.
    drop(timeout(Duration::from_millis(300), reading).await);
    if random.within(0..2) == 0 {
        client.set_zero_linger().expect("a socket");
    }
}

#[tokio::test]
async fn whoever_drops_his_connection_leaves_the_pool_in_step() {
    let tables = "CREATE TABLE known AS SELECT n AS id, 'value ' || n * 7 AS value FROM generate_series(1::bigint, 1000) n; ANALYZE known;
                  CREATE TABLE many (id int8, filler text) WITH (autovacuum_enabled = off);
                  INSERT INTO many SELECT n, repeat('y', 200) FROM generate_series(1, 20000) n;
                  CREATE VIEW slow AS SELECT id, pg_sleep(0.001)::text AS x FROM many;
                  DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET log_statement = none', current_database()); END $$;";
    let stage = Stage::set(&format!("{tables} {}", large("large")), CONNECTIONS, &QUERIES).await;
    let http = stage.server.http();
    let mut random = Random::new();
    for _ in 0..if is_long_run() { 10 } else { 1 } {
        let clients: Vec<_> = (0..400).map(|_| leave(stage.server.http, random.fork())).collect();
        stream::iter(clients).buffer_unordered(12).collect::<Vec<()>>().await;
        for _ in 0..25 {
            let ids: Vec<_> = (0..16).map(|_| random.within(1..1001)).collect();
            join_all(ids.iter().map(async |id| {
                let page = http.get(&format!("/v1/rows/known?id={id}")).send().await;
                let expected = serde_json::json!({"id": id, "value": format!("value {}", id * 7)});
                assert_eq!(page.rows(), [expected], "a connection is out of step");
            }))
            .await;
        }
        stage.wait_for_running(0).await;
        let most = i64::from(CONNECTIONS);
        eventually("only the pool's connections are left", async || stage.database.connections().await <= most).await;
    }
}
