//! Random filters, orders and columns over difficult values: what the server gives is what the same done here gives.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDateTime};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Query, Suite};
use crate::harness::{
    http::{Answer, Http, all_pages},
    random::Random,
    tools::is_long_run,
};

const REQUESTS: usize = 120;
const REQUESTS_OF_A_LONG_RUN: usize = 3000;

const KEYED: &str = "page: {key: [id]}\nconsumer: {fields: true, filter: true, sort: true}";
const QUERIES: &[Query] = &[
    ("keyed", KEYED, "SELECT * FROM SOURCE.edges"),
    ("joined", KEYED, "SELECT e.*, l.note AS other FROM SOURCE.edges e JOIN lake.edges l ON l.id = e.id"),
    (
        "grouped",
        "page: {key: [id]}\nconsumer: {fields: true, filter: true, sort: true}",
        "SELECT min(id) AS id, flag, max(small) AS small, max(big) AS big, min(ratio) AS ratio, max(price) AS price, \
         max(day) AS day, note, max(moment) AS moment, count(*) AS n FROM SOURCE.edges GROUP BY flag, note",
    ),
];

/// Values to filter by, as requests spell them; the kind by which they are compared.
const VALUES: &[(&str, Kind, &[&str])] = &[
    ("id", Kind::Integer, &["1", "7", "44", "-1", "9223372036854775807"]),
    ("n", Kind::Integer, &["1", "2", "3"]),
    ("flag", Kind::Bool, &["true", "false"]),
    ("small", Kind::Integer, &["-32768", "0", "7", "32767"]),
    ("big", Kind::Integer, &["-9223372036854775808", "9007199254740992", "9007199254740993", "3"]),
    ("ratio", Kind::Float, &["0", "-0", "1.5", "Infinity", "-Infinity", "5e-324", "-1e300"]),
    ("narrow", Kind::Float32, &["0.1", "0", "-0", "3.4028235e38", "-Infinity", "1"]),
    ("price", Kind::Decimal, &["1.5", "0", "-0.000000000000000001", "99999999999999999999.5", "2.250"]),
    ("note", Kind::Text, &["a", "", "A_b%", "é", "ab", "\\", "😀", "Robert'); DROP TABLE edges;--", "$1", "B"]),
    ("other", Kind::Text, &["a", "é", "ab"]),
    ("day", Kind::Text, &["1969-12-31", "2024-02-29", "9999-12-31", "0001-01-01"]),
    ("moment", Kind::Moment, &["1969-12-31T23:59:59.999999", "2024-02-29 12:30", "9999-12-31T23:59:59"]),
    ("seen", Kind::Instant, &["2024-02-29T13:30:00.000001+01:00", "0001-01-01T00:00:00Z", "2024-02-29T12:30:00Z"]),
    ("one", Kind::Text, &["00000000-0000-0000-0000-000000000001", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("odd__name", Kind::Integer, &["1", "2", "3"]),
];
const PATTERNS: &[&str] = &["%", "a%", "_", "%b%", "A\\_b\\%", "\\\\", "", "%'%", "%é"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Integer,
    Float,
    Float32,
    Decimal,
    Text,
    Moment,
    Instant,
}

/// One value in a form that compares.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Comparable {
    Number(i128),
    Float(f64),
    Text(String),
}

impl Kind {
    /// What a row or a request spells so.
    fn read(self, text: &str) -> Comparable {
        match self {
            Self::Bool => Comparable::Number(i128::from(text == "true")),
            Self::Integer => Comparable::Number(text.parse().expect("an integer")),
            Self::Float => Comparable::Float(text.parse().expect("a number")),
            Self::Float32 => Comparable::Float(text.parse::<f32>().expect("a number").into()),
            Self::Decimal => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                Comparable::Number(format!("{whole}{fraction:0<18}").parse().expect("digits"))
            }
            Self::Text => Comparable::Text(text.to_owned()),
            Self::Moment => {
                let text = text.replace(' ', "T");
                let time = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f");
                let time = time.or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M"));
                Comparable::Number(time.expect("a timestamp").and_utc().timestamp_micros().into())
            }
            Self::Instant => {
                let time = DateTime::parse_from_rfc3339(text).expect("a timestamp with a zone");
                Comparable::Number(time.timestamp_micros().into())
            }
        }
    }

    fn of(self, value: &Value) -> Option<Comparable> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(self.read(text)),
            other => Some(self.read(&other.to_string())),
        }
    }
}

