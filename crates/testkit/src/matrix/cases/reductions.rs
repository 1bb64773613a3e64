//! Reductions, and what is composed of them.

use crate::matrix::{Case, Family, Input, Kind, Slope, data, distinct};
use crate::tensor::{C, Tensor, indices, re, truth};
use lazulite::ops::{self, Axes, keep};
use lazulite::{Array, Dtype, Result};
use std::cmp::Ordering;

/// The axes of a form, for the library and for the reference.
#[derive(Clone)]
struct Over {
    name: &'static str,
    axes: Axes,
    list: fn(usize) -> Vec<usize>,
    keep: bool,
}

fn forms() -> [Over; 4] {
    [
        Over { name: "axis 0", axes: 0.into(), list: |_| vec![0], keep: false },
        Over { name: "axis -1, kept", axes: keep(-1), list: |n| vec![n - 1], keep: true },
        Over { name: "axes [0, 2]", axes: [2, 0].into(), list: |_| vec![0, 2], keep: false },
        Over { name: "all axes", axes: (..).into(), list: |n| (0..n).collect(), keep: false },
    ]
}

/// The elements along axes through `f`.
pub fn fold(x: &Tensor, axes: &[usize], keep: bool, dtype: Dtype, f: impl Fn(&[C]) -> C) -> Tensor {
    let n = x.dims.len();
    let kept: Vec<usize> = (0..n).map(|a| if axes.contains(&a) { 1 } else { x.dims[a] }).collect();
    let lane: Vec<usize> = (0..n).map(|a| if axes.contains(&a) { x.dims[a] } else { 1 }).collect();
    let y = Tensor::from_fn(&kept, dtype, |at| {
        let elements: Vec<C> = indices(&lane).map(|by| x.at(&at.iter().zip(by).map(|(a, b)| a + b).collect::<Vec<_>>())).collect();
        f(&elements)
    });
    let dims = (0..n).filter(|a| keep || !axes.contains(a)).map(|a| kept[a]).collect();
    Tensor { dims, ..y }
}

/// Complex numbers by real part, then imaginary.
pub fn order(a: &C, b: &C) -> Ordering {
    a.re.total_cmp(&b.re).then(a.im.total_cmp(&b.im))
}

type Call = fn(&Array, Axes) -> Result<Array>;

/// A declaration for each form of axes.
fn reduction(op: &'static str, kind: Kind, domain: (f64, f64), call: Call, gives: fn(Dtype) -> Dtype, f: fn(&[C]) -> C) -> Vec<Case> {
    let of = move |dims: &[usize]| vec![Input { dims: dims.to_vec(), domain, kind }];
    let make = |over: Over| {
        let (axes, form) = (over.axes.clone(), over.name);
        let case = Case::new(
            op,
            Family::Reductions,
            of(&[2, 3, 4]),
            move |x| call(&x[0], axes.clone()),
            move |x| fold(&x[0], &(over.list)(x[0].dims.len()), over.keep, gives(x[0].dtype), f),
        );
        let case = case.form(form).other(of(&[3, 2, 5])).gives(gives).more(of(&[5, 64, 7])).more(of(&[3, 1, 1]));
        case.bad(&["axis 3", "3 dimensions"], move || call(&Array::ones([2, 3, 4], Dtype::F32), 3.into()))
            .bad(&["twice"], move || call(&Array::ones([2, 3], Dtype::F32), [0, -2].into()))
    };
    let mut list: Vec<Case> = forms().into_iter().map(make).collect();
    list[3] = list[3].clone().more(of(&[]));
    list
}

/// With empty axes, for what has a neutral element.
fn with_empty(cases: Vec<Case>) -> Vec<Case> {
    let empty = |c: Case| {
        let one = |dims: &[usize]| vec![Input { dims: dims.to_vec(), ..c.inputs[0].clone() }];
        let (a, b) = (one(&[0, 2, 3]), one(&[2, 0, 3]));
        c.more(a).more(b)
    };
    cases.into_iter().map(empty).collect()
}

/// Without elements there is no result, and the error says so.
fn refuses_empty(cases: Vec<Case>, call: Call) -> Vec<Case> {
    cases.into_iter().map(|c| c.bad(&["nothing", "[2, 0]"], move || call(&Array::ones([2, 0], Dtype::F32), 1.into()))).collect()
}

fn summed(d: Dtype) -> Dtype {
    match d {
        Dtype::Bool | Dtype::I8 | Dtype::I16 => Dtype::I32,
        Dtype::U8 | Dtype::U16 => Dtype::U32,
        d => d,
    }
}

fn mean_of(v: &[C]) -> C {
    v.iter().sum::<C>() / v.len() as f64
}

fn var_of(v: &[C], ddof: usize) -> f64 {
    let m = mean_of(v);
    v.iter().map(|x| (x - m).norm_sqr()).sum::<f64>() / (v.len() - ddof) as f64
}

/// `log(sum(exp(v)))`.
pub fn logsumexp_of(v: &[C]) -> C {
    let shift = re(v.iter().map(|v| v.re).fold(f64::NEG_INFINITY, f64::max));
    v.iter().map(|x| (x - shift).exp()).sum::<C>().ln() + shift
}

