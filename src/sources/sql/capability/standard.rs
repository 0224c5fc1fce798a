//! What both systems spell alike.

use datafusion::logical_expr::Operator;

use super::{Entry, Guard, Kind};
use crate::sources::sql::Class;

/// Whole numbers.
pub const INTEGERS: &[Class] = &[Class::Int16, Class::Int32, Class::Int64];
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
    let examples: &[&str] = &["{0} = {1}", "{0} <> {1}", "{0} IS DISTINCT FROM {1}", "{0} IS NOT DISTINCT FROM {1}"];
    Entry::new(name, Kind::Equality, args, "", examples)
}

/// `<`, `<=`, `>` and `>=` between values of one class.
pub(in crate::sources::sql) const fn order(name: &'static str, args: &'static [&'static [Class]]) -> Entry {
    Entry::new(name, Kind::Order, args, "", &["{0} < {1}", "{0} <= {1}", "{0} > {1}", "{0} >= {1}"])
}

/// `[NOT] IN` literals of one class.
pub(in crate::sources::sql) const fn membership(
    name: &'static str,
    args: &'static [&'static [Class]],
    examples: &'static [&'static str],
) -> Entry {
    Entry::new(name, Kind::Membership, args, "", examples)
}

/// Expressions.
pub const EXPRESSIONS: &[Entry] = &[
    equality("bool = bool", &[BOOL, BOOL]),
    equality("integer = integer", &[INTEGERS, INTEGERS]),
    equality("text = text", &[TEXT, TEXT]),
    equality("binary = binary", &[&[Class::Binary], &[Class::Binary]]),
    equality("date = date", &[DATE, DATE]),
    Entry::new(
        "float64 = literal",
        Kind::Equality,
        &[&[Class::Float64]],
        "",
        &["{0} = CAST(1.5 AS DOUBLE)", "{0} <> CAST(1.5 AS DOUBLE)", "{0} IS DISTINCT FROM CAST(-7.25 AS DOUBLE)"],
    ),
    order("bool < bool", &[BOOL, BOOL]),
    order("integer < integer", &[INTEGERS, INTEGERS]),
    order("text < text", &[TEXT, TEXT]),
    order("binary < binary", &[&[Class::Binary], &[Class::Binary]]),
    order("date < date", &[DATE, DATE]),
    Entry::new(
        "float64 < literal",
        Kind::Order,
        &[&[Class::Float64]],
        "",
        &[
            "{0} < CAST(1.5 AS DOUBLE)",
            "{0} > CAST(0 AS DOUBLE)",
            "{0} BETWEEN CAST(-7.25 AS DOUBLE) AND CAST(1 AS DOUBLE)",
        ],
    ),
    membership("integer IN (…)", &[INTEGERS], &["{0} IN (1, 2, 3, 7, 1000)", "{0} NOT IN (1, -1, 3, 7, 1000)"]),
    membership("text IN (…)", &[TEXT], &["{0} IN ('a', 'B', 'é', '', 'x')", "{0} NOT IN ('a', 'B', 'é', '', 'x')"]),
    membership(
        "float64 IN (…)",
        &[&[Class::Float64]],
        &[
            "{0} IN (CAST(1.5 AS DOUBLE), CAST(2.5 AS DOUBLE), CAST(3 AS DOUBLE), CAST(4 AS DOUBLE), CAST(-7.25 AS DOUBLE))",
        ],
    ),
    membership("binary IN (…)", &[&[Class::Binary]], &["{0} IN (X'00', X'01', X'02', X'03', X'00ff')"]),
    membership(
        "date IN (…)",
        &[DATE],
        &["{0} IN (DATE '1969-12-31', DATE '2024-02-29', DATE '2024-01-01', DATE '2024-01-02', DATE '2024-01-03')"],
    ),
    Entry::new("x IS NULL", Kind::Presence, &[ANY], "({0} IS NULL)", &["{0} IS NULL", "{0} IS NOT NULL"]),
    Entry::new(
        "x AND y",
        Kind::Operator(Operator::And),
        &[BOOL, BOOL],
        "({0} AND {1})",
        &["({0} AND {1}) IS NOT FALSE", "({0} AND {1}) IS TRUE"],
    ),
    Entry::new("x OR y", Kind::Operator(Operator::Or), &[BOOL, BOOL], "({0} OR {1})", &["{0} OR {1}"]),
    Entry::new("NOT x", Kind::Not, &[BOOL], "(NOT {0})", &["NOT {0}", "NOT ({0} AND {0} IS NOT NULL)"]),
    Entry::new(
        "x IS TRUE",
        Kind::Truth,
        &[BOOL],
        "",
        &["{0} IS TRUE", "{0} IS FALSE", "{0} IS NOT TRUE", "{0} IS NOT FALSE"],
    ),
    Entry::new(
        "CASE",
        Kind::Choice,
        &[ANY],
        "",
        &[
            "CASE WHEN {0} IS NULL THEN NULL ELSE {0} END",
            "CASE WHEN c_int64 > 1 THEN {0} WHEN c_int64 < 0 THEN {0} END",
            "CASE c_int64 WHEN 1 THEN {0} WHEN 2 THEN NULL ELSE {0} END",
            "coalesce({0}, {0})",
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

/// Aggregates of values of every class.
pub const AGGREGATES: &[Entry] = &[
    Entry::new(
        "count(*)",
        Kind::Aggregate("count"),
        &[],
        "count(*){filter}",
        &["count(*)", "count(1)", "count(*) FILTER (WHERE c_int64 > 1)"],
    ),
    Entry::new(
        "count(x)",
        Kind::Aggregate("count"),
        &[ANY],
        "count({0}){filter}",
        &["count({0})", "count({0}) FILTER (WHERE c_int64 > 1)"],
    ),
];

/// Window functions that place, and pass on, values of every class, and the node in which they stand.
pub const WINDOWS: &[Entry] = &[
    node("window", &["SELECT id, row_number() OVER (ORDER BY id) AS n FROM edges"]),
    Entry::new(
        "row_number()",
        Kind::Window("row_number"),
        &[],
        "row_number(){over}",
        &["row_number() OVER (PARTITION BY c_text ORDER BY id)", "row_number() OVER (ORDER BY id DESC)"],
    ),
    Entry::new("rank()", Kind::Window("rank"), &[], "rank(){over}", &["rank() OVER (ORDER BY c_int64 NULLS LAST)"]),
    Entry::new(
        "dense_rank()",
        Kind::Window("dense_rank"),
        &[],
        "dense_rank(){over}",
        &["dense_rank() OVER (PARTITION BY c_text ORDER BY c_int64 DESC)"],
    ),
    Entry::new("lag(x)", Kind::Window("lag"), &[ANY], "lag({0}){over}", &["lag({0}) OVER (ORDER BY id)"]),
    Entry::new("lead(x)", Kind::Window("lead"), &[ANY], "lead({0}){over}", &["lead({0}) OVER (ORDER BY id)"]),
    Entry::new(
        "first_value(x)",
        Kind::Window("first_value"),
        &[ANY],
        "first_value({0}){over}",
        &[
            "first_value({0}) OVER (PARTITION BY c_text ORDER BY id)",
            "first_value({0}) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)",
        ],
    ),
    Entry::new(
        "last_value(x)",
        Kind::Window("last_value"),
        &[ANY],
        "last_value({0}){over}",
        &[
            "last_value({0}) OVER (ORDER BY id)",
            "last_value({0}) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
        ],
    ),
    Entry::new(
        "count(*) over",
        Kind::Window("count"),
        &[],
        "count(*){filter}{over}",
        &[
            "count(*) OVER (PARTITION BY c_text)",
            "count(*) OVER (ORDER BY c_int64)",
            "count(1) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
        ],
    ),
    Entry::new(
        "count(x) over",
        Kind::Window("count"),
        &[ANY],
        "count({0}){filter}{over}",
        &["count({0}) OVER (ORDER BY id)"],
    ),
];

/// Plan nodes and clauses. Their examples read the tables of the test, `edges` and `others`.
pub const NODES: &[Entry] = &[
    node("scan", &["SELECT id, c_int64 FROM edges"]),
    node("projection", &["SELECT c_int64 AS a, id AS b FROM edges"]),
    node("filter", &["SELECT id FROM edges WHERE c_int64 > 1"]),
    node("group by", &["SELECT c_int64, count(*) AS n FROM edges GROUP BY c_int64", "SELECT count(*) AS n FROM edges"]),
    node("having", &["SELECT c_int64, count(*) AS n FROM edges GROUP BY c_int64 HAVING count(*) > 1"]),
    node("distinct", &["SELECT DISTINCT c_int64 FROM edges"]),
    node(
        "sort",
        &[
            "SELECT id, c_int64 FROM edges ORDER BY c_int64 DESC NULLS LAST, id",
            "SELECT id, c_int64 FROM edges ORDER BY c_int64 NULLS FIRST, id DESC",
        ],
    ),
    node("limit", &["SELECT id FROM edges ORDER BY id LIMIT 3", "SELECT id FROM edges ORDER BY id LIMIT 3 OFFSET 2"]),
    node("inner join", &["SELECT a.id, b.id AS other FROM edges a JOIN others b ON a.c_int64 = b.c_int64"]),
    node(
        "left join",
        &["SELECT a.id, b.id AS other FROM edges a LEFT JOIN others b ON a.c_int64 = b.c_int64 AND b.id > 2"],
    ),
    node("right join", &["SELECT a.id, b.id AS other FROM edges a RIGHT JOIN others b ON a.c_int64 = b.c_int64"]),
    node("full join", &["SELECT a.id, b.id AS other FROM edges a FULL JOIN others b ON a.c_int64 = b.c_int64"]),
    node("cross join", &["SELECT a.id, b.id AS other FROM edges a CROSS JOIN others b"]),
    node("semi join", &["SELECT id FROM edges INTERSECT SELECT c_int64 FROM others"]),
    node("anti join", &["SELECT id FROM edges EXCEPT SELECT c_int64 FROM others"]),
    node("union all", &["SELECT id FROM edges UNION ALL SELECT c_int64 FROM others"]),
    node(
        "with",
        &["WITH w AS (SELECT c_int64, count(*) AS n FROM edges GROUP BY c_int64) \
         SELECT a.n, b.n AS m FROM w a JOIN w b ON a.n = b.n"],
    ),
    node(
        "exists",
        &[
            "SELECT id FROM edges a WHERE EXISTS (SELECT 1 FROM others b WHERE b.c_int64 = a.c_int64)",
            "SELECT id FROM edges a WHERE NOT EXISTS (SELECT 1 FROM others b WHERE b.c_int64 = a.c_int64)",
        ],
    ),
    node("in subquery", &["SELECT id FROM edges WHERE c_int64 IN (SELECT c_int64 FROM others)"]),
    node("scalar subquery", &["SELECT id FROM edges WHERE c_int64 = (SELECT max(c_int64) FROM others)"]),
    node("one row", &["SELECT 1 AS a UNION ALL SELECT c_int64 FROM edges"]),
];

/// A plan node, or a clause of one.
pub(in crate::sources::sql) const fn node(name: &'static str, examples: &'static [&'static str]) -> Entry {
    Entry::new(name, Kind::Node, &[], "", examples)
}
