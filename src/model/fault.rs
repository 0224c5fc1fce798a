//! What can go wrong with a request, free of any transport: each door maps a [`Kind`] to its own status once.

use std::fmt;

/// Every fault a caller can meet. The text of a code never changes its meaning and is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// One or more parameters are missing, unknown or out of their bounds.
    InvalidParameter,
    /// The query string or the body cannot be read.
    MalformedRequest,
    /// `limit` is not a number between 1 and the query's maximum.
    InvalidLimit,
    /// The cursor was not made by this service, or was altered.
    InvalidCursor,
    /// The cursor belongs to another query or to other parameters.
    CursorMismatch,
    /// The cursor has expired, or the query, the grant or the key has changed since.
    CursorExpired,
    /// None of the formats asked for can be produced.
    NotAcceptable,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The request target is longer than allowed.
    UriTooLong,
    /// The resource has no such method.
    MethodNotAllowed,
    /// There is nothing at this path.
    NoSuchPath,
    /// The Flight descriptor or ticket cannot be read.
    InvalidDescriptor,
    /// The Flight method is not offered.
    NotImplemented,
    /// No query has this name.
    UnknownQuery,
    /// The query has no such version.
    UnknownVersion,
    /// The sources no longer fit the query.
    QueryUnavailable,
    /// The query needs credentials and none were given.
    CredentialsMissing,
    /// The credentials given are not valid.
    CredentialsInvalid,
    /// The credentials lack a scope.
    ScopeMissing,
    /// The time limit was reached.
    Timeout,
    /// Too many requests are running.
    Overloaded,
    /// Neither side of a stream made progress.
    StreamIdle,
    /// The query needs more memory than it may have.
    MemoryExceeded,
    /// As many results are kept as there is room for.
    SpoolFull,
    /// The result has more rows than are kept.
    ResultTooLarge,
    /// A source cannot be reached.
    SourceDown,
    /// A source failed to answer.
    SourceFailed,
    /// A source holds a value that its column's type cannot hold.
    ValueUnrepresentable,
    /// A defect of this service.
    Internal,
    /// The page key is NULL or repeats.
    KeyNotUnique,
    /// An expression of the query failed on these values.
    EvaluationFailed,
    /// The place where results are kept cannot be used.
    SpoolDown,
}

/// What a fault means to the caller, whatever the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is wrong.
    Invalid,
    /// What the request names does not exist.
    NotFound,
    /// The method does not exist on what the request names.
    MethodNotAllowed,
    /// No representation that the caller accepts.
    NotAcceptable,
    /// A representation that the service does not read.
    UnsupportedMediaType,
    /// The request, or what it asks for, is larger than allowed.
    TooLarge,
    /// The request target is longer than allowed.
    UriTooLong,
    /// What the request names was here, and is gone.
    Gone,
    /// Credentials are missing or wrong.
    Unauthenticated,
    /// Credentials do not suffice.
    Forbidden,
    /// Too slow.
    Timeout,
    /// Not now; later may work.
    Unavailable,
    /// Something behind the service failed.
    Upstream,
    /// The service failed.
    Internal,
    /// The service does not offer this.
    Unimplemented,
}

