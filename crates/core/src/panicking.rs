//! Free functions that panic with the error that their twins of the same names in [`ops`](crate::ops) return.

pub use crate::ops::einsum::panicking::*;
pub use crate::ops::join::panicking::*;
pub use crate::ops::layout::panicking::*;
pub use crate::ops::stats::panicking::*;
pub use crate::ops::view::panicking::*;
