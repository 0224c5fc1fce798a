//! Types of `MySQL` and `MariaDB`, as `COLUMN_TYPE` spells them, and what they are here.
//!
//! | type | Arrow | compared in the source |
//! |---|---|---|
//! | `tinyint`, `tinyint(1)` (as which `bool` is kept), `smallint` | Int16 | yes |
//! | `year` | Int16 | no: 99 is 1999 to the server |
//! | `smallint unsigned`, `mediumint`, `int` | Int32 | yes |
//! | `mediumint unsigned` | Int32 | yes |
//! | `int unsigned`, `bigint` | Int64 | yes |
//! | `bigint unsigned` | Decimal128(20, 0) | yes |
//! | `decimal(p, s)` | Decimal128, Decimal256 beyond 38 digits | up to 30 digits behind the point |
//! | `float`, `double` | Float32, Float64 | `double` with literals |
//! | `char`, `varchar`, `tinytext`, `text` | Utf8 | yes, by code point |
//! | `mediumtext`, `longtext`, `json`, `enum`, `set`, `uuid`, `inet4`, `inet6` | Utf8 | no |
//! | `binary`, `varbinary`, `tinyblob`, `blob` | Binary | yes |
//! | `mediumblob`, `longblob`, `bit`, `geometry` and its kind | Binary | no |
//! | `date` | Date32 | by scans that read it |
//! | `datetime` | Timestamp(µs) | by scans that read it |
//! | `timestamp` | Timestamp(µs, UTC) | by scans that read it |
//! | `time` | Utf8, `[-]HHH:MM:SS[.ffffff]` as the server prints it: it may be longer than a day | no |
//! | anything else | Utf8 | no |
//!
//! A date of zeros, or with a month or day of zero, is an error that names the column; as `string` it is what the server
//! shows. `bool`, which `columns:` makes of whole numbers, is compared by scans that read it. Sorts in the source keep the first bytes of long text, as many as the longest of `text` and `blob` has.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

use super::dialect::MOST_BEHIND_THE_POINT;
use crate::{
    model::{ValueType, value::UTC},
    sources::{
        sql::{Class, Column, Comparison, Dialect, PRINTED_BY, SOURCE_TYPE, listing::Described, select::QUALIFIER},
        strict::Target,
    },
};

/// A column as `information_schema.COLUMNS` has it.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its `COLUMN_TYPE`.
    pub declared: String,
    /// May it be NULL?
    pub nullable: bool,
    /// What the table's owner says about it.
    pub comment: String,
}

impl Described for DeclaredColumn {
    fn name(&self) -> &str {
        &self.name
    }

    fn source_type(&self) -> &str {
        &self.declared
    }

    fn allowed(&self) -> &'static str {
        "string, or a type that holds each of its values"
    }

    fn comment(&self) -> Option<&str> {
        (!self.comment.is_empty()).then_some(self.comment.as_str())
    }

    fn column(&self, dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column> {
        let name = format!("{QUALIFIER}{}", dialect.quoted(&self.name));
        let form = Form::of(&self.declared);
        let target = as_type.map(|wanted| wanted_type(wanted, &form.data_type));
        if matches!(target, Some(None)) {
            return None;
        }
        let select = match form.cast {
            Some(cast) => format!("CAST({name} AS {cast})"),
            None => name.clone(),
        };
        let class = match as_type {
            None => form.class,
            // What is not zero is true there: a row that is chosen by 2 is read too, and refused.
            Some(ValueType::Bool) => form.class.map(|_| Class::Bool),
            Some(_) => None,
        };
        let class = class.filter(|class| dialect.has(*class));
        let comparison = class.map(|class| {
            let operand = if class == Class::Text { dialect.by_code_point(&name) } else { name.clone() };
            Comparison { class, equality: operand.clone(), order: operand }
        });
        // Of a date of zeros in a column without NULLs, IS NULL is true there; of its text it is not.
        let presence = match form.data_type {
            DataType::Date32 | DataType::Timestamp(..) => format!("CAST({name} AS CHAR)"),
            _ => name.clone(),
        };
        let is_typed = !matches!(class, Some(Class::Bool | Class::Date | Class::Timestamp | Class::TimestampTz));
        let data_type = target.flatten().unwrap_or_else(|| form.data_type.clone());
        let mut metadata = HashMap::from([(SOURCE_TYPE.to_owned(), self.declared.clone())]);
        if form.cast == Some("CHAR") {
            metadata.insert(PRINTED_BY.to_owned(), dialect.name().to_owned());
        }
        let field = Field::new(&self.name, data_type, self.nullable).with_metadata(metadata);
        Some(Column { field: Arc::new(field), select, presence, comparison, is_typed })
    }
}

