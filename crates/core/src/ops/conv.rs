//! Convolutions: one primitive, whose derivatives are convolutions of it.
//!
//! Its inputs name every axis: `(batch, n, places.., groups, channels)` and `(batch, groups, outputs, kernel.., channels)`. So the
//! operands of both gradients are views: for the input's, outputs and channels of the kernel swap; for the kernel's, the cotangent is the
//! kernel, and the images are the channels.

use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::elementwise::conjugated;
use crate::ops::{op, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use crate::{Array, Static};
use lazulite_base::Dims;
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{View, Window, Work};
use smallvec::{SmallVec, smallvec};

/// Sizes along the spatial axes: one for all, or one each.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::PerAxis;
/// assert_ne!(PerAxis::from(2), PerAxis::from([2, 1]));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PerAxis(SmallVec<[i64; 3]>);

impl From<usize> for PerAxis {
    fn from(n: usize) -> PerAxis {
        PerAxis(smallvec![n as i64])
    }
}

impl From<i64> for PerAxis {
    fn from(n: i64) -> PerAxis {
        PerAxis(smallvec![n])
    }
}

impl From<i32> for PerAxis {
    fn from(n: i32) -> PerAxis {
        PerAxis(smallvec![n as i64])
    }
}

impl<const N: usize> From<[i64; N]> for PerAxis {
    fn from(list: [i64; N]) -> PerAxis {
        PerAxis(SmallVec::from_slice(&list))
    }
}

impl From<&[i64]> for PerAxis {
    fn from(list: &[i64]) -> PerAxis {
        PerAxis(SmallVec::from_slice(list))
    }
}

impl PerAxis {
    /// One size an axis; none stands for `missing` everywhere.
    #[track_caller]
    fn resolve(&self, op: &str, what: &str, axes: usize, missing: i64) -> Result<SmallVec<[i64; 3]>> {
        match self.0.len() {
            0 => Ok(smallvec![missing; axes]),
            1 => Ok(smallvec![self.0[0]; axes]),
            n if n == axes => Ok(self.0.clone()),
            _ => Err(Error::value(op, format!("{what} {:?} is not one size or one for each of {axes} spatial axes", &self.0[..]))),
        }
    }

    /// The same, of positive sizes.
    #[track_caller]
    fn positive(&self, op: &str, what: &str, axes: usize) -> Result<SmallVec<[usize; 3]>> {
        let list = self.resolve(op, what, axes, 1)?;
        match list.iter().all(|&n| n > 0) {
            true => Ok(list.iter().map(|&n| n as usize).collect()),
            false => Err(Error::value(op, format!("{what} {:?} must be positive", &list[..]))),
        }
    }
}

/// How a convolution's windows lie, and how its channels are grouped. By default they touch, without padding, in one group.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::Conv;
/// let x = Array::ones([1, 8, 8, 2], Dtype::F32);
/// let w = Array::ones([4, 3, 3, 2], Dtype::F32);
/// assert_eq!(x.conv2d(&w, &Conv::default().stride(2).padding(1)).shape(), [1, 4, 4, 4]);
/// let how = Conv::default().padding_sides([1, 0], 2).dilation(2).input_dilation([1, 2]).groups(2).flip(true);
/// assert_eq!(how.group_count(), 2);
/// assert_eq!(x.conv_general(&Array::ones([4, 3, 3, 1], Dtype::F32), &how).shape(), [1, 7, 13, 4]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conv {
    stride: PerAxis,
    low: PerAxis,
    high: PerAxis,
    kernel_dilation: PerAxis,
    input_dilation: PerAxis,
    groups: Option<usize>,
    flip: bool,
}

impl Conv {
    /// Elements from a window to the next.
    pub fn stride(self, stride: impl Into<PerAxis>) -> Conv {
        Conv { stride: stride.into(), ..self }
    }

    /// Zeros before and after the input; negative sizes cut elements off.
    pub fn padding(self, padding: impl Into<PerAxis>) -> Conv {
        let padding = padding.into();
        Conv { low: padding.clone(), high: padding, ..self }
    }

    /// Zeros before the input, and after it.
    pub fn padding_sides(self, before: impl Into<PerAxis>, after: impl Into<PerAxis>) -> Conv {
        Conv { low: before.into(), high: after.into(), ..self }
    }

    /// Elements of the input from an element of the kernel to the next.
    pub fn dilation(self, dilation: impl Into<PerAxis>) -> Conv {
        Conv { kernel_dilation: dilation.into(), ..self }
    }

