//! Optimizers against MLX's figures, compiled steps, and schedules.

use lazulite::nn::{self, Linear};
use lazulite::optim::{Adam, AdamW, Optimizer, Schedule, Sgd, clip_grad_norm};
use lazulite::prelude::*;

/// Three steps from (1, -2) with gradients (0.5, -1), (0.2, 0.3), (-0.1, 0.4).
fn three<O: Optimizer>(opt: O) -> Vec<f32> {
    let mut w = array![1.0, -2.0];
    let mut state = opt.init(&w);
    for g in [array![0.5, -1.0], array![0.2, 0.3], array![-0.1, 0.4]] {
        (w, state) = opt.update(&w, &g, &state);
    }
    w.to_vec().unwrap()
}

fn close(found: Vec<f32>, expected: [f32; 2]) {
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-6), "{found:?}, MLX has {expected:?}");
}

#[test]
fn three_steps_are_those_of_mlx() {
    close(three(Sgd::new(0.1)), [0.94, -1.97]);
    close(three(Sgd::new(0.1).momentum(0.9)), [0.8365, -1.826]);
    close(three(Sgd::new(0.1).momentum(0.9).dampening(0.5).weight_decay(0.01)), [0.9154987, -1.90748]);
    close(three(Sgd::new(0.1).momentum(0.9).nesterov(true).weight_decay(0.01)), [0.7854016, -1.798251]);
    close(three(Adam::new(0.1)), [0.02164799, -1.462323]);
    close(three(Adam::new(0.1).betas(0.8, 0.95).eps(1e-3)), [0.7459086, -1.867294]);
    close(three(Adam::new(0.1).bias_correction(true)), [0.7535273, -1.84921]);
    close(three(AdamW::new(0.1)), [0.01966494, -1.457143]);
    close(three(AdamW::new(0.1).weight_decay(0.3).bias_correction(true)), [0.6748061, -1.68175]);
    close(three(Adam::new(Schedule::cosine(0.1, 4, 0.01))), [0.1980976, -1.504121]);
}

#[test]
fn clipping_is_that_of_mlx() {
    let (g, norm) = clip_grad_norm(&(array![2.0, 3.0], array![1.0]), 2.0);
    assert!((norm.item::<f32>().unwrap() - 14f32.sqrt()).abs() < 1e-6);
    let expected = 2.0 / (14f32.sqrt() + 1e-6);
    assert!((g.1.item::<f32>().unwrap() - expected).abs() < 1e-6);
    let (same, _) = clip_grad_norm(&(array![0.1, 0.1], array![7]), 2.0);
    assert_eq!((same.0.to_vec::<f32>().unwrap(), same.1.to_vec::<i32>().unwrap()), (vec![0.1, 0.1], vec![7]));
}

#[test]
fn half_parameters_stay_half() {
    for d in [Dtype::F16, Dtype::BF16] {
        let w = array![1.0, 2.0].astype(d);
        let g = w.clone();
        let adam = AdamW::new(Schedule::linear(0.1, 0.2, 3)).bias_correction(true);
        assert_eq!(adam.update(&w, &g, &adam.init(&w)).0.dtype(), d);
        let sgd = Sgd::new(0.1).momentum(0.9).weight_decay(0.1);
        let (w, state) = sgd.update(&w, &g, &sgd.init(&w));
        assert_eq!((w.dtype(), state.velocity.unwrap().dtype()), (d, d));
    }
}

#[test]
fn integer_parameters_stay_as_they_are() {
    let model = (array![1.0], array![5]);
    let opt = AdamW::new(0.1).weight_decay(1.0);
    let g = grad(|m: &(Array, Array)| (&m.0 * &m.1).sum(..))(&model);
    let ((w, n), _) = opt.update(&model, &g, &opt.init(&model));
    assert_eq!(n.to_vec::<i32>().unwrap(), [5]);
    assert!(w.item::<f32>().unwrap() < 0.6);
}

#[test]
fn a_compiled_step_is_traced_and_planned_once() {
    let (x, y) = (random::normal([16, 4], &random::key(1)), random::normal([16, 1], &random::key(2)));
    let opt = Adam::new(Schedule::cosine(0.05, 40, 0.0)).bias_correction(true);
    let mut model = Linear::new(4, 1, &random::key(0));
    let mut state = opt.init(&model);
    let step = compile(move |(m, s, x, y): &(Linear, <Adam as Optimizer>::State<Linear>, Array, Array)| {
        let (loss, g) = nn::value_and_grad(|m: &Linear| nn::mse(&m.forward(x), y))(m);
        let (m, s) = opt.update(m, &g, s);
        (loss, m, s)
    });
    let start = counters();
    let mut losses = Vec::new();
    let mut plans = Vec::new();
    for _ in 0..40 {
        let (loss, m, s) = step(&(model, state, x.clone(), y.clone()));
        (model, state) = (m, s);
        losses.push(loss.item::<f32>().unwrap());
        plans.push(counters().plans);
    }
    assert_eq!(counters().traces - start.traces, 1);
    assert_eq!(plans[5], plans[39], "steps after the first few plan nothing");
    assert!(losses[39] < losses[0], "{losses:?}");
    assert_eq!(state.step.item::<i32>().unwrap(), 40);
}

#[test]
fn an_update_is_one_tape_a_shape() {
    let model = (Array::ones([1000], Dtype::F32), Array::ones([30, 40], Dtype::F32));
    let g = (Array::full([1000], 0.5, Dtype::F32) + 0, Array::full([30, 40], 0.25, Dtype::F32) + 0);
    let opt = Adam::new(0.1);
    let state = opt.init(&model);
    let ready = [&model.0, &model.1, &g.0, &g.1, &state.step, &state.mean.0, &state.mean.1, &state.square.0, &state.square.1];
    eval(ready).unwrap();
    let (m, s) = opt.update(&model, &g, &state);
    let before = counters().kernels;
    eval([&m.0, &m.1, &s.step, &s.mean.0, &s.mean.1, &s.square.0, &s.square.1]).unwrap();
    let kernels = counters().kernels - before;
    assert!(kernels <= 3, "{kernels}");
}

#[test]
#[should_panic(expected = "belongs to another model")]
fn gradients_of_another_model_are_refused() {
    let opt = Sgd::new(0.1);
    let (model, grads) = (vec![array![1.0]], vec![array![1.0], array![2.0]]);
    opt.update(&model, &grads, &opt.init(&model));
}

#[test]
#[should_panic(expected = "Nesterov's momentum needs momentum")]
fn nesterov_without_momentum_is_refused() {
    let opt = Sgd::new(0.1).nesterov(true);
    opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
}

#[test]
fn schedules_are_those_of_mlx() {
    assert!((Schedule::cosine(0.1, 1000, 0.0).rate(4) - 0.0999961).abs() < 1e-7);
    assert!((Schedule::step(0.1, 0.9, 10).rate(20) - 0.081).abs() < 1e-7);
    assert!((Schedule::exponential(0.1, 0.9).rate(4) - 0.06561).abs() < 1e-7);
    assert!((Schedule::linear(0.0, 0.1, 100).rate(101) - 0.1).abs() < 1e-7);
    let joined = Schedule::linear(0.0, 0.1, 10).then(10, Schedule::cosine(0.1, 200, 0.0));
    assert!((joined.rate(11) - 0.0999938).abs() < 1e-7);
}
