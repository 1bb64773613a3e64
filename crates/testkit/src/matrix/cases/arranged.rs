//! Elements repeated, moved and masked: what is composed of views and joins.

use crate::matrix::{Case, Family, data};
use crate::tensor::{C, Tensor, re};
use lazulite::{Array, Dtype, Result, ops};

fn moved(
    op: &'static str,
    dims: &[usize],
    other: &[usize],
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    reference: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Case {
    let of = |dims: &[usize]| vec![data(dims, -3.0, 3.0)];
    Case::new(op, Family::Joins, of(dims), move |x| call(&x[0]), move |x| reference(&x[0])).other(of(other)).retraces()
}

/// The elements that lie, by row and column, where `inside` says; zeros elsewhere.
fn triangle(t: &Tensor, inside: fn(usize, usize) -> bool) -> Tensor {
    let n = t.dims.len();
    Tensor::from_fn(&t.dims, t.dtype, |at| if inside(at[n - 2], at[n - 1]) { t.at(at) } else { re(0.0) })
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    let summed = |d: Dtype| match d {
        Dtype::Bool | Dtype::I8 | Dtype::I16 => Dtype::I32,
        Dtype::U8 | Dtype::U16 => Dtype::U32,
        d => d,
    };
    vec![
        moved(
            "tile",
            &[2, 3],
            &[4, 2],
            |x| ops::tile(x, &[2, 1, 2]),
            |t| {
                let (rows, cols) = (t.dims[0], t.dims[1]);
                Tensor::from_fn(&[2, rows, 2 * cols], t.dtype, |at| t.at(&[at[1], at[2] % cols]))
            },
        )
        .bad(&["address space"], move || ops::tile(&ones(&[2]), &[usize::MAX / 4])),
        moved(
            "repeat",
            &[2, 3],
            &[4, 2],
            |x| ops::repeat(x, 3, 1),
            |t| Tensor::from_fn(&[t.dims[0], 3 * t.dims[1]], t.dtype, |at| t.at(&[at[0], at[1] / 3])),
        )
        .bad(&["axis 2"], move || ops::repeat(&ones(&[2, 3]), 2, 2)),
        moved(
            "roll",
            &[2, 5],
            &[4, 3],
            |x| ops::roll(x, 7, -1),
            |t| {
                let n = t.dims[1];
                Tensor::from_fn(&t.dims, t.dtype, |at| t.at(&[at[0], (at[1] + 7 * n - 7) % n]))
            },
        )
        .bad(&["axis 2"], move || ops::roll(&ones(&[2, 3]), 1, 2)),
        moved(
            "roll",
            &[4, 2],
            &[3, 5],
            |x| ops::roll(x, -1, 0),
            |t| Tensor::from_fn(&t.dims, t.dtype, |at| t.at(&[(at[0] + 1) % t.dims[0], at[1]])),
        )
        .form("back"),
        moved(
            "diag",
            &[3],
            &[5],
            |x| ops::diag(x, 1),
            |t| {
                let n = t.dims[0] + 1;
                Tensor::from_fn(&[n, n], t.dtype, |at| if at[1] == at[0] + 1 { t.at(&at[..1]) } else { re(0.0) })
            },
        )
        .bad(&["one or two axes", "[2, 2, 2]"], move || ops::diag(&ones(&[2, 2, 2]), 0)),
        moved(
            "diag",
            &[3, 4],
            &[4, 2],
            |x| ops::diag(x, 0),
            |t| Tensor::from_fn(&[t.dims[0].min(t.dims[1])], t.dtype, |at| t.at(&[at[0], at[0]])),
        )
        .form("of a matrix"),
        moved(
            "trace",
            &[2, 3, 3],
            &[3, 4, 2],
            |x| ops::trace(x, 0),
            move |t| {
                let n = t.dims[1].min(t.dims[2]);
                Tensor::from_fn(&t.dims[..1], summed(t.dtype), |at| (0..n).map(|i| t.at(&[at[0], i, i])).sum::<C>())
            },
        )
        .gives(summed)
        .within(2.0, 8.0)
        .bad(&["two axes", "[3]"], move || ops::trace(&ones(&[3]), 0)),
        moved("tril", &[2, 3, 4], &[3, 4, 2], |x| ops::tril(x, 1), |t| triangle(t, |i, j| j <= i + 1))
            .bad(&["two axes", "[3]"], move || ops::tril(&ones(&[3]), 0)),
        moved("triu", &[2, 3, 4], &[3, 4, 2], |x| ops::triu(x, 0), |t| triangle(t, |i, j| j >= i))
            .bad(&["two axes", "[3]"], move || ops::triu(&ones(&[3]), 0)),
    ]
}
