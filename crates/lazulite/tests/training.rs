//! A program as a user writes it: a small convolutional classifier, trained by Muon for hidden matrices and AdamW for the rest, kept in a
//! file midway and resumed from there with the same bits.

use lazulite::nn::{self, Conv2d, LayerNorm, Linear};
use lazulite::ops::Conv;
use lazulite::optim::{AdamW, MultiOptimizer, Muon, Optimizer, Schedule, clip_grad_norm};
use lazulite::prelude::*;
use lazulite::tree::{flatten, map_named, map2, named};
use lazulite::{io, random};
use std::collections::BTreeMap;
use std::f64::consts::PI;

const SIDE: i64 = 8;

#[derive(Clone, Module)]
struct Net {
    conv: Conv2d,
    norm: LayerNorm,
    hidden: Vec<Linear>,
    head: Linear,
}

impl Net {
    fn new(key: &Array) -> Net {
        let key = |i: i64| random::split_n(key, 4).index(i);
        Net {
            conv: Conv2d::new(1, 6, [3, 3], Conv::default().padding(1), &key(0)),
            norm: LayerNorm::new(96),
            hidden: vec![Linear::new(96, 32, &key(1)), Linear::new(32, 32, &key(2))],
            head: Linear::new(32, 3, &key(3)),
        }
    }

    fn forward(&self, x: &Array) -> Array {
        let patches = nn::max_pool(&nn::relu(&self.conv.forward(x)), &[2, 2], &[2, 2], &[0, 0]);
        let mut h = self.norm.forward(&patches.flatten(1, -1));
        for layer in &self.hidden {
            h = nn::gelu(&layer.forward(&h));
        }
        self.head.forward(&h)
    }
}

type Opt = MultiOptimizer<Muon, AdamW>;

fn optimizer() -> Opt {
    let rate = |most: f64| Schedule::linear(0.0, most, 5).then(5, Schedule::cosine(most, 35, most / 10.0));
    let hidden = |name: &str, x: &Array| x.ndim() >= 2 && !name.starts_with("head.");
    MultiOptimizer::new(Muon::new(rate(0.02)), hidden, AdamW::new(rate(3e-3)).bias_correction(true))
}

/// All that a run is, and all that its file holds.
#[derive(Clone, Tree)]
struct Run {
    model: Net,
    /// A running average of the model's weights.
    mean: Net,
    state: <Opt as Optimizer>::State,
    key: Array,
}

impl Run {
    fn new(opt: &Opt, seed: u64) -> Run {
        let model = Net::new(&random::key(seed));
        Run { mean: model.clone(), state: opt.init(&model), model, key: random::key(seed + 1) }
    }
}

/// Pictures of stripes that lie, stripes that stand and crossings of both, moved at random and noisy, with the kind of each.
fn pictures(n: i64, key: &Array) -> (Array, Array) {
    let (kinds, rest) = random::split(key);
    let (phases, noise) = random::split(&rest);
    let kind = (random::uniform([n as usize], &kinds) * 3.0).astype(Dtype::I32);
    let phase = random::uniform([n as usize, 2], &phases) * (2.0 * PI);
    let along = Array::arange(0.0, SIDE as f64, 1.0, Dtype::F32) * (PI / 2.0);
    let down = (along.reshape([1, SIDE, 1]) + phase.index((.., 0)).reshape([n, 1, 1])).sin();
    let across = (along.reshape([1, 1, SIDE]) + phase.index((.., 1)).reshape([n, 1, 1])).sin();
    let is = |k: i32| kind.equal(k).reshape([n, 1, 1]).astype(Dtype::F32);
    let plain = is(0) * &down + is(1) * &across + is(2) * (&down * &across) * 1.5;
    let noisy = plain + random::normal([n as usize, SIDE as usize, SIDE as usize], &noise) * 0.3;
    (noisy.expand_dims(-1), kind)
}

fn step(opt: &Opt, run: &Run) -> (Array, Run) {
    let (now, key) = random::split(&run.key);
    let (x, y) = pictures(48, &now);
    let (loss, grads) = value_and_grad(|m: &Net| nn::losses::cross_entropy(&m.forward(&x), &y).mean(..))(&run.model);
    let (grads, _norm) = clip_grad_norm(&grads, 1.0);
    let (model, state) = opt.update(&run.model, &grads, &run.state);
    let mean = map2(&run.mean, &model, |mean, w| mean * 0.9 + w * 0.1).expect("one model");
    (loss, Run { model, mean, state, key })
}