/// −0 equals 0, and NaN is above all numbers.
fn order(a: &Comparable, b: &Comparable) -> Ordering {
    match (a, b) {
        (Comparable::Float(a), Comparable::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
        (a, b) => a.partial_cmp(b).expect("values of one column"),
    }
}

/// `LIKE`, by the book.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| is_like(&text[skipped..], rest)),
        ['_', rest @ ..] => !text.is_empty() && is_like(&text[1..], rest),
        ['\\', escaped, rest @ ..] => text.first() == Some(escaped) && is_like(&text[1..], rest),
        [character, rest @ ..] => text.first() == Some(character) && is_like(&text[1..], rest),
    }
}

#[derive(Debug)]
struct Filter {
    column: &'static str,
    kind: Kind,
    operator: &'static str,
    values: Vec<&'static str>,
}

impl Filter {
    fn draw(random: &mut Random, columns: &[&str]) -> Self {
        let (column, kind, values) = loop {
            let drawn = random.one_of(VALUES);
            if columns.contains(&drawn.0) {
                break drawn;
            }
        };
        let mut operators = vec!["eq", "ne", "in", "is"];
        if kind != Kind::Bool {
            operators.extend(["gt", "gte", "lt", "lte"]);
        }
        if ["note", "other"].contains(&column) {
            operators.push("like");
        }
        let mut states = vec!["null", "not_null"];
        match kind {
            Kind::Bool => states.extend(["true", "false"]),
            Kind::Float | Kind::Float32 => states.extend(["nan", "not_nan"]),
            _ => {}
        }
        let operator = random.one_of(&operators);
        let values = match operator {
            "is" => vec![random.one_of(&states)],
            "like" => vec![random.one_of(PATTERNS)],
            "in" => (0..random.within(1..4)).map(|_| random.one_of(values)).collect(),
            _ => vec![random.one_of(values)],
        };
        Self { column, kind, operator, values }
    }

