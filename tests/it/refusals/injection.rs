//! Texts that would be SQL if they were spliced into it come back as texts, from every kind of source and through every
//! place that a parameter can stand in.

use serde_json::{Value, json};

use super::setup::Suite;
use crate::harness::rows;

/// Stored in the table `note` of each source, under its index as `id`.
pub const TEXTS: [&str; 24] = [
    "'",
    "''",
    "\"",
    "`",
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE note; --",
    "\"; DROP TABLE note; --",
    "x'); DELETE FROM note WHERE ('1'='1",
    "' UNION SELECT id, body, body, body FROM note --",
    "/* comment */",
    "*/ SELECT 1 /*",
    "-- comment",
    "$1",
    ":text",
    "?",
    "$$ dollar $$",
    "\\",
    "\\' OR 1=1 --",
    "E'\\047'",
    "100%_",
    "\u{2018} OR \u{2018}1\u{2019}=\u{2019}1\u{2019} \u{ff07} \u{2bc}",
    "line\nbreak\ttab\r\u{1b}[0m",
    "\u{202e}\u{1f600}e\u{301}\u{feff}",
];

#[tokio::test]
async fn texts_are_never_sql() {
    let suite = Suite::start().await;
    let http = suite.server.http();
    let mut flight = suite.server.flight().await;
    for source in ["pg", "lite", "lake"] {
        let path = format!("/v1/injection/{source}");
        for (id, text) in TEXTS.iter().enumerate() {
            let expected = vec![row(id, text, text)];
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let by_text = http.get(&format!("{path}?text={encoded}")).send().await.rows();
            assert_eq!(by_text, expected, "{source}, GET");
            let by_list = http.get(&format!("{path}?text={encoded}&texts={encoded}&texts=nothing")).send().await.rows();
            assert_eq!(by_list, expected, "{source}, GET of a list");
            let posted = http.post(&path, &json!({"text": text, "texts": [text, "'"]})).send().await.rows();
            let quote = row(0, "'", text);
            let both = if id == 0 { vec![quote] } else { vec![quote, row(id, text, text)] };
            assert_eq!(posted, both, "{source}, POST");
            let fetched = flight.command(&format!("injection.{source}"), 1, &json!({"text": text})).await;
            rows::assert_same(&expected, &fetched.expect("Flight answers"));
        }
        let all = http.post(&path, &json!({"text": "", "texts": TEXTS})).send().await.rows();
        assert_eq!(all.len(), TEXTS.len(), "{source} holds what it held");
    }
}

/// A note with this body, found by a search for this text.
fn row(id: usize, body: &str, text: &str) -> Value {
    json!({"id": id, "body": body, "echo": text, "joined": format!("before {text} after")})
}
