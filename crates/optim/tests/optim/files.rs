//! A model and its optimizer's state in a file: names, and training that goes on from it, compiled, with the same bits.

use crate::values;
use lazulite::io;
use lazulite::nn::{Frozen, Linear};
use lazulite::optim::{AdaDelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Lion, MultiOptimizer, Muon, Optimizer, RMSprop, SGD, Schedule};
use lazulite::prelude::*;
use lazulite::tree::{flatten, named};

/// A layer that is trained, one that is not, and parameters in half precision.
#[derive(Clone, Module)]
struct Model {
    base: Frozen<Linear>,
    head: Linear,
    scale: Array,
}

fn model() -> Model {
    Model {
        base: Frozen::new(Linear::new(3, 4, &random::key(1))),
        head: Linear::new(4, 2, &random::key(2)),
        scale: array![1.0, 0.5].astype(Dtype::BF16),
    }
}

fn step<O: Optimizer>(opt: &O, model: &Model, state: &O::State, x: &Array) -> (Model, O::State) {
    let grads = grad(|m: &Model| {
        let y = m.head.forward(&m.base.get().forward(x).tanh());
        (y * m.scale.astype(Dtype::F32) - 1.0f32).square().mean(..)
    })(model);
    opt.update(model, &grads, state)
}

fn batch(t: u64) -> Array {
    random::normal([8, 3], &random::key(t))
}

fn bits(tree: &impl Tree) -> Vec<u32> {
    flatten(tree).iter().flat_map(|x| values(&x.astype(Dtype::F32))).map(f32::to_bits).collect()
}

/// Six steps; and three, a file, and three more that are compiled.
fn resumes<O: Optimizer + Clone + Send + Sync + 'static>(opt: O) {
    let path = std::env::temp_dir().join(format!("lazulite-resume-{}-{:?}.safetensors", std::process::id(), std::thread::current().id()));
    let start = (model(), opt.init(&model()));
    let (mut whole, mut state) = (model(), opt.init(&model()));
    for t in 0..6 {
        if t == 3 {
            io::save_tree(&path, &(whole.clone(), state.map_arrays(&mut Array::clone))).unwrap();
        }
        (whole, state) = step(&opt, &whole, &state, &batch(t));
    }
    let (mut rest, mut kept) = io::load_tree(&path, &start).unwrap();
    std::fs::remove_file(&path).unwrap();
    let own = opt.clone();
    let compiled = compile(move |(model, state, x): &(Model, O::State, Array)| step(&own, model, state, x));
    for t in 3..6 {
        (rest, kept) = compiled(&(rest, kept, batch(t)));
    }
    assert_eq!(bits(&whole), bits(&rest));
    assert_eq!(bits(&state), bits(&kept));
    assert_ne!(bits(&whole.head), bits(&start.0.head));
    assert_eq!(bits(&whole.base.get()), bits(&start.0.base.get()));
}

#[test]
fn training_resumes_from_a_file_with_the_same_bits() {
    let warm = || Schedule::linear(0.0, 0.1, 4);
    resumes(SGD::new(0.1));
    resumes(SGD::new(warm()).momentum(0.9));
    resumes(Adam::new(warm()).bias_correction(true));
    resumes(AdamW::new(warm()));
    resumes(Adamax::new(warm()));
    resumes(RMSprop::new(warm()));
    resumes(Adagrad::new(warm()));
    resumes(AdaDelta::new(warm()));
    resumes(Lion::new(warm()).weight_decay(0.1));
    resumes(Adafactor::new().beta_1(0.9).warmup_init(true));
    resumes(Muon::new(warm()));
    resumes(MultiOptimizer::new(Muon::new(warm()), |name, _| name == "head.weight", AdamW::new(warm())));
}

fn names(state: &impl Tree) -> Vec<String> {
    named(state).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn states_are_named_as_in_mlx() {
    assert_eq!(names(&SGD::new(0.1).init(&model())), ["step"]);
    assert_eq!(names(&SGD::new(0.1).momentum(0.9).init(&model())), ["step", "head.weight.v", "head.bias.v", "scale.v"]);
    let all = ["step", "head.weight.m", "head.weight.v", "head.bias.m", "head.bias.v", "scale.m", "scale.v"];
    assert_eq!(names(&AdamW::new(0.1).init(&model())), all);
    assert_eq!(names(&Adamax::new(0.1).init(&model())), all);
    let factored = ["step", "head.weight.exp_avg_sq_row", "head.weight.exp_avg_sq_col", "head.bias.exp_avg_sq", "scale.exp_avg_sq"];
    assert_eq!(names(&Adafactor::new().init(&model())), factored);
    let multi = MultiOptimizer::new(Muon::new(0.1), |name, _| name.ends_with("weight"), Adagrad::new(0.1));
    let both = ["states.0.step", "states.0.head.weight.v", "states.1.step", "states.1.head.bias.v", "states.1.scale.v"];
    assert_eq!(names(&multi.init(&model())), both);
    assert_eq!(names(&Lion::new(0.1).init(&array![1.0])), ["step", "m"]);
    assert_eq!(names(&(array![0], RMSprop::new(0.1).init(&array![1.0]))), ["0", "1.step", "1.v"]);
    assert_eq!(names(&AdaDelta::new(0.1).init(&vec![array![1.0]])), ["step", "0.v", "0.u"]);
}
