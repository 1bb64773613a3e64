//! Random numbers against MLX's, which `fixtures/random.json` holds, and how they batch.

use lazulite::prelude::*;
use serde_json::Value;

fn cases() -> Vec<(Array, Value)> {
    let all: Value = serde_json::from_str(include_str!("fixtures/random.json")).unwrap();
    all["cases"].as_array().unwrap().iter().map(|c| (random::key(c["seed"].as_u64().unwrap()), c.clone())).collect()
}

fn flat(v: &Value, out: &mut Vec<f64>) {
    match v {
        Value::Array(list) => list.iter().for_each(|v| flat(v, out)),
        v => out.push(v.as_f64().unwrap()),
    }
}

#[track_caller]
fn equal(x: &Array, want: &Value) {
    let mut list = Vec::new();
    flat(want, &mut list);
    assert_eq!(x.astype(Dtype::F64).to_vec::<f64>().unwrap(), list);
}

/// Within `ulps` units of f32, counted at `scale` at least.
#[track_caller]
fn near(x: &Array, want: &Value, ulps: f32, scale: f32) {
    let mut list = Vec::new();
    flat(want, &mut list);
    let have: Vec<f32> = x.to_vec().unwrap();
    assert_eq!(have.len(), list.len());
    for (a, b) in have.into_iter().zip(list) {
        let bound = ulps * f32::EPSILON * (b as f32).abs().max(scale);
        assert!((a - b as f32).abs() <= bound, "{a} against {b}");
    }
}

/// The bit patterns of a 32-bit float array.
fn patterns(x: &Array) -> Vec<u64> {
    match x.dtype() {
        Dtype::F32 => x.to_vec::<f32>().unwrap().into_iter().map(|v| v.to_bits() as u64).collect(),
        Dtype::F16 => x.to_vec::<lazulite::f16>().unwrap().into_iter().map(|v| v.to_bits() as u64).collect(),
        _ => x.to_vec::<lazulite::bf16>().unwrap().into_iter().map(|v| v.to_bits() as u64).collect(),
    }
}

#[track_caller]
fn same_bits(x: &Array, want: &Value) {
    let want: Vec<u64> = want.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    assert_eq!(patterns(x), want);
}

/// Within some steps of a half dtype.
#[track_caller]
fn near_bits(x: &Array, want: &Value, steps: u64) {
    let want: Vec<u64> = want.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    for (a, b) in patterns(x).into_iter().zip(want) {
        assert!(a.abs_diff(b) <= steps, "{a:#x} against {b:#x}");
    }
}

#[test]
fn keys_and_bits_are_mlx_s() {
    for (key, c) in cases() {
        equal(&key, &c["key"]);
        let (a, b) = random::split(&key);
        equal(&stack(&[&a, &b], 0), &c["split2"]);
        equal(&random::split_n(&key, 5), &c["split5"]);
        for (n, words) in c["raw"].as_object().unwrap() {
            equal(&random::bits(n.parse::<usize>().unwrap(), Dtype::U32, &key), words);
        }
    }
}

#[test]
fn uniforms_are_mlx_s_to_the_bit() {
    for (key, c) in cases() {
        same_bits(&random::uniform([5], &key), &c["uniform_5"]);
        same_bits(&random::uniform([3, 4], &key), &c["uniform_3x4"]);
        same_bits(&random::uniform([2, 3, 2], &key), &c["uniform_2x3x2"]);
        let many: Vec<f32> = random::uniform([1000], &key).to_vec().unwrap();
        let total: f64 = many.iter().map(|&v| v as f64).sum();
        assert!((total - c["uniform_1000"]["sum"].as_f64().unwrap()).abs() < 1e-9);
        same_bits(&random::uniform_in(0, 1, [16], Dtype::F16, &key), &c["uniform_f16"]);
        same_bits(&random::uniform_in(0, 1, [16], Dtype::BF16, &key), &c["uniform_bf16"]);
        same_bits(&random::uniform_in(-2.5, 7.25, [8], Dtype::F32, &key), &c["uniform_lohi"]);
        let (low, high) = (array![-2.5], Array::full([8], 7.25, Dtype::F32));
        same_bits(&random::uniform_in(&low, &high, [8], Dtype::F32, &key), &c["uniform_lohi"]);
    }
}

#[test]
fn normals_are_mlx_s_nearly() {
    for (key, c) in cases() {
        near(&random::normal([16], &key), &c["normal_16"], 8.0, 0.01);
        near(&random::normal_with(1.0, 2.0, [2, 3], Dtype::F32, &key), &c["normal_2x3_loc1_scale2"], 8.0, 1.0);
        near_bits(&random::normal_with(0, 1, [8], Dtype::F16, &key), &c["normal_f16_8"], 1);
        near_bits(&random::normal_with(0, 1, [8], Dtype::BF16, &key), &c["normal_bf16_8"], 1);
        let z = random::normal_with(0, 1, [4], Dtype::C64, &key);
        near(&stack(&[&z.real(), &z.imag()], -1), &c["normal_c64_4"], 8.0, 0.05);
        let wide = random::normal_with(0, 1, [16], Dtype::F64, &key);
        near(&wide.astype(Dtype::F32), &c["normal_16"], 8.0, 0.01);
    }
}

