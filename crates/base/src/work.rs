//! Every kind of step that a backend may be asked to run. Layouts are static; a launch adds addresses and scalar parameters.
//!
//! Addresses are those of the operand's first element (offset applied). Unless said otherwise, outputs are row-major and do not overlap
//! the inputs.

use crate::dtype::Dtype;
use crate::shape::{Dims, Strides};
use crate::tape::{ReduceOp, Tape};
pub use crate::window::{Phase, Window};
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
            Work::Gather { .. } => "gather",
            Work::Scatter { .. } => "scatter",
            Work::GatherAlong { .. } => "gather_along",
            Work::ScatterAlong { .. } => "scatter_along",
            Work::RandomBits { .. } => "random_bits",
            Work::Reinterpret { .. } => "reinterpret",
        }
    }
}
