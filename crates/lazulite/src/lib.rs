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
//!
//! Kernels need the optimiser: build with `--release`, or with `opt-level = 3` under `[profile.dev.package."*"]` in your `Cargo.toml`.

pub use lazulite_core::*;
#[doc(inline)]
pub use lazulite_io as io;
/// Implements [`Module`](trait@nn::Module) and [`Tree`](trait@crate::Tree) for a model: a struct or enum, `Clone`, whose
/// fields are arrays, layers and other models.
///
/// Fields marked `#[module(static)]` hold no arrays; they are part of the signature and must be
/// [`Static`](trait@crate::Static). `#[module(name = "Wx")]` gives a field another name in the paths of its parameters, as files from
/// elsewhere may ask for; no two fields share one.
///
/// ```
/// use lazulite::nn::Linear;
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Module)]
/// struct Scaled {
///     layer: Linear,
///     #[module(static)]
///     scale: f32,
/// }
///
/// let model = Scaled { layer: Linear::new(3, 2, &random::key(0)), scale: 0.5 };
/// let names: Vec<String> = model.parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["layer.weight", "layer.bias"]);
/// assert_eq!(model.scale, 0.5);
/// ```
///
/// ```compile_fail
/// # use lazulite::prelude::*;
/// #[derive(Clone, Module)]
/// struct Twice {
///     #[module(name = "b")]
///     a: Array,
///     b: Array, // two fields are named `b`
/// }
/// ```
#[doc(inline)]
pub use lazulite_macros::Module;
/// Implements [`Static`](trait@crate::Static) for a struct or an enum, `Clone`, of static values.
///
/// ```
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Static)]
/// struct Window { size: usize, stride: Option<usize> }
///
/// #[derive(Tree)]
/// struct Pool {
///     #[tree(static)]
///     window: Window,
/// }
///
/// let pool = Pool { window: Window { size: 2, stride: None } };
/// assert!(lazulite::tree::flatten(&pool).is_empty());
/// assert_eq!((pool.window.size, pool.window.stride), (2, None));
/// ```
#[doc(inline)]
pub use lazulite_macros::Static;
/// Implements [`Tree`](trait@crate::Tree) for a struct or an enum: its arrays are those of its fields, in order.
///
/// Fields marked `#[tree(static)]` hold no arrays; they are part of the signature and must be
/// [`Static`](trait@crate::Static).
///
/// ```
/// use lazulite::prelude::*;
///
/// #[derive(Tree)]
/// struct Line {
///     slope: Array,
///     #[tree(static)]
///     name: &'static str,
/// }
///
/// let line = Line { slope: array![3.0], name: "steep" };
/// let g = grad(|l: &Line| (&l.slope * &l.slope).sum(..))(&line);
/// assert_eq!(g.slope.to_vec::<f32>().unwrap(), [6.0]);
/// assert_eq!(g.name, "steep");
/// ```
#[doc(inline)]
pub use lazulite_macros::Tree;
#[doc(inline)]
pub use lazulite_nn as nn;
#[doc(hidden)]
pub use lazulite_nn::__private;
#[doc(inline)]
pub use lazulite_optim as optim;

/// Functions to files and back.
pub mod export {
    pub use lazulite_core::export::*;
    #[doc(inline)]
    pub use lazulite_io::export::{load, save};
}

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
        Array, Compile, Device, Dtype, Element, Error, ErrorKind, Format, Result, Static, Stream, Tree, array, async_eval, checkpoint,
        compile, compile_with, counters, custom_jvp, custom_vjp, custom_vmap, eval, explain, grad, hessian, hvp, jacfwd, jacrev, jvp,
        memory, ops, random, trace, value_and_grad, vjp, vmap, vmap_axes, with_stream,
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
#[doc = include_str!("../README.md")]
struct Readme;
