//! Normalisation.

use crate::{both, close, names, values, wave};
use lazulite::nn::{self, BatchNorm, Frozen, GroupNorm, InstanceNorm, LayerNorm, Linear, RMSNorm, Sequential};
use lazulite::optim::{AdamW, Optimizer};
use lazulite::prelude::*;
use lazulite::tree::map_named;

/// The layer with a scale and a shift that tell their elements apart.
fn learned<M: Module>(layer: M) -> M {
    map_named(&layer, |name, x| match name {
        "weight" => wave([4], 1.3) + 1,
        "bias" => wave([4], 0.9),
        _ => x.clone(),
    })
}

fn x() -> Array {
    wave([2, 3, 4], 0.7)
}

#[test]
fn layers_give_the_numbers_of_mlx() {
    let layer = learned(LayerNorm::new(4));
    both(
        |x| layer.forward(x),
        &x(),
        &[
            -1.639924, 0.891823, 2.41837, 0.624557, 1.539959, 1.222977, -0.201486, 0.118792, -1.432036, 0.021438, 1.948721, 0.794811,
            1.323569, 1.787542, 0.173172, 0.019393, -1.198341, -0.44544, 1.591879, 0.869603, 1.022612, 2.26363, 0.590854, -0.048397,
        ],
        &[
            -0.594131, 2.635081, 0.525906, -2.566856, 0.728164, -1.649145, 0.742362, 0.178618, 0.795842, -0.908713, -1.226182, 1.339054,
            -1.065571, 1.536163, 0.01269, -0.483282, -0.558765, -0.020881, 1.49084, -0.911194, 1.867726, -1.514387, -1.028085, 0.674747,
        ],
    );
    let layer = learned(RMSNorm::new(4));
    both(
        |x| layer.forward(x),
        &x(),
        &[
            0.0, 1.732943, 2.045967, 0.369236, 0.478534, -0.983935, -1.886884, -0.438203, -0.939231, 0.049122, 1.4814, 0.459061, 1.2956,
            0.949898, -0.842004, -0.41641, -1.46359, -1.814205, 0.076164, 0.312488, 1.424454, 2.387981, 0.660565, -0.171542,
        ],
        &[
            0.0, 1.448133, 0.226588, -1.339356, -1.225728, -2.118966, 0.326734, 0.048792, 0.080841, -1.315657, -1.433226, 1.026864,
            0.040443, 2.617387, 1.064007, 0.545404, -0.325394, 0.252595, 1.805639, -0.333268, 1.374724, -1.343019, -1.32593, -0.460386,
        ],
    );
}

#[test]
fn groups_give_the_numbers_of_mlx() {
    let layer = learned(GroupNorm::new(2, 4));
    both(
        |x| layer.forward(x),
        &x(),
        &[
            -0.119342, 2.027861, 3.046314, 0.722083, 0.386091, -0.738151, -1.199961, -0.093784, -1.071802, 0.283735, 2.29525, 0.77732,
            1.050495, 1.763994, -0.152165, 0.011078, -1.642915, -1.049512, 0.738436, 0.750617, 1.250261, 3.34495, 1.338314, 0.248618,
        ],
        &[
            0.006924, 2.322287, 2.348189, -0.348726, -1.261424, -1.554011, 0.283657, 1.201254, 0.573927, -1.072399, -1.951273, -0.548404,
            0.497151, 3.027244, 0.892384, -0.507775, -0.879867, -0.564443, 1.835481, 0.556646, -0.451206, -2.51987, -1.893942, 0.008199,
        ],
    );
    let layer = layer.pytorch_compatible(true);
    both(
        |x| layer.forward(x),
        &x(),
        &[
            -0.005568, 3.797534, 2.234, 0.642441, 0.795554, -0.874827, -1.052005, -0.030422, -1.515238, 0.851349, 1.652785, 0.687996,
            0.80639, 0.997233, 0.185356, -0.052288, -1.581976, -1.399651, 1.385696, 0.905309, 0.983532, 2.344083, 2.194204, 0.255292,
        ],
        &[
            0.363771, 3.209003, 1.516872, 0.003879, -2.608629, -2.219832, 0.259983, 0.04642, 3.075396, -1.819709, -1.75002, -0.077134,
            0.680856, 2.601183, 0.692091, -0.706645, -0.751148, -0.009589, 2.262315, 0.430793, -0.144449, -2.376853, -2.562666, -0.115889,
        ],
    );
    let plain = GroupNorm::new(2, 4).without_affine();
    both(
        |x| plain.forward(x),
        &x(),
        &[
            -0.119342, 0.633816, 1.367512, 0.943854, 0.386091, -0.774858, -1.434383, -1.669145, -1.071802, -0.254432, 0.871924, 1.120764,
            1.050495, 0.499434, -0.742997, -1.333303, -1.642915, -0.933427, -0.155336, 1.03524, 1.250261, 1.304582, 0.240492, -0.572526,
        ],
        &[
            0.025784, 1.396692, 1.697121, -0.009776, -1.25653, -1.22098, 0.096539, 0.950204, 0.619105, -0.737948, -1.182019, -0.378192,
            0.464497, 1.278803, 0.753521, -0.740694, -0.727354, -0.006252, 1.269647, 0.95774, -0.497593, -1.851977, -1.262719, 0.362379,
        ],
    );
}

