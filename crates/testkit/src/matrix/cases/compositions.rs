//! Statistics, layouts, contractions and what models are made of: compositions with references of their own.

use super::reductions::fold;
use crate::matrix::{Case, Family, Input, Slope, data, distinct, index};
use crate::tensor::{C, Tensor, re};
use lazulite::ops::fast::{self, Rope};
use lazulite::ops::{self, Norm, PadMode, keep};
use lazulite::{Array, Dtype, Result};

fn of(list: &[&[usize]]) -> Vec<Input> {
    list.iter().map(|d| data(d, -2.0, 2.0)).collect()
}

/// Elements moved: exact in every dtype.
fn moved(
    op: &'static str,
    dims: (&[usize], &[usize]),
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    reference: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Case {
    Case::new(op, Family::Joins, of(&[dims.0]), move |x| call(&x[0]), move |x| reference(&x[0])).other(of(&[dims.1])).retraces()
}

fn window(op: &'static str, call: fn(usize) -> Result<Array>, f: fn(f64) -> f64) -> Case {
    let line = move |_: &[Tensor]| Tensor::from_fn(&[7], Dtype::F32, |at| re(f(std::f64::consts::TAU * at[0] as f64 / 6.0)));
    Case::new(op, Family::Creation, vec![], move |_| call(7), line).takes(|d| d == Dtype::F32).gives(|_| Dtype::F32).within(1.0, 2.0)
}

fn real(d: Dtype) -> bool {
    d.is_float()
}

/// The same elements in another shape.
fn reshaped(t: &Tensor, dims: &[usize]) -> Tensor {
    Tensor { dims: dims.to_vec(), ..t.clone() }
}

fn statistics() -> Vec<Case> {
    let middle = |v: &[C]| {
        let mut list: Vec<f64> = v.iter().map(|c| c.re).collect();
        list.sort_by(f64::total_cmp);
        re((list[(list.len() - 1) / 2] + list[list.len() / 2]) / 2.0)
    };
    vec![
        Case::new(
            "median",
            Family::Reductions,
            vec![distinct(&[3, 4])],
            |x| ops::median(&x[0], keep(1)),
            move |x| fold(&x[0], &[1], true, x[0].dtype, middle),
        )
        .other(vec![distinct(&[2, 5])])
        .takes(real)
        .within(1.0, 1.0)
        .retraces()
        .bad(&["median of nothing"], || ops::median(&Array::ones([2, 0], Dtype::F32), 1)),
        Case::new(
            "count_nonzero",
            Family::Reductions,
            of(&[&[3, 4]]),
            |x| ops::count_nonzero(&x[0], 0),
            |x| fold(&x[0], &[0], false, Dtype::I32, |v| re(v.iter().filter(|c| c.norm() != 0.0).count() as f64)),
        )
        .other(of(&[&[2, 5]]))
        .gives(|_| Dtype::I32)
        .slope(Slope::None("integer or boolean output")),
        Case::new(
            "diff",
            Family::Reductions,
            of(&[&[2, 5]]),
            |x| ops::diff(&x[0], 1, 1),
            |x| {
                let t = &x[0];
                Tensor::from_fn(&[t.dims[0], t.dims[1] - 1], t.dtype, |at| t.at(&[at[0], at[1] + 1]) - t.at(at))
            },
        )
        .other(of(&[&[4, 3]]))
        .takes(|d| d.is_inexact())
        .within(1.0, 1.0)
        .retraces()
        .bad(&["axis 2"], || ops::diff(&Array::ones([2, 3], Dtype::F32), 1, 2)),
        window("bartlett", ops::bartlett, |t| 1.0 - (t / std::f64::consts::PI - 1.0).abs()),
        window("hanning", ops::hanning, |t| 0.5 - 0.5 * t.cos()),
        window("hamming", ops::hamming, |t| 0.54 - 0.46 * t.cos()),
        window("blackman", ops::blackman, |t| 0.42 - 0.5 * t.cos() + 0.08 * (2.0 * t).cos()),
    ]
}

fn layouts() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    vec![
        moved("unflatten", (&[2, 6], &[3, 4]), |x| ops::unflatten(x, 1, &[2, -1]), |t| reshaped(t, &[t.dims[0], 2, t.dims[1] / 2]))
            .bad(&["axis 1 of size 3"], move || ops::unflatten(&ones(&[2, 3]), 1, &[2, -1])),
        moved("expand_axes", (&[2, 3], &[4, 2]), |x| ops::expand_axes(x, &[0, -1]), |t| reshaped(t, &[1, t.dims[0], t.dims[1], 1])),
        moved("at_least", (&[4], &[3]), |x| ops::at_least(x, 3), |t| reshaped(t, &[1, t.dims[0], 1])),
        moved(
            "diagonal_of",
            (&[3, 2, 4], &[2, 3, 3]),
            |x| ops::diagonal_of(x, 1, 0, 2),
            |t| {
                let n = t.dims[0].min(t.dims[2] - 1);
                Tensor::from_fn(&[t.dims[1], n], t.dtype, |at| t.at(&[at[1], at[0], at[1] + 1]))
            },
        )
        .bad(&["axis 0 is named twice"], move || ops::diagonal_of(&ones(&[2, 3]), 0, 0, 0)),
        moved(
            "as_strided",
            (&[6], &[8]),
            |x| ops::as_strided(x, &[2, 2], &[1, 2], 1),
            |t| Tensor::from_fn(&[2, 2], t.dtype, |at| t.at(&[1 + at[0] + 2 * at[1]])),
        )
        .bad(&["outside the 6 elements"], move || ops::as_strided(&ones(&[6]), &[2, 2], &[1, 5], 0)),
        moved(
            "pad_with",
            (&[3, 2], &[4, 3]),
            |x| ops::pad_with(x, &[(2, 1), (0, 0)], PadMode::Reflect),
            |t| {
                let n = t.dims[0] as i64;
                let place = |i: usize| (i as i64 - 2).abs().min(2 * (n - 1) - (i as i64 - 2)) as usize;
                Tensor::from_fn(&[t.dims[0] + 3, t.dims[1]], t.dtype, |at| t.at(&[place(at[0]), at[1]]))
            },
        )
        .bad(&["1 pairs for the 2 axes"], move || ops::pad_with(&ones(&[2, 3]), &[(0, 1)], PadMode::Edge)),
        moved(
            "roll_all",
            (&[2, 5], &[4, 3]),
            |x| ops::roll_all(x, &[1], Some(&[0, 1])),
            |t| {
                let (n, m) = (t.dims[0], t.dims[1]);
                Tensor::from_fn(&t.dims, t.dtype, |at| t.at(&[(at[0] + n - 1) % n, (at[1] + m - 1) % m]))
            },
        ),
        Case::many(
            "unstack",
            Family::Joins,
            of(&[&[2, 3]]),
            |x| ops::unstack(&x[0], 0),
            |x| (0..x[0].dims[0]).map(|i| x[0].example(0, i)).collect(),
        )
        .other(of(&[&[2, 4]]))
        .retraces(),
        Case::many(
            "meshgrid",
            Family::Joins,
            of(&[&[2], &[3]]),
            |x| ops::meshgrid(&[&x[0], &x[1]], false, true),
            |x| {
                let dims = [x[0].dims[0], x[1].dims[0]];
                let line = |k: usize| Tensor::from_fn(&dims, x[k].dtype, |at| x[k].at(&[at[k]]));
                vec![line(0), line(1)]
            },
        )
        .other(of(&[&[3], &[4]]))
        .retraces(),
    ]
}

