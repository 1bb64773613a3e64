//! Linear algebra: functions that panic with the error that their twins of the same names in [`ops::linalg`](crate::ops::linalg) return.
//! They run on the CPU, wherever the arrays are.
//!
//! ```
//! use lazulite::prelude::*;
//! use lazulite::linalg;
//! let (a, b) = (array![[2.0, 1.0], [1.0, 3.0]], array![3.0, 5.0]);
//! assert!(a.matmul(&linalg::solve(&a, &b)).allclose(&b, 1e-5, 1e-6, false).item::<bool>().unwrap());
//! ```

pub use crate::ops::linalg::panicking::*;
