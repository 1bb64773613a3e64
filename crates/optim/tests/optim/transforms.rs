//! Updates within compiled steps and batches.

use crate::{close, values};
use lazulite::nn::{self, Linear};
use lazulite::optim::{
    AdaDelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Lion, Moments, MultiOptimizer, Muon, Optimizer, RMSprop, SGD, Schedule, State,
    clip_grad_norm,
};
use lazulite::prelude::*;
use lazulite::tree::flatten;

fn data() -> (Array, Array) {
    let x = random::normal([32, 4], &random::key(1));
    let y = x.matmul(&array![[1.0], [2.0], [-1.0], [0.5]]) + 3.0;
    (x, y)
}

/// A whole training step.
fn step<O: Optimizer>(opt: &O, model: &Linear, state: &O::State) -> (Array, Linear, O::State) {
    let (x, y) = data();
    let (loss, grads) = value_and_grad(|m: &Linear| nn::losses::mse_loss(&m.forward(&x), &y))(model);
    let (grads, _) = clip_grad_norm(&grads, 2.0);
    let (model, state) = opt.update(model, &grads, state);
    (loss, model, state)
}

/// Thirty steps compiled and thirty not: the same bits from one trace.
fn same_compiled<O: Optimizer + Clone + Send + Sync + 'static>(opt: O)
where
    O::State: Clone,
{
    let model = Linear::new(4, 1, &random::key(2));
    let own = opt.clone();
    let compiled = compile(move |(model, state): &(Linear, O::State)| step(&own, model, state));
    let (mut a, mut s) = (model.clone(), opt.init(&model));
    let (mut b, mut u) = (a.clone(), s.clone());
    let mut traces = 0;
    for _ in 0..30 {
        (_, a, s) = step(&opt, &a, &s);
        let before = counters().traces;
        let next = compiled(&(b, u));
        traces += counters().traces - before;
        (_, b, u) = next;
        eval(&flatten(&(a.clone(), b.clone()))).unwrap();
    }
    assert_eq!(traces, 1);
    let bits = |m: &Linear| flatten(m).iter().flat_map(values).map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(&a), bits(&b));
}

#[test]
fn compiled_steps_trace_once_and_give_the_same_bits() {
    let warm = || Schedule::linear(0.0, 0.1, 5).then(5, Schedule::cosine(0.1, 25, 0.01));
    same_compiled(SGD::new(0.05));
    same_compiled(SGD::new(warm()).momentum(0.9).nesterov(true).weight_decay(0.01));
    same_compiled(Adam::new(Schedule::exponential(0.1, 0.95)).bias_correction(true));
    same_compiled(AdamW::new(warm()).bias_correction(true));
    same_compiled(Adamax::new(warm()));
    same_compiled(RMSprop::new(warm()));
    same_compiled(Adagrad::new(warm()));
    same_compiled(AdaDelta::new(warm()));
    same_compiled(Lion::new(warm()).weight_decay(0.1));
    same_compiled(Adafactor::new().beta_1(0.5));
    same_compiled(Adafactor::new().learning_rate(warm()).weight_decay(0.01));
    same_compiled(Muon::new(warm()));
    same_compiled(MultiOptimizer::new(Muon::new(warm()), |name, _| name == "weight", AdamW::new(warm())));
}

#[test]
fn a_rate_that_is_an_argument_changes_without_a_trace() {
    let f = compile(|(w, rate): &(Array, Array)| {
        let opt = SGD::new(rate);
        opt.update(w, &w.ones_like(), &opt.init(w)).0
    });
    let first = f(&(array![1.0], 0.5f32.into()));
    let before = counters().traces;
    let second = f(&(array![1.0], 0.25f32.into()));
    assert_eq!(counters().traces, before);
    assert_eq!((values(&first), values(&second)), (vec![0.5], vec![0.75]));
}

#[test]
fn an_update_is_lazy_and_one_kernel_an_array() {
    let opt = AdamW::new(0.1);
    let w: Vec<Array> = (0..3).map(|i| Array::ones([64, 32 + i], Dtype::F32)).collect();
    let (w, state) = opt.update(&w, &w, &opt.init(&w));
    eval(&flatten(&(w.clone(), state.clone()))).unwrap();
    let before = counters().kernels;
    let next = opt.update(&w, &w, &state);
    assert_eq!(counters().kernels, before);
    eval(&flatten(&next)).unwrap();
    assert_eq!(counters().kernels - before, 3 + 1, "one for each array, one for the number of the step");
}

#[test]
fn models_train_in_a_batch() {
    let opt = Adam::new(Schedule::linear(0.1, 0.2, 3)).bias_correction(true);
    let (w, g) = (array![[1.0, 2.0], [-1.0, 0.5]], array![[0.1, -3.0], [2.0, 1e-3]]);
    let states = vmap(|w: &Array| opt.init(w))(&w);
    let (all, states) = vmap(|(w, g, s): &(Array, Array, State<Moments>)| opt.update(w, g, s))(&(w.clone(), g.clone(), states));
    let (all, _) = vmap(|(w, g, s): &(Array, Array, State<Moments>)| opt.update(w, g, s))(&(all, g.clone(), states));
    let (one, state) = opt.update(&w, &g, &opt.init(&w));
    let (one, _) = opt.update(&one, &g, &state);
    close(&values(&all), &values(&one), 1e-6);
}

/// Rules that see a parameter whole: in a batch of models, each is seen alone.
#[test]
fn matrices_train_in_a_batch_as_alone() {
    fn check<O: Optimizer>(opt: O) {
        let (w, g) = (random::normal([3, 4, 2], &random::key(5)), random::normal([3, 4, 2], &random::key(6)));
        let states = vmap(|w: &Array| opt.init(w))(&w);
        let update = vmap(|(w, g, s): &(Array, Array, O::State)| opt.update(w, g, s));
        let (all, states) = update(&(w.clone(), g.clone(), states));
        let (all, _) = update(&(all, g.square(), states));
        for i in 0..3 {
            let at = |x: &Array| x.index(i);
            let (one, state) = opt.update(&at(&w), &at(&g), &opt.init(&at(&w)));
            let (one, _) = opt.update(&one, &at(&g.square()), &state);
            close(&values(&at(&all)), &values(&one), 1e-5);
        }
    }
    check(Adafactor::new().beta_1(0.9));
    check(Muon::new(0.1));
    check(MultiOptimizer::new(Muon::new(0.1), |_, x| x.ndim() == 2, Adam::new(0.1)));
}

#[test]
fn an_update_differentiates() {
    // The loss after one step of descent on w^2, by its rate: d/da (w - 2 a w)^2.
    let after = |rate: &Array| {
        let (opt, w) = (SGD::new(rate), Array::from(3.0f32));
        opt.update(&w, &(&w * 2.0), &opt.init(&w)).0.square()
    };
    let d = grad(after)(&Array::from(0.1f32)).item::<f32>().unwrap();
    assert!((d + 2.0 * (3.0 - 0.6) * 6.0).abs() < 1e-4, "{d}");
}
