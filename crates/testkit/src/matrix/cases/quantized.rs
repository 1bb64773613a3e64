//! Quantized numbers and products with them, gathered, masked and segmented products.

use super::products::product;
use crate::matrix::{Case, Family, Input, Slope, data, index};
use crate::tensor::{C, Tensor};
use lazulite::ops::Quantized;
use lazulite::{Array, Dtype, Format, Result, ops};

const AFFINE: Format = Format::Affine { bits: 4, group: 32 };
/// The derivative of a product of rounded numbers is that of the product, which differences do not show; `python/tests/test_quantized.py`
/// compares it with a composition.
const ROUNDS: &str = "rounds its input to codes; its derivative is the product's";

fn halves_and_floats(d: Dtype) -> bool {
    d.is_float()
}

/// Fixed codes of `rows` rows of `n` numbers of 4 bits.
fn code(row: usize, i: usize) -> u32 {
    ((row * 7 + i * 5 + i / 9) % 16) as u32
}

fn words(batch: usize, rows: usize, n: usize) -> Array {
    let word = |row: usize, w: usize| (0..8).fold(0u32, |all, j| all | code(row, 8 * w + j) << (4 * j));
    let list: Vec<u32> = (0..batch * rows).flat_map(|r| (0..n / 8).map(move |w| word(r, w))).collect();
    let dims: &[usize] = if batch == 1 { &[rows, n / 8] } else { &[batch, rows, n / 8] };
    Array::from_slice(&list, dims).expect("as many words")
}

/// The numbers that the codes stand for with these scales and biases.
fn numbers(rows: usize, n: usize, scales: &Tensor, biases: &Tensor) -> Tensor {
    let lead = scales.dims.len() - 2;
    let dims: Vec<usize> = scales.dims[..lead].iter().copied().chain([rows, n]).collect();
    Tensor::from_fn(&dims, scales.dtype, |at| {
        let (b, r, i) = (if lead > 0 { at[0] } else { 0 }, at[lead], at[lead + 1]);
        let mut g = at.to_vec();
        g[lead + 1] = i / 32;
        C::new(code(b * rows + r, i) as f64, 0.0) * scales.at(&g) + biases.at(&g)
    })
}

fn of(x: &[Array], batch: usize, rows: usize, n: usize) -> Result<Quantized> {
    Quantized::new(&words(batch, rows, n), &x[0], Some(&x[1]), AFFINE)
}

fn inputs(list: &[&[usize]]) -> Vec<Input> {
    list.iter().map(|d| data(d, -1.0, 1.0)).collect()
}

/// Whole numbers, which 8-bit floats hold exactly.
fn whole(x: &Array) -> Result<Array> {
    ops::round(&ops::multiply(x, 4.0)?, 0)
}

fn rounded(x: &Tensor, at: &[usize]) -> C {
    C::new((x.at(at).re * 4.0).round_ties_even(), 0.0)
}

