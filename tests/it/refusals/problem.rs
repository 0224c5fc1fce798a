//! What every refusal over HTTP looks like, whatever it is about.

use aqueduct::{http::status, model::Code};

use super::setup::Suite;
use crate::harness::http::Answer;

/// Traces of secrets, of raw texts of sources and libraries, and of this machine. All passwords and keys of the project
/// contain the first.
const TRACES: [&str; 11] = [
    "hunter2",
    "postgres://",
    "127.0.0.1",
    "os error",
    "error returned from database",
    "22012",
    "DataFusion",
    "sqlx",
    "lite.db",
    "src/",
    "panicked",
];

impl Suite {
    /// Panics unless the answer is a whole problem document (RFC 9457) of this code that gives nothing away.
    pub fn assert_problem(&self, answer: &Answer, code: Code) {
        let text = answer.text();
        let problem = answer.json();
        assert_eq!(problem["code"], code.as_str(), "{text}");
        assert_eq!(answer.status, status(code.kind()), "{text}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], answer.status.as_u16());
        assert_eq!(problem["title"], code.title());
        assert_eq!(problem["type"], format!("urn:aqueduct:problem:{}", code.as_str()));
        let filled = |member: &str| problem[member].as_str().is_some_and(|text| !text.is_empty());
        assert!(filled("detail") && filled("instance") && filled("request_id"), "{text}");
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        assert_eq!(answer.header("cache-control"), "no-store");
        self.assert_no_secret(text, "the problem");
        for trace in TRACES {
            assert!(!text.contains(trace), "{trace:?} is in {text}");
        }
    }

    /// Panics if a secret of the project is in the text, or where it lies on this machine.
    pub fn assert_no_secret(&self, text: &str, what: &str) {
        let path = self.project.path().to_str().expect("tests run in a directory of UTF-8");
        for secret in ["hunter2", path] {
            assert!(!text.contains(secret), "{secret:?} is in {what}: {text}");
        }
    }
}