    /// Elements of the input are spread so far apart, zeros between them.
    pub fn input_dilation(self, dilation: impl Into<PerAxis>) -> Conv {
        Conv { input_dilation: dilation.into(), ..self }
    }

    /// Channels are cut into so many groups, each convolved with its own part of the outputs.
    pub fn groups(self, groups: usize) -> Conv {
        Conv { groups: Some(groups), ..self }
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.unwrap_or(1)
    }

    /// Whether the kernel is turned around, as a convolution in the strict sense does.
    pub fn flip(self, flip: bool) -> Conv {
        Conv { flip, ..self }
    }
}

impl Static for PerAxis {
    fn feed(&self, key: &mut KeyHasher) {
        self.0.len().feed(key);
        self.0.iter().for_each(|n| n.feed(key));
    }
}

impl Static for Conv {
    fn feed(&self, key: &mut KeyHasher) {
        [&self.stride, &self.low, &self.high, &self.kernel_dilation, &self.input_dilation].iter().for_each(|s| s.feed(key));
        (self.groups, self.flip).feed(key);
    }
}

impl Static for ConvTranspose {
    fn feed(&self, key: &mut KeyHasher) {
        [&self.stride, &self.padding, &self.dilation, &self.output_padding].iter().for_each(|s| s.feed(key));
        self.groups.feed(key);
    }
}

/// How a transposed convolution's windows lie: the convolution whose gradient it is.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::ConvTranspose;
/// let (x, w) = (Array::ones([1, 4, 2], Dtype::F32), Array::ones([2, 3, 1], Dtype::F32));
/// let how = ConvTranspose::default().stride(2).padding(1).dilation(1).output_padding(1).groups(2);
/// assert_eq!(how.group_count(), 2);
/// assert_eq!(x.conv_transpose1d(&w, &how).shape(), [1, 8, 2]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConvTranspose {
    stride: PerAxis,
    padding: PerAxis,
    dilation: PerAxis,
    output_padding: PerAxis,
    groups: Option<usize>,
}

impl ConvTranspose {
    /// Elements of the output from a window to the next.
    pub fn stride(self, stride: impl Into<PerAxis>) -> ConvTranspose {
        ConvTranspose { stride: stride.into(), ..self }
    }

    /// Elements that are cut off before and after the output.
    pub fn padding(self, padding: impl Into<PerAxis>) -> ConvTranspose {
        ConvTranspose { padding: padding.into(), ..self }
    }

    /// Elements of the output from an element of the kernel to the next.
    pub fn dilation(self, dilation: impl Into<PerAxis>) -> ConvTranspose {
        ConvTranspose { dilation: dilation.into(), ..self }
    }

    /// Elements more at the end of the output.
    pub fn output_padding(self, padding: impl Into<PerAxis>) -> ConvTranspose {
        ConvTranspose { output_padding: padding.into(), ..self }
    }

    /// Channels are cut into so many groups.
    pub fn groups(self, groups: usize) -> ConvTranspose {
        ConvTranspose { groups: Some(groups), ..self }
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.unwrap_or(1)
    }
}

/// Which part of a sequence's convolution is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ConvMode {
    /// Every overlap.
    #[default]
    Full,
    /// As many elements as the longer sequence has, from the middle.
    Same,
    /// Where the shorter sequence lies within the longer one.
    Valid,
}

/// The primitive; see [`Work::Conv`].
struct Convolution {
    windows: SmallVec<[Window; 3]>,
    turned: bool,
}

/// A number of each spatial axis between the ones of these.
fn around(before: &[usize], middle: impl IntoIterator<Item = usize>, after: &[usize]) -> Dims {
    before.iter().copied().chain(middle).chain(after.iter().copied()).collect()
}

impl Convolution {
    fn axes(&self) -> usize {
        self.windows.len()
    }

    /// x with images and channels exchanged: the input of the gradient of a kernel.
    fn crossed(&self, x: &Array) -> Result<Array> {
        let d = self.axes();
        view::permute(x, around(&[0, d + 3], 2..d + 2, &[d + 2, 1]))
    }

    /// The kernel that takes a cotangent back to the input: outputs and channels exchanged, turned around.
    fn reversed(&self, w: &Array) -> Result<Array> {
        let d = self.axes();
        let swapped = view::permute(w, around(&[0, 1, d + 3], 3..d + 3, &[2]))?;
        crate::ops::flip(&swapped, (3..d as i64 + 3).collect::<Vec<i64>>())
    }

