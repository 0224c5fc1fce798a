//! Redshift's types and what they are here.
//!
//! | type | Arrow | sent as | compared in the source |
//! |---|---|---|---|
//! | boolean | Boolean | itself | yes |
//! | smallint, integer, bigint | Int16, Int32, Int64 | itself | yes |
//! | real | Float32 | itself | no |
//! | double precision | Float64 | itself | `=` against literals |
//! | numeric(p, s) | Decimal128(p, s) | text | yes |
//! | varchar(n), text | Utf8; n counts bytes | itself | `=`, `<>` and `IN`, by its bytes |
//! | char(n), bpchar | Utf8 without the padding, which Redshift does not count either | varchar | the same |
//! | date | Date32 | text | yes |
//! | timestamp, timestamptz | Timestamp(µs), Timestamp(µs, UTC) | itself | yes |
//! | time | Time64(µs) | text | no |
//! | timetz | Utf8 | text | no |
//! | super | Utf8, named `arrow.json` | `json_serialize`, but NULL | no |
//! | varbyte | Binary | `from_varbyte(…, 'hex')` | no |
//!
//! Columns of other types (geometry, geography, hllsketch, intervals, and what is nested in external tables) are left out,
//! and named.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

use crate::{
    model::{ValueType, value::UTC},
    sources::sql::{
        Class, Column, Comparison, Dialect, PRINTED_BY, SOURCE_TYPE, arrow::class, listing::Described,
        select::QUALIFIER,
    },
};

/// A column as the system's views have it.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its type, with what stands in parentheses behind it.
    pub declared: String,
    /// Can it hold NULL?
    pub nullable: bool,
    /// What is said about it.
    pub comment: Option<String>,
}

/// How values of a type are sent and read.
struct Form {
    data_type: DataType,
    /// What is sent of `{}`, the column.
    sent: &'static str,
    class: Option<Class>,
    /// Is it JSON, or the source's printing of something else?
    says: &'static [(&'static str, &'static str)],
}

const JSON: &[(&str, &str)] = &[("ARROW:extension:name", "arrow.json"), ("ARROW:extension:metadata", "")];
const PRINTED: &[(&str, &str)] = &[(PRINTED_BY, "redshift")];
/// A value of any type but text, as text.
const AS_TEXT: &str = "CAST({} AS varchar(64))";

impl Form {
    fn itself(data_type: DataType) -> Self {
        let class = class(&data_type);
        Self { data_type, sent: "{}", class, says: &[] }
    }