#[test]
fn instances_give_the_numbers_of_mlx() {
    both(
        |x| InstanceNorm::new(4).forward(x),
        &x(),
        &[
            0.246518, 1.316429, 0.900284, 0.6366202, 1.082696, -1.10562, -1.394649, -1.411936, -1.329214, -0.210809, 0.494365, 0.775316,
            0.630041, 0.226061, -1.296096, -1.056461, -1.4115, -1.32201, 0.158249, 1.342406, 0.781459, 1.095949, 1.137847, -0.285945,
        ],
        &[
            0.675901, 0.20056, 1.024231, 0.118426, -0.441691, 0.341979, 0.220092, -0.007498, -0.23421, -0.542538, -1.244323, -0.110928,
            0.396099, 1.731333, -1.128161, -0.245112, -0.02736, -0.622856, 2.803645, -0.115941, -0.368739, -1.108477, -1.675485, 0.361052,
        ],
    );
    let layer = learned(InstanceNorm::new(4).with_affine());
    both(
        |x| layer.forward(x),
        &x(),
        &[
            0.246518, 3.368212, 2.338229, 0.626154, 1.082696, -1.387623, -1.139745, -0.013474, -1.329214, 0.369392, 1.723059, 0.66946,
            0.630041, 1.227211, -0.990388, 0.097517, -1.4115, -1.812517, 1.213674, 0.846525, 0.781459, 2.935286, 2.698256, 0.338098,
        ],
        &[
            0.675901, 0.39381, 1.552223, 0.036976, -0.441691, 0.671495, 0.333551, -0.002341, -0.23421, -1.065305, -1.885773, -0.034635,
            0.396099, 3.399573, -1.709729, -0.076532, -0.02736, -1.223013, 4.248929, -0.036201, -0.368739, -2.176559, -2.539199, 0.112733,
        ],
    );
}

fn batch() -> BatchNorm {
    learned(BatchNorm::new(4).momentum(0.3))
}