    /// The output, or a cotangent of it, as (b, n, i.., g, o).
    fn upright(&self, y: &Array) -> Result<Array> {
        let d = self.axes();
        if self.turned { view::permute(y, around(&[0, d + 3], 3..d + 3, &[1, 2])) } else { Ok(y.clone()) }
    }

    /// The same as (b, g, o, i.., n).
    fn lying(&self, y: &Array) -> Result<Array> {
        let d = self.axes();
        if self.turned { Ok(y.clone()) } else { view::permute(y, around(&[0, d + 2, d + 3], 2..d + 2, &[1])) }
    }

    fn of(&self, x: &Array, w: &Array) -> Result<Array> {
        apply(Convolution { windows: self.windows.clone(), turned: self.turned }, &[x, w])
    }
}

/// `x` with axis `from` in front of axis `to`, merged with it.
fn folded(x: &Array, from: usize, to: usize) -> Result<Array> {
    let moved = view::move_axis(x, from, to)?;
    let mut dims: Dims = moved.shape().into();
    let size = dims.remove(to);
    dims[to] *= size;
    view::reshape_to(&moved, dims)
}

/// `y` with the first part of axis `at`, of `size`, as its first axis.
fn unfolded(y: &Array, at: usize, size: usize) -> Result<Array> {
    let mut dims: Dims = y.shape().into();
    dims[at] /= size.max(1);
    dims.insert(at, size);
    view::move_axis(&view::reshape_to(y, dims)?, at, 0)
}

stored!("convolution", Convolution { windows, turned });

