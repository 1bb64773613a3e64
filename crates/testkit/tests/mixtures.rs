//! Random graphs of mixed dtypes and layouts (casts, broadcasts, views, reductions, indices, products), with some of their values held:
//! fused and evaluated in any order they give the bits of single steps without fusion. So do loops over compiled functions and over whatever
//! else has several outputs, some of which are evaluated while others are kept.
//!
//! `LAZULITE_CASES` (20, say) makes it so many times the cases, from the one numbered `LAZULITE_SEED` on.

use lazulite::ops::{self, Axes};
use lazulite::prelude::*;
use lazulite::{Rules, depends, eval_until, linalg, set_fusion};
use lazulite_base::shape::broadcast;
use lazulite_testkit::tensor::{Dice, bits};
use lazulite_testkit::{exclusive, takes};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const DTYPES: [Dtype; 9] = [Dtype::F32, Dtype::BF16, Dtype::F16, Dtype::F64, Dtype::I8, Dtype::U8, Dtype::I32, Dtype::Bool, Dtype::F32];

/// Bits of an array; all that are no number count as one.
fn seen(a: &Array) -> Vec<u64> {
    let found = bits(a).unwrap_or_else(|e| panic!("{e}"));
    if !a.dtype().is_float() {
        return found;
    }
    let none = bits(&a.isnan()).unwrap();
    found.into_iter().zip(none).map(|(b, n)| if n == 0 { b } else { u64::MAX }).collect()
}

/// Arrays to start from, new ones at every call: the user holds nothing else of them.
fn leaves(seed: u64) -> Vec<Array> {
    let dice = &mut Dice::new(seed);
    let sizes: &[usize] = match seed % 16 {
        0 => &[0, 1, 3],
        1 => &[40, 130, 1],
        2 => &[300, 2, 1],
        3 => &[20000, 2],
        _ => &[1, 2, 3, 4, 4, 8, 17],
    };
    let letters: Vec<usize> = (0..3).map(|_| sizes[dice.below(sizes.len())]).collect();
    let n = 1 + dice.below(3);
    (0..n)
        .map(|_| {
            let rank = if seed % 16 == 3 { 1 + dice.below(2) } else { dice.below(4) };
            let dims: Vec<usize> = (0..rank).map(|i| if seed % 16 == 3 && i > 0 { 2 } else { letters[dice.below(3)] }).collect();
            let d = DTYPES[dice.below(DTYPES.len())];
            let size: usize = dims.iter().product();
            let values: Vec<f64> = (0..size).map(|_| (dice.within(-3.0, 3.0) * 8.0).round() / 8.0).collect();
            let values = if matches!(d, Dtype::U8 | Dtype::Bool) { values.iter().map(|v| v.abs().floor()).collect() } else { values };
            let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            Array::from_slice(&values, dims).unwrap().astype(d)
        })
        .inspect(|a| eval([a]).unwrap())
        .collect()
}

fn axes(dice: &mut Dice, n: usize) -> (Vec<i64>, bool) {
    let list: Vec<i64> = (0..n as i64).filter(|_| dice.below(2) == 0).collect();
    (list, dice.below(2) == 0)
}

fn chosen(list: &(Vec<i64>, bool)) -> Axes {
    let a: Axes = list.0[..].into();
    if list.1 { keep(a) } else { a }
}

fn permutation(dice: &mut Dice, n: usize) -> Vec<i64> {
    let mut p: Vec<i64> = (0..n as i64).collect();
    for i in (1..n).rev() {
        p.swap(i, dice.below(i + 1));
    }
    p
}

fn float(x: &Array) -> Array {
    if x.dtype().is_float() { x.clone() } else { x.astype(Dtype::F32) }
}

