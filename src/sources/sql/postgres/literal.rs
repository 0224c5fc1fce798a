//! The one writer of literals, for COPY, which takes no binds.
//!
//! Every literal is `'…'::type`. Only text holds characters that a caller chose; a quote in it is doubled, and sessions
//! run with `standard_conforming_strings`, so nothing else in it means anything.

use datafusion::scalar::ScalarValue;

use super::dialect::type_name;
use crate::{
    model::Fault,
    sources::sql::{Bind, pgwire::text::text},
};

/// `bind` as SQL. A parameter without a value, or a value of a type that no predicate uses, is a defect of ours.
pub fn literal(bind: &Bind) -> Result<String, Fault> {
    let constant = match bind.value()? {
        ScalarValue::List(list) => {
            let elements = list.value(0);
            let element = |index| constant(&ScalarValue::try_from_array(&elements, index).map_err(Fault::internal)?);
            let elements = (0..elements.len()).map(element).collect::<Result<Vec<_>, _>>()?;
            format!("ARRAY[{}]", elements.join(", "))
        }
        value => constant(value)?,
    };
    Ok(format!("{constant}::{}", type_name(bind)))
}

/// A string constant (`PostgreSQL` 4.1.2.1), or NULL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn constant(value: &ScalarValue) -> Result<String, Fault> {
    if value.is_null() {
        return Ok("NULL".to_owned());
    }
    let text = text(value)
        .ok_or_else(|| Fault::internal(format!("a value of type {} has no literal in Postgres", value.data_type())))?;
    Ok(quoted(&text))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;
    use crate::sources::sql::Class;

    fn written(value: ScalarValue, class: Class) -> String {
        literal(&Bind::Value { value, class }).expect("a literal")
    }

    #[test]
    fn a_text_stays_inside_its_quotes() {
        for (text, sql) in [
            ("O'Neil", "'O''Neil'::text"),
            ("'; DROP TABLE t; --", "'''; DROP TABLE t; --'::text"),
            ("\\'", "'\\'''::text"),
            ("$1 $$ /* é", "'$1 $$ /* é'::text"),
            ("", "''::text"),
        ] {
            assert_eq!(written(ScalarValue::from(text), Class::Text), sql);
        }
        let nul = Bind::Value { value: ScalarValue::from("a\0b"), class: Class::Text };
        assert!(literal(&nul).is_err());
    }

    #[test]
    fn values_are_what_their_types_read() {
        for (value, class, sql) in [
            (ScalarValue::from(true), Class::Bool, "'true'::bool"),
            (ScalarValue::from(i64::MIN), Class::Int64, "'-9223372036854775808'::int8"),
            (ScalarValue::from(f64::MIN_POSITIVE), Class::Float64, "'2.2250738585072014e-308'::float8"),
            (ScalarValue::from(f32::NEG_INFINITY), Class::Float32, "'-inf'::float4"),
            (ScalarValue::Decimal128(Some(-5), 10, 3), Class::Decimal, "'-0.005'::numeric"),
            (ScalarValue::Binary(Some(vec![0, 255, 39])), Class::Binary, "'\\x00ff27'::bytea"),
            (ScalarValue::Date32(Some(-719_162)), Class::Date, "'0001-01-01'::date"),
            (
                ScalarValue::TimestampMicrosecond(Some(-1), None),
                Class::Timestamp,
                "'1969-12-31 23:59:59.999999'::timestamp",
            ),
            (
                ScalarValue::TimestampMicrosecond(Some(0), Some("UTC".into())),
                Class::TimestampTz,
                "'1970-01-01 00:00:00.000000+00'::timestamptz",
            ),
        ] {
            assert_eq!(written(value, class), sql);
        }
        let values = [ScalarValue::from("a'b"), ScalarValue::Utf8(None)];
        let list = ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Utf8));
        assert_eq!(written(list, Class::Text), "ARRAY['a''b', NULL]::text[]");
    }
}
