//! Declared types of `SQLite` columns and what they are here.
//!
//! | declared | Arrow | stored values that are read | compared in the source |
//! |---|---|---|---|
//! | bool, boolean | Boolean | 0, 1 | yes |
//! | date | Date32 | text `YYYY-MM-DD` | yes |
//! | datetime, timestamp | Timestamp(µs) | text `YYYY-MM-DD HH:MM[:SS[.ffffff]]`, or with `T` | no |
//! | …int… | Int64 | integers | yes |
//! | …char…, …clob…, …text… | Utf8 | text | yes, in UTF-8 databases |
//! | …blob… | Binary | blobs | yes |
//! | …real…, …floa…, …doub… | Float64 | reals, integers up to 2^53 | yes, zero with care |
//! | decimal…, numeric… | Float64 | reals, integers up to 2^53 | no |
//! | anything else, or nothing | Utf8 | every value, as text | no |
//!
//! Any other stored value is an error that names the column. As text, an integer is its digits, a real its shortest
//! digits, a blob its hexadecimal digits. `columns:` can make any column a string, int32, int64, float64, bool, date,
//! timestamp or decimal; then the same holds for the asked type, and nothing but `IS NULL` is asked of it in the source.
//! A decimal is read from an integer, from decimal text, and from a real by its shortest digits. A view says of a column
//! without a declared type that it is a blob.
//!
//! A row that is selected in the source by one of these columns is one in which that column can be read: it is read too.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

use crate::{
    model::ValueType,
    sources::sql::{Class, Column, Comparison, Dialect, SOURCE_TYPE, listing::Described, select::QUALIFIER},
};

/// The key of a field's metadata that says that every stored value is read, as text.
pub const READ_AS_TEXT: &str = "aqueduct.read_as_text";

/// A column as the schema declares it.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its declared type; empty when there is none.
    pub declared: String,
    /// Are NULLs kept out?
    pub not_null: bool,
    /// Where it stands.
    pub around: Surroundings,
}

/// How the values of a table are compared.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Is text stored in UTF-8? Otherwise its byte order is another.
    pub utf8: bool,
    /// The columns of a view may convert what they are compared with by rules of another type than the declared one.
    pub view: bool,
    /// Does the table keep out values of other types than its columns declare (`STRICT`)?
    pub strict: bool,
}

impl Described for DeclaredColumn {
    fn name(&self) -> &str {
        &self.name
    }

    fn source_type(&self) -> &str {
        &self.declared
    }

    fn allowed(&self) -> &'static str {
        "string, int32, int64, float64, bool, date, timestamp, decimal(p,s)"
    }

    fn column(&self, _dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column> {
        // In double quotes, the name of a column that is gone would be read as text.
        let name = format!("{QUALIFIER}`{}`", self.name.replace('`', "``"));
        let (reading, class) = match as_type {
            None => by_declaration(&self.declared),
            Some(wanted) => (Reading::wanted(wanted)?, None),
        };
        let mut metadata = HashMap::from([(SOURCE_TYPE.to_owned(), self.declared.clone())]);
        let data_type = match reading {
            Reading::As(data_type) => data_type,
            Reading::AnythingAsText => {
                metadata.insert(READ_AS_TEXT.to_owned(), "true".to_owned());
                DataType::Utf8
            }
        };
        let comparison = class.filter(|class| self.around.utf8 || *class != Class::Text).map(|class| {
            // A unary plus keeps the value and drops every conversion that the column would ask for.
            let plain = if self.around.view { format!("(+{name})") } else { name.clone() };
            let operand = match class {
                Class::Text | Class::Date => format!("({plain} COLLATE BINARY)"),
                _ => plain,
            };
            Comparison { class, equality: operand.clone(), order: operand }
        });
        let field = Field::new(&self.name, data_type, !self.not_null).with_metadata(metadata);
        Some(Column {
            field: Arc::new(field),
            select: name.clone(),
            presence: name,
            comparison,
            is_typed: self.around.strict,
        })
    }
}

/// How stored values are read.
enum Reading {
    /// Those that fit this type.
    As(DataType),
    /// Every one, as text.
    AnythingAsText,
}

impl Reading {
    /// What the owner asks for, if there is such a reading.
    fn wanted(wanted: &ValueType) -> Option<Self> {
        Some(Self::As(match wanted {
            ValueType::String => return Some(Self::AnythingAsText),
            ValueType::Bool => DataType::Boolean,
            ValueType::Int32 => DataType::Int32,
            ValueType::Int64 => DataType::Int64,
            ValueType::Float64 => DataType::Float64,
            ValueType::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            ValueType::Date => DataType::Date32,
            ValueType::Timestamp => timestamp(),
            ValueType::TimestampTz | ValueType::Uuid | ValueType::List(_) => return None,
        }))
    }
}

/// The table above, in its order: `SQLite`'s own rules of affinity, after the names that those do not know.
fn by_declaration(declared: &str) -> (Reading, Option<Class>) {
    let name = declared.split('(').next().unwrap_or_default().trim().to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match name.as_str() {
        "BOOL" | "BOOLEAN" => (Reading::As(DataType::Boolean), Some(Class::Bool)),
        "DATE" => (Reading::As(DataType::Date32), Some(Class::Date)),
        "DATETIME" | "TIMESTAMP" => (Reading::As(timestamp()), None),
        _ if has(&["INT"]) => (Reading::As(DataType::Int64), Some(Class::Int64)),
        _ if has(&["CHAR", "CLOB", "TEXT"]) => (Reading::As(DataType::Utf8), Some(Class::Text)),
        _ if has(&["BLOB"]) => (Reading::As(DataType::Binary), Some(Class::Binary)),
        _ if has(&["REAL", "FLOA", "DOUB"]) => (Reading::As(DataType::Float64), Some(Class::Float64)),
        _ if name.starts_with("DECIMAL") || name.starts_with("NUMERIC") => (Reading::As(DataType::Float64), None),
        _ => (Reading::AnythingAsText, None),
    }
}

const fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}
