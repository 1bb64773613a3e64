//! Where things are: indices of extrema, and orders.

use super::reductions::order;
use crate::matrix::{Case, Family, Input, Slope, data, distinct};
use crate::tensor::{C, Tensor, re};
use lazulite::ops::{self, Side, keep};
use lazulite::{Array, Dtype};
use std::cmp::Ordering;

const DISCRETE: Slope = Slope::None("integer or boolean output");

/// The lane of elements along `axis` at an index of the shape without that axis.
fn lane(x: &Tensor, axis: usize, at: &[usize]) -> Vec<C> {
    (0..x.dims[axis]).map(|i| x.at(&[&at[..axis], &[i], &at[axis..]].concat())).collect()
}

/// The first index whose element no other exceeds, in `direction`.
fn first(list: &[C], direction: Ordering) -> C {
    let mut best = 0;
    for i in 1..list.len() {
        if order(&list[i], &list[best]) == direction {
            best = i;
        }
    }
    re(best as f64)
}

/// What reduces one axis.
type Along<'a> = &'a dyn Fn(&Tensor, usize) -> Tensor;

fn extremum(op: &'static str, direction: Ordering) -> Vec<Case> {
    let call = move |x: &Array, axes: ops::Axes| if op == "argmax" { ops::argmax(x, axes) } else { ops::argmin(x, axes) };
    let along = move |x: &Tensor, axis: usize| {
        let dims = x.example(axis, 0).dims;
        Tensor::from_fn(&dims, Dtype::U32, |at| first(&lane(x, axis, at), direction))
    };
    let base = move |form: &str, axes: ops::Axes, reference: fn(&Tensor, Along<'_>) -> Tensor| {
        Case::new(op, Family::Sorting, vec![distinct(&[2, 3, 4])], move |x| call(&x[0], axes.clone()), move |x| reference(&x[0], &along))
            .form(form)
            .other(vec![distinct(&[3, 2, 5])])
            .gives(|_| Dtype::U32)
            .slope(DISCRETE)
    };
    vec![
        base("axis 0", 0.into(), |x, f| f(x, 0)).more(vec![data(&[40, 3], -2.0, 2.0)]),
        base("axis -1, kept", keep(-1), |x, f| {
            let mut y = f(x, x.dims.len() - 1);
            y.dims.push(1);
            y
        })
        .more(vec![data(&[3, 300], -2.0, 2.0)])
        .bad(&["axis 2"], move || call(&Array::ones([2, 3], Dtype::F32), 2.into()))
        .bad(&["one axis"], move || call(&Array::ones([2, 3], Dtype::F32), [0, 1].into()))
        .bad(&["nothing", "[2, 0]"], move || call(&Array::ones([2, 0], Dtype::F32), 1.into())),
        base("all", (..).into(), |x, f| f(&Tensor { dims: vec![x.values.len()], ..x.clone() }, 0)).more(vec![data(&[], -1.0, 1.0)]),
    ]
}

/// The stable order of the elements along `axis`.
fn sorted(x: &Tensor, axis: usize) -> Tensor {
    Tensor::from_fn(&x.dims, Dtype::U32, |at| {
        let mut rest = at.to_vec();
        let i = rest.remove(axis);
        let list = lane(x, axis, &rest);
        let mut indices: Vec<usize> = (0..list.len()).collect();
        indices.sort_by(|&a, &b| order(&list[a], &list[b]));
        re(indices[i] as f64)
    })
}

fn argsort(form: &str, axis: i64, reference: fn(&Tensor) -> Tensor) -> Case {
    Case::new("argsort", Family::Sorting, vec![distinct(&[2, 3, 4])], move |x| ops::argsort(&x[0], axis), move |x| reference(&x[0]))
        .form(form)
        .other(vec![distinct(&[3, 2, 5])])
        .gives(|_| Dtype::U32)
        .slope(DISCRETE)
}

/// What a partition of rows gives, with the parts beside its place sorted: their order is the device's.
fn in_order(y: &Array, kth: i64) -> lazulite::Result<Array> {
    let parts = ops::split_at(y, &[kth as usize, kth as usize + 1], 1)?;
    ops::concatenate(&[&ops::sort(&parts[0], 1)?, &parts[1], &ops::sort(&parts[2], 1)?], 1)
}

