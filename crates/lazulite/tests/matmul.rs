//! Matrix products against sums written out; their derivatives and batches.

mod checks;

use checks::{all_batches, close, derivatives, numbers, vec64};
use lazulite::prelude::*;

/// The product of two arrays with at least two axes by its definition, with `einsum`-free broadcasting of batches.
fn naive(a: &Array, b: &Array) -> Array {
    let a = a.expand_dims(-1);
    let b = b.expand_dims(-3);
    (a * b).sum(-2)
}

#[test]
fn values_match_the_definition() {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[3, 4], &[4, 5]),
        (&[1, 1], &[1, 1]),
        (&[2, 3, 4], &[4, 5]),
        (&[3, 4], &[2, 4, 5]),
        (&[2, 3, 4], &[2, 4, 5]),
        (&[6, 1, 3, 4], &[2, 4, 5]),
        (&[2, 1, 3, 4], &[1, 7, 4, 1]),
        (&[3, 4], &[2, 4, 1]),
        (&[2, 0], &[0, 3]),
    ];
    for (m, n) in shapes {
        let (a, b) = (numbers(m, 1), numbers(n, 2));
        close(&a.matmul(&b), &naive(&a, &b), 1e-13, &format!("{m:?} {n:?}"));
        close(&b.swapaxes(-1, -2).matmul(&a.swapaxes(-1, -2)), &naive(&a, &b).swapaxes(-1, -2), 1e-13, &format!("{m:?} {n:?} transposed"));
    }
}

#[test]
fn vectors_are_rows_and_columns() {
    let (v, w) = (numbers(&[4], 1), numbers(&[4], 2));
    let (a, b) = (numbers(&[2, 3, 4], 3), numbers(&[2, 4, 3], 4));
    assert_eq!(v.matmul(&w).ndim(), 0);
    close(&v.matmul(&w), &(&v * &w).sum(..), 1e-13, "dot");
    close(&a.matmul(&v), &(&a * &v).sum(-1), 1e-13, "matrix by vector");
    close(&v.matmul(&b), &(v.expand_dims(-1) * &b).sum(-2), 1e-13, "vector by matrix");
    close(&a.inner(&v), &(&a * &v).sum(-1), 1e-13, "inner");
    assert_eq!(v.outer(&b).shape(), [4, 24]);
}

#[test]
fn dtypes_promote() {
    let ones = |d| Array::ones([2, 2], d);
    assert_eq!(ones(Dtype::F16).matmul(&ones(Dtype::BF16)).dtype(), Dtype::F32);
    assert_eq!(ones(Dtype::F16).matmul(&ones(Dtype::I32)).dtype(), Dtype::F16);
    assert_eq!(ones(Dtype::U64).matmul(&ones(Dtype::I32)).dtype(), Dtype::F32);
    for d in [Dtype::F16, Dtype::BF16, Dtype::F32, Dtype::F64, Dtype::C64] {
        assert_eq!(vec64(&ones(d).matmul(&ones(d))), [2.0; 4], "{d}");
    }
    let e = ops::matmul(&ones(Dtype::I32), &ones(Dtype::I32)).unwrap_err();
    assert_eq!((e.kind(), e.op()), (ErrorKind::Value, "matmul"));
}