/// One more value from those there are; `None` if the choice does not suit the shapes.
fn step(dice: &mut Dice, pool: &[Array]) -> Option<(String, Array)> {
    let pick = |dice: &mut Dice| {
        // Late values more often.
        let i = dice.below(pool.len()).max(dice.below(pool.len()));
        (i, pool[i].clone())
    };
    let (i, x) = pick(dice);
    let (j, y) = pick(dice);
    let (k, z) = pick(dice);
    let n = x.ndim();
    let kind = dice.below(30);
    let variant = dice.below(8);
    let value = match kind {
        0..=2 => {
            let f = float(&x);
            match variant {
                0 => f.tanh(),
                1 => f.sin(),
                2 => f.abs().sqrt(),
                3 => f.clip(-4, 4).exp(),
                4 => &f * 0.5 + 1.0,
                5 => f.square(),
                6 => f.negative(),
                _ => f.sigmoid(),
            }
        }
        3..=7 => {
            broadcast(x.shape(), y.shape())?;
            if x.dtype() == Dtype::Bool && y.dtype() == Dtype::Bool {
                return Some((format!("{i} xor {j}"), x.logical_xor(&y)));
            }
            match variant {
                0 | 1 => &x + &y,
                2 => {
                    if x.dtype() == Dtype::Bool || y.dtype() == Dtype::Bool {
                        &x + &y
                    } else {
                        &x - &y
                    }
                }
                3 | 4 => &x * &y,
                5 => x.maximum(&y),
                6 => x.less(&y),
                _ => float(&x) / (float(&y).abs() + 0.5),
            }
        }
        8 => {
            broadcast(&broadcast(x.shape(), y.shape())?, z.shape())?;
            select(&x.astype(Dtype::Bool), &y, &z)
        }
        9..=12 => x.astype(DTYPES[dice.below(DTYPES.len())]),
        13 => {
            if x.size() > 4000 || n > 3 {
                return None;
            }
            let at = dice.below(n + 1);
            let mut dims = x.expand_dims(at as i64).shape().to_vec();
            dims[at] = [1, 2, 4, 7][dice.below(4)];
            (0..dims.len()).for_each(|a| {
                if dims[a] == 1 && dice.below(2) == 0 {
                    dims[a] = 3
                }
            });
            x.expand_dims(at as i64).broadcast_to(dims)
        }
        14 => {
            let all = broadcast(x.shape(), y.shape())?;
            x.broadcast_to(all)
        }
        15 | 16 => x.transpose(permutation(dice, n)),
        17 => match variant {
            0 | 1 => x.flatten(0, -1),
            2 if n > 0 => x.reshape([-1, x.shape()[n - 1].max(1) as i64]),
            3 => x.expand_dims(0),
            4 if n > 0 && x.shape()[0] == 1 => x.squeeze(0),
            5 if n > 0 => x.flip(dice.below(n) as i64),
            6 => x.contiguous(),
            _ if n > 1 => {
                let mut dims: Vec<i64> = x.shape().iter().map(|&d| d as i64).collect();
                dims.rotate_left(1);
                x.reshape(dims)
            }
            _ => return None,
        },
        18 => {
            if n == 0 || x.shape()[0] < 2 {
                return None;
            }
            match variant {
                0 | 1 => x.index(1..),
                2 => x.index(slice(.., .., 2)),
                3 => x.index(0),
                4 => x.index((Ellipsis, 0..1)),
                5 => x.index((Ellipsis, slice(.., .., -1))),
                _ => x.index((NewAxis, 0..1)),
            }
        }
        19..=22 => {
            let list = axes(dice, n);
            let nonempty = x.size() > 0;
            let mut f = float(&x);
            if variant.is_multiple_of(2) && f.dtype() != Dtype::F32 {
                f = f.astype(Dtype::F32);
            }
            match (kind, variant) {
                (19, 0..=3) => x.sum(chosen(&list)),
                (19, 4 | 5) if nonempty => x.max(chosen(&list)),
                (19, 6) if nonempty => x.min(chosen(&list)),
                (19, _) => x.any(chosen(&list)),
                (20, 0..=3) => f.mean(chosen(&list)),
                (20, 4 | 5) => f.var(chosen(&list), 0),
                (20, _) if nonempty => f.logsumexp(chosen(&list)),
                (21, 0..=3) if nonempty && n > 0 => f.softmax(-1),
                (21, 4) if nonempty && n > 0 => x.argmax(dice.below(n) as i64),
                (21, 5) if n > 0 => f.cumsum(dice.below(n) as i64),
                (21, _) => x.all(chosen(&list)),
                (_, 0..=3) if n > 0 => {
                    let m = f.mean(keep(-1));
                    let v = f.var(keep(-1), 0);
                    (&f - m) * (v + 1e-3).rsqrt()
                }
                (_, _) if n > 0 => {
                    let w = f.astype(Dtype::F32);
                    (&w * (w.square().mean(keep(-1)) + 1e-3).rsqrt()).astype(x.dtype())
                }
                _ => return None,
            }
        }
        23 | 24 => {
            if n == 0 {
                return None;
            }
            let d = DTYPES[dice.below(7)];
            match variant {
                0 | 1 => ops::iota(x.shape(), dice.below(n) as i64, d).unwrap(),
                2 => ops::iota([x.shape()[n - 1]], 0, d).unwrap(),
                3 if n > 1 => Array::eye(x.shape()[n - 2], x.shape()[n - 1], dice.below(3) as i64 - 1, d),
                4 if n > 1 => Array::tri(x.shape()[n - 2], x.shape()[n - 1], dice.below(3) as i64 - 1, d),
                5 if n > 1 => {
                    let (a, b) = (x.shape()[n - 2], x.shape()[n - 1]);
                    let mask = ops::iota([a, b], 0, Dtype::I32).unwrap().greater_equal(ops::iota([a, b], 1, Dtype::I32).unwrap());
                    select(&mask, &x, x.zeros_like())
                }
                6 => select(&ops::iota([x.shape()[n - 1]], 0, Dtype::I32).unwrap().less(x.sum(..).astype(Dtype::I32)), &x, 1),
                _ => Array::full(x.shape(), 0.5, d),
            }
        }
        25 | 26 => {
            if n == 0 || x.size() == 0 || x.size() > 5000 {
                return None;
            }
            let a = dice.below(n) as i64;
            let f = float(&x);
            match variant {
                0 | 1 => x.take_along_axis(&f.argsort(a), a),
                2 | 3 => {
                    let at = f.argmax(keep(a));
                    x.take_along_axis(&at, a)
                }
                4 => {
                    // The cross entropy.
                    let at = f.argmax(keep(-1)).stop_gradient();
                    f.logsumexp(keep(-1)) - f.take_along_axis(&at, -1)
                }
                5 => x.take(&ops::iota([3], 0, Dtype::I32).unwrap().remainder(x.shape()[a as usize] as i32), a),
                6 if x.dtype() != Dtype::Bool => x.add_at(0, x.sum(..).astype(x.dtype())),
                _ => concatenate(&[&x, &x], a),
            }
        }
        _ => {
            if n < 2 || x.size() == 0 || x.size() > 10000 || n > 3 {
                return None;
            }
            let f = float(&x);
            let g = if variant < 4 || y.ndim() < 2 || y.shape()[y.ndim() - 2] != x.shape()[n - 1] { f.swapaxes(-1, -2) } else { float(&y) };
            if g.ndim() > n || broadcast(&f.shape()[..n - 2], &g.shape()[..g.ndim() - 2]).is_none() || g.size() > 10000 {
                return None;
            }
            let s = f.matmul(&g);
            match variant {
                0 | 4 if s.shape()[s.ndim() - 1] == f.shape()[n - 2] => (s * 0.3).softmax(-1).matmul(&f),
                _ => s,
            }
        }
    };
    if value.size() > 40000 || value.ndim() > 5 {
        return None;
    }
    Some((format!("{kind}.{variant} of {i} {j} {k}"), value))
}

