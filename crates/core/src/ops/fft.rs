//! Discrete Fourier transforms. One primitive transforms along one axis; several axes are transformed one after another.
//!
//! With `w = exp(-2 pi i / n)` the forward transform is `y[k] = sum_j x[j] w^(jk)`, a linear map, so its derivative is itself and its
//! transpose is the inverse transform with the same divisor. Of a real transform's `n` numbers only half are there: all but the first and,
//! if `n` is even, the last stand for two, which is where the weights of the transposes come from.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::view::{self, Range};
use crate::ops::{PadMode, create, free};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Divisor, Fourier, View, Work};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::{SmallVec, smallvec};

/// Which direction of a transform is divided by its length, so that one direction undoes the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Norm {
    /// The inverse one, by `n`.
    #[default]
    Backward,
    /// Both, by the square root of `n`.
    Ortho,
    /// The forward one, by `n`.
    Forward,
}

impl Norm {
    fn divisor(self, transform: Fourier) -> Divisor {
        let inverse = matches!(transform, Fourier::Inverse | Fourier::ToReal);
        match self {
            Norm::Ortho => Divisor::Root,
            Norm::Backward if inverse => Divisor::Length,
            Norm::Forward if !inverse => Divisor::Length,
            _ => Divisor::One,
        }
    }
}

/// A transform along an axis. The length is kept for real ones only; a complex one takes it from its input.
#[derive(Clone, Copy)]
struct Fft {
    transform: Fourier,
    divisor: Divisor,
    axis: usize,
    n: usize,
}

impl Fft {
    /// The axis's size before the transform, given `n`.
    fn size(&self) -> usize {
        if self.transform == Fourier::ToReal { self.n / 2 + 1 } else { self.n }
    }

    fn apply(self, x: &Array) -> Result<Array> {
        apply(self, &[x])
    }

    /// How many numbers each number of half a spectrum stands for, along the axis of an array.
    fn weights(&self, ndim: usize) -> Result<Array> {
        let mut dims: Dims = smallvec![1; ndim];
        dims[self.axis] = self.n / 2 + 1;
        let k = create::index_along(&dims, self.axis, Dtype::I32);
        let lone = crate::ops::equal(&k, 0)?;
        let lone = crate::ops::logical_or(&lone, &crate::ops::equal(&crate::ops::multiply(&k, 2)?, self.n as i32)?)?;
        crate::ops::try_select(&lone, Scalar::new(1.0, Dtype::F32), Scalar::new(2.0, Dtype::F32))
    }

    /// The transpose (of complex numbers: the adjoint).
    fn transpose(&self, ct: &Array) -> Result<Array> {
        match self.transform {
            Fourier::Forward => Fft { transform: Fourier::Inverse, ..*self }.apply(ct),
            Fourier::Inverse => Fft { transform: Fourier::Forward, ..*self }.apply(ct),
            Fourier::FromReal => {
                let ct = crate::ops::divide(ct, &self.weights(ct.ndim())?)?;
                Fft { transform: Fourier::ToReal, ..*self }.apply(&ct)
            }
            Fourier::ToReal => {
                let y = Fft { transform: Fourier::FromReal, ..*self }.apply(ct)?;
                crate::ops::multiply(&y, &self.weights(ct.ndim())?)
            }
        }
    }
}

stored!("fft", Fft { transform, divisor, axis, n });

