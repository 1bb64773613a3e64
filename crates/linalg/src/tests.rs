//! Every decomposition gives its matrix back.

use super::*;
use num_traits::Float;

fn matrix(m: usize, n: usize) -> Vec<f64> {
    let entry = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 1009.0 - 0.4;
    (0..m * n).map(|i| entry(i) + if m == n && i % (n + 1) == 0 { 2.0 } else { 0.0 }).collect()
}

fn product(a: &[f64], b: &[f64], k: usize) -> Vec<f64> {
    let (m, n) = (a.len() / k, b.len() / k);
    (0..m * n).map(|at| (0..k).map(|l| a[at / n * k + l] * b[l * n + at % n]).sum()).collect()
}

fn transposed(a: &[f64], m: usize) -> Vec<f64> {
    let n = a.len() / m;
    (0..a.len()).map(|at| a[at % m * n + at / m]).collect()
}

fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).for_each(|(g, w)| assert!((g - w).abs() < 1e-10 * want.len() as f64, "{g} for {w}"));
}

const SIZES: [(usize, usize); 9] = [(1, 1), (2, 2), (5, 5), (3, 7), (7, 3), (40, 40), (33, 70), (70, 33), (1, 4)];

#[test]
fn factors_give_the_matrix_back() {
    for (m, n) in SIZES {
        let (a, k) = (matrix(m, n), m.min(n));
        let (mut q, mut r) = (vec![0.0; m * k], vec![0.0; k * n]);
        f64::qr(&a, m, n, &mut q, &mut r);
        near(&product(&q, &r, k), &a);

        let (mut u, mut s, mut vt) = (vec![0.0; m * m], vec![0.0; k], vec![0.0; n * n]);
        f64::svd(&a, m, n, &mut s, Some((&mut u, &mut vt))).unwrap();
        let scaled: Vec<f64> = (0..m * n).map(|at| if at % n < k { u[at / n * m + at % n] * s[at % n] } else { 0.0 }).collect();
        near(&product(&scaled, &vt, n), &a);
        let mut only = vec![0.0; k];
        f64::svd(&a, m, n, &mut only, None).unwrap();
        near(&only, &s);

        let (mut packed, mut pivots) = (a.clone(), vec![0; k]);
        f64::lu(&mut packed, m, n, &mut pivots);
        let (mut l, mut u) = (vec![0.0; m * k], vec![0.0; k * n]);
        for (i, j) in (0..m * n).map(|at| (at / n, at % n)) {
            match i > j {
                true => l[i * k + j] = packed[i * n + j],
                false => u[i * n + j] = packed[i * n + j],
            }
        }
        (0..k).for_each(|i| l[i * k + i] = 1.0);
        let mut rows: Vec<&[f64]> = a.chunks(n).collect();
        pivots.iter().enumerate().for_each(|(i, &p)| rows.swap(i, p as usize));
        near(&product(&l, &u, k), &rows.concat());
    }
}

#[test]
fn square_matrices_are_inverted_and_diagonalised() {
    for n in [1, 2, 5, 40, 67] {
        let a = matrix(n, n);
        let mut inverse = vec![0.0; n * n];
        f64::inverse(&mut a.clone(), n, &mut inverse).unwrap();
        let mut pseudo = vec![0.0; n * n];
        f64::pseudo_inverse(&a, n, n, &mut pseudo).unwrap();
        near(&pseudo, &inverse);
        let eye: Vec<f64> = (0..n * n).map(|i| (i % (n + 1) == 0) as u8 as f64).collect();
        near(&product(&a, &inverse, n), &eye);

        let gram = product(&a, &transposed(&a, n), n);
        let mut l = vec![7.0; n * n];
        f64::cholesky(&gram, n, &mut l).unwrap();
        near(&product(&l, &transposed(&l, n), n), &gram);
        for (upper, t) in [(false, l.clone()), (true, transposed(&l, n))] {
            let mut x = a.clone();
            f64::solve_triangular(&t, n, upper, &mut x, n).unwrap();
            near(&product(&t, &x, n), &a);
        }

        let (mut w, mut v) = (vec![0.0; n], vec![0.0; n * n]);
        f64::eigh(&gram, n, true, &mut w, Some(&mut v)).unwrap();
        let scaled: Vec<f64> = (0..n * n).map(|at| v[at] * w[at % n]).collect();
        near(&product(&gram, &v, n), &scaled);
        assert!(w.is_sorted());

        let (mut w, mut v) = (vec![Complex32::default(); n], vec![Complex32::default(); n * n]);
        f64::eig(&a, n, &mut w, Some(&mut v)).unwrap();
        for (i, j) in (0..n * n).map(|at| (at / n, at % n)) {
            let left: Complex32 = (0..n).map(|k| v[k * n + j] * a[i * n + k] as f32).sum();
            assert!((left - v[i * n + j] * w[j]).norm() < 1e-5 * n as f32);
        }
    }
}

#[test]
fn what_has_no_result_fails_and_what_is_empty_has_one() {
    let mut out = vec![0.0f32; 4];
    assert_eq!(f32::inverse(&mut [1.0, 2.0, 2.0, 4.0], 2, &mut out), Err(Failure::Singular));
    assert_eq!(f32::cholesky(&[1.0, 2.0, 2.0, 1.0], 2, &mut out), Err(Failure::NotPositiveDefinite));
    let mut zero = vec![0.0f32; 9];
    f32::lu(&mut zero, 3, 3, &mut [0; 3]);
    assert_eq!(zero, [0.0; 9]);
    assert_eq!(f32::cholesky(&[], 0, &mut []), Ok(()));
    assert_eq!(f32::inverse(&mut [], 0, &mut []), Ok(()));
    f32::qr(&[], 0, 3, &mut [], &mut []);
    assert_eq!(f32::svd(&[], 0, 2, &mut [], Some((&mut [], &mut [0.0; 4]))), Ok(()));
    assert_eq!(f32::eigh(&[], 0, true, &mut [], Some(&mut [])), Ok(()));
    assert_eq!(f32::eig(&[], 0, &mut [], Some(&mut [])), Ok(()));
}

#[test]
fn entries_that_are_not_finite_end() {
    for bad in [f32::NAN, f32::INFINITY] {
        let a = [bad; 9];
        let (mut w, mut v, mut vt) = ([0.0; 3], [0.0; 9], [0.0; 9]);
        let _ = f32::svd(&a, 3, 3, &mut w, Some((&mut v, &mut vt)));
        let _ = f32::eigh(&a, 3, true, &mut w, Some(&mut v));
        let _ = f32::eig(&a, 3, &mut [Complex32::default(); 3], Some(&mut [Complex32::default(); 9]));
        f32::qr(&a, 3, 3, &mut v, &mut vt);
        assert!(v.iter().any(|x| Float::is_nan(*x)));
        let _ = f32::cholesky(&a, 3, &mut v);
        let _ = f32::inverse(&mut a.clone(), 3, &mut v);
    }
}
