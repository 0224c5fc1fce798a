//! A statement for a source: its text has places, its values stand beside it.
//!
//! A place is written `\0n\0` for the `n`th bind, from 1: no identifier of any source holds a NUL, so nothing else looks
//! like one. Only when a statement is sent is a place printed, as a placeholder or, where a protocol takes no binds, by
//! the source's literal writer.

use datafusion::{arrow::datatypes::DataType, logical_expr::Operator, scalar::ScalarValue};

use super::{Class, Dialect, literal};
use crate::model::{Fault, SourceName};

const MARK: char = '\0';
/// Among so many values the same one is looked for: expressions have few, lists have many.
const COMPARED: usize = 64;

/// One SELECT for one source: a plain value, without connection or credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Where it runs.
    pub source: SourceName,
    text: String,
    binds: Binds,
}

/// A value of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bind {
    /// Known when the statement was written.
    Value {
        /// The value, or a list of values.
        value: ScalarValue,
        /// What it, or each value of the list, is in the source.
        class: Class,
    },
    /// A parameter of the request, known when it runs.
    Parameter {
        /// Which one, from 0.
        index: usize,
        /// What it, or each value of the list, is in the source.
        class: Class,
        /// How a column is compared with it. Not every value means the same to the source with every operator.
        op: Operator,
        /// Is it a list of values?
        is_list: bool,
    },
}

impl Bind {
    /// What it is in the source; of a list, what each value is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Value { class, .. } | Self::Parameter { class, .. } => *class,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// A parameter of the request has none yet: a defect of ours.
    pub fn value(&self) -> Result<&ScalarValue, Fault> {
        match self {
            Self::Value { value, .. } => Ok(value),
            Self::Parameter { index, .. } => {
                Err(Fault::internal(format!("a statement runs before parameter {index} is bound")))
            }
        }
    }

    /// Is it a list of values?
    #[must_use]
    pub fn is_list(&self) -> bool {
        match self {
            Self::Value { value, .. } => matches!(value.data_type(), DataType::List(_)),
            Self::Parameter { is_list, .. } => *is_list,
        }
    }
}

/// The values of a statement in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Binds(Vec<Bind>);

impl Binds {
    /// Adds a value; the answer is its place in the text. The same value has one place, so that expressions that are the
    /// same here are the same to the source: what is grouped by is what is shown.
    pub fn place(&mut self, bind: Bind) -> String {
        let index = self.0.iter().take(COMPARED).position(|known| *known == bind).unwrap_or_else(|| {
            self.0.push(bind);
            self.0.len() - 1
        });
        format!("{MARK}{}{MARK}", index + 1)
    }

    /// One after the other, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Bind> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all but the first `length`.
    pub fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

impl Statement {
    /// `text` holds the places that `binds` gave out.
    #[must_use]
    pub fn new(source: SourceName, text: String, binds: Binds) -> Self {
        Self { source, text, binds }
    }

    /// The values at the places.
    #[must_use]
    pub fn binds(&self) -> &Binds {
        &self.binds
    }

    /// The text, each place printed by `print` from the bind's number (from 1) and the bind.
    pub fn render(&self, mut print: impl FnMut(usize, &Bind) -> String) -> String {
        let mut rendered = String::with_capacity(self.text.len());
        for (index, part) in self.text.split(MARK).enumerate() {
            // Texts and numbers take turns.
            if index % 2 == 0 {
                rendered.push_str(part);
            } else if let Some((number, bind)) = part.parse().ok().and_then(|number: usize| {
                let bind = self.binds.0.get(number.checked_sub(1)?)?;
                Some((number, bind))
            }) {
                rendered.push_str(&print(number, bind));
            }
        }
        rendered
    }

    /// The values, in the order of their numbers.
    ///
    /// # Errors
    /// A parameter of the request has no value yet: a defect of ours.
    pub fn values(&self) -> Result<Vec<&ScalarValue>, Fault> {
        self.binds.0.iter().map(Bind::value).collect()
    }

    /// The statement for one request. `None` when a value does not mean the same to the source as it does here: then the
    /// request needs a plan of its own.
    #[must_use]
    pub fn bound(&self, parameters: &[ScalarValue], dialect: &dyn Dialect) -> Option<Self> {
        let bind = |bind: &Bind| match bind {
            Bind::Value { .. } => Some(bind.clone()),
            Bind::Parameter { index, class, op, is_list } => {
                let given = parameters.get(*index)?;
                let literal = if *is_list { literal::list } else { literal::literal };
                let value = literal(*class, given, *op).filter(|value| dialect.takes(value))?;
                Some(Bind::Value { value, class: *class })
            }
        };
        let binds = self.binds.0.iter().map(bind).collect::<Option<_>>()?;
        Some(Self { source: self.source.clone(), text: self.text.clone(), binds: Binds(binds) })
    }
}