#[test]
fn integers_and_choices_are_mlx_s() {
    let all: Value = serde_json::from_str(include_str!("fixtures/random.json")).unwrap();
    let mut list = Vec::new();
    flat(&all["_readme"]["logits"], &mut list);
    let logits = Array::from_slice(&list.iter().map(|&v| v as f32).collect::<Vec<_>>(), [3, 4]).unwrap();
    let mut p = Vec::new();
    flat(&all["_readme"]["bernoulli_p"], &mut p);
    let p = Array::from_slice(&p.iter().map(|&v| v as f32).collect::<Vec<_>>(), [8]).unwrap();
    for (key, c) in cases() {
        equal(&random::randint(0, 10, [16], Dtype::I32, &key), &c["randint_0_10_[16]"]);
        equal(&random::randint(-1000, 1000, [3, 4], Dtype::I32, &key), &c["randint_-1000_1000_[3,4]"]);
        equal(&random::randint(-2_000_000_000, 2_000_000_000, [8], Dtype::I32, &key), &c["randint_-2e9_2e9_[8]"]);
        equal(&random::randint(0, 256, [8], Dtype::U8, &key), &c["randint_u8_0_256_[8]"]);
        let bounds = (array![[0], [100]], array![200, 1000]);
        equal(&random::randint(&bounds.0, &bounds.1, [2, 2], Dtype::I32, &key), &c["randint_lowhigh_[[0],[100]]_[200,1000]_[2,2]"]);
        equal(&random::permutation(10, &key), &c["permutation_10"]);
        equal(&random::permutation(257, &key), &c["permutation_257"]);
        let table = Array::arange(0, 12, 1, Dtype::I32).reshape([3, 4]);
        equal(&random::permutation_along(&table, 1, &key), &c["permutation_array_arange(12).reshape(3,4)_axis1"]);
        equal(&random::permutation(&table.t(), &key).t(), &c["permutation_array_arange(12).reshape(3,4)_axis1"]);
        equal(&random::categorical(&logits, -1, &key), &c["categorical"]);
        equal(&random::categorical_n(&logits, -1, 7, &key), &c["categorical_num_samples7"]);
        equal(&random::categorical_shaped(&logits, -1, [5, 3], &key), &c["categorical_shape_[5,3]"]);
        equal(&random::categorical(&logits, 0, &key), &c["categorical_axis0"]);
        equal(&random::bernoulli(0.5, [16], &key), &c["bernoulli_0.5_[16]"]);
        equal(&random::bernoulli(&p, [8], &key), &c["bernoulli_p"]);
        near(&random::gumbel([6], Dtype::F32, &key), &c["gumbel_6"], 8.0, 1.0);
        near(&random::laplace(0, 1, [6], Dtype::F32, &key), &c["laplace_6"], 8.0, 0.1);
        // MLX's erf, of the bounds, is good to 2.5e-7.
        near(&random::truncated_normal(-1, 2, [6], Dtype::F32, &key), &c["truncated_normal_-1_2_6"], 8.0, 1.0);
    }
}

#[test]
fn a_batch_of_keys_draws_as_each_alone() {
    let keys = random::split_n(&random::key(3), 4);
    let rows = ops::split(&keys, 4, 0).unwrap();
    let alone: Vec<Array> = rows.iter().map(|k| random::normal([2, 3], &k.squeeze(0))).collect();
    let together = vmap(|k: &Array| random::normal([2, 3], k))(&keys);
    assert_eq!(together.to_vec::<f32>().unwrap(), stack(&alone, 0).to_vec::<f32>().unwrap());
    // Keys that lie otherwise in memory, and a nested batch.
    let turned = vmap_axes(|k: &Array| random::uniform([3], k), 1, 0)(&keys.t().astype(Dtype::U32));
    assert_eq!(turned.to_vec::<f32>().unwrap(), vmap(|k: &Array| random::uniform([3], k))(&keys).to_vec::<f32>().unwrap());
    let nested = vmap(vmap(|k: &Array| random::uniform([3], k)))(&keys.reshape([2, 2, 2]));
    assert_eq!(nested.to_vec::<f32>().unwrap(), turned.to_vec::<f32>().unwrap());
    // A key of equal halves is one scalar everywhere, without memory.
    let zero = Array::zeros([2], Dtype::U32);
    assert_eq!(random::uniform([3], &zero).to_vec::<f32>().unwrap(), random::uniform([3], &random::key(0)).to_vec::<f32>().unwrap());
}

#[test]
fn errors_say_what_is_wrong() {
    let key = random::key(0);
    assert_eq!(ops::random::uniform([2], &array![0, 1]).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(ops::random::uniform([2], &random::split_n(&key, 3)).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(ops::random::uniform_in(0, array![1.0, 2.0], [3], Dtype::F32, &key).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(ops::random::uniform_in(0, 1, [3], Dtype::I32, &key).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(ops::random::bernoulli(1, [3], &key).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(ops::random::randint(0, 1, [3], Dtype::F32, &key).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(ops::random::categorical(&array![0.0], 1, &key).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(ops::random::categorical(&Array::zeros([2, 0], Dtype::F32), -1, &key).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn draws_have_no_derivative() {
    let key = random::key(0);
    let g = grad(|x: &Array| (x * random::normal([3], &key)).sum(..))(&array![1.0, 2.0, 3.0]);
    assert_eq!(g.to_vec::<f32>().unwrap(), random::normal([3], &key).to_vec::<f32>().unwrap());
}
