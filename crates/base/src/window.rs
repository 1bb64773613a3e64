//! The windows of a convolution, and the phases that they fall into where the input is spread apart.

use crate::shape::{contiguous, size};
use crate::work::View;
use smallvec::SmallVec;

/// How a convolution's windows lie along one spatial axis: element `k` of the kernel meets output `i` at place `i * stride + k * dilation -
/// low` of the input, whose elements lie `spread` places apart. Other places hold zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// Outputs along the axis.
    pub out: usize,
    /// Places from an output's window to the next one's.
    pub stride: usize,
    /// Places from an element of the kernel to the next.
    pub dilation: usize,
    /// Places from an element of the input to the next.
    pub spread: usize,
    /// Places before the first element of the input.
    pub low: isize,
}

/// Some outputs along one axis, and the elements of the kernel that meet data there: an ordinary convolution, whose input is not spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phase {
    /// The first output, and how far apart they lie.
    pub out: usize,
    /// See above.
    pub period: usize,
    /// How many outputs.
    pub outputs: usize,
    /// The first element of the kernel, and how far apart they lie.
    pub kernel: usize,
    /// See above.
    pub skip: usize,
    /// How many elements of the kernel.
    pub elements: usize,
    /// The element of the input that the first element of the kernel meets in the first window; may be outside.
    pub start: isize,
    /// Elements of the input from a window to the next.
    pub stride: isize,
    /// Elements of the input from an element of the kernel to the next.
    pub dilation: isize,
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Window {
    /// The phases that the outputs fall into, for a kernel of `size` elements. Which elements meet data depends on the output's index
    /// modulo a period alone.
    pub fn phases(&self, size: usize) -> Vec<Phase> {
        let period = self.spread / gcd(self.stride, self.spread);
        let skip = self.spread / gcd(self.dilation, self.spread);
        let place = |i: usize, k: usize| (i * self.stride + k * self.dilation) as isize - self.low;
        let phase = |r: usize| {
            let kernel = (0..skip.min(size)).find(|&k| place(r, k).rem_euclid(self.spread as isize) == 0).unwrap_or(size);
            Phase {
                out: r,
                period,
                outputs: (self.out - r).div_ceil(period),
                kernel,
                skip,
                elements: (size - kernel).div_ceil(skip),
                start: place(r, kernel.min(size)).div_euclid(self.spread as isize),
                stride: (period * self.stride / self.spread) as isize,
                dilation: (skip * self.dilation / self.spread) as isize,
            }
        };
        (0..period.min(self.out)).map(phase).collect()
    }
}

/// Every combination of the axes' phases, for a kernel of these sizes.
pub fn phases(windows: &[Window], kernel: &[usize]) -> Vec<SmallVec<[Phase; 3]>> {
    windows.iter().zip(kernel).fold(vec![SmallVec::new()], |all, (w, &k)| {
        let phases = w.phases(k);
        let with = |p: &SmallVec<[Phase; 3]>| phases.iter().map(|&l| p.iter().copied().chain([l]).collect()).collect::<Vec<_>>();
        all.iter().flat_map(with).collect()
    })
}

/// How many elements the output of a convolution has, and the strides of its axes: of b, g, n and o, and of the spatial ones.
pub fn outputs(x: &View, w: &View, windows: &[Window], turned: bool) -> (usize, [isize; 4], SmallVec<[isize; 3]>) {
    let d = windows.len();
    let (b, n, g, o) = (x.dims[0], x.dims[1], x.dims[2 + d], w.dims[2]);
    let out = windows.iter().map(|w| w.out);
    let dims: SmallVec<[usize; 8]> =
        if turned { [b, g, o].into_iter().chain(out).chain([n]).collect() } else { [b, n].into_iter().chain(out).chain([g, o]).collect() };
    let s = contiguous(&dims);
    let (named, first) = if turned { ([s[0], s[1], s[d + 3], s[2]], 3) } else { ([s[0], s[d + 2], s[1], s[d + 3]], 2) };
    (size(&dims), named, s[first..first + d].iter().copied().collect())
}
