//! Random numbers: the bits by the generator's definition, and what is made of them.

use super::elimination::M;
use crate::matrix::{Case, Family, Input, Kind, Slope, data};
use crate::tensor::{C, Tensor, re, truth};
use lazulite::ops::random;
use lazulite::{Array, Dtype, Result};
use lazulite_base::meaning::special::{erf, erfinv};

/// The Threefry-2x32 hash of a counter under a key.
fn threefry(key: [u32; 2], counter: [u32; 2]) -> [u32; 2] {
    const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];
    let keys = [key[0], key[1], key[0] ^ key[1] ^ 0x1bd1_1bda];
    let mut x = [counter[0].wrapping_add(keys[0]), counter[1].wrapping_add(keys[1])];
    for round in 0..5 {
        for r in ROTATIONS[round % 2] {
            x[0] = x[0].wrapping_add(x[1]);
            x[1] = x[1].rotate_left(r) ^ x[0];
        }
        x[0] = x[0].wrapping_add(keys[(round + 1) % 3]);
        x[1] = x[1].wrapping_add(keys[(round + 2) % 3]).wrapping_add(round as u32 + 1);
    }
    x
}

/// The first `n` words under a key: hashes of counters `i` and `i + half`, first the one halves, then the others.
fn words(key: &Tensor, n: usize) -> Vec<u32> {
    let key = [key.values[0].re as u32, key.values[1].re as u32];
    let (half, odd) = (n / 2, n % 2);
    let mut out = vec![0; n];
    for i in 0..half {
        let other = half + odd + i;
        [out[i], out[other]] = threefry(key, [i as u32, other as u32]);
    }
    if odd == 1 {
        out[half] = threefry(key, [half as u32, 0])[0];
    }
    out
}

/// Uniform numbers in [0, 1) as f32 holds them.
fn units(key: &Tensor, n: usize) -> Vec<f64> {
    words(key, n).into_iter().map(|w| (w as f32 / u32::MAX as f32).min(1.0f32.next_down()) as f64).collect()
}

fn symmetric(key: &Tensor, n: usize) -> Vec<f64> {
    let low = (-1.0f32).next_up() as f64;
    units(key, n).into_iter().map(|u| ((u as f32) * (1.0 - low) as f32 + low as f32) as f64).collect()
}

fn filled(dims: &[usize], dtype: Dtype, list: Vec<f64>) -> Tensor {
    Tensor { dims: dims.to_vec(), dtype, values: list.into_iter().map(re).collect() }
}

fn key() -> Input {
    Input { dims: vec![2], domain: (0.0, 4294967296.0), kind: Kind::Index(Dtype::U32) }
}

