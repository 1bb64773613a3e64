//! The gated delta rule (Yang et al. 2024), step after step: heads and, forwards, rows of a state are independent of each other and
//! shared out to threads; a state stays in the cache for the whole sequence.
//!
//! The order of every sum is fixed by the sizes alone.

mod backward;
mod forward;

use crate::dtypes::with_type;
use crate::matmul::pack::{Kind, Side};
use crate::matmul::tile::{Tiled, Tiles};
use lazulite_base::backend::{Address, Kernel};
use lazulite_base::work::{GatedDelta, GatedDeltaGrad, View};
use lazulite_base::{Error, ErrorKind};
use std::sync::Arc;

/// Numbers that are computed side by side.
const LANES: usize = 16;
/// So many of them.
type Lanes<E> = [E; LANES];

/// A number that states are made of.
pub trait Float: Tiled + std::ops::Mul<Output = Self> + std::ops::Sub<Output = Self> {
    /// One.
    const ONE: Self;

    /// `self * a + b`, rounded once.
    fn fused(self, a: Self, b: Self) -> Self;
}

impl Float for f32 {
    const ONE: f32 = 1.0;

    #[inline(always)]
    fn fused(self, a: f32, b: f32) -> f32 {
        self.mul_add(a, b)
    }
}

impl Float for f64 {
    const ONE: f64 = 1.0;

    #[inline(always)]
    fn fused(self, a: f64, b: f64) -> f64 {
        self.mul_add(a, b)
    }
}

/// `sum += a * x`.
#[inline(always)]
fn add_times<E: Float>(sum: &mut Lanes<E>, a: &Lanes<E>, x: E) {
    for i in 0..LANES {
        sum[i] = a[i].fused(x, sum[i]);
    }
}

/// `a + b`.
#[inline(always)]
fn sum<E: Float>(a: &Lanes<E>, b: &Lanes<E>) -> Lanes<E> {
    std::array::from_fn(|i| a[i] + b[i])
}

/// An operand of four axes: batch, steps, heads, features.
#[derive(Clone, Copy)]
struct Operand {
    steps: [isize; 4],
    features: usize,
}

impl Operand {
    fn new(v: &View) -> Operand {
        Operand { steps: std::array::from_fn(|i| v.strides.get(i).copied().unwrap_or(0)), features: v.dims.get(3).copied().unwrap_or(1) }
    }

    /// Features `first..first + n` of `count` steps from `step` on, of one head, a step after the other, `width` apart; zeros behind them.
    ///
    /// # Safety
    /// The operand lies at `x`; there is room for the steps at `to`.
    #[allow(clippy::too_many_arguments)]
    unsafe fn read<K: Kind>(
        &self,
        tiles: &Tiles<K::E>,
        x: Address,
        [b, h]: [usize; 2],
        (step, count): (usize, usize),
        (first, n): (usize, usize),
        to: *mut K::E,
        width: usize,
    ) {
        let place = [b, step, h, first].iter().zip(self.steps).map(|(&i, s)| i as isize * s).sum();
        // SAFETY: the caller's promise; a zero of every dtype is zero bits.
        unsafe {
            K::pack(tiles, Side::B, (x as *const K).offset(place), self.steps[3], n, self.steps[1], count, to, width, false);
            if n < width {
                (0..count).for_each(|t| to.add(t * width + n).write_bytes(0, width - n));
            }
        }
    }
}

/// Sizes and layouts.
struct Shape {
    batch: usize,
    steps: usize,
    heads: usize,
    /// Heads that share queries and keys.
    share: usize,
    keys: usize,
    values: usize,
    q: Operand,
    k: Operand,
    v: Operand,
    gamma: Operand,
    beta: Operand,
    /// Batch, heads, rows, columns.
    state: [isize; 4],
}

impl Shape {
    fn new(g: &GatedDelta) -> Shape {
        let mut gamma = Operand::new(&g.gamma);
        if gamma.steps[3] == 0 {
            gamma.features = 1;
        }
        Shape {
            batch: g.v.dims[0],
            steps: g.v.dims[1],
            heads: g.v.dims[2],
            share: g.v.dims[2] / g.q.dims[2].max(1),
            keys: g.q.dims[3],
            values: g.v.dims[3],
            q: Operand::new(&g.q),
            k: Operand::new(&g.k),
            v: Operand::new(&g.v),
            gamma,
            beta: Operand::new(&g.beta),
            state: std::array::from_fn(|i| g.state.strides[i]),
        }
    }

    /// The element of the first state where a row of one head starts.
    fn row(&self, [b, h]: [usize; 2], row: usize) -> isize {
        [b, h, row].iter().zip(self.state).map(|(&i, s)| i as isize * s).sum()
    }
}

fn no_memory() -> Error {
    Error::new(ErrorKind::OutOfMemory, "gated_delta_update", "no working memory")
}

/// The kernel; `None` for what is no float.
pub fn kernel(g: &GatedDelta) -> Option<Arc<dyn Kernel>> {
    with_type!(g.q.dtype, T: float => Some(Arc::new(forward::Forward::<T>::new(g))), else => None)
}

/// The gradient's kernel; `None` for what is no float.
pub fn gradient(g: &GatedDeltaGrad) -> Option<Arc<dyn Kernel>> {
    with_type!(g.of.q.dtype, T: float => Some(Arc::new(backward::Backward::<T>::new(g))), else => None)
}
