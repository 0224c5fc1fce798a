//! Cursors that lead nowhere.

use aqueduct::{
    config::{Secret, settings::CursorKey},
    model::Code,
    pipeline::cursor::{Binding, CursorKeys, Place},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{
    Row, Suite,
    setup::{CURSOR_SECRET, key},
};

const ALTERED: &str = "the cursor was not made by this service, or was altered";

/// All of them.
pub async fn all(suite: &Suite) -> Vec<Row> {
    let http = suite.server.http();
    let paged = |cursor: &str| http.get(&format!("/v1/refusals/paged?limit=2&cursor={cursor}"));
    let good = paged_cursor(suite, "/v1/refusals/paged?limit=2", None).await;
    assert_eq!(paged(&good).send().await.rows().len(), 2, "the cursor itself is good");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&good).expect("cursors are base64url");
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    };
    let (invalid, other, gone) = (Code::InvalidCursor, Code::CursorMismatch, Code::CursorExpired);
    let mut rows = vec![
        Row::http(suite, "an empty cursor", paged(""), invalid, ALTERED).await,
        Row::http(suite, "a cursor of words", paged("next"), invalid, ALTERED).await,
        Row::http(suite, "a cursor of chance", paged(&BASE64_URL_SAFE_NO_PAD.encode([0x5a; 160])), invalid, ALTERED)
            .await,
        Row::http(suite, "a cursor in the other alphabet", paged(&format!("%2B%2F{good}")), invalid, ALTERED).await,
        Row::http(suite, "a cursor with padding", paged(&format!("{good}=")), invalid, ALTERED).await,
        Row::http(suite, "a cursor cut at its end", paged(&good[..good.len() - 8]), invalid, ALTERED).await,
        Row::http(suite, "a cursor cut at its beginning", paged(&good[4..]), invalid, ALTERED).await,
        Row::http(suite, "a cursor of four bytes", paged(&good[..5]), invalid, ALTERED).await,
        Row::http(suite, "a cursor of another format", paged(&changed(0)), invalid, ALTERED).await,
        Row::http(suite, "a cursor with another nonce", paged(&changed(8)), invalid, ALTERED).await,
        Row::http(suite, "a cursor with a changed byte", paged(&changed(bytes.len() / 2)), invalid, ALTERED).await,
        Row::http(suite, "a cursor with a changed last byte", paged(&changed(bytes.len() - 1)), invalid, ALTERED).await,
        Row::http(
            suite,
            "a cursor with another key's id",
            paged(&changed(3)),
            gone,
            "the cursor was made with a key that is no longer known",
        )
        .await,
        Row::http(
            suite,
            "a cursor of another query, where no page key is",
            http.get(&format!("/v1/refusals/unpaged?cursor={good}")),
            other,
            "the cursor belongs to another query",
        )
        .await,
        Row::http(
            suite,
            "a cursor of another query",
            http.get(&format!("/v1/refusals/paged_too?cursor={good}")),
            other,
            "the cursor belongs to another query",
        )
        .await,
        Row::http(
            suite,
            "a cursor with other parameters",
            http.get(&format!("/v1/refusals/paged?above=5&limit=2&cursor={good}")),
            other,
            "the cursor belongs to a request with other parameters",
        )
        .await,
    ];
    let readers = paged_cursor(suite, "/v1/refusals/vault?limit=2", Some(key("reader"))).await;
    rows.push(
        Row::http(
            suite,
            "a cursor of another consumer",
            http.get(&format!("/v1/refusals/vault?limit=2&cursor={readers}")).bearer(key("other")),
            gone,
            "the query, its columns or what you may see of it has changed since the cursor was made",
        )
        .await,
    );
    rows.push(expired(suite).await);
    rows.push(
        Row::http(
            suite,
            "a cursor under an unknown key",
            http.get(&format!("/v1/refusals/paged_too?cursor={}", sealed("k9", TimeDelta::hours(1)))),
            gone,
            "the cursor was made with a key that is no longer known",
        )
        .await,
    );
    rows.push(
        Row::http(
            suite,
            "a cursor of another world",
            http.get(&format!("/v1/refusals/paged_too?cursor={}", sealed("k1", TimeDelta::hours(1)))),
            gone,
            "the query, its columns or what you may see of it has changed…",
        )
        .await,
    );
    rows
}

