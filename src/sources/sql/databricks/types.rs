//! Databricks' types and what they are here
//! (<https://docs.databricks.com/en/sql/language-manual/sql-ref-datatypes.html>).
//!
//! | type | Arrow | sent as | compared in the source |
//! |---|---|---|---|
//! | `BOOLEAN` | Boolean | itself | `=` |
//! | `TINYINT`, `SMALLINT` | Int16 | `SMALLINT` | yes |
//! | `INT`, `BIGINT` | Int32, Int64 | itself | yes |
//! | `FLOAT`, `DOUBLE` | Float32, Float64 | itself | against literals |
//! | `DECIMAL(p, s)` | Decimal128 | itself | yes |
//! | `STRING`, `VARCHAR(n)` | Utf8 | itself | yes, by their bytes |
//! | `CHAR(n)`, text of another collation than `UTF8_BINARY` | Utf8 | itself | no |
//! | `BINARY` | Binary | itself | no |
//! | `DATE` | Date32 | itself | yes |
//! | `TIMESTAMP` | Timestamp(µs, UTC) | itself | yes |
//! | `TIMESTAMP_NTZ` | Timestamp(µs) | itself | yes |
//! | `ARRAY`, `STRUCT` of such | List, Struct | itself | no |
//! | `MAP` of such | Utf8: JSON | itself | no |
//! | `VARIANT`, and nested types with others inside | Utf8 | `to_json` | no |
//! | `INTERVAL` and anything else | Utf8 | `CAST(… AS STRING)` | no |

use std::{collections::HashMap, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

use crate::{
    model::{ValueType, value::UTC},
    sources::sql::{
        Column, Comparison, Dialect, PRINTED_BY, SOURCE_TYPE, arrow::ArrowColumn, listing::Described, select::QUALIFIER,
    },
};

/// NULLs inside are kept: <https://docs.databricks.com/en/sql/language-manual/functions/to_json.html>
const TO_JSON: [&str; 2] = ["to_json(", ", map('ignoreNullFields', 'false'))"];
const AS_STRING: [&str; 2] = ["CAST(", " AS STRING)"];
const AS_SMALLINT: [&str; 2] = ["CAST(", " AS SMALLINT)"];

/// A column as `information_schema.columns` has it.
#[derive(Clone, Debug)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// Its full type as Databricks prints it.
    pub declared: String,
    /// Can it hold NULL?
    pub nullable: bool,
    /// What the table's owner says about it.
    pub comment: Option<String>,
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
        self.comment.as_deref()
    }

    fn column(&self, dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column> {
        let Form { data_type, around, is_comparable, is_text } = Form::of(&self.declared);
        let arrow = ArrowColumn {
            name: self.name.clone(),
            data_type,
            source_type: self.declared.clone(),
            nullable: self.nullable,
            is_comparable,
            comment: None,
        };
        let mut column = arrow.column(dialect, as_type)?;
        let Some([before, behind]) = around else { return Some(column) };
        let select = format!("{before}{QUALIFIER}{}{behind}", dialect.quoted(&self.name));
        if is_text {
            let metadata = [(SOURCE_TYPE, self.declared.as_str()), (PRINTED_BY, dialect.name())];
            let metadata: HashMap<_, _> = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
            column.field = Arc::new(column.field.as_ref().clone().with_metadata(metadata));
        }
        let comparison = column.comparison.map(|Comparison { class, .. }| Comparison {
            class,
            equality: select.clone(),
            order: select.clone(),
        });
        Some(Column { select, comparison, ..column })
    }
}

