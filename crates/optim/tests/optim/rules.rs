//! The rules: the papers' recurrences in f64, what is trained and in which dtype, clipping, and errors.

use crate::{close, values};
use lazulite::nn::Frozen;
use lazulite::optim::{
    AdaDelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Lion, MultiOptimizer, Muon, Optimizer, RMSprop, Rule, SGD, Schedule, Step,
    clip_grad_norm,
};
use lazulite::prelude::*;
use lazulite::tree::flatten;
use lazulite::{Complex32, bf16, f16};

/// The gradient of step `t`: changes sign and size.
fn gradient(t: usize) -> f64 {
    (1.7 * t as f64).sin() * 10f64.powi(t as i32 % 3 - 1)
}

/// A float64 weight after some steps, which shows every digit of a rule.
fn run(opt: impl Optimizer, steps: usize) -> f64 {
    let mut w = Array::from(0.8f64);
    let mut state = opt.init(&w);
    for t in 1..=steps {
        (w, state) = opt.update(&w, &Array::from(gradient(t)), &state);
    }
    w.item().unwrap()
}

#[track_caller]
fn equal(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12, "{found}, not {expected}");
}

#[test]
fn adam_is_algorithm_1_of_its_paper() {
    let (a, b1, b2, eps) = (0.01, 0.9, 0.999, 1e-8);
    let (mut w, mut m, mut v) = (0.8, 0.0, 0.0);
    for t in 1..=50 {
        let g = gradient(t);
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        let (mh, vh): (f64, f64) = (m / (1.0 - b1.powi(t as i32)), v / (1.0 - b2.powi(t as i32)));
        w -= a * mh / (vh.sqrt() + eps);
    }
    equal(run(Adam::new(a).bias_correction(true), 50), w);
}

#[test]
fn adamw_is_algorithm_2_of_its_paper() {
    let (a, b1, b2, eps, decay) = (0.01, 0.8, 0.99, 1e-3, 0.1);
    let (mut w, mut m, mut v) = (0.8, 0.0, 0.0);
    for t in 1..=50 {
        let g = gradient(t);
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        let (mh, vh): (f64, f64) = (m / (1.0 - b1.powi(t as i32)), v / (1.0 - b2.powi(t as i32)));
        w -= a * (mh / (vh.sqrt() + eps) + decay * w);
    }
    equal(run(AdamW::new(a).betas(b1, b2).eps(eps).weight_decay(decay).bias_correction(true), 50), w);
}

/// The paper moves `u` and takes the gradient at `u + m v`; what is kept here is that point. On a parabola the two paths are one.
#[test]
fn nesterov_is_the_paper_s_seen_from_where_the_gradient_is_taken() {
    let (a, m) = (0.05, 0.9);
    let (mut u, mut v) = (2.0f64, 0.0f64);
    let opt = SGD::new(a).momentum(m).nesterov(true);
    let mut w = Array::from(u);
    let mut state = opt.init(&w);
    for _ in 0..30 {
        let g = &w * 3.0;
        (w, state) = opt.update(&w, &g, &state);
        v = m * v - a * 3.0 * (u + m * v);
        u += v;
        equal(w.item().unwrap(), u + m * v);
    }
}

#[test]
fn momentum_of_a_constant_gradient_is_a_geometric_sum() {
    let (a, m) = (0.1, 0.9f64);
    let opt = SGD::new(a).momentum(m);
    let mut w = Array::from(0.0f64);
    let mut state = opt.init(&w);
    for t in 1..=40 {
        (w, state) = opt.update(&w, &Array::from(1.0f64), &state);
        equal(w.item().unwrap(), -a * (t as f64 - m * (1.0 - m.powi(t)) / (1.0 - m)) / (1.0 - m));
    }
    let v = state.get("").unwrap().v.as_ref().unwrap().item::<f64>().unwrap();
    equal(v, (1.0 - m.powi(40)) / (1.0 - m));
}

