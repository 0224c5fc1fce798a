//! The values of a statement, in the order of its placeholders.

use chrono::{DateTime, Days, NaiveDate};
use datafusion::scalar::ScalarValue;
use sqlx::{Arguments, mysql::MySqlArguments};

use super::{dialect::MysqlDialect, number::written};
use crate::{
    model::Fault,
    sources::sql::{Bind, Dialect, Statement},
};

/// The text, and a value for each placeholder in it: one that stands in several places is sent several times.
pub fn bound(statement: &Statement) -> Result<(String, MySqlArguments), Fault> {
    let mut arguments = MySqlArguments::default();
    let mut outcome = Ok(());
    let sql = statement.render(|number, bind| {
        if outcome.is_ok() {
            outcome = add(&mut arguments, bind);
        }
        MysqlDialect.placeholder(number, bind)
    });
    outcome.map(|()| (sql, arguments))
}

/// A bind of a type that no predicate uses is a defect of ours.
fn add(arguments: &mut MySqlArguments, bind: &Bind) -> Result<(), Fault> {
    let added = match bind.value()? {
        value if value.is_null() => arguments.add(None::<i64>),
        ScalarValue::Boolean(Some(value)) => arguments.add(i64::from(*value)),
        ScalarValue::Int16(Some(value)) => arguments.add(i64::from(*value)),
        ScalarValue::Int32(Some(value)) => arguments.add(i64::from(*value)),
        ScalarValue::Int64(Some(value)) => arguments.add(*value),
        ScalarValue::Float32(Some(value)) => arguments.add(*value),
        ScalarValue::Float64(Some(value)) => arguments.add(*value),
        ScalarValue::Decimal128(Some(value), _, scale) => arguments.add(written(&value.to_string(), *scale)),
        ScalarValue::Decimal256(Some(value), _, scale) => arguments.add(written(&value.to_string(), *scale)),
        ScalarValue::Utf8(Some(value)) => arguments.add(value.clone()),
        ScalarValue::Binary(Some(value)) => arguments.add(value.clone()),
        ScalarValue::Date32(Some(days)) => arguments.add(day(*days)),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => arguments.add(moment(*micros)),
        other => Err(format!("a value of type {} cannot be bound in MySQL", other.data_type()).into()),
    };
    added.map_err(Fault::internal)
}

/// `YYYY-MM-DD`
fn day(days: i32) -> Option<String> {
    let (epoch, distance) = (NaiveDate::default(), Days::new(u64::from(days.unsigned_abs())));
    let day = if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) };
    day.map(|day| day.format("%Y-%m-%d").to_string())
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`
fn moment(micros: i64) -> Option<String> {
    DateTime::from_timestamp_micros(micros).map(|moment| moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}