    fn keeps(&self, row: &Map<String, Value>) -> bool {
        let value = self.kind.of(&row[self.column]);
        let is_nan = matches!(value, Some(Comparable::Float(number)) if number.is_nan());
        match (self.operator, self.values[0]) {
            ("is", "null") => return value.is_none(),
            ("is", "not_null") => return value.is_some(),
            ("is", "nan") => return is_nan,
            ("is", "not_nan") => return value.is_some() && !is_nan,
            ("is", state) => return row[self.column].to_string() == state,
            _ => {}
        }
        let Some(value) = value else { return false };
        let compared = |text: &str| order(&value, &self.kind.read(text));
        match (self.operator, self.values.as_slice(), &value) {
            ("in", values, _) => values.iter().any(|text| compared(text).is_eq()),
            ("like", [pattern], Comparable::Text(text)) => {
                is_like(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
            }
            ("eq", [text], _) => compared(text).is_eq(),
            ("ne", [text], _) => compared(text).is_ne(),
            ("gt", [text], _) => compared(text).is_gt(),
            ("gte", [text], _) => compared(text).is_ge(),
            ("lt", [text], _) => compared(text).is_lt(),
            ("lte", [text], _) => compared(text).is_le(),
            other => panic!("{other:?}"),
        }
    }

    fn query_string(&self) -> String {
        let one = |value: &&str| format!("&{}__{}={}", self.column, self.operator, encoded(value));
        self.values.iter().map(one).collect()
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// One column, and is it descending?
type Term = (&'static str, Kind, bool);

fn sorted(rows: &mut [Map<String, Value>], terms: &[Term]) {
    let key: &[Term] = &[("id", Kind::Integer, false)];
    rows.sort_by(|a, b| {
        let compared = terms.iter().chain(key).map(|(column, kind, descending)| {
            match (kind.of(&a[*column]), kind.of(&b[*column])) {
                (Some(a), Some(b)) if *descending => order(&b, &a),
                (Some(a), Some(b)) => order(&a, &b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            }
        });
        compared.fold(Ordering::Equal, Ordering::then)
    });
}

fn objects(rows: &[Value]) -> Vec<Map<String, Value>> {
    rows.iter().map(|row| row.as_object().expect("a row").clone()).collect()
}

#[tokio::test]
async fn random_shapes_give_what_the_same_done_here_gives() {
    let mut random = Random::new();
    let suite = Suite::new(QUERIES).await;
    let servers = suite.servers().await;
    let requests = if is_long_run() { REQUESTS_OF_A_LONG_RUN } else { REQUESTS };
    for _ in 0..requests {
        let (query, ..) = random.one_of(QUERIES);
        let source = random.one_of(&["pg", "lake"]);
        for server in &servers {
            // Both are asked the same.
            check(&mut random.clone(), &server.http(), &format!("/v1/{source}/{query}")).await;
        }
        random = random.fork();
    }
    drop(suite.database);
}

async fn check(random: &mut Random, http: &Http, path: &str) {
    let whole = objects(&http.get(&format!("{path}?format=ndjson")).send().await.ndjson());
    let columns: Vec<&str> = whole[0].keys().map(String::as_str).collect();
    let filters: Vec<_> = (0..random.within(0..4)).map(|_| Filter::draw(random, &columns)).collect();
    let mut filters: Vec<Filter> = filters;
    filters.sort_by_key(|filter| (filter.column, filter.operator));
    filters.dedup_by_key(|filter| (filter.column, filter.operator));
    let sortable: Vec<_> = VALUES.iter().filter(|(column, ..)| columns.contains(column)).collect();
    let terms: Vec<Term> = (0..random.within(0..3))
        .map(|_| {
            let (column, kind, _) = random.one_of(&sortable);
            (*column, *kind, random.within(0..2) == 0)
        })
        .collect();
    let mut fields: Vec<&str> = (0..random.within(0..4)).map(|_| random.one_of(&columns)).collect();
    fields.sort_unstable();
    fields.dedup();

    let mut expected: Vec<_> =
        whole.iter().filter(|row| filters.iter().all(|filter| filter.keeps(row))).cloned().collect();
    sorted(&mut expected, &terms);
    if !fields.is_empty() {
        let chosen =
            |row: &Map<String, Value>| fields.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect();
        expected = expected.iter().map(chosen).collect();
    }
    let mut request = format!("{path}?");
    request.push_str(&filters.iter().map(Filter::query_string).collect::<String>());
    if !terms.is_empty() {
        let terms: Vec<_> =
            terms.iter().map(|(column, _, down)| format!("{}{column}", if *down { "-" } else { "" })).collect();
        request.push_str(&format!("&sort={}", terms.join(",")));
    }
    if !fields.is_empty() {
        request.push_str(&format!("&fields={}", fields.join(",")));
    }
    let limit = random.within(1..40);
    let pages = all_pages(&format!("{request}&limit={limit}"), |path| http.get(path)).await;
    let paged: Vec<Value> = pages.iter().flat_map(Answer::rows).collect();
    assert_eq!(objects(&paged), expected, "the pages of {request}&limit={limit}");
    let streamed = objects(&http.get(&format!("{request}&format=ndjson")).send().await.ndjson());
    if terms.is_empty() {
        // With a key alone, a stream comes as it comes.
        let texts = |rows: &[Map<String, Value>]| {
            let mut texts: Vec<_> = rows.iter().map(|row| Value::from(row.clone()).to_string()).collect();
            texts.sort();
            texts
        };
        assert_eq!(texts(&streamed), texts(&expected), "the stream of {request}");
    } else {
        assert_eq!(streamed, expected, "the stream of {request}");
    }
}
