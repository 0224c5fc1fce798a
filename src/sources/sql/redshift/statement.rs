//! A statement as it is sent: its text, and its values as texts. Each is cast to its type where it stands, so that neither
//! side has to guess it; NULL, truth values and (where a parameter must have a letter) the empty text stand in the text.

use std::collections::HashMap;

use datafusion::{
    arrow::{array::Array, datatypes::DataType},
    scalar::ScalarValue,
};

use super::dialect::{LONGEST_TEXT, RedshiftDialect};
use crate::{
    model::Fault,
    sources::sql::{Bind, Class, Statement, pgwire::text::text},
};

/// A statement to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Sent {
    /// The text, with places for the values.
    pub sql: String,
    /// The values, in the order of their places.
    pub values: Vec<String>,
}

/// `statement` as it is sent.
///
/// # Errors
/// A parameter without a value, or a value of a type that no predicate uses: a defect of ours.
pub fn sent(statement: &Statement, dialect: RedshiftDialect) -> Result<Sent, Fault> {
    let mut writer = Writer { dialect, values: Vec::new(), written: HashMap::new(), fault: None };
    let sql = statement.render(|number, bind| writer.write(number, bind));
    writer.fault.map_or(Ok(Sent { sql, values: writer.values }), Err)
}

/// `statement` with a NULL of its type for each value: what is asked before it runs.
pub fn sample(statement: &Statement) -> String {
    statement.render(|_, bind| null(bind))
}

fn null(bind: &Bind) -> String {
    format!("CAST(NULL AS {})", type_name(bind))
}

struct Writer {
    dialect: RedshiftDialect,
    values: Vec<String>,
    /// What stands at the places that were written: the same value is sent once.
    written: HashMap<usize, String>,
    fault: Option<Fault>,
}

impl Writer {
    fn write(&mut self, number: usize, bind: &Bind) -> String {
        if let Some(written) = self.written.get(&number) {
            return written.clone();
        }
        let written = self.expression(bind).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            String::new()
        });
        self.written.insert(number, written.clone());
        written
    }

    fn expression(&mut self, bind: &Bind) -> Result<String, Fault> {
        let ScalarValue::List(list) = bind.value()? else { return self.value(bind.value()?, bind) };
        let values = list.value(0);
        let one = |index| ScalarValue::try_from_array(&values, index).map_err(Fault::internal);
        let places = (0..values.len()).map(|index| self.value(&one(index)?, bind));
        Ok(places.collect::<Result<Vec<_>, Fault>>()?.join(", "))
    }

    fn value(&mut self, value: &ScalarValue, bind: &Bind) -> Result<String, Fault> {
        match value {
            value if value.is_null() => return Ok(null(bind)),
            ScalarValue::Boolean(Some(value)) => return Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
            _ => {}
        }
        let text =
            text(value).ok_or_else(|| Fault::internal(format!("a value of type {} is not sent", value.data_type())))?;
        // A parameter of the Data API has a letter at least (API reference, `SqlParameter`).
        let place = if text.is_empty() && self.dialect == RedshiftDialect::Data {
            "''".to_owned()
        } else {
            self.values.push(text);
            self.dialect.place(self.values.len())
        };
        Ok(format!("CAST({place} AS {})", type_name(bind)))
    }
}

/// What a value, or each of a list, is in Redshift. Lengths are bytes.
pub fn type_name(bind: &Bind) -> String {
    let name = match bind.class() {
        Class::Bool => "boolean",
        Class::Int16 => "smallint",
        Class::Int32 => "integer",
        Class::Int64 => "bigint",
        Class::Float32 => "real",
        Class::Float64 => "double precision",
        Class::Decimal => return decimal(bind),
        Class::Text | Class::Uuid | Class::Binary => return format!("varchar({LONGEST_TEXT})"),
        Class::Date => "date",
        Class::Timestamp => "timestamp",
        Class::TimestampTz => "timestamptz",
    };
    name.to_owned()
}

/// Of one that has no value yet, any: it is only asked about, and runs with another.
fn decimal(bind: &Bind) -> String {
    let data_type = match bind {
        Bind::Value { value, .. } => match value.data_type() {
            DataType::List(item) => item.data_type().clone(),
            other => other,
        },
        Bind::Parameter { .. } => DataType::Null,
    };
    match data_type {
        DataType::Decimal128(precision, scale) if scale >= 0 => format!("numeric({precision}, {scale})"),
        _ => "numeric(38, 10)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::SourceName,
        sources::sql::{Binds, Dialect},
    };

    fn written(values: &[(ScalarValue, Class)], dialect: RedshiftDialect) -> Sent {
        let mut binds = Binds::default();
        let places: Vec<_> = values
            .iter()
            .map(|(value, class)| binds.place(Bind::Value { value: value.clone(), class: *class }))
            .collect();
        let statement = Statement::new(SourceName::new("s").expect("a name"), places.join("; "), binds);
        sent(&statement, dialect).expect("it is sent")
    }

    #[test]
    fn values_are_texts_of_their_types() {
        let list: Vec<ScalarValue> = vec!["a'b".into(), "".into(), ScalarValue::Utf8(None)];
        let list = ScalarValue::List(ScalarValue::new_list_nullable(&list, &DataType::Utf8));
        let values = [
            (ScalarValue::from(7_i64), Class::Int64),
            (list, Class::Text),
            (ScalarValue::from(7_i64), Class::Int64),
            (ScalarValue::from(true), Class::Bool),
            (ScalarValue::Decimal128(Some(-5), 10, 3), Class::Decimal),
            (ScalarValue::Date32(None), Class::Date),
        ];
        let text = "varchar(65535)";
        let Sent { sql, values: texts } = written(&values, RedshiftDialect::Wire);
        assert_eq!(
            sql,
            format!(
                "CAST($1 AS bigint); CAST($2 AS {text}), CAST($3 AS {text}), CAST(NULL AS {text}); CAST($1 AS bigint); \
                 TRUE; CAST($4 AS numeric(10, 3)); CAST(NULL AS date)"
            )
        );
        assert_eq!(texts, ["7", "a'b", "", "-0.005"]);
        let Sent { sql, values: texts } = written(&values, RedshiftDialect::Data);
        assert!(sql.contains(&format!("CAST(:p2 AS {text}), CAST('' AS {text}), CAST(NULL AS {text})")), "{sql}");
        assert_eq!(texts, ["7", "a'b", "-0.005"]);
    }

    #[test]
    fn texts_are_equal_where_nothing_is_overlooked() {
        let dialect = RedshiftDialect::Wire;
        assert_eq!(
            dialect.compared(Class::Text, "x", "=", "y"),
            "(x = y AND collate(x, 'case_sensitive') = collate(y, 'case_sensitive') AND octet_length(x) = octet_length(y))"
        );
        assert!(!dialect.takes(&ScalarValue::from("a ")) && dialect.takes(&ScalarValue::from(" a")));
        assert!(!dialect.orders(Class::Text) && dialect.orders(Class::Date));
    }
}
