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
            -1.639924,
            0.8918231,
            2.41837,
            0.6245569,
            1.539959,
            1.222977,
            -0.2014855,
            0.118792,
            -1.432036,
            0.02143753,
            1.948721,
            0.7948114,
            1.323569,
            1.787542,
            0.1731716,
            0.01939291,
            -1.198341,
            -0.4454401,
            1.591879,
            0.8696032,
            1.022612,
            2.26363,
            0.5908536,
            -0.04839659,
        ],
        &[
            -0.5941309,
            2.635081,
            0.5259063,
            -2.566856,
            0.7281642,
            -1.649145,
            0.7423621,
            0.1786183,
            0.7958418,
            -0.9087132,
            -1.226182,
            1.339054,
            -1.065571,
            1.536163,
            0.01269007,
            -0.4832823,
            -0.5587648,
            -0.02088073,
            1.49084,
            -0.9111941,
            1.867726,
            -1.514387,
            -1.028085,
            0.6747465,
        ],
    );
    let layer = learned(RMSNorm::new(4));
    both(
        |x| layer.forward(x),
        &x(),
        &[
            0.0, 1.732943, 2.045967, 0.369236, 0.4785345, -0.9839351, -1.886884, -0.4382031, -0.939231, 0.04912152, 1.4814, 0.4590611,
            1.2956, 0.949898, -0.8420041, -0.41641, -1.46359, -1.814205, 0.07616425, 0.3124882, 1.424454, 2.387981, 0.6605646, -0.1715423,
        ],
        &[
            0.0, 1.448133, 0.2265878, -1.339356, -1.225728, -2.118966, 0.3267344, 0.04879177, 0.08084118, -1.315657, -1.433226, 1.026864,
            0.04044265, 2.617387, 1.064007, 0.545404, -0.3253936, 0.252595, 1.805639, -0.333268, 1.374724, -1.343019, -1.32593, -0.4603857,
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
            -0.1193422,
            2.027861,
            3.046314,
            0.722083,
            0.3860906,
            -0.7381515,
            -1.199961,
            -0.09378359,
            -1.071802,
            0.2837355,
            2.29525,
            0.7773205,
            1.050495,
            1.763994,
            -0.1521654,
            0.01107764,
            -1.642915,
            -1.049512,
            0.7384356,
            0.7506169,
            1.250261,
            3.34495,
            1.338314,
            0.2486178,
        ],
        &[
            0.006924473,
            2.322287,
            2.348189,
            -0.3487258,
            -1.261424,
            -1.554011,
            0.2836567,
            1.201254,
            0.5739271,
            -1.072399,
            -1.951273,
            -0.5484043,
            0.4971507,
            3.027244,
            0.8923838,
            -0.5077752,
            -0.8798674,
            -0.5644432,
            1.835481,
            0.556646,
            -0.4512056,
            -2.51987,
            -1.893942,
            0.008198705,
        ],
    );
    let layer = layer.pytorch_compatible(true);
    both(
        |x| layer.forward(x),
        &x(),
        &[
            -0.005568141,
            3.797534,
            2.234,
            0.6424406,
            0.7955539,
            -0.8748272,
            -1.052005,
            -0.03042176,
            -1.515238,
            0.8513489,
            1.652785,
            0.6879961,
            0.8063903,
            0.9972334,
            0.1853559,
            -0.05228844,
            -1.581976,
            -1.399651,
            1.385696,
            0.9053087,
            0.983532,
            2.344083,
            2.194204,
            0.2552919,
        ],
        &[
            0.3637714,
            3.209003,
            1.516872,
            0.003878683,
            -2.608629,
            -2.219832,
            0.2599828,
            0.04642041,
            3.075396,
            -1.819709,
            -1.75002,
            -0.0771345,
            0.6808562,
            2.601183,
            0.6920915,
            -0.7066449,
            -0.7511481,
            -0.009589016,
            2.262315,
            0.4307933,
            -0.1444485,
            -2.376853,
            -2.562666,
            -0.1158889,
        ],
    );
    let plain = GroupNorm::new(2, 4).without_affine();
    both(
        |x| plain.forward(x),
        &x(),
        &[
            -0.1193422, 0.6338159, 1.367512, 0.9438537, 0.3860906, -0.7748578, -1.434383, -1.669145, -1.071802, -0.2544317, 0.8719243,
            1.120764, 1.050495, 0.4994336, -0.7429971, -1.333303, -1.642915, -0.9334275, -0.1553361, 1.03524, 1.250261, 1.304582,
            0.2404925, -0.5725262,
        ],
        &[
            0.02578414,
            1.396692,
            1.697121,
            -0.009775665,
            -1.25653,
            -1.22098,
            0.09653901,
            0.9502042,
            0.6191052,
            -0.7379483,
            -1.182019,
            -0.3781922,
            0.4644974,
            1.278803,
            0.7535213,
            -0.7406937,
            -0.7273542,
            -0.006251663,
            1.269647,
            0.95774,
            -0.4975926,
            -1.851977,
            -1.262719,
            0.3623793,
        ],
    );
}

