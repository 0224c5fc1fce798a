//! What both systems spell alike.

use datafusion::logical_expr::Operator;

use super::{Entry, Guard, Kind};
use crate::sources::sql::Class;

/// Whole numbers.
pub const INTEGERS: &[Class] = &[Class::Int16, Class::Int32, Class::Int64];
/// Binary fractions.
pub const FLOATS: &[Class] = &[Class::Float32, Class::Float64];
/// Truth values.
pub const BOOL: &[Class] = &[Class::Bool];
/// Text.
pub const TEXT: &[Class] = &[Class::Text];
/// Days.
pub const DATE: &[Class] = &[Class::Date];
/// Everything.
pub const ANY: &[Class] = &[
    Class::Bool,
    Class::Int16,
    Class::Int32,
    Class::Int64,
    Class::Float32,
    Class::Float64,
    Class::Decimal,
    Class::Text,
    Class::Uuid,
    Class::Binary,
    Class::Date,
    Class::Timestamp,
    Class::TimestampTz,
];

/// `=`, `<>` and `IS [NOT] DISTINCT FROM` between values of one class.
pub(in crate::sources::sql) const fn equality(name: &'static str, args: &'static [&'static [Class]]) -> Entry {
    let examples: &[&str] = if args.len() == 1 {
        &["{0} = 1.5", "{0} <> 1.5", "{0} IS DISTINCT FROM -7.25"]
    } else {
        &["{0} = {1}", "{0} <> {1}", "{0} IS DISTINCT FROM {1}", "{0} IS NOT DISTINCT FROM {1}"]
    };
    Entry::new(name, Kind::Equality, args, "", examples)
}

/// `<`, `<=`, `>` and `>=` between values of one class.
pub(in crate::sources::sql) const fn order(name: &'static str, args: &'static [&'static [Class]]) -> Entry {
    let examples: &[&str] = if args.len() == 1 {
        &["{0} < 1.5", "{0} >= -7.25", "{0} > CAST(0 AS DOUBLE)", "{0} BETWEEN -1 AND 2"]
    } else {
        &["{0} < {1}", "{0} <= {1}", "{0} > {1}", "{0} >= {1}", "{0} BETWEEN {1} AND {1}"]
    };
    Entry::new(name, Kind::Order, args, "", examples)
}

/// Expressions.
pub const EXPRESSIONS: &[Entry] = &[
    equality("bool = bool", &[BOOL, BOOL]),
    equality("integer = integer", &[INTEGERS, INTEGERS]),
    equality("text = text", &[TEXT, TEXT]),
    equality("binary = binary", &[&[Class::Binary], &[Class::Binary]]),
    equality("date = date", &[DATE, DATE]),
    equality("float = literal", &[FLOATS]),
    order("bool < bool", &[BOOL, BOOL]),
    order("integer < integer", &[INTEGERS, INTEGERS]),
    order("text < text", &[TEXT, TEXT]),
    order("binary < binary", &[&[Class::Binary], &[Class::Binary]]),
    order("date < date", &[DATE, DATE]),
    order("float < literal", &[FLOATS]),
    Entry::new(
        "x IN (literals)",
        Kind::Membership,
        &[&[Class::Int16, Class::Int32, Class::Int64, Class::Text]],
        "",
        &["{0} IN (1, 2, 3, 5, 8)", "{0} NOT IN (1, 2, 3, 5, 8)"],
    ),
    Entry::new("x IS NULL", Kind::Presence, &[ANY], "({0} IS NULL)", &["{0} IS NULL", "{0} IS NOT NULL"]),
    Entry::new("x AND y", Kind::Operator(Operator::And), &[BOOL, BOOL], "({0} AND {1})", &["{0} AND {1}"]),
    Entry::new("x OR y", Kind::Operator(Operator::Or), &[BOOL, BOOL], "({0} OR {1})", &["{0} OR {1}"]),
    Entry::new("NOT x", Kind::Not, &[BOOL], "(NOT {0})", &["NOT {0}", "NOT ({0} AND {0} IS NOT NULL)"]),
    Entry::new(
        "x IS TRUE",
        Kind::Truth,
        &[BOOL],
        "",
        &["{0} IS TRUE", "{0} IS FALSE", "{0} IS NOT TRUE", "{0} IS NOT FALSE", "{0} IS UNKNOWN", "{0} IS NOT UNKNOWN"],
    ),
    Entry::new(
        "CASE",
        Kind::Choice,
        &[ANY],
        "",
        &[
            "CASE WHEN {0} IS NULL THEN NULL ELSE {0} END",
            "CASE WHEN int64 > 1 THEN {0} WHEN int64 < 0 THEN {0} END",
            "CASE int64 WHEN 1 THEN {0} WHEN 2 THEN NULL ELSE {0} END",
            "coalesce({0}, {0})",
            "nullif({0}, {0})",
        ],
    ),
    Entry::new(
        "integer + integer",
        Kind::Operator(Operator::Plus),
        &[INTEGERS, INTEGERS],
        "({0} + {1})",
        &["{0} % 1000 + {1} % 1000"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "integer - integer",
        Kind::Operator(Operator::Minus),
        &[INTEGERS, INTEGERS],
        "({0} - {1})",
        &["{0} % 1000 - {1} % 1000"],
    )
    .guarded(Guard::Fits),
    Entry::new(
        "integer * integer",
        Kind::Operator(Operator::Multiply),
        &[INTEGERS, INTEGERS],
        "({0} * {1})",
        &["({0} % 100) * ({1} % 100)"],
    )
    .guarded(Guard::Fits),
    Entry::new("- integer", Kind::Negative, &[INTEGERS], "(- {0})", &["- ({0} % 1000)"]).guarded(Guard::Fits),
];

/// Plan nodes and clauses. Their examples read the tables of the test, `edges` and `others`.
pub const NODES: &[Entry] = &[
    node("scan", &["SELECT id, int64 FROM edges"]),
    node("projection", &["SELECT int64 AS a, id AS b FROM edges"]),
    node("filter", &["SELECT id FROM edges WHERE int64 > 1"]),
    node("group by", &["SELECT int64, count(*) AS n FROM edges GROUP BY int64", "SELECT count(*) AS n FROM edges"]),
    node("having", &["SELECT int64, count(*) AS n FROM edges GROUP BY int64 HAVING count(*) > 1"]),
    node("window", &["SELECT id, row_number() OVER (ORDER BY id) AS n FROM edges"]),
    node("distinct", &["SELECT DISTINCT int64 FROM edges"]),
    node(
        "sort",
        &[
            "SELECT id, int64 FROM edges ORDER BY int64 DESC NULLS LAST, id",
            "SELECT id, text FROM edges ORDER BY text NULLS FIRST, id DESC",
        ],
    ),
    node("limit", &["SELECT id FROM edges ORDER BY id LIMIT 3", "SELECT id FROM edges ORDER BY id LIMIT 3 OFFSET 2"]),
    node("inner join", &["SELECT a.id, b.id AS other FROM edges a JOIN others b ON a.int64 = b.int64"]),
    node(
        "left join",
        &["SELECT a.id, b.id AS other FROM edges a LEFT JOIN others b ON a.int64 = b.int64 AND b.id > 2"],
    ),
    node("right join", &["SELECT a.id, b.id AS other FROM edges a RIGHT JOIN others b ON a.int64 = b.int64"]),
    node("full join", &["SELECT a.id, b.id AS other FROM edges a FULL JOIN others b ON a.int64 = b.int64"]),
    node("cross join", &["SELECT a.id, b.id AS other FROM edges a CROSS JOIN others b"]),
    node("semi join", &["SELECT id FROM edges INTERSECT SELECT int64 FROM others"]),
    node("anti join", &["SELECT id FROM edges EXCEPT SELECT int64 FROM others"]),
    node("union all", &["SELECT id FROM edges UNION ALL SELECT int64 FROM others"]),
    node(
        "with",
        &["WITH w AS (SELECT int64, count(*) AS n FROM edges GROUP BY int64) \
         SELECT a.n, b.n AS m FROM w a JOIN w b ON a.n = b.n"],
    ),
    node(
        "exists",
        &[
            "SELECT id FROM edges a WHERE EXISTS (SELECT 1 FROM others b WHERE b.int64 = a.int64)",
            "SELECT id FROM edges a WHERE NOT EXISTS (SELECT 1 FROM others b WHERE b.int64 = a.int64)",
        ],
    ),
    node("in subquery", &["SELECT id FROM edges WHERE int64 IN (SELECT int64 FROM others)"]),
    node("scalar subquery", &["SELECT id FROM edges WHERE int64 = (SELECT max(int64) FROM others)"]),
    node("one row", &["SELECT 1 AS a UNION ALL SELECT int64 FROM edges"]),
];

const fn node(name: &'static str, examples: &'static [&'static str]) -> Entry {
    Entry::new(name, Kind::Node, &[], "", examples)
}
