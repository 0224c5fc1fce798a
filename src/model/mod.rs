//! The words every room shares: names, places in files, problems with them, parameter types and faults; numbers as people read them.

pub mod fault;
pub mod json;
pub mod name;
pub mod number;
pub mod place;
mod table_names;
pub mod value;

pub use fault::{Code, Fault, Kind, ParameterFault};
pub use name::{QueryName, SourceName};
pub use place::{Place, Problem, Problems, Severity};
pub use table_names::TableNames;
pub use value::ValueType;
