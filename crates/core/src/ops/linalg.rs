//! Linear algebra: decompositions of matrices and what they solve. The last two axes are matrices, the others a batch.
//!
//! All of it runs on the CPU; the planner places it there. `float32` and `float64`, and `complex64` for singular values and eigenvalues. A
//! matrix that has no result (a singular one has no inverse, one that is not positive definite no Cholesky factor, a spectrum of numbers
//! that are not finite does not converge) is a runtime error when it is evaluated.
//!
//! Every function differentiates in both modes, any number of times. Derivatives of eigenvectors and of singular vectors need distinct
//! values; between equal ones they count as zero, which is right for what does not depend on the choice of the vectors.

use crate::Array;
use crate::ops::decompose::{decompose, single, transposed};
use crate::ops::{create, free, view};
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::work::Linalg;
use lazulite_base::{Dims, Dtype, shape};

/// Refuses what is no matrix of an allowed dtype.
#[track_caller]
fn matrix(op: &str, a: &Array, complex: bool, square: bool) -> Result<()> {
    let allowed = matches!(a.dtype(), Dtype::F32 | Dtype::F64) || complex && a.dtype() == Dtype::C64;
    if !allowed {
        let list = if complex { "float32, float64 or complex64" } else { "float32 or float64" };
        return Err(Error::value(op, format!("takes {list}, not {}", a.dtype())));
    }
    shaped(op, a, square)
}

/// Refuses what has too few axes, or is not square where it must be.
#[track_caller]
fn shaped(op: &str, a: &Array, square: bool) -> Result<()> {
    let n = a.ndim();
    if n < 2 {
        return Err(Error::value(op, format!("needs an array of at least two axes, not the shape {:?}", a.dims())));
    }
    if square && a.shape()[n - 1] != a.shape()[n - 2] {
        return Err(Error::value(op, format!("needs square matrices, not the shape {:?}", a.dims())));
    }
    Ok(())
}

/// Both sides of an equation: one dtype, one batch, the right side as a matrix; and whether it was a vector.
#[track_caller]
fn sides(op: &str, a: &Array, b: &Array) -> Result<(Array, Array, bool)> {
    let d = promote(a.dtype(), b.dtype());
    if !matches!(d, Dtype::F32 | Dtype::F64) {
        return Err(Error::value(op, format!("takes float32 or float64, not {} and {}", a.dtype(), b.dtype())));
    }
    shaped(op, a, true)?;
    let n = a.shape()[a.ndim() - 1];
    let vector = b.ndim() == 1;
    if b.ndim() == 0 || b.shape()[b.ndim().saturating_sub(2)] != n {
        return Err(Error::value(op, format!("matrices of shape {:?} do not go with a right side of {:?}", a.dims(), b.dims())));
    }
    let (a, b) = (crate::ops::astype(a, d)?, crate::ops::astype(b, d)?);
    let b = if vector { crate::ops::expand_dims(&b, 1)? } else { b };
    let (la, lb) = (a.ndim() - 2, b.ndim() - 2);
    let Some(lead) = shape::broadcast(&a.shape()[..la], &b.shape()[..lb]) else {
        return Err(Error::value(op, format!("the batches of {:?} and {:?} do not broadcast", a.dims(), b.dims())));
    };
    let wide = |x: &Array, own: usize| -> Result<Array> {
        let dims: Dims = lead.iter().chain(&x.shape()[own..]).copied().collect();
        crate::ops::broadcast_to(x, dims)
    };
    Ok((wide(&a, la)?, wide(&b, lb)?, vector))
}

/// The identity of the size and batch of `a`.
fn identity_like(a: &Array) -> Result<Array> {
    let n = a.shape()[a.ndim() - 1];
    crate::ops::broadcast_to(&Array::eye(n, n, 0, a.dtype()), a.shape())
}

/// The decomposition into triangles, at least in `float32`, with the sign of the row exchanges.
#[track_caller]
fn eliminated(op: &str, a: &Array) -> Result<(Array, Array)> {
    if a.dtype() == Dtype::C64 {
        return Err(Error::value(op, "takes no complex numbers"));
    }
    shaped(op, a, true)?;
    let a = crate::ops::astype(a, if a.dtype() == Dtype::F64 { Dtype::F64 } else { Dtype::F32 })?;
    let list = decompose(Linalg::Lu, &[&a])?;
    let diagonal = crate::ops::diagonal(&list[0], 0)?;
    let own = create::index_along(list[1].shape(), list[1].ndim() - 1, Dtype::U32);
    let exchanged = crate::ops::astype(&crate::ops::not_equal(&list[1], &own)?, diagonal.dtype())?;
    let sign = crate::ops::prod(&crate::ops::subtract(&exchanged.ones_like(), &crate::ops::multiply(&exchanged, 2.0)?)?, -1)?;
    Ok((diagonal, sign))
}

