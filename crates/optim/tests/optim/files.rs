//! A model and its optimizer's state in a file: names, and training that goes on from it with the same bits.

use crate::values;
use lazulite::io;
use lazulite::nn::{Frozen, Linear};
use lazulite::optim::{AdaDelta, Adagrad, Adam, AdamW, Adamax, Lion, Optimizer, RmsProp, Schedule, Sgd};
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

fn gradient(model: &Model, t: u64) -> Model {
    let x = random::normal([8, 3], &random::key(t));
    grad(|m: &Model| {
        let y = m.head.forward(&m.base.get().forward(&x).tanh());
        (y * m.scale.astype(Dtype::F32) - 1.0f32).square().mean(..)
    })(model)
}

fn train<O: Optimizer>(opt: &O, (mut model, mut state): (Model, O::State), steps: std::ops::Range<u64>) -> (Model, O::State) {
    for t in steps {
        (model, state) = opt.update(&model, &gradient(&model, t), &state);
    }
    (model, state)
}

fn bits(tree: &impl Tree) -> Vec<u32> {
    flatten(tree).iter().flat_map(|x| values(&x.astype(Dtype::F32))).map(f32::to_bits).collect()
}

/// Six steps at once, and three, a file, and three more.
fn resumes<O: Optimizer>(opt: O) {
    let path = std::env::temp_dir().join(format!("lazulite-resume-{}-{:?}.safetensors", std::process::id(), std::thread::current().id()));
    let start = (model(), opt.init(&model()));
    let whole = train(&opt, (start.0.clone(), opt.init(&model())), 0..6);
    io::save_tree(&path, &train(&opt, (start.0.clone(), opt.init(&model())), 0..3)).unwrap();
    let rest = train(&opt, io::load_tree(&path, &start).unwrap(), 3..6);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(bits(&whole), bits(&rest));
    assert_ne!(bits(&whole.0.head), bits(&start.0.head));
    assert_eq!(bits(&whole.0.base.get()), bits(&start.0.base.get()));
}

#[test]
fn training_resumes_from_a_file_with_the_same_bits() {
    let warm = || Schedule::linear(0.0, 0.1, 4);
    resumes(Sgd::new(0.1));
    resumes(Sgd::new(warm()).momentum(0.9));
    resumes(Adam::new(warm()).bias_correction(true));
    resumes(AdamW::new(warm()));
    resumes(Adamax::new(warm()));
    resumes(RmsProp::new(warm()));
    resumes(Adagrad::new(warm()));
    resumes(AdaDelta::new(warm()));
    resumes(Lion::new(warm()).weight_decay(0.1));
}

fn names(state: &impl Tree) -> Vec<String> {
    named(state).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn states_are_named_as_in_mlx() {
    assert_eq!(names(&Sgd::new(0.1).init(&model())), ["step"]);
    assert_eq!(names(&Sgd::new(0.1).momentum(0.9).init(&model())), ["step", "head.weight.v", "head.bias.v", "scale.v"]);
    let all = ["step", "head.weight.m", "head.weight.v", "head.bias.m", "head.bias.v", "scale.m", "scale.v"];
    assert_eq!(names(&AdamW::new(0.1).init(&model())), all);
    assert_eq!(names(&Adamax::new(0.1).init(&model())), all);
    assert_eq!(names(&Lion::new(0.1).init(&array![1.0])), ["step", "m"]);
    assert_eq!(names(&(array![0], RmsProp::new(0.1).init(&array![1.0]))), ["0", "1.step", "1.v"]);
    assert_eq!(names(&AdaDelta::new(0.1).init(&vec![array![1.0]])), ["step", "0.v", "0.u"]);
}