fn contractions() -> Vec<Case> {
    let inexact = Dtype::is_inexact;
    let dot = |a: &Tensor, b: &Tensor| {
        Tensor::from_fn(&[a.dims[0], b.dims[1]], a.dtype, |at| (0..a.dims[1]).map(|k| a.at(&[at[0], k]) * b.at(&[k, at[1]])).sum())
    };
    let norm = |form: &str, order: Norm, f: fn(&[C]) -> f64| {
        Case::new(
            "norm",
            Family::Linalg,
            of(&[&[3, 4]]),
            move |x| ops::norm(&x[0], order, 1),
            move |x| fold(&x[0], &[1], false, x[0].dtype, |v| re(f(v))),
        )
        .form(form)
        .other(of(&[&[2, 5]]))
        .takes(real)
        .within(4.0, 8.0)
    };
    vec![
        Case::new(
            "tensordot",
            Family::Products,
            of(&[&[2, 3], &[3, 4]]),
            |x| ops::tensordot(&x[0], &x[1], (&[1], &[0])),
            move |x| dot(&x[0], &x[1]),
        )
        .other(of(&[&[4, 2], &[2, 5]]))
        .takes(inexact)
        .within(1.0, 256.0)
        .retraces()
        .bad(&["do not match"], || ops::tensordot(&Array::ones([2, 3], Dtype::F32), &Array::ones([2, 3], Dtype::F32), (&[0], &[1]))),
        Case::new(
            "einsum",
            Family::Products,
            of(&[&[2, 3], &[3, 4]]),
            |x| ops::einsum("ij,jk->ik", &[&x[0], &x[1]]),
            move |x| dot(&x[0], &x[1]),
        )
        .other(of(&[&[4, 2], &[2, 5]]))
        .takes(inexact)
        .within(1.0, 256.0)
        .retraces()
        .bad(&["1 operands"], || ops::einsum("i,i->i", &[&Array::ones([2], Dtype::F32)])),
        Case::new(
            "vecdot",
            Family::Products,
            of(&[&[2, 3], &[2, 3]]),
            |x| ops::vecdot(&x[0], &x[1], -1),
            |x| {
                Tensor::from_fn(&x[0].dims[..1], x[0].dtype, |at| {
                    (0..x[0].dims[1]).map(|k| x[0].at(&[at[0], k]).conj() * x[1].at(&[at[0], k])).sum()
                })
            },
        )
        .other(of(&[&[4, 2], &[4, 2]]))
        .takes(inexact)
        .within(1.0, 256.0),
        Case::new(
            "kron",
            Family::Products,
            of(&[&[2, 2], &[2, 3]]),
            |x| ops::kron(&x[0], &x[1]),
            |x| {
                let (a, b) = (&x[0], &x[1]);
                let dims = [a.dims[0] * b.dims[0], a.dims[1] * b.dims[1]];
                let inner = |at: &[usize]| b.at(&[at[0] % b.dims[0], at[1] % b.dims[1]]);
                Tensor::from_fn(&dims, a.dtype, |at| a.at(&[at[0] / b.dims[0], at[1] / b.dims[1]]) * inner(at))
            },
        )
        .other(of(&[&[3, 1], &[1, 2]]))
        .takes(inexact)
        .within(1.0, 1.0)
        .retraces(),
        Case::new(
            "cross",
            Family::Products,
            of(&[&[2, 3], &[2, 3]]),
            |x| ops::cross(&x[0], &x[1], -1),
            |x| {
                let (a, b) = (&x[0], &x[1]);
                Tensor::from_fn(&a.dims, a.dtype, |at| {
                    let (i, j) = ((at[1] + 1) % 3, (at[1] + 2) % 3);
                    a.at(&[at[0], i]) * b.at(&[at[0], j]) - a.at(&[at[0], j]) * b.at(&[at[0], i])
                })
            },
        )
        .other(of(&[&[4, 3], &[4, 3]]))
        .takes(inexact)
        .within(1.0, 8.0)
        .retraces()
        .bad(&["not 2 or 3"], || ops::cross(&Array::ones([4], Dtype::F32), &Array::ones([4], Dtype::F32), 0)),
        norm("euclidean", Norm::Euclidean, |v| v.iter().map(|c| c.norm_sqr()).sum::<f64>().sqrt()),
        norm("order 1", Norm::Order(1.0), |v| v.iter().map(|c| c.norm()).sum()),
        norm("order 3", Norm::Order(3.0), |v| v.iter().map(|c| c.norm().powi(3)).sum::<f64>().cbrt())
            .bad(&["not 3"], || ops::norm(&Array::ones([1, 1, 1], Dtype::F32), Norm::Order(1.0), ..)),
        Case::new(
            "block",
            Family::Indexing,
            vec![data(&[5, 2], -2.0, 2.0), index(&[1], 0, 3)],
            |x| ops::block(&x[0], &x[1], &[0], &[2, 2]),
            |x| {
                let start = x[1].values[0].re as usize;
                Tensor::from_fn(&[2, 2], x[0].dtype, |at| x[0].at(&[start + at[0], at[1]]))
            },
        )
        .other(vec![data(&[6, 3], -2.0, 2.0), index(&[1], 0, 3)])
        .retraces()
        .bad(&["block of [9]"], || ops::block(&Array::ones([4], Dtype::F32), &Array::ones([1], Dtype::I32), &[0], &[9])),
        Case::new(
            "set_block",
            Family::Indexing,
            vec![data(&[5], -2.0, 2.0), data(&[2], -2.0, 2.0), index(&[1], 0, 3)],
            |x| ops::set_block(&x[0], &x[1], &x[2], &[0]),
            |x| {
                let start = x[2].values[0].re as usize;
                Tensor::from_fn(&x[0].dims, x[0].dtype, |at| {
                    if (start..start + 2).contains(&at[0]) { x[1].at(&[at[0] - start]) } else { x[0].at(at) }
                })
            },
        )
        .other(vec![data(&[6], -2.0, 2.0), data(&[2], -2.0, 2.0), index(&[1], 0, 3)])
        .retraces(),
    ]
}

