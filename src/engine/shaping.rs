//! What consumers may make of a query's result: the columns that its owner allows, and how each can be filtered by.

use std::{collections::BTreeSet, fmt};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema},
    common::ScalarValue,
    logical_expr::Operator,
};

use super::{
    page::{is_ordered, no_column},
    view::Condition,
};
use crate::{
    catalog::{Allowed, Consumer},
    model::{Place, Problem, ValueType},
    sources::sql::SOURCE_TYPE,
};

/// What a request may ask for.
#[derive(Clone, Debug, Default)]
pub struct Shaping {
    /// The columns that can be chosen, in the query's order.
    pub fields: Vec<String>,
    /// The columns that can be sorted by, likewise.
    pub sort: Vec<String>,
    /// The columns that can be filtered by, likewise.
    pub filters: Vec<Filterable>,
}

impl Shaping {
    /// Does the owner allow nothing?
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.fields.is_empty() && self.sort.is_empty() && self.filters.is_empty()
    }
}

/// What `consumer` comes to over the columns of `schema`.
///
/// # Errors
/// Columns that are not there, and those with which it cannot be done.
pub(super) fn settle(consumer: &Consumer, schema: &Schema) -> Result<Shaping, Vec<Problem>> {
    let mut problems = Vec::new();
    let fields = chosen(&consumer.fields, schema, cannot_be_listed, &mut problems);
    let sort = chosen(&consumer.sort, schema, cannot_be_sorted_by, &mut problems);
    let filters = chosen(&consumer.filter, schema, |_| None, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let names = |fields: Vec<&Field>| fields.iter().map(|field| field.name().clone()).collect();
    let filters = filters.into_iter().map(Filterable::of).collect();
    Ok(Shaping { fields: names(fields), sort: names(sort), filters })
}

/// The columns of `schema` that are `allowed`, unless there is a reason why one `cannot` be.
fn chosen<'a>(
    allowed: &Allowed,
    schema: &'a Schema,
    cannot: impl Fn(&Field) -> Option<(String, &'static str)>,
    problems: &mut Vec<Problem>,
) -> Vec<&'a Field> {
    let columns = match allowed {
        Allowed::None => return Vec::new(),
        Allowed::All => {
            return schema.fields().iter().map(AsRef::as_ref).filter(|field| cannot(field).is_none()).collect();
        }
        Allowed::Columns(columns) => columns,
    };
    let mut problem = |column: &str, place: &Place| match schema.field_with_name(column) {
        Err(_) => problems.push(no_column(column, place, schema)),
        Ok(field) => {
            if let Some((why, hint)) = cannot(field) {
                problems.push(Problem::error(place.clone(), why).hint(hint));
            }
        }
    };
    columns.iter().for_each(|column| problem(&column.value, &column.place));
    let named: BTreeSet<&str> = columns.iter().map(|column| column.value.as_str()).collect();
    schema.fields().iter().map(AsRef::as_ref).filter(|field| named.contains(field.name().as_str())).collect()
}

fn cannot_be_listed(field: &Field) -> Option<(String, &'static str)> {
    let why = || format!("`{}` cannot be named in a list of columns: it contains a comma", field.name());
    field.name().contains(',').then(|| (why(), "rename it with `AS`"))
}

fn cannot_be_sorted_by(field: &Field) -> Option<(String, &'static str)> {
    let (name, data_type) = (field.name(), field.data_type());
    if !is_ordered(data_type) {
        let hint = "sort by number, text, date, timestamp, boolean or binary columns";
        return Some((format!("`{name}` is {data_type}, which has no order to sort by"), hint));
    }
    if name.starts_with('-') {
        return Some((
            format!("`{name}` cannot be sorted by: `-` before a column means descending"),
            "rename it with `AS`",
        ));
    }
    cannot_be_listed(field)
}

/// A column by which a consumer may filter.
#[derive(Clone, Debug)]
pub struct Filterable {
    /// The output column.
    pub column: String,
    /// How a value that it is compared with is read. None: a request has no values of its type.
    pub operand: Option<Operand>,
    data_type: DataType,
}