impl Code {
    /// All codes, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::InvalidParameter,
        Self::MalformedRequest,
        Self::InvalidLimit,
        Self::InvalidCursor,
        Self::CursorMismatch,
        Self::CursorExpired,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::UriTooLong,
        Self::MethodNotAllowed,
        Self::NoSuchPath,
        Self::InvalidDescriptor,
        Self::NotImplemented,
        Self::UnknownQuery,
        Self::UnknownVersion,
        Self::QueryUnavailable,
        Self::CredentialsMissing,
        Self::CredentialsInvalid,
        Self::ScopeMissing,
        Self::Timeout,
        Self::Overloaded,
        Self::StreamIdle,
        Self::MemoryExceeded,
        Self::SpoolFull,
        Self::ResultTooLarge,
        Self::SourceDown,
        Self::SourceFailed,
        Self::ValueUnrepresentable,
        Self::Internal,
        Self::KeyNotUnique,
        Self::EvaluationFailed,
        Self::SpoolDown,
    ];

    /// The stable code, its kind and its title. Groups: 1xx request, 2xx catalog, 3xx authentication, 4xx policy and
    /// limits, 5xx source, 6xx engine.
    const fn row(self) -> (&'static str, Kind, &'static str) {
        match self {
            Self::InvalidParameter => ("AQ-101", Kind::Invalid, "Invalid parameters"),
            Self::MalformedRequest => ("AQ-102", Kind::Invalid, "Malformed request"),
            Self::InvalidLimit => ("AQ-103", Kind::Invalid, "Invalid limit"),
            Self::InvalidCursor => ("AQ-104", Kind::Invalid, "Invalid cursor"),
            Self::CursorMismatch => ("AQ-105", Kind::Invalid, "Cursor of another request"),
            Self::CursorExpired => ("AQ-106", Kind::Gone, "Cursor expired"),
            Self::NotAcceptable => ("AQ-107", Kind::NotAcceptable, "Format not available"),
            Self::UnsupportedMediaType => ("AQ-108", Kind::UnsupportedMediaType, "Unsupported media type"),
            Self::BodyTooLarge => ("AQ-109", Kind::TooLarge, "Body too large"),
            Self::UriTooLong => ("AQ-110", Kind::UriTooLong, "Request target too long"),
            Self::MethodNotAllowed => ("AQ-111", Kind::MethodNotAllowed, "Method not allowed"),
            Self::NoSuchPath => ("AQ-112", Kind::NotFound, "No such path"),
            Self::InvalidDescriptor => ("AQ-113", Kind::Invalid, "Invalid Flight descriptor or ticket"),
            Self::NotImplemented => ("AQ-114", Kind::Unimplemented, "Flight method not offered"),
            Self::UnknownQuery => ("AQ-201", Kind::NotFound, "Unknown query"),
            Self::UnknownVersion => ("AQ-202", Kind::NotFound, "Unknown version"),
            Self::QueryUnavailable => ("AQ-203", Kind::Unavailable, "Query unavailable"),
            Self::CredentialsMissing => ("AQ-301", Kind::Unauthenticated, "Credentials missing"),
            Self::CredentialsInvalid => ("AQ-302", Kind::Unauthenticated, "Credentials invalid"),
            Self::ScopeMissing => ("AQ-303", Kind::Forbidden, "Scope missing"),
            Self::Timeout => ("AQ-401", Kind::Timeout, "Time limit reached"),
            Self::Overloaded => ("AQ-402", Kind::Unavailable, "Too many requests are running"),
            Self::StreamIdle => ("AQ-403", Kind::Timeout, "Stream made no progress"),
            Self::MemoryExceeded => ("AQ-404", Kind::Unavailable, "Memory limit reached"),
            Self::SpoolFull => ("AQ-405", Kind::Unavailable, "No room for another result"),
            Self::ResultTooLarge => ("AQ-406", Kind::TooLarge, "Result too large to be kept"),
            Self::SourceDown => ("AQ-501", Kind::Unavailable, "Source unavailable"),
            Self::SourceFailed => ("AQ-502", Kind::Upstream, "Source failed"),
            Self::ValueUnrepresentable => ("AQ-503", Kind::Upstream, "Value does not fit its column"),
            Self::Internal => ("AQ-601", Kind::Internal, "Internal error"),
            Self::KeyNotUnique => ("AQ-602", Kind::Internal, "Page key is not unique"),
            Self::EvaluationFailed => ("AQ-603", Kind::Internal, "Evaluation failed"),
            Self::SpoolDown => ("AQ-604", Kind::Unavailable, "Kept results unavailable"),
        }
    }

    /// `AQ-101` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The code that [`Self::as_str`] writes so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// What it means to the caller.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.row().1
    }

    /// A short, constant title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }
}

/// One parameter's mistake, inside an [`Code::InvalidParameter`] fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFault {
    /// The parameter as the caller spelled it.
    pub parameter: String,
    /// What is wrong with its value.
    pub detail: String,
    /// What would be right, when that can be listed.
    pub allowed: Vec<String>,
}

/// Why a request failed. `detail` and `hint` are for the caller; `internal` is for the log alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stable code.
    pub code: Code,
    /// What was wrong, for the caller. Never a source's raw text, never a secret.
    pub detail: String,
    /// What would be right.
    pub hint: Option<String>,
    /// Every parameter mistake of the call.
    pub parameters: Vec<ParameterFault>,
    /// What the operator should know: raw texts of sources and libraries.
    pub internal: Option<String>,
}

impl Fault {
    /// A fault with its public text.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), hint: None, parameters: Vec::new(), internal: None }
    }

    /// A defect of ours: the caller learns only that it happened.
    pub fn internal(text: impl fmt::Display) -> Self {
        Self::new(
            Code::Internal,
            "the service failed to answer; the operator's log has the cause under this request's id",
        )
        .with_internal(text)
    }

    /// Adds what would be right.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the text for the operator's log.
    #[must_use]
    pub fn with_internal(mut self, text: impl fmt::Display) -> Self {
        self.internal = Some(text.to_string());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Fault {}
