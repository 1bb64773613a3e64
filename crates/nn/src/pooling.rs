//! Pooling: the largest or the mean value of windows over the axes between the first (the batch) and the last (the channels).
//!
//! A window's values are slices of the input, each a view, so pooling is one fused pass.

use crate::Module;
use lazulite_base::{Dtype, Element, Scalar};
use lazulite_core::Array;
use lazulite_core::ops::{IntoOperand, slice};

/// For each place of a window the elements of `x` there: one an output. `x` is padded with `outside`.
#[track_caller]
fn places(name: &str, x: &Array, kernel: &[usize], stride: &[usize], padding: &[usize], outside: impl IntoOperand) -> Vec<Array> {
    let axes = kernel.len();
    assert!(x.ndim() == axes + 2, "{name} over {axes} axes takes (n, places.., channels), not {:?}", x.shape());
    assert!(stride.len() == axes && padding.len() == axes, "{name}: a stride and a padding for each of {axes} axes");
    assert!(kernel.iter().chain(stride).all(|&n| n > 0), "{name}: windows and strides must be positive");
    let widths: Vec<(usize, usize)> = [0].iter().chain(padding).chain(&[0]).map(|&p| (p, p)).collect();
    let x = if padding.iter().any(|&p| p > 0) { x.pad(&widths, outside) } else { x.clone() };
    let room = |a: usize| x.shape()[a + 1];
    assert!((0..axes).all(|a| kernel[a] <= room(a)), "{name}: a window of {kernel:?} is larger than the padded {:?}", x.shape());
    let count: usize = kernel.iter().product();
    let place = |i: usize| {
        let mut rest = i;
        let mut parts = vec![slice(.., .., 1); axes + 1];
        for a in (0..axes).rev() {
            let first = rest % kernel[a];
            rest /= kernel[a];
            let windows = (room(a) - kernel[a]) / stride[a] + 1;
            parts[a + 1] = slice(first as i64, (first + (windows - 1) * stride[a] + 1) as i64, stride[a] as i64);
        }
        x.index(parts)
    };
    (0..count).map(place).collect()
}

/// What never is the largest value of a dtype but where all are as small.
fn smallest(d: Dtype) -> Scalar {
    match d {
        Dtype::I8 => i8::MIN.scalar(),
        Dtype::I16 => i16::MIN.scalar(),
        Dtype::I32 => i32::MIN.scalar(),
        Dtype::I64 => i64::MIN.scalar(),
        d if d.is_float() => Scalar::new(f64::NEG_INFINITY, d),
        d => Scalar::new(0.0, d),
    }
}

/// The largest value of each window: `(n, places.., channels)` to `(n, windows.., channels)`, of the same dtype. Padding never is the largest.
///
/// # Panics
/// If there is not one size, stride and padding for each axis between the first and the last, or a window is larger than these.
///
/// ```
/// use lazulite::nn;
/// use lazulite::prelude::*;
/// let x = array![1.0, 5.0, 2.0, 3.0].reshape([1, 4, 1]);
/// assert_eq!(nn::max_pool(&x, &[2], &[2], &[0]).to_vec::<f32>().unwrap(), [5.0, 3.0]);
/// assert_eq!(nn::max_pool(&x, &[3], &[1], &[1]).to_vec::<f32>().unwrap(), [5.0, 5.0, 5.0, 3.0]);
/// ```
#[track_caller]
pub fn max_pool(x: &Array, kernel_size: &[usize], stride: &[usize], padding: &[usize]) -> Array {
    let list = places("max_pool", x, kernel_size, stride, padding, smallest(x.dtype()));
    list.into_iter().reduce(|a, b| a.maximum(&b)).expect("a window has a place")
}

/// The mean of each window: `(n, places.., channels)` to `(n, windows.., channels)`. Padding counts as zeros.
///
/// # Panics
/// As [`max_pool`].
///
/// ```
/// use lazulite::nn;
/// use lazulite::prelude::*;
/// let x = array![1.0, 5.0, 2.0, 4.0].reshape([1, 4, 1]);
/// assert_eq!(nn::avg_pool(&x, &[2], &[2], &[0]).to_vec::<f32>().unwrap(), [3.0, 3.0]);
/// ```
#[track_caller]
pub fn avg_pool(x: &Array, kernel_size: &[usize], stride: &[usize], padding: &[usize]) -> Array {
    let list = places("avg_pool", x, kernel_size, stride, padding, 0);
    let count = list.len() as f32;
    list.into_iter().reduce(|a, b| a + b).expect("a window has a place") / count
}

