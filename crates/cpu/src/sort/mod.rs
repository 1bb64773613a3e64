//! Sorting along the last axis, ascending, NaN last: values, the indices of a stable sort, and the indices of a partition.
//!
//! Elements become unsigned words (with their index in the low bits where that is asked for, so that any sort of the words is a stable one).
//! With AVX-512 words of four bytes to sort and more go through a vector quicksort. Without it many rows of moderate length go through a
//! sorting network, a lane a row. Long rows and those of few bytes are sorted by radix, the others by comparison.

pub mod network;
#[cfg(target_arch = "x86_64")]
pub mod quick;
mod words;

use crate::dtypes::with_type;
use crate::order::Ordered;
use crate::threads;
use crate::walk::Walk;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::View;
use network::LANES;
use num_complex::Complex32;
use std::marker::PhantomData;
use std::sync::Arc;
use words::{Entry, Indices, Values, Word};

/// Lone rows of at least so many elements are sorted by radix.
const RADIX: usize = 512;
/// Rows of at most so many elements go through the network: beyond, its stages outweigh radix.
const NETWORK: usize = 8192;

/// A kernel over the rows of a view.
struct Rows<E, const PLACE: bool> {
    rows: Walk<1>,
    n: usize,
    stride: isize,
    /// The place of a partition.
    kth: usize,
    of: PhantomData<fn() -> E>,
}

fn rows<E: Entry, const PLACE: bool>(x: &View, kth: usize) -> Option<Arc<dyn Kernel>>
where
    Rows<E, PLACE>: Kernel + 'static,
{
    let last = x.dims.len().checked_sub(1)?;
    let (rows, n, stride) = (Walk::new(&x.dims[..last], [&x.strides[..last]]), x.dims[last], x.strides[last]);
    (E::INDEX == 0 || u32::try_from(n).is_ok()).then(|| Arc::new(Rows::<E, PLACE> { rows, n, stride, kth, of: PhantomData }) as _)
}

/// The kernel of an argsort; `None` for a scalar or a row too long for 32-bit indices.
pub fn indices(x: &View) -> Option<Arc<dyn Kernel>> {
    with_type!(x.dtype, T: any => rows::<Indices<T>, false>(x, 0))
}

/// The kernel of an argpartition; `None` as for [`indices`].
pub fn places(x: &View, kth: usize) -> Option<Arc<dyn Kernel>> {
    with_type!(x.dtype, T: any => rows::<Indices<T>, true>(x, kth))
}

/// The kernel of a sort; `None` for a scalar.
pub fn values(x: &View) -> Option<Arc<dyn Kernel>> {
    with_type!(x.dtype, T: real => rows::<Values<T>, false>(x, 0), else => {
        let last = x.dims.len().checked_sub(1)?;
        let (rows, n, stride) = (Walk::new(&x.dims[..last], [&x.strides[..last]]), x.dims[last], x.strides[last]);
        Some(Arc::new(Complex { rows, n, stride }))
    })
}

/// Sorts words by their bytes `low..high`, stably; the result is in `a`.
fn radix<W: Word>(a: &mut Vec<W>, b: &mut Vec<W>, low: usize, high: usize) {
    b.resize(a.len(), W::default());
    let mut counts = [[0u32; 256]; 16];
    for &w in a.iter() {
        (low..high).for_each(|d| counts[d][w.byte(d)] += 1);
    }
    for (d, count) in counts.iter_mut().enumerate().take(high).skip(low) {
        if count.contains(&(a.len() as u32)) {
            continue;
        }
        let mut sum = 0;
        count.iter_mut().for_each(|c| sum += std::mem::replace(c, sum));
        for &w in a.iter() {
            let place = &mut count[w.byte(d)];
            b[*place as usize] = w;
            *place += 1;
        }
        std::mem::swap(a, b);
    }
}

impl<E: Entry, const PLACE: bool> Rows<E, PLACE> {
    /// The row's elements as words.
    ///
    /// # Safety
    /// A row lies at `x`.
    unsafe fn read(&self, x: *const E::Item, words: &mut Vec<E::Word>) {
        words.clear();
        // SAFETY: the caller's promise.
        words.extend((0..self.n).map(|i| E::enter(unsafe { *x.offset(i as isize * self.stride) }, i)));
    }

    /// Sorts a row.
    ///
    /// # Safety
    /// A row lies at `x`, and its results at `out`.
    unsafe fn row(&self, x: *const E::Item, out: *mut E::Out, quick: Option<fn(&mut [E::Word])>) {
        E::Word::buffers(|words, other| {
            // SAFETY: the caller's promise.
            unsafe { self.read(x, words) };
            if let Some(sort) = quick {
                sort(words);
            } else if self.n >= RADIX && u32::try_from(self.n).is_ok() {
                radix(words, other, E::INDEX, E::Word::BYTES - E::EMPTY);
            } else {
                words.sort_unstable();
            }
            // SAFETY: the caller's promise.
            words.iter().enumerate().for_each(|(i, &w)| unsafe { *out.add(i) = E::leave(w) });
        });
    }

