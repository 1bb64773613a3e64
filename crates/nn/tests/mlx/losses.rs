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
    both(|p| losses::mse_loss(p, &t()), &p(), &[3.022136], &[0.0, -0.212894, 0.313299, 1.033984, 0.812295, -0.377269]);
    both(
        |p| MseLoss::default().reduction(Reduction::None).of(p, &t()),
        &p(),
        &[0.0, 0.407913, 0.883406, 9.622101, 5.938411, 1.280986],
        &[0.0, -1.138394, 1.519806, -0.978639, -4.637891, 1.59707],
    );
    both(|p| losses::l1_loss(p, &t()), &p(), &[1.37487], &[0.0, -0.166667, 0.166667, 0.166667, 0.166667, -0.166667]);
    both(|p| L1Loss::default().reduction(Reduction::Sum).of(p, &t()), &p(), &[8.249221], &[0.0, -1.0, 1.0, 1.0, 1.0, -1.0]);
    both(|p| losses::smooth_l1_loss(p, &t()), &p(), &[0.969384], &[0.0, -0.106447, 0.156649, 0.166667, 0.166667, -0.166667]);
    both(
        |p| SmoothL1Loss::default().beta(0.5).reduction(Reduction::None).of(p, &t()),
        &p(),
        &[0.0, 0.388681, 0.689897, 2.851951, 2.186886, 0.881806],
        &[0.0, -0.891207, 0.808496, -0.157746, -0.951602, 0.70554],
    );
    both(
        |p| losses::huber_loss(p, &t()),
        &p(),
        &[0.0, 0.203957, 0.441703, 2.601951, 1.936886, 0.631806],
        &[0.0, -0.569197, 0.759903, -0.157746, -0.951602, 0.70554],
    );
    both(
        |p| HuberLoss::default().delta(0.3).reduction(Reduction::Mean).of(p, &t()),
        &p(),
        &[0.374961],
        &[0.0, -0.05, 0.05, 0.05, 0.05, -0.05],
    );
    both(
        |p| losses::hinge_loss(p, &s()),
        &p(),
        &[1.0, 2.288435, 0.0, 2.726419, 0.330024, 0.298434],
        &[-0.0, 0.891207, -0.0, -0.157746, 0.951602, -0.70554],
    );
    both(
        |p| losses::log_cosh_loss(p, &t()),
        &p(),
        &[0.0, 0.191434, 0.388789, 2.410823, 1.751354, 0.537576],
        &[0.0, -0.502642, 0.594386, -0.157109, -0.937164, 0.572642],
    );
    both(|p| losses::cosine_similarity_loss(p, &t()), &p(), &[0.877318, -0.854932], &[0.0, 0.0, 0.0, 0.063936, -0.218566, -0.05139]);
    both(
        |p| CosineSimilarityLoss::default().axis(0).eps(5.0).reduction(Reduction::Mean).of(p, &t()),
        &p(),
        &[0.04364],
        &[0.0, 0.128474, 0.068734, -0.091702, -0.117794, 0.028683],
    );
}

#[test]
fn losses_of_three_are_those_of_mlx() {
    let (v, n) = (|| wave([2, 3], 0.3).abs(), || wave([2, 3], 0.4) * 2);
    both(|p| losses::gaussian_nll_loss(p, &t(), &v()), &p(), &[0.580078], &[-0.0, -0.360202, 0.277431, 0.659995, 0.435762, -0.189108]);
    both(
        |p| GaussianNllLoss::default().full(true).eps(0.1).reduction(Reduction::None).of(p, &t(), &v()),
        &p(),
        &[-0.232354, 0.999591, 1.415427, 6.938653, 4.069458, 1.559786],
        &[-0.0, -1.926086, 1.345813, -0.624668, -2.488035, 0.80054],
    );
    both(
        |p| losses::margin_ranking_loss(p, &t(), &s()),
        &p(),
        &[0.0, 0.0, 0.0, 3.101951, 0.0, 0.0],
        &[-0.0, 0.0, -0.0, -0.157746, 0.0, -0.0],
    );
    both(
        |p| MarginRankingLoss::default().margin(0.4).reduction(Reduction::Mean).of(p, &t(), &s()),
        &p(),
        &[0.650325],
        &[-0.166667, 0.0, -0.0, 0.166667, -0.0, 0.0],
    );
    both(|p| losses::triplet_loss(p, &t(), &n()), &p(), &[1.396641, 2.251321], &[0.0, -0.0, 0.0, 0.716642, 0.944475, 0.541582]);
    both(
        |p| TripletLoss::default().axis(0).p(3.0).margin(3.0).eps(1e-3).reduction(Reduction::Sum).of(p, &t(), &n()),
        &p(),
        &[11.83432],
        &[0.0, -0.209554, 0.464815, 1.805445, 1.951981, 0.254365],
    );
}

