//! Decompositions of matrices and the equations that they solve, for `f32`, `f64` and `complex64`, on one thread, mostly by `faer`.
//!
//! This is a crate of its own because `faer` is generic: its kernels take a minute to compile, here, and no change in the CPU backend
//! compiles them again. Matrices are row-major slices. Which matrices of a batch are done where is the backend's.

mod lu;
mod spectral;
mod triangle;

use faer::traits::ComplexField;
use faer::{MatMut, MatRef};
use num_complex::{Complex32, Complex64};
use num_traits::NumAssign;

/// Why a decomposition has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The matrix has no inverse: a pivot is exactly zero.
    Singular,
    /// The matrix is not positive definite.
    NotPositiveDefinite,
    /// The iteration has not converged; the matrix has entries that are not finite.
    NotConverged,
}

/// Functions of matrices of an element type. Each is an implementation without parameters, so its code is in this crate.
pub trait Matrix: Sized {
    /// The type of singular values.
    type Real;

    /// Singular values of `a`, `m` by `n`, falling, with `u`, `m` by `m`, and the adjoint of `v`, `n` by `n`, if they are asked for.
    ///
    /// # Errors
    /// The iteration has not converged.
    fn svd(a: &[Self], m: usize, n: usize, s: &mut [Self::Real], vectors: Option<(&mut [Self], &mut [Self])>) -> Result<(), Failure>;

    /// Eigenvalues of a Hermitian matrix, `n` by `n`, rising, with its eigenvectors as the columns of `vectors` if they are asked for.
    /// One triangle is read.
    ///
    /// # Errors
    /// The iteration has not converged.
    fn eigh(a: &[Self], n: usize, lower: bool, values: &mut [Self::Real], vectors: Option<&mut [Self]>) -> Result<(), Failure>;

    /// Eigenvalues of a matrix, `n` by `n`, with its eigenvectors, of length one, as the columns of `vectors` if they are asked for.
    ///
    /// # Errors
    /// The iteration has not converged.
    fn eig(a: &[Self], n: usize, values: &mut [Complex32], vectors: Option<&mut [Complex32]>) -> Result<(), Failure>;

    /// Decomposes `a`, `m` by `n`, in place: with its rows exchanged it is the product of the unit lower triangle below the diagonal and
    /// the upper one from it on. Row `i` was exchanged with row `pivots[i]`, in order; there are as many as the smaller of `m` and `n`.
    fn lu(a: &mut [Self], m: usize, n: usize, pivots: &mut [u32]);

    /// The solution of `a x = b` in place of `b`, `n` by `k`; `a`, `n` by `n`, is lost.
    ///
    /// # Errors
    /// The matrix has no inverse.
    fn solve(a: &mut [Self], n: usize, b: &mut [Self], k: usize) -> Result<(), Failure>;

    /// The inverse of `a`, `n` by `n`, which is lost.
    ///
    /// # Errors
    /// The matrix has no inverse.
    fn inverse(a: &mut [Self], n: usize, out: &mut [Self]) -> Result<(), Failure>;
}

/// What only real element types have.
pub trait RealMatrix: Matrix<Real = Self> {
    /// The lower triangular matrix whose product with its transpose is `a`, `n` by `n`, of which the lower triangle is read.
    ///
    /// # Errors
    /// The matrix is not positive definite.
    fn cholesky(a: &[Self], n: usize, l: &mut [Self]) -> Result<(), Failure>;

    /// The pseudo-inverse of `a`, `m` by `n`: singular values of up to `10 max(m, n)` times the type's epsilon times the largest count as
    /// zero.
    ///
    /// # Errors
    /// The iteration has not converged.
    fn pseudo_inverse(a: &[Self], m: usize, n: usize, out: &mut [Self]) -> Result<(), Failure>;

    /// `q`, `m` by `k`, of orthonormal columns, and the upper triangular `r`, `k` by `n`, whose product is `a`, `m` by `n`; `k` is the
    /// smaller of `m` and `n`.
    fn qr(a: &[Self], m: usize, n: usize, q: &mut [Self], r: &mut [Self]);

    /// The solution of `a x = b` for a triangular `a`, `n` by `n`, in place of `b`, `n` by `k`. Only that triangle of `a` is read.
    ///
    /// # Errors
    /// The matrix has no inverse.
    fn solve_triangular(a: &[Self], n: usize, upper: bool, b: &mut [Self], k: usize) -> Result<(), Failure>;
}

