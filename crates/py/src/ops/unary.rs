//! Elementwise operations of one array.

use crate::array::Out;
use crate::declare::declare;
use crate::errors::Raised;
use lazulite::ops;

declare! {
    /// Elementwise exponential.
    both fn exp(a) -> Out {
        ops::exp(a).raised().map(Out)
    }
    /// Rounds to `decimals` places.
    both fn round(a, decimals: i32 = 0) -> Out {
        ops::round(a, decimals).raised().map(Out)
    }
}
