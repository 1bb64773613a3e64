//! Elements picked and updated by index.

use super::reductions::order;
use crate::matrix::{Case, Family, Input, data, index, mask};
use crate::tensor::{C, Tensor};
use lazulite::ops::{self, Ellipsis, NewAxis};
use lazulite::{Array, Dtype, Result};

fn ones(dims: &[usize]) -> Array {
    Array::ones(dims, Dtype::F32)
}

fn x_of(dims: &[usize]) -> Input {
    data(dims, -3.0, 3.0)
}

/// The whole number at an index.
fn whole(i: &Tensor, at: &[usize]) -> usize {
    i.at(at).re as usize
}

/// A basic index: the shape of what it picks, and from where.
fn basic(
    form: &str,
    dims: &[usize],
    other: &[usize],
    call: fn(&Array) -> Result<Array>,
    out: fn(&[usize]) -> Vec<usize>,
    from: fn(&[usize], &[usize]) -> Vec<usize>,
) -> Case {
    let reference = move |x: &[Tensor]| Tensor::from_fn(&out(&x[0].dims), x[0].dtype, |at| x[0].at(&from(&x[0].dims, at)));
    Case::new("index", Family::Indexing, vec![x_of(dims)], move |x| call(&x[0]), reference).form(form).other(vec![x_of(other)]).retraces()
}

fn picked() -> Vec<Case> {
    let two = vec![x_of(&[4, 3]), index(&[2, 1], 0, 4), index(&[3], 0, 3)];
    vec![
        basic("number and range", &[3, 4], &[2, 5], |x| ops::index(x, (1, 1..)), |d| vec![d[1] - 1], |_, at| vec![1, at[0] + 1])
            .bad(&["index 3", "[3, 4]"], || ops::index(&ones(&[3, 4]), 3))
            .bad(&["too many", "[3]"], || ops::index(&ones(&[3]), (0, 0)))
            .bad(&["step 0"], || ops::index(&ones(&[3]), ops::slice(0, 2, 0))),
        basic("negative number", &[3, 4], &[2, 5], |x| ops::index(x, (.., -1)), |d| vec![d[0]], |d, at| vec![at[0], d[1] - 1]),
        basic(
            "backward slice",
            &[5, 2],
            &[7, 3],
            |x| ops::index(x, ops::slice(.., .., -2)),
            |d| vec![d[0].div_ceil(2), d[1]],
            |d, at| vec![d[0] - 1 - 2 * at[0], at[1]],
        ),
        basic("new axis", &[3, 4], &[2, 5], |x| ops::index(x, (NewAxis, Ellipsis, 0)), |d| vec![1, d[0]], |_, at| vec![at[1], 0]),
        Case::new(
            "index",
            Family::Indexing,
            two,
            |x| ops::index(&x[0], (&x[1], &x[2])),
            |x| {
                Tensor::from_fn(&[x[1].dims[0], x[2].dims[0]], x[0].dtype, |at| {
                    x[0].at(&[whole(&x[1], &[at[0], 0]), whole(&x[2], &[at[1]])])
                })
            },
        )
        .form("arrays")
        .other(vec![x_of(&[5, 4]), index(&[3, 1], 0, 5), index(&[2], 0, 4)])
        .retraces()
        .bad(&["float32"], || ops::index(&ones(&[3]), ones(&[2]))),
        Case::new(
            "index",
            Family::Indexing,
            vec![x_of(&[2, 4, 3]), index(&[5], 0, 4)],
            |x| ops::index(&x[0], (.., &x[1], 1..)),
            |x| {
                Tensor::from_fn(&[x[0].dims[0], x[1].dims[0], x[0].dims[2] - 1], x[0].dtype, |at| {
                    x[0].at(&[at[0], whole(&x[1], &[at[1]]), at[2] + 1])
                })
            },
        )
        .form("array among ranges")
        .other(vec![x_of(&[3, 4, 2]), index(&[2], 0, 4)])
        .retraces(),
        Case::new(
            "take",
            Family::Indexing,
            vec![x_of(&[4, 3]), index(&[2, 3], 0, 3)],
            |x| ops::take(&x[0], &x[1], 1),
            |x| {
                let dims = [&x[0].dims[..1], &x[1].dims[..]].concat();
                Tensor::from_fn(&dims, x[0].dtype, |at| x[0].at(&[at[0], whole(&x[1], &at[1..])]))
            },
        )
        .other(vec![x_of(&[2, 5]), index(&[4, 2], 0, 5)])
        .retraces()
        .more(vec![x_of(&[4, 3]), index(&[], 0, 3)])
        .more(vec![x_of(&[4, 3]), index(&[0], 0, 3)])
        .bad(&["axis 2"], || ops::take(&ones(&[2, 3]), &Array::zeros([2], Dtype::I32), 2))
        .bad(&["float32"], || ops::take(&ones(&[2, 3]), &ones(&[2]), 0)),
        Case::new(
            "take_along_axis",
            Family::Indexing,
            vec![x_of(&[4, 3]), index(&[2, 3], 0, 4)],
            |x| ops::take_along_axis(&x[0], &x[1], 0),
            |x| Tensor::from_fn(&x[1].dims, x[0].dtype, |at| x[0].at(&[whole(&x[1], at), at[1]])),
        )
        .other(vec![x_of(&[5, 2]), index(&[3, 2], 0, 5)])
        .retraces()
        .bad(&["[2]", "[2, 3]"], || ops::take_along_axis(&ones(&[2, 3]), &Array::zeros([2], Dtype::I32), 0)),
    ]
}

type Update = fn(&Array, &Array, &Array) -> Result<Array>;

