//! `array!`: arrays written out.

use crate::Array;
use lazulite_base::{Dims, Element};

/// What a nested list of literals is: a scalar, or lists of equal length.
#[diagnostic::on_unimplemented(
    message = "`array!` makes no array of `{Self}`",
    note = "elements are bool, integers, f16, bf16, f32 and Complex32, in lists of equal length",
    note = "a number without a suffix is float32; `Array::from_slice(&[1.0f64, 2.0], [2])` makes a float64 array"
)]
pub trait Literal {
    /// Appends the elements, and the sizes of the axes if this is the first list met at its depth.
    fn collect(&self, dims: &mut Dims, depth: usize, out: &mut Vec<Self::Item>);
    /// The element type.
    type Item: Element;
}

impl<T: LiteralElement> Literal for T {
    type Item = T::As;
    fn collect(&self, _: &mut Dims, _: usize, out: &mut Vec<T::As>) {
        out.push(self.convert());
    }
}

impl<T: Literal, const N: usize> Literal for [T; N] {
    type Item = T::Item;
    fn collect(&self, dims: &mut Dims, depth: usize, out: &mut Vec<T::Item>) {
        if dims.len() == depth {
            dims.push(N);
        }
        self.iter().for_each(|t| t.collect(dims, depth + 1, out));
    }
}

/// A literal's own type. A float without a suffix is inferred as `f32`, the only primitive float here, so `array![1.0]` is float32.
///
/// ```
/// use lazulite::ops::literal::LiteralElement;
/// fn element<T: LiteralElement>(x: T) -> T::As {
///     x.convert()
/// }
/// assert_eq!((element(2u8), element(1.5)), (2, 1.5f32));
/// ```
pub trait LiteralElement: Copy {
    /// The element type in the array.
    type As: Element;
    /// The element.
    fn convert(&self) -> Self::As;
}

macro_rules! literal_elements {
    ($($t:ty),*) => {$(
        impl LiteralElement for $t {
            type As = $t;
            fn convert(&self) -> $t {
                *self
            }
        }
    )*};
}

literal_elements!(bool, u8, u16, u32, u64, i8, i16, i32, i64, half::f16, half::bf16, f32, num_complex::Complex32);

/// The array of a nested list.
#[doc(hidden)]
#[track_caller]
pub fn from_literal<T: Literal>(list: T) -> Array {
    let (mut dims, mut out) = (Dims::new(), Vec::new());
    list.collect(&mut dims, 0, &mut out);
    match Array::from_slice(&out, dims) {
        Ok(a) => a,
        Err(e) => e.raise(),
    }
}

/// An array written out: `array![1, 2, 3]` is int32, `array![[1.0, 2.0], [3.0, 4.0]]` float32; typed elements keep their type.
/// Elements of `f64` would leave open what `1.0` means: [`Array::from_slice`] takes them.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(array![[1, 2], [3, 4]].shape(), [2, 2]);
/// assert_eq!(array![1.0, 2.5].dtype(), Dtype::F32);
/// assert_eq!(array![1u8, 2].dtype(), Dtype::U8);
/// assert_eq!(Array::from_slice(&[1.0f64, 2.5], [2]).unwrap().dtype(), Dtype::F64);
/// assert_eq!(array![].shape(), [0]);
/// ```
#[macro_export]
macro_rules! array {
    () => { $crate::Array::zeros([0], $crate::Dtype::F32) };
    ($($x:expr),+ $(,)?) => { $crate::ops::from_literal([$($x),+]) };
}