/// How a value is read that a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// An integer of some width.
    Integer {
        /// The least value of the column's type.
        least: i64,
        /// The greatest.
        greatest: u64,
    },
    /// The nearest number of 32 bits.
    Float32,
    /// As a parameter of this type.
    Value(ValueType),
}

/// What a column is, where nothing is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// NULL.
    Null,
    /// Anything but NULL.
    NotNull,
    /// True: neither false nor NULL.
    True,
    /// False: neither true nor NULL.
    False,
    /// Not a number.
    Nan,
    /// A number: neither NaN nor NULL.
    NotNan,
}

/// The comparisons, as requests spell them.
const COMPARISONS: &[(&str, Operator)] = &[
    ("eq", Operator::Eq),
    ("ne", Operator::NotEq),
    ("gt", Operator::Gt),
    ("gte", Operator::GtEq),
    ("lt", Operator::Lt),
    ("lte", Operator::LtEq),
];

impl Filterable {
    fn of(field: &Field) -> Self {
        let operand = Operand::of(field);
        Self { column: field.name().clone(), operand, data_type: field.data_type().clone() }
    }

    /// The operators that can stand behind `column__`.
    #[must_use]
    pub fn operators(&self) -> Vec<&'static str> {
        let comparisons = COMPARISONS.iter().map(|(name, _)| *name);
        let comparisons = match &self.operand {
            None => Vec::new(),
            // That false is less than true is of no use.
            Some(Operand::Value(ValueType::Bool)) => comparisons.take(2).chain(["in"]).collect(),
            Some(Operand::Value(ValueType::String)) => comparisons.chain(["in", "like"]).collect(),
            Some(_) => comparisons.chain(["in"]).collect(),
        };
        [comparisons, vec!["is"]].concat()
    }

    /// What can stand behind `column__is=`.
    #[must_use]
    pub fn states(&self) -> Vec<State> {
        let own: &[State] = match &self.operand {
            Some(Operand::Value(ValueType::Bool)) => &[State::True, State::False],
            _ if self.data_type.is_floating() => &[State::Nan, State::NotNan],
            _ => &[],
        };
        [&[State::Null, State::NotNull], own].concat()
    }

    /// Reads the values that stand behind one of its operators, which is `operator`: the condition, and the values that
    /// it is bound with. The error completes a sentence: "is not an integer".
    ///
    /// # Errors
    /// More or fewer values than the operator takes, or one that the column's type does not have.
    pub fn read(&self, operator: &str, texts: &[&str]) -> Result<(Condition, Vec<ScalarValue>), String> {
        if operator == "in" {
            let values = texts.iter().map(|text| self.value(text)).collect::<Result<Vec<_>, _>>()?;
            let values: Vec<_> = values.iter().flat_map(spellings).collect();
            let list = ScalarValue::new_list_nullable(&values, &self.data_type);
            return Ok((Condition::In, vec![ScalarValue::List(list)]));
        }
        let [text] = texts else { return Err("is given more than once".to_owned()) };
        if operator == "is" {
            let state = self.states().into_iter().find(|state| state.as_str() == *text);
            let state = state.ok_or_else(|| format!("is `{text}`, which is nothing that the column can be"))?;
            return Ok((Condition::Is(state), Vec::new()));
        }
        let value = self.value(text)?;
        if operator == "like" {
            let backslashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
            if backslashes % 2 == 1 {
                return Err("ends in a `\\` that escapes nothing".to_owned());
            }
            return Ok((Condition::Like, vec![value]));
        }
        let known = COMPARISONS.iter().find(|(name, _)| *name == operator);
        let (_, operator) = known.ok_or_else(|| format!("has no operator `{operator}`"))?;
        let values = match (operator, spellings(&value).as_slice()) {
            (Operator::Eq | Operator::NotEq, _) if self.data_type.is_floating() => bounds(&value).to_vec(),
            (Operator::GtEq | Operator::Lt, [least, _]) => vec![least.clone()],
            (_, [.., greatest]) => vec![greatest.clone()],
            (_, []) => vec![value],
        };
        Ok((Condition::Compared(*operator), values))
    }

    /// The type of the values that it is compared with.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    fn value(&self, text: &str) -> Result<ScalarValue, String> {
        match &self.operand {
            None => Err(format!("compares with {}, of which a request has no values", self.data_type)),
            Some(Operand::Integer { least, greatest }) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err("is not an integer".to_owned());
                }
                let range = i128::from(*least)..=i128::from(*greatest);
                let number = text.parse().ok().filter(|number| range.contains(number));
                let number = number.ok_or_else(|| format!("is not between {least} and {greatest}"))?;
                let number = ScalarValue::Decimal128(Some(number), 38, 0).cast_to(&self.data_type);
                number.map_err(|_| format!("is not between {least} and {greatest}"))
            }
            Some(Operand::Float32) => {
                ValueType::Float64.from_text(text)?;
                let number: f32 = text.parse().map_err(|_| "is not a number".to_owned())?;
                if number.is_infinite() && !text.ends_with("Infinity") {
                    return Err("is beyond the range of float32".to_owned());
                }
                self.number(ScalarValue::Float32(Some(number)), number.is_nan())
            }
            Some(Operand::Value(value_type)) => {
                let value = value_type.from_text(text)?;
                let is_nan = matches!(value, ScalarValue::Float64(Some(number)) if number.is_nan());
                self.number(value, is_nan)
            }
        }
    }

    fn number(&self, value: ScalarValue, is_nan: bool) -> Result<ScalarValue, String> {
        if is_nan { Err(format!("is NaN, which is asked for with `{}__is=nan`", self.column)) } else { Ok(value) }
    }
}

