//! Convolutions, by their definition.

use crate::matrix::{Case, Family, Input, data};
use crate::tensor::{C, Tensor};
use lazulite::ops::{Conv, ConvMode, ConvTranspose};
use lazulite::{Array, Dtype, ops};

/// How the windows of a reference lie, the same along every axis.
#[derive(Clone, Copy)]
struct How {
    stride: usize,
    low: i64,
    high: i64,
    dilation: usize,
    spread: usize,
    groups: usize,
    flip: bool,
}

const PLAIN: How = How { stride: 1, low: 0, high: 0, dilation: 1, spread: 1, groups: 1, flip: false };

impl How {
    fn conv(self) -> Conv {
        let sides = Conv::default().stride(self.stride).padding_sides(self.low, self.high);
        sides.dilation(self.dilation).input_dilation(self.spread).groups(self.groups).flip(self.flip)
    }
}

/// The sum over the kernel and the channels of every window.
fn definition(x: &Tensor, w: &Tensor, how: How) -> Tensor {
    let d = x.dims.len() - 2;
    let (channels, outputs) = (w.dims[d + 1], w.dims[0]);
    let out = (1..=d).map(|a| {
        let room = (x.dims[a] as i64 - 1) * how.spread as i64 + 1 + how.low + how.high;
        ((room - (w.dims[a] as i64 - 1) * how.dilation as i64 - 1) / how.stride as i64 + 1) as usize
    });
    let dims: Vec<usize> = [x.dims[0]].into_iter().chain(out).chain([outputs]).collect();
    let taps: Vec<usize> = w.dims[1..=d].to_vec();
    Tensor::from_fn(&dims, x.dtype, |at| {
        let group = at[d + 1] / (outputs / how.groups);
        let mut sum = C::new(0.0, 0.0);
        for t in 0..taps.iter().product() {
            let mut rest = t;
            let mut k = vec![0; d];
            for a in (0..d).rev() {
                (k[a], rest) = (rest % taps[a], rest / taps[a]);
            }
            let place = |a: usize| {
                let tap = if how.flip { taps[a] - 1 - k[a] } else { k[a] };
                let p = (at[a + 1] * how.stride + tap * how.dilation) as i64 - how.low;
                let inside = p >= 0 && p % how.spread as i64 == 0 && p / (how.spread as i64) < x.dims[a + 1] as i64;
                inside.then_some(p as usize / how.spread)
            };
            let Some(places) = (0..d).map(place).collect::<Option<Vec<_>>>() else { continue };
            for c in 0..channels {
                let left = x.at(&[&at[..1], &places, &[group * channels + c]].concat());
                sum += left * w.at(&[&at[d + 1..], &k, &[c]].concat());
            }
        }
        sum
    })
}

fn of(x: &[usize], w: &[usize]) -> Vec<Input> {
    vec![data(x, -2.0, 2.0), data(w, -2.0, 2.0)]
}

fn general(form: &str, x: &[usize], w: &[usize], how: How) -> Case {
    let call = move |a: &[Array]| ops::conv_general(&a[0], &a[1], &how.conv());
    finish(Case::new("conv_general", Family::Products, of(x, w), call, move |t| definition(&t[0], &t[1], how)).form(form))
}

fn finish(case: Case) -> Case {
    case.takes(Dtype::is_inexact).retraces().within(2.0, 512.0)
}

fn transposed(op: &'static str, d: usize, x: &[usize], w: &[usize]) -> Case {
    let call = move |a: &[Array]| {
        let how = ConvTranspose::default().stride(2).padding(1).output_padding(1);
        match d {
            1 => ops::conv_transpose1d(&a[0], &a[1], &how),
            2 => ops::conv_transpose2d(&a[0], &a[1], &how),
            _ => ops::conv_transpose3d(&a[0], &a[1], &how),
        }
    };
    let reference = move |t: &[Tensor]| {
        let low = t[1].dims[1] as i64 - 2;
        definition(&t[0], &t[1], How { low, high: low + 1, spread: 2, flip: true, ..PLAIN })
    };
    finish(Case::new(op, Family::Products, of(x, w), call, reference))
}

fn sequences(form: &str, mode: ConvMode, low: fn(i64) -> i64, high: fn(i64) -> i64) -> Case {
    let line = |t: &Tensor| Tensor { dims: vec![1, t.dims[0], 1], ..t.clone() };
    let reference = move |t: &[Tensor]| {
        let (long, short) = if t[0].dims[0] < t[1].dims[0] { (&t[1], &t[0]) } else { (&t[0], &t[1]) };
        let n = short.dims[0] as i64 - 1;
        let mut y = definition(&line(long), &line(short), How { low: low(n), high: high(n), flip: true, ..PLAIN });
        y.dims = vec![y.dims[1]];
        y
    };
    let case = Case::new("convolve", Family::Products, of(&[6], &[3]), move |a| ops::convolve(&a[0], &a[1], mode), reference);
    finish(case.form(form).other(of(&[7], &[2])).more(of(&[2], &[5])).more(of(&[1], &[1])))
}

