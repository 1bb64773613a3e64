//! Models: derived structs, gradients of the model's type, optimizers, files.

use lazulite::nn::{self, Linear};
use lazulite::optim::{Adam, Optimizer, SGD};
use lazulite::prelude::*;

#[derive(Clone, Module)]
struct Mlp {
    hidden: Linear,
    out: Linear,
    #[module(static)]
    scale: f32,
}

impl Mlp {
    fn new(key: &Array) -> Mlp {
        let (a, b) = random::split(key);
        Mlp { hidden: Linear::new(4, 8, &a), out: Linear::new(8, 2, &b), scale: 1.0 }
    }

    fn forward(&self, x: &Array) -> Array {
        self.out.forward(&nn::gelu(&self.hidden.forward(x))) * self.scale
    }
}

fn loss(model: &Mlp, x: &Array, y: &Array) -> Array {
    nn::losses::cross_entropy(&model.forward(x), y).mean(..)
}

pub fn all() {
    let model = Mlp::new(&random::key(0));
    let x = random::normal([3, 4], &random::key(1));
    let y = array![0, 1, 1];

    // Data captured; the gradient is a model.
    let (l, g): (Array, Mlp) = value_and_grad(|m: &Mlp| loss(m, &x, &y))(&model);
    let _ = (l, &g.hidden.weight);

    // Data passed: a step from state to state, compiled.
    let opt = Adam::new(1e-3);
    let state = opt.init(&model);
    let step = compile(move |(model, state, x, y): &(Mlp, <Adam as Optimizer>::State, Array, Array)| {
        let (l, g) = nn::value_and_grad(|m: &Mlp| loss(m, x, y))(model);
        let (model, state) = opt.update(model, &g, state);
        (l, model, state)
    });
    let (_l, model, _state) = step(&(model, state, x, y));

    // Plain SGD, parameters by name, a file.
    let sgd = SGD::new(0.1);
    let s = sgd.init(&model);
    let (model, _s) = sgd.update(&model, &g, &s);
    let names: Vec<String> = model.parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]);
    let path = std::env::temp_dir().join(format!("lazulite-api-{}.safetensors", std::process::id()));
    model.save(&path).unwrap();
    let again = model.load(&path).unwrap();
    let _ = again.parameters();
    std::fs::remove_file(&path).unwrap();
}
