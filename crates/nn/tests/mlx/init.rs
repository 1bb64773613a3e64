//! Initial values: their distributions are those of MLX.

use crate::values;
use lazulite::nn::init::{self, Fan};
use lazulite::prelude::*;

fn deviation(x: &Array) -> f32 {
    x.std(.., 0).item().unwrap()
}

fn most(x: &Array) -> f32 {
    x.abs().max(..).item().unwrap()
}

#[test]
fn scales_are_those_of_mlx() {
    // mx.std(nn.init.he_normal()(mx.zeros((100, 3, 300)), "fan_out", 2.0)) is 0.1156
    let key = random::key(0);
    let near = |x: f32, expected: f32| assert!((x / expected - 1.0).abs() < 0.02, "{x} {expected}");
    near(deviation(&init::glorot_normal([100, 300], 1.0, &key)), 0.0707);
    near(most(&init::glorot_uniform([100, 300], 1.0, &key)), 0.1225);
    near(deviation(&init::he_normal([100, 3, 300], Fan::Out, 2.0, &key)), 0.1155);
    near(deviation(&init::he_normal([100, 400], Fan::In, 1.0, &key)), 0.05);
    near(most(&init::he_uniform([100, 3, 300], Fan::In, 1.0, &key)), 0.05774);
}

#[test]
fn orthogonal_rows_or_columns() {
    for (shape, seed) in [([3, 5], 0), ([5, 3], 1), ([4, 4], 2), ([1, 6], 3)] {
        let w = init::orthogonal(shape, 2.0, &random::key(seed));
        assert_eq!(w.shape(), shape);
        let square = if shape[0] <= shape[1] { w.matmul(&w.t()) } else { w.t().matmul(&w) };
        let n = square.shape()[0];
        assert!(most(&(square - init::identity([n, n]) * 4)) < 1e-4);
    }
    // Uniform: of 2 by 2 matrices as many are reflections as rotations, and no element leans to a side.
    let many: Vec<Array> = (0..400).map(|seed| init::orthogonal([2, 2], 1.0, &random::key(seed))).collect();
    let all = ops::stack(&many, 0).unwrap();
    let determinants = all.index((.., 0, 0)) * all.index((.., 1, 1)) - all.index((.., 0, 1)) * all.index((.., 1, 0));
    assert!(determinants.mean(..).item::<f32>().unwrap().abs() < 0.15);
    assert!(most(&all.mean(0)) < 0.12, "{:?}", values(&all.mean(0)));
}

#[test]
fn as_many_zeros_in_each_row() {
    let w = init::sparse([40, 10], 0.3, 1.0, 0.1, &random::key(0));
    assert_eq!(w.eq(0).sum(1).to_vec::<i32>().unwrap(), [3; 40]);
    let columns = w.eq(0).sum(0).to_vec::<i32>().unwrap();
    assert!(columns.iter().all(|&n| (3..25).contains(&n)), "{columns:?}");
    assert!((w.sum(..).item::<f32>().unwrap() / 280.0 - 1.0).abs() < 0.05);
    assert_eq!(init::sparse([4, 5], 0.3, 0.0, 1.0, &random::key(0)).eq(0).sum(1).to_vec::<i32>().unwrap(), [2; 4]);
    assert_eq!(most(&init::sparse([4, 5], 1.0, 0.0, 1.0, &random::key(0))), 0.0);
}

#[test]
#[should_panic(expected = "init::orthogonal is a matrix, not of shape [2, 2, 3]")]
fn orthogonal_is_a_matrix() {
    init::orthogonal([2, 2, 3], 1.0, &random::key(0));
}

#[test]
#[should_panic(expected = "init::identity is a square matrix, not of shape [2, 3]")]
fn the_identity_is_square() {
    init::identity([2, 3]);
}
