//! The one error type: what failed, in which op, made at which source line.

use std::fmt;
use std::panic::Location;

/// A result with lazulite's [`Error`].
///
/// ```
/// use lazulite_base::{Error, Result};
/// fn half(n: usize) -> Result<usize> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(Error::value("half", format!("{n} is odd"))) }
/// }
/// assert_eq!(half(3).unwrap_err().message(), "3 is odd");
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] reports; the Python package maps each to one exception type.
///
/// ```
/// use lazulite_base::{Error, ErrorKind};
/// let kinds = [Error::value("op", "").kind(), Error::index("op", "").kind(), Error::dtype("op", "").kind(), Error::runtime("op", "").kind()];
/// assert_eq!(kinds, [ErrorKind::Value, ErrorKind::Index, ErrorKind::Type, ErrorKind::Runtime]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Shapes, axes or values that do not fit (`ValueError`).
    Value,
    /// An index outside its axis (`IndexError`).
    Index,
    /// A dtype that the operation does not accept (`TypeError`).
    Type,
    /// The value of an abstract tracer was read, or a tracer escaped its transform.
    Tracer,
    /// An allocation failed or exceeds the limit; nothing was computed, the arrays can be evaluated again.
    OutOfMemory,
    /// A file or its format.
    Io,
    /// A fault while running; the arrays that depend on it carry this error.
    Runtime,
}

/// What failed, in which op, and where that op was called.
///
/// ```
/// use lazulite_base::{Error, ErrorKind};
/// let e = Error::new(ErrorKind::Io, "load", "no such file");
/// assert_eq!((e.op(), e.message(), e.kind()), ("load", "no such file", ErrorKind::Io));
/// let line = e.site().unwrap().line();
/// assert!(e.to_string().starts_with("load: no such file") && e.to_string().contains(&line.to_string()));
/// let here = std::panic::Location::caller();
/// assert_eq!(e.at(here).site(), Some(here));
/// assert!(std::panic::catch_unwind(|| Error::value("sum", "no axis 3").raise()).is_err());
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    op: String,
    message: String,
    site: Option<&'static Location<'static>>,
}

impl Error {
    /// An error of `kind` in `op`, created at the caller's line.
    #[track_caller]
    pub fn new(kind: ErrorKind, op: &str, message: impl Into<String>) -> Error {
        Error(Box::new(Inner { kind, op: op.into(), message: message.into(), site: Some(Location::caller()) }))
    }

    /// Shapes, axes or values that do not fit.
    #[track_caller]
    pub fn value(op: &str, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Value, op, message)
    }

    /// An index outside its axis.
    #[track_caller]
    pub fn index(op: &str, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Index, op, message)
    }

    /// A dtype that the operation does not accept.
    #[track_caller]
    pub fn dtype(op: &str, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Type, op, message)
    }

    /// A fault while running.
    #[track_caller]
    pub fn runtime(op: &str, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Runtime, op, message)
    }

    /// The same error, pointing at another source line.
    pub fn at(mut self, site: &'static Location<'static>) -> Error {
        self.0.site = Some(site);
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed.
    pub fn op(&self) -> &str {
        &self.0.op
    }

    /// The message, without op and source line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The source line that called the operation.
    pub fn site(&self) -> Option<&'static Location<'static>> {
        self.0.site
    }

    /// Panics with this error as the message: what the panicking twin of a fallible function does.
    #[track_caller]
    #[cold]
    pub fn raise(self) -> ! {
        panic!("{self}")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.op, self.0.message)?;
        match self.0.site {
            Some(site) => write!(f, " (at {}:{}:{})", site.file(), site.line(), site.column()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}Error[{self}]", self.0.kind)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    #[track_caller]
    fn from(e: std::io::Error) -> Error {
        Error::new(ErrorKind::Io, "io", e.to_string())
    }
}
