//! One statement as a request of the HTTP interface
//! (<https://clickhouse.com/docs/interfaces/http>): the statement and its parameters as a form, settings in the URL.

use std::fmt::Write;

use datafusion::{arrow::array::Array, scalar::ScalarValue};
use url::Url;
use uuid::Uuid;

use super::dialect::{ClickhouseDialect, type_name};
use crate::{
    model::Fault,
    sources::sql::{Bind, Caller, Dialect, Statement, spelled::spelled},
};

/// What makes the server compute, and send, what the engine would have.
const SETTINGS: &[(&str, &str)] = &[
    // Nothing is written, and further settings may be given.
    ("readonly", "2"),
    ("session_timezone", "UTC"),
    // An aggregate of no rows, and a row that nothing is joined to, have no value.
    ("aggregate_functions_null_for_empty", "1"),
    ("join_use_nulls", "1"),
    // A name means a column rather than what is shown under the same name.
    ("prefer_column_name_to_alias", "1"),
    // NULL is in no list.
    ("transform_null_in", "0"),
    // Whether text is UTF-8 is found out here.
    ("output_format_arrow_string_as_string", "0"),
    ("output_format_arrow_low_cardinality_as_dictionary", "0"),
    ("output_format_arrow_compression_method", "none"),
    // What went wrong on the way is never taken for rows.
    ("http_write_exception_in_output_format", "0"),
    ("cancel_http_readonly_queries_on_client_close", "1"),
];

/// A request: where to, and the form.
pub struct Request {
    url: Url,
    boundary: String,
    body: String,
}

impl Request {
    /// A request for `sql`, whose answer comes in `format`.
    pub fn new(server: &Url, sql: &str, format: &str) -> Self {
        let mut url = server.clone();
        url.query_pairs_mut().append_pair("default_format", format).extend_pairs(SETTINGS);
        let mut request = Self { url, boundary: Uuid::new_v4().simple().to_string(), body: String::new() };
        request.field("query", sql);
        request
    }

    /// The same with the values of `statement`, those that are known.
    ///
    /// # Errors
    /// A value of a type that no predicate uses: a defect of ours.
    pub fn with_values(mut self, statement: &Statement) -> Result<Self, Fault> {
        for (index, bind) in statement.binds().iter().enumerate() {
            if let Bind::Value { value, .. } = bind {
                self.field(&format!("param_p{}", index + 1), &parameter(value)?);
            }
        }
        Ok(self)
    }

    /// The same with a parameter that is a list of texts.
    pub fn with_texts(mut self, name: &str, texts: &[String]) -> Self {
        let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
        self.field(&format!("param_{name}"), &format!("[{}]", texts.join(",")));
        self
    }

    /// The same for the people who watch the server: under the name `id`, on behalf of `caller`, whose time it takes.
    pub fn on_behalf_of(mut self, id: &str, caller: &Caller) -> Self {
        self = self.setting("query_id", id).setting("log_comment", &format!("aqueduct {}", caller.query));
        match caller.timeout {
            Some(timeout) => self.setting("max_execution_time", &timeout.as_secs_f64().max(0.001).to_string()),
            None => self,
        }
    }

    /// The same under one more setting.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// The request, to be sent.
    pub fn build(mut self, client: &reqwest::Client) -> reqwest::RequestBuilder {
        let _ = write!(self.body, "--{}--\r\n", self.boundary);
        let content = format!("multipart/form-data; boundary={}", self.boundary);
        client.post(self.url).header(http::header::CONTENT_TYPE, content).body(self.body)
    }

    /// A field of the form (RFC 7578). No value holds the boundary, which nobody can guess.
    fn field(&mut self, name: &str, value: &str) {
        let boundary = &self.boundary;
        let _ = write!(self.body, "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
}

/// A statement's text, with its parameters by name and type.
pub fn text(statement: &Statement) -> String {
    statement.render(|number, bind| ClickhouseDialect.placeholder(number, bind))
}

/// The same, and what it waits for is some value of its type.
pub fn sample(statement: &Statement) -> String {
    statement.render(|number, bind| match bind {
        Bind::Value { .. } => ClickhouseDialect.placeholder(number, bind),
        Bind::Parameter { is_list: true, .. } => format!("CAST([], {})", quoted(&type_name(bind))),
        Bind::Parameter { .. } => format!("defaultValueOfTypeName({})", quoted(&type_name(bind))),
    })
}

/// A text of ours in the statement itself.
fn quoted(text: &str) -> String {
    format!("'{}'", escaped(text))
}

/// A parameter in the form `TabSeparated`, of an array with its texts in quotes.
fn parameter(value: &ScalarValue) -> Result<String, Fault> {
    let ScalarValue::List(list) = value else {
        return match plain(value)? {
            Some(text) => Ok(escaped(&text)),
            None => Ok("\\N".to_owned()),
        };
    };
    let values = list.value(0);
    let element = |index| {
        let value = ScalarValue::try_from_array(&values, index).map_err(Fault::internal)?;
        let is_quoted = !value.data_type().is_numeric() && !matches!(value, ScalarValue::Boolean(_));
        match plain(&value)? {
            Some(text) if is_quoted => Ok(format!("'{}'", escaped(&text))),
            Some(text) => Ok(text),
            None => Ok("NULL".to_owned()),
        }
    };
    let elements = (0..values.len()).map(element).collect::<Result<Vec<_>, Fault>>()?;
    Ok(format!("[{}]", elements.join(",")))
}

/// What a value's type reads; `None` for NULL.
fn plain(value: &ScalarValue) -> Result<Option<String>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let unsent = || Fault::internal(format!("a value of type {} is no parameter in ClickHouse", value.data_type()));
    spelled(value).map(Some).ok_or_else(unsent)
}

/// Text in which nothing ends a value.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\'' => escaped.push_str("\\'"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\0' => escaped.push_str("\\0"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;

    #[test]
    fn a_value_stays_a_value() {
        for (value, expected) in [
            (ScalarValue::from("it's\ta \\N\n"), "it\\'s\\ta \\\\N\\n"),
            (ScalarValue::Utf8(None), "\\N"),
            (ScalarValue::from(i64::MIN), "-9223372036854775808"),
            (ScalarValue::from(1e300), "1e300"),
            (ScalarValue::Decimal128(Some(-5), 10, 3), "-0.005"),
            (ScalarValue::Date32(Some(-719_162)), "0001-01-01"),
            (ScalarValue::TimestampMicrosecond(Some(-1), Some("UTC".into())), "1969-12-31 23:59:59.999999"),
        ] {
            assert_eq!(parameter(&value).expect("it is sent"), expected);
        }
        let values = [ScalarValue::from("a','b"), ScalarValue::from("]")];
        let list = ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Utf8));
        assert_eq!(parameter(&list).expect("it is sent"), "['a\\',\\'b',']']");
        assert!(parameter(&ScalarValue::Binary(Some(vec![1]))).is_err());
    }
}