impl Primitive for Convolution {
    fn name(&self) -> &'static str {
        "conv"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.turned as u64);
        for w in &self.windows {
            h.words([w.out, w.stride, w.dilation, w.spread, w.low as usize].map(|v| v as u64).into_iter());
        }
    }
    fn attributes(&self) -> String {
        let each = self.windows.iter().map(|w| {
            format!("{} windows, stride {}, dilation {}, input dilation {}, before {}", w.out, w.stride, w.dilation, w.spread, w.low)
        });
        each.chain(self.turned.then(|| "turned".into())).collect::<Vec<_>>().join("; ")
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let d = self.axes();
        let (x, w) = (&inputs[0].shape[..], &inputs[1].shape[..]);
        if x.len() != d + 4 || w.len() != d + 4 || x[0] != w[0] || x[d + 2] != w[1] || x[d + 3] != w[d + 3] {
            return Err(Error::value("conv", format!("cannot convolve {}{x:?} and {}{w:?}", inputs[0].dtype, inputs[1].dtype)));
        }
        let out = self.windows.iter().map(|w| w.out);
        let dims = if self.turned { around(&[x[0], w[1], w[2]], out, &[x[1]]) } else { around(&[x[0], x[1]], out, &[w[1], w[2]]) };
        Ok(smallvec![Aval::new(dims, inputs[0].dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let (ct, x, w) = (cx.cotangent(0), cx.inputs[0].array(), cx.inputs[1].array());
        let sizes = |a: &Array, first: usize| -> SmallVec<[usize; 3]> { a.dims()[first..first + self.axes()].into() };
        let (places, kernel) = (sizes(&x, 2), sizes(&w, 3));
        let each = |f: &dyn Fn(usize, &Window) -> Window| self.windows.iter().enumerate().map(|(i, w)| f(i, w)).collect();
        let mut out = vec![None, None];
        if cx.needed[0] {
            let windows = each(&|i, w| {
                let low = (w.dilation * kernel[i].saturating_sub(1)) as isize - w.low;
                Window { out: places[i], stride: w.spread, dilation: w.dilation, spread: w.stride, low }
            });
            let kernel = conjugated(&self.reversed(&w)?)?;
            out[0] = Some(apply(Convolution { windows, turned: false }, &[&self.upright(&ct)?, &kernel])?);
        }
        if cx.needed[1] {
            let windows = each(&|i, w| Window { out: kernel[i], stride: w.dilation, dilation: w.stride, ..*w });
            let input = conjugated(&self.crossed(&x)?)?;
            out[1] = Some(apply(Convolution { windows, turned: true }, &[&input, &self.lying(&ct)?])?);
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let (x, w) = (cx.inputs[0].array(), cx.inputs[1].array());
        let of_x = cx.tangents[0].as_ref().map(|t| self.of(t, &w)).transpose()?;
        let of_w = cx.tangents[1].as_ref().map(|t| self.of(&x, t)).transpose()?;
        Ok(vec![match (of_x, of_w) {
            (Some(a), Some(b)) => Some(crate::ops::add(&a, &b)?),
            (a, b) => a.or(b),
        }])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let (d, x, w) = (self.axes(), cx.inputs[0].array(), cx.inputs[1].array());
        // Groups of one channel and one output have a kernel of their own, which more outputs would leave.
        let deep = !cx.batched[0] && w.dims()[3] == 1 && w.dims()[d + 4] == 1;
        let y = match cx.batched {
            [true, false] => unfolded(&self.of(&folded(&x, 0, 1)?, &w)?, if self.turned { d + 3 } else { 1 }, cx.size)?,
            [false, true] if !deep => unfolded(&self.of(&x, &folded(&w, 0, 2)?)?, if self.turned { 2 } else { d + 3 }, cx.size)?,
            _ => unfolded(&self.of(&folded(&cx.batched_input(0), 0, 0)?, &folded(&cx.batched_input(1), 0, 0)?)?, 0, cx.size)?,
        };
        Ok(vec![y])
    }
}

impl KernelOf for Convolution {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Conv { x: inputs[0].clone(), w: inputs[1].clone(), windows: self.windows.clone(), turned: self.turned }
    }
}

/// The convolution of `(n, places.., channels)` with `(outputs, kernel.., channels / groups)`.
#[track_caller]
fn convolution(op: &str, x: &Array, weight: &Array, how: &Conv) -> Result<Array> {
    let text = || crate::ops::describe(&[x, weight]);
    let d = x.ndim().wrapping_sub(2);
    if !(1..=3).contains(&d) {
        return Err(Error::value(op, format!("takes (n, one to three spatial axes, channels), not {}", text())));
    }
    if weight.ndim() != x.ndim() {
        return Err(Error::value(op, format!("the weight has as many axes as the input, (outputs, kernel.., channels): {}", text())));
    }
    let dtype = promote(x.dtype(), weight.dtype());
    if !dtype.is_inexact() {
        return Err(Error::value(op, format!("takes floating-point or complex operands, not {}", text())));
    }
    let groups = how.group_count();
    let (channels, outputs, inner) = (x.shape()[d + 1], weight.shape()[0], weight.shape()[d + 1]);
    if groups == 0 || channels % groups != 0 || outputs % groups != 0 {
        return Err(Error::value(op, format!("{channels} channels and {outputs} outputs do not make {groups} groups: {}", text())));
    }
    if inner != channels / groups {
        return Err(Error::value(
            op,
            format!("{inner} channels of the weight for {} of the input in each of {groups} groups: {}", channels / groups, text()),
        ));
    }
    let (places, kernel) = (&x.shape()[1..d + 1], &weight.shape()[1..d + 1]);
    if kernel.contains(&0) {
        return Err(Error::value(op, format!("the kernel has no elements: {}", text())));
    }
    let stride = how.stride.positive(op, "stride", d)?;
    let dilation = how.kernel_dilation.positive(op, "kernel dilation", d)?;
    let spread = how.input_dilation.positive(op, "input dilation", d)?;
    let (low, high) = (how.low.resolve(op, "padding", d, 0)?, how.high.resolve(op, "padding", d, 0)?);
    let mut windows: SmallVec<[Window; 3]> = SmallVec::new();
    for i in 0..d {
        let size = |n: usize, apart: usize| n.checked_sub(1).map_or(Some(0), |m| m.checked_mul(apart)?.checked_add(1)).map(|n| n as i64);
        let room = size(places[i], spread[i]).and_then(|n| n.checked_add(low[i])?.checked_add(high[i]));
        let (Some(room), Some(span)) = (room, size(kernel[i], dilation[i])) else {
            return Err(Error::value(op, format!("the padded size of axis {} does not fit: {}", i + 1, text())));
        };
        if room < span {
            let text = format!("the kernel spans {span} elements of axis {}, which has {room} with its padding: {}", i + 1, text());
            return Err(Error::value(op, text));
        }
        let out = (room - span) as usize / stride[i] + 1;
        windows.push(Window { out, stride: stride[i], dilation: dilation[i], spread: spread[i], low: low[i] as isize });
    }
    crate::ops::create::checked(op, crate::ops::Shape(around(&[x.shape()[0]], windows.iter().map(|w| w.out), &[outputs])), dtype)?;
    let (x, mut w) = (crate::ops::astype(x, dtype)?, crate::ops::astype(weight, dtype)?);
    let still = windows.iter().all(|w| w.stride == 1 && w.spread == 1 && w.low == 0) && high.iter().all(|&h| h == 0);
    if groups == 1 && still && kernel.iter().all(|&k| k == 1) {
        return crate::ops::matmul(&x, &view::reshape_to(&w, smallvec![outputs, channels])?.t());
    }
    if how.flip {
        w = crate::ops::flip(&w, (1..d as i64 + 1).collect::<Vec<i64>>())?;
    }
    let n = x.shape()[0];
    let x = view::reshape_to(&x, around(&[1, n], places.iter().copied(), &[groups, inner]))?;
    let w = view::reshape_to(&w, around(&[1, groups, outputs / groups], kernel.iter().copied(), &[inner]))?;
    let out: SmallVec<[usize; 3]> = windows.iter().map(|w| w.out).collect();
    let y = apply(Convolution { windows, turned: false }, &[&x, &w])?;
    view::reshape_to(&y, around(&[n], out, &[outputs]))
}

/// The same for an input of `d` spatial axes.
#[track_caller]
fn of_rank(op: &str, d: usize, x: &Array, weight: &Array, how: &Conv) -> Result<Array> {
    if x.ndim() != d + 2 {
        let text = format!("takes an input of {} axes, (n, {d} spatial, channels), not {}", d + 2, crate::ops::describe(&[x, weight]));
        return Err(Error::value(op, text));
    }
    convolution(op, x, weight, how)
}

/// The convolution that the transposed one is.
#[track_caller]
fn transposed(op: &str, d: usize, x: &Array, weight: &Array, how: &ConvTranspose) -> Result<Array> {
    if weight.ndim() != d + 2 {
        return Err(Error::value(op, format!("takes a weight of {} axes, not {}", d + 2, crate::ops::describe(&[x, weight]))));
    }
    let dilation = how.dilation.positive(op, "dilation", d)?;
    let (padding, more) = (how.padding.resolve(op, "padding", d, 0)?, how.output_padding.resolve(op, "output padding", d, 0)?);
    let span = |i: usize| (weight.shape()[i + 1] as i64 - 1) * dilation[i] as i64;
    let low: Vec<i64> = (0..d).map(|i| span(i) - padding[i]).collect();
    let high: Vec<i64> = (0..d).map(|i| low[i] + more[i]).collect();
    let conv = Conv::default().padding_sides(&low[..], &high[..]).dilation(how.dilation.clone()).input_dilation(how.stride.clone());
    of_rank(op, d, x, weight, &Conv { groups: how.groups, ..conv.flip(true) })
}

op! {
    /// The convolution of `(n, places.., channels)`, of one to three spatial axes, with `weight`, `(outputs, kernel.., channels / groups)`:
    /// `(n, windows.., outputs)`. Without `flip` it is a cross-correlation, as layers use it. Dtypes promote; the result is inexact.
    ///
    /// # Errors
    /// A value error for other shapes, sizes that are not positive, or a kernel that spans more than the padded input.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Conv;
    /// let x = array![1.0, 2.0, 3.0, 4.0].reshape([1, 4, 1]);
    /// let w = array![1.0, 10.0].reshape([1, 2, 1]);
    /// let y = x.conv_general(&w, &Conv::default().padding_sides(1, 0).flip(true));
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 12.0, 23.0, 34.0]);
    /// ```
    pub fn conv_general(x, weight: &Array, how: &Conv) -> Array {
        convolution("conv_general", x, weight, how)
    }

    /// The convolution of `(n, length, channels)` with `(outputs, kernel, channels / groups)`.
    ///
    /// # Errors
    /// As for `conv_general`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Conv;
    /// let (x, w) = (Array::ones([1, 5, 2], Dtype::F32), Array::ones([3, 2, 2], Dtype::F32));
    /// assert_eq!(x.conv1d(&w, &Conv::default()).shape(), [1, 4, 3]);
    /// ```
    pub fn conv1d(x, weight: &Array, how: &Conv) -> Array {
        of_rank("conv1d", 1, x, weight, how)
    }

    /// The convolution of `(n, height, width, channels)` with `(outputs, height, width, channels / groups)`.
    ///
    /// # Errors
    /// As for `conv_general`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Conv;
    /// let (x, w) = (Array::ones([1, 5, 5, 2], Dtype::F32), Array::ones([3, 3, 3, 2], Dtype::F32));
    /// assert_eq!(x.conv2d(&w, &Conv::default().padding(1)).shape(), [1, 5, 5, 3]);
    /// ```
    pub fn conv2d(x, weight: &Array, how: &Conv) -> Array {
        of_rank("conv2d", 2, x, weight, how)
    }

    /// The convolution of `(n, depth, height, width, channels)` with `(outputs, depth, height, width, channels / groups)`.
    ///
    /// # Errors
    /// As for `conv_general`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Conv;
    /// let (x, w) = (Array::ones([1, 4, 4, 4, 2], Dtype::F32), Array::ones([3, 2, 2, 2, 2], Dtype::F32));
    /// assert_eq!(x.conv3d(&w, &Conv::default().stride(2)).shape(), [1, 2, 2, 2, 3]);
    /// ```
    pub fn conv3d(x, weight: &Array, how: &Conv) -> Array {
        of_rank("conv3d", 3, x, weight, how)
    }

    /// The transpose of a convolution, as its gradient has it, of `(n, length, channels)` with `(outputs, kernel, channels / groups)`.
    ///
    /// # Errors
    /// As for `conv_general`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::ConvTranspose;
    /// let x = array![1.0, 2.0].reshape([1, 2, 1]);
    /// let w = array![1.0, 10.0, 100.0].reshape([1, 3, 1]);
    /// let y = x.conv_transpose1d(&w, &ConvTranspose::default().stride(2));
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 10.0, 102.0, 20.0, 200.0]);
    /// ```
    pub fn conv_transpose1d(x, weight: &Array, how: &ConvTranspose) -> Array {
        transposed("conv_transpose1d", 1, x, weight, how)
    }

    /// The transpose of a convolution of `(n, height, width, channels)` with `(outputs, height, width, channels / groups)`.
    ///
    /// # Errors
    /// As for `conv_general`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::ConvTranspose;
    /// let (x, w) = (Array::ones([1, 4, 4, 2], Dtype::F32), Array::ones([3, 2, 2, 2], Dtype::F32));
    /// assert_eq!(x.conv_transpose2d(&w, &ConvTranspose::default().stride(2)).shape(), [1, 8, 8, 3]);
    /// ```
    pub fn conv_transpose2d(x, weight: &Array, how: &ConvTranspose) -> Array {
        transposed("conv_transpose2d", 2, x, weight, how)
    }

    /// The transpose of a convolution of `(n, depth, height, width, channels)` with `(outputs, depth, height, width, channels / groups)`.
    ///
    /// # Errors
    /// As for `conv_general`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::ConvTranspose;
    /// let (x, w) = (Array::ones([1, 2, 2, 2, 2], Dtype::F32), Array::ones([3, 2, 2, 2, 2], Dtype::F32));
    /// assert_eq!(x.conv_transpose3d(&w, &ConvTranspose::default()).shape(), [1, 3, 3, 3, 3]);
    /// ```
    pub fn conv_transpose3d(x, weight: &Array, how: &ConvTranspose) -> Array {
        transposed("conv_transpose3d", 3, x, weight, how)
    }

    /// The convolution of two sequences.
    ///
    /// # Errors
    /// A value error for arrays that are no sequences or empty, or dtypes that `conv_general` refuses.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::ConvMode;
    /// let y = array![1.0, 2.0, 3.0].convolve(&array![0.0, 1.0, 0.5], ConvMode::Same);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 2.5, 4.0]);
    /// ```
    pub fn convolve(x, y: &Array, mode: ConvMode) -> Array {
        if x.ndim() != 1 || y.ndim() != 1 || x.size() == 0 || y.size() == 0 {
            return Err(Error::value("convolve", format!("takes two sequences that are not empty, not {}", crate::ops::describe(&[x, y]))));
        }
        let (long, short) = if x.size() < y.size() { (y, x) } else { (x, y) };
        let more = short.size() as i64 - 1;
        let (low, high) = match mode {
            ConvMode::Full => (more, more),
            ConvMode::Same => (more - more / 2, more / 2),
            ConvMode::Valid => (0, 0),
        };
        let line = |a: &Array| view::reshape_to(a, smallvec![1, a.size(), 1]);
        let z = convolution("convolve", &line(long)?, &line(short)?, &Conv::default().padding_sides(low, high).flip(true))?;
        let n = z.shape()[1];
        view::reshape_to(&z, smallvec![n])
    }
}
