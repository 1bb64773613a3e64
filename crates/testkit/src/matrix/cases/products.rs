//! Products of matrices and vectors.

use crate::matrix::{Case, Family, Input, data};
use crate::tensor::{C, Tensor};
use lazulite::{Array, Dtype, ops};

fn of(list: &[&[usize]]) -> Vec<Input> {
    list.iter().map(|d| data(d, -2.0, 2.0)).collect()
}

/// The matrix product by its definition: vectors are a row on the left and a column on the right, batches broadcast.
pub fn product(a: &Tensor, b: &Tensor) -> Tensor {
    let (row, column) = (a.dims.len() == 1, b.dims.len() == 1);
    let with = |t: &Tensor, dims: Vec<usize>| Tensor { dims, ..t.clone() };
    let a = if row { with(a, vec![1, a.dims[0]]) } else { a.clone() };
    let b = if column { with(b, vec![b.dims[0], 1]) } else { b.clone() };
    let (la, lb) = (a.dims.len() - 2, b.dims.len() - 2);
    let (m, k, n) = (a.dims[la], a.dims[la + 1], b.dims[lb + 1]);
    let batch = super::views::broadcast_dims(&a.dims[..la], &b.dims[..lb]);
    let r = batch.len();
    let mut y = Tensor::from_fn(&[&batch[..], &[m, n]].concat(), a.dtype, |at| {
        let term = |l: usize| a.spread(&[&at[..r], &[at[r], l]].concat()) * b.spread(&[&at[..r], &[l, at[r + 1]]].concat());
        (0..k).map(term).sum::<C>()
    });
    if column {
        y.dims.remove(r + 1);
    }
    if row {
        y.dims.remove(r);
    }
    y
}

fn matmul(form: &str, inputs: &[&[usize]], other: &[&[usize]]) -> Case {
    Case::new("matmul", Family::Products, of(inputs), |x| ops::matmul(&x[0], &x[1]), |x| product(&x[0], &x[1]))
        .form(form)
        .other(of(other))
        .takes(Dtype::is_inexact)
        .within(1.0, 256.0)
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    vec![
        matmul("matrices", &[&[2, 3], &[3, 4]], &[&[4, 2], &[2, 5]])
            .more(of(&[&[33, 40], &[40, 21]]))
            .more(of(&[&[0, 3], &[3, 2]]))
            .more(of(&[&[2, 0], &[0, 3]]))
            .more(of(&[&[1, 300], &[300, 1]]))
            .bad(&["[2, 3]", "[2, 4]"], move || ops::matmul(&ones(&[2, 3]), &ones(&[2, 4])))
            .bad(&["at least one axis", "[3]"], move || ops::matmul(&ones(&[]), &ones(&[3])))
            .bad(&["int32"], || ops::matmul(&Array::ones([2, 2], Dtype::I32), &Array::ones([2, 2], Dtype::I32))),
        matmul("row", &[&[3], &[3, 4]], &[&[2], &[2, 5]]),
        matmul("column", &[&[2, 3], &[3]], &[&[4, 2], &[2]]),
        matmul("vectors", &[&[3], &[3]], &[&[5], &[5]]),
        matmul("batch", &[&[2, 2, 3], &[2, 3, 4]], &[&[3, 4, 2], &[3, 2, 5]]),
        matmul("broadcast batch", &[&[2, 1, 2, 3], &[3, 3, 2]], &[&[4, 1, 3, 2], &[2, 2, 5]]),
        matmul("batch of rows", &[&[2, 2, 3], &[3]], &[&[3, 4, 2], &[2]]),
        matmul("shared matrix", &[&[2, 2, 3], &[3, 4]], &[&[3, 4, 2], &[2, 5]]),
        Case::new(
            "addmm",
            Family::Products,
            of(&[&[4], &[2, 3], &[3, 4]]),
            |x| ops::addmm(&x[0], &x[1], &x[2], 2.0, -0.5),
            |x| {
                let z = product(&x[1], &x[2]);
                Tensor::from_fn(&z.dims, z.dtype, |at| z.at(at) * 2.0 - x[0].spread(at) * 0.5)
            },
        )
        .other(of(&[&[5], &[4, 2], &[2, 5]]))
        .takes(Dtype::is_inexact)
        .within(2.0, 64.0)
        .bad(&["[3]", "[2, 4]"], move || ops::addmm(&ones(&[3]), &ones(&[2, 3]), &ones(&[3, 4]), 1.0, 1.0)),
        Case::new(
            "inner",
            Family::Products,
            of(&[&[2, 3], &[4, 3]]),
            |x| ops::inner(&x[0], &x[1]),
            |x| product(&x[0], &x[1].transpose(&[1, 0])),
        )
        .other(of(&[&[4, 2], &[3, 2]]))
        .takes(Dtype::is_inexact)
        .retraces()
        .within(1.0, 32.0)
        .bad(&["[3]", "[4]"], move || ops::inner(&ones(&[3]), &ones(&[4]))),
        Case::new(
            "outer",
            Family::Products,
            of(&[&[3], &[4]]),
            |x| ops::outer(&x[0], &x[1]),
            |x| Tensor::from_fn(&[x[0].values.len(), x[1].values.len()], x[0].dtype, |at| x[0].values[at[0]] * x[1].values[at[1]]),
        )
        .other(of(&[&[5], &[2]]))
        .more(of(&[&[2, 2], &[]]))
        .within(0.5, 0.0),
        Case::new(
            "outer",
            Family::Products,
            of(&[&[], &[4]]),
            |x| ops::outer(&x[0], &x[1]),
            |x| Tensor::from_fn(&[1, x[1].values.len()], x[0].dtype, |at| x[0].values[0] * x[1].values[at[1]]),
        )
        .other(of(&[&[], &[2]]))
        .form("0-d")
        .within(0.5, 0.0),
    ]
}
