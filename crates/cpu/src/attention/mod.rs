//! Attention without a matrix of queries by keys: a block of queries meets a block of keys at a time, with the product's own kernels, and
//! the softmax goes along ("online": the largest score so far, the sum of weights, and what was summed, rescaled when the former grows).
//!
//! Scores lie transposed, a key a row: that is how the second product takes its left side, and the softmax runs down registers of
//! queries. Blocks of keys start at multiples of [`KEYS`] and keep their order, so the bits of a query's result depend on its keys alone.

mod backward;
mod forward;
mod number;

use crate::dtypes::with_type;
use crate::isa::isa;
use crate::matmul::pack::{Kind, Side, Widen, pack_real};
use crate::matmul::scratch::{Pieces, Shared};
use crate::matmul::tile::{Tiled, Tiles};
use lazulite_base::backend::Kernel;
use lazulite_base::dtype::Dtype;
use lazulite_base::work::{Attention, AttentionGrad, View};
use number::Number;
use std::ops::Range;
use std::sync::Arc;

/// Keys of a block.
const KEYS: usize = 256;
/// Queries of a block, at most.
const QUERIES: usize = 112;
/// Queries below which keys are read where they lie.
const FEW: usize = 4;

/// Steps along batch, heads, rows and features.
type Steps = [isize; 4];

fn steps(v: &View) -> Steps {
    std::array::from_fn(|i| v.strides[i])
}

/// Steps of a row-major array of (batch, rows, heads, features), in the order batch, heads, rows, features.
fn rows_first(rows: usize, heads: usize, features: usize) -> Steps {
    let (r, h, f) = (rows as isize, heads as isize, features as isize);
    [r * h * f, f, h * f, 1]
}

fn at(steps: Steps, b: usize, h: usize, row: usize) -> isize {
    b as isize * steps[0] + h as isize * steps[1] + row as isize * steps[2]
}

/// A mask: bool or of the number's own dtype.
struct Mask {
    steps: Steps,
    bool: bool,
}

/// Sizes and layouts, and what of a score is a power of two.
struct Shape<E: 'static> {
    tiles: &'static Tiles<E>,
    batch: usize,
    heads: usize,
    /// Heads that share keys.
    each: usize,
    queries: usize,
    keys: usize,
    features: usize,
    /// Features of the values.
    values: usize,
    q: Steps,
    k: Steps,
    v: Steps,
    mask: Option<Mask>,
    /// Steps of the sinks along batch, heads, queries.
    sinks: Option<Steps>,
    /// How far after a query its last key is.
    causal: Option<isize>,
    scale: E,
}

/// Units of log 2 in one of the natural logarithm.
const LOG2_E: f64 = std::f64::consts::LOG2_E;

