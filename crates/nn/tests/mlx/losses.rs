//! Losses.

use crate::{both, close, values, wave};
use lazulite::nn::log_softmax;
use lazulite::nn::losses::{
    self, BinaryCrossEntropy, CosineSimilarityLoss, CrossEntropy, GaussianNllLoss, HuberLoss, KlDivLoss, L1Loss, MarginRankingLoss,
    MseLoss, NllLoss, Reduction, SmoothL1Loss, TripletLoss,
};
use lazulite::prelude::*;

fn p() -> Array {
    wave([2, 3], 0.7) * 2
}

fn t() -> Array {
    wave([2, 3], 1.3) * 2
}

fn s() -> Array {
    array![[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]
}

#[test]
fn losses_of_pairs_are_those_of_mlx() {
    both(|p| losses::mse_loss(p, &t()), &p(), &[3.022136], &[0.0, -0.2128937, 0.3132989, 1.033984, 0.8122952, -0.3772688]);
    both(
        |p| MseLoss::default().reduction(Reduction::None).of(p, &t()),
        &p(),
        &[0.0, 0.4079135, 0.8834058, 9.622101, 5.938411, 1.280986],
        &[0.0, -1.138394, 1.519806, -0.9786388, -4.637891, 1.59707],
    );
    both(|p| losses::l1_loss(p, &t()), &p(), &[1.37487], &[0.0, -0.1666667, 0.1666667, 0.1666667, 0.1666667, -0.1666667]);
    both(|p| L1Loss::default().reduction(Reduction::Sum).of(p, &t()), &p(), &[8.249221], &[0.0, -1.0, 1.0, 1.0, 1.0, -1.0]);
    both(|p| losses::smooth_l1_loss(p, &t()), &p(), &[0.9693838], &[0.0, -0.1064468, 0.1566495, 0.1666667, 0.1666667, -0.1666667]);
    both(
        |p| SmoothL1Loss::default().beta(0.5).reduction(Reduction::None).of(p, &t()),
        &p(),
        &[0.0, 0.3886811, 0.6898967, 2.851951, 2.186886, 0.8818064],
        &[0.0, -0.8912073, 0.8084964, -0.1577457, -0.9516021, 0.7055403],
    );
    both(
        |p| losses::huber_loss(p, &t()),
        &p(),
        &[0.0, 0.2039567, 0.4417029, 2.601951, 1.936886, 0.6318064],
        &[0.0, -0.5691972, 0.7599031, -0.1577457, -0.9516021, 0.7055403],
    );
    both(
        |p| HuberLoss::default().delta(0.3).reduction(Reduction::Mean).of(p, &t()),
        &p(),
        &[0.3749611],
        &[0.0, -0.05, 0.05, 0.05, 0.05, -0.05],
    );
    both(
        |p| losses::hinge_loss(p, &s()),
        &p(),
        &[1.0, 2.288435, 0.0, 2.726419, 0.3300237, 0.2984335],
        &[-0.0, 0.8912073, -0.0, -0.1577457, 0.9516021, -0.7055403],
    );
    both(
        |p| losses::log_cosh_loss(p, &t()),
        &p(),
        &[0.0, 0.1914339, 0.3887886, 2.410823, 1.751354, 0.5375757],
        &[0.0, -0.5026417, 0.5943862, -0.1571092, -0.9371635, 0.5726423],
    );
    both(|p| losses::cosine_similarity_loss(p, &t()), &p(), &[0.877318, -0.8549324], &[0.0, 0.0, 0.0, 0.06393588, -0.2185657, -0.05139039]);
    both(
        |p| CosineSimilarityLoss::default().axis(0).eps(5.0).reduction(Reduction::Mean).of(p, &t()),
        &p(),
        &[0.04363956],
        &[0.0, 0.1284744, 0.06873352, -0.09170216, -0.117794, 0.02868267],
    );
}

#[test]
fn losses_of_three_are_those_of_mlx() {
    let (v, n) = (|| wave([2, 3], 0.3).abs(), || wave([2, 3], 0.4) * 2);
    both(|p| losses::gaussian_nll_loss(p, &t(), &v()), &p(), &[0.5800776], &[-0.0, -0.3602016, 0.2774312, 0.659995, 0.4357624, -0.1891081]);
    both(
        |p| GaussianNllLoss::default().full(true).eps(0.1).reduction(Reduction::None).of(p, &t(), &v()),
        &p(),
        &[-0.232354, 0.9995912, 1.415427, 6.938653, 4.069458, 1.559786],
        &[-0.0, -1.926086, 1.345813, -0.6246682, -2.488035, 0.8005403],
    );
    both(
        |p| losses::margin_ranking_loss(p, &t(), &s()),
        &p(),
        &[0.0, 0.0, 0.0, 3.101951, 0.0, 0.0],
        &[-0.0, 0.0, -0.0, -0.1577457, 0.0, -0.0],
    );
    both(
        |p| MarginRankingLoss::default().margin(0.4).reduction(Reduction::Mean).of(p, &t(), &s()),
        &p(),
        &[0.6503252],
        &[-0.1666667, 0.0, -0.0, 0.1666667, -0.0, 0.0],
    );
    both(|p| losses::triplet_loss(p, &t(), &n()), &p(), &[1.396641, 2.251321], &[0.0, -0.0, 0.0, 0.7166417, 0.9444751, 0.5415817]);
    both(
        |p| TripletLoss::default().axis(0).p(3.0).margin(3.0).eps(1e-3).reduction(Reduction::Sum).of(p, &t(), &n()),
        &p(),
        &[11.83432],
        &[0.0, -0.2095541, 0.4648152, 1.805445, 1.951981, 0.2543647],
    );
}

#[test]
fn losses_of_classes_are_those_of_mlx() {
    let log = |p: &Array| log_softmax(p, -1);
    let smooth = || CrossEntropy::default().weights(Some(array![0.5, 2.0])).label_smoothing(0.2);
    both(|p| losses::nll_loss(&log(p), &array![2, 0]), &p(), &[0.497559, 0.3617953], &[0.0, 0.0, 0.0, -0.2705483, 0.2157972, 0.05475105]);
    both(
        |p| NllLoss::default().axis(0).reduction(Reduction::Mean).of(p, &array![1, 0, 1]),
        &p(),
        &[-0.7710959],
        &[0.0, -0.3333333, 0.0, -0.3333333, 0.0, -0.3333333],
    );
    both(|p| losses::kl_div_loss(&log(p), &log(&t())), &p(), &[0.2648503, 1.69003], &[0.0, 0.0, 0.0, 0.5058245, 0.1381547, -0.6439793]);
    both(
        |p| KlDivLoss::default().axis(0).reduction(Reduction::Sum).of(p, &t()),
        &p(),
        &[2.292225],
        &[-1.0, -6.869672, -2.803876, -0.252705, -0.1708602, -1.537627],
    );
    both(|p| losses::cross_entropy(p, &array![2, 0]), &p(), &[0.497559, 0.3617953], &[0.0, 0.0, 0.0, -0.2705483, 0.2157972, 0.05475105]);
    both(
        |p| CrossEntropy::default().axis(0).reduction(Reduction::Mean).of(p, &array![1, 0, 1]),
        &p(),
        &[1.111334],
        &[0.05034875, -0.1167107, 0.3117941, -0.05034876, 0.1167107, -0.3117941],
    );
    both(|p| smooth().of(p, &array![2, 0]), &p(), &[0.337225, 1.188181], &[0.0, 0.0, 0.0, -0.3034415, 0.3127668, -0.009325549]);
    both(
        |p| smooth().reduction(Reduction::Mean).of(p, &array![2, 0]),
        &p(),
        &[0.7627029],
        &[0.00451217, 0.06015124, -0.06466341, -0.1702418, 0.1754737, -0.005231973],
    );
    both(|p| losses::cross_entropy(p, &t().softmax(-1)), &p(), &[1.121457, 2.357438], &[0.0, 0.0, 0.0, 0.5058244, 0.1381547, -0.6439793]);
    both(
        |p| CrossEntropy::default().label_smoothing(0.1).of(p, &t().softmax(-1)),
        &p(),
        &[1.147512, 2.274021],
        &[0.0, 0.0, 0.0, 0.487601, 0.116212, -0.6038131],
    );
}

#[test]
fn losses_of_yes_or_no_are_those_of_mlx() {
    let b = || array![[1.0, 0.0, 1.0], [0.0, 1.0, 0.25]];
    let by = || BinaryCrossEntropy::default().weights(Some(wave([2, 3], 0.9).abs()));
    both(
        |p| losses::binary_cross_entropy(p, &b()),
        &p(),
        &[0.8728328],
        &[-0.08333334, 0.130647, -0.02038205, 0.1414923, -0.05641703, 0.0135775],
    );
    both(|p| by().of(p, &b()), &p(), &[0.4804657], &[0.0, 0.1023394, -0.019849, 0.06047096, -0.02496569, 0.01327242]);
    both(
        |p| by().reduction(Reduction::None).of(p, &b()),
        &p(),
        &[0.0, 1.200004, 0.1270304, 0.8078203, 0.1828709, 0.5650692],
        &[0.0, 0.5472335, -0.09628713, -0.05723419, 0.1425444, -0.05618535],
    );
    both(
        |p| BinaryCrossEntropy::default().with_logits(false).of(&p.sigmoid(), &b()),
        &p(),
        &[0.8728328],
        &[-0.08333334, 0.1306471, -0.02038205, 0.1414923, -0.05641703, 0.0135775],
    );
    both(
        |p| by().with_logits(false).reduction(Reduction::Sum).of(&p.sigmoid(), &b()),
        &p(),
        &[2.882794],
        &[0.0, 0.6140361, -0.119094, 0.3628258, -0.1497941, 0.07963452],
    );
    let edge = BinaryCrossEntropy::default().with_logits(false).reduction(Reduction::None);
    close(&edge.of(&array![0.0, 1.0], &array![1.0, 1.0]), &[100.0, 0.0]);
}

#[test]
fn classes_are_counted_as_in_mlx_whatever_their_dtype() {
    assert_eq!(values(&losses::nll_loss(&array![[-1.0, -2.0, -4.0]], &array![-1])), [4.0]);
    // More classes than the targets' dtype has numbers.
    let scores = -Array::arange(0, 300, 1, Dtype::F32).reshape([1, 300]);
    for dtype in [Dtype::U8, Dtype::I8, Dtype::I16, Dtype::U32, Dtype::I64, Dtype::U64] {
        assert_eq!(values(&losses::nll_loss(&scores, &array![5].astype(dtype))), [5.0], "{dtype}");
    }
    assert_eq!(values(&losses::nll_loss(&scores, &array![-2].astype(Dtype::I8))), [298.0]);
}

#[test]
fn axes_batch_and_compile() {
    let (logits, targets) = (wave([4, 2, 5, 3], 0.7), (wave([4, 2, 3], 1.7) * 3 + 3).astype(Dtype::I32));
    let f = |(x, y): &(Array, Array)| CrossEntropy::default().axis(1).label_smoothing(0.1).of(x, y);
    let whole = CrossEntropy::default().axis(2).label_smoothing(0.1).of(&logits, &targets);
    assert_eq!(whole.shape(), [4, 2, 3]);
    let both = (logits, targets);
    close(&vmap(f)(&both), &values(&whole));
    close(&compile(vmap(f))(&both), &values(&whole));
}

#[test]
#[should_panic(expected = "cross_entropy: weights of shape [3] for losses of shape [2]")]
fn weights_are_one_a_loss() {
    CrossEntropy::default().weights(Some(array![1.0, 2.0, 3.0])).of(&p(), &array![0, 1]);
}

#[test]
#[should_panic(expected = "margin_ranking_loss: shapes [2, 3] and [3] differ")]
fn shapes_that_mlx_compares_are_compared() {
    losses::margin_ranking_loss(&p(), &array![1.0, 1.0, 1.0], &s());
}

#[test]
#[should_panic(expected = "cross_entropy: a label smoothing of 1 is not in 0..1")]
fn smoothing_leaves_something() {
    CrossEntropy::default().label_smoothing(1.0).of(&p(), &array![0, 1]);
}

#[test]
fn a_cross_entropy_is_one_pass_over_the_scores() {
    let (scores, targets) = (wave([64, 10], 0.7), array![3].broadcast_to([64]).astype(Dtype::U8).contiguous());
    eval([&scores, &targets]).unwrap();
    for targets in [targets.clone(), targets.astype(Dtype::I32)] {
        eval([&targets]).unwrap();
        let loss = losses::cross_entropy(&scores, &targets);
        let before = counters();
        eval([&loss]).unwrap();
        assert_eq!(counters().kernels - before.kernels, 1, "{}", explain(&[&losses::cross_entropy(&scores, &targets)]));
    }
}
