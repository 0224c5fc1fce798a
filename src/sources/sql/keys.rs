//! Keys of a join that a scan takes from the join's other side: which of its rows can have a partner at all is known when
//! that side has been read, and only these are asked for.
//!
//! A hash join reads one side first and offers the other a filter that it completes then (a dynamic filter). It checks
//! every row by itself, so the filter only saves rows: where a value would not mean the same to the source as here, where
//! nothing is known, or where nobody completes the filter in time, the scan reads what it reads without.

mod known;
mod narrow;

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use datafusion::{
    arrow::datatypes::{DataType, SchemaRef},
    common::Result,
    logical_expr::Operator,
    physical_expr::{
        PhysicalExpr,
        expressions::{CastExpr, Column, DynamicFilterPhysicalExpr},
    },
    scalar::ScalarValue,
};
use futures::future::join_all;

use super::{Class, Dialect, feed::Scan, literal, scan::Clauses};

use known::{Domain, Known};
use narrow::{Choice, Condition};

/// So many values of one key are sent as a list. Of more the source is told the least and the greatest.
pub const MOST_KEYS: usize = 40_000;

/// More values than these are sent only where the statement is expected to give twice as many rows: to look each row up in a
/// long list that hardly leaves one out costs more than to send it.
const FEW_KEYS: usize = 10_000;

/// A scan waits no longer than this for its keys. Nearly always they are there before it is asked for its first row; where
/// an operator reads ahead, the scan waits for the join's other side without holding a connection.
const PATIENCE: Duration = Duration::from_mins(1);

/// The state of a filter that was never updated (`DynamicFilterPhysicalExpr`).
const UNTOUCHED: u64 = 1;

/// What a scan takes from the joins above it.
#[derive(Clone, Debug)]
pub struct Keys {
    filters: Vec<KeyFilter>,
    /// What came of it, for the person who looks at the plan after its run.
    outcome: Arc<OnceLock<Outcome>>,
}

/// What was asked of the source in the end.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The statement as it was prepared; `None` when no row has a partner, so that nothing was asked.
    pub sql: Option<String>,
    /// What was sent of each key: `id: 3 values`.
    pub sent: String,
}

/// The filter of one join.
#[derive(Clone, Debug)]
struct KeyFilter {
    filter: Arc<dyn PhysicalExpr>,
    keys: Vec<Key>,
}

/// A key that the source compares as the engine does.
#[derive(Clone, Debug)]
struct Key {
    expr: Arc<dyn PhysicalExpr>,
    column: usize,
    class: Class,
}

impl Keys {
    /// What a scan of `clauses` can use of `filters`, all of which must be those of joins; `None` if that is nothing.
    #[must_use]
    pub fn new<'a>(filters: impl IntoIterator<Item = &'a Arc<dyn PhysicalExpr>>, clauses: &Clauses) -> Option<Self> {
        // A derived table around an order and a limit has no order, and none may be added that its rows rely on.
        if !clauses.select.takes_conditions() && !clauses.select.order.is_empty() {
            return None;
        }
        let filters: Vec<_> = filters.into_iter().filter_map(|filter| KeyFilter::new(filter, clauses)).collect();
        (!filters.is_empty()).then(|| Self { filters, outcome: Arc::default() })
    }

    /// The filters that are used.
    pub fn filters(&self) -> impl Iterator<Item = &Arc<dyn PhysicalExpr>> {
        self.filters.iter().map(|filter| &filter.filter)
    }

    /// The names of the keys in `schema`, each once.
    #[must_use]
    pub fn names<'a>(&self, schema: &'a SchemaRef) -> Vec<&'a str> {
        let columns: BTreeSet<_> = self.filters.iter().flat_map(|filter| &filter.keys).map(|key| key.column).collect();
        columns.into_iter().map(|column| schema.field(column).name().as_str()).collect()
    }

    /// What came of it, once the scan has begun.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get()
    }

    /// `scan` as it runs if every key is a list, for the person who looks at the plan before.
    #[must_use]
    pub fn planned(&self, scan: &Scan, clauses: &Clauses, dialect: &dyn Dialect) -> Scan {
        let empty = ScalarValue::List(ScalarValue::new_list_nullable(&[], &DataType::Null));
        let keys = self.filters.iter().flat_map(|filter| &filter.keys);
        let conditions = keys.map(|key| {
            let choice = Choice { list: Some((empty.clone(), 0)), range: None };
            Condition { column: key.column, class: key.class, choice }
        });
        narrow::narrowed(scan, clauses, &conditions.collect::<Vec<_>>(), dialect).0
    }

    /// Waits for the keys, and puts them into the statement of `scan`. `None`: no row has a partner.
    ///
    /// # Errors
    /// The engine's own, when it cannot say what a filter has become.
    pub async fn narrowed(&self, scan: &Scan, clauses: &Clauses, dialect: &dyn Dialect) -> Result<Option<Scan>> {
        let known = join_all(self.filters.iter().map(KeyFilter::known)).await;
        let mut conditions = Vec::new();
        for (filter, known) in self.filters.iter().zip(known) {
            let Known::Keys(domains) = known? else {
                let sent = "nothing: the other side has no keys".to_owned();
                // A plan that runs twice tells of its first run.
                let _ = self.outcome.set(Outcome { sql: None, sent });
                return Ok(None);
            };
            conditions.extend(
                filter.keys.iter().zip(domains).map(|(key, domain)| key.condition(&domain, scan.estimated_rows)),
            );
        }
        let (narrowed, sent) = narrow::narrowed(scan, clauses, &conditions, dialect);
        let name = |column: usize| scan.schema.field(column).name();
        let sent: Vec<_> = conditions
            .iter()
            .zip(sent)
            .map(|(condition, sent)| format!("{}: {sent}", name(condition.column)))
            .collect();
        let sql = narrowed.statement.render(|number, bind| dialect.placeholder(number, bind));
        let _ = self.outcome.set(Outcome { sql: Some(sql), sent: sent.join(", ") });
        Ok(Some(narrowed))
    }
}