/// What is gone says how to start again.
async fn expired(suite: &Suite) -> Row {
    Row::run("a cursor that has expired", Code::CursorExpired, async {
        let cursor = sealed("k1", TimeDelta::seconds(-1));
        let answer = suite.server.http().get(&format!("/v1/refusals/paged_too?limit=3&cursor={cursor}")).send().await;
        suite.assert_problem(&answer, Code::CursorExpired);
        super::assert_detail(&answer, "the cursor has expired");
        assert_eq!(answer.json()["restart"], "/v1/refusals/paged_too?limit=3");
        assert_eq!(answer.header("link"), "</v1/refusals/paged_too?limit=3>; rel=\"first\"");
    })
    .await
}

async fn paged_cursor(suite: &Suite, path: &str, key: Option<&str>) -> String {
    let request = suite.server.http().get(path);
    let request = if let Some(key) = key { request.bearer(key) } else { request };
    let page = request.send().await;
    page.cursor().unwrap_or_else(|| panic!("no cursor in {}", page.text()))
}

/// A cursor of `refusals.paged_too` as a server with a cursor key of this id would make it, under other SQL.
fn sealed(id: &str, lifetime: TimeDelta) -> String {
    let now = Utc::now();
    let position = Place::Row { now, row: vec![1, 128, 0, 0, 0, 0, 0, 0, 2] };
    keys(id).seal(&binding(), &position, now + lifetime).expect("it can be sealed")
}

fn keys(id: &str) -> CursorKeys {
    let key = CursorKey { id: id.to_owned(), secret: Secret::new(CURSOR_SECRET.to_owned()) };
    CursorKeys::new(&[key]).expect("there is randomness")
}

fn binding() -> Binding {
    Binding { query: "refusals.paged_too@1".to_owned(), parameters: Sha256::digest([]).into(), world: [7; 32] }
}

#[test]
fn a_cursor_of_a_random_key_has_expired_when_its_process_has_ended() {
    let random = || CursorKeys::new(&[]).expect("there is randomness");
    let now = Utc::now();
    let cursor = random().seal(&binding(), &Place::Row { now, row: vec![1] }, now + TimeDelta::hours(1));
    let fault = random().open(&cursor.expect("it can be sealed"), &binding(), now);
    assert_eq!(fault.expect_err("another process has another key").code, Code::CursorExpired);
}

#[test]
fn no_bit_of_a_cursor_can_be_changed_and_no_byte_left_out() {
    let cursor = sealed("k1", TimeDelta::hours(1));
    let keys = keys("k1");
    let open = |bytes: &[u8]| keys.open(&BASE64_URL_SAFE_NO_PAD.encode(bytes), &binding(), Utc::now());
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cursor).expect("cursors are base64url");
    open(&bytes).expect("the cursor itself is good");
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let fault = open(&changed).expect_err("a changed cursor is refused");
            assert!([Code::InvalidCursor, Code::CursorExpired].contains(&fault.code), "byte {at}, bit {bit}: {fault}");
        }
        assert_eq!(open(&bytes[..at]).expect_err("a part of a cursor is refused").code, Code::InvalidCursor, "{at}");
    }
    let other = CursorKeys::new(&[CursorKey { id: "k1".to_owned(), secret: Secret::new("another secret".to_owned()) }]);
    let fault = other.expect("there is randomness").open(&cursor, &binding(), Utc::now());
    assert_eq!(fault.expect_err("another key of the same id").code, Code::InvalidCursor);
}