fn accuracy(model: &Net) -> f32 {
    let (x, y) = pictures(256, &random::key(99));
    model.forward(&x).argmax(-1).astype(Dtype::I32).equal(&y).astype(Dtype::F32).mean(..).item().unwrap()
}

fn bits(tree: &impl Tree) -> Vec<u32> {
    flatten(tree).iter().flat_map(|x| x.astype(Dtype::F32).to_vec::<f32>().unwrap()).map(f32::to_bits).collect()
}

#[test]
fn a_run_learns_and_resumes_from_its_file_with_the_same_bits() {
    let path = std::env::temp_dir().join(format!("lazulite-run-{}.safetensors", std::process::id()));
    let opt = optimizer();
    let own = opt.clone();
    let train = compile(move |run: &Run| step(&own, run));

    let mut run = Run::new(&opt, 3);
    let before = accuracy(&run.model);
    let mut losses = Vec::new();
    for t in 0..40 {
        if t == 20 {
            io::save_tree(&path, &run).unwrap();
        }
        let (loss, next) = train(&run);
        losses.push(loss.item::<f32>().unwrap());
        run = next;
    }
    let (last, mean) = (accuracy(&run.model), accuracy(&run.mean));
    assert!(before < 0.6 && last > 0.9 && mean > 0.85, "{before} {last} {mean} {losses:?}");

    // As another process would: another model, another optimizer, a step traced again.
    let opt = optimizer();
    let mut resumed = io::load_tree(&path, &Run::new(&opt, 1000)).unwrap();
    std::fs::remove_file(&path).unwrap();
    let own = opt.clone();
    let train = compile(move |run: &Run| step(&own, run));
    for loss in &losses[20..] {
        let (again, next) = train(&resumed);
        assert_eq!(again.item::<f32>().unwrap().to_bits(), loss.to_bits());
        resumed = next;
    }
    assert_eq!(bits(&resumed), bits(&run));
}

#[test]
fn who_trains_what_and_how_much_can_be_asked_by_name() {
    let opt = optimizer();
    let model = Net::new(&random::key(0));
    let state = opt.init(&model);
    let names: Vec<&str> = state.states.0.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["conv.weight", "hidden.0.weight", "hidden.1.weight"]);
    let rest: Vec<&str> = state.states.1.iter().map(|(name, _)| name).collect();
    assert_eq!(rest, ["conv.bias", "norm.weight", "norm.bias", "hidden.0.bias", "hidden.1.bias", "head.weight", "head.bias"]);

    // Counts by the first part of the name, and over all.
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for (name, x) in model.trainable_parameters() {
        *sizes.entry(name.split('.').next().unwrap().to_string()).or_default() += x.size();
    }
    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(sizes, [("conv", 60), ("head", 99), ("hidden", 96 * 32 + 32 + 32 * 32 + 32), ("norm", 192)]);
    assert_eq!(model.num_parameters(), sizes.iter().map(|(_, n)| n).sum::<usize>());
    let kept: usize = flatten(&state).iter().map(Array::size).sum();
    let twice: usize = rest.iter().map(|name| model.parameters().iter().find(|p| p.0 == *name).unwrap().1.size()).sum();
    assert_eq!(kept, 1 + (model.num_parameters() - twice) + 1 + 2 * twice);

    // Some parts in half precision, the head from another model.
    let other: BTreeMap<String, Array> =
        named(&Net::new(&random::key(1))).into_iter().filter(|(name, _)| name.starts_with("head.")).collect();
    let mixed = map_named(&model, |name, x| match other.get(name) {
        Some(y) => y.clone(),
        None if name.starts_with("hidden.") => x.astype(Dtype::BF16),
        None => x.clone(),
    });
    assert_eq!((mixed.hidden[0].weight.dtype(), mixed.conv.weight.dtype()), (Dtype::BF16, Dtype::F32));
    assert_eq!(bits(&mixed.head.weight), bits(&other["head.weight"]));
    assert_eq!(bits(&mixed.conv), bits(&model.conv));

    // All at once: the norm of the model.
    let norm = flatten(&model).iter().map(|x| x.square().sum(..)).reduce(|a, b| a + b).unwrap().sqrt();
    assert!((norm.item::<f32>().unwrap() - clip_grad_norm(&model, 1.0).1.item::<f32>().unwrap()).abs() < 1e-4);
}
