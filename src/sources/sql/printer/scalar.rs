//! A value as a source computes it: a column's or an expression's.

use datafusion::arrow::datatypes::DataType;

use super::{
    Printed, Reason,
    expression::class_of,
    range::{self, Range},
};
use crate::sources::sql::{Class, Column, Comparison, Dialect, select::qualified};

/// A value as a source computes it. All texts are complete operands, in parentheses where they need them.
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not depend on each other")]
#[derive(Clone, Debug)]
pub struct Scalar {
    /// What stands in a select list.
    pub select: String,
    /// What `IS NULL` is asked of.
    pub presence: String,
    /// How it is compared, and what it is in expressions; or why it can only be passed on.
    pub comparison: Result<Comparison, &'static str>,
    /// Its type in the engine.
    pub data_type: DataType,
    /// Can it be NULL?
    pub nullable: bool,
    /// Of integers, the least and the greatest value; `None` where nothing narrower than the type is known.
    pub range: Option<Range>,
    /// Can its evaluation fail, here and there alike? Such a value may be shown, but choose no rows.
    pub may_fail: bool,
    /// Is every value of the declared type? If not, it can be compared by a scan that reads it too, but nothing more.
    pub is_typed: bool,
    /// A column of a table or of a derived table, which no expression has changed: NULL where an outer join adds NULLs.
    pub is_plain: bool,
}

impl Scalar {
    /// The column of a table.
    #[must_use]
    pub fn column(column: &Column) -> Self {
        let comparison = match &column.comparison {
            Some(_) if !column.is_typed => Err("its table may hold values of another type than it declares"),
            Some(comparison) => Ok(comparison.clone()),
            None => Err("its values are not proven to compare in the source as they do here"),
        };
        Self {
            select: column.select.clone(),
            presence: column.presence.clone(),
            comparison,
            data_type: column.field.data_type().clone(),
            nullable: column.field.is_nullable(),
            range: None,
            may_fail: false,
            is_typed: true,
            is_plain: true,
        }
    }

    /// The column of a table in a scan that reads every column by which it chooses rows.
    #[must_use]
    pub fn stored(column: &Column) -> Self {
        let mut scalar = Self::column(column);
        if let (Some(comparison), false) = (&column.comparison, column.is_typed) {
            scalar.comparison = Ok(comparison.clone());
            scalar.is_typed = false;
        }
        scalar
    }

    /// What `sql`, an expression of the source, gives: it cannot fail.
    #[must_use]
    pub fn computed(sql: String, class: Class, data_type: DataType, nullable: bool) -> Self {
        let comparison = Comparison { class, equality: sql.clone(), order: sql.clone() };
        Self {
            presence: sql.clone(),
            select: sql,
            comparison: Ok(comparison),
            data_type,
            nullable,
            range: None,
            may_fail: false,
            is_typed: true,
            is_plain: false,
        }
    }

    /// The same value as the column `name` of a derived table.
    #[must_use]
    pub fn exported(&self, name: &str, dialect: &dyn Dialect) -> Self {
        let comparison = self.comparison.as_ref().map(|comparison| match comparison.class {
            Class::Text => {
                // Where equality needs no collation, the column's own does.
                let order = dialect.by_code_point(name);
                let is_own = comparison.equality != comparison.order;
                Comparison { class: Class::Text, equality: if is_own { name.to_owned() } else { order.clone() }, order }
            }
            class => Comparison { class, equality: name.to_owned(), order: name.to_owned() },
        });
        Self {
            select: name.to_owned(),
            presence: name.to_owned(),
            comparison: comparison.map_err(|reason| *reason),
            data_type: self.data_type.clone(),
            nullable: self.nullable,
            range: self.range,
            // A derived table may be flattened into the query around it.
            may_fail: self.may_fail,
            is_typed: self.is_typed,
            is_plain: true,
        }
    }

