//! Random numbers from keys: functions that panic with the error that their twins of the same names in
//! [`ops::random`](crate::ops::random) return.
//!
//! ```
//! use lazulite::prelude::*;
//! let (a, b) = random::split(&random::key(0));
//! let _noise = random::normal([2, 2], &a) + random::uniform([2, 2], &b);
//! ```

pub use crate::ops::random::Permutable;
pub use crate::ops::random::panicking::*;
