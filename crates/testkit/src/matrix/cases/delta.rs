//! The gated delta rule: a factor for all keys and one for each, heads in groups, masks, a first state or none.

use crate::matrix::{Case, Family, Input, data, mask};
use crate::tensor::{C, Tensor};
use lazulite::ops::fast::gated_delta_update;
use lazulite::{Array, Dtype, Result};

/// The reference: the rule as it is written, for one head after the other. Inputs: q, k, v, gamma, beta, and a state if there is one.
fn reference(x: &[Tensor], state: Option<&Tensor>, seen: impl Fn(&[usize]) -> bool) -> Vec<Tensor> {
    let (q, k, v, gamma, beta) = (&x[0], &x[1], &x[2], &x[3], &x[4]);
    let (share, n, m) = (v.dims[2] / q.dims[2], q.dims[3], v.dims[3]);
    let mut y = Tensor::full(&v.dims, q.dtype, C::new(0.0, 0.0));
    let mut last = Tensor::full(&[v.dims[0], v.dims[2], m, n], q.dtype, C::new(0.0, 0.0));
    for (b, h) in (0..v.dims[0]).flat_map(|b| (0..v.dims[2]).map(move |h| (b, h))) {
        let mut s: Vec<Vec<C>> =
            (0..m).map(|i| (0..n).map(|j| state.map_or(C::new(0.0, 0.0), |s| s.at(&[b, h, i, j]))).collect()).collect();
        for t in (0..v.dims[1]).filter(|&t| seen(&[b, t])) {
            let at = |x: &Tensor, j: usize| x.at(&[b, t, h / share, j]);
            for (i, row) in s.iter_mut().enumerate() {
                for (j, s) in row.iter_mut().enumerate() {
                    *s *= if gamma.dims.len() == 3 { gamma.at(&[b, t, h]) } else { gamma.at(&[b, t, h, j]) };
                }
                let known: C = (0..n).map(|j| row[j] * at(k, j)).sum();
                let delta = beta.at(&[b, t, h]) * (v.at(&[b, t, h, i]) - known);
                (0..n).for_each(|j| row[j] += delta * at(k, j));
                let place = ((b * v.dims[1] + t) * v.dims[2] + h) * m + i;
                y.values[place] = (0..n).map(|j| row[j] * at(q, j)).sum();
            }
        }
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            last.values[((b * v.dims[2] + h) * m + i) * n + j] = s[i][j];
        }
    }
    vec![y, last]
}

/// Inputs of (batch, steps, groups, heads, features of keys and of values).
fn of([b, t, g, h, n, m]: [usize; 6], factors: bool) -> Vec<Input> {
    let gamma: &[usize] = if factors { &[b, t, h, n] } else { &[b, t, h] };
    let small = |dims: &[usize]| data(dims, -0.8, 0.8);
    vec![small(&[b, t, g, n]), small(&[b, t, g, n]), small(&[b, t, h, m]), data(gamma, 0.3, 1.0), data(&[b, t, h], 0.1, 1.0)]
}

fn call(x: &[Array], state: Option<&Array>, mask: Option<&Array>) -> Result<Vec<Array>> {
    gated_delta_update(&x[0], &x[1], &x[2], &x[3], &x[4], state, mask).map(|l| l.to_vec())
}

fn case(
    form: &str,
    inputs: Vec<Input>,
    call: impl Fn(&[Array]) -> Result<Vec<Array>> + Send + Sync + 'static,
    reference: impl Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync + 'static,
) -> Case {
    Case::many("fast.gated_delta_update", Family::Models, inputs, call, reference)
        .form(form)
        .takes(|d| matches!(d, Dtype::F32 | Dtype::F64))
        .within(8.0, 64.0)
        .retraces()
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let state = || data(&[1, 4, 3, 2], -0.8, 0.8);
    let wrong = |v: &'static [usize], gamma: &'static [usize]| {
        let ones = |dims: &[usize]| Array::ones(dims, Dtype::F32);
        move || call(&[ones(&[1, 2, 2, 3]), ones(&[1, 2, 2, 3]), ones(v), ones(gamma), ones(&[1, 2, 4])], None, None).map(|l| l[0].clone())
    };
    vec![
        case("", of([2, 3, 1, 1, 3, 2], false), |x| call(x, None, None), |x| reference(x, None, |_| true))
            .more(of([1, 40, 1, 2, 5, 19], false))
            .more(of([0, 2, 1, 2, 3, 3], false))
            .more(of([1, 0, 1, 2, 3, 3], false))
            .bad(&["[1, 2, 5, 3]"], wrong(&[1, 2, 5, 3], &[1, 2, 4]))
            .bad(&["[1, 2, 3]"], wrong(&[1, 2, 4, 3], &[1, 2, 3])),
        case(
            "state, groups",
            [of([1, 2, 2, 4, 2, 3], false), vec![state()]].concat(),
            |x| call(x, Some(&x[5]), None),
            |x| reference(x, Some(&x[5]), |_| true),
        ),
        case(
            "factors, mask",
            [of([1, 3, 2, 4, 2, 3], true), vec![state(), mask(&[1, 3])]].concat(),
            |x| call(x, Some(&x[5]), Some(&x[6])),
            |x| reference(x, Some(&x[5]), |at| x[6].at(at).re != 0.0),
        ),
    ]
}