impl Primitive for Fft {
    fn name(&self) -> &'static str {
        "fft"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.transform as u64 | (self.divisor as u64) << 8 | (self.axis as u64) << 16);
        h.word(self.n as u64);
    }
    fn attributes(&self) -> String {
        format!("{:?} along axis {}", self.transform, self.axis)
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let mut dims = inputs[0].shape.clone();
        let (from, to) = match self.transform {
            Fourier::FromReal => (Dtype::F32, Dtype::C64),
            Fourier::ToReal => (Dtype::C64, Dtype::F32),
            _ => (Dtype::C64, Dtype::C64),
        };
        let real = matches!(self.transform, Fourier::FromReal | Fourier::ToReal);
        if inputs[0].dtype != from || dims[self.axis] == 0 || real && dims[self.axis] != self.size() {
            let text = format!("cannot transform axis {} of {}{:?} ({:?}, n = {})", self.axis, from, &dims[..], self.transform, self.n);
            return Err(Error::value("fft", text));
        }
        match self.transform {
            Fourier::FromReal => dims[self.axis] = self.n / 2 + 1,
            Fourier::ToReal => dims[self.axis] = self.n,
            _ => {}
        }
        Ok(smallvec![Aval::new(dims, to)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(self.transpose(&cx.cotangent(0))?)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![Some(self.apply(&cx.tangent(0))?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![Fft { axis: self.axis + 1, ..*self }.apply(&cx.inputs[0].array())?])
    }
}

impl KernelOf for Fft {
    fn work(&self, inputs: &[View], outs: &[Aval]) -> Work {
        let x = inputs[0].clone();
        let n = x.dims[self.axis].max(outs[0].shape[self.axis]);
        Work::Fft { x, axis: self.axis, n, transform: self.transform, divisor: self.divisor }
    }
}

fn ranges(x: &Array, axis: usize, range: Range) -> SmallVec<[Range; 4]> {
    let mut list: SmallVec<[Range; 4]> = smallvec![Range::FULL; x.ndim()];
    list[axis] = range;
    list
}

/// The array with `size` elements along the axis: cut, or zeros after them.
fn resized(x: &Array, axis: usize, size: usize) -> Result<Array> {
    let n = x.shape()[axis];
    if size < n {
        return view::slice_ranges(x, ranges(x, axis, Range { start: 0, stop: Some(size as i64), step: 1 }));
    }
    if size == n {
        return Ok(x.clone());
    }
    let mut widths: SmallVec<[(usize, usize); 4]> = smallvec![(0, 0); x.ndim()];
    widths[axis].1 = size - n;
    crate::ops::pad(x, &widths, 0)
}

/// One transform of length `n` along one axis, whatever dtype and size the array has.
#[track_caller]
fn along(op: &str, x: &Array, transform: Fourier, n: Option<usize>, axis: usize, norm: Norm) -> Result<Array> {
    let real = matches!(transform, Fourier::FromReal | Fourier::ToReal);
    // A complex transform of whatever size there is depends on no shape.
    let size = if real || n.is_some() { x.shape()[axis] } else { x.dims()[axis] };
    let asked = n;
    let n = match (n, transform) {
        (Some(n), _) => n,
        (None, Fourier::ToReal) => 2 * size.saturating_sub(1),
        (None, _) => size,
    };
    if n == 0 {
        return Err(Error::value(op, format!("axis {axis} of {:?} gives a transform of length 0", x.dims())));
    }
    let fft = Fft { transform, divisor: norm.divisor(transform), axis, n };
    let input = if transform == Fourier::FromReal { Dtype::F32 } else { Dtype::C64 };
    let mut x = crate::ops::astype(x, input)?;
    if real || asked.is_some() {
        x = resized(&x, axis, fft.size())?;
    }
    Fft { n: if real { n } else { 0 }, ..fft }.apply(&x)
}

/// The axes and lengths of a transform over several axes.
#[track_caller]
fn several(op: &str, x: &Array, s: Option<&[usize]>, axes: Option<&[i64]>) -> Result<Vec<(usize, Option<usize>)>> {
    if x.ndim() == 0 {
        return Err(Error::value(op, "needs an array of at least one axis, not a 0-d one"));
    }
    let list: Vec<usize> = match (axes, s) {
        (Some(axes), _) => axes.iter().map(|&a| shape::axis(op, a, x.ndim())).collect::<Result<_>>()?,
        (None, Some(s)) if s.len() != x.ndim() => {
            return Err(Error::value(op, format!("{} lengths for the {} axes of {:?}", s.len(), x.ndim(), x.dims())));
        }
        (None, _) => (0..x.ndim()).collect(),
    };
    if s.is_some_and(|s| s.len() != list.len()) {
        return Err(Error::value(op, format!("{} lengths for {} axes", s.map_or(0, <[_]>::len), list.len())));
    }
    if (1..list.len()).any(|i| list[..i].contains(&list[i])) {
        return Err(Error::value(op, format!("an axis is named twice in {:?}", axes.unwrap_or(&[]))));
    }
    Ok(list.into_iter().enumerate().map(|(i, a)| (a, s.map(|s| s[i]))).collect())
}

/// Transforms over several axes: real ones over the last axis only, complex ones over the others.
#[track_caller]
fn over(op: &str, x: &Array, transform: Fourier, list: &[(usize, Option<usize>)], norm: Norm) -> Result<Array> {
    let Some((&(last, n), rest)) = list.split_last() else { return Ok(x.clone()) };
    let mut y = x.clone();
    if transform != Fourier::ToReal {
        y = along(op, &y, transform, n, last, norm)?;
    }
    let other = if matches!(transform, Fourier::Forward | Fourier::FromReal) { Fourier::Forward } else { Fourier::Inverse };
    for &(axis, n) in rest.iter().rev() {
        y = along(op, &y, other, n, axis, norm)?;
    }
    if transform == Fourier::ToReal {
        y = along(op, &y, transform, n, last, norm)?;
    }
    Ok(y)
}

#[track_caller]
fn one(op: &str, x: &Array, transform: Fourier, n: Option<usize>, axis: i64, norm: Norm) -> Result<Array> {
    along(op, x, transform, n, shape::axis(op, axis, x.ndim())?, norm)
}

#[track_caller]
fn many(op: &str, x: &Array, transform: Fourier, s: Option<&[usize]>, axes: Option<&[i64]>, norm: Norm) -> Result<Array> {
    over(op, x, transform, &several(op, x, s, axes)?, norm)
}

#[track_caller]
fn shift(op: &str, x: &Array, axes: Option<&[i64]>, by: fn(usize) -> i64) -> Result<Array> {
    let list: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&a| shape::axis(op, a, x.ndim())).collect::<Result<_>>()?,
        None => (0..x.ndim()).collect(),
    };
    list.iter().try_fold(x.clone(), |y, &a| crate::ops::roll(&y, by(x.shape()[a]), a as i64))
}