#[test]
fn instances_give_the_numbers_of_mlx() {
    both(
        |x| InstanceNorm::new(4).forward(x),
        &x(),
        &[
            0.2465179, 1.316429, 0.9002838, 0.6366202, 1.082696, -1.10562, -1.394649, -1.411936, -1.329214, -0.2108087, 0.4943653,
            0.7753158, 0.6300409, 0.2260613, -1.296096, -1.056461, -1.4115, -1.32201, 0.1582492, 1.342406, 0.781459, 1.095949, 1.137847,
            -0.2859447,
        ],
        &[
            0.6759009,
            0.2005595,
            1.024231,
            0.1184256,
            -0.4416912,
            0.3419785,
            0.2200925,
            -0.007497936,
            -0.2342096,
            -0.542538,
            -1.244323,
            -0.1109277,
            0.3960991,
            1.731333,
            -1.128161,
            -0.2451115,
            -0.02736044,
            -0.6228557,
            2.803645,
            -0.1159407,
            -0.3687386,
            -1.108477,
            -1.675485,
            0.3610522,
        ],
    );
    let layer = learned(InstanceNorm::new(4).with_affine());
    both(
        |x| layer.forward(x),
        &x(),
        &[
            0.2465179,
            3.368212,
            2.338229,
            0.6261542,
            1.082696,
            -1.387623,
            -1.139745,
            -0.01347435,
            -1.329214,
            0.3693918,
            1.723059,
            0.6694597,
            0.6300409,
            1.227211,
            -0.9903879,
            0.09751689,
            -1.4115,
            -1.812517,
            1.213674,
            0.8465245,
            0.781459,
            2.935286,
            2.698256,
            0.3380983,
        ],
        &[
            0.6759009,
            0.3938099,
            1.552223,
            0.03697648,
            -0.4416912,
            0.671495,
            0.3335505,
            -0.002341103,
            -0.2342096,
            -1.065305,
            -1.885773,
            -0.03463538,
            0.3960991,
            3.399573,
            -1.709729,
            -0.07653213,
            -0.02736044,
            -1.223013,
            4.248929,
            -0.03620059,
            -0.3687386,
            -2.176559,
            -2.539199,
            0.1127327,
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
            -0.1315339, 2.680823, 3.084456, 0.7382014, 0.3324831, -1.084718, -1.462847, 0.03610882, -1.005948, 0.3064389, 2.280148,
            0.785736, 1.052235, 1.450422, -0.2260157, 0.07519767, -1.487866, -2.096508, 0.7537156, 0.6645406, 1.24063, 3.443502, 1.413629,
            0.2644947,
        ],
    );
    close(&first.running_mean.get().unwrap(), &[0.02848751, 0.04284783, 0.03705614, 0.01383638]);
    close(&first.running_var.get().unwrap(), &[0.8876226, 0.7969095, 0.8378897, 0.9425334]);
    let (_, second) = nn::with_statistics(&first, |m| m.forward(&(x() * 2)));
    close(&second.running_mean.get().unwrap(), &[0.07691626, 0.1156891, 0.1000516, 0.03735822]);
    close(&second.running_var.get().unwrap(), &[1.371826, 0.9454744, 1.138081, 1.629907]);
    close(
        &second.forward(&x()),
        &[
            -0.06567, 1.850623, 2.231632, 0.6293555, 0.2203381, -0.1586549, -0.4064332, 0.1779682, -0.6046364, 0.583661, 1.765022,
            0.6599163, 0.6639742, 1.194086, 0.3111003, 0.2030991, -0.9016778, -0.6985423, 0.8794801, 0.5819978, 0.7800964, 2.257586,
            1.262322, 0.3248014,
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
            0.2030416,
            2.980319,
            2.273519,
            -0.07290445,
            -1.234964,
            -1.871597,
            0.04249102,
            0.2886491,
            1.239143,
            -1.37301,
            -2.334303,
            -0.1789103,
            0.717362,
            3.731113,
            0.297702,
            -0.3538762,
            -0.7608905,
            0.5546052,
            1.766399,
            0.3167774,
            -0.1636921,
            -4.02143,
            -2.045808,
            0.000264436,
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