#[test]
fn halves_are_updated_in_float32_and_keep_their_dtype() {
    for dtype in [Dtype::F16, Dtype::BF16] {
        let w = array![1.0, -2.0].astype(dtype);
        // Squares of these underflow in half precision.
        let g = array![1e-4, -1e-4].astype(dtype);
        let opt = Adam::new(0.25).bias_correction(true);
        let mut state = opt.init(&w);
        assert_eq!(state.get("").unwrap().v.dtype(), Dtype::F32);
        let mut next = w.clone();
        for _ in 0..2 {
            (next, state) = opt.update(&next, &g, &state);
        }
        let kept = state.get("").unwrap();
        assert_eq!((next.dtype(), kept.m.dtype(), kept.v.dtype()), (dtype, Dtype::F32, Dtype::F32));
        close(&values(&next.astype(Dtype::F32)), &[0.5, -1.5], 1e-2);
        let (clipped, norm) = clip_grad_norm(&array![3e4, 4e4].astype(dtype), 5.0);
        assert_eq!((clipped.dtype(), norm.dtype()), (dtype, Dtype::F32));
        close(&values(&clipped.astype(Dtype::F32)), &[3.0, 4.0], 1e-2);
    }
    assert_eq!(SGD::new(0.5).update(&array![f16::ONE], &array![f16::ONE], &SGD::new(0.5).init(&array![f16::ONE])).0.dtype(), Dtype::F16);
    let (one, opt) = (array![bf16::ONE], SGD::new(0.5).momentum(0.9));
    assert_eq!(opt.update(&one, &one, &opt.init(&one)).1.get("").unwrap().v.as_ref().unwrap().dtype(), Dtype::F32);
}

#[test]
fn frozen_parts_and_integers_stay() {
    let model = (array![1.0], Frozen::new(array![2.0]), array![3]);
    let grads = (array![1.0], Frozen::new(array![1.0]), array![1]);
    fn check<O: Optimizer>(opt: O, model: &(Array, Frozen<Array>, Array), grads: &(Array, Frozen<Array>, Array)) {
        let (next, state) = opt.update(model, grads, &opt.init(model));
        let (next, _) = opt.update(&next, grads, &state);
        assert!(next.0.item::<f32>().unwrap() < 1.0);
        assert_eq!(next.1.get().item::<f32>().unwrap(), 2.0);
        assert_eq!(next.2.item::<i32>().unwrap(), 3);
    }
    check(SGD::new(0.1).weight_decay(0.5), &model, &grads);
    check(SGD::new(0.1).momentum(0.9), &model, &grads);
    check(Adam::new(0.1), &model, &grads);
    check(Adamax::new(0.1), &model, &grads);
    check(RMSprop::new(0.1), &model, &grads);
    check(Adagrad::new(0.1), &model, &grads);
    check(AdaDelta::new(0.1), &model, &grads);
    check(Lion::new(0.1).weight_decay(0.5), &model, &grads);
    check(Adafactor::new().weight_decay(0.5), &model, &grads);
    check(Muon::new(0.1).weight_decay(0.5), &model, &grads);
    check(MultiOptimizer::new(SGD::new(0.1).weight_decay(0.5), |_, _| true, Adam::new(0.1)), &model, &grads);
    check(MultiOptimizer::new(SGD::new(0.1).weight_decay(0.5), |_, _| false, Adam::new(0.1)), &model, &grads);
    check(AdamW::new(0.1).weight_decay(0.5), &model, &grads);
}

#[test]
fn clipping_leaves_small_gradients_and_what_is_not_trained() {
    let grads = (array![0.3, 0.4], Frozen::new(array![100.0]), array![100]);
    let (same, norm) = clip_grad_norm(&grads, 0.5);
    assert_eq!(norm.item::<f32>().unwrap(), 0.5);
    assert_eq!(values(&same.0), [0.3, 0.4]);
    assert_eq!((same.1.get().item::<f32>().unwrap(), same.2.item::<i32>().unwrap()), (100.0, 100));

    let (zero, norm) = clip_grad_norm(&array![0.0, 0.0], 0.5);
    assert_eq!((values(&zero), norm.item::<f32>().unwrap()), (vec![0.0, 0.0], 0.0));
    let (none, norm) = clip_grad_norm(&Vec::<Array>::new(), 0.5);
    assert_eq!((none.len(), norm.item::<f32>().unwrap()), (0, 0.0));
    let (nan, norm) = clip_grad_norm(&array![1.0, f32::NAN], 0.5);
    assert!(norm.item::<f32>().unwrap().is_nan() && values(&nan).iter().all(|x| x.is_nan()));

    let (z, norm) = clip_grad_norm(&array![Complex32::new(3.0, 4.0)], 1.0);
    assert_eq!(norm.item::<f32>().unwrap(), 5.0);
    assert!((z.item::<Complex32>().unwrap() - Complex32::new(0.6, 0.8)).norm() < 1e-6);
}

