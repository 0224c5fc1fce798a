//! What the filter of a join says of its keys, once the join has read its other side: some values, or what lies between.
//!
//! `HashJoinExec` makes these filters (`joins/hash_join/shared_bounds.rs`): bounds of each key, and the keys themselves
//! where they are few; of several partitions, a CASE that sends each row to its own. Everything is read as what a row with
//! a partner fulfils at least: what is not understood says nothing, and never too much.

use std::{cmp::Ordering, sync::Arc};

use datafusion::{
    logical_expr::Operator,
    physical_expr::{
        PhysicalExpr, ScalarFunctionExpr,
        expressions::{BinaryExpr, CaseExpr, InListExpr, Literal},
    },
    scalar::ScalarValue,
};

/// What a row with a partner fulfils.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// No row has a partner.
    NoRow,
    /// For each key, what its value is among.
    Keys(Vec<Domain>),
}

/// The values that one key can have. None of them is NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// Nothing is known.
    Any,
    /// One of these: sorted, each once, never empty.
    Values(Vec<ScalarValue>),
    /// At least the first, at most the second.
    Range(Option<ScalarValue>, Option<ScalarValue>),
}

impl Known {
    /// Reads `filter`, as far as it is about the expressions `keys`, whose values must have an order.
    pub fn read(filter: &Arc<dyn PhysicalExpr>, keys: &[&Arc<dyn PhysicalExpr>]) -> Self {
        let any = || Self::Keys(vec![Domain::Any; keys.len()]);
        if let Some(literal) = filter.downcast_ref::<Literal>() {
            let is_false = *literal.value() == ScalarValue::Boolean(Some(false));
            return if is_false { Self::NoRow } else { any() };
        }
        if let Some(binary) = filter.downcast_ref::<BinaryExpr>() {
            let (left, right) = (binary.left(), binary.right());
            return match binary.op() {
                Operator::And => Self::read(left, keys).and(Self::read(right, keys)),
                Operator::Or => Self::read(left, keys).or(Self::read(right, keys)),
                Operator::GtEq => Self::of(keys, left, bound(right).map(|low| Domain::Range(Some(low), None))),
                Operator::LtEq => Self::of(keys, left, bound(right).map(|high| Domain::Range(None, Some(high)))),
                _ => any(),
            };
        }
        if let Some(list) = filter.downcast_ref::<InListExpr>() {
            return if list.negated() { any() } else { Self::listed(list, keys).unwrap_or_else(any) };
        }
        if let Some(case) = filter.downcast_ref::<CaseExpr>() {
            let branches = case.when_then_expr().iter().map(|(_, then)| then).chain(case.else_expr());
            return branches.fold(Self::NoRow, |known, branch| known.or(Self::read(branch, keys)));
        }
        any()
    }

    /// `domain` of the key that is `expr`.
    fn of(keys: &[&Arc<dyn PhysicalExpr>], expr: &Arc<dyn PhysicalExpr>, domain: Option<Domain>) -> Self {
        let domain = domain.unwrap_or(Domain::Any);
        Self::Keys(keys.iter().map(|key| if *key == expr { domain.clone() } else { Domain::Any }).collect())
    }

    /// `key IN (…)`, or `struct(key, …) IN (…)`. `None`: it is of another form.
    fn listed(list: &InListExpr, keys: &[&Arc<dyn PhysicalExpr>]) -> Option<Self> {
        let values = list.list().iter().map(|item| Some(item.downcast_ref::<Literal>()?.value()));
        let values = values.collect::<Option<Vec<_>>>()?;
        let tuple = list.expr().downcast_ref::<ScalarFunctionExpr>().filter(|call| call.name() == "struct");
        let Some(tuple) = tuple else {
            keys.contains(&list.expr()).then_some(())?;
            return Some(match Domain::among(values.into_iter().cloned()) {
                Some(domain) => Self::of(keys, list.expr(), Some(domain)),
                None => Self::NoRow,
            });
        };
        let mut known = Self::Keys(vec![Domain::Any; keys.len()]);
        for (field, expr) in tuple.args().iter().enumerate().filter(|(_, expr)| keys.contains(expr)) {
            let part = values.iter().map(|value| match value {
                ScalarValue::Struct(tuple) => ScalarValue::try_from_array(tuple.columns().get(field)?, 0).ok(),
                _ => None,
            });
            known = known.and(match Domain::among(part.collect::<Option<Vec<_>>>()?.into_iter()) {
                Some(domain) => Self::of(keys, expr, Some(domain)),
                None => Self::NoRow,
            });
        }
        Some(known)
    }

