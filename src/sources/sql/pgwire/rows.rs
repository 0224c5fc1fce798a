//! Rows as Postgres sends them, to record batches: those of a prepared statement.

use std::{fmt::Display, sync::Arc};

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    datatypes::DataType,
    error::ArrowError,
};
use sqlx::{Column as _, Row, ValueRef, postgres::PgRow};

use tokio::sync::Notify;

use super::{
    numeric::Unfit,
    oid,
    values::{Values, whole},
};
use crate::{
    model::Fault,
    sources::sql::{
        batch::{Builder, ROWS},
        failure::{changed, unrepresentable},
        feed::{Scan, Stop},
    },
};

/// The rows of a prepared statement.
pub struct Rows<'a> {
    stale: &'a Notify,
    scan: &'a Scan,
    /// May values of other types come as text?
    texts: bool,
    /// Made when it is known how the values are written.
    columns: Vec<Reader>,
    /// How many were taken in since the last batch.
    pub count: usize,
}

/// How the values of a column are written.
enum Reader {
    Binary(Values),
    Text(Values),
    /// Whole numbers of another width.
    Whole(Values),
}

impl Reader {
    /// For `data_type` sent as the type `sent`, and with `texts` as text, too.
    fn new(data_type: &DataType, sent: u32, texts: bool, rows: usize) -> Option<Self> {
        if let Some(values) = Values::new(data_type, sent, rows) {
            return Some(Self::Binary(values));
        }
        let values = Values::empty(data_type, rows).filter(|_| texts)?;
        match sent {
            oid::TEXT | oid::VARCHAR | oid::BPCHAR if values.reads_text() => Some(Self::Text(values)),
            oid::INT2 | oid::INT4 | oid::INT8 if values.is_whole() => Some(Self::Whole(values)),
            _ => None,
        }
    }

    fn append(&mut self, bytes: Option<&[u8]>) -> Result<(), Unfit> {
        match self {
            Self::Binary(values) => values.append(bytes),
            Self::Whole(values) => values.append_whole(bytes.map(whole).transpose()?),
            Self::Text(values) => {
                let text = bytes.map(std::str::from_utf8).transpose();
                values.append_text(text.map_err(|_| Unfit::Value("bytes that are not UTF-8"))?)
            }
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Binary(values) | Self::Text(values) | Self::Whole(values) => values.finish(),
        }
    }
}

/// Is a column of `data_type` read when it is sent as the type `sent`?
pub fn is_read(data_type: &DataType, sent: u32) -> bool {
    Values::new(data_type, sent, 0).is_some()
}

impl<'a> Rows<'a> {
    /// No rows yet. The first row will say how the values are written.
    pub fn new(stale: &'a Notify, scan: &'a Scan) -> Self {
        Self { stale, scan, texts: false, columns: Vec::new(), count: 0 }
    }

    /// The same, and values of other types may come as text, and whole numbers in another width.
    pub fn with_texts(self) -> Self {
        Self { texts: true, ..self }
    }

    /// Takes note that column `index` is sent as the type `sent(index)`.
    pub fn describe(&mut self, sent: impl Fn(usize) -> u32) -> Result<(), Fault> {
        let Scan { schema, estimated_rows, .. } = self.scan;
        self.columns.reserve(schema.fields().len());
        let expected = estimated_rows.map_or(ROWS, |rows| usize::try_from(rows).unwrap_or(ROWS).min(ROWS));
        for (index, field) in schema.fields().iter().enumerate() {
            let sent = sent(index);
            let values = Reader::new(field.data_type(), sent, self.texts, expected).ok_or_else(|| {
                self.changed(format!("column {} is {}, type {sent} was sent", field.name(), field.data_type()))
            })?;
            self.columns.push(values);
        }
        Ok(())
    }

    /// Reads one value of column `index`; `None` is NULL.
    pub fn append_value(&mut self, index: usize, bytes: Option<&[u8]>) -> Result<(), Fault> {
        let Some(values) = self.columns.get_mut(index) else { return Ok(()) };
        values.append(bytes).map_err(|unfit| self.fault(index, unfit))
    }

    fn fault(&self, index: usize, unfit: Unfit) -> Fault {
        let Scan { statement, schema, relation, .. } = self.scan;
        let field = schema.field(index);
        match unfit {
            Unfit::Value(value) => {
                unrepresentable(&statement.source, relation, field.name(), value, &spoken(field.data_type()))
            }
            Unfit::Malformed => self.changed(format!("column {} has a value of another form", field.name())),
        }
    }

    /// The rows are not those that the statement was planned for.
    pub fn changed(&self, cause: impl Display) -> Fault {
        self.stale.notify_one();
        changed(&self.scan.statement.source, &self.scan.relation, cause)
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// What was taken in since the last call.
    pub fn finish_rows(&mut self) -> Result<RecordBatch, Stop> {
        let schema = &self.scan.schema;
        let columns = self.columns.iter_mut().map(Reader::finish).collect::<Result<_, _>>().map_err(Fault::internal)?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.count)));
        // A NULL in a column that was NOT NULL when the source was read.
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|error| self.changed(error).into())
    }
}

impl Builder for Rows<'_> {
    type Row = PgRow;

    fn append(&mut self, row: &PgRow) -> Result<usize, Stop> {
        if self.columns.is_empty() {
            let oid = |index: usize| row.columns().get(index).and_then(|column| column.type_info().oid());
            self.describe(|index| oid(index).map_or(0, |oid| oid.0))?;
        }
        let mut size = 0;
        for index in 0..self.columns.len() {
            let raw = row.try_get_raw(index).map_err(Fault::internal)?;
            let bytes = if raw.is_null() { None } else { Some(raw.as_bytes().map_err(Fault::internal)?) };
            size += bytes.map_or(0, <[u8]>::len);
            self.append_value(index, bytes)?;
        }
        self.count += 1;
        Ok(size)
    }

    fn rows(&self) -> usize {
        self.count
    }

    fn finish(&mut self) -> Result<RecordBatch, Stop> {
        self.finish_rows()
    }
}

/// A type's name in a sentence.
fn spoken(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            format!("decimal({precision},{scale})")
        }
        DataType::Utf8 => "string".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(..) => "timestamptz".to_owned(),
        DataType::Interval(_) => "interval".to_owned(),
        DataType::List(element) => format!("a list of {}", spoken(element.data_type())),
        other => other.to_string().to_lowercase(),
    }
}
