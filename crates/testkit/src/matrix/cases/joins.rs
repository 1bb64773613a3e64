//! Arrays put together and taken apart.

use crate::matrix::{Case, Family, Input, data};
use crate::tensor::{Tensor, re};
use lazulite::{Array, Dtype, ops};

fn of(list: &[&[usize]]) -> Vec<Input> {
    list.iter().map(|d| data(d, -3.0, 3.0)).collect()
}

/// Tensors one after the other along an axis.
pub fn joined(x: &[Tensor], axis: usize) -> Tensor {
    let mut dims = x[0].dims.clone();
    dims[axis] = x.iter().map(|t| t.dims[axis]).sum();
    Tensor::from_fn(&dims, x[0].dtype, |at| {
        let (mut at, mut i) = (at.to_vec(), 0);
        while at[axis] >= x[i].dims[axis] {
            at[axis] -= x[i].dims[axis];
            i += 1;
        }
        x[i].at(&at)
    })
}

/// The elements `from..to` along an axis.
pub fn part(x: &Tensor, axis: usize, from: usize, to: usize) -> Tensor {
    let mut dims = x.dims.clone();
    dims[axis] = to - from;
    Tensor::from_fn(&dims, x.dtype, |at| {
        let mut at = at.to_vec();
        at[axis] += from;
        x.at(&at)
    })
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    vec![
        Case::new("concatenate", Family::Joins, of(&[&[2, 3], &[1, 3], &[2, 3]]), |x| ops::concatenate(x, 0), |x| joined(x, 0))
            .other(of(&[&[3, 2], &[1, 2], &[4, 2]]))
            .more(of(&[&[2, 3], &[0, 3]]))
            .more(of(&[&[0, 3], &[0, 3]]))
            .more(of(&[&[2, 0], &[1, 0]]))
            .more(of(&[&[2, 3]]))
            .retraces()
            .bad(&["[2, 3]", "[2, 4]"], move || ops::concatenate(&[&ones(&[2, 3]), &ones(&[2, 4])], 0))
            .bad(&["one array"], || ops::concatenate(&[] as &[Array], 0))
            .bad(&["axis 2"], move || ops::concatenate(&[&ones(&[2, 3])], 2)),
        Case::new("concatenate", Family::Joins, of(&[&[2, 3], &[2, 1]]), |x| ops::concatenate(x, -1), |x| joined(x, 1))
            .form("last axis")
            .other(of(&[&[4, 2], &[4, 1]]))
            .retraces(),
        Case::new("stack", Family::Joins, of(&[&[2, 3], &[2, 3]]), |x| ops::stack(x, 1), |x| Tensor::stack(x, 1))
            .other(of(&[&[4, 2], &[4, 2]]))
            .bad(&["[2]", "[3]"], move || ops::stack(&[&ones(&[2]), &ones(&[3])], 0)),
        Case::new("stack", Family::Joins, of(&[&[], &[]]), |x| ops::stack(x, -1), |x| Tensor::stack(x, 0)).form("0-d"),
        Case::many(
            "split",
            Family::Joins,
            of(&[&[2, 6]]),
            |x| ops::split(&x[0], 3, 1),
            |x| (0..3).map(|i| part(&x[0], 1, i * x[0].dims[1] / 3, (i + 1) * x[0].dims[1] / 3)).collect(),
        )
        .other(of(&[&[4, 3]]))
        .retraces()
        .bad(&["5", "3 parts"], move || ops::split(&ones(&[5]), 3, 0)),
        Case::many(
            "split_at",
            Family::Joins,
            of(&[&[5, 2]]),
            |x| ops::split_at(&x[0], &[1, 3], 0),
            |x| vec![part(&x[0], 0, 0, 1), part(&x[0], 0, 1, 3), part(&x[0], 0, 3, x[0].dims[0])],
        )
        .form("")
        .other(of(&[&[4, 3]]))
        .retraces(),
        Case::new(
            "pad",
            Family::Joins,
            of(&[&[2, 3]]),
            |x| ops::pad(&x[0], &[(1, 0), (0, 2)], 2),
            |x| {
                let (rows, cols) = (x[0].dims[0], x[0].dims[1]);
                let inside = |at: &[usize]| at[0] >= 1 && at[1] < cols;
                let filler = if x[0].dtype == Dtype::Bool { 1.0 } else { 2.0 };
                Tensor::from_fn(&[rows + 1, cols + 2], x[0].dtype, |at| if inside(at) { x[0].at(&[at[0] - 1, at[1]]) } else { re(filler) })
            },
        )
        .other(of(&[&[4, 2]]))
        .retraces()
        .bad(&["1 pairs", "[2, 3]"], move || ops::pad(&ones(&[2, 3]), &[(1, 1)], 0)),
        Case::new(
            "pad",
            Family::Joins,
            of(&[&[3], &[]]),
            |x| ops::pad(&x[0], &[(2, 1)], &x[1]),
            |x| {
                let n = x[0].dims[0];
                Tensor::from_fn(&[n + 3], x[0].dtype, |at| if (2..n + 2).contains(&at[0]) { x[0].at(&[at[0] - 2]) } else { x[1].at(&[]) })
            },
        )
        .form("array")
        .other(of(&[&[5], &[]]))
        .retraces(),
    ]
}