/// The values of a random program of `n` steps, and what they are.
fn program(seed: u64, n: usize, inputs: &[Array], mut after: impl FnMut(&Array)) -> (Vec<Array>, String) {
    let dice = &mut Dice::new(seed ^ 0x55);
    let mut pool = inputs.to_vec();
    let mut text = String::new();
    for (i, a) in pool.iter().enumerate() {
        text += &format!("{i}: {:?} {}\n", a.shape(), a.dtype());
    }
    for _ in 0..n {
        if let Some((what, v)) = step(dice, &pool) {
            text += &format!("{}: {what}: {:?} {}\n", pool.len(), v.shape(), v.dtype());
            after(&v);
            pool.push(v);
        }
    }
    (pool.split_off(inputs.len()), text)
}

fn loss(values: &[Array]) -> Array {
    values.iter().filter(|v| v.dtype().is_float()).fold(Array::zeros([], Dtype::F32), |s, v| s + v.astype(Dtype::F32).sum(..) * 0.1)
}

fn differ(a: &[Vec<u64>], b: &[Vec<u64>]) -> Option<usize> {
    (0..a.len().max(b.len())).find(|&i| a.get(i) != b.get(i))
}

fn all(values: &[Array]) -> Vec<Vec<u64>> {
    eval(values).unwrap();
    values.iter().map(seen).collect()
}