/// Each row through `f`.
fn rows(t: &Tensor, f: impl Fn(&[f64], usize) -> f64) -> Tensor {
    Tensor::from_fn(&t.dims, t.dtype, |at| {
        let row: Vec<f64> = (0..t.dims[1]).map(|k| t.at(&[at[0], k]).re).collect();
        re(f(&row, at[1]))
    })
}

fn models() -> Vec<Case> {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let single = |d: Dtype| matches!(d, Dtype::F32 | Dtype::F64);
    let turned = |t: &Tensor| {
        let half = t.dims[2] / 2;
        Tensor::from_fn(&t.dims, t.dtype, |at| {
            let k = at[2] % half;
            let angle = (at[1] as f64 + 3.0) * 100f64.powf(-(k as f64) / half as f64);
            let (a, b) = (t.at(&[at[0], at[1], k]), t.at(&[at[0], at[1], k + half]));
            if at[2] < half { a * angle.cos() - b * angle.sin() } else { a * angle.sin() + b * angle.cos() }
        })
    };
    vec![
        Case::new(
            "fast.layer_norm",
            Family::Models,
            of(&[&[3, 4], &[4], &[4]]),
            |x| fast::layer_norm(&x[0], Some(&x[1]), Some(&x[2]), 0.1),
            move |x| {
                let (w, b) = (&x[1], &x[2]);
                rows(&x[0], |v, j| {
                    let m = mean(v);
                    let s = v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / v.len() as f64;
                    (v[j] - m) / (s + 0.1).sqrt() * w.at(&[j]).re + b.at(&[j]).re
                })
            },
        )
        .other(of(&[&[2, 5], &[5], &[5]]))
        .takes(single)
        .within(8.0, 16.0)
        .retraces()
        .bad(&["parameter of shape [3]"], || {
            fast::layer_norm(&Array::ones([2, 4], Dtype::F32), Some(&Array::ones([3], Dtype::F32)), None, 0.1)
        }),
        Case::new(
            "fast.rms_norm",
            Family::Models,
            of(&[&[3, 4], &[4]]),
            |x| fast::rms_norm(&x[0], Some(&x[1]), 0.1),
            move |x| {
                let w = &x[1];
                rows(&x[0], |v, j| v[j] / (v.iter().map(|x| x * x).sum::<f64>() / v.len() as f64 + 0.1).sqrt() * w.at(&[j]).re)
            },
        )
        .other(of(&[&[2, 5], &[5]]))
        .takes(single)
        .within(8.0, 16.0)
        .retraces(),
        Case::new(
            "fast.rope",
            Family::Models,
            of(&[&[2, 3, 4]]),
            |x| fast::rope(&x[0], &Rope { dims: 4, traditional: false, base: Some(100.0), scale: 1.0, wavelengths: None }, 3),
            move |x| turned(&x[0]),
        )
        .other(of(&[&[3, 2, 4]]))
        .takes(|d| d == Dtype::F32)
        .single()
        .within(8.0, 32.0)
        .retraces()
        .bad(&["cannot rotate 3"], || {
            fast::rope(
                &Array::ones([1, 2, 4], Dtype::F32),
                &Rope { dims: 3, traditional: false, base: Some(1.0), scale: 1.0, wavelengths: None },
                0,
            )
        }),
        Case::new(
            "fast.cross_entropy",
            Family::Models,
            vec![data(&[3, 4], -2.0, 2.0), index(&[3], 0, 4)],
            |x| fast::cross_entropy(&x[0], &x[1]),
            |x| {
                let (l, t) = (&x[0], &x[1]);
                Tensor::from_fn(&l.dims[..1], l.dtype, |at| {
                    let total: f64 = (0..l.dims[1]).map(|k| l.at(&[at[0], k]).re.exp()).sum();
                    re(total.ln() - l.at(&[at[0], t.at(at).re as usize]).re)
                })
            },
        )
        .other(vec![data(&[2, 5], -2.0, 2.0), index(&[2], 0, 5)])
        .takes(single)
        .within(8.0, 16.0)
        .retraces()
        .bad(&["do not fit the logits"], || fast::cross_entropy(&Array::ones([2, 3], Dtype::F32), &Array::ones([3], Dtype::I32))),
    ]
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let mut list = statistics();
    list.extend(layouts());
    list.extend(contractions());
    list.extend(models());
    list.extend(super::attention::cases());
    list
}
