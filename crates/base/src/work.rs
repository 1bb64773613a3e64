//! Every kind of step that a backend may be asked to run. Layouts are static; a launch adds addresses and scalar parameters.
//!
//! Addresses are those of the operand's first element (offset applied). Unless said otherwise, outputs are row-major and do not overlap
//! the inputs.

use crate::dtype::Dtype;
use crate::shape::{Dims, Strides};
use crate::tape::{ReduceOp, Tape};

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

/// A discrete Fourier transform, not scaled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fourier {
    /// `y[k] = sum_j x[j] exp(-2 pi i j k / n)`.
    Forward,
    /// The same with the other sign.
    Inverse,
    /// The first `n / 2 + 1` numbers of the forward transform of `n` real ones.
    FromReal,
    /// The `n` real numbers of the inverse transform, of which the first `n / 2 + 1` inputs are given. The imaginary part of the first,
    /// and of the last if `n` is even, counts as zero.
    ToReal,
}

/// What a Fourier transform of length `n` is divided by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Divisor {
    /// 1.
    One,
    /// The square root of `n`.
    Root,
    /// `n`.
    Length,
}

impl Divisor {
    /// What to multiply by.
    pub fn factor(self, n: usize) -> f32 {
        match self {
            Divisor::One => 1.0,
            Divisor::Root => (1.0 / (n as f64).sqrt()) as f32,
            Divisor::Length => (1.0 / n as f64) as f32,
        }
    }
}

/// A function of matrices, the last two axes of its inputs. `k` is the smaller of `m` and `n`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Linalg {
    /// The lower triangular factor of a positive definite matrix (n, n), of which the lower triangle is read.
    Cholesky,
    /// The inverse of (n, n).
    Inverse,
    /// The pseudo-inverse, (n, m), of (m, n): singular values of up to 10 max(m, n) times the dtype's epsilon times the largest count as
    /// zero.
    PseudoInverse,
    /// `x` of `a x = b` for `a` (n, n) and `b` (n, k).
    Solve,
    /// The same for a triangular `a`, of which nothing else is read.
    SolveTriangular {
        /// Which triangle.
        upper: bool,
    },
    /// Of (m, n): the triangles in one matrix (m, n), the lower one's diagonal of ones left out; the row exchanges (k), uint32, where
    /// row i went with row `pivots[i]`, in order; and the order of rows (m), uint32, in which they leave the rows.
    Lu,
    /// `q` (m, k) and `r` (k, n) of (m, n).
    Qr,
    /// Of (m, n): `u` (m, m), the singular values (k), falling, and the adjoint of `v` (n, n); or the values alone.
    Svd {
        /// Whether `u` and `v` are wanted.
        vectors: bool,
    },
    /// Of a Hermitian matrix (n, n): the eigenvalues (n), rising, and the eigenvectors as columns (n, n); or the values alone.
    Eigh {
        /// Whether the lower triangle is read, or the upper one.
        lower: bool,
        /// Whether eigenvectors are wanted.
        vectors: bool,
    },
    /// Of (n, n): the eigenvalues (n) and the eigenvectors, of length one, as columns (n, n), complex64; or the values alone.
    Eig {
        /// Whether eigenvectors are wanted.
        vectors: bool,
    },
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
    /// A Fourier transform along an axis; complex64, or float32 for the input of `FromReal` and the output of `ToReal`.
    Fft {
        /// The input.
        x: View,
        /// Which axis.
        axis: usize,
        /// The transform's length: the larger of the axis's sizes before and after.
        n: usize,
        /// Which transform.
        transform: Fourier,
        /// What its result is divided by.
        divisor: Divisor,
    },
    /// A function of matrices. The inputs have equal batch axes.
    Linalg {
        /// Which.
        op: Linalg,
        /// Its inputs, of one dtype: float32, float64, and complex64 for inverses, equations, singular values and eigenvalues.
        inputs: Vec<View>,
    },
}

impl Work {
    /// A short name, for listings.
    pub fn name(&self) -> &'static str {
        match self {
            Work::Tape(_) => "tape",
            Work::MatMul { .. } => "matmul",
            Work::ArgReduce { .. } => "arg_reduce",
            Work::ArgSort { .. } => "argsort",
            Work::Gather { .. } => "gather",
            Work::Scatter { .. } => "scatter",
            Work::GatherAlong { .. } => "gather_along",
            Work::ScatterAlong { .. } => "scatter_along",
            Work::RandomBits { .. } => "random_bits",
            Work::Reinterpret { .. } => "reinterpret",
            Work::Fft { .. } => "fft",
            Work::Linalg { .. } => "linalg",
        }
    }
}