fn case(seed: u64, n: usize) -> Result<(), String> {
    let dice = &mut Dice::new(seed ^ 0xabc);
    let text = program(seed, n, &leaves(seed), |_| {}).1;
    let says = |what: &str, i: usize| format!("{what}, value {i}\n{text}");
    // One op at a time.
    set_fusion(false);
    let single = {
        let v = program(seed, n, &leaves(seed), |v| eval([v]).unwrap()).0;
        v.iter().map(seen).collect::<Vec<_>>()
    };
    set_fusion(true);
    let first = leaves(seed).len();
    {
        let v = program(seed, n, &leaves(seed), |_| {}).0;
        let listing = explain(&v.iter().collect::<Vec<_>>());
        if listing.contains("cannot be evaluated") {
            return Err(says(&listing, 0));
        }
        if let Some(i) = differ(&all(&v), &single) {
            return Err(says("all at once", first + i));
        }
    }
    // Some are held, and evaluated in pieces.
    for round in 0..4 {
        let start = if round % 2 == 0 { leaves(seed) } else { leaves(seed).iter().map(|a| a.contiguous()).collect() };
        let mut v: Vec<(usize, Array)> = program(seed, n, &start, |_| {}).0.into_iter().enumerate().collect();
        if round > 0 {
            drop(start);
        }
        v.retain(|_| dice.below(3) == 0);
        while !v.is_empty() {
            let some: Vec<&Array> = v.iter().filter(|_| dice.below(2) == 0).map(|(_, a)| a).collect();
            eval(some).unwrap();
            let k = dice.below(v.len());
            let (i, a) = v.swap_remove(k);
            if seen(&a) != single[i] {
                return Err(says(&format!("held, round {round}"), first + i));
            }
        }
    }
    // Compiled, some of it left out.
    let left: Vec<usize> = (0..single.len()).filter(|_| dice.below(2) == 0).collect();
    let some = |v: &[Array]| left.iter().map(|&i| v[i].clone()).collect::<Vec<_>>();
    if !left.is_empty() {
        let f = compile(|x: &Vec<Array>| some(&program(seed, n, x, |_| {}).0));
        for call in 0..2 {
            let found = all(&f(&leaves(seed)));
            if let Some(i) = differ(&found, &left.iter().map(|&i| single[i].clone()).collect::<Vec<_>>()) {
                return Err(says(&format!("compiled, call {call}"), first + left[i]));
            }
        }
    }
    // Under transforms.
    let small = leaves(seed).iter().all(|l| l.size() < 3000);
    let inputs: Vec<usize> = leaves(seed).iter().enumerate().filter(|(_, a)| a.dtype().is_float()).map(|(i, _)| i).collect();
    if !inputs.is_empty() && small {
        let whole = |x: &Vec<Array>| {
            let mut l = leaves(seed);
            inputs.iter().zip(x).for_each(|(&i, x)| l[i] = x.clone());
            l
        };
        let at = || inputs.iter().map(|&i| leaves(seed)[i].clone()).collect::<Vec<_>>();
        let f = |x: &Vec<Array>| loss(&program(seed, n, &whole(x), |_| {}).0);
        let both = |fused: bool, what: &dyn Fn() -> Vec<Array>| {
            set_fusion(fused);
            let found = all(&what());
            set_fusion(true);
            found
        };
        let both_ways: [(&str, &dyn Fn() -> Vec<Array>); 5] = [
            ("grad", &|| grad(f)(&at())),
            ("value and grad, some held", &|| {
                let (v, mut g) = value_and_grad(f)(&at());
                g.push(v);
                g
            }),
            ("vmap", &|| {
                let x: Vec<Array> = at().iter().map(|a| stack(&[a, &(a * 0.5), a], 0)).collect();
                vmap(|x: &Vec<Array>| some(&program(seed, n, &whole(x), |_| {}).0))(&x)
            }),
            ("vmap of grad", &|| {
                let x: Vec<Array> = at().iter().map(|a| stack(&[a, &(a * 0.5)], 0)).collect();
                vmap(grad(f))(&x)
            }),
            ("grad of compiled", &|| compile(grad(compile(f)))(&at())),
        ];
        for (name, what) in both_ways {
            if let Some(i) = differ(&both(true, what), &both(false, what)) {
                return Err(says(name, i));
            }
        }
    }
    Ok(())
}

