//! Products against a naive reference, and their promise about bits.

mod common;

use common::*;
use lazulite_base::dtype::Category;
use lazulite_base::shape::Dims;
use lazulite_base::work::Work;
use lazulite_base::{Complex32, Dtype, Element, Scalar};
use num_complex::Complex64;

const FLOATS: [Dtype; 5] = [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16, Dtype::C64];

fn draw(rng: &mut Rng, dtype: Dtype) -> Scalar {
    match dtype.category() {
        Category::Complex => Complex32::new(rng.unit() as f32 - 0.5, rng.unit() as f32 - 0.5).scalar(),
        _ => Scalar::new(rng.unit() - 0.5, dtype),
    }
}

fn product(a: &Operand, b: &Operand) -> Operand {
    let rank = a.view.dims.len();
    let mut dims: Dims = a.view.dims.clone();
    dims[rank - 1] = b.view.dims[rank - 1];
    run(&Work::MatMul { a: a.view.clone(), b: b.view.clone() }, &[a, b], &Operand::zeros(a.view.dtype, &dims))
}

/// Compares with sums in f64, to what rounding each of k steps may cost.
fn check(a: &Operand, b: &Operand) {
    let rank = a.view.dims.len();
    let (m, k, n) = (a.view.dims[rank - 2], a.view.dims[rank - 1], b.view.dims[rank - 1]);
    let out = product(a, b);
    let dtype = a.view.dtype;
    let values = |o: &Operand| o.values().into_iter().map(|s| s.as_complex()).collect::<Vec<_>>();
    let (x, y, got) = (values(a), values(b), values(&out));
    let (step, last) = match dtype {
        Dtype::F64 => (1e-15, 1e-15),
        Dtype::F16 => (1e-7, 6e-4),
        Dtype::BF16 => (1e-7, 5e-3),
        _ => (2e-7, 2e-7),
    };
    // All elements of a small product, some of a large one.
    let each = (got.len() * k / 2_000_000).max(1);
    for (p, &got) in got.iter().enumerate().step_by(each) {
        let (batch, i, j) = (p / (m * n), p / n % m, p % n);
        let (mut sum, mut size) = (Complex64::new(0.0, 0.0), 0.0);
        for l in 0..k {
            let term = x[(batch * m + i) * k + l] * y[(batch * k + l) * n + j];
            sum += term;
            size += term.norm();
        }
        let error = (got - sum).norm();
        assert!(error <= step * 8.0 * size + last * sum.norm() + 1e-7, "{got} for {sum} at {p}: {:?} {:?}", a.view, b.view);
    }
}

#[test]
fn products_of_random_layouts() {
    let _alone = alone();
    let mut rng = Rng(11);
    for round in 0..400 {
        let dtype = FLOATS[round % 5];
        let rank = 2 + rng.below(3);
        let mut dims = rng.dims(rank, 4);
        let most = [3, 20, 70, 300][rng.below(4)];
        let (m, k, n) =
            (rng.below(most) + 1, [rng.below(most) + 1, 257, 0][usize::from(rng.below(8) == 0) * (1 + rng.below(2))], rng.below(most) + 1);
        if dims[..rank - 2].iter().product::<usize>() * m * k * n > 3_000_000 {
            continue;
        }
        (dims[rank - 2], dims[rank - 1]) = (m, k);
        let a = Operand::scattered(&mut rng, dtype, &dims, true).fill(|| Scalar::new(0.0, dtype));
        let a = a.fill(|| draw(&mut rng, dtype));
        (dims[rank - 2], dims[rank - 1]) = (k, n);
        let b = Operand::scattered(&mut rng, dtype, &dims, true);
        let b = b.fill(|| draw(&mut rng, dtype));
        check(&a, &b);
    }
}

