//! The operations, a file a family: the public function, its primitive with its rules, and its tests.
//!
//! Every operation is declared once, by `op!`: a function here that returns a `Result`, and a method of [`Array`] that panics with the
//! same error.

pub mod arg;
pub mod arrange;
mod attention;
pub mod cast;
mod compare;
mod contract;
mod contraction;
mod conv;
pub mod create;
mod decompose;
mod delta;
pub mod derivative;
pub mod einsum;
pub mod elementwise;
pub mod fast;
pub mod fft;
mod gather;
mod gathered;
mod hadamard;
pub mod index;
pub mod join;
pub mod layout;
pub mod linalg;
pub mod literal;
mod mask;
pub mod matmul;
pub mod operators;
pub mod quantized;
pub mod random;
pub mod reduce;
mod reinterpret;
pub mod scan;
pub mod search;
pub mod stats;
pub mod view;

use crate::Array;
use crate::graph::node::{Aval, Avals};
use crate::primitive::Prim;
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, Element, Scalar, shape};
use smallvec::SmallVec;
use std::borrow::Borrow;
use std::ops::{RangeFull, RangeInclusive};
use std::panic::Location;

/// Declares an operation once: the fallible function `ops::name` and the panicking method `Array::name`.
macro_rules! op {
    ($($(#[$meta:meta])* pub fn $name:ident($x:ident $(, $arg:ident: $ty:ty)*) -> $ret:ty $body:block)*) => {$(
        $(#[$meta])*
        ///
        /// The fallible twin of the method of [`Array`](crate::Array) with this name.
        #[track_caller]
        pub fn $name($x: &$crate::Array $(, $arg: $ty)*) -> ::lazulite_base::Result<$ret> {
            #[track_caller]
            fn body($x: &$crate::Array $(, $arg: $ty)*) -> ::lazulite_base::Result<$ret> $body
            $crate::ops::at_caller(body($x $(, $arg)*))
        }

        impl $crate::Array {
            $(#[$meta])*
            ///
            /// # Panics
            /// With the error that the function of this name in [`ops`](crate::ops) returns.
            #[track_caller]
            pub fn $name(&self $(, $arg: $ty)*) -> $ret {
                match $name(self $(, $arg)*) {
                    Ok(v) => v,
                    Err(e) => e.raise(),
                }
            }
        }
    )*};
}
pub(crate) use op;

/// Declares free functions once: fallible here, and panicking in the module `panicking`.
macro_rules! free {
    ($($(#[$meta:meta])* pub fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block)*) => {
        $(
            $(#[$meta])*
            ///
            /// The fallible twin of the function of this name in the prelude or its module.
            #[track_caller]
            pub fn $name($($arg: $ty),*) -> ::lazulite_base::Result<$ret> {
                #[track_caller]
                fn body($($arg: $ty),*) -> ::lazulite_base::Result<$ret> $body
                $crate::ops::at_caller(body($($arg),*))
            }
        )*

        /// The same functions, panicking.
        pub(crate) mod panicking {
            use super::*;
            $(
                $(#[$meta])*
                ///
                /// # Panics
                /// With the error that its twin of this name in [`ops`](crate::ops) returns.
                #[track_caller]
                pub fn $name($($arg: $ty),*) -> $ret {
                    match super::$name($($arg),*) {
                        Ok(v) => v,
                        Err(e) => e.raise(),
                    }
                }
            )*
        }
    };
}
pub(crate) use free;

/// Lists of arrays may hold them or refer to them.
pub(crate) fn references(arrays: &[impl Borrow<Array>]) -> SmallVec<[&Array; 8]> {
    arrays.iter().map(Borrow::borrow).collect()
}

/// The result, its error pointing at the caller, wherever inside the operation it was found.
#[track_caller]
pub(crate) fn at_caller<T>(r: Result<T>) -> Result<T> {
    match r {
        Ok(v) => Ok(v),
        Err(e) => Err(e.at(Location::caller())),
    }
}

pub use arg::*;
pub use arrange::*;
pub use cast::*;
pub use compare::*;
pub use contract::{Norm, cross, kron, norm, tensordot, vecdot};
pub use conv::{
    Conv, ConvMode, ConvTranspose, PerAxis, conv_general, conv_transpose1d, conv_transpose2d, conv_transpose3d, conv1d, conv2d, conv3d,
    convolve,
};
pub use create::*;
pub use einsum::{einsum, einsum_path};
pub use elementwise::*;
pub use gathered::{block_masked_mm, gather_mm, segmented_mm};
pub use hadamard::hadamard_transform;
pub use index::{Ellipsis, IndexPart, IntoIndex, NewAxis, SliceEnd, slice};
pub use index::{
    add_at, block, index, masked_set, maximum_at, minimum_at, multiply_at, put_along_axis, set, set_block, take, take_along_axis,
};
pub use join::*;
pub use layout::{PadMode, as_strided, at_least, diagonal_of, expand_axes, meshgrid, pad_with, unflatten, unstack};
pub use literal::from_literal;
pub use matmul::*;
pub use quantized::{AsWeight, Quantized, Weight, dequantize, from_fp8, gather_qmm, gather_qqmm, qqmm, quantize, quantized_matmul, to_fp8};
pub use reduce::*;
pub use reinterpret::view;
pub use scan::*;
pub use search::*;
pub use stats::{bartlett, blackman, count_nonzero, diff, hamming, hanning, median};
pub use view::*;

/// A shape given as an array, a slice, a vector or a single size.
///
/// ```
/// use lazulite::ops::Shape;
/// assert_eq!(Shape::from([2, 3]), Shape::from(vec![2, 3]));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape(pub Dims);

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(d: [usize; N]) -> Shape {
        Shape(Dims::from_slice(&d))
    }
}

impl From<&[usize]> for Shape {
    fn from(d: &[usize]) -> Shape {
        Shape(Dims::from_slice(d))
    }
}

impl From<Vec<usize>> for Shape {
    fn from(d: Vec<usize>) -> Shape {
        Shape(Dims::from_vec(d))
    }
}

impl From<Dims> for Shape {
    fn from(d: Dims) -> Shape {
        Shape(d)
    }
}

impl From<&Dims> for Shape {
    fn from(d: &Dims) -> Shape {
        Shape(d.clone())
    }
}

impl From<usize> for Shape {
    fn from(d: usize) -> Shape {
        Shape(Dims::from_slice(&[d]))
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Shape {
        Shape(Dims::new())
    }
}

/// Axes to reduce over, and whether to keep them with size one: `0`, `[0, -1]`, `..`, `keep(-1)`.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::Axes;
/// let (last, all): (Axes, Axes) = ((-1).into(), (..).into());
/// let x = Array::ones([2, 3], Dtype::F32);
/// assert_eq!((x.sum(last).shape(), x.sum(all).ndim()), (&[2][..], 0));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Axes {
    list: Option<smallvec::SmallVec<[i64; 4]>>,
    keep: bool,
}

/// The axes, kept with size one.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(array![[1.0, 2.0]].sum(keep(-1)).shape(), [1, 1]);
/// ```
pub fn keep(axes: impl Into<Axes>) -> Axes {
    Axes { keep: true, ..axes.into() }
}

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Axes {
        Axes { list: None, keep: false }
    }
}

impl From<RangeInclusive<i64>> for Axes {
    fn from(r: RangeInclusive<i64>) -> Axes {
        Axes { list: Some(r.collect()), keep: false }
    }
}

impl<const N: usize> From<[i64; N]> for Axes {
    fn from(a: [i64; N]) -> Axes {
        Axes { list: Some(a.into_iter().collect()), keep: false }
    }
}

impl From<&[i64]> for Axes {
    fn from(a: &[i64]) -> Axes {
        Axes { list: Some(a.iter().copied().collect()), keep: false }
    }
}

impl From<Vec<i64>> for Axes {
    fn from(a: Vec<i64>) -> Axes {
        Axes { list: Some(a.into_iter().collect()), keep: false }
    }
}

impl From<i64> for Axes {
    fn from(a: i64) -> Axes {
        Axes { list: Some(smallvec::smallvec![a]), keep: false }
    }
}

impl Axes {
    /// Whether it stands for all axes, however many.
    pub(crate) fn is_all(&self) -> bool {
        self.list.is_none()
    }

    /// The axes of an array of `ndim` axes, rising, and whether they are kept.
    ///
    /// # Errors
    /// An index error for an axis out of range, a value error for one named twice.
    #[track_caller]
    pub(crate) fn resolve(&self, op: &str, ndim: usize) -> Result<(Dims, bool)> {
        let mut out: Dims = match &self.list {
            None => (0..ndim).collect(),
            Some(list) => list.iter().map(|&a| shape::axis(op, a, ndim)).collect::<Result<_>>()?,
        };
        out.sort_unstable();
        if out.windows(2).any(|w| w[0] == w[1]) {
            return Err(Error::value(op, format!("an axis is named twice in {:?}", self.list.as_deref().unwrap_or(&[]))));
        }
        Ok((out, self.keep))
    }
}

/// The right-hand side of an operator: an array, a reference to one, or a literal, which takes the array's dtype.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::{IntoOperand, Rhs};
/// assert!(matches!(array![1].into_operand(), Rhs::Array(_)));
/// assert!(matches!(2.5.into_operand(), Rhs::Literal(_)));
/// ```
pub trait IntoOperand {
    /// The array, or the literal.
    fn into_operand(self) -> Rhs;
}

/// An operand: an array or a weakly typed literal.
#[derive(Clone, Debug)]
pub enum Rhs {
    /// An array.
    Array(Array),
    /// A literal; gives way to the other operand's dtype.
    Literal(Scalar),
}

impl IntoOperand for Array {
    fn into_operand(self) -> Rhs {
        Rhs::Array(self)
    }
}

impl IntoOperand for &Array {
    fn into_operand(self) -> Rhs {
        Rhs::Array(self.clone())
    }
}

impl IntoOperand for Scalar {
    fn into_operand(self) -> Rhs {
        Rhs::Literal(self)
    }
}

macro_rules! literals {
    ($($t:ty),*) => {$(
        impl IntoOperand for $t {
            fn into_operand(self) -> Rhs {
                Rhs::Literal(self.scalar())
            }
        }
    )*};
}

literals!(bool, u8, u16, u32, u64, i8, i16, i32, i64, half::f16, half::bf16, f32, f64, num_complex::Complex32);

impl IntoOperand for usize {
    fn into_operand(self) -> Rhs {
        Rhs::Literal((self as i64).scalar())
    }
}

/// The outputs' shapes and dtypes of a primitive; an error if one has no place in the address space.
pub(crate) fn outputs(prim: &dyn crate::primitive::Primitive, inputs: &[Aval]) -> Result<Avals> {
    let outs = prim.infer(inputs)?;
    outs.iter().try_for_each(|a| create::addressable(prim.name(), &a.shape, a.dtype))?;
    Ok(outs)
}

/// The outputs' shapes and dtypes of any primitive.
pub(crate) fn infer(prim: &Prim, inputs: &[Aval]) -> Result<Avals> {
    match prim {
        Prim::Leaf | Prim::Output(_) => Err(Error::runtime(prim.name(), "it has no inference")),
        Prim::Elementwise(op) => elementwise::infer(*op, inputs).map(|a| smallvec::smallvec![a]),
        Prim::Other(p) => outputs(&**p, inputs),
    }
}

/// The text of operands for an error: their dtypes and shapes.
pub(crate) fn describe(arrays: &[&Array]) -> String {
    let each: Vec<String> = arrays.iter().map(|a| format!("{}{:?}", a.dtype(), a.dims())).collect();
    each.join(" and ")
}

/// A dtype error: `op` does not take these operands.
#[track_caller]
pub(crate) fn refuse_dtype(op: &str, d: Dtype) -> Error {
    Error::dtype(op, format!("does not take {d}"))
}
