//! Every kind of step that a backend may be asked to run. Layouts are static; a launch adds addresses and scalar parameters.
//!
//! Addresses are those of the operand's first element (offset applied). Unless said otherwise, outputs are row-major and do not overlap
//! the inputs.

use crate::dtype::Dtype;
use crate::format::Format;
use crate::scalar::Scalar;
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

/// `softmax(scale * q k' + mask) v`, of one float dtype D throughout; sums are of its accumulator's dtype A.
///
/// Scores are reckoned in units of log 2: `x = scale * log2(e) * (q . k) + log2(e) * mask`, at least A's lowest number unless they are
/// minus infinity. A key that a bool mask or `causal` leaves out has the lowest number for its score, so a query that sees no key has
/// all of them in equal parts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Attention {
    /// (batch, heads, queries, features).
    pub q: View,
    /// (batch, groups, keys, features); heads are a multiple of the groups, neighbours share one.
    pub k: View,
    /// (batch, groups, keys, features of the values).
    pub v: View,
    /// (batch, heads, queries, keys), strides may be 0: bool, false where a key is left out; or of D, and added.
    pub mask: Option<View>,
    /// (batch, heads): a score that takes part in the softmax, without a value.
    pub sinks: Option<View>,
    /// Query i sees the keys up to i + keys - queries.
    pub causal: bool,
    /// A float64, not negative.
    pub scale: Scalar,
}

/// The gradient of an attention.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AttentionGrad {
    /// The attention.
    pub of: Attention,
    /// Its outputs.
    pub outs: [View; 3],
    /// The first one's cotangent.
    pub cotangent: View,
}

/// The gated delta rule: a state of a matrix S (features of the values, features of the keys) for each head of the values, which reads the
/// queries and keys of a head of a group. At each step, in order: `S <- S diag(gamma)`, `S <- S + beta (v - S k) k'`, and the output is `S q`.
/// Of one float dtype D, but for states, which are of its accumulator's dtype A, in which everything is computed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GatedDelta {
    /// (batch, steps, groups, features of the keys).
    pub q: View,
    /// The same.
    pub k: View,
    /// (batch, steps, heads, features of the values); heads are a multiple of the groups, neighbours share one.
    pub v: View,
    /// (batch, steps, heads, features of the keys); with strides of 0 along the last axis one factor for all of them.
    pub gamma: View,
    /// (batch, steps, heads).
    pub beta: View,
    /// (batch, heads, features of the values, features of the keys), of A.
    pub state: View,
}

/// The gradient of a gated delta rule.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GatedDeltaGrad {
    /// The rule.
    pub of: GatedDelta,
    /// The cotangent of its output.
    pub output: View,
    /// The cotangent of its last state.
    pub state: View,
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

impl Linalg {
    /// The function's name, with its module.
    pub fn name(self) -> &'static str {
        match self {
            Linalg::Cholesky => "linalg.cholesky",
            Linalg::Inverse => "linalg.inv",
            Linalg::PseudoInverse => "linalg.pinv",
            Linalg::Solve => "linalg.solve",
            Linalg::SolveTriangular { .. } => "linalg.solve_triangular",
            Linalg::Lu => "linalg.lu",
            Linalg::Qr => "linalg.qr",
            Linalg::Svd { .. } => "linalg.svd",
            Linalg::Eigh { .. } => "linalg.eigh",
            Linalg::Eig { .. } => "linalg.eig",
        }
    }
}