#[track_caller]
fn frequencies(op: &str, n: usize, d: f64, list: impl Iterator<Item = i64>) -> Result<Array> {
    if n == 0 || d == 0.0 {
        return Err(Error::value(op, format!("there are no frequencies of {n} samples {d} apart")));
    }
    let list: Vec<f32> = list.map(|k| (k as f64 / (n as f64 * d)) as f32).collect();
    Array::from_slice(&list, list.len())
}

/// How [`stft`] cuts a signal into frames, and [`istft`] puts it together again.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Elements of a frame.
    pub size: usize,
    /// Elements from one frame to the next; a quarter of the size if `None`.
    pub hop: Option<usize>,
    /// What a frame is multiplied by, of one axis and at most the frame's size, in whose middle it is put; ones if `None`.
    pub window: Option<Array>,
    /// Elements of the window of ones.
    pub window_size: Option<usize>,
    /// Whether the first frame's middle is the signal's first element, so that frames reach beyond the signal's ends.
    pub center: bool,
    /// Which direction is divided.
    pub norm: Norm,
    /// Whether only half of each spectrum is there; by default for real signals.
    pub onesided: Option<bool>,
}

impl Frames {
    /// Frames of this size, centred, with a hop of a quarter of it and no window.
    pub fn new(size: usize) -> Frames {
        Frames { size, hop: None, window: None, window_size: None, center: true, norm: Norm::Backward, onesided: None }
    }

    /// The window, as long as a frame, and the hop.
    #[track_caller]
    fn resolve(&self, op: &str) -> Result<(Array, usize)> {
        let hop = self.hop.unwrap_or(self.size / 4);
        if self.size == 0 || hop == 0 {
            return Err(Error::value(op, format!("frames have elements and do not stand still: {} with a hop of {hop}", self.size)));
        }
        let window = match &self.window {
            Some(w) => crate::ops::astype(w, Dtype::F32)?,
            None => crate::ops::full(self.window_size.unwrap_or(self.size), 1, Dtype::F32)?,
        };
        if window.ndim() != 1 || window.size() > self.size {
            let text = format!("a window has one axis and at most {} elements, not the shape {:?}", self.size, window.dims());
            return Err(Error::value(op, text));
        }
        let left = (self.size - window.size()) / 2;
        Ok((crate::ops::pad(&window, &[(left, self.size - window.size() - left)], 0)?, hop))
    }

    /// For each of `count` frames, the places of its elements in the signal.
    fn places(&self, count: usize, hop: usize) -> Result<Array> {
        let start = Array::arange(0, (count * hop) as f64, hop as f64, Dtype::I32);
        crate::ops::add(&crate::ops::expand_dims(&start, 1)?, Array::arange(0, self.size as f64, 1, Dtype::I32))
    }
}