    fn of(declared: &str) -> Option<Self> {
        let declared = declared.trim().to_lowercase();
        let (name, arguments) = match declared.split_once('(') {
            Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')').unwrap_or(rest)),
            None => (declared.as_str(), ""),
        };
        let uncompared = |data_type| Self { class: None, ..Self::itself(data_type) };
        let text = |sent, says| Self { sent, says, ..uncompared(DataType::Utf8) };
        Some(match name {
            "boolean" | "bool" => Self::itself(DataType::Boolean),
            "smallint" | "int2" => Self::itself(DataType::Int16),
            "integer" | "int" | "int4" => Self::itself(DataType::Int32),
            "bigint" | "int8" => Self::itself(DataType::Int64),
            "real" | "float4" => uncompared(DataType::Float32),
            "double precision" | "double" | "float8" | "float" => Self::itself(DataType::Float64),
            "numeric" | "decimal" => Self::itself(decimal(arguments)?),
            "character varying" | "varchar" | "nvarchar" | "text" | "string" => Self::itself(DataType::Utf8),
            "character" | "char" | "nchar" | "bpchar" => {
                Self { sent: "CAST({} AS varchar(4096))", ..Self::itself(DataType::Utf8) }
            }
            "date" => Self::itself(DataType::Date32),
            "timestamp" | "timestamp without time zone" => {
                Self::itself(DataType::Timestamp(TimeUnit::Microsecond, None))
            }
            "timestamptz" | "timestamp with time zone" => {
                Self::itself(DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())))
            }
            "time" | "time without time zone" => uncompared(DataType::Time64(TimeUnit::Microsecond)),
            "timetz" | "time with time zone" => text(AS_TEXT, PRINTED),
            // Of NULL it makes the text `null` ("JSON_SERIALIZE function").
            "super" => text("CASE WHEN {} IS NOT NULL THEN json_serialize({}) END", JSON),
            "varbyte" | "varbinary" | "binary varying" | "binary" => {
                Self { sent: "from_varbyte({}, 'hex')", ..uncompared(DataType::Binary) }
            }
            _ => return None,
        })
    }

    /// The type as the owner wants it, if every value arrives unchanged or fails. A number goes through its digits.
    fn wanted(self, wanted: &ValueType) -> Option<Self> {
        let is_whole = self.data_type.is_integer();
        let data_type = wanted.arrow();
        let sent = match (wanted, &self.data_type) {
            (ValueType::String, DataType::Utf8) => return Some(self),
            (ValueType::String, DataType::Float32 | DataType::Float64 | DataType::Binary) => return None,
            (ValueType::String, _) => AS_TEXT,
            (ValueType::Decimal(..), DataType::Decimal128(..)) => "{}",
            (ValueType::Decimal(..), _) if is_whole => "{}",
            (ValueType::Int32, DataType::Int16) => "CAST({} AS integer)",
            (ValueType::Int64, DataType::Int16 | DataType::Int32) => "CAST({} AS bigint)",
            (ValueType::Float64, DataType::Int16 | DataType::Int32 | DataType::Float32) => {
                "CAST({} AS double precision)"
            }
            _ if *wanted != ValueType::Uuid && data_type == self.data_type => return Some(self),
            _ => return None,
        };
        let says = if *wanted == ValueType::String { PRINTED } else { &[] };
        Some(Self { data_type, sent, class: None, says })
    }
}

/// Of 38 digits at most; 18 and none behind the point where nothing is said ("Numeric types").
fn decimal(arguments: &str) -> Option<DataType> {
    if arguments.is_empty() {
        return Some(DataType::Decimal128(18, 0));
    }
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    (matches!(precision, 1..=38) && (0..=37).contains(&scale)).then_some(DataType::Decimal128(precision, scale))
}

impl Described for DeclaredColumn {
    fn name(&self) -> &str {
        &self.name
    }

    fn source_type(&self) -> &str {
        &self.declared
    }

    fn allowed(&self) -> &'static str {
        match Form::of(&self.declared).map(|form| form.data_type) {
            Some(DataType::Decimal128(..)) => "string, decimal(p,s)",
            Some(DataType::Int16 | DataType::Int32) => "string, int32, int64, float64, decimal(p,s)",
            Some(DataType::Int64) => "string, int64, decimal(p,s)",
            Some(DataType::Float32) => "float64",
            Some(_) => "string, or the type that it has without `columns:`",
            None => "nothing: columns of this type are not read",
        }
    }

    fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    fn column(&self, dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column> {
        let name = format!("{QUALIFIER}{}", dialect.quoted(&self.name));
        let form = Form::of(&self.declared)?;
        let form = match as_type {
            None => form,
            Some(wanted) => form.wanted(wanted)?,
        };
        let select = form.sent.replace("{}", &name);
        let class = form.class.filter(|class| dialect.has(*class));
        let comparison = class.map(|class| Comparison { class, equality: select.clone(), order: select.clone() });
        let mut metadata = HashMap::from([(SOURCE_TYPE.to_owned(), self.declared.clone())]);
        metadata.extend(form.says.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let field = Arc::new(Field::new(&self.name, form.data_type, self.nullable).with_metadata(metadata));
        Some(Column { field, select, presence: name, comparison, is_typed: true })
    }
}
