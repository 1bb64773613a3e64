//! Creation: constants, indices, and arrays like others.

use crate::matrix::{Case, Family, Slope, data};
use crate::tensor::{Tensor, re, truth};
use lazulite::{Array, Dtype, ops};

/// A declaration without inputs.
fn made(
    op: &'static str,
    call: impl Fn() -> lazulite::Result<Array> + Send + Sync + 'static,
    dims: &[usize],
    d: Dtype,
    f: fn(&[usize]) -> f64,
) -> Case {
    let dims = dims.to_vec();
    Case::new(op, Family::Creation, vec![], move |_| call(), move |_| Tensor::from_fn(&dims, d, |at| re(f(at))))
        .gives(move |_| d)
        .within(1.0, 0.0)
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let like = |op, call: fn(&Array) -> Array, v: f64| {
        let x = vec![data(&[3, 4], -2.0, 2.0)];
        Case::new(op, Family::Creation, x, move |x| Ok(call(&x[0])), move |x| Tensor::full(&x[0].dims, x[0].dtype, re(v)))
            .other(vec![data(&[5, 2], -2.0, 2.0)])
            .more(vec![data(&[], -2.0, 2.0)])
            .more(vec![data(&[0, 2], -2.0, 2.0)])
            .slope(Slope::Zero)
    };
    vec![
        made("full", || ops::full([2, 3], 7, Dtype::I16), &[2, 3], Dtype::I16, |_| 7.0)
            .bad(&["NaN", "int32"], || ops::full([2], f32::NAN, Dtype::I32))
            .bad(&["300", "uint8"], || ops::full([2], 300, Dtype::U8))
            .bad(&["address space"], || ops::full([usize::MAX / 2, 8], 0, Dtype::F32)),
        Case::new(
            "full",
            Family::Creation,
            vec![data(&[3], -2.0, 2.0)],
            |x| ops::full([2, 3], &x[0], x[0].dtype()),
            |x| Tensor::from_fn(&[2, 3], x[0].dtype, |at| x[0].spread(at)),
        )
        .form("array"),
        made("zeros", || Ok(Array::zeros([2, 0], Dtype::F16)), &[2, 0], Dtype::F16, |_| 0.0),
        made("zeros", || Ok(Array::zeros([2, 3], Dtype::C64)), &[2, 3], Dtype::C64, |_| 0.0),
        made("ones", || Ok(Array::ones((), Dtype::BF16)), &[], Dtype::BF16, |_| 1.0),
        like("zeros_like", Array::zeros_like, 0.0),
        like("ones_like", Array::ones_like, 1.0),
        made("arange", || ops::arange(2, 11, 3, Dtype::I32), &[3], Dtype::I32, |i| 2.0 + 3.0 * i[0] as f64)
            .bad(&["steps of 0"], || ops::arange(0, 1, 0, Dtype::I32))
            .bad(&["inf"], || ops::arange(0, f64::INFINITY, 1, Dtype::F32)),
        made("arange", || ops::arange(1.0, -1.0, -0.25, Dtype::F32), &[8], Dtype::F32, |i| 1.0 - 0.25 * i[0] as f64).form("down"),
        made("arange", || ops::arange(3, 1, 1, Dtype::F32), &[0], Dtype::F32, |_| 0.0).form("empty"),
        made("linspace", || Ok(Array::linspace(-1.0, 2.0, 7, Dtype::F32)), &[7], Dtype::F32, |i| -1.0 + 0.5 * i[0] as f64).within(1.0, 1.0),
        made("linspace", || Ok(Array::linspace(3.0, 2.0, 1, Dtype::F64)), &[1], Dtype::F64, |_| 3.0).form("one"),
        made("iota", || ops::iota([2, 3], 1, Dtype::I32), &[2, 3], Dtype::I32, |i| i[1] as f64)
            .bad(&["axis 2"], || ops::iota([2, 3], 2, Dtype::I32)),
        made("eye", || Ok(Array::eye(3, 4, 1, Dtype::F32)), &[3, 4], Dtype::F32, |i| truth(i[1] == i[0] + 1).re),
        made("eye", || Ok(Array::eye(3, 2, -1, Dtype::I8)), &[3, 2], Dtype::I8, |i| truth(i[0] == i[1] + 1).re).form("below"),
        made("tri", || Ok(Array::tri(3, 4, 1, Dtype::F32)), &[3, 4], Dtype::F32, |i| truth(i[1] <= i[0] + 1).re),
    ]
}