/// One step of a plan.
// A work is made once a plan, so its size does not matter.
#[allow(clippy::large_enum_variant)]
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
    /// Inputs: q, k, v, the mask and the sinks if there are any. Outputs: the result, (batch, queries, heads, features of the values);
    /// each query's largest score m, and its sum of 2^(x - m), both (batch, heads, queries) of A; the sinks count in both.
    Attention(Box<Attention>),
    /// The cotangents of q, k and v. Inputs: those of the attention, then its three outputs, then the cotangent of the first. Outputs:
    /// (batch, queries, heads, features), (batch, keys, groups, features), (batch, keys, groups, features of the values); with sinks,
    /// what each query adds to their cotangent, (batch, heads, queries) of A.
    AttentionGrad(Box<AttentionGrad>),
    /// Inputs: q, k, v, gamma, beta, state. Outputs: (batch, steps, heads, features of the values), and the last state. Nothing of the size
    /// of steps by states is ever made.
    GatedDelta(Box<GatedDelta>),
    /// The cotangents of a gated delta rule's inputs. Inputs: those, then the cotangents of its outputs. Outputs, of A: those of
    /// q and k as (batch, steps, heads, features of the keys), for each head of the values; of v, of gamma (batch, steps, heads, features of
    /// the keys, or 1 where one factor serves all), of beta, and of the state.
    GatedDeltaGrad(Box<GatedDeltaGrad>),
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
    /// Numbers as codes. Input: x, `(.., n)`; with `global`, then global scales. Outputs, row-major: words (uint32, `(.., words)`), scales
    /// (`(.., groups)`: of x's dtype, or uint8) and, for an affine format, biases like the scales. [`crate::format`] says how codes lie;
    /// the CPU's kernel is the definition of how they are chosen.
    Quantize {
        /// The numbers: f16, bf16, f32 or f64.
        x: View,
        /// The format.
        format: Format,
        /// f32, one for each row (strides may be 0): x's dims but the last.
        global: Option<View>,
    },
    /// Codes as numbers. Inputs: words, scales; then biases for an affine format; with `global`, then global scales. Output: `(.., n)`,
    /// row-major. Affine: `code * scale`, rounded to `dtype`, plus the bias, rounded again. Other formats: the exact product in f32
    /// (with the scale times `global / 2688` first), rounded to `dtype`.
    Dequantize {
        /// `(.., words)`, uint32.
        words: View,
        /// `(.., groups)`, and so the biases.
        scales: View,
        /// The biases, of the scales' dtype.
        biases: Option<View>,
        /// The format.
        format: Format,
        /// f32, one for each row (strides may be 0): the words' dims but the last.
        global: Option<View>,
        /// The output's dtype; for an affine format that of the scales.
        dtype: Dtype,
    },
    /// 8-bit floats from floats (to uint8, nearest, ties to even, what is too large becomes the largest) or to floats of `dtype`.
    Fp8 {
        /// The input.
        x: View,
        /// uint8, or the dtype of the floats.
        dtype: Dtype,
    },
    /// `out[i.., m, n] = sum_k x[lhs[i..].., m, k] * w[rhs[i..].., n, k]`, where `w` is what `words`, `scales` and `biases` stand for;
    /// `w[.., k, n]` unless `transpose`. Inputs: x, words, scales; biases for an affine format; with `gather`, then lhs and rhs. The
    /// output is of x's dtype, row-major; sums are of f32 (f64 for f64).
    ///
    /// Without `gather` all operands have the output's batch dims (strides may be 0). With it x and w have one batch axis, lhs and rhs
    /// have the output's batch dims and count along these axes (negative numbers from the end; others are an error of the kernel).
    ///
    /// A kernel for one row of x reads every word once; nothing of the size of `w` as floats is ever made.
    QuantizedMatMul {
        /// f16, bf16, f32 or f64; `(batch.., m, k)`.
        x: View,
        /// uint32, `(batch.., rows, words)`: a row is an `n`, or a `k` unless `transpose`.
        words: View,
        /// `(batch.., rows, groups)`: f16, bf16, f32 or f64; uint8 for formats of floats.
        scales: View,
        /// The biases, of the scales' dtype.
        biases: Option<View>,
        /// Of the numbers in `w`.
        format: Format,
        /// Whether a row of `w` is a column of the product.
        transpose: bool,
        /// The index arrays, uint32 or int32.
        gather: Option<[View; 2]>,
    },
    /// `out[i..] = a[lhs[i..]] @ b[rhs[i..]]`. Inputs: a `(count, m, k)`, b `(count, k, n)`, lhs and rhs of the output's batch dims.
    /// Indices as for a quantized product.
    GatherMatMul {
        /// The left matrices.
        a: View,
        /// The right matrices.
        b: View,
        /// The index arrays, uint32 or int32.
        gather: [View; 2],
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
            Work::Attention(_) => "attention",
            Work::AttentionGrad(_) => "attention_grad",
            Work::GatedDelta(_) => "gated_delta_update",
            Work::GatedDeltaGrad(_) => "gated_delta_update_grad",
            Work::Reinterpret { .. } => "reinterpret",
            Work::Fft { .. } => "fft",
            Work::Linalg { .. } => "linalg",
            Work::Quantize { .. } => "quantize",
            Work::Dequantize { .. } => "dequantize",
            Work::Fp8 { .. } => "fp8",
            Work::QuantizedMatMul { .. } => "quantized_matmul",
            Work::GatherMatMul { .. } => "gather_mm",
        }
    }
}