fn partitions() -> Vec<Case> {
    let ones = || Array::ones([2, 3], Dtype::F32);
    let call = |x: &[Array]| in_order(&ops::argpartition(&x[0], 1, 1)?, 1);
    let indices = Case::new("argpartition", Family::Sorting, vec![distinct(&[2, 5])], call, |x| {
        let order = sorted(&x[0], 1);
        Tensor::from_fn(&x[0].dims, Dtype::U32, |at| {
            let line: Vec<usize> = (0..x[0].dims[1]).map(|i| order.at(&[at[0], i]).re as usize).collect();
            let mut after = line[2..].to_vec();
            after.sort();
            re(line[..2].iter().chain(&after).copied().nth(at[1]).unwrap() as f64)
        })
    });
    let call = |x: &[Array]| in_order(&ops::partition(&x[0], -4, -1)?, x[0].shape()[1] as i64 - 4);
    let values = Case::new("partition", Family::Sorting, vec![distinct(&[2, 5])], call, |x| {
        let order = sorted(&x[0], 1);
        Tensor::from_fn(&x[0].dims, x[0].dtype, |at| x[0].at(&[at[0], order.at(at).re as usize]))
    });
    vec![
        indices
            .other(vec![distinct(&[3, 4])])
            .retraces()
            .gives(|_| Dtype::U32)
            .slope(DISCRETE)
            .more(vec![data(&[3, 200], -2.0, 2.0)])
            .bad(&["axis 2"], move || ops::argpartition(&ones(), 0, 2))
            .bad(&["place 3", "[2, 3]"], move || ops::argpartition(&ones(), 3, 1)),
        values
            .other(vec![distinct(&[3, 4])])
            .retraces()
            .more(vec![data(&[3, 200], -2.0, 2.0)])
            .bad(&["place -4"], move || ops::partition(&ones(), -4, 1)),
    ]
}

/// Values looked for among the sums of positive steps.
fn searches(side: Side, form: &str) -> Case {
    let call = move |x: &[Array]| ops::searchsorted(&ops::sort(&x[0], 0)?, &x[1], side);
    let reference = move |x: &[Tensor]| {
        let before = |o: Ordering| o == Ordering::Less || side == Side::Right && o == Ordering::Equal;
        Tensor::from_fn(&x[1].dims, Dtype::U32, |at| {
            let v = x[1].at(at);
            re(x[0].values.iter().filter(|s| before(order(s, &v))).count() as f64)
        })
    };
    Case::new("searchsorted", Family::Sorting, vec![data(&[7], -3.0, 3.0), data(&[2, 4], -4.0, 4.0)], call, reference)
        .form(form)
        .other(vec![data(&[9], -3.0, 3.0), data(&[3, 2], -4.0, 4.0)])
        .more(vec![data(&[0], 0.0, 1.0), data(&[3], -1.0, 1.0)])
        .more(vec![data(&[300], -3.0, 3.0), data(&[], -1.0, 1.0)])
        .more(vec![data(&[1], -3.0, 3.0), data(&[50], -3.0, 3.0)])
        .gives(|_| Dtype::U32)
        .slope(DISCRETE)
        .bad(&["one axis", "[2, 2]"], || ops::searchsorted(&Array::ones([2, 2], Dtype::F32), &Array::ones([2], Dtype::F32), Side::Left))
}

/// The distinct elements in order, with the index of the first occurrence of each.
fn distinct_of(x: &Tensor) -> Vec<(C, usize)> {
    let mut all: Vec<(C, usize)> = x.values.iter().copied().zip(0..).collect();
    all.sort_by(|a, b| order(&a.0, &b.0));
    all.dedup_by(|b, a| a.0 == b.0);
    all
}