/// A draw from a key alone.
fn bits(
    op: &'static str,
    dtype: Dtype,
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    f: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Case {
    Case::new(op, Family::Random, vec![key()], move |x| call(&x[0]), move |x| f(&x[0]))
        .gives(move |_| dtype)
        .slope(Slope::None("random bits"))
}

/// A draw from parameters and a key, the last input.
fn draw(
    op: &'static str,
    parameters: Vec<Input>,
    call: impl Fn(&[Array], &Array) -> Result<Array> + Send + Sync + 'static,
    f: impl Fn(&[Tensor], &Tensor) -> Tensor + Send + Sync + 'static,
) -> Case {
    let n = parameters.len();
    let inputs: Vec<Input> = parameters.into_iter().chain([key()]).collect();
    Case::new(op, Family::Random, inputs, move |x| call(&x[..n], &x[n]), move |x| f(&x[..n], &x[n]))
        .takes(|d| matches!(d, Dtype::F32 | Dtype::F64))
        .single()
        .within(64.0, 64.0)
}

/// `loc + scale * e`.
fn placed(dims: &[usize], x: &[Tensor], e: Vec<f64>) -> Tensor {
    let e = filled(dims, x[0].dtype, e);
    Tensor::from_fn(dims, x[0].dtype, |at| x[0].spread(at) + x[1].spread(at) * e.at(at))
}

fn gumbel(key: &Tensor, n: usize) -> Vec<f64> {
    units(key, n).into_iter().map(|u| -(-(u.ln())).ln()).collect()
}

/// The index of the largest of logits with noise along the last axis.
fn chosen(x: &Tensor, draws: usize, key: &Tensor) -> Vec<f64> {
    let (rows, n) = (x.dims[0], x.dims[1]);
    let noise = gumbel(key, rows * n * draws);
    let mut out = Vec::new();
    for r in 0..rows {
        for d in 0..draws {
            let value = |i: usize| x.at(&[r, i]).re + noise[(r * n + i) * draws + d];
            out.push((0..n).max_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap_or(0) as f64);
        }
    }
    out
}

/// The order that sorts the words of a key.
fn permuted(key: &Tensor, n: usize) -> Vec<usize> {
    let list = words(key, n);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&i| list[i]);
    order
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let seed = |n| random::key(n);
    let no_key = || Array::ones([3], Dtype::U32);
    let word = |w: u32| re(w as f64);
    let pair = || vec![data(&[3], -1.0, 1.0), data(&[2, 1], 0.5, 2.0)];
    let discrete = |c: Case, d: Dtype| c.gives(move |_| d).slope(Slope::None("random bits"));
    let normal = |x: &[Tensor], key: &Tensor| {
        let e = symmetric(key, 6).into_iter().map(|v| erfinv(v) * std::f64::consts::SQRT_2).collect();
        placed(&[2, 3], x, e)
    };
    let laplace = |x: &[Tensor], key: &Tensor| {
        let e = symmetric(key, 6).into_iter().map(|v| v.signum() * (-v.abs()).ln_1p()).collect();
        placed(&[2, 3], x, e)
    };
    let within = |x: &[Tensor], key: &Tensor| {
        let u = filled(&[2, 3], x[0].dtype, units(key, 6));
        Tensor::from_fn(&[2, 3], x[0].dtype, |at| x[0].spread(at) + (x[1].spread(at) - x[0].spread(at)) * u.at(at))
    };
    let truncated = |x: &[Tensor], key: &Tensor| {
        let u = filled(&[2, 3], x[0].dtype, units(key, 6));
        let root = std::f64::consts::SQRT_2;
        Tensor::from_fn(&[2, 3], x[0].dtype, |at| {
            let (a, b) = (erf(x[0].spread(at).re / root), erf(x[1].spread(at).re / root));
            re(erfinv(a + (b - a) * u.at(at).re) * root)
        })
    };
    let logits = || vec![data(&[3, 4], -2.0, 2.0)];
    vec![
        Case::new("random.key", Family::Random, vec![], move |_| seed(7 << 32 | 9), |_| filled(&[2], Dtype::U32, vec![7.0, 9.0]))
            .gives(|_| Dtype::U32),
        bits(
            "random.bits",
            Dtype::U32,
            |k| random::bits([2, 3], Dtype::U32, k),
            move |k| Tensor { dims: vec![2, 3], dtype: Dtype::U32, values: words(k, 6).into_iter().map(word).collect() },
        )
        .bad(&["float32"], move || random::bits([2], Dtype::F32, &seed(0)?))
        .bad(&["[3]"], move || random::bits([2], Dtype::U32, &no_key())),
        bits(
            "random.bits",
            Dtype::U8,
            |k| random::bits([7], Dtype::U8, k),
            |k| {
                let bytes: Vec<f64> = words(k, 2).into_iter().flat_map(u32::to_le_bytes).map(f64::from).take(7).collect();
                filled(&[7], Dtype::U8, bytes)
            },
        )
        .form("uint8"),
        Case::many(
            "random.split",
            Family::Random,
            vec![key()],
            |x| random::split(&x[0]).map(|(a, b)| vec![a, b]),
            |x| words(&x[0], 4).chunks(2).map(|w| filled(&[2], Dtype::U32, w.iter().map(|&w| w as f64).collect())).collect(),
        )
        .gives(|_| Dtype::U32)
        .slope(Slope::None("random bits"))
        .bad(&["[3]"], move || random::split(&no_key())),
        bits(
            "random.split",
            Dtype::U32,
            |k| random::split_n(k, 3),
            |k| filled(&[3, 2], Dtype::U32, words(k, 6).into_iter().map(f64::from).collect()),
        )
        .form("split_n"),
        bits("random.uniform", Dtype::F32, |k| random::uniform([3, 5], k), |k| filled(&[3, 5], Dtype::F32, units(k, 15)))
            .within(1.0, 0.0)
            .bad(&["[3]"], move || random::uniform([2], &no_key()))
            .bad(&["int32"], move || random::uniform_in(0, 1, [2], Dtype::I32, &seed(0)?)),
        draw("random.uniform", pair(), |x, k| random::uniform_in(&x[0], &x[1], [2, 3], x[0].dtype(), k), within).form("uniform_in"),
        bits(
            "random.normal",
            Dtype::F32,
            |k| random::normal([2, 4], k),
            |k| filled(&[2, 4], Dtype::F32, symmetric(k, 8).into_iter().map(|v| erfinv(v) * std::f64::consts::SQRT_2).collect()),
        )
        .within(64.0, 0.0)
        .bad(&["[3]"], move || random::normal([2], &no_key())),
        draw("random.normal", pair(), |x, k| random::normal_with(&x[0], &x[1], [2, 3], x[0].dtype(), k), normal).form("normal_with"),
        discrete(
            draw(
                "random.bernoulli",
                vec![data(&[3], 0.1, 0.9)],
                |x, k| random::bernoulli(&x[0], [2, 3], k),
                |x, k| {
                    let u = filled(&[2, 3], Dtype::F32, units(k, 6));
                    Tensor::from_fn(&[2, 3], Dtype::Bool, |at| truth(u.at(at).re < x[0].spread(at).re))
                },
            ),
            Dtype::Bool,
        )
        .bad(&["int32"], move || random::bernoulli(1, [2], &seed(0)?)),
        bits(
            "random.randint",
            Dtype::I32,
            |k| random::randint(-3, 9, [10], Dtype::I32, k),
            |k| filled(&[10], Dtype::I32, units(k, 10).into_iter().map(|u| (-3.0 + 12.0 * u).floor()).collect()),
        )
        .bad(&["float32"], move || random::randint(0, 2, [2], Dtype::F32, &seed(0)?)),
        bits("random.gumbel", Dtype::F32, |k| random::gumbel([6], Dtype::F32, k), |k| filled(&[6], Dtype::F32, gumbel(k, 6)))
            .within(64.0, 64.0)
            .bad(&["int32"], move || random::gumbel([2], Dtype::I32, &seed(0)?)),
        draw("random.laplace", pair(), |x, k| random::laplace(&x[0], &x[1], [2, 3], x[0].dtype(), k), laplace)
            .bad(&["int32"], move || random::laplace(0, 1, [2], Dtype::I32, &seed(0)?)),
        draw(
            "random.truncated_normal",
            vec![data(&[3], -1.5, -0.5), data(&[2, 1], 0.5, 1.5)],
            |x, k| random::truncated_normal(&x[0], &x[1], [2, 3], x[0].dtype(), k),
            truncated,
        )
        .bad(&["int32"], move || random::truncated_normal(0, 1, [2], Dtype::I32, &seed(0)?)),
        draw(
            "random.multivariate_normal",
            vec![data(&[2, 3], -1.0, 1.0), data(&[3, 3], -1.0, 1.0)],
            |x, k| {
                let cov = lazulite::ops::add(&x[1], &lazulite::ops::diag(&Array::arange(4, 13, 3, Dtype::F32), 0)?)?;
                random::multivariate_normal(&x[0], &cov, Some(&[2, 2]), k)
            },
            |x, k| {
                let cov = M::new(3, 3, |i, j| x[1].at(&[i, j]) + if i == j { 4.0 + 3.0 * i as f64 } else { 0.0 });
                let (u, s, v) = cov.svd();
                let root = u.scaled(|j| re(s[j].sqrt())).times(&v.adjoint());
                let e: Vec<C> = symmetric(k, 12).into_iter().map(|v| re(erfinv(v) * std::f64::consts::SQRT_2)).collect();
                Tensor::from_fn(&[2, 2, 3], Dtype::F32, |at| {
                    let row = 6 * at[0] + 3 * at[1];
                    x[0].at(&[at[1], at[2]]) + (0..3).map(|l| e[row + l] * root.at(l, at[2])).sum::<C>()
                })
            },
        )
        .gives(|_| Dtype::F32)
        .within(256.0, 512.0)
        // Computed in f32 throughout.
        .takes(|d| d == Dtype::F32)
        .retraces()
        .bad(&["[2]", "[3, 3]"], move || {
            random::multivariate_normal(&Array::ones([2], Dtype::F32), &Array::eye(3, 3, 0, Dtype::F32), None, &seed(0)?)
        }),
        discrete(
            draw(
                "random.categorical",
                logits(),
                |x, k| random::categorical(&x[0], -1, k),
                |x, k| filled(&[3], Dtype::U32, chosen(&x[0], 1, k)),
            ),
            Dtype::U32,
        )
        .bad(&["axis 2"], move || random::categorical(&Array::ones([2, 3], Dtype::F32), 2, &seed(0)?)),
        discrete(
            draw(
                "random.categorical",
                logits(),
                |x, k| random::categorical_n(&x[0], -1, 5, k),
                |x, k| filled(&[3, 5], Dtype::U32, chosen(&x[0], 5, k)),
            )
            .form("categorical_n"),
            Dtype::U32,
        ),
        discrete(
            draw(
                "random.categorical",
                logits(),
                |x, k| random::categorical_shaped(&x[0], -1, [2, 3], k),
                |x, k| {
                    let twice: Vec<C> = x[0].values.iter().chain(&x[0].values).copied().collect();
                    filled(&[2, 3], Dtype::U32, chosen(&Tensor { dims: vec![6, 4], values: twice, dtype: x[0].dtype }, 1, k))
                },
            )
            .form("categorical_shaped"),
            Dtype::U32,
        )
        .bad(&["[3, 4]", "[2]"], move || random::categorical_shaped(&Array::ones([3, 4], Dtype::F32), -1, [2], &seed(0)?)),
        Case::new(
            "random.permutation",
            Family::Random,
            vec![data(&[2, 5], -2.0, 2.0), key()],
            |x| random::permutation_along(&x[0], 1, &x[1]),
            |x| {
                let order = permuted(&x[1], x[0].dims[1]);
                Tensor::from_fn(&x[0].dims, x[0].dtype, |at| x[0].at(&[at[0], order[at[1]]]))
            },
        )
        .form("permutation_along")
        .other(vec![data(&[3, 4], -2.0, 2.0), key()])
        .retraces()
        .bad(&["axis 2"], move || random::permutation_along(&Array::ones([2, 3], Dtype::F32), 2, &seed(0)?)),
        bits(
            "random.permutation",
            Dtype::U32,
            |k| random::permutation(9, k),
            |k| filled(&[9], Dtype::U32, permuted(k, 9).into_iter().map(|i| i as f64).collect()),
        )
        .bad(&["[3]"], move || random::permutation(2, &no_key())),
    ]
}