    /// What stands for it in the select list of a derived table, whose column is then compared under this value's own
    /// collation. Text that is only compared in another form leaves in that form.
    #[must_use]
    pub fn item(&self) -> &str {
        match &self.comparison {
            Ok(comparison) if comparison.class == Class::Text && comparison.equality == comparison.order => {
                &comparison.order
            }
            _ => &self.select,
        }
    }

    /// The operand of ORDER BY, if the source orders these values as the engine does. Floats it does not: it holds -0 and
    /// +0 equal.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        let comparison = self.comparison.as_ref().ok()?;
        let float = matches!(comparison.class, Class::Float32 | Class::Float64);
        (!float).then_some(comparison.order.as_str())
    }

    /// The type in which a member reads it: of counters, which are unsigned here, 64 bits with a sign.
    #[must_use]
    pub fn wire_type(&self) -> DataType {
        match self.data_type {
            DataType::UInt64 => DataType::Int64,
            ref other => other.clone(),
        }
    }

    /// A term of ORDER BY, if the source orders these values as the engine does.
    #[must_use]
    pub fn order_term(&self, ascending: bool, nulls_first: bool, dialect: &dyn Dialect) -> Option<String> {
        // Sources take a constant for the place of a column.
        if matches!(self.select.as_str(), "TRUE" | "FALSE") {
            return None;
        }
        // An index is used more readily when NULLs that cannot be are not spoken of.
        let nulls_first = self.nullable.then_some(nulls_first);
        self.class().filter(|class| dialect.orders(*class))?;
        Some(dialect.order_term(self.order()?, ascending, nulls_first))
    }

    /// The operand of DISTINCT and the equality of rows, if what is equal there is equal here.
    #[must_use]
    pub fn identity(&self, dialect: &dyn Dialect) -> Option<&str> {
        self.class().filter(|class| dialect.orders(*class))?;
        self.key()
    }

    /// The operand of GROUP BY, behind which the dialect may say more of it. Floats are none.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        let comparison = self.comparison.as_ref().ok()?;
        let float = matches!(comparison.class, Class::Float32 | Class::Float64);
        (!float).then_some(comparison.equality.as_str())
    }

    /// The operand of everything but orders.
    ///
    /// # Errors
    /// Why it is none.
    pub fn operand(&self) -> Printed<&str> {
        let comparison = self.comparison.as_ref().map_err(|reason| Reason::new(*reason))?;
        Ok(&comparison.equality)
    }

    /// The operand of orders, and of what compares it with anything but a literal.
    ///
    /// # Errors
    /// Why it is none.
    pub fn ordered(&self) -> Printed<&str> {
        let comparison = self.comparison.as_ref().map_err(|reason| Reason::new(*reason))?;
        Ok(&comparison.order)
    }

    /// The same as something that is counted: whether it is NULL is known of every column.
    #[must_use]
    pub fn counted(&self) -> Self {
        let class = self.class().or_else(|| class_of(&self.data_type)).unwrap_or(Class::Text);
        let counted = Self::computed(self.presence.clone(), class, self.data_type.clone(), self.nullable);
        Self { may_fail: self.may_fail, ..counted }
    }

    /// Of integers, the least and the greatest value.
    #[must_use]
    pub fn bounds(&self) -> Option<Range> {
        self.range.or_else(|| range::of_type(&self.data_type))
    }

    /// What it is in the source.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.comparison.as_ref().ok().map(|comparison| comparison.class)
    }

    /// Puts `alias` before the columns of a table that had none.
    pub fn qualify(&mut self, alias: Option<&str>) {
        let comparison = self.comparison.as_mut().ok();
        let comparison = comparison.map(|comparison| [&mut comparison.equality, &mut comparison.order]);
        let texts = [&mut self.select, &mut self.presence].into_iter().chain(comparison.into_iter().flatten());
        for text in texts {
            *text = qualified(text, alias);
        }
    }
}
