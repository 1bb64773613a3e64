//! Fourier transforms, by their definition.

use crate::matrix::{Case, Family, Slope, data};
use crate::tensor::{C, Tensor, re};
use lazulite::fft::{Frames, Norm};
use lazulite::ops::{PadMode, fft};
use lazulite::{Array, Dtype, Result};
use std::f64::consts::TAU;

/// The sum of `x[j] exp(sign 2 pi i j k / n)` along an axis, over its first `n` elements, for each of `n` numbers `k`.
fn transform(x: &Tensor, axis: usize, n: usize, sign: f64) -> Tensor {
    let mut dims = x.dims.clone();
    dims[axis] = n;
    Tensor::from_fn(&dims, Dtype::C64, |at| {
        let term = |j: usize| {
            let from = [&at[..axis], &[j], &at[axis + 1..]].concat();
            x.at(&from) * C::from_polar(1.0, sign * TAU * ((j * at[axis]) % n) as f64 / n as f64)
        };
        (0..x.dims[axis].min(n)).map(term).sum()
    })
}

fn cut(x: &Tensor, axis: usize, n: usize) -> Tensor {
    let mut dims = x.dims.clone();
    dims[axis] = n;
    Tensor::from_fn(&dims, x.dtype, |at| x.at(at))
}

fn scaled(x: Tensor, s: f64) -> Tensor {
    x.map(x.dtype, |v| v * s)
}

fn real(x: &Tensor) -> Tensor {
    x.map(x.dtype, |v| re(v.re))
}

/// The real inverse transform to `n` numbers: the missing ones are conjugates.
fn to_real(x: &Tensor, axis: usize, n: usize) -> Tensor {
    let mut dims = x.dims.clone();
    let given = dims[axis].min(n / 2 + 1);
    dims[axis] = n;
    let whole = Tensor::from_fn(&dims, Dtype::C64, |at| {
        let (k, flip) = if 2 * at[axis] > n { (n - at[axis], true) } else { (at[axis], false) };
        if k >= given {
            return re(0.0);
        }
        let v = x.at(&[&at[..axis], &[k], &at[axis + 1..]].concat());
        match flip {
            _ if k == 0 || 2 * k == n => re(v.re),
            true => v.conj(),
            false => v,
        }
    });
    let y = transform(&whole, axis, n, 1.0);
    Tensor { dtype: Dtype::F32, ..real(&y) }
}

/// A case over some shapes of which the second serves other sizes.
fn of(
    op: &'static str,
    shapes: [&[usize]; 2],
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    reference: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
) -> Case {
    let input = |d: &[usize]| vec![data(d, -2.0, 2.0)];
    Case::new(op, Family::Fourier, input(shapes[0]), move |x| call(&x[0]), move |x| reference(&x[0]))
        .other(input(shapes[1]))
        .gives(|_| Dtype::C64)
        .within(8.0, 64.0)
}

fn ones(dims: &'static [usize]) -> Array {
    Array::ones(dims, Dtype::F32)
}

fn shifted(x: &Tensor, by: fn(usize) -> usize) -> Tensor {
    Tensor::from_fn(&x.dims, x.dtype, |at| x.at(&at.iter().zip(&x.dims).map(|(&i, &n)| (i + by(n)) % n).collect::<Vec<_>>()))
}

/// Frames of 6 elements, 2 apart, under a window, centred, of a signal with zeros around it.
fn frames() -> (Frames, [f64; 6]) {
    let w = [0.5, 1.0, 2.0, 1.5, 1.0, 0.25];
    let list: Vec<f32> = w.iter().map(|&v| v as f32).collect();
    let window = Array::from_slice(&list, 6).expect("six elements");
    (Frames { hop: Some(2), window: Some(window), ..Frames::new(6) }, w)
}

fn stft(x: &Tensor, pad: bool) -> Tensor {
    let (n, w) = (x.dims[1] as i64, frames().1);
    let count = (n as usize + if pad { 6 } else { 0 } - 6) / 2 + 1;
    let cut = Tensor::from_fn(&[x.dims[0], count, 6], x.dtype, |at| {
        let i = (2 * at[1] + at[2]) as i64 - if pad { 3 } else { 0 };
        let inside = (0..n).contains(&i);
        if inside { x.at(&[at[0], i as usize]) * w[at[2]] } else { re(0.0) }
    });
    transform(&cut, 2, 6, -1.0).transpose(&[0, 2, 1])
}

