//! Triangular factors, and equations with a triangle.

use crate::{Failure, Real, store, view, view_mut};
use faer::Par;
use faer::linalg::triangular_solve as triangular;

/// The lower triangular matrix whose product with its transpose is `a`, `n` by `n`, of which the lower triangle is read.
///
/// # Errors
/// The matrix is not positive definite.
pub fn cholesky<T: Real>(a: &[T], n: usize, l: &mut [T]) -> Result<(), Failure> {
    let found = view(a, n, n).llt(faer::Side::Lower).map_err(|_| Failure::NotPositiveDefinite)?;
    store(found.L(), l);
    for i in 0..n {
        l[i * n + i + 1..(i + 1) * n].fill(T::zero());
    }
    Ok(())
}

/// The solution of `a x = b` for a triangular `a`, `n` by `n`, in place of `b`, `n` by `k`. Only that triangle of `a` is read.
///
/// # Errors
/// There is a zero on the diagonal.
pub fn solve<T: Real>(a: &[T], n: usize, upper: bool, b: &mut [T], k: usize) -> Result<(), Failure> {
    if (0..n).any(|i| a[i * n + i] == T::zero()) {
        return Err(Failure::Singular);
    }
    if k == 0 || n == 0 {
        return Ok(());
    }
    let (a, b) = (view(a, n, n), view_mut(b, n, k));
    if upper {
        triangular::solve_upper_triangular_in_place(a, b, Par::Seq);
    } else {
        triangular::solve_lower_triangular_in_place(a, b, Par::Seq);
    }
    Ok(())
}

/// `q`, `m` by `k`, of orthonormal columns, and the upper triangular `r`, `k` by `n`, whose product is `a`, `m` by `n`; `k` is the smaller
/// of `m` and `n`.
pub fn qr<T: Real>(a: &[T], m: usize, n: usize, q: &mut [T], r: &mut [T]) {
    let found = view(a, m, n).qr();
    store(found.compute_thin_Q().as_ref(), q);
    store(found.thin_R(), r);
    for (i, row) in r.chunks_exact_mut(n.max(1)).enumerate() {
        row[..i.min(n)].fill(T::zero());
    }
}