/// Runs a property over so many seeds, or this process's share of them.
fn check(count: u64, property: impl Fn(u64) -> Result<(), String>) {
    let number = |name: &str, or: f64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    let first = number("LAZULITE_SEED", 0.0) as u64;
    let count = (count as f64 * number("LAZULITE_CASES", 1.0)).max(1.0) as u64;
    let failures: Vec<String> =
        (first..first + count).filter(|&seed| takes(seed as usize)).filter_map(|seed| property(seed).err()).take(4).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A panic as an error.
fn caught(f: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|e| {
        let text = e.downcast_ref::<String>().cloned().or(e.downcast_ref::<&str>().map(|s| s.to_string()));
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

#[test]
fn mixtures_have_the_bits_of_single_steps() {
    let _switches = exclusive();
    check(300, |seed| {
        let run = |n: usize| caught(|| case(seed, n)).map_err(|e| format!("seed {seed}, {n} steps: {e}"));
        run(24).map_err(|e| (1..24).find_map(|n| run(n).err()).unwrap_or(e))
    });
}

/// Views of a widened value in the tape that widens it: they are read from the narrow numbers, not taken for the value itself.
#[test]
fn other_views_of_a_widened_value_join_its_tape() {
    let x = Array::from_slice(&(0..16).map(|i| i as f32).collect::<Vec<_>>(), [4, 4]).unwrap().astype(Dtype::BF16);
    eval([&x]).unwrap();
    let is = |y: Array, f: &dyn Fn(usize, usize) -> usize| {
        let expected: Vec<f32> = (0..16).map(|k| f(k / 4, k % 4) as f32).collect();
        assert_eq!(y.astype(Dtype::F32).to_vec::<f32>().unwrap(), expected);
    };
    let at = |i: usize, j: usize| 4 * i + j;
    let w = || x.astype(Dtype::F32);
    is(w() + w().t(), &|i, j| at(i, j) + at(j, i));
    is(w() * 2.0 + w().flip(0), &|i, j| 2 * at(i, j) + at(3 - i, j));
    is((w().sum(1) + w().index(0)).broadcast_to([4, 4]), &|_, j| 16 * j + 6 + j);
    is(w() + w().t().reshape([16]).reshape([4, 4]), &|i, j| at(i, j) + at(j, i));
    let twice = || w().astype(Dtype::F64);
    is(twice() + twice().t() + w().t(), &|i, j| at(i, j) + 2 * at(j, i));
    is((twice() + twice().t().sum(keep(1))) + &x, &|i, j| 2 * at(i, j) + 24 + 4 * i);
}

/// Some `n` instructions that cannot be one kernel.
fn long(x: &Array, n: usize) -> Array {
    (0..n / 10).fold(x.clone(), |y, i| {
        let s = y.astype(Dtype::F32).sum(keep(i as i64 % 2)) * 0.01 + (i as f32) * 1e-4;
        let w = y.astype(Dtype::F32);
        ((&w * 0.9 + s.sin() * w.t()).tanh() + 0.01).astype(x.dtype())
    })
}

type Step = Box<dyn Fn(&Array, &Array) -> Vec<Array>>;

/// The value of an array, as a transform gives it that meets the array as it is, pending or not.
fn met(a: &Array, way: usize) -> Array {
    let one = a.ones_like();
    match way {
        0 => grad(|x: &Array| (x * a).astype(Dtype::F32).sum(..))(&one),
        1 => vmap(|x: &Array| x * a)(&stack(&[&one, &one], 0)).index(1),
        2 => compile(|x: &Array| (x * a, x + a))(&one).0,
        3 => jvp(|x: &Array| (x + a, x * a))(&one, &one).1.1,
        _ => a.clone(),
    }
}

/// Compiled functions of different sizes, under transforms.
fn functions() -> Vec<Step> {
    let one = compile(|x: &Array| long(x, 400));
    let big = compile(|x: &Array| long(x, 2600));
    let two = compile(|x: &Vec<Array>| {
        let y = long(&(&x[0] * 0.5 + &x[1]), 150);
        vec![y.sin(), y.cos(), &x[1] + y.sum(..)]
    });
    let inner = compile(|x: &Array| long(x, 120).sum(..));
    let slope = compile(grad(compile(|x: &Array| long(x, 90).astype(Dtype::F32).square().sum(..))));
    let nested = compile(move |x: &Array| {
        let f = compile(|x: &Array| long(x, 200));
        f(&f(x)) + x
    });
    let batched = compile(|x: &Array| long(x, 100));
    let pair = compile(|(x, y): &(Array, Array)| (x * y.cos() + y).astype(Dtype::F32).square().mean(..));
    let lost = compile(|x: &Vec<Array>| vec![long(&x[0], 300), long(&x[1], 300), x[0].clone(), Array::ones([4, 4], Dtype::F32)]);
    vec![
        Box::new(move |x, _| vec![one(x)]),
        Box::new(move |x, _| vec![big(x)]),
        Box::new(move |x, y| two(&vec![x.clone(), y.clone()])),
        Box::new(move |x, _| {
            let (v, g) = value_and_grad(&inner)(x);
            vec![x * 0.7 + v * 0.01, g.tanh()]
        }),
        Box::new(move |x, y| vec![x - slope(y) * 0.1]),
        Box::new(move |x, _| vec![nested(x)]),
        Box::new(move |x, y| {
            let b = vmap(&batched)(&stack(&[x, y, x], 0));
            vec![b.index(0), b.index(1) + b.index(2)]
        }),
        Box::new(move |x, y| lost(&vec![x.clone(), y.clone()])[..2 + (x.ndim() & 1)].to_vec()),
        Box::new(|x, y| vec![(x + y).tanh()]),
        Box::new(|x, y| vec![x.t() * 0.5 + y]),
        Box::new(|x, y| {
            let (q, r) = linalg::qr(&x.astype(Dtype::F64));
            vec![q.astype(x.dtype()), r.astype(x.dtype()).tanh() + y * 0.1]
        }),
        Box::new(|x, y| {
            let halves = ops::split(&(x - y * 0.25), 2, 0).unwrap();
            vec![concatenate(&[&halves[1], &halves[0]], 0), stack(&[&halves[0].sum(0); 4], 0) * 0.1]
        }),
        Box::new(|x, y| {
            let rules = Rules { vjp: Some(Arc::new(|x, _, ct| Ok(vec![&ct[0] * 0.5 + &x[0] * &ct[1]]))), ..Rules::default() };
            rules.apply(std::slice::from_ref(x), &[x.sin(), x * y])
        }),
        Box::new(|x, y| depends(&[x.cos(), y * 0.5], &[x + y])),
        Box::new(move |x, y| {
            let (v, g) = value_and_grad(&pair)(&(x.clone(), y.clone()));
            vec![v + x.zeros_like(), g.0.sin(), g.1]
        }),
    ]
}

fn chain(seed: u64, steps: usize, functions: &[Step], mut after: impl FnMut(&[Array])) -> Vec<Array> {
    let dice = &mut Dice::new(seed);
    let d = [Dtype::F32, Dtype::F32, Dtype::BF16, Dtype::F64][seed as usize % 4];
    let values: Vec<f32> = (0..16).map(|i| ((i * 7 + seed as usize) % 11) as f32 * 0.1 - 0.5).collect();
    let mut pool = vec![Array::from_slice(&values, [4, 4]).unwrap().astype(d), Array::ones([4, 4], d)];
    let favourite = dice.below(functions.len());
    for _ in 0..steps {
        let late = |dice: &mut Dice| pool[pool.len() - 1 - dice.below(pool.len().min(6))].clone();
        let (x, y) = (late(dice), late(dice));
        let f = if dice.below(2) == 0 { favourite } else { dice.below(functions.len()) };
        let new: Vec<Array> = functions[f](&x, &y).into_iter().map(|v| v.astype(d)).collect();
        after(&new);
        pool.extend(new);
    }
    pool
}

fn loops(seed: u64, functions: &[Step]) -> Result<(), String> {
    let dice = &mut Dice::new(seed ^ 0x777);
    let steps = 4 + dice.below(24);
    let single: Vec<_> = chain(seed, steps, functions, |v| eval(v).unwrap()).iter().map(seen).collect();
    for round in 0..4 {
        let mut held: Vec<(usize, Array)> = chain(seed, steps, functions, |_| {}).into_iter().enumerate().collect();
        let last = held.len() - 1;
        let often = 1 + dice.below(4);
        held.retain(|&(i, _)| i == last || dice.below(often) == 0);
        let ways: Vec<(usize, usize, Vec<usize>)> = (0..1 + dice.below(3))
            .map(|_| (dice.below(4), dice.below(3), (0..held.len()).filter(|_| dice.below(3) == 0).collect()))
            .collect();
        let run = |(way, stops, list): &(usize, usize, Vec<usize>)| {
            let some: Vec<&Array> = list.iter().map(|&i| &held[i].1).collect();
            match way {
                0 => eval(some).unwrap(),
                1 => async_eval(some).unwrap(),
                2 => {
                    let mut asked = 0;
                    eval_until(some, || {
                        asked += 1;
                        asked > *stops
                    })
                    .unwrap();
                }
                _ => {
                    let text = explain(&some);
                    assert!(!text.contains("cannot be evaluated"), "{text}");
                }
            }
        };
        if round % 2 == 0 {
            ways.iter().for_each(run);
        } else {
            std::thread::scope(|s| ways.iter().for_each(|w| drop(s.spawn(|| run(w)))));
        }
        while !held.is_empty() {
            // One is evaluated, its siblings stay.
            let (i, a) = held.swap_remove(dice.below(held.len()));
            if seen(&met(&a, dice.below(12))) != single[i] {
                return Err(format!("{steps} steps, round {round}: value {i} of {}", single.len()));
            }
        }
    }
    // Evaluated while a gradient is taken.
    let sides = |midway: bool| {
        let (kept, n) = (std::cell::RefCell::new(vec![]), functions.len());
        let g = grad(|x: &Array| {
            let y = functions[n - 1 - seed as usize % 5](x, &(x * 0.5));
            let z = functions[2](&y[0], x);
            if midway {
                eval([&y[seed as usize % 2], &z[seed as usize % 3]]).unwrap();
            }
            let all = z.iter().chain(&y).fold(x.sum(..), |s, v| s + v.square().sum(..));
            kept.replace(z);
            all
        })(&(Array::full([4, 4], 0.3, Dtype::F32) + Array::eye(4, 4, 0, Dtype::F32)));
        kept.into_inner().iter().chain([&g]).map(seen).collect::<Vec<_>>()
    };
    if sides(true) != sides(false) {
        return Err("the gradient of several outputs".into());
    }
    let whole = |midway: bool| {
        grad(|x: &Array| {
            let y = (0..3).fold(x.clone(), |y, i| functions[(seed as usize + i) % 3](&y, x).remove(0));
            let y = functions[0](&functions[1](&y, x)[0], x).remove(0);
            if midway {
                eval([&y]).unwrap();
            }
            y.square().sum(..)
        })(&Array::full([4, 4], 0.3, Dtype::F32))
    };
    if seen(&whole(true)) != seen(&whole(false)) {
        return Err("the gradient".into());
    }
    Ok(())
}

#[test]
fn loops_of_calls_have_the_bits_of_single_steps() {
    let _switches = exclusive();
    let functions = functions();
    check(30, |seed| caught(|| loops(seed, &functions)).map_err(|e| format!("seed {seed}: {e}")));
}