#[test]
fn batches_give_the_numbers_of_mlx() {
    // m = nn.BatchNorm(4, momentum=0.3); m(x); m(2 * x); m.eval(); m(x)
    let (y, first) = nn::with_statistics(&batch(), |m| m.forward(&x()));
    close(
        &y,
        &[
            -0.131534, 2.680823, 3.084456, 0.738201, 0.332483, -1.084718, -1.462847, 0.036109, -1.005948, 0.306439, 2.280148, 0.785736,
            1.052235, 1.450422, -0.226016, 0.075198, -1.487866, -2.096508, 0.753716, 0.664541, 1.24063, 3.443502, 1.413629, 0.264495,
        ],
    );
    close(&first.running_mean.get().unwrap(), &[0.028488, 0.042848, 0.037056, 0.013836]);
    close(&first.running_var.get().unwrap(), &[0.887623, 0.79691, 0.83789, 0.942533]);
    let (_, second) = nn::with_statistics(&first, |m| m.forward(&(x() * 2)));
    close(&second.running_mean.get().unwrap(), &[0.076916, 0.115689, 0.100052, 0.037358]);
    close(&second.running_var.get().unwrap(), &[1.371826, 0.945474, 1.138081, 1.629907]);
    close(
        &second.forward(&x()),
        &[
            -0.06567, 1.850623, 2.231632, 0.629355, 0.220338, -0.158655, -0.406433, 0.177968, -0.604636, 0.583661, 1.765022, 0.659916,
            0.663974, 1.194086, 0.3111, 0.203099, -0.901678, -0.698542, 0.87948, 0.581998, 0.780096, 2.257586, 1.262322, 0.324801,
        ],
    );
    // Both in one scope, as two uses of one layer.
    let (_, both_at_once) = nn::with_statistics(&batch(), |m| (m.forward(&x()), m.forward(&(x() * 2))));
    assert_eq!(values(&both_at_once.running_var.get().unwrap()), values(&second.running_var.get().unwrap()));

    let weights = wave([2, 3, 4], 1.1);
    let loss = |(m, x): &(BatchNorm, Array)| nn::with_statistics(m, |m| (m.forward(x) * &weights).sum(..));
    let (dm, dx) = grad(loss)(&(batch(), x()));
    close(
        &dx,
        &[
            0.203042, 2.980319, 2.273519, -0.072904, -1.234964, -1.871597, 0.042491, 0.288649, 1.239143, -1.37301, -2.334303, -0.17891,
            0.717362, 3.731113, 0.297702, -0.353876, -0.760891, 0.554605, 1.766399, 0.316777, -0.163692, -4.02143, -2.045808, 0.000264,
        ],
    );
    close(&dm.weight.unwrap(), &[1.11898, 0.984562, -0.828157, -0.521552]);
    close(&dm.bias.unwrap(), &[-0.732307, -0.329283, 0.433584, 0.722627]);
    assert_eq!(values(&dm.running_mean.get().unwrap()), [0.0; 4]);
}

#[test]
fn statistics_go_through_a_compiled_step() {
    let build = || Sequential::new().then(Linear::new(4, 3, &random::key(0))).then(BatchNorm::new(3)).apply(nn::tanh);
    let opt = AdamW::new(0.1);
    let step = |(model, state, x): &(Sequential, _, Array)| {
        let loss = |m: &Sequential| nn::with_statistics(m, |m| m.forward(x).square().mean(..));
        let ((loss, next), grads) = value_and_grad(loss)(model);
        let (next, state) = opt.update(&next, &grads, state);
        (loss, next, state)
    };
    let run = |compiled: bool| {
        let (mut model, fast) = (build(), compile(step));
        let mut state = opt.init(&model);
        for i in 0..4 {
            let at = (model, state, random::normal([6, 4], &random::key(i)));
            (_, model, state) = if compiled { fast(&at) } else { step(&at) };
        }
        model
    };
    let (plain, compiled) = (run(false), run(true));
    assert_eq!(
        names(&plain),
        ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "layers.1.running_mean", "layers.1.running_var"]
    );
    for ((name, a), (_, b)) in plain.parameters().iter().zip(compiled.parameters()) {
        assert_eq!(values(a), values(&b), "{name}");
    }
    let start = build();
    for ((name, a), (_, b)) in plain.parameters().iter().zip(start.parameters()) {
        assert_ne!(values(a), values(&b), "{name}");
    }
    // The averages are those of the forward alone: decay and moments of the optimizer do not reach them.
    assert_eq!(lazulite::tree::trainable(&plain), [true, true, true, true, false, false]);
}

#[test]
fn layers_that_share_their_arrays_keep_statistics_of_their_own() {
    let norm = BatchNorm::new(4);
    let (_, (a, b)) = nn::with_statistics(&(norm.clone(), norm), |(a, b)| (a.forward(&x()), b.forward(&(x() * 3))));
    let (a, b) = (values(&a.running_var.get().unwrap()), values(&b.running_var.get().unwrap()));
    assert!(a.iter().zip(&b).all(|(a, b)| (b - 0.9 - 9.0 * (a - 0.9)).abs() < 1e-5), "{a:?} {b:?}");
}

#[test]
fn statistics_of_a_frozen_part_go_on() {
    let model = Frozen::new(Sequential::new().then(BatchNorm::new(4)));
    let (_, next) = nn::with_statistics(&model, |m| m.get().forward(&x()));
    let of = |m: &Frozen<Sequential>| m.parameters().iter().map(|(_, a)| values(a)).collect::<Vec<_>>();
    assert_ne!(of(&next)[2..], of(&model)[2..]);
    assert_eq!(of(&next)[..2], of(&model)[..2]);
}

