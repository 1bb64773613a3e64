//! Running sums, products, extrema and logarithms of sums of exponentials.

use super::reductions::{logsumexp_of, order};
use crate::matrix::{Case, Family, Input, data, distinct, index};
use crate::tensor::{C, Tensor, re};
use lazulite::ops::{self, Along, along};
use lazulite::{Array, Dtype, Result};

type Call = fn(&Array, Along) -> Result<Array>;

/// What a form of the ways does.
#[derive(Clone, Copy)]
struct Way {
    form: &'static str,
    way: Along,
    axis: usize,
    reverse: bool,
    exclusive: bool,
}

fn ways() -> [Way; 4] {
    let way = |form, way, axis, reverse, exclusive| Way { form, way, axis, reverse, exclusive };
    [
        way("axis 0", along(0), 0, false, false),
        way("axis 1, reverse", along(1).reverse(), 1, true, false),
        way("axis -1, exclusive", along(-1).exclusive(), 2, false, true),
        way("axis -1, reverse, exclusive", along(2).reverse().exclusive(), 2, true, true),
    ]
}

/// The elements along the axis up to each through `f`; none gives NaN.
fn scanned(x: &Tensor, way: Way, dtype: Dtype, f: fn(&[C]) -> C) -> Tensor {
    let n = x.dims[way.axis];
    Tensor::from_fn(&x.dims, dtype, |at| {
        let i = at[way.axis];
        let upto = if way.reverse { i + way.exclusive as usize..n } else { 0..i + 1 - way.exclusive as usize };
        let element = |j: usize| x.at(&[&at[..way.axis], &[j], &at[way.axis + 1..]].concat());
        let mut list: Vec<C> = upto.map(element).collect();
        if way.reverse {
            list.reverse();
        }
        f(&list)
    })
}

/// Without the first result of an exclusive scan, whose neutral element may be infinite.
fn cut(y: &Tensor, way: Way) -> Tensor {
    let mut dims = y.dims.clone();
    dims[way.axis] -= 1;
    Tensor::from_fn(&dims, y.dtype, |at| {
        let mut at = at.to_vec();
        at[way.axis] += !way.reverse as usize;
        y.at(&at)
    })
}

/// A declaration for each way; `cuts` leaves out the results of nothing.
fn scans(op: &'static str, of: fn(&[usize]) -> Input, call: Call, gives: fn(Dtype) -> Dtype, f: fn(&[C]) -> C, cuts: bool) -> Vec<Case> {
    let make = |way: Way| {
        let cuts = cuts && way.exclusive;
        let case = Case::new(
            op,
            Family::Scans,
            vec![of(&[2, 3, 4])],
            move |x| {
                let y = call(&x[0], way.way)?;
                match (cuts, way.reverse) {
                    (false, _) => Ok(y),
                    (true, false) => ops::index(&y, (ops::Ellipsis, 1..)),
                    (true, true) => ops::index(&y, (ops::Ellipsis, ..-1)),
                }
            },
            move |x| {
                let y = scanned(&x[0], way, gives(x[0].dtype), f);
                if cuts { cut(&y, way) } else { y }
            },
        );
        let case = case.form(way.form).other(vec![of(&[3, 2, 5])]).gives(gives);
        let case = case.more(vec![of(&[1, 1, 1])]).more(vec![of(&[2, 70, 3])]).more(vec![of(&[70, 1, 35])]).more(vec![of(&[2, 2, 700])]);
        let case = if cuts { case } else { case.more(vec![of(&[0, 2, 3])]).more(vec![of(&[2, 3, 0])]) };
        case.bad(&["axis 3", "3 dimensions"], move || call(&Array::ones([2, 3, 4], Dtype::F32), 3.into()))
    };
    let mut list: Vec<Case> = ways().into_iter().map(make).collect();
    let flat = Way { form: "all", way: along(..), axis: 0, reverse: false, exclusive: false };
    list.push(
        Case::new(
            op,
            Family::Scans,
            vec![of(&[2, 4])],
            move |x| call(&x[0], flat.way),
            move |x| scanned(&Tensor { dims: vec![x[0].values.len()], ..x[0].clone() }, flat, gives(x[0].dtype), f),
        )
        .form(flat.form)
        .other(vec![of(&[3, 2])])
        .more(vec![of(&[])])
        .more(vec![of(&[33, 40])])
        .gives(gives),
    );
    list
}

fn signed(dims: &[usize]) -> Input {
    data(dims, -2.0, 2.0)
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let within = |c: Vec<Case>, ulp, noise| -> Vec<Case> { c.into_iter().map(|c| c.within(ulp, noise)).collect() };
    let counted: fn(Dtype) -> Dtype = |d| if d == Dtype::Bool { Dtype::I32 } else { d };
    let same: fn(Dtype) -> Dtype = |d| d;
    let near_one: fn(&[usize]) -> Input = |dims| data(dims, -1.3, 1.3);
    let least: fn(&[C]) -> C = |v| v.iter().copied().min_by(order).unwrap_or(re(f64::INFINITY));
    let largest: fn(&[C]) -> C = |v| v.iter().copied().max_by(order).unwrap_or(re(f64::NEG_INFINITY));
    let logs: fn(&[C]) -> C = |v| if v.is_empty() { re(f64::NEG_INFINITY) } else { logsumexp_of(v) };
    let mut list = within(scans("cumsum", signed, |x, w| ops::cumsum(x, w), counted, |v| v.iter().sum(), false), 4.0, 256.0);
    list.extend(within(scans("cumprod", near_one, |x, w| ops::cumprod(x, w), same, |v| v.iter().product(), false), 60.0, 1.0));
    list.push(
        Case::new(
            "cumprod",
            Family::Scans,
            vec![near_one(&[3, 7]), index(&[3, 7], 0, 2)],
            |x| ops::cumprod(&ops::multiply(&x[0], &ops::astype(&x[1], x[0].dtype())?)?, along(-1)),
            |x| {
                let kept = Tensor { values: x[0].values.iter().zip(&x[1].values).map(|(a, b)| a * b).collect(), ..x[0].clone() };
                let way = Way { form: "", way: along(1), axis: 1, reverse: false, exclusive: false };
                scanned(&kept, way, x[0].dtype, |v| v.iter().product())
            },
        )
        .form("with zeros")
        .other(vec![near_one(&[2, 4]), index(&[2, 4], 0, 2)])
        .within(8.0, 1.0),
    );
    list.extend(scans("cummax", distinct, |x, w| ops::cummax(x, w), same, largest, true));
    list.extend(scans("cummin", distinct, |x, w| ops::cummin(x, w), same, least, true));
    list.extend(within(scans("logcumsumexp", signed, |x, w| ops::logcumsumexp(x, w), Dtype::to_inexact, logs, true), 8.0, 16.0));
    list
}