fn istft(x: &Tensor) -> Tensor {
    let (count, w) = (x.dims[2], frames().1);
    let cut = scaled(to_real(&x.transpose(&[0, 2, 1]), 2, 6), 1.0 / 6.0);
    let whole = 6 + 2 * (count - 1);
    Tensor::from_fn(&[x.dims[0], whole - 6], Dtype::F32, |at| {
        let i = at[1] + 3;
        let places = (0..count).filter(|k| (2 * k..2 * k + 6).contains(&i));
        let (sum, weight) = places.fold((0.0, 0.0), |(s, q), k| {
            let j = i - 2 * k;
            (s + cut.at(&[at[0], k, j]).re * w[j], q + w[j] * w[j])
        });
        re(sum / weight)
    })
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    use Norm::{Backward, Forward, Ortho};
    let kept = |n: usize| move |x: &Tensor| cut(&transform(&real(x), 1, n, -1.0), 1, n / 2 + 1);
    let made = |op, call: fn() -> Result<Array>, list: &'static [f64]| {
        Case::new(
            op,
            Family::Fourier,
            vec![],
            move |_| call(),
            move |_| Tensor { dims: vec![list.len()], dtype: Dtype::F32, values: list.iter().map(|&v| re(v)).collect() },
        )
        .gives(|_| Dtype::F32)
        .within(1.0, 0.0)
        .slope(Slope::None("takes no array"))
    };
    vec![
        of("fft.fft", [&[2, 6], &[3, 5]], |x| fft::fft(x, None, -1, Backward), |x| transform(x, 1, x.dims[1], -1.0))
            .bad(&["axis 2"], || fft::fft(&ones(&[2, 3]), None, 2, Backward))
            .bad(&["length 0"], || fft::fft(&ones(&[2, 3]), Some(0), 0, Backward))
            .bad(&["length 0", "[2, 0]"], || fft::fft(&ones(&[2, 0]), None, 1, Backward)),
        of(
            "fft.fft",
            [&[5, 3], &[4, 2]],
            |x| fft::fft(x, None, 0, Ortho),
            |x| scaled(transform(x, 0, x.dims[0], -1.0), (x.dims[0] as f64).sqrt().recip()),
        )
        .form("first axis, ortho")
        .more(vec![data(&[7, 33], -1.0, 1.0)])
        .more(vec![data(&[4, 0], -1.0, 1.0)]),
        of("fft.fft", [&[2, 6], &[2, 3]], |x| fft::fft(x, Some(4), 1, Forward), |x| scaled(transform(x, 1, 4, -1.0), 0.25))
            .form("n, forward")
            .retraces(),
        of(
            "fft.ifft",
            [&[2, 6], &[3, 5]],
            |x| fft::ifft(x, None, -1, Backward),
            |x| scaled(transform(x, 1, x.dims[1], 1.0), 1.0 / x.dims[1] as f64),
        )
        .bad(&["axis 2"], || fft::ifft(&ones(&[2, 3]), None, 2, Backward)),
        of("fft.rfft", [&[2, 6], &[3, 5]], |x| fft::rfft(x, None, -1, Backward), move |x| kept(x.dims[1])(x))
            .more(vec![data(&[2, 1], -1.0, 1.0)])
            .more(vec![data(&[2, 64], -1.0, 1.0)])
            .retraces()
            .bad(&["length 0"], || fft::rfft(&ones(&[2, 0]), None, 1, Backward)),
        of("fft.rfft", [&[2, 6], &[3, 5]], |x| fft::rfft(x, Some(7), -1, Ortho), move |x| scaled(kept(7)(x), 7f64.sqrt().recip()))
            .form("n, ortho")
            .retraces(),
        of(
            "fft.irfft",
            [&[2, 4], &[3, 5]],
            |x| fft::irfft(x, None, -1, Backward),
            |x| {
                let n = 2 * (x.dims[1] - 1);
                scaled(to_real(x, 1, n), 1.0 / n as f64)
            },
        )
        .gives(|_| Dtype::F32)
        .retraces()
        .bad(&["length 0"], || fft::irfft(&ones(&[2, 1]), None, 1, Backward)),
        of("fft.irfft", [&[4, 2], &[5, 3]], |x| fft::irfft(x, Some(5), 0, Forward), |x| to_real(x, 0, 5))
            .form("odd n, first axis, forward")
            .gives(|_| Dtype::F32)
            .retraces(),
        of("fft.irfft", [&[2, 4], &[3, 5]], |x| fft::irfft(x, Some(1), -1, Backward), |x| to_real(x, 1, 1))
            .form("n of 1")
            .gives(|_| Dtype::F32)
            .retraces(),
        of(
            "fft.fft2",
            [&[2, 3, 4], &[2, 2, 5]],
            |x| fft::fft2(x, None, [-2, -1], Backward),
            |x| transform(&transform(x, 2, x.dims[2], -1.0), 1, x.dims[1], -1.0),
        )
        .bad(&["axis -2"], || fft::fft2(&ones(&[3]), None, [-2, -1], Backward)),
        of(
            "fft.ifft2",
            [&[3, 4], &[2, 5]],
            |x| fft::ifft2(x, Some([2, 3]), [0, 1], Forward),
            |x| transform(&transform(x, 1, 3, 1.0), 0, 2, 1.0),
        )
        .retraces()
        .bad(&["length 0"], || fft::ifft2(&ones(&[3, 3]), Some([0, 1]), [-2, -1], Backward)),
        of(
            "fft.rfft2",
            [&[3, 4], &[2, 5]],
            |x| fft::rfft2(x, None, [-2, -1], Backward),
            move |x| transform(&kept(x.dims[1])(x), 0, x.dims[0], -1.0),
        )
        .retraces()
        .bad(&["twice"], || fft::rfft2(&ones(&[3, 3]), None, [1, -1], Backward)),
        of(
            "fft.irfft2",
            [&[3, 4], &[2, 5]],
            |x| fft::irfft2(x, None, [-2, -1], Backward),
            |x| {
                let (m, n) = (x.dims[0], 2 * (x.dims[1] - 1));
                scaled(to_real(&transform(x, 0, m, 1.0), 1, n), 1.0 / (m * n) as f64)
            },
        )
        .gives(|_| Dtype::F32)
        .retraces()
        .bad(&["twice"], || fft::irfft2(&ones(&[3, 3]), None, [1, 1], Backward)),
        of(
            "fft.fftn",
            [&[3, 4], &[2, 5]],
            |x| fft::fftn(x, None, None, Ortho),
            |x| {
                let n = (x.dims[0] * x.dims[1]) as f64;
                scaled(transform(&transform(x, 1, x.dims[1], -1.0), 0, x.dims[0], -1.0), n.sqrt().recip())
            },
        )
        .bad(&["0-d"], || fft::fftn(&ones(&[]), None, None, Backward))
        .bad(&["2 lengths", "1 axes"], || fft::fftn(&ones(&[2, 2]), Some(&[1, 2]), Some(&[0]), Backward)),
        of(
            "fft.ifftn",
            [&[3, 4], &[2, 5]],
            |x| fft::ifftn(x, Some(&[3]), Some(&[0]), Backward),
            |x| scaled(transform(x, 0, 3, 1.0), 1.0 / 3.0),
        )
        .retraces()
        .bad(&["axis 4"], || fft::ifftn(&ones(&[2, 2]), None, Some(&[4]), Backward)),
        of("fft.rfftn", [&[3, 4], &[2, 5]], |x| fft::rfftn(x, Some(&[4, 6]), None, Backward), move |x| transform(&kept(6)(x), 0, 4, -1.0))
            .retraces()
            .bad(&["1 lengths", "2 axes"], || fft::rfftn(&ones(&[2, 2]), Some(&[1]), None, Backward)),
        of("fft.irfftn", [&[3, 4], &[2, 5]], |x| fft::irfftn(x, Some(&[2, 5]), None, Forward), |x| to_real(&transform(x, 0, 2, 1.0), 1, 5))
            .gives(|_| Dtype::F32)
            .retraces()
            .bad(&["axis 2"], || fft::irfftn(&ones(&[2, 2]), None, Some(&[2]), Backward)),
        of("fft.fftshift", [&[3, 4], &[2, 5]], |x| fft::fftshift(x, None), |x| shifted(x, |n| n - n / 2))
            .gives(|d| d)
            .within(0.0, 0.0)
            .retraces()
            .bad(&["axis 2"], || fft::fftshift(&ones(&[2, 2]), Some(&[2]))),
        of("fft.ifftshift", [&[3, 4], &[2, 5]], |x| fft::ifftshift(x, None), |x| shifted(x, |n| n / 2))
            .gives(|d| d)
            .within(0.0, 0.0)
            .retraces()
            .bad(&["axis -3"], || fft::ifftshift(&ones(&[2, 2]), Some(&[-3]))),
        of("fft.stft", [&[2, 12], &[3, 9]], |x| fft::stft(x, &frames().0, None), |x| cut(&stft(x, true), 1, 4))
            .takes(|d| d != Dtype::C64)
            .retraces()
            .bad(&["shorter"], || fft::stft(&ones(&[3]), &Frames { center: false, ..Frames::new(4) }, None))
            .bad(&["window", "[5]"], || fft::stft(&ones(&[9]), &Frames { window: Some(ones(&[5])), ..Frames::new(4) }, None))
            .bad(&["hop of 0"], || fft::stft(&ones(&[9]), &Frames::new(3), None)),
        of(
            "fft.stft",
            [&[2, 12], &[3, 9]],
            |x| fft::stft(x, &Frames { center: false, ..frames().0 }, Some(PadMode::Edge)),
            |x| cut(&stft(x, false), 1, 4),
        )
        .form("not centred")
        .takes(|d| d != Dtype::C64)
        .retraces(),
        of("fft.istft", [&[2, 4, 5], &[3, 4, 6]], |x| fft::istft(x, &frames().0, None), istft)
            .gives(|_| Dtype::F32)
            .retraces()
            .bad(&["frames", "[3]"], || fft::istft(&ones(&[3]), &Frames::new(4), None)),
        made("fft.fftfreq", || fft::fftfreq(5, 0.5), &[0.0, 0.4, 0.8, -0.8, -0.4]).bad(&["0 samples"], || fft::fftfreq(0, 1.0)),
        made("fft.rfftfreq", || fft::rfftfreq(5, 0.5), &[0.0, 0.4, 0.8]).bad(&["0 apart"], || fft::rfftfreq(4, 0.0)),
    ]
}
