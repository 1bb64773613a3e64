//! What models spend their time in: functions that panic with the error that their twins of the same names in
//! [`ops::fast`](crate::ops::fast) return.
//!
//! ```
//! use lazulite::prelude::*;
//! let y = lazulite::fast::rms_norm(&array![[3.0, -3.0]], None, 0.0);
//! assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, -1.0]);
//! ```

pub use crate::ops::fast::panicking::*;
pub use crate::ops::fast::{Mask, Rope};