/// Ones as 8-bit floats.
fn eights(dims: &[usize]) -> Result<Quantized> {
    ops::quantize(&Array::ones(dims, Dtype::F32), Format::Mxfp8, None)
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    vec![
        Case::many(
            "quantize",
            Family::Products,
            inputs(&[&[3, 64]]),
            |x| {
                let q = ops::quantize(&x[0], AFFINE, None)?;
                Ok(vec![q.scales, q.biases.expect("affine")])
            },
            |x| {
                let groups = |f: &dyn Fn(f64, f64) -> f64| {
                    Tensor::from_fn(&[3, x[0].dims[1] / 32], x[0].dtype, |at| {
                        let group = (0..32).map(|i| x[0].at(&[at[0], at[1] * 32 + i]).re);
                        let (low, high) = group.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
                        C::new(f(low, high), 0.0)
                    })
                };
                let edge =
                    |low: f64, high: f64| if low.abs() > high.abs() { (low, (high - low) / 15.0) } else { (high, (low - high) / 15.0) };
                let scale = |low: f64, high: f64| {
                    let (edge, scale) = edge(low, high);
                    edge / (edge / scale).round_ties_even()
                };
                vec![groups(&scale), groups(&|low, high| edge(low, high).0)]
            },
        )
        .takes(halves_and_floats)
        .retraces()
        .within(2.0, 0.0)
        .bad(&["int32"], || ops::quantize(&Array::ones([2, 64], Dtype::I32), AFFINE, None).map(|q| q.weight))
        .bad(&["[64]"], move || ops::quantize(&ones(&[64]), AFFINE, None).map(|q| q.weight))
        .bad(&["[2, 50]"], move || ops::quantize(&ones(&[2, 50]), AFFINE, None).map(|q| q.weight)),
        Case::new(
            "dequantize",
            Family::Products,
            inputs(&[&[3, 2], &[3, 2]]),
            |x| ops::dequantize(&of(x, 1, 3, 64)?, None, None),
            |x| numbers(3, 64, &x[0], &x[1]),
        )
        .takes(halves_and_floats)
        .retraces()
        .within(1.0, 16.0)
        .bad(&["int32"], move || {
            let q = ops::quantize(&ones(&[2, 64]), AFFINE, None)?;
            ops::dequantize(&q, None, Some(Dtype::I32))
        }),
        quantized_product("transposed", &[2, 64], &[5, 2], (1, 5, 64), true),
        quantized_product("not transposed", &[2, 5], &[5, 2], (1, 5, 64), false),
        quantized_product("many rows", &[11, 64], &[5, 2], (1, 5, 64), true),
        quantized_product("batch", &[2, 3, 64], &[2, 5, 2], (2, 5, 64), true),
        quantized_product("shared x", &[3, 64], &[2, 5, 2], (2, 5, 64), true),
        Case::new(
            "gather_qmm",
            Family::Products,
            [inputs(&[&[3, 2, 64], &[2, 5, 2], &[2, 5, 2]]), vec![index(&[4], 0, 3), index(&[4], 0, 2)]].concat(),
            |x| ops::gather_qmm(&x[0], &of(&x[1..3], 2, 5, 64)?, Some(&x[3]), Some(&x[4]), None, true),
            |x| gathered(&x[0], &numbers(5, 64, &x[1], &x[2]).transpose(&[0, 2, 1]), &x[3], &x[4]),
        )
        .takes(halves_and_floats)
        .retraces()
        .within(2.0, 4096.0)
        .bad(&["[3, 2, 60]"], move || {
            ops::gather_qmm(&ones(&[3, 2, 60]), &of(&[ones(&[5, 2]), ones(&[5, 2])], 1, 5, 64)?, None, None, None, true)
        }),
        Case::new(
            "gather_mm",
            Family::Products,
            [inputs(&[&[3, 2, 4], &[2, 4, 5]]), vec![index(&[2, 2], 0, 3), index(&[2, 2], 0, 2)]].concat(),
            |x| ops::gather_mm(&x[0], &x[1], Some(&x[2]), Some(&x[3])),
            |x| gathered(&x[0], &x[1], &x[2], &x[3]),
        )
        .takes(halves_and_floats)
        .retraces()
        .within(1.0, 64.0)
        .bad(&["[3, 2, 4]"], move || ops::gather_mm(&ones(&[3, 2, 4]), &ones(&[2, 5, 5]), None, None)),
        Case::new(
            "block_masked_mm",
            Family::Products,
            [inputs(&[&[4, 6], &[6, 5], &[2, 3]]), vec![crate::matrix::mask(&[2, 3])]].concat(),
            |x| ops::block_masked_mm(&x[0], &x[1], 2, [Some(&x[3]), Some(&x[2]), None]),
            |x| {
                let a = Tensor::from_fn(&[4, 6], x[0].dtype, |at| x[0].at(at) * x[2].at(&[at[0] / 2, at[1] / 2]));
                let y = product(&a, &x[1]);
                Tensor::from_fn(&y.dims, y.dtype, |at| y.at(at) * x[3].at(&[at[0] / 2, at[1] / 2]))
            },
        )
        .takes(halves_and_floats)
        .retraces()
        .within(2.0, 64.0)
        .bad(&["[3, 3]"], move || ops::block_masked_mm(&ones(&[4, 4]), &ones(&[4, 4]), 2, [Some(&ones(&[3, 3])), None, None])),
        Case::new(
            "segmented_mm",
            Family::Products,
            [inputs(&[&[3, 6], &[6, 4]]), vec![index(&[3, 2], 0, 7)]].concat(),
            |x| ops::segmented_mm(&x[0], &x[1], &x[2]),
            |x| {
                Tensor::from_fn(&[3, 3, 4], x[0].dtype, |at| {
                    let bound = |i: usize| x[2].at(&[at[0], i]).re as usize;
                    (bound(0)..bound(1)).map(|l| x[0].at(&[at[1], l]) * x[1].at(&[l, at[2]])).sum::<C>()
                })
            },
        )
        .takes(halves_and_floats)
        .retraces()
        .within(1.0, 64.0)
        .bad(&["[3, 6]"], move || ops::segmented_mm(&ones(&[3, 6]), &ones(&[5, 4]), &Array::ones([1, 2], Dtype::I32))),
        Case::new(
            "qqmm",
            Family::Products,
            inputs(&[&[2, 32]]),
            |x| ops::qqmm(&whole(&x[0])?, &eights(&[3, 32])?, [None, None]),
            |x| Tensor::from_fn(&[2, 3], x[0].dtype, |at| (0..32).map(|i| rounded(&x[0], &[at[0], i])).sum()),
        )
        .takes(|d| d == Dtype::F32 || d == Dtype::F64)
        .slope(Slope::None(ROUNDS))
        .retraces()
        .within(1.0, 64.0)
        .bad(&["[2, 32]", "[3, 64]"], move || ops::qqmm(&ones(&[2, 32]), &eights(&[3, 64])?, [None, None]))
        .bad(&["affine"], move || ops::qqmm(&ones(&[2, 32]), (&ones(&[3, 32]), AFFINE), [None, None])),
        Case::new(
            "gather_qqmm",
            Family::Products,
            [inputs(&[&[3, 2, 32]]), vec![index(&[4], 0, 3), index(&[4], 0, 2)]].concat(),
            move |x| {
                let w = ops::multiply(&ones(&[2, 5, 32]), &Array::from_slice(&[1.0f32, 2.0], [2, 1, 1])?)?;
                ops::gather_qqmm(&whole(&x[0])?, (&w, Format::Mxfp8), Some(&x[1]), Some(&x[2]), [None, None])
            },
            |x| {
                Tensor::from_fn(&[4, 2, 5], x[0].dtype, |at| {
                    let (i, j) = (x[1].at(&at[..1]).re as usize, x[2].at(&at[..1]).re as usize);
                    (0..32).map(|l| rounded(&x[0], &[i, at[1], l]) * C::new(1.0 + j as f64, 0.0)).sum()
                })
            },
        )
        .form("floats")
        .takes(|d| d == Dtype::F32 || d == Dtype::F64)
        .slope(Slope::None(ROUNDS))
        .retraces()
        .within(1.0, 64.0)
        .bad(&["[32]"], move || ops::gather_qqmm(&ones(&[32]), &eights(&[3, 32])?, None, None, [None, None])),
        Case::new(
            "gather_qqmm",
            Family::Products,
            [inputs(&[&[3, 2, 32]]), vec![index(&[4], 0, 3), index(&[4], 0, 2)]].concat(),
            |x| ops::gather_qqmm(&whole(&x[0])?, &eights(&[2, 5, 32])?, Some(&x[1]), Some(&x[2]), [None, None]),
            |x| {
                Tensor::from_fn(&[4, 2, 5], x[0].dtype, |at| {
                    let i = x[1].at(&at[..1]).re as usize;
                    (0..32).map(|l| rounded(&x[0], &[i, at[1], l])).sum()
                })
            },
        )
        .takes(|d| d == Dtype::F32 || d == Dtype::F64)
        .slope(Slope::None(ROUNDS))
        .retraces()
        .within(1.0, 64.0),
        Case::new(
            "to_fp8",
            Family::Products,
            inputs(&[&[7]]),
            |x| ops::to_fp8(&x[0]),
            |x| Tensor::from_fn(&x[0].dims, Dtype::U8, |at| C::new(lazulite_base::format::to_e4m3(x[0].at(at).re as f32) as f64, 0.0)),
        )
        .takes(|d| d == Dtype::F32)
        .gives(|_| Dtype::U8)
        .bad(&["int32"], || ops::to_fp8(&Array::ones([2], Dtype::I32))),
        Case::new(
            "from_fp8",
            Family::Products,
            vec![index(&[7], 0, 120)],
            |x| ops::from_fp8(&ops::astype(&x[0], Dtype::U8)?, Dtype::F32),
            |x| Tensor::from_fn(&x[0].dims, Dtype::F32, |at| C::new(lazulite_base::format::e4m3(x[0].at(at).re as u8) as f64, 0.0)),
        )
        .takes(|d| d == Dtype::F32)
        .bad(&["float32"], move || ops::from_fp8(&ones(&[2]), Dtype::F32)),
    ]
}

