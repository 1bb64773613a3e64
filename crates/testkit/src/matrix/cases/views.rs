//! Views: the same elements in another shape or order.

use crate::matrix::{Case, Family, Input, Slope, data};
use crate::tensor::{Tensor, re};
use lazulite::{Array, Dtype, Result, ops};

/// The shape that two broadcast to; they do.
pub fn broadcast_dims(a: &[usize], b: &[usize]) -> Vec<usize> {
    let n = a.len().max(b.len());
    let at = |x: &[usize], i: usize| if i + x.len() < n { 1 } else { x[i + x.len() - n] };
    (0..n).map(|i| if at(a, i) == 1 { at(b, i) } else { at(a, i) }).collect()
}

fn of(dims: &[usize]) -> Vec<Input> {
    vec![data(dims, -3.0, 3.0)]
}

/// A view of one array: what it makes of a shape, and where each element of the result comes from.
fn view(
    op: &'static str,
    dims: &[usize],
    other: &[usize],
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    reference: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Case {
    Case::new(op, Family::Views, of(dims), move |x| call(&x[0]), move |x| reference(&x[0])).other(of(other))
}

fn reshaped(t: &Tensor, dims: &[usize]) -> Tensor {
    Tensor { dims: dims.to_vec(), ..t.clone() }
}

fn flipped(t: &Tensor, axes: &[usize]) -> Tensor {
    Tensor::from_fn(&t.dims, t.dtype, |at| {
        let from: Vec<usize> = at.iter().enumerate().map(|(a, &i)| if axes.contains(&a) { t.dims[a] - 1 - i } else { i }).collect();
        t.at(&from)
    })
}

fn diagonal(t: &Tensor, offset: i64) -> Tensor {
    let n = t.dims.len();
    let (rows, cols) = (t.dims[n - 2] as i64, t.dims[n - 1] as i64);
    let (r, c) = ((-offset).max(0), offset.max(0));
    let len = (rows - r).min(cols - c).max(0) as usize;
    let dims: Vec<usize> = t.dims[..n - 2].iter().copied().chain([len]).collect();
    Tensor::from_fn(&dims, t.dtype, |at| {
        let i = at[n - 2];
        t.at(&[&at[..n - 2], &[i + r as usize, i + c as usize]].concat())
    })
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    let mut list = vec![
        view(
            "broadcast_to",
            &[3, 1],
            &[3, 1],
            |x| ops::broadcast_to(x, [2, 3, 4]),
            |t| Tensor::from_fn(&[2, 3, 4], t.dtype, |at| t.spread(at)),
        )
        .more(of(&[]))
        .more(of(&[4]))
        .bad(&["[3]", "[2, 4]"], move || ops::broadcast_to(&ones(&[3]), [2, 4]))
        .bad(&["[2, 3]", "[3]"], move || ops::broadcast_to(&ones(&[2, 3]), [3])),
        view("reshape", &[2, 6], &[4, 3], |x| ops::reshape(x, [3, 4]), |t| reshaped(t, &[3, 4]))
            .bad(&["[2, 3]", "6 elements"], move || ops::reshape(&ones(&[2, 3]), [4, 2]))
            .bad(&["-1"], move || ops::reshape(&ones(&[2, 3]), [-1, -1])),
        view("reshape", &[2, 6], &[4, 5], |x| ops::reshape(x, [2, -1]), |t| reshaped(t, &[2, t.values.len() / 2]))
            .form("rest")
            .more(of(&[2, 0])),
        view("reshape", &[1, 1], &[1, 1], |x| ops::reshape(x, []), |t| reshaped(t, &[])).form("0-d").more(of(&[])),
        view("flatten", &[2, 3, 4], &[3, 4, 2], |x| ops::flatten(x, 0, 1), |t| reshaped(t, &[t.dims[0] * t.dims[1], t.dims[2]]))
            .more(of(&[0, 3, 2]))
            .bad(&["axis 2"], move || ops::flatten(&ones(&[2, 3]), 0, 2))
            .bad(&["after"], move || ops::flatten(&ones(&[2, 3]), 1, 0)),
        view("flatten", &[2, 3], &[4, 2], |x| ops::flatten(x, 0, -1), |t| reshaped(t, &[t.values.len()])).form("all").more(of(&[])),
        view("transpose", &[2, 3, 4], &[4, 2, 3], |x| ops::transpose(x, [2, 0, 1]), |t| t.transpose(&[2, 0, 1]))
            .more(of(&[2, 0, 3]))
            .bad(&["permutation"], move || ops::transpose(&ones(&[2, 3]), [0, 0]))
            .bad(&["axis 2"], move || ops::transpose(&ones(&[2, 3]), [0, 2])),
        view("t", &[2, 3, 4], &[4, 2, 3], ops::t, |t| t.transpose(&(0..t.dims.len()).rev().collect::<Vec<_>>()))
            .more(of(&[]))
            .more(of(&[3])),
        view("moveaxis", &[2, 3, 4], &[4, 2, 3], |x| ops::moveaxis(x, 0, -1), |t| t.transpose(&[1, 2, 0]))
            .bad(&["axis -3"], move || ops::moveaxis(&ones(&[2, 3]), -3, 0)),
        view("swapaxes", &[2, 3, 4], &[4, 2, 3], |x| ops::swapaxes(x, 0, -1), |t| t.transpose(&[2, 1, 0]))
            .bad(&["axis 2"], move || ops::swapaxes(&ones(&[2, 3]), 0, 2)),
        view("expand_dims", &[2, 3], &[4, 2], |x| ops::expand_dims(x, 1), |t| reshaped(t, &[t.dims[0], 1, t.dims[1]]))
            .bad(&["axis 4"], move || ops::expand_dims(&ones(&[2, 3]), 4)),
        view("expand_dims", &[3], &[4], |x| ops::expand_dims(x, -1), |t| reshaped(t, &[t.dims[0], 1])).form("last"),
        view("squeeze", &[2, 1, 3, 1], &[4, 1, 2, 1], |x| ops::squeeze(x, [1, -1]), |t| reshaped(t, &[t.dims[0], t.dims[2]]))
            .bad(&["axis 0", "[2, 3]"], move || ops::squeeze(&ones(&[2, 3]), 0)),
        view("squeeze", &[2, 1, 3], &[4, 1, 2], |x| ops::squeeze(x, ..), |t| reshaped(t, &[t.dims[0], t.dims[2]])).form("all").retraces(),
        view("flip", &[2, 3, 4], &[4, 2, 3], |x| ops::flip(x, [0, -1]), |t| flipped(t, &[0, 2]))
            .more(of(&[2, 0, 3]))
            .bad(&["axis 2"], move || ops::flip(&ones(&[2, 3]), 2)),
        view("diagonal", &[2, 3, 4], &[3, 5, 2], |x| ops::diagonal(x, 1), |t| diagonal(t, 1))
            .retraces()
            .more(of(&[3, 3]))
            .more(of(&[4, 1]))
            .bad(&["two axes", "[3]"], move || ops::diagonal(&ones(&[3]), 0)),
        view("diagonal", &[4, 3], &[3, 3], |x| ops::diagonal(x, -1), |t| diagonal(t, -1)).form("below").retraces(),
        view("contiguous", &[2, 3], &[4, 2], |x| ops::contiguous(&ops::t(x)?), |t| t.transpose(&[1, 0])),
        view("stop_gradient", &[2, 3], &[4, 2], ops::stop_gradient, Tensor::clone).slope(Slope::Zero),
        Case::many(
            "broadcast_arrays",
            Family::Views,
            vec![data(&[3, 1], -3.0, 3.0), data(&[4], -3.0, 3.0)],
            |x| ops::broadcast_arrays(&[&x[0], &x[1]]),
            |x| {
                let dims = broadcast_dims(&x[0].dims, &x[1].dims);
                x.iter().map(|t| Tensor::from_fn(&dims, t.dtype, |at| t.spread(at))).collect()
            },
        )
        .other(vec![data(&[5, 1], -3.0, 3.0), data(&[2], -3.0, 3.0)])
        .bad(&["[3]", "[4]"], move || ops::broadcast_arrays(&[&ones(&[3]), &ones(&[4])])),
    ];
    list.extend(Dtype::ALL.map(cast));
    list.extend(reinterpreted());
    list
}

/// The bytes of 32-bit integers as other numbers.
fn reinterpreted() -> Vec<Case> {
    let bits = |x: &Array, to| ops::view(&ops::astype(x, Dtype::I32)?, to);
    let same = |t: &Tensor| t.cast(Dtype::I32).map(Dtype::U32, |v| re(v.re as i32 as u32 as f64));
    let bytes = |t: &Tensor| {
        let t = t.cast(Dtype::I32);
        let dims = [&t.dims[..1], &[t.dims[1] * 4]].concat();
        Tensor::from_fn(&dims, Dtype::U8, |at| re((t.at(&[at[0], at[1] / 4]).re as i32).to_le_bytes()[at[1] % 4] as f64))
    };
    let case = view("view", &[3, 4], &[5, 2], move |x| bits(x, Dtype::U32), same).form("same size").gives(|_| Dtype::U32).more(of(&[0]));
    let narrow = view("view", &[3, 4], &[5, 2], move |x| bits(x, Dtype::U8), bytes).form("narrower").gives(|_| Dtype::U8);
    let odd = || ops::view(&Array::zeros([3], Dtype::I16), Dtype::I32);
    let none = Slope::None("integer or boolean output");
    vec![case.slope(none).more(of(&[])).bad(&["[3]", "int32"], odd), narrow.slope(none)]
}

/// A cast to one dtype from every other.
fn cast(to: Dtype) -> Case {
    // To an inexact dtype the derivative is that of the cast without its rounding.
    let reference = move |t: &Tensor| match to {
        Dtype::C64 => t.map(to, |v| v),
        d if d.is_float() => t.map(d, |v| re(v.re)),
        d => t.cast(d),
    };
    let case = view("astype", &[3, 4], &[5, 2], move |x| ops::astype(x, to), reference);
    let case = case.form(to.name()).gives(move |_| to).more(of(&[])).more(of(&[0]));
    if to.is_inexact() { case } else { case.slope(Slope::None("integer or boolean output")) }
}
