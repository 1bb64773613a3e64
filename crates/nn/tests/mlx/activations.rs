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
        &[0.0, 2.576871, 3.941799, 3.452837, 1.339953, -0.4697849, -0.4995314, -0.499807, -0.4967958, 0.0672556, 2.627946, 3.952673],
        &[
            0.0,
            0.8912073,
            0.8084964,
            -0.1577457,
            -0.9516021,
            -0.04263596,
            0.0002919788,
            0.0003814529,
            0.003748431,
            -0.4575359,
            -0.9999902,
            -0.4496475,
        ],
    );
    both(
        |x| nn::glu(x, -1),
        &x,
        &[0.0, 2.042124, 0.7777935, -1.801748, -3.665093, -2.477491],
        &[0.0, 0.7062659, 0.1595321, 0.0, 0.3776733, 0.5047603, -0.08152416, -0.8875009, -0.6922469, 0.137332, 0.2349369, 0.03293438],
    );
    both(
        |x| nn::glu(x, 0),
        &x,
        &[0.0, 0.04965324, 0.2921642, 1.784452, 1.249692, -1.376696],
        &[
            0.0,
            0.01717251,
            0.05992535,
            -0.08152416,
            -0.8875009,
            -0.6922469,
            0.0,
            0.04339866,
            0.2187057,
            -0.1360137,
            -0.08010674,
            0.01830103,
        ],
    );
    both(
        |x| nn::hard_shrink(x, 0.5),
        &x,
        &[0.0, 2.576871, 3.941799, 3.452837, 1.339953, -1.403133, -3.486303, -3.929811, -2.525067, 0.0, 2.627946, 3.952673],
        &[0.0, 0.8912073, 0.8084964, -0.1577457, -0.9516021, -0.7055403, 0.3115413, 0.9881682, 0.5849172, 0.0, -0.9999902, -0.4496475],
    );
    both(
        |x| nn::softshrink(x, 1.5),
        &x,
        &[0.0, 1.076871, 2.441799, 1.952837, 0.0, 0.0, -1.986303, -2.429811, -1.025067, 0.0, 1.127946, 2.452673],
        &[0.0, 0.8912073, 0.8084964, -0.1577457, 0.0, 0.0, 0.3115413, 0.9881682, 0.5849172, 0.0, -0.9999902, -0.4496475],
    );
    both(
        |x| nn::softmin(x, -1),
        &x,
        &[
            0.1832555,
            0.01392952,
            0.003557587,
            0.005801078,
            0.04798694,
            0.7454695,
            0.3364733,
            0.5242802,
            0.128674,
            0.009630742,
            0.000743988,
            0.0001978082,
        ],
        &[
            -0.1021187,
            -0.02017629,
            -0.004858755,
            -0.002317543,
            0.01892385,
            0.1105475,
            0.128326,
            -0.1547893,
            0.01389802,
            0.01107981,
            0.00125951,
            0.0002260106,
        ],
    );
    both(
        nn::relu2,
        &x,
        &[0.0, 6.640263, 15.53778, 11.92209, 1.795473, 0.0, 0.0, 0.0, 0.0, 0.004523316, 6.906102, 15.62362],
        &[0.0, 4.593052, 6.373861, -1.08934, -2.550203, -0.0, 0.0, 0.0, 0.0, -0.0615437, -5.255841, -3.554619],
    );
    both(
        nn::gelu_fast_approx,
        &x,
        &[0.0, 2.545177, 3.936996, 3.443183, 1.215682, -0.1179784, -0.009209762, -0.004886931, -0.03388089, 0.03555037, 2.598285, 3.947945],
        &[
            0.0,
            0.9277291,
            0.8141122,
            -0.1598894,
            -1.045954,
            0.07043657,
            -0.004047516,
            -0.006980085,
            -0.02542852,
            -0.2548977,
            -1.038617,
            -0.4527236,
        ],
    );
    both(
        nn::hardswish,
        &x,
        &[0.0, 2.395146, 3.941799, 3.452838, 0.9692218, -0.3734361, -0.0, -0.0, -0.1998731, 0.03438168, 2.46499, 3.952673],
        &[0.0, 1.211112, 0.8084964, -0.1577457, -0.9008349, -0.02278121, 0.0, 0.0, -0.1998597, -0.2390252, -1.375969, -0.4496474],
    );
    both(
        nn::selu,
        &x,
        &[0.0, 2.707518, 4.141648, 3.627896, 1.407888, -1.32591, -1.704272, -1.723552, -1.617354, 0.07066546, 2.761183, 4.153073],
        &[
            0.0, 0.9363915, 0.8494871, -0.1657434, -0.9998483, -0.3049236, 0.01676778, 0.03413328, 0.08232165, -0.4807329, -1.05069,
            -0.4724446,
        ],
    );
    both(
        |x| PReLU::new(1).forward(x),
        &x,
        &[0.0, 2.576871, 3.941799, 3.452837, 1.339953, -0.3507832, -0.8715758, -0.9824526, -0.6312667, 0.0672556, 2.627946, 3.952673],
        &[
            0.0, 0.8912073, 0.8084964, -0.1577457, -0.9516021, -0.1763851, 0.07788534, 0.2470421, 0.1462293, -0.4575359, -0.9999902,
            -0.4496475,
        ],
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
        &[0.5817921, 0.2107114, -0.174243, 1.039781],
        &[0.2664179, -0.2115172, -0.3795791, -0.2090887, 0.4921452, 0.4723852],
    );
    let many = layer.forward(&wave([5, 2, 3], 0.7), &x2);
    assert_eq!(many.shape(), [5, 2, 2]);
    close(&many.index(0), &[0.5817921, 0.2107114, -0.174243, 1.039781]);
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
