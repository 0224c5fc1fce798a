//! Pages of a result, to record batches: each value is an object that names its type (API reference, `Field`).

use std::{fmt::Display, sync::Arc};

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use serde_json::Value;
use tokio::sync::Notify;

use crate::{
    model::Fault,
    sources::sql::{
        batch::ROWS,
        failure::{changed, unrepresentable},
        feed::{Scan, Stop},
        pgwire::{numeric::Unfit, values::Values},
    },
};

/// Reads the result of one scan.
pub struct Records<'a> {
    stale: &'a Notify,
    scan: &'a Scan,
    columns: Vec<Values>,
}

impl<'a> Records<'a> {
    /// No rows yet.
    ///
    /// # Errors
    /// A column of a type that no column has: a defect of ours.
    pub fn new(stale: &'a Notify, scan: &'a Scan) -> Result<Self, Fault> {
        let values = |field: &Arc<datafusion::arrow::datatypes::Field>| {
            let unread = || Fault::internal(format!("a column of type {} is not read", field.data_type()));
            Values::empty(field.data_type(), 0).ok_or_else(unread)
        };
        let columns = scan.schema.fields().iter().map(values).collect::<Result<_, _>>()?;
        Ok(Self { stale, scan, columns })
    }

    /// The rows of `page`, in batches.
    pub fn read(&mut self, page: &Value) -> Result<Vec<Result<RecordBatch, Stop>>, Stop> {
        let Some(records) = page["Records"].as_array() else { return Err(self.changed("no records came").into()) };
        let mut batches = Vec::with_capacity(records.len().div_ceil(ROWS));
        for records in records.chunks(ROWS) {
            batches.push(self.batch(records));
        }
        Ok(batches)
    }

    fn batch(&mut self, records: &[Value]) -> Result<RecordBatch, Stop> {
        for record in records {
            self.append(record)?;
        }
        let columns = self.columns.iter_mut().map(Values::finish).collect::<Result<_, _>>().map_err(Fault::internal)?;
        let options = RecordBatchOptions::new().with_row_count(Some(records.len()));
        // A NULL in a column that was NOT NULL when the source was read.
        RecordBatch::try_new_with_options(Arc::clone(&self.scan.schema), columns, &options)
            .map_err(|error| self.changed(error).into())
    }

    fn append(&mut self, record: &Value) -> Result<(), Fault> {
        let fields = record.as_array().map(Vec::as_slice).unwrap_or_default();
        // Without columns, the statement selects a constant.
        if fields.len() != self.columns.len().max(1) {
            return Err(self.changed(format!("a row of {} values came", fields.len())));
        }
        for (index, field) in fields.iter().enumerate().take(self.columns.len()) {
            if let Err(unfit) = append(&mut self.columns[index], field) {
                return Err(self.fault(index, unfit));
            }
        }
        Ok(())
    }

    fn fault(&self, index: usize, unfit: Unfit) -> Fault {
        let Scan { statement, schema, relation, .. } = self.scan;
        let field = schema.field(index);
        match unfit {
            Unfit::Value(value) => {
                let kind = field.data_type().to_string().to_lowercase();
                unrepresentable(&statement.source, relation, field.name(), value, &kind)
            }
            Unfit::Malformed => self.changed(format!("column {} has a value of another type", field.name())),
        }
    }

    /// The rows are not those that the statement was planned for.
    fn changed(&self, cause: impl Display) -> Fault {
        self.stale.notify_one();
        changed(&self.scan.statement.source, &self.scan.relation, cause)
    }
}

fn append(values: &mut Values, field: &Value) -> Result<(), Unfit> {
    if field["isNull"] == Value::Bool(true) {
        return values.append(None);
    }
    match values {
        Values::Bool(builder) => builder.append_value(field["booleanValue"].as_bool().ok_or(Unfit::Malformed)?),
        Values::Float32(builder) => builder.append_value(single(double(field)?)?),
        Values::Float64(builder) => builder.append_value(double(field)?),
        values if values.is_whole() => {
            return values.append_whole(Some(field["longValue"].as_i64().ok_or(Unfit::Malformed)?));
        }
        values => return values.append_text(Some(field["stringValue"].as_str().ok_or(Unfit::Malformed)?)),
    }
    Ok(())
}

/// A number; what is none has a name (Smithy, "AWS JSON 1.1 protocol").
fn double(field: &Value) -> Result<f64, Unfit> {
    match &field["doubleValue"] {
        Value::Number(number) => number.to_string().parse().map_err(|_| Unfit::Malformed),
        Value::String(name) => match name.as_str() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => Err(Unfit::Malformed),
        },
        _ => Err(Unfit::Malformed),
    }
}

/// The single that a double is, or the one whose shortest digits it has.
fn single(number: f64) -> Result<f32, Unfit> {
    #[expect(clippy::cast_possible_truncation, reason = "what is lost is looked at")]
    let single = number as f32;
    let is_same = f64::from(single).to_bits() == number.to_bits() || single.to_string() == number.to_string();
    if is_same || number.is_nan() { Ok(single) } else { Err(Unfit::Malformed) }
}

/// The rows of a page whose columns are all text; `None` if it is none.
pub fn texts(page: &Value) -> Option<Vec<Vec<Option<String>>>> {
    let text = |field: &Value| match field["stringValue"].as_str() {
        Some(text) => Some(Some(text.to_owned())),
        None => (field["isNull"] == Value::Bool(true)).then_some(None),
    };
    let row = |record: &Value| record.as_array()?.iter().map(text).collect();
    page["Records"].as_array()?.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn singles_are_read_from_their_digits_and_from_what_they_are() {
        for (number, expected) in
            [(0.1, Some(0.1_f32)), (0.100_000_001_490_116_12, Some(0.1)), (1e300, None), (-0.0, Some(-0.0))]
        {
            assert_eq!(single(number).ok(), expected, "{number}");
        }
        assert_eq!(double(&json!({"doubleValue": "-Infinity"})), Ok(f64::NEG_INFINITY));
        assert_eq!(double(&json!({"doubleValue": 5e-324})), Ok(5e-324));
        assert_eq!(double(&json!({"longValue": 1})), Err(Unfit::Malformed));
    }
}