fn gathered(a: &Tensor, b: &Tensor, left: &Tensor, right: &Tensor) -> Tensor {
    let n = left.dims.len();
    let dims: Vec<usize> = left.dims.iter().copied().chain([a.dims[1], b.dims[2]]).collect();
    Tensor::from_fn(&dims, a.dtype, |at| {
        let (i, j) = (left.at(&at[..n]).re as usize, right.at(&at[..n]).re as usize);
        (0..a.dims[2]).map(|l| a.at(&[i, at[n], l]) * b.at(&[j, l, at[n + 1]])).sum::<C>()
    })
}

fn quantized_product(form: &str, x: &[usize], scales: &[usize], (batch, rows, n): (usize, usize, usize), transpose: bool) -> Case {
    let fail = || {
        let w = ops::quantize(&Array::ones([2, 64], Dtype::F32), AFFINE, None)?;
        ops::quantized_matmul(&Array::ones([3, 60], Dtype::F32), &w, true)
    };
    Case::new(
        "quantized_matmul",
        Family::Products,
        inputs(&[x, scales, scales]),
        move |x| ops::quantized_matmul(&x[0], &of(&x[1..3], batch, rows, n)?, transpose),
        move |x| {
            let w = numbers(rows, n, &x[1], &x[2]);
            let last = w.dims.len() - 1;
            let order: Vec<usize> = (0..last - 1).chain([last, last - 1]).collect();
            product(&x[0], &if transpose { w.transpose(&order) } else { w })
        },
    )
    .form(form)
    .takes(halves_and_floats)
    .retraces()
    .within(2.0, 4096.0)
    .bad(&["[3, 60]"], fail)
}