/// How values of a type are sent and read.
struct Form {
    data_type: DataType,
    /// What stands around the column where it is read.
    around: Option<[&'static str; 2]>,
    is_comparable: bool,
    /// Is it printed by Databricks?
    is_text: bool,
}

impl Form {
    fn of(declared: &str) -> Self {
        let name = declared.trim().to_ascii_lowercase();
        let text =
            |around| Self { data_type: DataType::Utf8, around: Some(around), is_comparable: false, is_text: true };
        match sent(declared) {
            Some(DataType::Int8) => {
                Self { data_type: DataType::Int16, around: Some(AS_SMALLINT), is_comparable: true, is_text: false }
            }
            Some(data_type) => {
                // Blanks at the end of a CHAR, and the case of some collations, do not count there.
                let is_loose = data_type == DataType::Utf8 && name != "string" && !name.starts_with("varchar(")
                    || name.contains(" collate ")
                    // A MAP, which comes as text: the order of its entries means nothing there.
                    || is_nested(&name);
                Self { data_type, around: None, is_comparable: !is_loose, is_text: false }
            }
            None if name == "variant" || is_nested(&name) => text(TO_JSON),
            None => text(AS_STRING),
        }
    }
}

/// Has a type, as it is printed, types inside?
pub fn is_nested(declared: &str) -> bool {
    ["array<", "map<", "struct<"]
        .iter()
        .any(|name| declared.trim_start().get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// The Arrow type in which values of `declared` come, when nothing was done to send them.
#[must_use]
pub fn sent(declared: &str) -> Option<DataType> {
    let mut text = Text(declared.trim());
    let data_type = text.data_type()?;
    text.0.is_empty().then_some(data_type)
}

/// What of a type is not read yet.
struct Text<'a>(&'a str);

impl Text<'_> {
    fn data_type(&mut self) -> Option<DataType> {
        let item = |name: &str, data_type| Arc::new(Field::new(name, data_type, true));
        let name = self.word().to_ascii_lowercase();
        Some(match name.as_str() {
            "boolean" => DataType::Boolean,
            "tinyint" | "byte" => DataType::Int8,
            "smallint" | "short" => DataType::Int16,
            "int" | "integer" => DataType::Int32,
            "bigint" | "long" => DataType::Int64,
            "float" | "real" => DataType::Float32,
            "double" => DataType::Float64,
            "decimal" | "dec" | "numeric" => {
                let (precision, scale) = self.between('(', ')')?.split_once(',')?;
                DataType::Decimal128(precision.trim().parse().ok()?, scale.trim().parse().ok()?)
            }
            "string" => {
                self.collation();
                DataType::Utf8
            }
            "varchar" | "char" => {
                self.between('(', ')')?;
                self.collation();
                DataType::Utf8
            }
            "binary" => DataType::Binary,
            "date" => DataType::Date32,
            "timestamp" | "timestamp_ltz" => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            "timestamp_ntz" => DataType::Timestamp(TimeUnit::Microsecond, None),
            "void" => DataType::Null,
            "array" => {
                self.sign('<')?;
                let inner = self.data_type()?;
                self.sign('>')?;
                DataType::List(item("element", inner))
            }
            "map" => {
                self.sign('<')?;
                let key = self.data_type()?;
                self.sign(',')?;
                let value = self.data_type()?;
                self.sign('>')?;
                let entry = [Arc::new(Field::new("key", key, false)), item("value", value)];
                DataType::Map(
                    Arc::new(Field::new("entries", DataType::Struct(entry.into_iter().collect()), false)),
                    false,
                )
            }
            "struct" => {
                self.sign('<')?;
                let mut fields = Vec::new();
                loop {
                    let name = self.name()?;
                    self.sign(':')?;
                    fields.push(item(&name, self.data_type()?));
                    if self.sign(',').is_none() {
                        break;
                    }
                }
                self.sign('>')?;
                DataType::Struct(fields.into_iter().collect())
            }
            _ => return None,
        })
    }

    fn word(&mut self) -> &str {
        let text = self.0.trim_start();
        let end = text.find(|character: char| !character.is_alphanumeric() && character != '_');
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        self.0 = rest;
        word
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(sign)?;
        Some(())
    }

    fn between(&mut self, open: char, close: char) -> Option<&str> {
        self.sign(open)?;
        let (inside, rest) = self.0.split_once(close)?;
        self.0 = rest;
        Some(inside)
    }

    /// A field's name, in backticks where it needs them.
    fn name(&mut self) -> Option<String> {
        if self.sign('`').is_none() {
            return Some(self.word().to_owned()).filter(|name| !name.is_empty());
        }
        let mut name = String::new();
        loop {
            let (part, rest) = self.0.split_once('`')?;
            name.push_str(part);
            self.0 = rest;
            match rest.strip_prefix('`') {
                Some(rest) => self.0 = rest,
                None => return Some(name),
            }
            name.push('`');
        }
    }

    fn collation(&mut self) {
        let rest = self.0.trim_start();
        if rest.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("collate ")) {
            self.0 = rest[8..].trim_start();
            self.word();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_to_their_ends() {
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()));
        for (declared, expected) in [
            ("int", Some(DataType::Int32)),
            ("DECIMAL(38,10)", Some(DataType::Decimal128(38, 10))),
            ("decimal(10, 2)", Some(DataType::Decimal128(10, 2))),
            ("varchar(20)", Some(DataType::Utf8)),
            ("string collate UTF8_LCASE", Some(DataType::Utf8)),
            ("timestamp", Some(instant)),
            ("timestamp_ntz", Some(DataType::Timestamp(TimeUnit::Microsecond, None))),
            ("interval year to month", None),
            ("variant", None),
            ("array<variant>", None),
            ("struct<a:int,... 3 more fields>", None),
            ("int unsigned", None),
        ] {
            assert_eq!(sent(declared), expected, "{declared}");
        }
        let nested = sent("struct<a:int,`b ``c:`:map<string,array<decimal(5,2)>>>").expect("it is read");
        let DataType::Struct(fields) = nested else { panic!("{nested}") };
        assert_eq!(fields.iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["a", "b `c:"]);
    }

    #[test]
    fn text_is_compared_there_only_by_its_bytes() {
        for (declared, expected) in [
            ("string", true),
            ("varchar(5)", true),
            ("string collate UTF8_LCASE", false),
            ("varchar(5) COLLATE UNICODE_CI", false),
            ("char(5)", false),
            ("variant", false),
            ("map<string,int>", false),
        ] {
            assert_eq!(Form::of(declared).is_comparable, expected, "{declared}");
        }
    }
}