/// An update of rows, some of them twice, and one of a range.
fn update(op: &'static str, call: Update, range: fn(&Array, &Array) -> Result<Array>, combine: fn(C, C) -> C) -> Vec<Case> {
    let rows = vec![x_of(&[3, 2]), index(&[4], 0, 3), x_of(&[4, 2])];
    let by_rows = move |x: &[Tensor]| {
        let mut y = x[0].clone();
        let n = y.dims[1];
        for i in 0..x[1].dims[0] {
            for j in 0..n {
                let place = &mut y.values[whole(&x[1], &[i]) * n + j];
                *place = combine(*place, x[2].spread(&[i, j]));
            }
        }
        y
    };
    let by_range = move |x: &[Tensor]| {
        let mut y = x[0].clone();
        let n = y.dims[1];
        for i in 1..y.dims[0] {
            for j in 0..n {
                y.values[i * n + j] = combine(y.values[i * n + j], x[1].spread(&[i - 1, j]));
            }
        }
        y
    };
    vec![
        Case::new(op, Family::Indexing, rows, move |x| call(&x[0], &x[1], &x[2]), by_rows)
            .form("rows")
            .other(vec![x_of(&[5, 3]), index(&[2], 0, 5), x_of(&[2, 3])])
            .retraces()
            .within(2.0, 8.0)
            .more(vec![x_of(&[3, 2]), index(&[4], 0, 3), x_of(&[2])])
            .bad(&["[3]", "[4, 2]"], move || call(&ones(&[3, 2]), &Array::zeros([4], Dtype::I32), &ones(&[3])))
            .bad(&["float32"], move || call(&ones(&[3, 2]), &ones(&[4]), &ones(&[2]))),
        Case::new(op, Family::Indexing, vec![x_of(&[4, 3]), x_of(&[3])], move |x| range(&x[0], &x[1]), by_range)
            .form("range")
            .other(vec![x_of(&[3, 5]), x_of(&[5])])
            .retraces()
            .within(1.0, 8.0),
    ]
}

/// A masked update, of each place and in order.
fn masked() -> Vec<Case> {
    let each = |x: &[Tensor]| {
        Tensor::from_fn(&x[0].dims, x[0].dtype, |at| if whole(&x[1], &at[..1]) != 0 { x[2].at(&at[1..]) } else { x[0].at(at) })
    };
    let rows = |x: &[Tensor]| {
        let rank = |i: usize| (0..i).filter(|&j| whole(&x[1], &[j]) != 0).count();
        Tensor::from_fn(&x[0].dims, x[0].dtype, |at| if whole(&x[1], &at[..1]) != 0 { x[2].at(&[rank(at[0]), at[1]]) } else { x[0].at(at) })
    };
    let call = |x: &[Array]| ops::masked_set(&x[0], &x[1], &x[2]);
    let flags = Array::zeros([3], Dtype::Bool);
    vec![
        Case::new("masked_set", Family::Indexing, vec![x_of(&[4, 3]), mask(&[4]), x_of(&[3])], call, each)
            .form("each place")
            .other(vec![x_of(&[5, 2]), mask(&[5]), x_of(&[2])])
            .retraces()
            .bad(&["[2]", "[3, 2]"], || ops::masked_set(&ones(&[3, 2]), &Array::zeros([2], Dtype::Bool), 0))
            .bad(&["float32"], || ops::masked_set(&ones(&[3]), &ones(&[3]), 0)),
        Case::new("masked_set", Family::Indexing, vec![x_of(&[4, 3]), mask(&[4]), x_of(&[4, 3])], call, rows)
            .form("in order")
            .other(vec![x_of(&[5, 2]), mask(&[5]), x_of(&[5, 2])])
            .retraces()
            .bad(&["[3, 3]", "[3, 2]"], move || ops::masked_set(&ones(&[3, 2]), &flags, ones(&[3, 3]))),
    ]
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let mut list = picked();
    list.extend(masked());
    list.extend(update("set", |x, i, v| ops::set(x, i, v), |x, v| ops::set(x, 1.., v), |_, b| b));
    list.extend(update("add_at", |x, i, v| ops::add_at(x, i, v), |x, v| ops::add_at(x, 1.., v), |a, b| a + b));
    list.extend(update("multiply_at", |x, i, v| ops::multiply_at(x, i, v), |x, v| ops::multiply_at(x, 1.., v), |a, b| a * b));
    let larger = |a: C, b: C| if order(&b, &a).is_gt() { b } else { a };
    let smaller = |a: C, b: C| if order(&b, &a).is_lt() { b } else { a };
    list.extend(update("maximum_at", |x, i, v| ops::maximum_at(x, i, v), |x, v| ops::maximum_at(x, 1.., v), larger));
    list.extend(update("minimum_at", |x, i, v| ops::minimum_at(x, i, v), |x, v| ops::minimum_at(x, 1.., v), smaller));
    let put = vec![x_of(&[4, 3]), index(&[2, 3], 0, 4), x_of(&[2, 3])];
    let put = Case::new(
        "put_along_axis",
        Family::Indexing,
        put,
        |x| ops::put_along_axis(&x[0], &x[1], &x[2], 0),
        |x| {
            let mut y = x[0].clone();
            let n = y.dims[1];
            for i in 0..x[1].dims[0] {
                (0..n).for_each(|j| y.values[whole(&x[1], &[i, j]) * n + j] = x[2].at(&[i, j]));
            }
            y
        },
    );
    list.push(
        put.other(vec![x_of(&[5, 2]), index(&[3, 2], 0, 5), x_of(&[3, 2])])
            .retraces()
            .bad(&["[2]", "[2, 3]"], || ops::put_along_axis(&ones(&[2, 3]), &Array::zeros([2], Dtype::I32), 1, 0)),
    );
    list
}
