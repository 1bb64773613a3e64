//! Lazy arrays and function transforms that compose in any order: MLX's programming model as a Rust library.
//!
//! ```
//! use lazulite::prelude::*;
//!
//! let x = array![1.0, 2.0, 3.0];
//! let y = (&x * 2.0).sin().sum(..); // nothing has run yet
//! assert_eq!(y.ndim(), 0);
//! let dy = grad(|x: &Array| (x * 2.0).sin().sum(..))(&x);
//! assert_eq!(dy.shape(), [3]);
//! ```

pub use lazulite_core::*;
#[doc(inline)]
pub use lazulite_io as io;
#[doc(no_inline)]
pub use lazulite_macros::{Module, Static, Tree};
#[doc(inline)]
pub use lazulite_nn as nn;
#[doc(hidden)]
pub use lazulite_nn::__private;
#[doc(inline)]
pub use lazulite_optim as optim;

/// Operations as functions that return a `Result`; each has a panicking twin among the methods of [`Array`].
pub mod ops {
    pub use lazulite_core::ops::*;
}

/// What most programs need: `use lazulite::prelude::*;`
pub mod prelude {
    pub use crate::nn::Module;
    pub use crate::ops::{Ellipsis, NewAxis, along, keep, select, slice, weak};
    pub use crate::panicking::{concatenate, stack};
    pub use crate::{
        Array, Compile, Device, Dtype, Element, Error, ErrorKind, Result, Static, Stream, Tree, array, async_eval, checkpoint, compile,
        compile_with, counters, custom_jvp, custom_vjp, custom_vmap, eval, explain, grad, hessian, hvp, jacfwd, jacrev, jvp, memory, ops,
        random, trace, value_and_grad, vjp, vmap, vmap_axes, with_stream,
    };
}

// Linking a backend registers it.
#[cfg(feature = "cpu")]
use lazulite_cpu as _;
#[cfg(feature = "cuda")]
#[doc(inline)]
pub use lazulite_cuda as cuda;

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
