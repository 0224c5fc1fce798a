//! Values that are known when a statement is written, or when it runs.

use datafusion::{
    logical_expr::{Operator, expr::Placeholder},
    scalar::ScalarValue,
};

use super::{Printed, Printer, Reason, Scalar, expression::class_of, range};
use crate::sources::sql::{
    Bind, Class,
    literal::{is_literal_type, literal, parameter_index},
};

impl Printer<'_> {
    /// A literal that stands for itself.
    pub(super) fn constant(&mut self, value: &ScalarValue) -> Printed<Scalar> {
        let data_type = value.data_type();
        let value = &signed(value);
        let class = class_of(&value.data_type()).ok_or_else(|| unsent(value))?;
        let (sql, nullable) = match value {
            ScalarValue::Boolean(Some(true)) => ("TRUE".to_owned(), false),
            ScalarValue::Boolean(Some(false)) => ("FALSE".to_owned(), false),
            value if value.is_null() => (self.binds.place(Bind::Value { value: value.clone(), class }), true),
            value => {
                let sent = bound(class, value).filter(|value| self.dialect.takes(value));
                let value = sent.ok_or_else(|| unsent(value))?;
                (self.binds.place(Bind::Value { value, class }), false)
            }
        };
        let mut scalar = self.computed(sql, data_type, &[])?;
        scalar.nullable = nullable;
        scalar.range = range::of_value(value);
        Ok(scalar)
    }

    /// A parameter of the request that stands for itself. A request in which it is NULL has a plan of its own.
    pub(super) fn parameter(&mut self, parameter: &Placeholder) -> Printed<Scalar> {
        let data_type = parameter.field.as_ref().map(|field| field.data_type().clone());
        let class = data_type.as_ref().and_then(class_of);
        let (Some(data_type), Some(class), Some(index)) = (data_type, class, parameter_index(parameter)) else {
            return Err(Reason::new("a parameter of a type that is not sent to sources"));
        };
        let place = self.binds.place(Bind::Parameter { index, class, op: Operator::Eq, is_list: false });
        self.computed(place, data_type, &[])
    }

    /// A place for `value`, which is compared by `op` with values of `class`.
    pub(super) fn compared_literal(&mut self, class: Class, value: &ScalarValue, op: Operator) -> Printed<String> {
        let sent = literal(class, &signed(value), op).filter(|value| self.dialect.takes(value));
        let value = sent.ok_or_else(|| unsent(value))?;
        Ok(self.binds.place(Bind::Value { value, class }))
    }

    /// A place for `parameter`, which is compared by `op` with values of `class`.
    pub(super) fn compared_parameter(
        &mut self,
        class: Class,
        parameter: &Placeholder,
        op: Operator,
    ) -> Printed<String> {
        let is_alike = parameter.field.as_ref().is_some_and(|field| is_literal_type(class, field.data_type()));
        match parameter_index(parameter).filter(|_| is_alike) {
            Some(index) => Ok(self.binds.place(Bind::Parameter { index, class, op, is_list: false })),
            None => Err(Reason::new("a parameter of another type than what it is compared with")),
        }
    }
}

/// Counters, which have no sign here, as sources have them.
pub(super) fn signed(value: &ScalarValue) -> ScalarValue {
    match value {
        ScalarValue::UInt64(Some(number)) => {
            i64::try_from(*number).map_or_else(|_| value.clone(), |number| ScalarValue::Int64(Some(number)))
        }
        value => value.clone(),
    }
}

/// `value` in the form in which it is bound where nothing is compared with it: then zeros are only zeros.
fn bound(class: Class, value: &ScalarValue) -> Option<ScalarValue> {
    match value {
        ScalarValue::Float32(Some(0.0)) | ScalarValue::Float64(Some(0.0)) => Some(value.clone()),
        value => literal(class, value, Operator::Eq),
    }
}

fn unsent(value: &ScalarValue) -> Reason {
    Reason::new(format!("the value {value} means something else to the source"))
}