#[test]
fn long_sums_split_by_runs() {
    let _alone = alone();
    let mut rng = Rng(12);
    for (m, k, n) in [(5, 9000, 7), (1, 20_000, 1), (40, 4097, 3), (3, 5000, 200), (130, 2049, 260), (1, 3000, 700)] {
        for dtype in FLOATS {
            let a = Operand::zeros(dtype, &[m, k]).fill(|| draw(&mut rng, dtype));
            let b = Operand::zeros(dtype, &[k, n]).fill(|| draw(&mut rng, dtype));
            check(&a, &b);
        }
    }
}

#[test]
fn no_steps_give_zeros_and_no_rows_nothing() {
    for dtype in FLOATS {
        let mut out = Operand::of(dtype, &[2, 3], [7.0; 6]);
        let (a, b) = (Operand::zeros(dtype, &[2, 0]), Operand::zeros(dtype, &[0, 3]));
        try_run(&Work::MatMul { a: a.view.clone(), b: b.view.clone() }, &[&a, &b], std::slice::from_mut(&mut out)).unwrap();
        assert!(out.values().iter().all(|v| v.bits() == 0));
        let (a, b) = (Operand::zeros(dtype, &[0, 4]), Operand::zeros(dtype, &[4, 3]));
        assert_eq!(product(&a, &b).len(), 0);
    }
}

#[test]
fn an_element_depends_on_its_row_its_column_and_k_alone() {
    let _alone = alone();
    let mut rng = Rng(13);
    for dtype in [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16] {
        for (m, k, n) in [(70, 300, 90), (33, 2500, 65)] {
            let a = Operand::zeros(dtype, &[m, k]).fill(|| draw(&mut rng, dtype));
            let b = Operand::zeros(dtype, &[k, n]).fill(|| draw(&mut rng, dtype));
            let whole = product(&a, &b).values();
            for round in 0..12 {
                let (rows, columns) = ([1, 2, 5, m][round % 4], [1, 3, 40, n][round / 3]);
                let (i, j) = (rng.below(m - rows + 1), rng.below(n - columns + 1));
                let mut part = |source: &Operand, dims: [usize; 2], from: [usize; 2], pitch: usize| {
                    let mut new = Operand::scattered(&mut rng, dtype, &dims, false);
                    for p in 0..dims[0] * dims[1] {
                        new.set(p, source.get((from[0] + p / dims[1]) * pitch + from[1] + p % dims[1]));
                    }
                    new
                };
                let (x, y) = (part(&a, [rows, k], [i, 0], k), part(&b, [k, columns], [0, j], n));
                for (p, v) in product(&x, &y).values().iter().enumerate() {
                    assert_eq!(v.bits(), whole[(i + p / columns) * n + j + p % columns].bits(), "{dtype} {rows}x{k}x{columns}");
                }
            }
        }
    }
}

#[test]
fn large_products() {
    let _alone = alone();
    let mut rng = Rng(14);
    for (m, k, n) in [(700, 300, 500), (256, 784, 512), (2100, 2100, 40)] {
        let a = Operand::zeros(Dtype::F32, &[m, k]).fill(|| draw(&mut rng, Dtype::F32));
        let b = Operand::zeros(Dtype::F32, &[k, n]).fill(|| draw(&mut rng, Dtype::F32));
        check(&a, &b);
    }
}

#[test]
fn a_product_of_two_vectors_has_the_bits_of_any_element() {
    let _alone = alone();
    let mut rng = Rng(15);
    for dtype in [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16] {
        for k in [512, 700, 2048, 4096, 5000, 20_001] {
            let a = Operand::zeros(dtype, &[3, k]).fill(|| draw(&mut rng, dtype));
            let b = Operand::zeros(dtype, &[k, 40]).fill(|| draw(&mut rng, dtype));
            let whole = product(&a, &b);
            let x = Operand::of(dtype, &[1, k], (k..2 * k).map(|i| a.get(i).as_f64()));
            let y = Operand::of(dtype, &[k, 1], (0..k).map(|l| b.get(l * 40 + 7).as_f64()));
            assert_eq!(product(&x, &y).get(0).bits(), whole.get(47).bits(), "{dtype} {k}");
        }
    }
}