/// The dtype of a determinant.
fn determined(a: &Array) -> Dtype {
    a.dtype().to_inexact()
}

free! {
    /// The lower triangular `l` with `l l^T = a` for a positive definite `a`, of which the lower triangle is read; or the upper triangular
    /// `u` with `u^T u = a`, from the upper one.
    ///
    /// # Errors
    /// A value error for another dtype than `float32` and `float64` or matrices that are not square. Evaluation reports a matrix that is
    /// not positive definite.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let l = lazulite::linalg::cholesky(&array![[4.0, 2.0], [2.0, 5.0]], false);
    /// assert_eq!(l.to_vec::<f32>().unwrap(), [2.0, 0.0, 1.0, 2.0]);
    /// assert!(eval([&lazulite::linalg::cholesky(&array![[-1.0]], false)]).is_err());
    /// ```
    pub fn cholesky(a: &Array, upper: bool) -> Array {
        matrix("linalg.cholesky", a, false, true)?;
        if upper { transposed(&single(Linalg::Cholesky, &[&transposed(a)?])?) } else { single(Linalg::Cholesky, &[a]) }
    }

    /// The inverse of a matrix whose Cholesky factor is given: `(l l^T)^-1`, or `(u^T u)^-1` of an upper one.
    ///
    /// # Errors
    /// As for [`inv`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = lazulite::linalg::cholesky_inv(&array![[2.0, 0.0], [0.0, 4.0]], false);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.25, 0.0, 0.0, 0.0625]);
    /// ```
    pub fn cholesky_inv(a: &Array, upper: bool) -> Array {
        matrix("linalg.cholesky_inv", a, false, true)?;
        let x = single(Linalg::SolveTriangular { upper }, &[a, &identity_like(a)?])?;
        if upper { crate::ops::matmul(&x, &transposed(&x)?) } else { crate::ops::matmul(&transposed(&x)?, &x) }
    }

    /// The inverse.
    ///
    /// # Errors
    /// A value error for another dtype than `float32` and `float64` or matrices that are not square. Evaluation reports a matrix that is
    /// singular.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = lazulite::linalg::inv(&array![[2.0, 0.0], [0.0, 4.0]]);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.5, 0.0, 0.0, 0.25]);
    /// ```
    pub fn inv(a: &Array) -> Array {
        matrix("linalg.inv", a, false, true)?;
        single(Linalg::Inverse, &[a])
    }

    /// The inverse of a triangular matrix; the other triangle is not read.
    ///
    /// # Errors
    /// As for [`inv`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = lazulite::linalg::tri_inv(&array![[1.0, 9.0], [1.0, 2.0]], false);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 0.0, -0.5, 0.5]);
    /// ```
    pub fn tri_inv(a: &Array, upper: bool) -> Array {
        matrix("linalg.tri_inv", a, false, true)?;
        single(Linalg::SolveTriangular { upper }, &[a, &identity_like(a)?])
    }

    /// `x` of `a x = b`; `b` is a matrix, or a vector if it has one axis. Batches broadcast.
    ///
    /// # Errors
    /// A value error for dtypes that do not promote to `float32` or `float64`, or shapes that do not match. Evaluation reports a matrix
    /// that is singular.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = lazulite::linalg::solve(&array![[2.0, 0.0], [0.0, 4.0]], &array![1.0, 2.0]);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.5, 0.5]);
    /// ```
    pub fn solve(a: &Array, b: &Array) -> Array {
        let (a, b, vector) = sides("linalg.solve", a, b)?;
        let x = single(Linalg::Solve, &[&a, &b])?;
        if vector { crate::ops::squeeze(&x, -1) } else { Ok(x) }
    }

    /// `x` of `a x = b` for a triangular `a`; the other triangle is not read.
    ///
    /// # Errors
    /// As for [`solve`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = lazulite::linalg::solve_triangular(&array![[1.0, 0.0], [1.0, 2.0]], &array![1.0, 2.0], false);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 0.5]);
    /// ```
    pub fn solve_triangular(a: &Array, b: &Array, upper: bool) -> Array {
        let (a, b, vector) = sides("linalg.solve_triangular", a, b)?;
        let x = single(Linalg::SolveTriangular { upper }, &[&a, &b])?;
        if vector { crate::ops::squeeze(&x, -1) } else { Ok(x) }
    }

    /// `(p, l, u)`: row `i` of `a` is row `p[i]` of `l u`, with a unit lower and an upper triangle. A singular matrix has zeros on the
    /// diagonal of `u`.
    ///
    /// # Errors
    /// A value error for another dtype than `float32` and `float64` or fewer than two axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (p, l, u) = lazulite::linalg::lu(&array![[1.0, 2.0], [2.0, 2.0]]);
    /// assert_eq!(p.to_vec::<u32>().unwrap(), [1, 0]);
    /// assert_eq!(l.to_vec::<f32>().unwrap(), [1.0, 0.0, 0.5, 1.0]);
    /// assert_eq!(u.to_vec::<f32>().unwrap(), [2.0, 2.0, 0.0, 1.0]);
    /// ```
    pub fn lu(a: &Array) -> (Array, Array, Array) {
        matrix("linalg.lu", a, false, false)?;
        let mut list = decompose(Linalg::Lu, &[a])?;
        let (packed, order) = (list.swap_remove(0), list.swap_remove(0));
        let r = a.ndim();
        let (m, n) = (a.shape()[r - 2], a.shape()[r - 1]);
        let k = m.min(n);
        let part = |axis: usize| {
            let mut ranges: smallvec::SmallVec<[view::Range; 4]> = smallvec::smallvec![view::Range::FULL; r];
            ranges[axis].stop = Some(k as i64);
            view::slice_ranges(&packed, ranges)
        };
        let l = crate::ops::add(&crate::ops::tril(&part(r - 1)?, -1)?, Array::eye(m, k, 0, a.dtype()))?;
        Ok((order, l, crate::ops::triu(&part(r - 2)?, 0)?))
    }

    /// The same in one matrix, the unit diagonal left out, with the row exchanges, `uint32`: row `i` went with row `pivots[i]`, in order.
    ///
    /// # Errors
    /// As for [`lu`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (packed, pivots) = lazulite::linalg::lu_factor(&array![[1.0, 2.0], [2.0, 2.0]]);
    /// assert_eq!(packed.to_vec::<f32>().unwrap(), [2.0, 2.0, 0.5, 1.0]);
    /// assert_eq!(pivots.to_vec::<u32>().unwrap(), [1, 1]);
    /// ```
    pub fn lu_factor(a: &Array) -> (Array, Array) {
        matrix("linalg.lu_factor", a, false, false)?;
        let mut list = decompose(Linalg::Lu, &[a])?;
        let pivots = list.swap_remove(1);
        Ok((list.swap_remove(0), pivots))
    }

    /// `(q, r)` with `q r = a`: `q` has orthonormal columns, as many as the smaller side, and `r` is upper triangular.
    ///
    /// # Errors
    /// As for [`lu`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (q, r) = lazulite::linalg::qr(&array![[3.0], [4.0]]);
    /// assert!((q.matmul(&r) - array![[3.0], [4.0]]).abs().max(..).item::<f32>().unwrap() < 1e-5);
    /// ```
    pub fn qr(a: &Array) -> (Array, Array) {
        matrix("linalg.qr", a, false, false)?;
        let mut list = decompose(Linalg::Qr, &[a])?;
        let r = list.swap_remove(1);
        Ok((list.swap_remove(0), r))
    }

    /// `(u, s, vt)`: unitary `u` and `vt` and falling `s`, the singular values, with `u diag(s) vt = a`; the columns of `u`, or rows of
    /// `vt`, beyond the values span what `a` does not reach.
    ///
    /// # Errors
    /// A value error for another dtype than `float32`, `float64` and `complex64` or fewer than two axes. Evaluation reports numbers that
    /// are not finite.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (u, s, vt) = lazulite::linalg::svd(&array![[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]);
    /// assert_eq!((u.shape(), vt.shape()), (&[2, 2][..], &[3, 3][..]));
    /// assert!(s.allclose(&array![2.0, 1.0], 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn svd(a: &Array) -> (Array, Array, Array) {
        matrix("linalg.svd", a, true, false)?;
        let mut list = decompose(Linalg::Svd { vectors: true }, &[a])?;
        let (vt, s) = (list.swap_remove(2), list.swap_remove(1));
        Ok((list.swap_remove(0), s, vt))
    }

    /// The singular values, falling.
    ///
    /// # Errors
    /// As for [`svd`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let s = lazulite::linalg::svdvals(&array![[3.0, 4.0]]);
    /// assert!(s.allclose(&array![5.0], 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn svdvals(a: &Array) -> Array {
        matrix("linalg.svdvals", a, true, false)?;
        single(Linalg::Svd { vectors: false }, &[a])
    }

    /// `(w, v)`: the eigenvalues, in no order, and the eigenvectors, of length one, as columns; `complex64`.
    ///
    /// # Errors
    /// A value error for another dtype than `float32`, `float64` and `complex64` or matrices that are not square. Evaluation reports
    /// numbers that are not finite.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (w, _) = lazulite::linalg::eig(&array![[0.0, 1.0], [-1.0, 0.0]]);
    /// assert!(w.abs().allclose(&array![1.0, 1.0], 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn eig(a: &Array) -> (Array, Array) {
        matrix("linalg.eig", a, true, true)?;
        let mut list = decompose(Linalg::Eig { vectors: true }, &[a])?;
        let v = list.swap_remove(1);
        Ok((list.swap_remove(0), v))
    }

    /// The eigenvalues, in no order, `complex64`.
    ///
    /// # Errors
    /// As for [`eig`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(lazulite::linalg::eigvals(&array![[2.0]]).real().to_vec::<f32>().unwrap(), [2.0]);
    /// ```
    pub fn eigvals(a: &Array) -> Array {
        matrix("linalg.eigvals", a, true, true)?;
        single(Linalg::Eig { vectors: false }, &[a])
    }

    /// `(w, v)` of symmetric or Hermitian matrices, of which one triangle is read: the eigenvalues, rising, and orthonormal eigenvectors as
    /// columns.
    ///
    /// # Errors
    /// As for [`eig`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (w, v) = lazulite::linalg::eigh(&array![[2.0, 1.0], [1.0, 2.0]], true);
    /// assert!(w.allclose(&array![1.0, 3.0], 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// assert_eq!(v.shape(), [2, 2]);
    /// ```
    pub fn eigh(a: &Array, lower: bool) -> (Array, Array) {
        matrix("linalg.eigh", a, true, true)?;
        let mut list = decompose(Linalg::Eigh { lower, vectors: true }, &[a])?;
        let v = list.swap_remove(1);
        Ok((list.swap_remove(0), v))
    }

    /// The eigenvalues of symmetric or Hermitian matrices, rising.
    ///
    /// # Errors
    /// As for [`eig`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let w = lazulite::linalg::eigvalsh(&array![[2.0, 1.0], [1.0, 2.0]], true);
    /// assert!(w.allclose(&array![1.0, 3.0], 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn eigvalsh(a: &Array, lower: bool) -> Array {
        matrix("linalg.eigvalsh", a, true, true)?;
        single(Linalg::Eigh { lower, vectors: false }, &[a])
    }

    /// The pseudo-inverse. Singular values of up to `10 max(m, n)` times the dtype's epsilon times the largest count as zero.
    ///
    /// # Errors
    /// A value error for another dtype than `float32` and `float64` or fewer than two axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = lazulite::linalg::pinv(&array![[0.0, 2.0], [0.0, 0.0]]);
    /// assert!(x.allclose(&array![[0.0, 0.0], [0.5, 0.0]], 1e-5, 1e-6, false).item::<bool>().unwrap());
    /// ```
    pub fn pinv(a: &Array) -> Array {
        matrix("linalg.pinv", a, false, false)?;
        single(Linalg::PseudoInverse, &[a])
    }

    /// The determinant; of integers in `float32`. Its derivative needs a matrix that has an inverse.
    ///
    /// # Errors
    /// A value error for complex numbers or matrices that are not square.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(lazulite::linalg::det(&array![[2.0, 1.0], [0.0, 3.0]]).item::<f32>().unwrap(), 6.0);
    /// ```
    pub fn det(a: &Array) -> Array {
        let (diagonal, sign) = eliminated("linalg.det", a)?;
        crate::ops::astype(&crate::ops::multiply(&crate::ops::prod(&diagonal, -1)?, &sign)?, determined(a))
    }

    /// The sign of the determinant and the logarithm of its absolute value: zero and minus infinity for a singular matrix.
    ///
    /// # Errors
    /// As for [`det`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (sign, log) = lazulite::linalg::slogdet(&array![[-1.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!((sign.item::<f32>().unwrap(), log.item::<f32>().unwrap()), (-1.0, 0.0));
    /// ```
    pub fn slogdet(a: &Array) -> (Array, Array) {
        let (diagonal, parity) = eliminated("linalg.slogdet", a)?;
        let sign = crate::ops::multiply(&crate::ops::prod(&crate::ops::sign(&diagonal)?, -1)?, &parity)?;
        let log = crate::ops::sum(&crate::ops::log(&crate::ops::abs(&diagonal)?)?, -1)?;
        Ok((crate::ops::astype(&sign, determined(a))?, crate::ops::astype(&log, determined(a))?))
    }
}
