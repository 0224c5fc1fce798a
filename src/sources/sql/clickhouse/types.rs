//! `ClickHouse`'s types and what they are here.
//!
//! | type | Arrow | sent as | compared in the source |
//! |---|---|---|---|
//! | `Bool` | Boolean | itself | yes |
//! | `Int8`, `Int16`, `UInt8` | Int16 | itself | yes |
//! | `Int32`, `UInt16` | Int32 | itself | yes |
//! | `Int64`, `UInt32` | Int64 | itself | yes |
//! | `UInt64` | Decimal128(20, 0) | itself | no |
//! | `Float32`, `Float64` | Float32, Float64 | itself | `=` against literals |
//! | `Decimal(p, s)` | Decimal128, Decimal256 beyond 38 digits | itself | yes |
//! | `String` | Utf8; bytes that are no UTF-8 are an error | itself | yes, by its bytes |
//! | `FixedString(n)` | Binary, padded with zeros | itself | no |
//! | `Date`, `Date32` | Date32 | `toDate32` | yes |
//! | `DateTime` | Timestamp(µs, UTC) | `toDateTime64(…, 0, 'UTC')` | yes |
//! | `DateTime64(p)` | Timestamp(µs, UTC); a nanosecond that is no whole microsecond is an error | itself | up to 6 digits |
//! | `Array(T)` of a type above that is sent as itself | List | itself | no |
//! | other `Array`, `Tuple`, `Map`, `Nested`, `JSON`, `Variant`, `Dynamic` | Utf8 | `toJSONString` | no |
//! | anything else, such as `UUID`, `Enum`, `IPv4`, `Int128` | Utf8 | `toString` | no |
//!
//! `Nullable(T)` is T with NULLs, `LowCardinality(T)` and `SimpleAggregateFunction(…, T)` are T.

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

use crate::{
    model::{ValueType, value::UTC},
    sources::{
        sql::{
            Class, Column, Comparison, Dialect, PRINTED_BY, SOURCE_TYPE,
            arrow::{class, reading},
            listing::Described,
            select::QUALIFIER,
        },
        strict::Target,
    },
};

/// A column as `system.columns` has it.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its type as `ClickHouse` prints it.
    pub declared: String,
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
        let plain = Plain::of(&self.declared);
        let form = plain.form();
        let target = as_type.map(Target::declared);
        if target.as_ref().is_some_and(|target| !target.reads(&form.data_type)) {
            return None;
        }
        let select = form.applied(&name);
        let class = form.class.filter(|class| as_type.is_none() && dialect.has(*class));
        let comparison = class.map(|class| Comparison { class, equality: name.clone(), order: name.clone() });
        let mut metadata = HashMap::from([(SOURCE_TYPE.to_owned(), self.declared.clone())]);
        if matches!(form.function, Some("toString" | "toJSONString")) {
            metadata.insert(PRINTED_BY.to_owned(), dialect.name().to_owned());
        }
        let data_type = target.map_or(form.data_type, |target| target.data_type);
        let field = Arc::new(Field::new(&self.name, data_type, plain.nullable).with_metadata(metadata));
        Some(Column { field, select, presence: name, comparison, is_typed: true })
    }
}

/// The Arrow type in which values of a result's column come, when nothing was done to send them.
#[must_use]
pub fn sent(declared: &str) -> Option<DataType> {
    let plain = Plain::of(declared);
    let form = plain.form();
    form.function.is_none().then_some(form.data_type)
}

/// A type without what stands around it.
struct Plain<'a> {
    name: &'a str,
    arguments: &'a str,
    nullable: bool,
}

/// How values of a type are sent and read.
struct Form {
    data_type: DataType,
    /// What is applied to them in the source, and its further arguments.
    function: Option<&'static str>,
    arguments: &'static str,
    class: Option<Class>,
}

