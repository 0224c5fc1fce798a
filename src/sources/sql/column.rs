//! A column of a remote table: what it is here, how it is read there, and how it may be compared there.

use datafusion::arrow::datatypes::FieldRef;

/// A column of a remote table. All texts are in the dialect of its source, identifiers quoted, with
/// [`QUALIFIER`](super::select::QUALIFIER) before its name.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name, type and nullability, and the source's own type as metadata.
    pub field: FieldRef,
    /// What stands in the SELECT list: it forces a form that the member knows how to read.
    pub select: String,
    /// What `IS NULL` is asked of.
    pub presence: String,
    /// How its values are compared in the source; `None` when that is not proven to agree with the engine.
    pub comparison: Option<Comparison>,
    /// Is every stored value of the declared type? If not, an expression may be computed from one that cannot be read.
    pub is_typed: bool,
}

/// How the values of a column are compared in its source, with the same answers as in the engine.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Only columns and literals of one class are compared.
    pub class: Class,
    /// The operand of `=`, `<>`, `IN` and `IS DISTINCT FROM` against a literal.
    pub equality: String,
    /// The operand of `<`, `<=`, `>`, `>=`, and of every comparison with another column.
    pub order: String,
}

/// Kinds of values that compare among themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// false < true.
    Bool,
    /// 16 bits, signed.
    Int16,
    /// 32 bits, signed.
    Int32,
    /// 64 bits, signed.
    Int64,
    /// Single precision.
    Float32,
    /// Double precision.
    Float64,
    /// Exact numbers, compared as numbers.
    Decimal,
    /// Text, compared by code point.
    Text,
    /// Text in the canonical form of a UUID.
    Uuid,
    /// Bytes, compared one by one.
    Binary,
    /// Days.
    Date,
    /// Microseconds without a zone.
    Timestamp,
    /// Microseconds that name an instant.
    TimestampTz,
}