fn uniques(size: usize, fill: bool, form: &str) -> Vec<Case> {
    let find = move |x: &Array| {
        let value = Array::full([], 1.0, Dtype::F32);
        ops::unique(x, size, fill.then_some(&value))
    };
    let few = |dims: &[usize]| vec![data(dims, -2.9, 2.9)];
    let case = |form: String, inputs: Vec<Input>, call: fn(ops::Unique) -> Array, reference: fn(&Tensor, usize, bool) -> Tensor| {
        Case::new("unique", Family::Sorting, inputs, move |x| Ok(call(find(&x[0])?)), move |x| reference(&x[0], size, fill))
            .form(form)
            .retraces()
    };
    let values = case(
        format!("values, {form}"),
        vec![distinct(&[2, 3])],
        |u| u.values,
        |x, size, fill| {
            let list = distinct_of(x);
            Tensor::from_fn(&[size], x.dtype, |at| list.get(at[0]).map_or(if fill { re(1.0) } else { list[0].0 }, |v| v.0))
        },
    );
    let index = case(
        format!("index, {form}"),
        few(&[3, 4]),
        |u| u.index,
        |x, size, _| {
            let list = distinct_of(x);
            Tensor::from_fn(&[size], Dtype::U32, |at| re(list.get(at[0]).unwrap_or(&list[0]).1 as f64))
        },
    );
    let inverse = case(
        format!("inverse, {form}"),
        few(&[3, 4]),
        |u| u.inverse,
        |x, size, _| {
            let list = distinct_of(x);
            let place = |v: C| list.iter().position(|d| d.0 == v).unwrap_or(0).min(size.max(1) - 1);
            Tensor::from_fn(&x.dims, Dtype::U32, |at| re(place(x.at(at)) as f64))
        },
    );
    let counts = case(
        format!("counts, {form}"),
        few(&[3, 4]),
        |u| u.counts,
        |x, size, _| {
            let list = distinct_of(x);
            let count = |v: C| x.values.iter().filter(|&&w| w == v).count();
            Tensor::from_fn(&[size], Dtype::I32, |at| re(list.get(at[0]).map_or(0, |d| count(d.0)) as f64))
        },
    );
    let values = values
        .other(vec![distinct(&[4, 2])])
        .more(few(&[30]))
        .bad(&["nothing", "[2, 0]"], || ops::unique(&Array::ones([2, 0], Dtype::F32), 1, None).map(|u| u.values));
    let discrete = |c: Case, d: Dtype| c.other(few(&[2, 5])).more(few(&[])).more(few(&[90])).gives(move |_| d).slope(DISCRETE);
    vec![values, discrete(index, Dtype::U32), discrete(inverse, Dtype::U32), discrete(counts, Dtype::I32)]
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let mut list = extremum("argmax", Ordering::Greater);
    list.extend(extremum("argmin", Ordering::Less));
    list.push(argsort("axis 1", 1, |x| sorted(x, 1)).bad(&["axis 2"], || ops::argsort(&Array::ones([2, 3], Dtype::F32), 2)));
    list.push(argsort("last axis", -1, |x| sorted(x, x.dims.len() - 1)).more(vec![data(&[3, 200], -2.0, 2.0)]).more(vec![data(
        &[2, 0],
        0.0,
        1.0,
    )]));
    let ascending = |op, form: &str, call: fn(&Array) -> lazulite::Result<Array>, keep: fn(&Tensor) -> usize| {
        Case::new(
            op,
            Family::Sorting,
            vec![distinct(&[2, 5])],
            move |x| call(&x[0]),
            move |x| {
                let order = sorted(&x[0], 1);
                let (n, k) = (x[0].dims[1], keep(&x[0]));
                Tensor::from_fn(&[x[0].dims[0], k], x[0].dtype, |at| x[0].at(&[at[0], order.at(&[at[0], at[1] + n - k]).re as usize]))
            },
        )
        .form(form)
        .other(vec![distinct(&[3, 4])])
    };
    list.push(
        ascending("sort", "", |x| ops::sort(x, -1), |x| x.dims[1])
            .more(vec![data(&[3, 200], -2.0, 2.0)])
            .more(vec![data(&[40, 77], -2.0, 2.0)])
            .more(vec![data(&[3, 1500], -2.0, 2.0)])
            .more(vec![data(&[2, 0], 0.0, 1.0)])
            .bad(&["axis 2"], || ops::sort(&Array::ones([2, 3], Dtype::F32), 2)),
    );
    list.push(
        ascending("topk", "", |x| ops::topk(x, 2, 1), |_| 2)
            .retraces()
            .more(vec![data(&[3, 200], -2.0, 2.0)])
            .bad(&["no 4", "[2, 3]"], || ops::topk(&Array::ones([2, 3], Dtype::F32), 4, 1)),
    );
    list.extend(partitions());
    list.push(searches(Side::Left, "left"));
    list.push(searches(Side::Right, "right"));
    list.extend(uniques(20, true, "filled"));
    list.extend(uniques(8, false, "alone"));
    list.extend(uniques(2, false, "cut"));
    list
}
