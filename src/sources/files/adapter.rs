//! Reads the columns of one Parquet file as the table's: by name, NULL where the file has none, converted strictly.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::RecordBatch,
        datatypes::{DataType, FieldRef, Schema, SchemaRef},
    },
    common::{
        Result,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    error::DataFusionError,
    logical_expr::ColumnarValue,
    physical_expr::{
        PhysicalExpr,
        expressions::{CastExpr, Column as ColumnExpr, Literal},
    },
    physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory},
    scalar::ScalarValue,
};

use super::{faults, schema::Column, shape};
use crate::sources::strict::{Target, is_text};

/// Makes an adapter for each file of one table.
#[derive(Debug)]
pub struct StrictAdapterFactory {
    /// `source.table`, for faults.
    pub table: Arc<str>,
    /// What each column of the files is read as, by its name.
    pub columns: Arc<HashMap<String, Column>>,
}

impl PhysicalExprAdapterFactory for StrictAdapterFactory {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let (table, columns) = (Arc::clone(&self.table), Arc::clone(&self.columns));
        Ok(Arc::new(StrictAdapter { table, columns, logical, physical }))
    }
}

#[derive(Debug)]
struct StrictAdapter {
    table: Arc<str>,
    columns: Arc<HashMap<String, Column>>,
    logical: SchemaRef,
    physical: SchemaRef,
}

impl PhysicalExprAdapter for StrictAdapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        expr.transform(|expr| match expr.downcast_ref::<ColumnExpr>() {
            Some(column) => Ok(Transformed::yes(self.column(column.name())?)),
            None => Ok(Transformed::no(expr)),
        })
        .data()
    }
}

impl StrictAdapter {
    fn column(&self, name: &str) -> Result<Arc<dyn PhysicalExpr>> {
        let known = self.columns.get(name);
        let logged = known.and_then(|column| column.logged.clone());
        let found = match &logged {
            Some(field) => shape::position(field, self.physical.fields()),
            None => self.physical.index_of(name).ok(),
        };
        let Some(index) = found else {
            let missing = ScalarValue::try_new_null(self.logical.field_with_name(name)?.data_type())?;
            return Ok(Arc::new(Literal::new(missing)));
        };
        let column = Arc::new(ColumnExpr::new(self.physical.field(index).name(), index));
        let from = self.physical.field(index).data_type();
        let target = match known {
            Some(column) => column.target.clone(),
            None => Target::plain(self.logical.field_with_name(name)?.data_type()),
        };
        // Values are those of the logged type first: of an old timestamp without a zone, for example, the log has one.
        let logged = logged.filter(|field| {
            shape::plain(field.data_type()) != *from && !(is_text(from) && *field.data_type() == DataType::Utf8)
        });
        // A file's bounds of floats leave NaN out, which is above all numbers: behind a conversion, of which pruning knows
        // nothing, no row group is left out by them.
        if target == Target::plain(from) && !from.is_floating() {
            return Ok(column);
        }
        if logged.is_none() && is_text(from) && target == Target::plain(&DataType::Utf8) {
            // The same text in another layout: DataFusion's own cast, which its pruning understands.
            return Ok(Arc::new(CastExpr::new(column, DataType::Utf8, None)));
        }
        let (table, column_name) = (Arc::clone(&self.table), name.into());
        Ok(Arc::new(StrictCastExpr { input: column, logged, target, table, column: column_name }))
    }
}

/// A column that a file stores as another type, or whose bounds are not to be used.
#[derive(Debug)]
struct StrictCastExpr {
    input: Arc<dyn PhysicalExpr>,
    /// What a log says of the column, where the file has it in another shape.
    logged: Option<FieldRef>,
    target: Target,
    table: Arc<str>,
    column: Arc<str>,
}

// By hand: the derive moves out of `Arc<dyn PhysicalExpr>`.
impl PartialEq for StrictCastExpr {
    fn eq(&self, other: &Self) -> bool {
        self.input.eq(&other.input)
            && self.logged == other.logged
            && self.target == other.target
            && self.table == other.table
            && self.column == other.column
    }
}

impl Eq for StrictCastExpr {}

impl Hash for StrictCastExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.input.hash(state);
        self.logged.hash(state);
        self.target.hash(state);
        self.column.hash(state);
    }
}

impl fmt::Display for StrictCastExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "STRICT_CAST({} AS {})", self.input, self.target)
    }
}

impl PhysicalExpr for StrictCastExpr {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(self.target.data_type.clone())
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let values = self.input.evaluate(batch)?.into_array(batch.num_rows())?;
        let shaped = match &self.logged {
            Some(field) => shape::read(&values, field),
            None => Ok(values),
        };
        let read = shaped.and_then(|values| self.target.read(&values)).map_err(|misfit| {
            faults::carried(faults::misfit(&self.table, &self.column, &self.target, None, &misfit))
        })?;
        Ok(ColumnarValue::Array(read))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [input] =
            <[_; 1]>::try_from(children).map_err(|_| DataFusionError::Internal("a cast has one input".to_owned()))?;
        let (table, column) = (Arc::clone(&self.table), Arc::clone(&self.column));
        Ok(Arc::new(Self { input, logged: self.logged.clone(), target: self.target.clone(), table, column }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
