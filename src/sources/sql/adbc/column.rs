//! A column as a driver gives it, or as its system casts it before.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;

use crate::{
    model::ValueType,
    sources::sql::{
        Class, Column, Comparison, Dialect, PRINTED_BY, arrow::ArrowColumn, listing::Described, select::QUALIFIER,
    },
};

/// A column, and the types of its system to which it is cast before it is sent, or compared.
#[derive(Clone, Debug)]
pub struct AdbcColumn {
    /// As it is sent.
    pub arrow: ArrowColumn,
    /// The type to which it is cast; `None` where the column's own is sent.
    pub cast: Option<&'static str>,
    /// The type of text to which it is cast where the owner asks for text: it has values that Arrow has not.
    pub as_text: Option<&'static str>,
    /// Is it a decimal without digits behind the point, with which its system computes as with an integer? Then it is one
    /// where the owner says that its values are.
    pub is_whole: bool,
}

impl Described for AdbcColumn {
    fn name(&self) -> &str {
        self.arrow.name()
    }

    fn source_type(&self) -> &str {
        self.arrow.source_type()
    }

    fn allowed(&self) -> &str {
        self.arrow.allowed()
    }

    fn comment(&self) -> Option<&str> {
        self.arrow.comment()
    }

    fn column(&self, dialect: &dyn Dialect, as_type: Option<&ValueType>) -> Option<Column> {
        let printed = self.as_text.filter(|_| as_type == Some(&ValueType::String));
        let of_type = |data_type| ArrowColumn { data_type, ..self.arrow.clone() };
        let column = match as_type {
            Some(ValueType::Int32) if self.is_whole => of_type(DataType::Int32).column(dialect, None)?,
            Some(ValueType::Int64) if self.is_whole => of_type(DataType::Int64).column(dialect, None)?,
            _ if printed.is_some() => of_type(DataType::Utf8).column(dialect, as_type)?,
            _ => self.arrow.column(dialect, as_type)?,
        };
        let Some(cast) = printed.or(self.cast) else { return Some(column) };
        let select = format!("CAST({QUALIFIER}{} AS {cast})", dialect.quoted(&self.arrow.name));
        let comparison = column.comparison.map(|Comparison { class, .. }| {
            let operand = if class == Class::Text { dialect.by_code_point(&select) } else { select.clone() };
            Comparison { class, equality: operand.clone(), order: operand }
        });
        let mut field = column.field;
        if comparison.is_none() && *field.data_type() == DataType::Utf8 {
            let mut metadata = field.metadata().clone();
            metadata.insert(PRINTED_BY.to_owned(), dialect.name().to_owned());
            field = Arc::new(field.as_ref().clone().with_metadata(metadata));
        }
        Some(Column { field, select, comparison, ..column })
    }
}