macro_rules! layers {
    ($($(#[$doc:meta])* $name:ident, $axes:literal, $call:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Module)]
        pub struct $name {
            #[module(static)]
            kernel_size: [usize; $axes],
            #[module(static)]
            stride: [usize; $axes],
            #[module(static)]
            padding: [usize; $axes],
        }

        impl $name {
            /// Windows of `kernel_size`, one beside the other, without padding.
            pub fn new(kernel_size: [usize; $axes]) -> $name {
                $name { kernel_size, stride: kernel_size, padding: [0; $axes] }
            }

            /// Windows so many elements apart.
            #[must_use]
            pub fn stride(self, stride: [usize; $axes]) -> $name {
                $name { stride, ..self }
            }

            /// So many elements at both ends.
            #[must_use]
            pub fn padding(self, padding: [usize; $axes]) -> $name {
                $name { padding, ..self }
            }

            /// `(n, places.., channels)` to `(n, windows.., channels)`.
            ///
            /// # Panics
            /// As the function does.
            #[track_caller]
            pub fn forward(&self, x: &Array) -> Array {
                $call(x, &self.kernel_size, &self.stride, &self.padding)
            }
        }
    )*};
}

layers! {
    /// [`max_pool`] along one axis.
    ///
    /// ```
    /// use lazulite::nn::MaxPool1d;
    /// use lazulite::prelude::*;
    /// assert_eq!(MaxPool1d::new([2]).forward(&Array::ones([1, 6, 3], Dtype::F32)).shape(), [1, 3, 3]);
    /// ```
    MaxPool1d, 1, max_pool;
    /// [`max_pool`] along two axes.
    ///
    /// ```
    /// use lazulite::nn::MaxPool2d;
    /// use lazulite::prelude::*;
    /// let pool = MaxPool2d::new([3, 3]).stride([2, 2]).padding([1, 1]);
    /// assert_eq!(pool.forward(&Array::ones([1, 8, 8, 3], Dtype::F32)).shape(), [1, 4, 4, 3]);
    /// ```
    MaxPool2d, 2, max_pool;
    /// [`max_pool`] along three axes.
    ///
    /// ```
    /// use lazulite::nn::MaxPool3d;
    /// use lazulite::prelude::*;
    /// assert_eq!(MaxPool3d::new([2, 2, 2]).forward(&Array::ones([1, 4, 4, 4, 3], Dtype::F32)).shape(), [1, 2, 2, 2, 3]);
    /// ```
    MaxPool3d, 3, max_pool;
    /// [`avg_pool`] along one axis.
    ///
    /// ```
    /// use lazulite::nn::AvgPool1d;
    /// use lazulite::prelude::*;
    /// assert_eq!(AvgPool1d::new([2]).forward(&Array::ones([1, 6, 3], Dtype::F32)).shape(), [1, 3, 3]);
    /// ```
    AvgPool1d, 1, avg_pool;
    /// [`avg_pool`] along two axes.
    ///
    /// ```
    /// use lazulite::nn::AvgPool2d;
    /// use lazulite::prelude::*;
    /// assert_eq!(AvgPool2d::new([2, 2]).forward(&Array::ones([1, 6, 4, 3], Dtype::F32)).shape(), [1, 3, 2, 3]);
    /// ```
    AvgPool2d, 2, avg_pool;
    /// [`avg_pool`] along three axes.
    ///
    /// ```
    /// use lazulite::nn::AvgPool3d;
    /// use lazulite::prelude::*;
    /// assert_eq!(AvgPool3d::new([2, 2, 2]).forward(&Array::ones([1, 4, 4, 4, 3], Dtype::F32)).shape(), [1, 2, 2, 2, 3]);
    /// ```
    AvgPool3d, 3, avg_pool;
}