    /// Both are fulfilled.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Keys(left), Self::Keys(right)) => {
                Self::Keys(left.into_iter().zip(right).map(|(left, right)| left.and(right)).collect())
            }
            _ => Self::NoRow,
        }
    }

    /// One of them is fulfilled.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::NoRow, known) | (known, Self::NoRow) => known,
            (Self::Keys(left), Self::Keys(right)) => {
                Self::Keys(left.into_iter().zip(right).map(|(left, right)| left.or(right)).collect())
            }
        }
    }
}

impl Domain {
    /// Among `values`. No row has NULL as its key and a partner, unless the filter says so elsewhere; so nothing is among
    /// NULLs alone.
    fn among(values: impl Iterator<Item = ScalarValue>) -> Option<Self> {
        let mut values: Vec<_> = values.filter(|value| !value.is_null()).collect();
        values.sort_by(compare);
        values.dedup();
        (!values.is_empty()).then_some(Self::Values(values))
    }

    /// The least and the greatest value, where both are known.
    pub fn bounds(&self) -> Option<(&ScalarValue, &ScalarValue)> {
        match self {
            Self::Any => None,
            Self::Values(values) => values.first().zip(values.last()),
            Self::Range(low, high) => low.as_ref().zip(high.as_ref()),
        }
    }

    /// Of two that hold, the more telling one, or what two bounds leave.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, domain) | (domain, Self::Any) => domain,
            (Self::Values(one), Self::Values(two)) => Self::Values(if one.len() <= two.len() { one } else { two }),
            (Self::Values(values), Self::Range(..)) | (Self::Range(..), Self::Values(values)) => Self::Values(values),
            (Self::Range(low, high), Self::Range(other_low, other_high)) => {
                Self::Range(furthest(low, other_low, Ordering::Greater), furthest(high, other_high, Ordering::Less))
            }
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Values(mut values), Self::Values(more)) => {
                values.extend(more);
                Self::among(values.into_iter()).unwrap_or(Self::Any)
            }
            (one, two) => {
                let (one, two) = (one.into_range(), two.into_range());
                let least = one.0.zip(two.0).and_then(|(one, two)| furthest(Some(one), Some(two), Ordering::Less));
                let most = one.1.zip(two.1).and_then(|(one, two)| furthest(Some(one), Some(two), Ordering::Greater));
                Self::Range(least, most)
            }
        }
    }

    fn into_range(self) -> (Option<ScalarValue>, Option<ScalarValue>) {
        match self {
            Self::Any => (None, None),
            Self::Values(values) => (values.first().cloned(), values.last().cloned()),
            Self::Range(low, high) => (low, high),
        }
    }
}

/// A bound, which is never NULL.
fn bound(expr: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    let value = expr.downcast_ref::<Literal>()?.value();
    (!value.is_null()).then(|| value.clone())
}

/// Of two bounds the one on the side `wanted` of the other; the only one if there is one.
fn furthest(one: Option<ScalarValue>, two: Option<ScalarValue>, wanted: Ordering) -> Option<ScalarValue> {
    match (one, two) {
        (Some(one), Some(two)) => Some(if compare(&one, &two) == wanted { one } else { two }),
        (one, two) => one.or(two),
    }
}