fn real_inexact(d: Dtype) -> Dtype {
    d.to_inexact().real()
}

/// `softmax` keeps the shape: a declaration of its own.
fn softmax(over: Over) -> Case {
    let of = |dims: &[usize]| vec![data(dims, -4.0, 4.0)];
    let (axes, form) = (over.axes.clone(), over.name);
    let call = move |x: &[Array]| ops::softmax(&x[0], axes.clone());
    let reference = move |x: &[Tensor]| {
        let list = (over.list)(x[0].dims.len());
        let total = fold(&x[0], &list, true, x[0].dtype, |v| v.iter().map(|v| v.exp()).sum());
        Tensor::from_fn(&x[0].dims, x[0].dtype.to_inexact(), |at| x[0].at(at).exp() / total.spread(at))
    };
    Case::new("softmax", Family::Reductions, of(&[2, 3, 4]), call, reference)
        .form(form)
        .other(of(&[3, 2, 5]))
        .more(of(&[3, 2, 300]))
        .gives(Dtype::to_inexact)
        .within(24.0, 0.0)
        .bad(&["axis 2"], || ops::softmax(&Array::ones([2, 3], Dtype::F32), 2))
        .bad(&["nothing", "[2, 0]"], || ops::softmax(&Array::ones([2, 0], Dtype::F32), 1))
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let logic = |c: Vec<Case>| -> Vec<Case> { c.into_iter().map(|c| c.slope(Slope::None("integer or boolean output"))).collect() };
    let within = |c: Vec<Case>, ulp, noise| -> Vec<Case> { c.into_iter().map(|c| c.within(ulp, noise)).collect() };
    let (max, min): (Call, Call) = (|x, a| ops::max(x, a), |x, a| ops::min(x, a));
    let logsumexp: Call = |x, a| ops::logsumexp(x, a);
    let spread = distinct(&[]);
    let largest = |v: &[C]| v.iter().copied().max_by(order).unwrap_or(re(f64::NAN));
    let least = |v: &[C]| v.iter().copied().min_by(order).unwrap_or(re(f64::NAN));
    let mut list =
        with_empty(within(reduction("sum", Kind::Data, (-2.0, 2.0), |x, a| ops::sum(x, a), summed, |v| v.iter().sum()), 4.0, 64.0));
    list.extend(with_empty(within(
        reduction("prod", Kind::Data, (-1.4, 1.4), |x, a| ops::prod(x, a), summed, |v| v.iter().product()),
        40.0,
        1.0,
    )));
    list.extend(refuses_empty(reduction("max", spread.kind, spread.domain, max, |d| d, largest), max));
    list.extend(refuses_empty(reduction("min", spread.kind, spread.domain, min, |d| d, least), min));
    let bool_of: fn(Dtype) -> Dtype = |_| Dtype::Bool;
    let all = reduction("all", Kind::Data, (-1.5, 1.5), |x, a| ops::all(x, a), bool_of, |v| truth(v.iter().all(|v| *v != re(0.0))));
    let any = reduction("any", Kind::Data, (-1.5, 1.5), |x, a| ops::any(x, a), bool_of, |v| truth(v.iter().any(|v| *v != re(0.0))));
    list.extend(with_empty(logic(all)));
    list.extend(with_empty(logic(any)));
    list.extend(within(reduction("mean", Kind::Data, (-2.0, 2.0), |x, a| ops::mean(x, a), Dtype::to_inexact, mean_of), 8.0, 4.0));
    for ddof in [0, 1] {
        let var: (Call, fn(&[C]) -> C) = match ddof {
            0 => (|x, a| ops::var(x, a, 0), |v| re(var_of(v, 0))),
            _ => (|x, a| ops::var(x, a, 1), |v| re(var_of(v, 1))),
        };
        let std: (Call, fn(&[C]) -> C) = match ddof {
            0 => (|x, a| ops::std(x, a, 0), |v| re(var_of(v, 0).sqrt())),
            _ => (|x, a| ops::std(x, a, 1), |v| re(var_of(v, 1).sqrt())),
        };
        let named = |c: Vec<Case>| -> Vec<Case> {
            c.into_iter()
                .map(|mut c| {
                    c.form = format!("{}, ddof {ddof}", c.form);
                    c.more.retain(|set| set[0].dims.iter().product::<usize>() > 3 && set[0].dims.iter().all(|&d| d > 1));
                    c.within(24.0, 8.0)
                })
                .collect()
        };
        list.extend(named(reduction("var", Kind::Data, (-2.0, 2.0), var.0, real_inexact, var.1)));
        list.extend(named(reduction("std", Kind::Data, (-2.0, 2.0), std.0, real_inexact, std.1)));
    }
    list.extend(refuses_empty(
        within(reduction("logsumexp", Kind::Data, (-4.0, 4.0), logsumexp, Dtype::to_inexact, logsumexp_of), 8.0, 8.0),
        logsumexp,
    ));
    list.extend(forms().map(softmax));
    list
}
