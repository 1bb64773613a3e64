//! The decomposition into triangles with row exchanges, and what it solves.
//!
//! It recurses over columns, so that nearly all of its work is products. A column of zeros is left as it is: a singular matrix has a
//! decomposition, too, with a zero on the diagonal.

use crate::{Failure, Number, view, view_mut};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve as triangular;
use faer::{Accum, Par};

/// Columns that are eliminated one by one.
const NARROW: usize = 16;

/// Decomposes `a`, `m` by `n`, in place: with its rows exchanged it is the product of the unit lower triangle below the diagonal and the
/// upper one from it on. Row `i` was exchanged with row `pivots[i]`, in order; there are as many as the smaller of `m` and `n`.
pub fn lu<T: Number>(a: &mut [T], m: usize, n: usize, pivots: &mut [u32]) {
    let k = m.min(n);
    if k == 0 {
        return;
    }
    panel(a, (m, n), (0, k), pivots);
    if n > k {
        // A wide matrix: the columns beyond the square follow.
        exchange(a, n, &pivots[..k], 0, (k, n));
        let (left, right) = view_mut(a, m, n).split_at_col_mut(k);
        triangular::solve_unit_lower_triangular_in_place(left.as_ref(), right, Par::Seq);
    }
}

/// Applies the exchanges of rows from `first` on to some columns.
fn exchange<T>(a: &mut [T], n: usize, pivots: &[u32], first: usize, (from, to): (usize, usize)) {
    for (i, &p) in pivots.iter().enumerate() {
        let (i, p) = (first + i, p as usize);
        if i != p {
            let (above, below) = a.split_at_mut(p * n);
            above[i * n + from..i * n + to].swap_with_slice(&mut below[from..to]);
        }
    }
}

/// Decomposes columns `from..to` of the rows from `from` on.
fn panel<T: Number>(a: &mut [T], (m, n): (usize, usize), (from, to): (usize, usize), pivots: &mut [u32]) {
    if to - from <= NARROW {
        return narrow(a, (m, n), (from, to), pivots);
    }
    let middle = from + (to - from) / 2;
    panel(a, (m, n), (from, middle), pivots);
    exchange(a, n, &pivots[from..middle], from, (middle, to));
    let block = view_mut(a, m, n).submatrix_mut(from, from, m - from, to - from);
    let (l, mut u, below, rest) = block.split_at_mut(middle - from, middle - from);
    triangular::solve_unit_lower_triangular_in_place(l.as_ref(), u.as_mut(), Par::Seq);
    matmul(rest, Accum::Add, below.as_ref(), u.as_ref(), -T::one(), Par::Seq);
    panel(a, (m, n), (middle, to), pivots);
    exchange(a, n, &pivots[middle..to], middle, (from, middle));
}

fn narrow<T: Number>(a: &mut [T], (m, n): (usize, usize), (from, to): (usize, usize), pivots: &mut [u32]) {
    for c in from..to {
        let mut best = c;
        for r in c + 1..m {
            if a[r * n + c].size() > a[best * n + c].size() {
                best = r;
            }
        }
        pivots[c] = best as u32;
        exchange(a, n, &[best as u32], c, (from, to));
        let (above, below) = a.split_at_mut((c + 1) * n);
        let row = &above[c * n..];
        let pivot = row[c];
        if pivot == T::zero() {
            continue;
        }
        for other in below.chunks_exact_mut(n) {
            let factor = other[c] / pivot;
            other[c] = factor;
            other[c + 1..to].iter_mut().zip(&row[c + 1..to]).for_each(|(v, &p)| *v -= factor * p);
        }
    }
}

/// The solution of `a x = b` in place of `b`, `n` by `k`; `a`, `n` by `n`, is lost.
///
/// # Errors
/// The matrix has no inverse.
pub fn solve<T: Number>(a: &mut [T], n: usize, b: &mut [T], k: usize) -> Result<(), Failure> {
    let mut pivots = vec![0; n];
    lu(a, n, n, &mut pivots);
    if (0..n).any(|i| a[i * n + i] == T::zero()) {
        return Err(Failure::Singular);
    }
    if k == 0 || n == 0 {
        return Ok(());
    }
    exchange(b, k, &pivots, 0, (0, k));
    triangular::solve_unit_lower_triangular_in_place(view(a, n, n), view_mut(b, n, k), Par::Seq);
    triangular::solve_upper_triangular_in_place(view(a, n, n), view_mut(b, n, k), Par::Seq);
    Ok(())
}

/// The inverse of `a`, `n` by `n`, which is lost.
///
/// # Errors
/// The matrix has no inverse.
pub fn inverse<T: Number>(a: &mut [T], n: usize, out: &mut [T]) -> Result<(), Failure> {
    out.fill(T::zero());
    out.iter_mut().step_by(n + 1).for_each(|v| *v = T::one());
    solve(a, n, out, n)
}