/// Keys of one join are of one type, and no float is read from here; so all of them compare.
fn compare(one: &ScalarValue, two: &ScalarValue) -> Ordering {
    one.partial_cmp(two).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::{ArrayRef, Int64Array, StringArray, StructArray},
            datatypes::{DataType, Field, Schema},
        },
        common::config::ConfigOptions,
        functions::core::r#struct,
        physical_expr::expressions::{Column, IsNullExpr, lit},
    };

    use super::*;

    fn schema() -> Schema {
        Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)])
    }

    fn column(name: &str, index: usize) -> Arc<dyn PhysicalExpr> {
        Arc::new(Column::new(name, index))
    }

    fn binary(left: Arc<dyn PhysicalExpr>, op: Operator, right: Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
        Arc::new(BinaryExpr::new(left, op, right))
    }

    fn among(expr: Arc<dyn PhysicalExpr>, values: ArrayRef) -> Arc<dyn PhysicalExpr> {
        Arc::new(InListExpr::try_new_from_array(expr, values, false, &schema()).expect("values of its type"))
    }

    fn ids(values: &[Option<i64>]) -> Arc<dyn PhysicalExpr> {
        among(column("id", 0), Arc::new(Int64Array::from(values.to_vec())))
    }

    fn between(low: i64, high: i64) -> Arc<dyn PhysicalExpr> {
        let (low, high) =
            (binary(column("id", 0), Operator::GtEq, lit(low)), binary(column("id", 0), Operator::LtEq, lit(high)));
        binary(low, Operator::And, high)
    }

    fn read(filter: &Arc<dyn PhysicalExpr>) -> Known {
        Known::read(filter, &[&column("id", 0), &column("name", 1)])
    }

    fn numbers(values: &[i64]) -> Domain {
        Domain::Values(values.iter().copied().map(ScalarValue::from).collect())
    }

    fn range(low: i64, high: i64) -> Domain {
        Domain::Range(Some(low.into()), Some(high.into()))
    }

    #[test]
    fn a_list_is_sorted_without_doubles_and_nulls() {
        let filter = binary(between(1, 9), Operator::And, ids(&[Some(9), Some(1), None, Some(9)]));
        assert_eq!(read(&filter), Known::Keys(vec![numbers(&[1, 9]), Domain::Any]));
        assert_eq!(read(&ids(&[None])), Known::NoRow);
        assert_eq!(read(&between(1, 9)), Known::Keys(vec![range(1, 9), Domain::Any]));
    }

    #[test]
    fn partitions_are_united() {
        let by_hash = |branches: Vec<Arc<dyn PhysicalExpr>>, otherwise: bool| -> Arc<dyn PhysicalExpr> {
            let branches = (0_i64..).map(lit).zip(branches).collect();
            Arc::new(CaseExpr::try_new(Some(column("id", 0)), branches, Some(lit(otherwise))).expect("a CASE"))
        };
        let filter = by_hash(vec![ids(&[Some(4)]), ids(&[Some(2), Some(7)])], false);
        assert_eq!(read(&filter), Known::Keys(vec![numbers(&[2, 4, 7]), Domain::Any]));
        let filter = by_hash(vec![ids(&[Some(4)]), between(6, 8)], false);
        assert_eq!(read(&filter), Known::Keys(vec![range(4, 8), Domain::Any]));
        // A partition that nobody knows.
        let filter = by_hash(vec![ids(&[Some(4)])], true);
        assert_eq!(read(&filter), Known::Keys(vec![Domain::Any, Domain::Any]));
        assert_eq!(read(&by_hash(vec![lit(false), lit(false)], false)), Known::NoRow);
    }

    #[test]
    fn nulls_that_match_leave_nothing_known() {
        let is_null = Arc::new(IsNullExpr::new(column("id", 0)));
        let filter = binary(is_null, Operator::Or, ids(&[Some(4)]));
        assert_eq!(read(&filter), Known::Keys(vec![Domain::Any, Domain::Any]));
        assert_eq!(read(&lit(true)), Known::Keys(vec![Domain::Any, Domain::Any]));
    }

    #[test]
    fn keys_of_several_columns_are_taken_apart() {
        let fields = vec![Field::new("c0", DataType::Int64, true), Field::new("c1", DataType::Utf8, true)];
        let tuple = ScalarFunctionExpr::new(
            "struct",
            r#struct(),
            vec![column("id", 0), column("name", 1)],
            Arc::new(Field::new("struct", DataType::Struct(fields.clone().into()), true)),
            Arc::new(ConfigOptions::default()),
        );
        let values = StructArray::new(
            fields.into(),
            vec![
                Arc::new(Int64Array::from(vec![3, 3, 1])),
                Arc::new(StringArray::from(vec![Some("b"), Some("a"), None])),
            ],
            None,
        );
        let names = Domain::Values(vec!["a".into(), "b".into()]);
        assert_eq!(read(&among(Arc::new(tuple), Arc::new(values))), Known::Keys(vec![numbers(&[1, 3]), names]));
    }
}
