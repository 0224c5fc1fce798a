//! What DataFusion's errors mean to a caller.

use std::error::Error;

use datafusion::{arrow::error::ArrowError, common::DataFusionError};

use crate::model::{Code, Fault};

/// A source's own fault if there is one in the chain, else the kind of failure; the library's text is for the log.
#[must_use]
pub fn fault(error: &DataFusionError) -> Fault {
    if let Some(fault) = own_fault(error) {
        return fault.clone();
    }
    let text = error.strip_backtrace();
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            Fault::new(Code::MemoryExceeded, "the query needs more memory than is free")
                .with_hint("ask for less at once: a smaller limit or a narrower filter; or try again later")
        }
        DataFusionError::ArrowError(error, _) => arrow(error),
        _ if text.contains("regex parse error") => evaluation("a regular expression of the query is malformed"),
        DataFusionError::Execution(message) if message.contains("overflow") => evaluation("a number overflowed"),
        DataFusionError::Execution(_) => evaluation("an expression of the query could not be computed on these values"),
        DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) | DataFusionError::IoError(_) => {
            Fault::new(Code::SourceFailed, "a file could not be read")
        }
        _ => Fault::internal(""),
    }
    .with_internal(text)
}

fn arrow(error: &ArrowError) -> Fault {
    match error {
        ArrowError::DivideByZero => evaluation("division by zero"),
        ArrowError::ArithmeticOverflow(_) => evaluation("a number overflowed"),
        ArrowError::CastError(_) | ArrowError::ParseError(_) => {
            evaluation("a value could not be read as the type the query asks for")
        }
        ArrowError::ComputeError(_) | ArrowError::InvalidArgumentError(_) => {
            evaluation("an expression of the query could not be computed on these values")
        }
        ArrowError::ParquetError(_) | ArrowError::IoError(..) | ArrowError::CsvError(_) | ArrowError::JsonError(_) => {
            Fault::new(Code::SourceFailed, "a file could not be read")
        }
        _ => Fault::internal(""),
    }
}

fn evaluation(detail: &str) -> Fault {
    Fault::new(Code::EvaluationFailed, detail)
}

/// The fault that one of our own scans or streams put into the chain.
fn own_fault(error: &DataFusionError) -> Option<&Fault> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return Some(fault);
        }
        // Some wrappers show their content only through their own type.
        next = match error.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Shared(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::ArrowError(inner, _)) => match inner.as_ref() {
                ArrowError::ExternalError(inner) => Some(inner.as_ref()),
                _ => error.source(),
            },
            _ => error.source(),
        };
    }
    None
}