#[test]
fn descent_takes_complex_parameters_and_adam_refuses_them() {
    let goal = Complex32::new(1.0, -2.0);
    let mut z = Array::from(Complex32::new(0.0, 0.0));
    let opt = SGD::new(0.1).momentum(0.5);
    let mut state = opt.init(&z);
    for _ in 0..60 {
        let g = grad(|z: &Array| (z - goal).abs().square())(&z);
        (z, state) = opt.update(&z, &g, &state);
    }
    assert!((z.item::<Complex32>().unwrap() - goal).norm() < 1e-3);

    let e = Adam::new(0.1).try_init(&(array![1.0], z)).err().unwrap();
    assert_eq!(e.kind(), ErrorKind::Type);
    assert!(e.to_string().starts_with("adam: parameter `1` is complex64"), "{e}");
}

#[test]
fn what_does_not_fit_is_named() {
    let opt = Adam::new(0.1);
    let model = vec![array![1.0], array![1.0, 2.0]];
    let state = opt.init(&model);
    let error = |grads: Vec<Array>| opt.try_update(&model, &grads, &state).err().unwrap();

    let e = error(vec![array![1.0]]);
    assert_eq!((e.kind(), e.message()), (ErrorKind::Value, "the gradient has 1 arrays, the model 2"));
    let e = error(vec![array![1.0], array![1.0]]);
    assert_eq!((e.kind(), e.message()), (ErrorKind::Value, "parameter `1` has shape [2], its gradient [1]"));
    let e = error(vec![array![f16::ONE], array![1.0, 2.0]]);
    assert_eq!((e.kind(), e.message()), (ErrorKind::Type, "parameter `0` is float32, its gradient float16 instead of float32"));

    let other = opt.init(&vec![array![1.0], array![1.0]]);
    let e = opt.try_update(&model, &model, &other).err().unwrap();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Value, "`m` of parameter `1` has shape [1] instead of [2]"));

    let (plain, heavy) = (SGD::new(0.1), SGD::new(0.1).momentum(0.9));
    let e = heavy.try_update(&model, &model, &plain.init(&model)).err().unwrap();
    assert_eq!(e.message(), "the state of parameter `0` is nothing, where `v` is needed");
    let e = plain.try_update(&model, &model, &heavy.init(&model)).err().unwrap();
    assert_eq!(e.message(), "the state of parameter `0` is `v`, where nothing is needed");
    let shorter = opt.init(&vec![array![1.0]]);
    let e = opt.try_update(&model, &model, &shorter).err().unwrap();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Value, "the state has no parameter `1`"));
    let longer = opt.init(&(array![1.0], array![1.0, 2.0], array![1.0]));
    let e = opt.try_update(&model, &model, &longer).err().unwrap();
    assert_eq!(e.message(), "the state has a parameter `2`, which the model does not train");
    let nested = opt.init(&(array![1.0], (array![1.0, 2.0],)));
    let e = opt.try_update(&model, &model, &nested).err().unwrap();
    assert_eq!(e.message(), "the state has parameter `1.0` where the model has `1`");
    let e = opt.update_named(&[("w", &model[0])], &[], &shorter).err().unwrap();
    assert_eq!(e.message(), "0 gradients of 1 parameters");

    let e = heavy.nesterov(true).dampening(0.5).try_init(&model).err().unwrap();
    assert_eq!(e.message(), "Nesterov's needs momentum and no dampening, not 0.9 and 0.5");
}

#[test]
fn errors_point_at_the_caller() {
    let (opt, x) = (SGD::new(0.1), array![1.0]);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| opt.update(&x, &array![1.0, 2.0], &opt.init(&x)))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("rules.rs"), "{text}");
    let e = opt.try_update(&x, &array![1.0, 2.0], &opt.init(&x)).err().unwrap();
    assert!(e.to_string().contains("rules.rs"), "{e}");
}

#[test]
#[should_panic(expected = "the second beta, 1, is not in 0..1")]
fn a_share_of_one_is_refused() {
    let _ = Adam::new(0.1).betas(0.9, 1.0);
}

#[test]
#[should_panic(expected = "the largest norm, 0, is not positive and finite")]
fn a_norm_of_zero_is_refused() {
    let _ = clip_grad_norm(&array![1.0], 0.0);
}

#[test]
#[should_panic(expected = "eps, 0, is not positive and finite")]
fn an_adagrad_that_may_divide_by_zero_is_refused() {
    let _ = Adagrad::new(0.1).eps(0.0);
}

