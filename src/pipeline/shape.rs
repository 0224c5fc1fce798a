//! What a consumer makes of a result, read from its request: `fields`, `sort` and filters.

use datafusion::common::ScalarValue;

use crate::{
    engine::{Prepared, View},
    model::{Code, Fault},
};

/// The view that `shaping` asks for, and the values of its filters.
///
/// # Errors
/// [`Code::InvalidParameter`] with everything that is unknown or not allowed.
pub(super) fn read(prepared: &Prepared, shaping: &[(String, String)]) -> Result<(View, Vec<ScalarValue>), Fault> {
    match shaping {
        [] => Ok((View::default(), Vec::new())),
        _ => Err(Fault::new(Code::InvalidParameter, format!("`{}` cannot be shaped", prepared.query.name))),
    }
}
