//! The gradient of slices: put together by copies where they are apart, and the same numbers however they lie.

use lazulite::prelude::*;

/// The gradient of the sum of what slices give, each squared and weighted by its number, and the work that makes it.
fn gradient(x: &Array, cut: impl Fn(&Array) -> Vec<Array>) -> (Vec<f32>, String) {
    let loss = |x: &Array| cut(x).iter().enumerate().fold(Array::from(0.0f32), |s, (i, p)| s + (p.square() * (i + 1) as f32).sum(..));
    let g = grad(loss)(x);
    (g.to_vec().unwrap(), explain(&[&grad(loss)(x)]))
}

/// What it must be: 2x times the sum of the numbers of the slices that an element is in, from a mask of each slice.
fn expected(x: &Array, cut: impl Fn(&Array) -> Vec<Array>) -> Vec<f32> {
    let places = Array::arange(0, x.size() as i64, 1, Dtype::F32).reshape(x.shape().iter().map(|&n| n as i64).collect::<Vec<_>>());
    let mut weights = vec![0.0; x.size()];
    for (i, part) in cut(&places).iter().enumerate() {
        part.to_vec::<f32>().unwrap().iter().for_each(|&p| weights[p as usize] += (i + 1) as f32);
    }
    x.to_vec::<f32>().unwrap().iter().zip(weights).map(|(x, w)| 2.0 * x * w).collect()
}

#[test]
fn slices_give_their_numbers_however_they_lie() {
    let x = random::normal([6, 8], &random::key(0));
    type Cut = fn(&Array) -> Vec<Array>;
    let cuts: [(&str, Cut); 12] = [
        ("halves", |x| ops::split(x, 2, 1).unwrap()),
        ("rows", |x| (0..6).map(|i| x.index(i)).collect()),
        ("rows backwards", |x| (0..6).rev().map(|i| x.index(i)).collect()),
        ("with gaps", |x| vec![x.index((.., 1..3)), x.index((.., 5..6))]),
        ("windows", |x| (0..4).map(|i| x.index((.., i..i + 5))).collect()),
        ("tiles", |x| vec![x.index((..3, ..4)), x.index((3.., ..4)), x.index((..3, 4..)), x.index((3.., 4..))]),
        ("even and odd", |x| vec![x.index((.., ops::slice(.., .., 2))), x.index((.., ops::slice(1, .., 2)))]),
        ("one twice", |x| vec![x.index(2), x.index(2).exp().log(), x.index(3)]),
        ("empty", |x| vec![x.index((.., 3..3)), x.index((.., 3..4)), x.index((.., 8..8))]),
        ("and all", |x| vec![x.clone(), x.index((.., 2..4)), x.index((.., 4..6))]),
        ("corner and row", |x| vec![x.index((0, 0)), x.index(0), x.index((1, 1))]),
        ("backwards", |x| vec![x.index((.., ops::slice(.., .., -1))), x.index((2..4, ops::slice(.., .., -3)))]),
    ];
    for (name, cut) in cuts {
        let want = expected(&x, cut);
        let (got, _) = gradient(&x, cut);
        assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())), "{name}: {got:?} and {want:?}");
        let compiled =
            compile(move |x: &Array| grad(move |x: &Array| cut(x).iter().fold(Array::from(0.0f32), |s, p| s + p.square().sum(..)))(x));
        let alone = grad(move |x: &Array| cut(x).iter().fold(Array::from(0.0f32), |s, p| s + p.square().sum(..)))(&x);
        assert_eq!(compiled(&x).to_vec::<f32>().unwrap(), alone.to_vec::<f32>().unwrap(), "{name}");
        // The second derivative of the same: 2 for each slice that an element is in.
        let twice = grad(move |x: &Array| {
            grad(move |x: &Array| cut(x).iter().fold(Array::from(0.0f32), |s, p| s + p.square().sum(..)))(x).sum(..)
        })(&x);
        let counts = expected(&Array::ones([6, 8], Dtype::F32), |x| cut(x).into_iter().filter(|p| p.size() > 0).collect());
        assert_eq!(
            twice.to_vec::<f32>().unwrap().iter().map(|&v| v == 0.0).collect::<Vec<_>>(),
            counts.iter().map(|&v| v == 0.0).collect::<Vec<_>>(),
            "{name}"
        );
    }
}

#[test]
fn slices_that_are_apart_are_put_together_by_copies() {
    let x = random::normal([6, 8], &random::key(0));
    let (_, thirds) = gradient(&x, |x| ops::split_at(x, &[2, 5], 1).unwrap());
    let (_, steps) = gradient(&x, |x| (0..6).map(|i| x.index(i)).collect());
    for plan in [thirds, steps] {
        assert!(plan.contains("concatenate") && !plan.contains("slice_update"), "{plan}");
    }
    let (_, windows) = gradient(&x, |x| vec![x.index((.., ..5)), x.index((.., 3..))]);
    assert!(windows.contains("slice_update") && !windows.contains("concatenate"), "{windows}");
}