impl Operand {
    fn of(field: &Field) -> Option<Self> {
        let integer = |least: i64, greatest: u64| Some(Self::Integer { least, greatest });
        let is_uuid =
            || field.metadata().get(SOURCE_TYPE).is_some_and(|source_type| source_type.eq_ignore_ascii_case("uuid"));
        let value_type = match field.data_type() {
            DataType::Int8 => return integer(i8::MIN.into(), i8::MAX.unsigned_abs().into()),
            DataType::Int16 => return integer(i16::MIN.into(), i16::MAX.unsigned_abs().into()),
            DataType::Int32 => return integer(i32::MIN.into(), i32::MAX.unsigned_abs().into()),
            DataType::Int64 => return integer(i64::MIN, i64::MAX.unsigned_abs()),
            DataType::UInt8 => return integer(0, u8::MAX.into()),
            DataType::UInt16 => return integer(0, u16::MAX.into()),
            DataType::UInt32 => return integer(0, u32::MAX.into()),
            DataType::UInt64 => return integer(0, u64::MAX),
            DataType::Float32 => return Some(Self::Float32),
            DataType::Boolean => ValueType::Bool,
            DataType::Float64 => ValueType::Float64,
            DataType::Decimal128(precision, scale) if (0..=precision.cast_signed()).contains(scale) => {
                ValueType::Decimal(*precision, *scale)
            }
            DataType::Utf8 if is_uuid() => ValueType::Uuid,
            DataType::Utf8 => ValueType::String,
            DataType::Date32 => ValueType::Date,
            // Results leave in microseconds, and in UTC where they have a zone.
            DataType::Timestamp(_, None) => ValueType::Timestamp,
            DataType::Timestamp(_, Some(_)) => ValueType::TimestampTz,
            _ => return None,
        };
        Some(Self::Value(value_type))
    }
}

impl State {
    /// As requests spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::NotNull => "not_null",
            Self::True => "true",
            Self::False => "false",
            Self::Nan => "nan",
            Self::NotNan => "not_nan",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All values that count as `value`, in the engine's own order, which tells the zeros apart.
fn spellings(value: &ScalarValue) -> Vec<ScalarValue> {
    match value {
        ScalarValue::Float64(Some(0.0)) => [-0.0, 0.0].map(|zero| ScalarValue::Float64(Some(zero))).to_vec(),
        ScalarValue::Float32(Some(0.0)) => [-0.0, 0.0].map(|zero| ScalarValue::Float32(Some(zero))).to_vec(),
        value => vec![value.clone()],
    }
}

/// The least and the greatest of them.
fn bounds(value: &ScalarValue) -> [ScalarValue; 2] {
    match spellings(value).as_slice() {
        [least, .., greatest] => [least.clone(), greatest.clone()],
        _ => [value.clone(), value.clone()],
    }
}
