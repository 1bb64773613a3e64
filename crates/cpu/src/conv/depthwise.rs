//! Convolutions whose groups have one channel each and one output each: channels side by side in a register, nothing packed but the kernel.

use crate::isa::fast;
use crate::matmul::pack::{Kind, Widen};
use crate::matmul::scratch::Scratch;
use crate::matmul::vector::Real;
use crate::matmul::{PACKED, Shared, add};
use crate::threads;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::window::{outputs as layout, phases};
use lazulite_base::work::{Phase, View, Window};
use smallvec::SmallVec;
use std::ops::Range;

/// Channels that are summed side by side.
const CHUNK: usize = 64;
/// Groups below which products do better.
const GROUPS: usize = 8;
/// The most parts that the gradient of a kernel is summed in.
const PARTS: usize = 64;

/// A real kind.
pub trait Plain: Kind + Widen<Self::E> {}

impl<K: Kind + Widen<K::E>> Plain for K {}

/// A window that may be summed: offsets of its first elements in both operands.
#[derive(Clone, Copy, Default)]
struct Tap {
    x: isize,
    w: isize,
}

fast! {
    /// `sums[c] (+)= sum over count, then taps, of x[c] * w[c]`, `n` channels; x and w step on by `dx` and `dw`.
    unsafe fn dot[X: Copy + Widen<E>, W: Copy + Widen<E>, E: Real][X, W, E](
        x: *const X, w: *const W, taps: &[Tap], count: usize, dx: isize, dw: isize, n: usize, sums: *mut E, plus: bool,
    ) {
        let mut acc = [E::default(); CHUNK];
        for tap in taps {
            for i in 0..count as isize {
                // SAFETY: the caller's promise: so many elements lie there.
                let (x, w) = unsafe {
                    (std::slice::from_raw_parts(x.offset(tap.x + i * dx), n), std::slice::from_raw_parts(w.offset(tap.w + i * dw), n))
                };
                if let (Ok(x), Ok(w)) = (<&[X; CHUNK]>::try_from(x), <&[W; CHUNK]>::try_from(w)) {
                    for (a, (x, w)) in acc.iter_mut().zip(x.iter().zip(w)) {
                        *a = E::multiply_add(x.widen(), w.widen(), *a);
                    }
                } else {
                    acc.iter_mut().zip(x.iter().zip(w)).for_each(|(a, (x, w))| *a = E::multiply_add(x.widen(), w.widen(), *a));
                }
            }
        }
        // SAFETY: the caller's promise.
        let sums = unsafe { std::slice::from_raw_parts_mut(sums, n) };
        if plus {
            sums.iter_mut().zip(acc).for_each(|(s, a)| *s = *s + a);
        } else {
            sums.copy_from_slice(&acc[..n]);
        }
    }
}

/// The kernel.
pub struct Depthwise<K: Plain> {
    /// Of x: (b, n, places.., g, c).
    x: View,
    w: View,
    /// Strides of the output: b, g, n, o.
    named: [isize; 4],
    /// Along i...
    out: SmallVec<[isize; 3]>,
    phases: Vec<SmallVec<[Phase; 3]>>,
    outputs: SmallVec<[usize; 3]>,
    turned: bool,
    size: usize,
    _kind: std::marker::PhantomData<K>,
}

/// The positions of a space, in row-major order.
fn positions(sizes: &[usize]) -> impl Iterator<Item = SmallVec<[usize; 4]>> {
    let count = sizes.iter().product();
    (0..count).map(move |i| position(sizes, i))
}

fn position(sizes: &[usize], mut i: usize) -> SmallVec<[usize; 4]> {
    let mut at: SmallVec<[usize; 4]> = SmallVec::from_elem(0, sizes.len());
    for (p, &s) in at.iter_mut().zip(sizes).rev() {
        (*p, i) = (i % s, i / s);
    }
    at
}

/// The indices, of `count`, whose places `start + i * step` lie in `0..size`.
fn inside(start: isize, step: isize, size: usize, count: usize) -> Range<usize> {
    let first = (0..count).find(|&i| start + i as isize * step >= 0).unwrap_or(count);
    let end = (first..count).rev().find(|&i| start + (i as isize) * step < size as isize).map_or(first, |i| i + 1);
    first..end
}

impl<K: Plain> Depthwise<K> {
    /// `None` unless groups have one channel and one output each and lie side by side.
    pub fn new(x: &View, w: &View, windows: &[Window], turned: bool) -> Option<Depthwise<K>> {
        let d = windows.len();
        let (n, g, c, o) = (x.dims[1], x.dims[2 + d], x.dims[3 + d], w.dims[2]);
        let single = o == 1 && if turned { n == 1 && w.strides[1] == 1 } else { c == 1 };
        if !single || g < GROUPS || x.strides[2 + d] != 1 {
            return None;
        }
        let (size, named, out) = layout(x, w, windows, turned);
        let outputs = windows.iter().map(|w| w.out).collect();
        let phases = phases(windows, &w.dims[3..3 + d]);
        Some(Depthwise { x: x.clone(), w: w.clone(), named, out, phases, outputs, turned, size, _kind: std::marker::PhantomData })
    }

