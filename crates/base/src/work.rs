//! Every kind of step that a backend may be asked to run. Layouts are static; a launch adds addresses and scalar parameters.
//!
//! Addresses are those of the operand's first element (offset applied). Unless said otherwise, outputs are row-major and do not overlap
//! the inputs.

use crate::dtype::Dtype;
use crate::shape::{Dims, Strides};
use crate::tape::{ReduceOp, Tape};
use smallvec::SmallVec;

/// How an operand lies in memory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct View {
    pub dtype: Dtype,
    pub dims: Dims,
    pub strides: Strides,
}

/// How a scatter combines an update with what is there. Updates to one place combine in row-major order of the updates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Combine {
    Set,
    Add,
    Prod,
    Max,
    Min,
}

/// What a scan carries along its axis; `a ∘ b` stands for combining `a` with the later `b`.
///
/// # The order of a scan
/// A *ladder* of up to 32 values takes the steps d = 1, 2, 4, 8, 16, each for all places at once: `v[i] <- v[i - d] ∘ v[i]` where
/// `i >= d`; the other places keep their value. The axis (in reverse, from its end) is cut into groups of 32 elements, 32 groups make a
/// block, 32 blocks a block of blocks, and so on; the last of each may be short. A ladder over the elements of a group gives `v`, whose last
/// value is the group's total; a ladder over the totals of a block's parts gives `w`, whose last value is the block's total. Before part
/// `p > 0` of a block comes `b ∘ w[p - 1]`, where `b` is what comes before the block, or `w[p - 1]` in the very first block; before part 0
/// comes what comes before the block. The result of an element is `b ∘ v[i]`, where `b` is what comes before its group, or `v[i]` in the
/// very first group. Halves are converted to f32 first, and rounded once, at the end.
///
/// So a warp scans a group by shuffles, 32 warps a block of 1024 elements, long rows are cut at blocks of blocks, and a row's results depend
/// on its elements alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScanOp {
    /// `a + b`; integers wrap. Not for bool. Nothing is 0.
    Sum,
    /// `a * b`; integers wrap, bool is `and`. Nothing is 1.
    Prod,
    /// The larger, `a` of equal ones, NaN if either is NaN; complex numbers by real, then imaginary part. Nothing is the dtype's lowest value
    /// (minus infinity in both parts of complex).
    Max,
    /// The smaller, likewise. Nothing is the dtype's highest value.
    Min,
    /// `log(exp(a) + exp(b))`, as the table's `logaddexp`; inexact dtypes only. Nothing is minus infinity.
    LogAddExp,
    /// The recurrence `y[i] = f[i] * y[i - 1] + x[i]`, from `y[-1] = 0`, of two inputs x and f; inexact dtypes only. Values are pairs (f, x)
    /// and `(f, x) ∘ (g, y)` is `(g * f, g * x + y)`, each operation rounded by itself, or `(g * f, y)` where x is zero, so that a product
    /// of factors that overflows leaves zeros alone; the result is the second part.
    Linear,
}

impl ScanOp {
    /// A short name, for listings.
    pub fn name(self) -> &'static str {
        match self {
            ScanOp::Sum => "sum",
            ScanOp::Prod => "prod",
            ScanOp::Max => "max",
            ScanOp::Min => "min",
            ScanOp::LogAddExp => "logaddexp",
            ScanOp::Linear => "linear",
        }
    }
}

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

