//! All that is wrong with what a call asks for, told at once.

use crate::model::{Code, Fault, ParameterFault};

/// The mistakes of a call, one entry each, and where to look for what would be right.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    pub faults: Vec<ParameterFault>,
    pub hint: Option<String>,
}

impl Mistakes {
    /// Both, in this order.
    pub fn and(mut self, other: Self) -> Self {
        self.faults.extend(other.faults);
        self.hint = match (self.hint, other.hint) {
            (Some(first), Some(second)) => Some(format!("{first}; {second}")),
            (first, second) => first.or(second),
        };
        self
    }
}

impl From<Mistakes> for Fault {
    fn from(mistakes: Mistakes) -> Self {
        let detail = match mistakes.faults.as_slice() {
            [one] => format!("`{}` {}", one.parameter, one.detail),
            many => format!("{} parameters are wrong", many.len()),
        };
        Self { parameters: mistakes.faults, hint: mistakes.hint, ..Self::new(Code::InvalidParameter, detail) }
    }
}
