//! A statement as a request of the API: its text, its parameters, and what is said to the people who watch the warehouse.

use std::time::Duration;

use datafusion::{arrow::array::Array, scalar::ScalarValue};
use serde_json::{Value, json};

use super::{
    api::Api,
    dialect::{spelt, type_name},
};
use crate::{
    model::Fault,
    sources::sql::{Bind, Class, Statement, spelled::spelled},
};

/// A statement takes so many parameters (<https://github.com/databricks/databricks-sql-nodejs/issues/308>).
pub const MOST_PARAMETERS: usize = 256;
/// So long a statement is waited for before it is asked about: within 5 s and 50 s.
const WAIT: Duration = Duration::from_secs(30);
/// The shortest.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);

/// A statement's text, with its parameters by name.
pub fn text(statement: &Statement) -> String {
    statement.render(|number, bind| spelt(bind, &format!(":p{number}")))
}

/// The same, and what it waits for is NULL of its type.
pub fn sample(statement: &Statement) -> String {
    statement.render(|number, bind| match bind {
        Bind::Value { .. } => spelt(bind, &format!(":p{number}")),
        Bind::Parameter { is_list: true, .. } => spelt(bind, "CAST(NULL AS STRING)"),
        Bind::Parameter { .. } => format!("CAST(NULL AS {})", type_name(bind)),
    })
}

/// The values of `statement` that are known: a name, a type and a text for each.
///
/// # Errors
/// A value of a type that no predicate uses: a defect of ours.
pub fn parameters(statement: &Statement) -> Result<Vec<Value>, Fault> {
    let mut parameters = Vec::with_capacity(statement.binds().len());
    for (index, bind) in statement.binds().iter().enumerate() {
        let Bind::Value { value, class } = bind else { continue };
        let name = format!("p{}", index + 1);
        parameters.push(match value {
            ScalarValue::List(list) => json!({"name": name, "type": "STRING", "value": in_json(&list.value(0))?}),
            value => json!({"name": name, "type": type_name(bind), "value": plain(value, *class)?}),
        });
    }
    Ok(parameters)
}

/// A parameter of our own that is a list of texts, which stands as `from_json(:name, 'array<string>')`.
pub fn texts(name: &str, texts: &[String]) -> Value {
    json!({"name": name, "type": "STRING", "value": Value::from(texts).to_string()})
}

impl Api {
    /// Rows as Arrow, behind links, on behalf of the query `tag`, for as long as `timeout` says.
    pub fn for_rows(&self, text: &str, parameters: &[Value], tag: &str, timeout: Option<Duration>) -> Value {
        let mut body = self.body(text, parameters, timeout.map_or(WAIT, |timeout| timeout.clamp(SHORTEST_WAIT, WAIT)));
        body["disposition"] = "EXTERNAL_LINKS".into();
        body["format"] = "ARROW_STREAM".into();
        // https://docs.databricks.com/en/sql/user/queries/query-tags.html
        body["query_tags"] = json!([{"key": "aqueduct", "value": tag}]);
        body
    }

    /// A few rows as text, in the answers themselves.
    pub fn for_texts(&self, text: &str, parameters: &[Value]) -> Value {
        let mut body = self.body(text, parameters, WAIT);
        body["disposition"] = "INLINE".into();
        body["format"] = "JSON_ARRAY".into();
        body
    }

    fn body(&self, text: &str, parameters: &[Value], wait: Duration) -> Value {
        json!({
            "warehouse_id": self.warehouse,
            "catalog": self.catalog,
            "statement": text,
            "parameters": parameters,
            "wait_timeout": format!("{}s", wait.as_secs()),
            "on_wait_timeout": "CONTINUE",
        })
    }
}

fn plain(value: &ScalarValue, class: Class) -> Result<Option<String>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let unsent = || Fault::internal(format!("a value of type {} is no parameter in Databricks", value.data_type()));
    let text = spelled(value).ok_or_else(unsent)?;
    // Whatever the session's zone is.
    Ok(Some(if class == Class::TimestampTz { format!("{text}Z") } else { text }))
}

/// Truth values, whole numbers, texts or days as an array in JSON.
fn in_json(values: &dyn Array) -> Result<String, Fault> {
    let value = |index| match ScalarValue::try_from_array(values, index).map_err(Fault::internal)? {
        ScalarValue::Boolean(Some(value)) => Ok(Value::from(value)),
        ScalarValue::Int16(Some(value)) => Ok(Value::from(value)),
        ScalarValue::Int32(Some(value)) => Ok(Value::from(value)),
        ScalarValue::Int64(Some(value)) => Ok(Value::from(value)),
        ScalarValue::Utf8(Some(value)) => Ok(Value::from(value)),
        day @ ScalarValue::Date32(Some(_)) => Ok(Value::from(spelled(&day))),
        other => Err(Fault::internal(format!("a value of type {} in a list", other.data_type()))),
    };
    let values = (0..values.len()).map(value).collect::<Result<Vec<_>, Fault>>()?;
    Ok(Value::from(values).to_string())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;
    use crate::{model::SourceName, sources::sql::Binds};

    fn given(value: ScalarValue, class: Class) -> (String, Value) {
        let mut binds = Binds::default();
        let place = binds.place(Bind::Value { value, class });
        let statement = Statement::new(SourceName::new("s").expect("a name"), place, binds);
        (text(&statement), parameters(&statement).expect("it is sent").remove(0))
    }

    #[test]
    fn values_are_named_typed_and_never_in_the_text() {
        for (value, class, kind, expected) in [
            (ScalarValue::from("it's :p1 \\ \""), Class::Text, "STRING", "it's :p1 \\ \""),
            (ScalarValue::from(i64::MIN), Class::Int64, "BIGINT", "-9223372036854775808"),
            (ScalarValue::Float64(Some(f64::NEG_INFINITY)), Class::Float64, "DOUBLE", "-inf"),
            (ScalarValue::Decimal128(Some(-5), 10, 3), Class::Decimal, "DECIMAL(10, 3)", "-0.005"),
            (ScalarValue::Date32(Some(-719_162)), Class::Date, "DATE", "0001-01-01"),
            (
                ScalarValue::TimestampMicrosecond(Some(-1), Some("UTC".into())),
                Class::TimestampTz,
                "TIMESTAMP",
                "1969-12-31 23:59:59.999999Z",
            ),
            (
                ScalarValue::TimestampMicrosecond(Some(-1), None),
                Class::Timestamp,
                "TIMESTAMP_NTZ",
                "1969-12-31 23:59:59.999999",
            ),
        ] {
            let (text, parameter) = given(value, class);
            assert_eq!(text, ":p1");
            assert_eq!(parameter, json!({"name": "p1", "type": kind, "value": expected}));
        }
        let values = [ScalarValue::from("a','b"), ScalarValue::from("]\"\\")];
        let list = ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Utf8));
        let (text, parameter) = given(list, Class::Text);
        assert_eq!(text, "from_json(:p1, 'array<STRING>')");
        assert_eq!(parameter["value"], r#"["a','b","]\"\\"]"#);
    }
}