    fn groups(&self) -> usize {
        self.w.dims[1]
    }

    fn axes(&self) -> usize {
        self.out.len()
    }

    fn chunks(&self) -> impl Iterator<Item = Range<usize>> {
        let g = self.groups();
        (0..g).step_by(CHUNK).map(move |c| c..(c + CHUNK).min(g))
    }

    /// Every output of a row of windows, that is of one position along all spatial axes but the last.
    unsafe fn row(&self, x: *const K, kernel: *const K::E, out: *mut K, phase: &[Phase], at: &[usize], sums: *mut K::E) {
        let (last, g) = (self.axes() - 1, self.groups());
        let l = phase[last];
        let elements: SmallVec<[usize; 3]> = phase[..last].iter().map(|l| l.elements).collect();
        let full = &self.w.dims[3..];
        let mut taps: SmallVec<[Tap; 16]> = SmallVec::new();
        'taps: for q in positions(&elements) {
            let mut tap = Tap::default();
            for d in 0..last {
                let place = phase[d].start + at[d] as isize * phase[d].stride + q[d] as isize * phase[d].dilation;
                if place < 0 || place >= self.x.dims[2 + d] as isize {
                    continue 'taps;
                }
                tap.x += place * self.x.strides[2 + d];
                tap.w = (tap.w + (phase[d].kernel + q[d] * phase[d].skip) as isize) * full[d + 1] as isize;
            }
            tap.w *= g as isize;
            taps.push(tap);
        }
        let to: isize = (0..last).map(|d| (phase[d].out + at[d] * phase[d].period) as isize * self.out[d]).sum();
        let step = self.x.strides[2 + last];
        for chunk in self.chunks() {
            for t in 0..l.outputs {
                let start = l.start + t as isize * l.stride;
                let q = inside(start, l.dilation, self.x.dims[2 + last], l.elements);
                let x = x.wrapping_offset((start + q.start as isize * l.dilation) * step + chunk.start as isize);
                let w = kernel.wrapping_add((l.kernel + q.start * l.skip) * g + chunk.start);
                let to = to + (l.out + t * l.period) as isize * self.out[last];
                // SAFETY: the caller's promise; taps and elements are those within the input.
                unsafe {
                    dot(x, w, &taps, q.len(), l.dilation * step, (l.skip * g) as isize, chunk.len(), sums, false);
                    K::finish(sums, chunk.len(), 1, chunk.len(), out.wrapping_offset(to + chunk.start as isize), chunk.len());
                }
            }
        }
    }

    /// The kernel's elements as (elements, groups) in the number that is computed in.
    unsafe fn unfold(&self, w: *const K, to: *mut K::E) {
        let sizes = &self.w.dims[3..3 + self.axes()];
        for (i, q) in positions(sizes).enumerate() {
            let from: isize = q.iter().zip(&self.w.strides[3..]).map(|(&q, &s)| q as isize * s).sum();
            for g in 0..self.groups() {
                // SAFETY: the caller's promise.
                unsafe { *to.add(i * self.groups() + g) = (*w.offset(from + g as isize * self.w.strides[1])).widen() };
            }
        }
    }

    unsafe fn forward(&self, x: *const K, w: *const K, out: *mut K) -> Result<()> {
        let (last, n) = (self.axes() - 1, self.x.dims[1]);
        let elements: usize = self.w.dims[3..].iter().product();
        let scratch = Scratch::new(elements * self.groups() * size_of::<K::E>())?;
        let kernel = Shared(scratch.start::<K::E>());
        // SAFETY: the caller's promise; the scratch has room for the kernel.
        unsafe { self.unfold(w, kernel.at(0)) };
        let (x, out) = (Shared(x.cast_mut()), Shared(out));
        for phase in &self.phases {
            let sizes: SmallVec<[usize; 3]> = phase[..last].iter().map(|l| l.outputs).collect();
            let rows: usize = sizes.iter().product();
            let each: usize = phase.iter().map(|l| l.elements).product();
            let cost = phase[last].outputs * self.groups().div_ceil(16) * (each + 4) * 400;
            threads::pieces(n * rows, cost, |units| {
                let mut sums = [K::E::default(); CHUNK];
                for u in units {
                    let (i, at) = (u / rows, position(&sizes, u % rows));
                    let x = x.at(0).wrapping_offset(i as isize * self.x.strides[1]);
                    let out = out.at(0).wrapping_offset(i as isize * self.named[2]);
                    // SAFETY: the caller's promise; rows are each their own.
                    unsafe { self.row(x, kernel.at(0), out, phase, &at, sums.as_mut_ptr()) };
                }
            });
        }
        Ok(())
    }

    /// Adds what one row of the second operand's elements (all axes but the last fixed) contributes to every output of a phase.
    unsafe fn gather(&self, x: *const K, w: *const K, phase: &[Phase], at: &[usize], sums: *mut K::E) {
        let (last, g) = (self.axes() - 1, self.groups());
        let l = phase[last];
        let from: isize = (0..last).map(|d| (phase[d].kernel + at[d] * phase[d].skip) as isize * self.w.strides[3 + d]).sum();
        let sizes: SmallVec<[usize; 3]> = phase[..last].iter().map(|l| l.outputs).collect();
        let (step, along) = (self.x.strides[2 + last], self.w.strides[3 + last]);
        'outputs: for t in positions(&sizes) {
            let (mut base, mut to) = (0, 0);
            for d in 0..last {
                let place = phase[d].start + t[d] as isize * phase[d].stride + at[d] as isize * phase[d].dilation;
                if place < 0 || place >= self.x.dims[2 + d] as isize {
                    continue 'outputs;
                }
                base += place * self.x.strides[2 + d];
                to = (to + phase[d].out + t[d] * phase[d].period) * self.outputs[d + 1];
            }
            for t in 0..l.outputs {
                let start = l.start + t as isize * l.stride;
                let q = inside(start, l.dilation, self.x.dims[2 + last], l.elements);
                for chunk in self.chunks() {
                    let x = x.wrapping_offset(base + (start + q.start as isize * l.dilation) * step + chunk.start as isize);
                    let w = w.wrapping_offset(from + (l.kernel + q.start * l.skip) as isize * along + chunk.start as isize);
                    let to = sums.wrapping_add((to + l.out + t * l.period) * g + chunk.start);
                    // SAFETY: the caller's promise; elements are those within the input.
                    unsafe { dot(x, w, &[Tap::default()], q.len(), l.dilation * step, l.skip as isize * along, chunk.len(), to, true) };
                }
            }
        }
    }

    unsafe fn backward(&self, x: *const K, w: *const K, out: *mut K) -> Result<()> {
        let (last, c) = (self.axes() - 1, self.x.dims[3 + self.axes()]);
        let outputs: usize = self.outputs.iter().product();
        let many = outputs * self.groups();
        let scratch = Scratch::new(many * size_of::<K::E>())?;
        let sums = scratch.start::<K::E>();
        // SAFETY: the scratch has room for the sums; a zero of every float is zero bits.
        unsafe { sums.write_bytes(0, many) };
        let (x, w) = (Shared(x.cast_mut()), Shared(w.cast_mut()));
        for phase in &self.phases {
            let sizes: SmallVec<[usize; 4]> = [c].into_iter().chain(phase[..last].iter().map(|l| l.elements)).collect();
            let rows: usize = sizes.iter().product();
            let parts = (PACKED / many).clamp(1, PARTS).min(rows);
            let scratch = Scratch::new(parts * many * size_of::<K::E>())?;
            let memory = Shared(scratch.start::<K::E>());
            let each: usize = phase.iter().map(|l| l.outputs).product();
            let cost = (rows / parts.max(1) + 1) * phase[last].elements * each * self.groups().div_ceil(16) * 400;
            threads::pieces(parts, cost, |units| {
                for u in units {
                    let sums = memory.at(u * many);
                    // SAFETY: the scratch has room for every part's sums.
                    unsafe { sums.write_bytes(0, many) };
                    for row in rows * u / parts..rows * (u + 1) / parts {
                        let at = position(&sizes, row);
                        let x = x.at(0).wrapping_offset(at[0] as isize * self.x.strides[3 + last + 1]);
                        let w = w.at(0).wrapping_offset(at[0] as isize * self.w.strides[3 + last + 1]);
                        // SAFETY: the caller's promise.
                        unsafe { self.gather(x, w, phase, &at[1..], sums) };
                    }
                }
            });
            // SAFETY: the sums of all parts were written.
            (0..parts).for_each(|u| unsafe { add(sums, memory.at(u * many), many) });
        }
        for (i, t) in positions(&self.outputs).enumerate() {
            let to: isize = t.iter().zip(&self.out).map(|(&t, &s)| t as isize * s).sum();
            for g in 0..self.groups() {
                // SAFETY: the caller's promise.
                unsafe { K::finish(sums.add(i * self.groups() + g), 1, 1, 1, out.wrapping_offset(to + g as isize * self.named[1]), 1) };
            }
        }
        Ok(())
    }
}

impl<K: Plain> Kernel for Depthwise<K> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, w, out) = (args.inputs[0] as *const K, args.inputs[1] as *const K, args.outputs[0] as *mut K);
        if self.size == 0 {
            return Ok(());
        }
        for b in 0..self.x.dims[0] as isize {
            let x = x.wrapping_offset(b * self.x.strides[0]);
            let w = w.wrapping_offset(b * self.w.strides[0]);
            let out = out.wrapping_offset(b * self.named[0]);
            // SAFETY: the caller's promise.
            unsafe { if self.turned { self.backward(x, w, out)? } else { self.forward(x, w, out)? } };
        }
        Ok(())
    }
}