/// A rule of a user's: what is wrong with what it returns is said, and nothing is updated.
#[test]
fn a_rule_that_changes_a_shape_is_refused() {
    struct Bad;
    impl Rule for Bad {
        type Kept = ();
        const NAME: &'static str = "bad";
        fn learning_rate(&self) -> Schedule {
            0.1.into()
        }
        fn init_single(&self, _: &Array) {}
        fn apply_single(&self, gradient: &Array, _: &Array, _: &(), _: &Step) -> (Array, ()) {
            (gradient.sum(..), ())
        }
    }
    let x = array![1.0, 2.0];
    let e = Bad.try_update(&x, &x, &Bad.init(&x)).err().unwrap();
    assert_eq!(e.message(), "the parameter has shape [2], its update []");
}

#[test]
fn errors_of_several_rules_name_the_one_and_point_at_the_caller() {
    let opt = MultiOptimizer::new(Muon::new(0.1), |_, x| x.ndim() >= 2, SGD::new(0.1).nesterov(true));
    let e = opt.try_init(&array![1.0]).err().unwrap();
    assert!(e.op() == "sgd" && e.to_string().contains("rules.rs"), "{e}");
    let opt = MultiOptimizer::new(Muon::new(0.1), |_, x| x.ndim() >= 2, Adam::new(0.1));
    let model = (array![[1.0]], array![1.0]);
    let state = opt.init(&model);
    let e = opt.try_update(&model, &(array![[1.0, 2.0]], array![1.0]), &state).err().unwrap();
    assert_eq!((e.op(), e.message()), ("muon", "parameter `0` has shape [1, 1], its gradient [1, 2]"));
    assert!(e.to_string().contains("rules.rs"), "{e}");
    // The filter says something else of a model of other shapes.
    let turned = (array![1.0], array![[1.0]]);
    let e = opt.try_update(&turned, &turned, &state).err().unwrap();
    assert_eq!((e.op(), e.message()), ("muon", "the state has parameter `0` where the model has `1`"));
    let e = opt.update_named(&[("w", &model.0)], &[], &state).err().unwrap();
    assert_eq!((e.op(), e.message()), ("multi", "0 gradients of 1 parameters"));
}

#[test]
fn what_is_empty_is_updated_to_nothing() {
    fn check(opt: impl Optimizer) {
        for shape in [&[0][..], &[0, 3], &[3, 0], &[2, 0, 3]] {
            let x = Array::zeros(shape.to_vec(), Dtype::F32);
            let (next, state) = opt.update(&x, &x, &opt.init(&x));
            let (next, _) = opt.update(&next, &x, &state);
            assert_eq!((next.shape(), values(&next).len()), (shape, 0));
        }
    }
    check(SGD::new(0.1).momentum(0.9));
    check(Adafactor::new().beta_1(0.5));
    check(Muon::new(0.1));
}

#[test]
fn zero_gradients_move_nothing() {
    fn check(opt: impl Optimizer) {
        let x = array![[1.0, -2.0], [0.5, 0.0], [3.0, 1.0]];
        let zero = x.zeros_like();
        let (next, state) = opt.update(&x, &zero, &opt.init(&x));
        let (next, _) = opt.update(&next, &zero, &state);
        assert_eq!(values(&next), values(&x));
    }
    check(Adafactor::new());
    check(Muon::new(0.1).weight_decay(0.0));
    check(Adagrad::new(0.1));
    check(RMSprop::new(0.1));
    check(AdaDelta::new(0.1));
    check(Adamax::new(0.1));
    check(Lion::new(0.1));
}

#[test]
fn doubles_stay_doubles_and_agree_with_singles() {
    fn check(opt: impl Optimizer) {
        let run = |dtype: Dtype| {
            let mut w = array![[1.0, -2.0], [0.5, 0.25], [3.0, 1.0]].astype(dtype);
            let mut state = opt.init(&w);
            for t in 1..6 {
                (w, state) = opt.update(&w, &(&w * gradient(t)), &state);
            }
            assert!(flatten(&state)[1..].iter().all(|x| x.dtype() == dtype));
            assert_eq!(w.dtype(), dtype);
            values(&w.astype(Dtype::F32))
        };
        close(&run(Dtype::F64), &run(Dtype::F32), 1e-5);
    }
    check(SGD::new(0.1).momentum(0.9));
    check(AdamW::new(Schedule::linear(0.0, 0.1, 3)).bias_correction(true));
    check(Adamax::new(0.1));
    check(RMSprop::new(0.1));
    check(Adagrad::new(0.1));
    check(AdaDelta::new(0.1));
    check(Lion::new(0.1));
    check(Adafactor::new().beta_1(0.9).weight_decay(0.1));
    check(Adafactor::new().learning_rate(0.1).scale_parameter(false));
    check(Muon::new(Schedule::cosine(0.1, 9, 0.0)));
}