#[test]
fn statistics_of_a_batch_of_batches() {
    let many = wave([3, 6, 4], 0.7);
    let one = |x: &Array| nn::with_statistics(&BatchNorm::new(4), |m| m.forward(x));
    let (y, next) = vmap(one)(&many);
    assert_eq!(next.running_mean.get().unwrap().shape(), [3, 4]);
    for i in 0..3 {
        let (expected, alone) = one(&many.index(i));
        close(&y.index(i), &values(&expected));
        close(&next.running_var.get().unwrap().index(i), &values(&alone.running_var.get().unwrap()));
    }
}

#[test]
fn halves_stay_what_they_are() {
    let half = x().astype(Dtype::F16);
    let (_, next) = nn::with_statistics(&BatchNorm::new(4), |m| m.forward(&half));
    assert_eq!(next.running_var.get().unwrap().dtype(), Dtype::F32);
    assert_eq!(GroupNorm::new(2, 4).without_affine().forward(&half).dtype(), Dtype::F16);
}

#[test]
#[should_panic(expected = "run the step in `nn::with_statistics(&model, |model| ...)`")]
fn statistics_are_not_lost_in_silence() {
    nn::training(true, || BatchNorm::new(4).forward(&x()));
}

#[test]
#[should_panic(expected = "call `nn::with_statistics` inside the function that is transformed")]
fn a_transform_in_between_is_named() {
    let loss = |m: &BatchNorm| m.forward(&x()).sum(..);
    nn::with_statistics(&BatchNorm::new(4), |m| grad(loss)(m));
}

#[test]
#[should_panic(expected = "training needs more than one value of each feature, not [1, 4]")]
fn one_value_has_no_variance() {
    nn::with_statistics(&BatchNorm::new(4), |m| m.forward(&Array::ones([1, 4], Dtype::F32)));
}

#[test]
#[should_panic(expected = "GroupNorm takes (n, places.., 4), not [2, 3, 1]")]
fn one_feature_is_not_spread() {
    GroupNorm::new(2, 4).forward(&Array::ones([2, 3, 1], Dtype::F32));
}

#[test]
fn halves_whose_sums_overflow_are_normalised() {
    let same = Array::full([2, 3, 4], 6e4, Dtype::F16);
    let (batch, next) = nn::with_statistics(&BatchNorm::new(4), |norm| norm.forward(&same));
    assert_eq!(values(&next.running_mean.get().unwrap()), [6e3; 4]);
    for y in [batch, InstanceNorm::new(4).forward(&same), GroupNorm::new(2, 4).forward(&same), LayerNorm::new(4).forward(&same)] {
        assert_eq!(values(&y), [0.0; 24]);
    }
    // Without parameters the dtype stays; to the last digit but one as in float32.
    let x = x() * 1e4;
    let all: [fn(&Array) -> Array; 2] = [|x| InstanceNorm::new(4).forward(x), |x| GroupNorm::new(2, 4).without_affine().forward(x)];
    for f in all {
        let half = f(&x.astype(Dtype::F16));
        assert_eq!(half.dtype(), Dtype::F16);
        assert!((half - f(&x)).abs().max(..).item::<f32>().unwrap() < 2e-3);
    }
}

#[test]
fn integers_take_the_dtype_of_the_parameters() {
    let x = array![[1, 2, 3]];
    let layer = |dtype| (LayerNorm::new(3).set_dtype(dtype).forward(&x), RMSNorm::new(3).set_dtype(dtype).forward(&x));
    let (a, b) = layer(Dtype::F32);
    close(&a, &[-1.22474, 0.0, 1.22474]);
    close(&b, &[0.46291, 0.925819, 1.38873]);
    let (a, b) = layer(Dtype::F16);
    assert_eq!((a.dtype(), values(&a)), (Dtype::F16, vec![-1.2246094, 0.0, 1.2246094]));
    assert_eq!((b.dtype(), values(&b)), (Dtype::F16, vec![0.46289063, 0.92578125, 1.3886719]));
}
