//! Arrays of ten million elements, once a family: what small samples cannot reach (several pieces a thread, blocks of reductions, offsets of
//! many megabytes), against plain loops.

use lazulite::fft::{self, Norm};
use lazulite::ops::fast::{Mask, attention, layer_norm};
use lazulite::ops::{Conv, conv2d};
use lazulite::prelude::*;
use lazulite::{Dtype, linalg, random};

const ROWS: usize = 2500;
const COLUMNS: usize = 4000;
const N: usize = ROWS * COLUMNS;

/// Numbers in -1..1 that no sum cancels by chance.
fn numbers() -> Vec<f32> {
    (0..N as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

fn matrix(v: &[f32]) -> Array {
    Array::from_slice(v, [ROWS, COLUMNS]).unwrap()
}

fn values(a: &Array) -> Vec<f32> {
    a.to_vec().unwrap()
}

/// Every element within `bound` of what the loop gives.
fn close(got: &[f32], want: impl Iterator<Item = f64>, bound: f64) {
    let mut n = 0;
    for (i, (&g, w)) in got.iter().zip(want).enumerate() {
        assert!((g as f64 - w).abs() <= bound * w.abs().max(1.0), "element {i} is {g}, not {w}");
        n += 1;
    }
    assert_eq!(n, got.len());
}

#[test]
fn elementwise() {
    let v = numbers();
    let x = matrix(&v);
    close(&values(&(x.exp() * &x)), v.iter().map(|&x| (x as f64).exp() * x as f64), 3e-7);
}

#[test]
fn composed() {
    let v = numbers();
    let y = values(&matrix(&v).softmax(-1));
    let want = v.chunks(COLUMNS).flat_map(|row| {
        let sum: f64 = row.iter().map(|&x| (x as f64).exp()).sum();
        row.iter().map(move |&x| (x as f64).exp() / sum)
    });
    close(&y, want, 1e-7);
}

#[test]
fn creation() {
    let y: Vec<i32> = Array::arange(0, N as i32, 1, Dtype::I32).to_vec().unwrap();
    assert!(y.iter().enumerate().all(|(i, &v)| v == i as i32));
}

#[test]
fn reductions() {
    let v = numbers();
    let x = matrix(&v);
    let total: f64 = v.iter().map(|&x| x as f64).sum();
    close(&values(&x.sum(..)), std::iter::once(total), 1e-5 * N as f64 / total.abs().max(1.0) / 1e3);
    close(&values(&x.sum(1)), v.chunks(COLUMNS).map(|r| r.iter().map(|&x| x as f64).sum()), 1e-4);
    let mut columns = vec![f32::NEG_INFINITY; COLUMNS];
    v.chunks(COLUMNS).for_each(|r| columns.iter_mut().zip(r).for_each(|(m, &x)| *m = m.max(x)));
    assert_eq!(values(&x.max(0)), columns);
}

#[test]
fn views() {
    let v = numbers();
    let y = values(&(matrix(&v).t() + 0.0));
    assert!((0..N).all(|i| y[i] == v[i % ROWS * COLUMNS + i / ROWS]));
}

#[test]
fn joins() {
    let v = numbers();
    let x = matrix(&v);
    let y = values(&lazulite::ops::concatenate(&[&x, &x], 1).unwrap());
    assert!(y.chunks(2 * COLUMNS).zip(v.chunks(COLUMNS)).all(|(y, x)| y[..COLUMNS] == *x && y[COLUMNS..] == *x));
}

#[test]
fn products() {
    let v = numbers();
    let x = matrix(&v);
    let y = values(&x.matmul(&x.t()));
    for k in 0..200 {
        let (i, j) = (k * 7919 % ROWS, k * 104_729 % ROWS);
        let row = |i: usize| &v[i * COLUMNS..(i + 1) * COLUMNS];
        let want: f64 = row(i).iter().zip(row(j)).map(|(&a, &b)| a as f64 * b as f64).sum();
        assert!((y[i * ROWS + j] as f64 - want).abs() < 1e-2, "element {i}, {j} is {}, not {want}", y[i * ROWS + j]);
    }
}

#[test]
fn indexing() {
    let v = numbers();
    let order: Vec<i32> = (0..ROWS as i32).map(|i| i * 1009 % ROWS as i32).collect();
    let y = values(&matrix(&v).take(&Array::from_slice(&order, [ROWS]).unwrap(), 0));
    let row = |i: usize| &v[i * COLUMNS..(i + 1) * COLUMNS];
    assert!(y.chunks(COLUMNS).zip(&order).all(|(y, &i)| y == row(i as usize)));
}

#[test]
fn sorting() {
    let v = numbers();
    let mut want = v.clone();
    want.sort_by(f32::total_cmp);
    assert_eq!(values(&Array::from_slice(&v, [N]).unwrap().sort(0)), want);
}

#[test]
fn random_numbers() {
    let y = values(&random::uniform([N], &random::key(3)));
    let mean = y.iter().map(|&x| x as f64).sum::<f64>() / N as f64;
    let square = y.iter().map(|&x| (x as f64 - 0.5).powi(2)).sum::<f64>() / N as f64;
    assert!((mean - 0.5).abs() < 5e-4 && (square - 1.0 / 12.0).abs() < 5e-4, "mean {mean}, variance {square}");
    assert!(y.iter().all(|x| (0.0..1.0).contains(x)));
}

#[test]
fn scans() {
    let v = numbers();
    let x = matrix(&v);
    let mut columns = vec![0.0; COLUMNS];
    let sums = |row: &mut Vec<f64>, r: &[f32]| row.iter_mut().zip(r).for_each(|(s, &x)| *s += x as f64);
    let want: Vec<f64> = v
        .chunks(COLUMNS)
        .flat_map(|r| {
            sums(&mut columns, r);
            columns.clone()
        })
        .collect();
    close(&values(&x.cumsum(0)), want.into_iter(), 1e-4);
    let mut total = 0.0;
    let want: Vec<f64> = v.iter().map(|&x| (total += x as f64, total).1).collect();
    close(&values(&x.cumsum(..)), want.into_iter(), 1e-3);
}

#[test]
fn fourier() {
    let v = numbers();
    let y = fft::fft(&matrix(&v), None, -1, Norm::Backward);
    let (re, im) = (values(&y.real()), values(&y.imag()));
    for k in 0..100 {
        let (i, f) = (k * 7919 % ROWS, k * 104_729 % COLUMNS);
        let mut want = [0.0; 2];
        for (j, &x) in v[i * COLUMNS..(i + 1) * COLUMNS].iter().enumerate() {
            let turn = -std::f64::consts::TAU * (j * f % COLUMNS) as f64 / COLUMNS as f64;
            want[0] += x as f64 * turn.cos();
            want[1] += x as f64 * turn.sin();
        }
        let at = i * COLUMNS + f;
        let off = (re[at] as f64 - want[0]).hypot(im[at] as f64 - want[1]);
        assert!(off < 1e-3, "frequency {f} of row {i} is {} + {}i, not {want:?}", re[at], im[at]);
    }
}

#[test]
fn equations() {
    let (count, n) = (N / 100, 10);
    let a = Array::from_slice(&numbers(), [count, n, n]).unwrap() + Array::eye(n, n, 0, Dtype::F32) * 12.0;
    let x = linalg::solve(&a, &Array::ones([count, n, 1], Dtype::F32));
    close(&values(&a.matmul(&x)), std::iter::repeat_n(1.0, count * n), 1e-5);
}

#[test]
fn convolutions() {
    let v = numbers();
    // One channel of 2500 × 4000 to four of the same size.
    let weight: Vec<f32> = (0..36).map(|i| i as f32 / 8.0 - 2.0).collect();
    let x = matrix(&v).reshape([1, ROWS as i64, COLUMNS as i64, 1]);
    let y = values(&conv2d(&x, &Array::from_slice(&weight, [4, 3, 3, 1]).unwrap(), &Conv::default().padding(1)).unwrap());
    for k in 0..2000 {
        let (i, j, c) = (k * 7919 % ROWS, k * 104_729 % COLUMNS, k % 4);
        let mut want = 0.0;
        for (di, dj) in
            (0..9).map(|t| (t / 3, t % 3)).filter(|(di, dj)| (1..=ROWS).contains(&(i + di)) && (1..=COLUMNS).contains(&(j + dj)))
        {
            want += v[(i + di - 1) * COLUMNS + j + dj - 1] as f64 * weight[c * 9 + di * 3 + dj] as f64;
        }
        let got = y[(i * COLUMNS + j) * 4 + c] as f64;
        assert!((got - want).abs() < 1e-4, "channel {c} at {i}, {j} is {got}, not {want}");
    }
}

#[test]
fn norms() {
    let v = numbers();
    let want = v.chunks(COLUMNS).flat_map(|row| {
        let mean = row.iter().map(|&x| x as f64).sum::<f64>() / COLUMNS as f64;
        let variance = row.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / COLUMNS as f64;
        row.iter().map(move |&x| (x as f64 - mean) / (variance + 1e-5).sqrt())
    });
    close(&values(&layer_norm(&matrix(&v), None, None, 1e-5).unwrap()), want, 1e-5);
}

#[test]
fn queries() {
    // 156250 queries of 64 features meet 16 keys: ten million features.
    let (count, keys, features) = (N / 64, 16, 64);
    let v = numbers();
    let q = Array::from_slice(&v, [1, 1, count, features]).unwrap();
    let kv = Array::from_slice(&v[..keys * features], [1, 1, keys, features]).unwrap();
    let y = values(&attention(&q, &kv, &kv, 0.125, Mask::None, None).unwrap());
    for i in (0..count).step_by(997) {
        let score =
            |k: usize| -> f64 { (0..features).map(|f| v[i * features + f] as f64 * v[k * features + f] as f64).sum::<f64>() * 0.125 };
        let weights: Vec<f64> = (0..keys).map(|k| score(k).exp()).collect();
        let sum: f64 = weights.iter().sum();
        for f in 0..features {
            let want = (0..keys).map(|k| weights[k] * v[k * features + f] as f64).sum::<f64>() / sum;
            let got = y[i * features + f] as f64;
            assert!((got - want).abs() < 1e-5, "feature {f} of query {i} is {got}, not {want}");
        }
    }
}