free! {
    /// The transform along `axis`, `complex64`, of the array cut or filled with zeros to `n` elements if `n` is given.
    ///
    /// # Errors
    /// An index error for an axis out of range; a value error for a length of 0.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// let y = fft::fft(&array![1.0, 2.0], None, -1, Norm::Backward);
    /// assert_eq!(y.real().to_vec::<f32>().unwrap(), [3.0, -1.0]);
    /// ```
    pub fn fft(x: &Array, n: Option<usize>, axis: i64, norm: Norm) -> Array {
        one("fft.fft", x, Fourier::Forward, n, axis, norm)
    }

    /// The inverse of [`fft`].
    ///
    /// # Errors
    /// As for `fft`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// let x = array![1.0, 2.0, 4.0];
    /// let back = fft::ifft(&fft::fft(&x, None, -1, Norm::Ortho), None, -1, Norm::Ortho);
    /// assert!(back.real().allclose(&x, 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn ifft(x: &Array, n: Option<usize>, axis: i64, norm: Norm) -> Array {
        one("fft.ifft", x, Fourier::Inverse, n, axis, norm)
    }

    /// The first `n / 2 + 1` numbers of the transform of a real array along `axis`: the others are their conjugates. The imaginary parts of
    /// complex numbers are dropped.
    ///
    /// # Errors
    /// As for `fft`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::rfft(&array![1.0, 2.0, 3.0, 4.0], None, -1, Norm::Backward).shape(), [3]);
    /// ```
    pub fn rfft(x: &Array, n: Option<usize>, axis: i64, norm: Norm) -> Array {
        one("fft.rfft", x, Fourier::FromReal, n, axis, norm)
    }

    /// The inverse of [`rfft`], `float32`; of an even length, twice what is beside the first number, unless `n` is given.
    ///
    /// # Errors
    /// As for `fft`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// let x = array![1.0, 2.0, 3.0];
    /// let back = fft::irfft(&fft::rfft(&x, None, -1, Norm::Backward), Some(3), -1, Norm::Backward);
    /// assert!(back.allclose(&x, 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn irfft(x: &Array, n: Option<usize>, axis: i64, norm: Norm) -> Array {
        one("fft.irfft", x, Fourier::ToReal, n, axis, norm)
    }

    /// [`fftn`] over two axes, the last two usually.
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// let y = fft::fft2(&Array::ones([2, 2], Dtype::F32), None, [-2, -1], Norm::Backward);
    /// assert_eq!(y.real().to_vec::<f32>().unwrap(), [4.0, 0.0, 0.0, 0.0]);
    /// ```
    pub fn fft2(x: &Array, s: Option<[usize; 2]>, axes: [i64; 2], norm: Norm) -> Array {
        many("fft.fft2", x, Fourier::Forward, s.as_ref().map(|s| &s[..]), Some(&axes), norm)
    }

    /// The inverse of [`fft2`].
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::ifft2(&Array::ones([2, 3], Dtype::F32), Some([4, 4]), [0, 1], Norm::Backward).shape(), [4, 4]);
    /// ```
    pub fn ifft2(x: &Array, s: Option<[usize; 2]>, axes: [i64; 2], norm: Norm) -> Array {
        many("fft.ifft2", x, Fourier::Inverse, s.as_ref().map(|s| &s[..]), Some(&axes), norm)
    }

    /// [`rfftn`] over two axes.
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::rfft2(&Array::ones([4, 4], Dtype::F32), None, [-2, -1], Norm::Backward).shape(), [4, 3]);
    /// ```
    pub fn rfft2(x: &Array, s: Option<[usize; 2]>, axes: [i64; 2], norm: Norm) -> Array {
        many("fft.rfft2", x, Fourier::FromReal, s.as_ref().map(|s| &s[..]), Some(&axes), norm)
    }

    /// The inverse of [`rfft2`].
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::irfft2(&Array::ones([4, 3], Dtype::F32), None, [-2, -1], Norm::Backward).shape(), [4, 4]);
    /// ```
    pub fn irfft2(x: &Array, s: Option<[usize; 2]>, axes: [i64; 2], norm: Norm) -> Array {
        many("fft.irfft2", x, Fourier::ToReal, s.as_ref().map(|s| &s[..]), Some(&axes), norm)
    }

    /// The transform along several axes, all by default, each cut or filled with zeros to its length in `s`.
    ///
    /// # Errors
    /// An index error for an axis out of range; a value error for an axis named twice, lengths of another number than the axes, a length of
    /// 0, or a 0-d array.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// let x = Array::ones([2, 3, 4], Dtype::F32);
    /// assert_eq!(fft::fftn(&x, Some(&[5, 6]), Some(&[0, 2]), Norm::Backward).shape(), [5, 3, 6]);
    /// ```
    pub fn fftn(x: &Array, s: Option<&[usize]>, axes: Option<&[i64]>, norm: Norm) -> Array {
        many("fft.fftn", x, Fourier::Forward, s, axes, norm)
    }

    /// The inverse of [`fftn`].
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::ifftn(&Array::ones([2, 3], Dtype::F32), None, None, Norm::Backward).shape(), [2, 3]);
    /// ```
    pub fn ifftn(x: &Array, s: Option<&[usize]>, axes: Option<&[i64]>, norm: Norm) -> Array {
        many("fft.ifftn", x, Fourier::Inverse, s, axes, norm)
    }

    /// [`rfft`] along the last of the axes, [`fft`] along the others.
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::rfftn(&Array::ones([2, 4], Dtype::F32), None, Some(&[1, 0]), Norm::Backward).shape(), [2, 4]);
    /// ```
    pub fn rfftn(x: &Array, s: Option<&[usize]>, axes: Option<&[i64]>, norm: Norm) -> Array {
        many("fft.rfftn", x, Fourier::FromReal, s, axes, norm)
    }

    /// The inverse of [`rfftn`].
    ///
    /// # Errors
    /// As for `fftn`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Norm};
    /// assert_eq!(fft::irfftn(&Array::ones([2, 3], Dtype::F32), Some(&[2, 5]), None, Norm::Backward).shape(), [2, 5]);
    /// ```
    pub fn irfftn(x: &Array, s: Option<&[usize]>, axes: Option<&[i64]>, norm: Norm) -> Array {
        many("fft.irfftn", x, Fourier::ToReal, s, axes, norm)
    }

    /// The array with the frequency 0 in the middle of the axes (all by default).
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(lazulite::fft::fftshift(&array![0, 1, 2, -2, -1], None).to_vec::<i32>().unwrap(), [-2, -1, 0, 1, 2]);
    /// ```
    pub fn fftshift(x: &Array, axes: Option<&[i64]>) -> Array {
        shift("fft.fftshift", x, axes, |n| n as i64 / 2)
    }

    /// The inverse of [`fftshift`].
    ///
    /// # Errors
    /// An index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(lazulite::fft::ifftshift(&array![-2, -1, 0, 1, 2], None).to_vec::<i32>().unwrap(), [0, 1, 2, -2, -1]);
    /// ```
    pub fn ifftshift(x: &Array, axes: Option<&[i64]>) -> Array {
        shift("fft.ifftshift", x, axes, |n| -(n as i64 / 2))
    }

    /// The frequencies that the numbers of a transform of `n` samples, `d` apart, stand for, `float32`.
    ///
    /// # Errors
    /// A value error if `n` or `d` is 0.
    ///
    /// ```
    /// assert_eq!(lazulite::fft::fftfreq(4, 0.5).to_vec::<f32>().unwrap(), [0.0, 0.5, -1.0, -0.5]);
    /// ```
    pub fn fftfreq(n: usize, d: f64) -> Array {
        let n_ = n as i64;
        frequencies("fft.fftfreq", n, d, (0..n_).map(|k| if 2 * k < n_ { k } else { k - n_ }))
    }

    /// The frequencies of a real transform.
    ///
    /// # Errors
    /// A value error if `n` or `d` is 0.
    ///
    /// ```
    /// assert_eq!(lazulite::fft::rfftfreq(4, 0.5).to_vec::<f32>().unwrap(), [0.0, 0.5, 1.0]);
    /// ```
    pub fn rfftfreq(n: usize, d: f64) -> Array {
        frequencies("fft.rfftfreq", n, d, 0..=n as i64 / 2)
    }

    /// The transforms of overlapping frames of the signals along the last axis: `(.., signal)` to `(.., frequency, frame)`. Frames that
    /// reach beyond the signal's ends take elements by `padding` there, zeros if it is `None`.
    ///
    /// # Errors
    /// A value error for frames or a window of no or too many elements, a hop of 0, a signal shorter than a frame, or a 0-d array.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Frames};
    /// use lazulite::ops::PadMode;
    /// let signal = Array::arange(0, 16, 1, Dtype::F32);
    /// assert_eq!(fft::stft(&signal, &Frames::new(4), Some(PadMode::Reflect)).shape(), [3, 17]);
    /// ```
    pub fn stft(x: &Array, frames: &Frames, padding: Option<PadMode>) -> Array {
        if x.ndim() == 0 {
            return Err(Error::value("fft.stft", "needs an array of at least one axis, not a 0-d one"));
        }
        let (window, hop) = frames.resolve("fft.stft")?;
        let onesided = frames.onesided.unwrap_or(x.dtype() != Dtype::C64);
        let (n, last) = (frames.size, x.ndim() - 1);
        let mut x = crate::ops::astype(x, if onesided { Dtype::F32 } else { Dtype::C64 })?;
        if frames.center {
            let mut widths: SmallVec<[(usize, usize); 4]> = smallvec![(0, 0); x.ndim()];
            widths[last] = (n / 2, n / 2);
            x = match padding {
                Some(mode) => crate::ops::pad_with(&x, &widths, mode)?,
                None => crate::ops::pad(&x, &widths, 0)?,
            };
        }
        let Some(hops) = x.shape()[last].checked_sub(n) else {
            return Err(Error::value("fft.stft", format!("a signal of {} elements is shorter than a frame of {n}", x.shape()[last])));
        };
        let cut = crate::ops::take(&x, &frames.places(hops / hop + 1, hop)?, -1)?;
        let cut = crate::ops::multiply(&cut, &window)?;
        let transform = if onesided { Fourier::FromReal } else { Fourier::Forward };
        crate::ops::swapaxes(&along("fft.stft", &cut, transform, None, last + 1, frames.norm)?, -1, -2)
    }

    /// The signals that [`stft`] made `(.., frequency, frame)` from, real, cut or filled with zeros to `length` elements if it is given.
    /// Where frames overlap, the sum of their windowed elements is divided by that of the squared windows, at least 1e-8.
    ///
    /// # Errors
    /// As for `stft`; a value error for an array of fewer than two axes or without frames.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::fft::{self, Frames};
    /// use lazulite::ops::PadMode;
    /// let (signal, frames) = (Array::arange(0, 16, 1, Dtype::F32), Frames::new(8));
    /// let back = fft::istft(&fft::stft(&signal, &frames, Some(PadMode::Reflect)), &frames, None);
    /// assert!(back.allclose(&signal, 1e-4, 1e-4, false).item::<bool>().unwrap());
    /// ```
    pub fn istft(x: &Array, frames: &Frames, length: Option<usize>) -> Array {
        if x.ndim() < 2 || x.shape()[x.ndim() - 1] == 0 {
            return Err(Error::value("fft.istft", format!("needs axes of frequencies and of frames, not the shape {:?}", x.dims())));
        }
        let (window, hop) = frames.resolve("fft.istft")?;
        let (n, last, count) = (frames.size, x.ndim() - 1, x.shape()[x.ndim() - 1]);
        let spectra = crate::ops::swapaxes(x, -1, -2)?;
        let cut = match frames.onesided.unwrap_or(true) {
            true => along("fft.istft", &spectra, Fourier::ToReal, Some(n), last, frames.norm)?,
            false => crate::ops::astype(&along("fft.istft", &spectra, Fourier::Inverse, Some(n), last, frames.norm)?, Dtype::F32)?,
        };
        let places = frames.places(count, hop)?;
        let whole = hop.saturating_mul(count - 1).saturating_add(n);
        // Frames, elements, then the batch: the order in which a scatter along the first axis takes its updates.
        let windowed = crate::ops::multiply(&cut, &window)?;
        let updates = view::permute(&windowed, [last - 1, last].into_iter().chain(0..last - 1).collect())?;
        let dims: Dims = std::iter::once(whole).chain(x.shape()[..last - 1].iter().copied()).collect();
        let sum = crate::ops::add_at(&crate::ops::full(dims, 0, Dtype::F32)?, &places, &updates)?;
        let squares = crate::ops::broadcast_to(&crate::ops::square(&window)?, [count, n])?;
        let weight = crate::ops::add_at(&crate::ops::full(whole, 0, Dtype::F32)?, &places, &squares)?;
        let y = crate::ops::divide(&crate::ops::moveaxis(&sum, 0, -1)?, &crate::ops::maximum(&weight, 1e-8)?)?;
        let trim = if frames.center { n / 2 } else { 0 };
        let stop = if length.is_some() { whole } else { (whole - trim).max(trim) };
        let y = view::slice_ranges(&y, ranges(&y, last - 1, Range { start: trim as i64, stop: Some(stop as i64), step: 1 }))?;
        length.map_or(Ok(y.clone()), |length| resized(&y, last - 1, length))
    }
}
