//! Singular values and eigenvalues.

use crate::{Double, Failure, Number, Real, store, view, view_mut};
use faer::linalg::matmul::matmul;
use faer::{Accum, Par, Side};
use num_complex::{Complex32, Complex64};

/// Singular values of `a`, `m` by `n`, falling, with `u`, `m` by `m`, and the adjoint of `v`, `n` by `n`, if they are asked for.
///
/// # Errors
/// The iteration has not converged.
pub fn svd<T: Number<Real: Real>>(
    a: &[T],
    m: usize,
    n: usize,
    s: &mut [T::Real],
    vectors: Option<(&mut [T], &mut [T])>,
) -> Result<(), Failure> {
    let a = view(a, m, n);
    let Some((u, vt)) = vectors else {
        let found = a.singular_values().map_err(|_| Failure::NotConverged)?;
        s.copy_from_slice(&found);
        return Ok(());
    };
    let found = a.svd().map_err(|_| Failure::NotConverged)?;
    store(found.U(), u);
    for i in 0..n {
        (0..n).for_each(|j| vt[i * n + j] = T::conj_impl(&found.V()[(j, i)]));
    }
    let values = found.S().column_vector();
    s.iter_mut().enumerate().for_each(|(i, v)| *v = T::real_part_impl(&values[i]));
    Ok(())
}

/// Eigenvalues of a Hermitian matrix, `n` by `n`, rising, with its eigenvectors as the columns of `vectors` if they are asked for. One
/// triangle is read.
///
/// # Errors
/// The iteration has not converged.
pub fn eigh<T: Number<Real: Real>>(
    a: &[T],
    n: usize,
    lower: bool,
    values: &mut [T::Real],
    vectors: Option<&mut [T]>,
) -> Result<(), Failure> {
    let given = view(a, n, n);
    // Whole, with a real diagonal, whatever is in the other triangle.
    let whole = faer::Mat::from_fn(n, n, |i, j| match (i == j, (i > j) == lower) {
        (true, _) => T::from_real_impl(&T::real_part_impl(&given[(i, i)])),
        (_, true) => given[(i, j)],
        (_, false) => T::conj_impl(&given[(j, i)]),
    });
    let (a, side) = (whole.as_ref(), Side::Lower);
    let Some(vectors) = vectors else {
        let found = a.self_adjoint_eigenvalues(side).map_err(|_| Failure::NotConverged)?;
        values.copy_from_slice(&found);
        return Ok(());
    };
    let found = a.self_adjoint_eigen(side).map_err(|_| Failure::NotConverged)?;
    store(found.U(), vectors);
    let list = found.S().column_vector();
    values.iter_mut().enumerate().for_each(|(i, v)| *v = T::real_part_impl(&list[i]));
    Ok(())
}

/// Eigenvalues of a matrix, `n` by `n`, with its eigenvectors, of length one, as the columns of `vectors` if they are asked for. The
/// iteration loses more digits than the others, so it goes in double precision.
///
/// # Errors
/// The iteration has not converged.
pub fn eig<T: Double>(a: &[T], n: usize, values: &mut [Complex32], vectors: Option<&mut [Complex32]>) -> Result<(), Failure> {
    let a = faer::Mat::from_fn(n, n, |i, j| a[i * n + j].double());
    let narrow = |v: Complex64| Complex32::new(v.re as f32, v.im as f32);
    let Some(vectors) = vectors else {
        let found = a.eigenvalues().map_err(|_| Failure::NotConverged)?;
        values.iter_mut().zip(found).for_each(|(v, f)| *v = narrow(f));
        return Ok(());
    };
    let found = a.eigen().map_err(|_| Failure::NotConverged)?;
    let list = found.S().column_vector();
    values.iter_mut().enumerate().for_each(|(i, v)| *v = narrow(list[i]));
    for j in 0..n {
        let column = |i: usize| found.U()[(i, j)];
        let length = (0..n).map(|i| column(i).norm_sqr()).sum::<f64>().sqrt();
        let scale = if length > 0.0 { length.recip() } else { 1.0 };
        (0..n).for_each(|i| vectors[i * n + j] = narrow(column(i) * scale));
    }
    Ok(())
}

/// The pseudo-inverse of `a`, `m` by `n`, without the smallest singular values.
///
/// # Errors
/// The iteration has not converged.
pub fn pseudo_inverse<T: Real>(a: &[T], m: usize, n: usize, out: &mut [T]) -> Result<(), Failure> {
    if m == 0 || n == 0 {
        return Ok(());
    }
    let found = view(a, m, n).thin_svd().map_err(|_| Failure::NotConverged)?;
    let values = found.S().column_vector();
    let limit = T::from(10 * m.max(n)).expect("a small number") * T::epsilon() * values[0];
    let inverted = |l: usize| if values[l] > limit { values[l].recip() } else { T::zero() };
    let scaled = faer::Mat::from_fn(n, m.min(n), |i, l| found.V()[(i, l)] * inverted(l));
    matmul(view_mut(out, n, m), Accum::Replace, scaled.as_ref(), found.U().transpose(), T::one(), Par::Seq);
    Ok(())
}