impl<'a> Plain<'a> {
    fn of(declared: &'a str) -> Self {
        let declared = declared.trim();
        let (name, arguments) = match declared.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')').unwrap_or(rest)),
            None => (declared, ""),
        };
        match name {
            "Nullable" => Self { nullable: true, ..Self::of(arguments) },
            "LowCardinality" => Self::of(arguments),
            // The type stands behind the function's name.
            "SimpleAggregateFunction" => Self::of(arguments.split_once(',').map_or("", |(_, of)| of)),
            _ => Self { name, arguments, nullable: false },
        }
    }

    fn form(&self) -> Form {
        let itself = |data_type: DataType| {
            let data_type = reading(&data_type);
            let class = class(&data_type);
            Form { data_type, function: None, arguments: "", class }
        };
        let uncompared = |data_type| Form { class: None, ..itself(data_type) };
        let text = |function| Form { function: Some(function), ..uncompared(DataType::Utf8) };
        match self.name {
            "Bool" => itself(DataType::Boolean),
            "Int8" => itself(DataType::Int8),
            "Int16" => itself(DataType::Int16),
            "Int32" => itself(DataType::Int32),
            "Int64" => itself(DataType::Int64),
            "UInt8" => itself(DataType::UInt8),
            "UInt16" => itself(DataType::UInt16),
            "UInt32" => itself(DataType::UInt32),
            // Beside a decimal it would be one, of fewer digits.
            "UInt64" => uncompared(DataType::UInt64),
            "Float32" => itself(DataType::Float32),
            "Float64" => itself(DataType::Float64),
            "Decimal" => match self.digits() {
                Some((precision @ ..=38, scale)) => itself(DataType::Decimal128(precision, scale)),
                Some((precision, scale)) => itself(DataType::Decimal256(precision, scale)),
                None => text("toString"),
            },
            "String" => itself(DataType::Utf8),
            "FixedString" => uncompared(DataType::Binary),
            "Date32" => itself(DataType::Date32),
            // Older servers send it as a number.
            "Date" => Form { function: Some("toDate32"), ..itself(DataType::Date32) },
            "DateTime" => {
                Form { function: Some("toDateTime64"), arguments: ", 0, 'UTC'", ..itself(instant(TimeUnit::Second)) }
            }
            "DateTime64" => match self.arguments.split(',').next().and_then(|digits| digits.trim().parse().ok()) {
                Some(0..=6_u8) => itself(instant(TimeUnit::Microsecond)),
                _ => uncompared(instant(TimeUnit::Nanosecond)),
            },
            "Array" => match sent(self.arguments) {
                Some(item) => {
                    let nullable = Plain::of(self.arguments).nullable;
                    uncompared(DataType::List(Arc::new(Field::new_list_field(item, nullable))))
                }
                None => text("toJSONString"),
            },
            "Tuple" | "Map" | "Nested" | "JSON" | "Object" | "Variant" | "Dynamic" => text("toJSONString"),
            _ => text("toString"),
        }
    }

    /// Of a decimal: how many in all, and behind the point.
    fn digits(&self) -> Option<(u8, i8)> {
        let (precision, scale) = self.arguments.split_once(',')?;
        Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
    }
}

impl Form {
    fn applied(&self, name: &str) -> String {
        match self.function {
            Some(function) => format!("{function}({name}{})", self.arguments),
            None => name.to_owned(),
        }
    }
}

fn instant(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some(UTC.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_through_what_stands_around_them() {
        for (declared, expected) in [
            ("Nullable(UInt8)", Some(DataType::Int16)),
            ("LowCardinality(Nullable(String))", Some(DataType::Utf8)),
            ("SimpleAggregateFunction(max, Int32)", Some(DataType::Int32)),
            ("Decimal(40, 3)", Some(DataType::Decimal256(40, 3))),
            ("DateTime64(3, 'Europe/Berlin')", Some(instant(TimeUnit::Microsecond))),
            ("DateTime('UTC')", None),
            ("Enum8('a' = 1)", None),
            ("Tuple(Int8, String)", None),
        ] {
            assert_eq!(sent(declared), expected, "{declared}");
        }
        assert!(matches!(sent("Array(Nullable(Int64))"), Some(DataType::List(item)) if item.is_nullable()));
        assert_eq!(sent("Array(UUID)"), None);
    }
}