#[test]
fn errors_name_the_operands() {
    let (a, b) = (Array::ones([2, 3], Dtype::F32), Array::ones([2, 3], Dtype::F32));
    let e = ops::matmul(&a, &b).unwrap_err();
    assert!(e.message().contains("float32[2, 3] and float32[2, 3]"), "{e}");
    assert_eq!(ops::matmul(&Array::from(1f32), &b).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(ops::matmul(&Array::ones([2, 2, 3], Dtype::F32), &Array::ones([4, 3, 2], Dtype::F32)).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn addmm_scales_and_adds() {
    let (c, a, b) = (array![f32::NAN, 2.0], Array::ones([2, 2], Dtype::F32), Array::ones([2, 2], Dtype::F32));
    assert_eq!(c.addmm(&a, &b, 1, 0).to_vec::<f32>().unwrap(), [2.0; 4]);
    assert_eq!(array![1.0, 2.0].addmm(&a, &b, 2.0, 0.5).to_vec::<f32>().unwrap(), [4.5, 5.0, 4.5, 5.0]);
    assert_eq!(array![1, 2].addmm(&a, &b, 1, 1).dtype(), Dtype::F32);
    assert!(ops::addmm(&Array::ones([3, 2, 2], Dtype::F32), &a, &b, 1, 1).is_err());
    let inputs = [numbers(&[3], 1), numbers(&[2, 4], 2), numbers(&[4, 3], 3)];
    derivatives("addmm", &inputs, |x| x[0].addmm(&x[1], &x[2], 2.0, -0.5));
}

#[test]
fn derivatives_are_exact() {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[3, 4], &[4, 2]),
        (&[4], &[4]),
        (&[4], &[4, 2]),
        (&[3, 4], &[4]),
        (&[2, 3, 4], &[4, 2]),
        (&[3, 4], &[2, 4, 2]),
        (&[3, 4], &[2, 4, 1]),
        (&[5, 1, 3, 4], &[2, 4, 2]),
        (&[2, 3, 4], &[4]),
    ];
    for (m, n) in shapes {
        derivatives(&format!("{m:?} {n:?}"), &[numbers(m, 1), numbers(n, 2)], |x| x[0].matmul(&x[1]));
    }
    derivatives("transposed", &[numbers(&[4, 3], 1), numbers(&[2, 4], 2)], |x| x[0].t().matmul(&x[1].t()));
}

#[test]
fn batches_match_loops() {
    let shapes: [(&[usize], &[usize]); 8] = [
        (&[3, 3, 4], &[3, 4, 2]),
        (&[3, 4], &[3, 4]),
        (&[3, 4], &[3, 4, 2]),
        (&[3, 5, 4], &[3, 4]),
        (&[3, 2, 3, 4], &[3, 4, 2]),
        (&[3, 3, 4], &[3, 2, 4, 2]),
        (&[3, 5, 1, 3, 4], &[3, 2, 4, 2]),
        (&[3, 2, 4], &[3, 2, 4, 1]),
    ];
    for (m, n) in shapes {
        all_batches(&format!("{m:?} {n:?}"), &[numbers(m, 1), numbers(n, 2)], |x| x[0].matmul(&x[1]));
    }
    // Per-example gradients, and a batch of batches.
    all_batches("gradients", &[numbers(&[3, 4], 1), numbers(&[3, 4, 2], 2)], |x| {
        let (v, w) = (x[0].clone(), x[1].clone());
        grad(|w: &Array| v.matmul(w).sin().sum(..))(&w)
    });
    all_batches("nested", &[numbers(&[3, 5, 4], 1), numbers(&[3, 4, 2], 2)], |x| {
        let w = x[1].clone();
        vmap(|v: &Array| v.matmul(&w))(&x[0])
    });
}

#[test]
fn a_shared_right_side_is_one_product() {
    // A batch of rows against one matrix, and its gradient, run as single products over views.
    let (x, w) = (numbers(&[8, 16, 4], 1), numbers(&[4, 4], 2));
    eval([&x, &w]).unwrap();
    let text = explain(&[&vmap(|v: &Array| v.matmul(&w.t()))(&x)]);
    assert_eq!(text.matches("a kernel of its own").count(), 1, "{text}");
    assert!(!text.contains("copy"), "{text}");
}

#[test]
fn a_shapeless_product_adapts() {
    let f = compile_with(|(x, w): &(Array, Array)| x.matmul(w), Compile::default().shapeless(true));
    for rows in [3, 5] {
        let (x, w) = (numbers(&[2, rows, 4], 1), numbers(&[4, 3], 2));
        close(&f(&(x.clone(), w.clone())), &naive(&x, &w), 1e-13, "shapeless");
    }
}