/// One step of a plan.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// A fused program. Inputs and outputs in the tape's order. An output may be the very memory of an input that has the same map.
    Tape(Tape),
    /// `out[.., i, j] = sum_k a[.., i, k] * b[.., k, j]`. Inputs a and b, any strides, of equal batch dims (strides may be 0);
    /// the accumulator is f32 for halves. Floats and complex.
    MatMul {
        /// (batch.., m, k)
        a: View,
        /// (batch.., k, n)
        b: View,
    },
    /// `out[b, n, i.., g, o] = sum_{k.., c} x[b, n, places.., g, c] * w[b, g, o, k.., c]`, places by the windows. Inputs x and w, any strides;
    /// the accumulator is f32 for halves. Floats and complex.
    Conv {
        /// (batch, n, a spatial axis each.., groups, channels)
        x: View,
        /// (batch, groups, outputs, a spatial axis each.., channels)
        w: View,
        /// One a spatial axis; one to three of them.
        windows: SmallVec<[Window; 3]>,
        /// Whether the output is laid out as (batch, groups, outputs, i.., n), as the gradient of a kernel is. Its sums run over the
        /// channels first and the kernel's elements within; else the other way round.
        turned: bool,
    },
    /// The index (uint32) of the first smallest or largest element along `axis` of the input (NaN counts as both); the axis is dropped.
    ArgReduce {
        /// The input.
        x: View,
        /// Which axis.
        axis: usize,
        /// `Min` or `Max`.
        op: ReduceOp,
    },
    /// The indices (uint32) that sort the input along its last axis, ascending, stable, NaN last.
    ArgSort {
        /// The input.
        x: View,
    },
    /// The elements in ascending order along the last axis, NaN last; those that are equal (zeros of either sign, NaN) in any order.
    Sort {
        /// The input.
        x: View,
    },
    /// Indices (uint32) along the last axis: at place `kth` that of the element which a stable sort puts there, before it those of the
    /// elements that the sort puts before, after it the others', both in any order.
    ArgPartition {
        /// The input.
        x: View,
        /// The place.
        kth: usize,
    },
    /// For each value, how many elements of its row come before it (uint32): those that are smaller and, if `right`, those that are equal.
    /// NaN equals NaN and is larger than any number. Inputs: the rows, ascending along their last axis, and the values, whose first axes
    /// are the rows' others.
    SearchSorted {
        /// (batch.., n)
        sorted: View,
        /// (batch.., values..), of the same dtype.
        values: View,
        /// Whether equal elements come before.
        right: bool,
    },
    /// The running combination along an axis, in the order that [`ScanOp`] gives: result `i` combines elements `0..=i` of the axis. Inputs: x,
    /// and for `Linear` the factors.
    Scan {
        /// The input.
        x: View,
        /// The factors of `Linear`, of x's dims and dtype.
        factors: Option<View>,
        /// Which axis.
        axis: usize,
        /// What is carried.
        op: ScanOp,
        /// From the axis's end: result `i` combines elements `i..`, the last one first.
        reverse: bool,
        /// Without the element itself: the result of the element before (in reverse, after), and of the first one what nothing is. Never for
        /// `Linear`.
        exclusive: bool,
    },
    /// Elements of x picked by indices along some axes. Inputs: x, then one index array an axis, all of dims I. The output has dims
    /// I ++ (x's other axes, in order). Negative indices count from the end; others outside are clamped.
    Gather {
        /// The input.
        x: View,
        /// The indexed axes, rising.
        axes: Dims,
        /// The index arrays (integers), each over I.
        indices: Vec<View>,
    },
    /// The transpose of a gather: combines `updates`, of dims I ++ (out's other axes), into the output, which already holds its start
    /// value and is row-major. Inputs: updates, then index arrays. Negative indices count from the end; others outside are dropped.
    Scatter {
        /// Dims and dtype of the output.
        out: View,
        /// The updates.
        updates: View,
        /// The indexed axes, rising.
        axes: Dims,
        /// The index arrays (integers), each over I.
        indices: Vec<View>,
        /// How updates combine.
        mode: Combine,
    },
    /// `out[.., i, ..] = x[.., index[.., i, ..], ..]` along `axis`; index has x's rank and equal dims but for the axis (its strides
    /// may be 0). Indices as in a gather.
    GatherAlong {
        /// The input.
        x: View,
        /// Integers.
        index: View,
        /// Which axis.
        axis: usize,
    },
    /// The transpose of the former: `out[.., index[.., i, ..], ..] combine= updates[.., i, ..]`. The output already holds its start
    /// value. Inputs: updates, index.
    ScatterAlong {
        /// Dims and dtype of the output.
        out: View,
        /// The updates, of the index's dims.
        updates: View,
        /// Integers.
        index: View,
        /// Which axis.
        axis: usize,
        /// How updates combine.
        mode: Combine,
    },
    /// Random bits by threefry-2x32, 20 rounds, as MLX lays them out. Input: keys, (batch.., 2) of uint32, row-major. Output:
    /// (batch.., n) of uint8, uint16 or uint32, each key's draw independent of the others.
    RandomBits {
        /// Number of keys.
        keys: usize,
        /// Elements drawn from each.
        n: usize,
        /// Bytes an element: 1, 2 or 4.
        width: usize,
    },
    /// The bytes of the input's elements in row-major order; the output takes them for elements of its own dtype.
    Reinterpret {
        /// The input.
        x: View,
    },
}

impl Work {
    /// A short name, for listings.
    pub fn name(&self) -> &'static str {
        match self {
            Work::Tape(_) => "tape",
            Work::MatMul { .. } => "matmul",
            Work::Conv { .. } => "conv",
            Work::ArgReduce { .. } => "arg_reduce",
            Work::ArgSort { .. } => "argsort",
            Work::Sort { .. } => "sort",
            Work::ArgPartition { .. } => "argpartition",
            Work::SearchSorted { .. } => "searchsorted",
            Work::Scan { .. } => "scan",
            Work::Gather { .. } => "gather",
            Work::Scatter { .. } => "scatter",
            Work::GatherAlong { .. } => "gather_along",
            Work::ScatterAlong { .. } => "scatter_along",
            Work::RandomBits { .. } => "random_bits",
            Work::Reinterpret { .. } => "reinterpret",
        }
    }
}