fn halved() -> Conv {
    Conv::default().stride(2).padding(1)
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let ones = |dims: &'static [usize]| Array::ones(dims, Dtype::F32);
    let plain = |op, x: &[usize], w: &[usize], call: fn(&[Array]) -> lazulite::Result<Array>| {
        let how = How { stride: 2, low: 1, high: 1, ..PLAIN };
        finish(Case::new(op, Family::Products, of(x, w), call, move |t| definition(&t[0], &t[1], how)))
    };
    vec![
        plain("conv1d", &[2, 7, 3], &[4, 3, 3], |a| ops::conv1d(&a[0], &a[1], &halved()))
            .other(of(&[1, 6, 2], &[3, 2, 2]))
            .more(of(&[0, 5, 2], &[3, 2, 2]))
            .more(of(&[1, 5, 2], &[0, 2, 2]))
            .more(of(&[1, 5, 0], &[3, 2, 0]))
            .bad(&["3 axes", "[1, 4, 4, 2]"], move || ops::conv1d(&ones(&[1, 4, 4, 2]), &ones(&[1, 2, 2, 2]), &Conv::default()))
            .bad(&["3 channels", "[1, 4, 2]"], move || ops::conv1d(&ones(&[1, 4, 2]), &ones(&[1, 2, 3]), &Conv::default()))
            .bad(&["spans 5", "has 4"], move || ops::conv1d(&ones(&[1, 4, 2]), &ones(&[1, 5, 2]), &Conv::default()))
            .bad(&["no elements"], move || ops::conv1d(&ones(&[1, 4, 2]), &ones(&[1, 0, 2]), &Conv::default()))
            .bad(&["int32"], || ops::conv1d(&Array::ones([1, 4, 2], Dtype::I32), &Array::ones([1, 2, 2], Dtype::I32), &Conv::default())),
        plain("conv2d", &[2, 5, 4, 3], &[2, 3, 2, 3], |a| ops::conv2d(&a[0], &a[1], &halved()))
            .other(of(&[1, 4, 4, 2], &[3, 2, 2, 2]))
            .more(of(&[1, 9, 8, 20], &[40, 3, 3, 20])),
        plain("conv3d", &[1, 3, 4, 3, 2], &[2, 2, 3, 2, 2], |a| ops::conv3d(&a[0], &a[1], &halved()))
            .other(of(&[1, 3, 3, 4, 1], &[2, 2, 2, 2, 1])),
        general("plain", &[2, 4, 4, 2], &[3, 2, 2, 2], PLAIN)
            .bad(&["stride", "[0]"], move || ops::conv_general(&ones(&[1, 4, 2]), &ones(&[1, 2, 2]), &Conv::default().stride(0)))
            .bad(&["[1, 1, 1]", "2 spatial"], move || {
                ops::conv_general(&ones(&[1, 4, 4, 2]), &ones(&[1, 2, 2, 2]), &Conv::default().stride([1, 1, 1]))
            })
            .bad(&["3 groups"], move || ops::conv_general(&ones(&[1, 4, 2]), &ones(&[3, 2, 2]), &Conv::default().groups(3)))
            .bad(&["[1, 4]"], move || ops::conv_general(&ones(&[1, 4]), &ones(&[1, 2]), &Conv::default()))
            .bad(&["[1, 4, 2]", "[2, 2]"], move || ops::conv_general(&ones(&[1, 4, 2]), &ones(&[2, 2]), &Conv::default())),
        general("one by one", &[2, 3, 4, 3], &[2, 1, 1, 3], PLAIN),
        general("groups", &[2, 5, 4], &[6, 3, 2], How { groups: 2, low: 1, high: 2, ..PLAIN }),
        general("depthwise", &[2, 5, 4, 9], &[9, 2, 3, 1], How { groups: 9, stride: 2, low: 1, high: 1, ..PLAIN })
            .other(of(&[1, 4, 4, 9], &[9, 2, 2, 1])),
        general("dilated", &[1, 7, 5, 2], &[2, 2, 2, 2], How { dilation: 2, low: 2, high: 0, ..PLAIN }),
        general("spread", &[1, 4, 3, 2], &[2, 3, 2, 2], How { spread: 3, stride: 2, low: 1, high: 3, ..PLAIN }),
        general("flipped", &[1, 5, 4, 2], &[2, 3, 2, 2], How { flip: true, low: -1, high: 2, ..PLAIN }),
        transposed("conv_transpose1d", 1, &[2, 4, 3], &[2, 3, 3]),
        transposed("conv_transpose2d", 2, &[1, 3, 4, 2], &[3, 3, 3, 2]),
        transposed("conv_transpose3d", 3, &[1, 2, 3, 2, 1], &[2, 2, 2, 2, 1]),
        sequences("full", ConvMode::Full, |n| n, |n| n)
            .bad(&["[0]", "empty"], move || ops::convolve(&ones(&[0]), &ones(&[2]), ConvMode::Full)),
        sequences("same", ConvMode::Same, |n| n - n / 2, |n| n / 2),
        sequences("valid", ConvMode::Valid, |_| 0, |_| 0)
            .bad(&["[2, 2]"], move || ops::convolve(&ones(&[2, 2]), &ones(&[2]), ConvMode::Valid)),
    ]
}
