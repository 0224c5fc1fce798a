//! A column as a driver gives it, or as its system casts it before.

use crate::{
    model::ValueType,
    sources::sql::{
        Class, Column, Comparison, Dialect,
        arrow::ArrowColumn,
        listing::Described,
        select::{QUALIFIER},
    },
};

/// A column, and the type of its system to which it is cast before it is sent, or compared.
#[derive(Clone, Debug)]
pub struct AdbcColumn {
    /// As it is sent.
    pub arrow: ArrowColumn,
    /// The type; `None` where the column's own is sent.
    pub cast: Option<&'static str>,
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
        let column = self.arrow.column(dialect, as_type)?;
        let Some(cast) = self.cast else { return Some(column) };
        let select = format!("CAST({QUALIFIER}{} AS {cast})", dialect.quoted(&self.arrow.name));
        let comparison = column.comparison.map(|Comparison { class, .. }| {
            let operand = if class == Class::Text { dialect.by_code_point(&select) } else { select.clone() };
            Comparison { class, equality: operand.clone(), order: operand }
        });
        Some(Column { select, comparison, ..column })
    }
}