    /// Partitions a row: the words below that at the place in their order, it, and those above in their order.
    ///
    /// # Safety
    /// As for `row`.
    unsafe fn part(&self, x: *const E::Item, out: *mut E::Out) {
        E::Word::buffers(|words, other| {
            // SAFETY: the caller's promise.
            unsafe { self.read(x, words) };
            other.clear();
            other.extend_from_slice(words);
            let pivot = *other.select_nth_unstable(self.kth).1;
            let (mut below, mut above) = (0, self.kth + 1);
            for &w in words.iter() {
                let at = if w == pivot {
                    self.kth
                } else if w < pivot {
                    below += 1;
                    below - 1
                } else {
                    above += 1;
                    above - 1
                };
                // SAFETY: the caller's promise; no more than `kth` words are below.
                unsafe { *out.add(at) = E::leave(w) };
            }
        });
    }

    /// Sorts rows that lie `step` apart through the network, sixteen at a time; their results are row-major.
    ///
    /// # Safety
    /// `count` rows lie there, and their results at `out`.
    unsafe fn together(&self, x: *const E::Item, step: isize, count: usize, out: *mut E::Out) {
        thread_local! {
            static TILE: std::cell::RefCell<Vec<u128>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        TILE.with_borrow_mut(|tile| {
            tile.resize((self.n * LANES * size_of::<E::Word>()).div_ceil(size_of::<u128>()), 0);
            // SAFETY: as many words fit into the tile, which is aligned for any, and any bits are a word.
            let tile = unsafe { std::slice::from_raw_parts_mut(tile.as_mut_ptr().cast::<[E::Word; LANES]>(), self.n) };
            for first in (0..count).step_by(LANES) {
                let lanes = (count - first).min(LANES);
                // A lane without a row repeats the first.
                let row = |l: usize| (first + if l < lanes { l } else { 0 }) as isize * step;
                if step == 1 && lanes == LANES {
                    for (i, t) in tile.iter_mut().enumerate() {
                        // SAFETY: the caller's promise; the rows' elements lie side by side.
                        let v = unsafe { x.offset(row(0) + i as isize * self.stride).cast::<[E::Item; LANES]>().read_unaligned() };
                        *t = v.map(|v| E::enter(v, i));
                    }
                } else {
                    for l in 0..LANES {
                        for (i, t) in tile.iter_mut().enumerate() {
                            // SAFETY: the caller's promise.
                            t[l] = E::enter(unsafe { *x.offset(row(l) + i as isize * self.stride) }, i);
                        }
                    }
                }
                network::sort(tile);
                for l in 0..lanes {
                    for (i, t) in tile.iter().enumerate() {
                        // SAFETY: the caller's promise.
                        unsafe { *out.add((first + l) * self.n + i) = E::leave(t[l]) };
                    }
                }
            }
        });
    }
}

impl<E: Entry, const PLACE: bool> Kernel for Rows<E, PLACE> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, out) = (args.inputs[0], args.outputs[0]);
        if self.n == 0 {
            return Ok(());
        }
        let (rows, step) = (self.rows.len(), self.rows.step()[0]);
        let stages = self.n.ilog2() as usize + 1;
        let quick = E::Word::quicksort().filter(|_| E::VECTORS);
        let network = E::VECTORS && quick.is_none() && !PLACE && rows >= LANES / 2 && self.n <= NETWORK;
        // Picoseconds a row.
        let cost = match (PLACE, network) {
            (true, _) => self.n * 3000,
            (_, true) => self.n * stages * 100 * (E::Word::BYTES / 4),
            _ if quick.is_some() => self.n * stages * 60 * E::Word::BYTES,
            _ if self.n >= RADIX => self.n * 10_000,
            _ => self.n * 1500 * stages,
        };
        let group = if network { LANES } else { 1 };
        threads::pieces(rows.div_ceil(group), cost * group, |range| {
            let range = range.start * group..(range.end * group).min(rows);
            self.rows.runs(range, |at, [offset], len| {
                // SAFETY: rows `at..at + len` lie there, and their results at the same place of the output.
                unsafe {
                    let (x, out) = ((x as *const E::Item).offset(offset), (out as *mut E::Out).add(at * self.n));
                    // Code for other words is never made.
                    #[allow(clippy::collapsible_if, reason = "only a constant alone keeps it from being made")]
                    if E::VECTORS {
                        if network {
                            return self.together(x, step, len, out);
                        }
                    }
                    for j in 0..len {
                        let (x, out) = (x.offset(j as isize * step), out.add(j * self.n));
                        if PLACE { self.part(x, out) } else { self.row(x, out, quick) }
                    }
                }
            });
        });
        Ok(())
    }
}

/// The values of complex rows, in the stable order of their keys: these don't tell zeros of different sign apart, so they cannot be turned
/// back into values.
struct Complex {
    rows: Walk<1>,
    n: usize,
    stride: isize,
}

impl Kernel for Complex {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, out) = (args.inputs[0], args.outputs[0]);
        let step = self.rows.step()[0];
        threads::pieces(self.rows.len(), self.n * 1500 * (self.n.max(1).ilog2() as usize + 1), |range| {
            self.rows.runs(range, |at, [offset], len| {
                for j in 0..len {
                    // SAFETY: row `at + j` lies there, and its results at the same place of the output.
                    unsafe {
                        let x = (x as *const Complex32).offset(offset + j as isize * step);
                        let out = std::slice::from_raw_parts_mut((out as *mut Complex32).add((at + j) * self.n), self.n);
                        out.iter_mut().enumerate().for_each(|(i, o)| *o = *x.offset(i as isize * self.stride));
                        out.sort_by_key(|v| v.up());
                    }
                }
            });
        });
        Ok(())
    }
}
