//! Activations, bilinear maps and what drops channels.

use crate::{both, close, names, values, wave};
use lazulite::nn::{self, Bilinear, Dropout2d, Dropout3d, Identity, PReLU, Sequential};
use lazulite::prelude::*;
use lazulite::tree::map_named;

#[test]
fn activations_give_the_numbers_of_mlx() {
    let x = wave([2, 6], 0.7) * 4;
    both(
        |x| nn::celu(x, 0.5),
        &x,
        &[0.0, 2.576871, 3.941799, 3.452837, 1.339953, -0.469785, -0.499531, -0.499807, -0.496796, 0.067256, 2.627946, 3.952673],
        &[0.0, 0.891207, 0.808496, -0.157746, -0.951602, -0.042636, 0.000292, 0.000381, 0.003748, -0.457536, -0.99999, -0.449647],
    );
    both(
        |x| nn::glu(x, -1),
        &x,
        &[0.0, 2.042124, 0.777794, -1.801748, -3.665093, -2.477491],
        &[0.0, 0.706266, 0.159532, 0.0, 0.377673, 0.50476, -0.081524, -0.887501, -0.692247, 0.137332, 0.234937, 0.032934],
    );
    both(
        |x| nn::glu(x, 0),
        &x,
        &[0.0, 0.049653, 0.292164, 1.784452, 1.249692, -1.376696],
        &[0.0, 0.017173, 0.059925, -0.081524, -0.887501, -0.692247, 0.0, 0.043399, 0.218706, -0.136014, -0.080107, 0.018301],
    );
    both(
        |x| nn::hard_shrink(x, 0.5),
        &x,
        &[0.0, 2.576871, 3.941799, 3.452837, 1.339953, -1.403133, -3.486303, -3.929811, -2.525067, 0.0, 2.627946, 3.952673],
        &[0.0, 0.891207, 0.808496, -0.157746, -0.951602, -0.70554, 0.311541, 0.988168, 0.584917, 0.0, -0.99999, -0.449647],
    );
    both(
        |x| nn::softshrink(x, 1.5),
        &x,
        &[0.0, 1.076871, 2.441799, 1.952837, 0.0, 0.0, -1.986303, -2.429811, -1.025067, 0.0, 1.127946, 2.452673],
        &[0.0, 0.891207, 0.808496, -0.157746, 0.0, 0.0, 0.311541, 0.988168, 0.584917, 0.0, -0.99999, -0.449647],
    );
    both(
        |x| nn::softmin(x, -1),
        &x,
        &[0.183255, 0.01393, 0.003558, 0.005801, 0.047987, 0.74547, 0.336473, 0.52428, 0.128674, 0.009631, 0.000744, 0.000198],
        &[-0.102119, -0.020176, -0.004859, -0.002318, 0.018924, 0.110548, 0.128326, -0.154789, 0.013898, 0.01108, 0.00126, 0.000226],
    );
    both(
        nn::relu2,
        &x,
        &[0.0, 6.640263, 15.53778, 11.92209, 1.795473, 0.0, 0.0, 0.0, 0.0, 0.004523, 6.906102, 15.62362],
        &[0.0, 4.593052, 6.373861, -1.08934, -2.550203, -0.0, 0.0, 0.0, 0.0, -0.061544, -5.255841, -3.554619],
    );
    both(
        nn::gelu_fast_approx,
        &x,
        &[0.0, 2.545177, 3.936996, 3.443183, 1.215682, -0.117978, -0.00921, -0.004887, -0.033881, 0.03555, 2.598285, 3.947945],
        &[0.0, 0.927729, 0.814112, -0.159889, -1.045954, 0.070437, -0.004048, -0.00698, -0.025429, -0.254898, -1.038617, -0.452724],
    );
    both(
        nn::hardswish,
        &x,
        &[0.0, 2.395146, 3.941799, 3.452838, 0.969222, -0.373436, -0.0, -0.0, -0.199873, 0.034382, 2.46499, 3.952673],
        &[0.0, 1.211112, 0.808496, -0.157746, -0.900835, -0.022781, 0.0, 0.0, -0.19986, -0.239025, -1.375969, -0.449647],
    );
    both(
        nn::selu,
        &x,
        &[0.0, 2.707518, 4.141648, 3.627896, 1.407888, -1.32591, -1.704272, -1.723552, -1.617354, 0.070665, 2.761183, 4.153073],
        &[0.0, 0.936392, 0.849487, -0.165743, -0.999848, -0.304924, 0.016768, 0.034133, 0.082322, -0.480733, -1.05069, -0.472445],
    );
    both(
        |x| PReLU::new(1).forward(x),
        &x,
        &[0.0, 2.576871, 3.941799, 3.452837, 1.339953, -0.350783, -0.871576, -0.982453, -0.631267, 0.067256, 2.627946, 3.952673],
        &[0.0, 0.891207, 0.808496, -0.157746, -0.951602, -0.176385, 0.077885, 0.247042, 0.146229, -0.457536, -0.99999, -0.449647],
    );
    close(&nn::step(&x, 0.5), &[0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn derivatives_far_from_zero_are_finite() {
    let far = array![-1e4, -100.0, 100.0, 1e4];
    let functions: [fn(&Array) -> Array; 4] =
        [|x| nn::celu(x, 0.5), |x| nn::softshrink(x, 0.5), nn::gelu_fast_approx, |x| nn::softmin(x, -1)];
    for f in functions {
        let g = grad(|x: &Array| (f(x) * array![1.0, 2.0, 3.0, 4.0]).sum(..))(&far);
        assert!(values(&g).iter().all(|v| v.is_finite()), "{g:?}");
    }
}

#[test]
fn dtypes_are_those_of_mlx() {
    let (whole, half) = (array![1, -2], array![1.0, -2.0].astype(Dtype::F16));
    let functions: [fn(&Array) -> Array; 4] = [|x| nn::celu(x, 1.0), nn::gelu_fast_approx, |x| nn::glu(x, 0), |x| nn::softshrink(x, 0.5)];
    for f in functions {
        assert_eq!((f(&whole).dtype(), f(&half).dtype()), (Dtype::F32, Dtype::F16));
    }
    assert_eq!(nn::hard_shrink(&whole, 0.5).dtype(), Dtype::I32);
    assert_eq!(nn::hard_shrink(&whole, 0.5).to_vec::<i32>().unwrap(), [1, -2]);
    assert_eq!(nn::step(&half, 0.5).dtype(), Dtype::I32);
}

#[test]
fn bilinear_gives_the_numbers_of_mlx() {
    let layer = Bilinear::new(3, 4, 2, &random::key(0));
    assert_eq!(names(&layer), ["weight", "bias"]);
    let layer = map_named(&layer, |name, _| if name == "weight" { wave([2, 4, 3], 1.3) } else { wave([2], 0.9) });
    let x2 = wave([2, 4], 0.4);
    both(
        |x| layer.forward(x, &x2),
        &wave([2, 3], 0.7),
        &[0.581792, 0.210711, -0.174243, 1.039781],
        &[0.266418, -0.211517, -0.379579, -0.209089, 0.492145, 0.472385],
    );
    let many = layer.forward(&wave([5, 2, 3], 0.7), &x2);
    assert_eq!(many.shape(), [5, 2, 2]);
    close(&many.index(0), &[0.581792, 0.210711, -0.174243, 1.039781]);
}

#[test]
fn channels_are_dropped_whole() {
    let x = Array::ones([50, 3, 2, 40], Dtype::F32);
    let y = nn::with_key(&random::key(3), || Dropout2d::new(0.25).forward(&x));
    let (low, high) = (y.min([1, 2]), y.max([1, 2]));
    assert_eq!(values(&low), values(&high));
    let kept = values(&low);
    assert!(kept.iter().all(|&v| v == 0.0 || (v - 4.0 / 3.0).abs() < 1e-6));
    let share = kept.iter().filter(|&&v| v == 0.0).count() as f32 / 2000.0;
    assert!((share - 0.25).abs() < 0.05, "{share}");
    let volume = Array::ones([2, 2, 3, 2, 40], Dtype::F32);
    let y = nn::with_key(&random::key(3), || Dropout3d::new(0.5).forward(&volume));
    assert_eq!(values(&y.min([1, 2, 3])), values(&y.max([1, 2, 3])));
    assert_ne!(values(&y.index(0)), values(&y.index(1)), "each example draws its own");
    assert_eq!(values(&Dropout3d::new(0.5).forward(&volume)), values(&volume));
}

#[test]
#[should_panic(expected = "Dropout2d takes (n, places.., channels) with 2 axes of places, not [2, 2]")]
fn what_has_no_places_is_refused() {
    Dropout2d::new(0.5).forward(&Array::ones([2, 2], Dtype::F32));
}

#[test]
fn layers_without_a_shape_of_their_own_stand_in_a_sequence() {
    let model = Sequential::new().then(Identity).then(PReLU::new(1).init(0.5)).apply(nn::relu2).apply(|x| nn::celu(x, 2.0));
    assert_eq!(names(&model), ["layers.1.weight"]);
    close(&model.forward(&array![-4.0, 3.0]), &[0.0, 9.0]);
}

#[test]
fn halves_neither_overflow_nor_lose_their_slope() {
    let x = array![300.0, -300.0, 60000.0].astype(Dtype::F16);
    let all: [fn(&Array) -> Array; 6] = [nn::gelu, nn::gelu_approx, nn::gelu_fast_approx, nn::silu, nn::mish, nn::hardswish];
    for f in all {
        assert_eq!(values(&f(&x)), [300.0, 0.0, 60000.0]);
        assert_eq!(values(&grad(|x: &Array| f(x).astype(Dtype::F32).sum(..))(&x)), [1.0, 0.0, 1.0]);
    }
}

#[test]
fn hard_tanh_has_the_limits_of_mlx() {
    close(&nn::hard_tanh(&(wave([5], 0.7) * 3), -0.5, 2.0), &[0.0, 1.932653, 2.0, 2.0, 1.004964]);
    // Integers become floats where limits are.
    for f in [|x: &Array| nn::hard_tanh(x, -1.0, 1.0), nn::relu6, nn::hardswish, nn::gelu_approx] {
        assert_eq!(f(&array![0u8, 255]).dtype(), Dtype::F32);
    }
    assert_eq!(values(&nn::hardswish(&array![0u8, 255])), [0.0, 255.0]);
}