impl KeyFilter {
    fn new(filter: &Arc<dyn PhysicalExpr>, clauses: &Clauses) -> Option<Self> {
        filter.downcast_ref::<DynamicFilterPhysicalExpr>()?;
        let keys: Vec<_> = filter.children().into_iter().filter_map(|expr| Key::new(expr, clauses)).collect();
        (!keys.is_empty()).then(|| Self { filter: Arc::clone(filter), keys })
    }

    /// What the join knows, when it knows it.
    async fn known(&self) -> Result<Known> {
        let any = || Known::Keys(vec![Domain::Any; self.keys.len()]);
        let Some(filter) = self.filter.downcast_ref::<DynamicFilterPhysicalExpr>() else { return Ok(any()) };
        if tokio::time::timeout(PATIENCE, filter.wait_complete()).await.is_err() {
            tracing::debug!("a join's keys came too late for a scan, which reads all rows");
            return Ok(any());
        }
        if filter.snapshot_generation() == UNTOUCHED {
            // A join that collected one side and found no row there completes its filter without a word.
            return Ok(Known::NoRow);
        }
        let keys: Vec<_> = self.keys.iter().map(|key| &key.expr).collect();
        Ok(Known::read(&filter.current()?, &keys))
    }
}

impl Key {
    /// A column, or a conversion of one that keeps its values apart and in order.
    fn new(expr: &Arc<dyn PhysicalExpr>, clauses: &Clauses) -> Option<Self> {
        let (inner, wanted) = match expr.downcast_ref::<CastExpr>() {
            Some(cast) => (cast.expr(), Some(cast.cast_type())),
            None => (expr, None),
        };
        let column = inner.downcast_ref::<Column>()?.index();
        let class = clauses.keys.get(column)?.as_ref()?.class;
        let class = match wanted {
            None => class,
            Some(wanted) => widened(class, &clauses.columns.get(column)?.wire_type(), wanted)?,
        };
        // What is equal to the engine and what is equal to the source differ for -0 and NaN.
        let is_float = matches!(class, Class::Float32 | Class::Float64);
        (!is_float).then(|| Self { expr: Arc::clone(expr), column, class })
    }

    /// What is asked of the source: nothing where a value does not mean the same there.
    fn condition(&self, domain: &Domain, expected: Option<u64>) -> Condition {
        let is_listed = |values: usize| {
            let is_worth_it = || expected.is_none_or(|rows| rows / 2 >= values as u64);
            values <= FEW_KEYS || (values <= MOST_KEYS && is_worth_it())
        };
        let list = match domain {
            Domain::Values(values) if is_listed(values.len()) => {
                literal::list_of(self.class, values, Operator::Eq).map(|list| (list, values.len()))
            }
            _ => None,
        };
        let range = domain.bounds().and_then(|(low, high)| {
            let low = literal::literal(self.class, low, Operator::GtEq)?;
            Some((low, literal::literal(self.class, high, Operator::LtEq)?))
        });
        // Some values do not mean the same there, although the bounds do.
        let is_refused = list.is_none() && matches!(domain, Domain::Values(values) if is_listed(values.len()));
        let choice = Choice { list, range: range.filter(|_| !is_refused) };
        Condition { column: self.column, class: self.class, choice }
    }
}

/// The class of a `class`, in the engine a `given`, as a `wanted`: sources compare numbers of all widths by their values.
fn widened(class: Class, given: &DataType, wanted: &DataType) -> Option<Class> {
    match (class, given, wanted) {
        // Only the field around the type changes.
        _ if given == wanted => Some(class),
        (Class::Int16 | Class::Int32, _, DataType::Int64) => Some(Class::Int64),
        (Class::Int16, _, DataType::Int32) => Some(Class::Int32),
        (
            Class::Decimal,
            DataType::Decimal128(digits, scale) | DataType::Decimal256(digits, scale),
            DataType::Decimal128(wide, fine) | DataType::Decimal256(wide, fine),
        ) => {
            let whole = |digits: u8, scale: i8| i16::from(digits) - i16::from(scale);
            (fine >= scale && whole(*wide, *fine) >= whole(*digits, *scale)).then_some(class)
        }
        _ => None,
    }
}
