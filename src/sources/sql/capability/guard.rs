//! What must be proven of operands before a source may compute with them.

/// A condition on the operands of an entry. What it cannot prove stays here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing: it gives the same for all values, and never fails.
    Free,
    /// No result leaves the engine's type, whatever the operands' values within their ranges.
    Fits,
    /// As [`Guard::Fits`], and the divisor is not zero, or the source fails too when it is.
    Divides,
    /// As [`Guard::Fits`], and the divisor is not zero: the source would give NULL.
    DividesNonZero,
    /// The engine's result has at least as many digits after the point as the exact result.
    Exact,
    /// The digits that the engine's result keeps after the point are printed: `{scale}`.
    Scaled,
    /// All operands but the first are literals: whole numbers of 32 bits that are not negative.
    Counted,
    /// The same; and the second operand, a place in a text, is not 0 either.
    Placed,
    /// All operands but the first are literals.
    Literal,
    /// Each backslash of a pattern stands before `_`, `%` or another: the source refuses others.
    Escapes,
}
