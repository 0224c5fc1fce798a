//! What an engineer writes by hand for the one lookup that `lookups.py` measures: axum, sqlx, a pool, and the JSON that
//! Aqueduct gives for it, behind an API key. `handwritten DATABASE_URL KEY_SHA256 CONNECTIONS`

use std::{env, error::Error, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
    routing::get,
    serve::ListenerExt as _,
};
use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, postgres::PgPoolOptions};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use uuid::Uuid;

/// The decimal leaves as text, so it is read as text.
const SQL: &str = "SELECT c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal::text, c_mktsegment, c_comment \
                   FROM customer WHERE c_custkey = $1";

type Row = (i64, String, String, i32, String, String, String, String);

struct Service {
    pool: PgPool,
    key: Vec<u8>,
}

#[derive(Serialize)]
struct Answer<'a> {
    data: Vec<Customer>,
    pagination: Pagination,
    meta: Meta<'a>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "they are the names of the columns")]
struct Customer {
    c_custkey: i64,
    c_name: String,
    c_address: String,
    c_nationkey: i32,
    c_phone: String,
    c_acctbal: String,
    c_mktsegment: String,
    c_comment: String,
}

#[derive(Serialize)]
struct Pagination {
    cursor: Option<String>,
    has_more: bool,
    limit: u32,
}

#[derive(Serialize)]
struct Meta<'a> {
    query: &'static str,
    version: u32,
    generated_at: String,
    consistency: &'static str,
    request_id: &'a str,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, key, connections] = arguments.as_slice() else {
        return Err("usage: handwritten DATABASE_URL KEY_SHA256 CONNECTIONS".into());
    };
    let connections = connections.parse()?;
    // Nothing between this pool and its server forgets connections, so they need no question before each use.
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await?;
    let key = (0..key.len()).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16)).collect::<Result<_, _>>()?;
    let router = Router::new().route("/v1/shop/customer", get(customer)).with_state(Arc::new(Service { pool, key }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening http={}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}

async fn customer(State(service): State<Arc<Service>>, uri: Uri, headers: HeaderMap) -> Response {
    match look_up(&service, &uri, &headers).await {
        Ok(response) => response,
        Err(status) => status.into_response(),
    }
}

async fn look_up(service: &Service, uri: &Uri, headers: &HeaderMap) -> Result<Response, StatusCode> {
    let given = headers.get("x-api-key").ok_or(StatusCode::UNAUTHORIZED)?;
    if !bool::from(Sha256::digest(given.as_bytes()).as_slice().ct_eq(&service.key)) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let id: i64 = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find_map(|(name, value)| (name == "id").then(|| value.parse().ok()).flatten())
        .ok_or(StatusCode::BAD_REQUEST)?;
    let row: Option<Row> = sqlx::query_as(SQL)
        .bind(id)
        .fetch_optional(&service.pool)
        .await
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;

    let request_id = Uuid::now_v7().to_string();
    let answer = Answer {
        data: row.map(Customer::from).into_iter().collect(),
        pagination: Pagination { cursor: None, has_more: false, limit: 100 },
        meta: Meta {
            query: "shop.customer",
            version: 1,
            generated_at: Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
            consistency: "complete",
            request_id: &request_id,
        },
    };
    let body = serde_json::to_vec(&answer).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-request-id", request_id)
        .body(Body::from(body))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        let (c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment) = row;
        Self { c_custkey, c_name, c_address, c_nationkey, c_phone, c_acctbal, c_mktsegment, c_comment }
    }
}