macro_rules! matrix {
    ($($t:ty, $real:ty;)*) => {$(
        impl Matrix for $t {
            type Real = $real;

            fn svd(a: &[$t], m: usize, n: usize, s: &mut [$real], vectors: Option<(&mut [$t], &mut [$t])>) -> Result<(), Failure> {
                spectral::svd(a, m, n, s, vectors)
            }

            fn eigh(a: &[$t], n: usize, lower: bool, values: &mut [$real], vectors: Option<&mut [$t]>) -> Result<(), Failure> {
                spectral::eigh(a, n, lower, values, vectors)
            }

            fn eig(a: &[$t], n: usize, values: &mut [Complex32], vectors: Option<&mut [Complex32]>) -> Result<(), Failure> {
                spectral::eig(a, n, values, vectors)
            }

            fn lu(a: &mut [$t], m: usize, n: usize, pivots: &mut [u32]) {
                lu::lu(a, m, n, pivots);
            }

            fn solve(a: &mut [$t], n: usize, b: &mut [$t], k: usize) -> Result<(), Failure> {
                lu::solve(a, n, b, k)
            }

            fn inverse(a: &mut [$t], n: usize, out: &mut [$t]) -> Result<(), Failure> {
                lu::inverse(a, n, out)
            }
        }
    )*};
}
matrix! { f32, f32; f64, f64; Complex32, f32; }

macro_rules! real_matrix {
    ($($t:ty),*) => {$(
        impl RealMatrix for $t {
            fn cholesky(a: &[$t], n: usize, l: &mut [$t]) -> Result<(), Failure> {
                triangle::cholesky(a, n, l)
            }

            fn pseudo_inverse(a: &[$t], m: usize, n: usize, out: &mut [$t]) -> Result<(), Failure> {
                spectral::pseudo_inverse(a, m, n, out)
            }

            fn qr(a: &[$t], m: usize, n: usize, q: &mut [$t], r: &mut [$t]) {
                triangle::qr(a, m, n, q, r);
            }

            fn solve_triangular(a: &[$t], n: usize, upper: bool, b: &mut [$t], k: usize) -> Result<(), Failure> {
                triangle::solve(a, n, upper, b, k)
            }
        }
    )*};
}
real_matrix!(f32, f64);

/// What the kernels ask of an element type.
trait Number: ComplexField<Real: PartialOrd> + Copy + NumAssign + std::ops::Neg<Output = Self> {
    /// A size to choose pivots by.
    fn size(self) -> Self::Real;
}

impl Number for f32 {
    fn size(self) -> f32 {
        self.abs()
    }
}

impl Number for f64 {
    fn size(self) -> f64 {
        self.abs()
    }
}

impl Number for Complex32 {
    fn size(self) -> f32 {
        self.l1_norm()
    }
}

/// What the kernels ask of a real one.
trait Real: Number + ComplexField<Real = Self> + num_traits::Float {}

impl Real for f32 {}
impl Real for f64 {}

/// Numbers in double precision.
trait Double: Copy {
    /// The type of these.
    type Wide: ComplexField<Real = f64>;
    /// The number.
    fn double(self) -> Self::Wide;
}

impl Double for f32 {
    type Wide = f64;
    fn double(self) -> f64 {
        self as f64
    }
}

impl Double for f64 {
    type Wide = f64;
    fn double(self) -> f64 {
        self
    }
}

impl Double for Complex32 {
    type Wide = Complex64;
    fn double(self) -> Complex64 {
        Complex64::new(self.re as f64, self.im as f64)
    }
}

fn view<T>(a: &[T], rows: usize, columns: usize) -> MatRef<'_, T> {
    MatRef::from_row_major_slice(a, rows, columns)
}

fn view_mut<T>(a: &mut [T], rows: usize, columns: usize) -> MatMut<'_, T> {
    MatMut::from_row_major_slice_mut(a, rows, columns)
}

/// Writes a matrix down row by row.
fn store<T: Copy>(from: MatRef<'_, T>, to: &mut [T]) {
    let columns = from.ncols();
    for (i, row) in to.chunks_exact_mut(columns.max(1)).enumerate() {
        row.iter_mut().enumerate().for_each(|(j, v)| *v = from[(i, j)]);
    }
}

#[cfg(test)]
mod tests;