impl<E: Number> Shape<E>
where
    u8: Widen<E>,
{
    fn new(a: &Attention) -> Shape<E> {
        let [batch, heads, queries, features] = std::array::from_fn(|i| a.q.dims[i]);
        Shape {
            tiles: E::tiles(isa()),
            batch,
            heads,
            each: heads / a.k.dims[1].max(1),
            queries,
            keys: a.k.dims[2],
            features,
            values: a.v.dims[3],
            q: steps(&a.q),
            k: steps(&a.k),
            v: steps(&a.v),
            mask: a.mask.as_ref().map(|m| Mask { steps: steps(m), bool: m.dtype == Dtype::Bool }),
            sinks: a.sinks.as_ref().map(|s| [s.strides[0], s.strides[1], 0, 0]),
            causal: a.causal.then_some(a.k.dims[2] as isize - a.q.dims[2] as isize),
            scale: E::of(a.scale.as_f64() * LOG2_E),
        }
    }

    /// Blocks of queries.
    fn blocks(&self) -> usize {
        self.queries.div_ceil(QUERIES)
    }

    /// The queries of a block.
    fn block(&self, i: usize) -> Range<usize> {
        self.queries * i / self.blocks()..self.queries * (i + 1) / self.blocks()
    }

    /// The width of a block of `rows` queries: whole registers.
    fn width(&self, rows: usize) -> usize {
        rows.next_multiple_of(self.tiles.lanes)
    }

    /// How many keys the queries of a block see, or all if one of them sees none.
    fn limit(&self, rows: &Range<usize>) -> usize {
        match self.causal {
            Some(c) if rows.start as isize + c >= 0 => ((rows.end as isize + c) as usize).min(self.keys),
            _ => self.keys,
        }
    }

    /// Whether all these queries see all these keys, as far as `causal` goes.
    fn plain(&self, rows: &Range<usize>, keys: &Range<usize>) -> bool {
        self.causal.is_none_or(|c| keys.end as isize - 1 <= rows.start as isize + c)
    }

    /// Copies rows of an operand as they are, a row after the other.
    unsafe fn copy_rows<K: Kind<E = E>>(&self, x: *const K, s: Steps, rows: usize, n: usize, to: *mut E) {
        // SAFETY: the caller's promise.
        unsafe { K::pack(self.tiles, Side::B, x, s[3], n, s[2], rows, to, n, true) };
    }

    /// Rows of an operand as they are: where they lie if that will do, else copied to `to`; and their step.
    unsafe fn rows<K: Kind<E = E>>(&self, x: *const K, s: Steps, rows: usize, n: usize, to: *mut E) -> (*const E, usize) {
        if K::DIRECT && s[3] == 1 {
            return (x.cast(), s[2] as usize);
        }
        // SAFETY: the caller's promise.
        unsafe { self.copy_rows::<K>(x, s, rows, n, to) };
        (to, n)
    }

    /// Copies rows of an operand side by side: a feature after the other, `width` apart, what is no row being zero.
    unsafe fn turn<K: Kind<E = E>>(&self, x: *const K, s: Steps, rows: usize, n: usize, to: *mut E, width: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            K::pack(self.tiles, Side::B, x, s[2], rows, s[3], n, to, width, true);
            (0..n).for_each(|f| to.add(f * width + rows).write_bytes(0, width - rows));
        }
    }

    /// Rows of an operand in panels, for the left side of a product.
    unsafe fn panels<K: Kind<E = E>>(&self, x: *const K, s: Steps, rows: usize, n: usize, to: *mut E) {
        for panel in Panels::of(self.tiles, rows) {
            let x = x.wrapping_offset(panel.start as isize * s[2]);
            // SAFETY: the caller's promise.
            unsafe { K::pack(self.tiles, Side::A, x, s[2], panel.len(), s[3], n, to.add(panel.start * n), panel.len(), true) };
        }
    }

    /// Leaves out what a mask leaves out of `keys` by `rows` scores times `scale`, and adds what it adds. False if there is nothing to
    /// do, and scores are as they were. `room` is for as many numbers.
    #[allow(clippy::too_many_arguments)]
    unsafe fn mask<K: Kind<E = E>>(
        &self,
        mask: *const u8,
        [b, h]: [usize; 2],
        rows: &Range<usize>,
        keys: &Range<usize>,
        s: *mut E,
        width: usize,
        room: *mut E,
    ) -> bool {
        let plain = self.plain(rows, keys);
        if self.mask.is_none() && plain {
            return false;
        }
        // SAFETY: the caller's promise, throughout.
        unsafe {
            number::multiply(s, keys.len() * width, self.scale);
            if let Some(Mask { steps, bool: false }) = self.mask {
                let from = (mask as *const K).offset(at(steps, b, h, rows.start) + keys.start as isize * steps[3]);
                self.turn::<K>(from, steps, rows.len(), keys.len(), room, width);
                number::add_mask(s, room, keys.len() * width, E::of(LOG2_E));
            }
            if let Some(Mask { steps, bool: true }) = self.mask {
                let from = mask.offset(at(steps, b, h, rows.start) + keys.start as isize * steps[3]);
                pack_real::<u8, E>(self.tiles, false, from, steps[2], rows.len(), steps[3], keys.len(), room, width, true);
                number::leave_out(s, room, keys.len() * width);
            }
            self.after(rows, keys, |key, row| *s.add(key * width + row) = E::LOWEST);
        }
        true
    }

    /// Calls `f(key, row)` for each pair that causality leaves out, counted from the block's first.
    fn after(&self, rows: &Range<usize>, keys: &Range<usize>, mut f: impl FnMut(usize, usize)) {
        if let Some(c) = self.causal.filter(|_| !self.plain(rows, keys)) {
            for key in 0..keys.len() {
                let first = (keys.start + key) as isize - c - rows.start as isize;
                (0..first.clamp(0, rows.len() as isize) as usize).for_each(|row| f(key, row));
            }
        }
    }

    /// Calls `f(key, row)` for each pair that causality or a mask of bool leaves out, counted from the block's first.
    unsafe fn hidden(
        &self,
        mask: *const u8,
        [b, h]: [usize; 2],
        rows: &Range<usize>,
        keys: &Range<usize>,
        mut f: impl FnMut(usize, usize),
    ) {
        if let Some(Mask { steps, bool: true }) = self.mask {
            for row in 0..rows.len() {
                let from = mask.wrapping_offset(at(steps, b, h, rows.start + row) + keys.start as isize * steps[3]);
                for key in 0..keys.len() {
                    // SAFETY: the caller's promise: the mask lies there.
                    if unsafe { *from.wrapping_offset(key as isize * steps[3]) } == 0 {
                        f(key, row);
                    }
                }
            }
        }
        self.after(rows, keys, f);
    }

    /// A sink's score.
    unsafe fn sink<K: Kind<E = E>>(&self, sinks: *const u8, b: usize, h: usize, row: usize) -> Option<E> {
        let s = self.sinks?;
        let mut x = E::default();
        // SAFETY: the caller's promise.
        unsafe { K::pack(self.tiles, Side::B, (sinks as *const K).offset(at(s, b, h, row)), 1, 1, 1, 1, &mut x, 1, true) };
        Some(x * E::of(LOG2_E))
    }

    /// `c (+)= a * b` for panels of a (`k` steps), and rows of b `step` apart of `n` numbers.
    #[allow(clippy::too_many_arguments)]
    unsafe fn product(&self, a: A<E>, lines: usize, k: usize, b: *const E, step: usize, n: usize, c: *mut E, pitch: usize, add: bool) {
        let lanes = self.tiles.lanes;
        for panel in Panels::of(self.tiles, lines) {
            let (a, sa) = match a {
                A::Panels(a) => (a.wrapping_add(panel.start * k), panel.len()),
                A::Columns(a, width) => (a.wrapping_add(panel.start), width),
            };
            for j in (0..n).step_by(2 * lanes) {
                let n = (n - j).min(2 * lanes);
                let f = self.tiles.by_rows[panel.len() - 1][(n > lanes) as usize];
                // SAFETY: the caller's promise.
                unsafe { f(k, a, sa, b.wrapping_add(j), step, c.add(panel.start * pitch + j), pitch, n, add) };
            }
        }
    }
}

/// The left side of a product.
#[derive(Clone, Copy)]
enum A<E> {
    /// In panels of rows.
    Panels(*const E),
    /// A step after the other, so far apart.
    Columns(*const E, usize),
}

/// Panels of rows, about equally high.
struct Panels {
    rows: usize,
    count: usize,
    next: usize,
}

impl Panels {
    fn of<E: Tiled>(tiles: &Tiles<E>, rows: usize) -> Panels {
        Panels { rows, count: rows.div_ceil(tiles.by_rows.len()), next: 0 }
    }
}

impl Iterator for Panels {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.next == self.count {
            return None;
        }
        self.next += 1;
        Some(self.rows * (self.next - 1) / self.count..self.rows * self.next / self.count)
    }
}

/// The kernel; `None` for what is no float.
pub fn kernel(a: &Attention) -> Option<Arc<dyn Kernel>> {
    with_type!(a.q.dtype, T: float => Some(Arc::new(forward::Forward::<T>::new(a))), else => None)
}

/// The gradient's kernel; `None` for what is no float.
pub fn gradient(g: &AttentionGrad) -> Option<Arc<dyn Kernel>> {
    with_type!(g.of.q.dtype, T: float => Some(Arc::new(backward::Backward::<T>::new(g))), else => None)
}
