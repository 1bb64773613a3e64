//! Attention: every kind of mask, heads in groups, sinks, features of the values that are not those of the keys.

use crate::matrix::{Case, Family, Input, data, mask};
use crate::tensor::{Tensor, re};
use lazulite::ops::fast::{self, Mask};
use lazulite::{Array, Dtype, Result};

fn of(list: &[&[usize]]) -> Vec<Input> {
    list.iter().map(|d| data(d, -2.0, 2.0)).collect()
}

/// What a query makes of a key: the score's offset, or `None` if it does not see it.
type See = fn(&[Tensor], [usize; 4]) -> Option<f64>;

/// The reference: queries' heads share keys in groups; a query that sees no key takes the mean of the values.
fn attended(x: &[Tensor], see: See, sink: impl Fn(usize) -> Option<f64>) -> Tensor {
    let (q, k, v) = (&x[0], &x[1], &x[2]);
    let (share, keys) = (q.dims[1] / k.dims[1], k.dims[2]);
    Tensor::from_fn(&[q.dims[0], q.dims[1], q.dims[2], v.dims[3]], q.dtype, |at| {
        let group = at[1] / share;
        let score = |j: usize| {
            let dot: f64 = (0..q.dims[3]).map(|c| q.at(&[at[0], at[1], at[2], c]).re * k.at(&[at[0], group, j, c]).re).sum();
            see(x, [at[0], at[1], at[2], j]).map(|o| 0.5 * dot + o)
        };
        let mut weights: Vec<f64> = (0..keys).map(|j| score(j).map_or(0.0, f64::exp)).collect();
        if weights.iter().all(|&w| w == 0.0) {
            weights.fill(1.0);
        }
        let total: f64 = weights.iter().sum::<f64>() + sink(at[1]).map_or(0.0, f64::exp);
        re(weights.iter().enumerate().map(|(j, w)| w / total * v.at(&[at[0], group, j, at[3]]).re).sum())
    })
}

fn case(
    form: &str,
    inputs: Vec<Input>,
    other: Vec<Input>,
    call: impl Fn(&[Array]) -> Result<Array> + Send + Sync + 'static,
    reference: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
) -> Case {
    Case::new("fast.attention", Family::Models, inputs, call, reference)
        .form(form)
        .other(other)
        .takes(|d| matches!(d, Dtype::F32 | Dtype::F64))
        .within(8.0, 64.0)
        .retraces()
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let none: See = |_, _| Some(0.0);
    let causal: See = |x, [_, _, i, j]| (j + x[0].dims[2] <= i + x[1].dims[2]).then_some(0.0);
    vec![
        case(
            "",
            of(&[&[2, 1, 2, 3], &[2, 1, 3, 3], &[2, 1, 3, 2]]),
            of(&[&[1, 2, 3, 2], &[1, 2, 2, 2], &[1, 2, 2, 4]]),
            |x| fast::attention(&x[0], &x[1], &x[2], 0.5, Mask::None, None),
            move |x| attended(x, none, |_| None),
        )
        .bad(&["do not match"], || {
            let (q, k) = (Array::ones([1, 3, 2, 2], Dtype::F32), Array::ones([1, 2, 2, 2], Dtype::F32));
            fast::attention(&q, &k, &k, 1.0, Mask::None, None)
        }),
        case(
            "causal",
            of(&[&[1, 2, 3, 2], &[1, 1, 3, 2], &[1, 1, 3, 2]]),
            of(&[&[2, 2, 3, 3], &[2, 1, 2, 3], &[2, 1, 2, 3]]),
            |x| fast::attention(&x[0], &x[1], &x[2], 0.5, Mask::Causal, None),
            move |x| attended(x, causal, |_| None),
        ),
        case(
            "added mask",
            of(&[&[1, 2, 2, 2], &[1, 2, 3, 2], &[1, 2, 3, 2], &[2, 1, 3]]),
            of(&[&[2, 2, 2, 3], &[2, 1, 2, 3], &[2, 1, 2, 3], &[2, 1, 2]]),
            |x| fast::attention(&x[0], &x[1], &x[2], 0.5, Mask::Array(&x[3]), None),
            move |x| attended(x, |x, [_, h, _, j]| Some(x[3].at(&[h, 0, j]).re), |_| None),
        )
        .bad(&["does not broadcast"], || {
            let x = Array::ones([1, 1, 2, 2], Dtype::F32);
            fast::attention(&x, &x, &x, 1.0, Mask::Array(&Array::ones([3, 2], Dtype::F32)), None)
        }),
        case(
            "bool mask",
            vec![data(&[1, 1, 3, 2], -2.0, 2.0), data(&[1, 1, 4, 2], -2.0, 2.0), data(&[1, 1, 4, 2], -2.0, 2.0), mask(&[3, 4])],
            vec![data(&[2, 2, 2, 2], -2.0, 2.0), data(&[2, 1, 2, 2], -2.0, 2.0), data(&[2, 1, 2, 3], -2.0, 2.0), mask(&[2, 2])],
            |x| fast::attention(&x[0], &x[1], &x[2], 0.5, Mask::Array(&x[3]), None),
            move |x| attended(x, |x, [_, _, i, j]| (x[3].at(&[i, j]).re != 0.0).then_some(0.0), |_| None),
        ),
        case(
            "causal sinks",
            of(&[&[2, 2, 2, 2], &[2, 1, 3, 2], &[2, 1, 3, 2], &[2]]),
            of(&[&[1, 3, 3, 1], &[1, 3, 3, 1], &[1, 3, 3, 2], &[3]]),
            |x| fast::attention(&x[0], &x[1], &x[2], 0.5, Mask::Causal, Some(&x[3])),
            move |x| attended(x, causal, |h| Some(x[3].at(&[h]).re)),
        )
        .bad(&["sinks"], || {
            let x = Array::ones([1, 1, 2, 2], Dtype::F32);
            fast::attention(&x, &x, &x, 1.0, Mask::None, Some(&Array::ones([3], Dtype::F32)))
        }),
    ]
}
