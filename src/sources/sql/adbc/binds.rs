//! A statement as a driver takes it: its text, and its values as one row of Arrow with a column for each placeholder.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch},
        datatypes::{Field, Schema},
    },
    scalar::ScalarValue,
};

use crate::{
    model::Fault,
    sources::sql::{Dialect, Statement, ansi},
};

/// How a system finds the value of a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholders {
    /// By its number: `$1`.
    Numbered,
    /// By where it stands: `?`. A value that is used twice is sent twice.
    InOrder,
    /// Nobody knows: values are written into the text.
    Unknown,
}

/// The text of a statement, and which of its values are bound, in the order of the columns.
pub fn text(statement: &Statement, dialect: &dyn Dialect, placeholders: Placeholders) -> (String, Vec<usize>) {
    let mut used = Vec::new();
    let sql = match placeholders {
        Placeholders::Unknown => ansi::text(statement),
        Placeholders::Numbered => {
            used.extend(1..=statement.binds().len());
            statement.render(|number, bind| dialect.placeholder(number, bind))
        }
        // Of NULL, which is known to be it, a driver would have to say the type.
        Placeholders::InOrder => statement.render(|number, bind| match bind.value() {
            Ok(value) if value.is_null() => "NULL".to_owned(),
            _ => {
                used.push(number);
                dialect.placeholder(number, bind)
            }
        }),
    };
    (sql, used)
}

/// The values of `statement` by their numbers, which count from 1, each in the form in which `form` says that the driver
/// takes it; `None` without any.
pub fn row(
    statement: &Statement,
    used: &[usize],
    form: impl Fn(&ScalarValue) -> Result<ScalarValue, Fault>,
) -> Result<Option<RecordBatch>, Fault> {
    if used.is_empty() {
        return Ok(None);
    }
    let values = statement.values()?;
    let value = |number: &usize| values.get(number - 1).ok_or_else(|| Fault::internal("a place without a value"));
    let column = |number| form(value(number)?)?.to_array().map_err(Fault::internal);
    let columns = used.iter().map(column).collect::<Result<Vec<ArrayRef>, Fault>>()?;
    let field =
        |(index, column): (usize, &ArrayRef)| Field::new((index + 1).to_string(), column.data_type().clone(), true);
    let schema = Schema::new(columns.iter().enumerate().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns).map(Some).map_err(Fault::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::SourceName,
        sources::sql::{
            Bind, Binds, Class,
            adbc::{DuckDbDialect, SnowflakeDialect},
        },
    };

    #[test]
    fn a_value_that_is_used_twice_is_sent_as_often_as_the_system_asks_for_it() {
        let mut binds = Binds::default();
        let mut place = |value: i64| binds.place(Bind::Value { value: value.into(), class: Class::Int64 });
        let sql = format!("{} {} {}", place(7), place(8), place(7));
        let statement = Statement::new(SourceName::new("s").expect("a name"), sql, binds);
        let sent = |dialect: &dyn Dialect, placeholders| {
            let (sql, used) = text(&statement, dialect, placeholders);
            let row = row(&statement, &used, |value| Ok(value.clone())).expect("values");
            (sql, row.map_or(0, |row| row.num_columns()))
        };
        let casts = "CAST($1 AS BIGINT) CAST($2 AS BIGINT) CAST($1 AS BIGINT)";
        assert_eq!(sent(&DuckDbDialect, Placeholders::Numbered), (casts.to_owned(), 2));
        assert_eq!(sent(&SnowflakeDialect, Placeholders::InOrder), ("? ? ?".to_owned(), 3));
        assert_eq!(sent(&DuckDbDialect, Placeholders::Unknown), ("7 8 7".to_owned(), 0));
    }
}