/// What the owner asks for, if values of `own` can be read as that.
fn wanted_type(wanted: &ValueType, own: &DataType) -> Option<DataType> {
    let is_number = own.is_integer() || own.is_decimal();
    let fits = match wanted {
        ValueType::String => true,
        ValueType::Bool => own.is_integer(),
        ValueType::Int32 | ValueType::Int64 | ValueType::Decimal(..) => is_number,
        ValueType::Float64 => own.is_floating() || own.is_integer(),
        ValueType::Date => matches!(own, DataType::Date32 | DataType::Timestamp(..)),
        ValueType::Timestamp => matches!(own, DataType::Date32 | DataType::Timestamp(_, None)),
        ValueType::TimestampTz => matches!(own, DataType::Timestamp(_, Some(_))),
        ValueType::Uuid | ValueType::List(_) => false,
    };
    fits.then(|| Target::declared(wanted).data_type)
}

/// How values of a type are read.
struct Form {
    data_type: DataType,
    class: Option<Class>,
    /// What they are cast to before they are sent.
    cast: Option<&'static str>,
}

impl Form {
    fn of(declared: &str) -> Self {
        let lower = declared.to_ascii_lowercase();
        let is_unsigned = lower.contains(" unsigned") || lower.contains(" zerofill");
        let name = lower.split(['(', ' ']).next().unwrap_or_default();
        let arguments = lower.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inner, _)| inner);
        let own = |data_type, class| Self { data_type, class: Some(class), cast: None };
        let only = |data_type| Self { data_type, class: None, cast: None };
        match (name, is_unsigned) {
            ("year", _) => only(DataType::Int16),
            ("tinyint", _) | ("smallint", false) => own(DataType::Int16, Class::Int16),
            ("smallint", true) | ("mediumint", _) | ("int", false) => own(DataType::Int32, Class::Int32),
            ("int", true) | ("bigint", false) => own(DataType::Int64, Class::Int64),
            ("bigint", true) => own(DataType::Decimal128(20, 0), Class::Decimal),
            ("float", _) => own(DataType::Float32, Class::Float32),
            ("double", _) => own(DataType::Float64, Class::Float64),
            ("decimal", _) => match digits(arguments) {
                Some((precision, scale)) => {
                    let data_type = match precision {
                        ..=38 => DataType::Decimal128(precision, scale),
                        _ => DataType::Decimal256(precision, scale),
                    };
                    let class = (scale <= MOST_BEHIND_THE_POINT).then_some(Class::Decimal);
                    Self { class, ..only(data_type) }
                }
                None => Self { cast: Some("CHAR"), ..only(DataType::Utf8) },
            },
            ("char" | "varchar" | "tinytext" | "text", _) => own(DataType::Utf8, Class::Text),
            ("binary" | "varbinary" | "tinyblob" | "blob", _) => own(DataType::Binary, Class::Binary),
            ("date", _) => own(DataType::Date32, Class::Date),
            ("datetime", _) => own(DataType::Timestamp(TimeUnit::Microsecond, None), Class::Timestamp),
            ("timestamp", _) => own(DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())), Class::TimestampTz),
            (
                "mediumblob" | "longblob" | "bit" | "geometry" | "point" | "linestring" | "polygon" | "multipoint"
                | "multilinestring" | "multipolygon" | "geometrycollection" | "geomcollection" | "vector",
                _,
            ) => only(DataType::Binary),
            ("mediumtext" | "longtext" | "json" | "enum" | "set", _) => only(DataType::Utf8),
            // Also a `time`, which is a length of time.
            _ => Self { cast: Some("CHAR"), ..only(DataType::Utf8) },
        }
    }
}

/// `p,s` of a decimal.
fn digits(arguments: &str) -> Option<(u8, i8)> {
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_they_are_declared() {
        for (declared, expected) in [
            ("tinyint(1)", DataType::Int16),
            ("tinyint(1) unsigned", DataType::Int16),
            ("tinyint unsigned", DataType::Int16),
            ("mediumint(8) unsigned zerofill", DataType::Int32),
            ("int unsigned", DataType::Int64),
            ("bigint(20) unsigned", DataType::Decimal128(20, 0)),
            ("decimal(10,0)", DataType::Decimal128(10, 0)),
            ("decimal(65,30)", DataType::Decimal256(65, 30)),
            ("varchar(10)", DataType::Utf8),
            ("enum('a','b (c) unsigned')", DataType::Utf8),
            ("datetime(6)", DataType::Timestamp(TimeUnit::Microsecond, None)),
            ("bit(9)", DataType::Binary),
            ("time(3)", DataType::Utf8),
            ("inet6", DataType::Utf8),
        ] {
            assert_eq!(Form::of(declared).data_type, expected, "{declared}");
        }
    }
}