#[test]
fn losses_of_classes_are_those_of_mlx() {
    let log = |p: &Array| log_softmax(p, -1);
    let smooth = || CrossEntropy::default().weights(array![0.5, 2.0]).label_smoothing(0.2);
    both(|p| losses::nll_loss(&log(p), &array![2, 0]), &p(), &[0.497559, 0.361795], &[0.0, 0.0, 0.0, -0.270548, 0.215797, 0.054751]);
    both(
        |p| NllLoss::default().axis(0).reduction(Reduction::Mean).of(p, &array![1, 0, 1]),
        &p(),
        &[-0.771096],
        &[0.0, -0.333333, 0.0, -0.333333, 0.0, -0.333333],
    );
    both(|p| losses::kl_div_loss(&log(p), &log(&t())), &p(), &[0.26485, 1.69003], &[0.0, 0.0, 0.0, 0.505825, 0.138155, -0.643979]);
    both(
        |p| KlDivLoss::default().axis(0).reduction(Reduction::Sum).of(p, &t()),
        &p(),
        &[2.292225],
        &[-1.0, -6.869672, -2.803876, -0.252705, -0.17086, -1.537627],
    );
    both(|p| losses::cross_entropy(p, &array![2, 0]), &p(), &[0.497559, 0.361795], &[0.0, 0.0, 0.0, -0.270548, 0.215797, 0.054751]);
    both(
        |p| CrossEntropy::default().axis(0).reduction(Reduction::Mean).of(p, &array![1, 0, 1]),
        &p(),
        &[1.111334],
        &[0.050349, -0.116711, 0.311794, -0.050349, 0.116711, -0.311794],
    );
    both(|p| smooth().of(p, &array![2, 0]), &p(), &[0.337225, 1.188181], &[0.0, 0.0, 0.0, -0.303441, 0.312767, -0.009326]);
    both(
        |p| smooth().reduction(Reduction::Mean).of(p, &array![2, 0]),
        &p(),
        &[0.762703],
        &[0.004512, 0.060151, -0.064663, -0.170242, 0.175474, -0.005232],
    );
    both(|p| losses::cross_entropy(p, &t().softmax(-1)), &p(), &[1.121457, 2.357438], &[0.0, 0.0, 0.0, 0.505824, 0.138155, -0.643979]);
    both(
        |p| CrossEntropy::default().label_smoothing(0.1).of(p, &t().softmax(-1)),
        &p(),
        &[1.147512, 2.274021],
        &[0.0, 0.0, 0.0, 0.487601, 0.116212, -0.603813],
    );
}

#[test]
fn losses_of_yes_or_no_are_those_of_mlx() {
    let b = || array![[1.0, 0.0, 1.0], [0.0, 1.0, 0.25]];
    let by = || BinaryCrossEntropy::default().weights(wave([2, 3], 0.9).abs());
    both(|p| losses::binary_cross_entropy(p, &b()), &p(), &[0.872833], &[-0.083333, 0.130647, -0.020382, 0.141492, -0.056417, 0.013577]);
    both(|p| by().of(p, &b()), &p(), &[0.480466], &[0.0, 0.102339, -0.019849, 0.060471, -0.024966, 0.013272]);
    both(
        |p| by().reduction(Reduction::None).of(p, &b()),
        &p(),
        &[0.0, 1.200004, 0.12703, 0.80782, 0.182871, 0.565069],
        &[0.0, 0.547234, -0.096287, -0.057234, 0.142544, -0.056185],
    );
    both(
        |p| BinaryCrossEntropy::default().with_logits(false).of(&p.sigmoid(), &b()),
        &p(),
        &[0.872833],
        &[-0.083333, 0.130647, -0.020382, 0.141492, -0.056417, 0.013577],
    );
    both(
        |p| by().with_logits(false).reduction(Reduction::Sum).of(&p.sigmoid(), &b()),
        &p(),
        &[2.882794],
        &[0.0, 0.614036, -0.119094, 0.362826, -0.149794, 0.079635],
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
    CrossEntropy::default().weights(array![1.0, 2.0, 3.0]).of(&p(), &array![0, 1]);
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

#[test]
fn slopes_are_finite_where_a_loss_is_cut_off() {
    // MLX's are NaN.
    let (zeros, y) = (Array::zeros([2, 2], Dtype::F32), array![[3.0, 4.0], [0.0, 0.0]]);
    close(&grad(|x: &Array| losses::cosine_similarity_loss(x, &y).sum(..))(&zeros), &[3e8, 4e8, 0.0, 0.0]);
    let half = |x: &Array| x.astype(Dtype::F16);
    close(&losses::cosine_similarity_loss(&half(&zeros), &half(&y)), &[0.0, 0.0]);
    close(&losses::cosine_similarity_loss(&half(&(&y * 1e3)), &half(&y)), &[1.0, 0.0]);

    let (p, t) = (array![0.0, 1.0, 0.0, 1.0], array![0.0, 1.0, 1.0, 0.0]);
    let sum = |p: &Array| BinaryCrossEntropy::default().with_logits(false).reduction(Reduction::Sum).of(p, &t);
    close(&grad(sum)(&p), &[1.0, -1.0, 0.0, 0.0]);
    assert!(sum(&array![-0.1, 1.0, 0.0, 0.0]).item::<f32>().unwrap().is_nan(), "no probability");
}
