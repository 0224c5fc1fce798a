//! `DuckDB`'s types: how each is sent, and whether its values are compared there as they are here.
//!
//! | `DuckDB` | sent as | compared there |
//! |---|---|---|
//! | TINYINT, UTINYINT | SMALLINT | yes |
//! | USMALLINT | INTEGER | yes |
//! | UINTEGER | BIGINT | yes |
//! | UBIGINT | DECIMAL(20, 0) | yes |
//! | BOOLEAN, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL, VARCHAR, BLOB, DATE, TIMESTAMP, TIMESTAMPTZ | itself | yes |
//! | ENUM, UUID | VARCHAR | yes, as text |
//! | UHUGEINT, BIT, TIMETZ, BIGNUM, UNION, VARIANT, GEOMETRY, and what holds them | VARCHAR | no |
//! | everything else | itself | no |
//!
//! `columns: {x: string}` makes DATE, TIMESTAMP and HUGEINT a VARCHAR there: so infinity and 39 digits are read.
//!
//! Arithmetic on the narrow and the unsigned types leaves them where the engine's does not, a UHUGEINT does not fit the
//! decimal in which the library would send it, and others have no type in Arrow.

use datafusion::arrow::datatypes::{DataType, Field};

use crate::sources::sql::adbc::{AdbcColumn, information::plain};

/// Types that are compared there as they are.
const COMPARED: &[&str] = &[
    "BOOLEAN",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "VARCHAR",
    "BLOB",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
];
/// Types without one in Arrow, or whose values would come as others.
const PRINTED: &[&str] =
    &["UHUGEINT", "BIT", "TIME WITH TIME ZONE", "BIGNUM", "VARINT", "UNION(", "VARIANT", "GEOMETRY"];

/// Types with values that those of Arrow have not: infinity, and a thirty-ninth digit.
const ENDLESS: &[&str] = &["DATE", "TIMESTAMP", "HUGEINT"];

/// The column that `field` is, whose type `DuckDB` calls `source_type`.
pub fn column(field: &Field, source_type: String) -> AdbcColumn {
    let name = source_type.as_str();
    let (cast, data_type, is_comparable) = match name {
        "TINYINT" | "UTINYINT" => (Some("SMALLINT"), DataType::Int16, true),
        "USMALLINT" => (Some("INTEGER"), DataType::Int32, true),
        "UINTEGER" => (Some("BIGINT"), DataType::Int64, true),
        "UBIGINT" => (Some("DECIMAL(20, 0)"), DataType::Decimal128(20, 0), true),
        "UUID" => (Some("VARCHAR"), DataType::Utf8, true),
        _ if name.starts_with("ENUM(") && !name.ends_with(']') => (Some("VARCHAR"), DataType::Utf8, true),
        _ if PRINTED.iter().any(|printed| holds(name, printed)) => (Some("VARCHAR"), DataType::Utf8, false),
        _ => (None, field.data_type().clone(), COMPARED.contains(&name) || is_decimal(name)),
    };
    let is_endless = ENDLESS.iter().any(|endless| name.starts_with(endless) && !name.ends_with(']'));
    let mut column = plain(field, source_type, is_comparable);
    column.cast = cast;
    column.as_text = is_endless.then_some("VARCHAR");
    column.arrow.data_type = data_type;
    column
}

fn is_decimal(name: &str) -> bool {
    name.starts_with("DECIMAL(") && name.ends_with(')')
}

/// Is `part` the type, or one within it? Names of fields may look like types: then a value is only printed.
fn holds(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let is_edge = |next: Option<char>| next.is_none_or(|next| !next.is_ascii_alphanumeric() && next != '_');
        is_edge(name[..at].chars().next_back())
            && (part.ends_with('(') || is_edge(name[at + part.len()..].chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_within_types_are_found() {
        assert!(holds("UHUGEINT[]", "UHUGEINT"));
        assert!(holds("STRUCT(a BIT, b INTEGER)", "BIT"));
        assert!(holds("UNION(a INTEGER)[]", "UNION("));
        assert!(!holds("BITS", "BIT"));
        assert!(!holds("VARCHAR", "VARIANT"));
        assert!(is_decimal("DECIMAL(18,3)"));
        assert!(!is_decimal("DECIMAL(18,3)[]"));
    }
}
