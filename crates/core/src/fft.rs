//! Fourier transforms: functions that panic with the error that their twins of the same names in [`ops::fft`](crate::ops::fft) return.
//!
//! ```
//! use lazulite::prelude::*;
//! use lazulite::fft::{self, Norm};
//! let x = array![1.0, -1.0, 1.0, -1.0];
//! assert_eq!(fft::rfft(&x, None, -1, Norm::Backward).abs().to_vec::<f32>().unwrap(), [0.0, 0.0, 4.0]);
//! ```

pub use crate::ops::fft::panicking::*;
pub use crate::ops::fft::{Frames, Norm};
