//! Where things are: indices of extrema, and orders.

use super::reductions::order;
use crate::matrix::{Case, Family, Slope, data, distinct};
use crate::tensor::{C, Tensor, re};
use lazulite::ops::{self, keep};
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
            .more(vec![data(&[2, 0], 0.0, 1.0)])
            .bad(&["axis 2"], || ops::sort(&Array::ones([2, 3], Dtype::F32), 2)),
    );
    list.push(
        ascending("topk", "", |x| ops::topk(x, 2, 1), |_| 2)
            .retraces()
            .bad(&["no 4", "[2, 3]"], || ops::topk(&Array::ones([2, 3], Dtype::F32), 4, 1)),
    );
    list
}
