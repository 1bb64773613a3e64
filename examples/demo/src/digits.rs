//! Handwritten digits: a small network, trained by one compiled step.

use crate::print::{Bar, heading};
use lazulite::nn::{self, Dropout, Linear};
use lazulite::optim::{AdamW, Optimizer, Schedule};
use lazulite::prelude::*;
use lazulite::tree::flatten;
use std::time::Instant;

/// Passes over the training images.
pub const EPOCHS: usize = 60;
const BATCH: usize = 64;
const SIDE: usize = 8;
const PIXELS: usize = SIDE * SIDE;

/// Images and their labels: 1797 of 8 × 8 pixels from 0 to 16, see data/README.md.
const DATA: &[u8] = include_bytes!("../data/digits.bin");

/// One image with its label.
type Digit = &'static [u8];

#[derive(Clone, Module)]
struct Mlp {
    first: Linear,
    second: Linear,
    out: Linear,
    drop: Dropout,
}

impl Mlp {
    fn new(key: &Array) -> Mlp {
        let (a, rest) = random::split(key);
        let (b, c) = random::split(&rest);
        Mlp {
            first: Linear::new(PIXELS, 256, &a),
            second: Linear::new(256, 128, &b),
            out: Linear::new(128, 10, &c),
            drop: Dropout::new(0.2),
        }
    }

    /// Pixels `(batch, 64)` to logits `(batch, 10)`.
    fn forward(&self, x: &Array) -> Array {
        let x = x.astype(Dtype::F32) * (1.0 / 16.0);
        let x = self.drop.forward(&nn::relu(&self.first.forward(&x)));
        let x = self.drop.forward(&nn::relu(&self.second.forward(&x)));
        self.out.forward(&x)
    }
}

/// Numbers for the order of images and their shifts: splitmix64.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % n
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

/// Training and test images: a fifth of each digit is held out.
fn split(rng: &mut Rng) -> (Vec<Digit>, Vec<Digit>) {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for label in 0..10 {
        let mut of_label: Vec<Digit> = DATA.chunks_exact(PIXELS + 1).filter(|d| d[PIXELS] == label).collect();
        rng.shuffle(&mut of_label);
        let held = of_label.len() / 5;
        test.extend(of_label.drain(..held));
        train.extend(of_label);
    }
    (train, test)
}

/// The pixels `(n, 64)` and labels `(n,)` of images, each moved by what `shift` says.
fn arrays(list: &[Digit], mut shift: impl FnMut() -> (usize, usize)) -> Result<(Array, Array)> {
    let mut pixels = Vec::with_capacity(list.len() * PIXELS);
    for d in list {
        let (down, right) = shift();
        // One row and column of margin on each side: a shift of 1 is none.
        let at = |y: usize, x: usize| if (1..=SIDE).contains(&y) && (1..=SIDE).contains(&x) { d[(y - 1) * SIDE + x - 1] } else { 0 };
        pixels.extend((0..PIXELS).map(|i| at(i / SIDE + down, i % SIDE + right)));
    }
    let labels: Vec<i32> = list.iter().map(|d| d[PIXELS] as i32).collect();
    Ok((Array::from_slice(&pixels, [list.len(), PIXELS])?, Array::from_slice(&labels, [list.len()])?))
}

/// Trains on four fifths of the images and returns the accuracy on the rest, in percent.
pub fn run(seed: u64, epochs: usize) -> Result<f64> {
    let (model, test) = train(seed, epochs)?;
    let (x, y) = arrays(&test, || (1, 1))?;
    let predict = |m: &Mlp| m.forward(&x).argmax(-1).astype(Dtype::I32);
    let predictions = predict(&model).to_vec::<i32>()?;

    let path = std::env::temp_dir().join(format!("lazulite-digits-{}.safetensors", std::process::id()));
    model.save(&path)?;
    let loaded = Mlp::new(&random::key(!seed)).load(&path)?;
    assert_eq!(predict(&loaded).to_vec::<i32>()?, predictions, "a model that was saved predicts the same");
    let bytes = std::fs::metadata(&path)?.len();
    std::fs::remove_file(&path)?;
    println!("  saved and loaded: {} kB, the same {} predictions", bytes / 1000, predictions.len());

    let right = predictions.iter().zip(y.to_vec::<i32>()?).filter(|(p, y)| **p == *y).count();
    Ok(100.0 * right as f64 / test.len() as f64)
}

/// The trained model, and the images that it has not seen.
fn train(seed: u64, epochs: usize) -> Result<(Mlp, Vec<Digit>)> {
    let mut rng = Rng(seed);
    let (mut train, test) = split(&mut rng);
    let (start, mut key) = random::split(&random::key(seed));
    let mut model = Mlp::new(&start);
    let about = format!("{} images, {} parameters, a compiled AdamW step, seed {seed}", train.len(), model.num_parameters());
    heading("digits", &about);

    let batches = train.len() / BATCH;
    let opt = AdamW::new(Schedule::cosine(3e-3, (epochs * batches) as u32, 0.0)).weight_decay(0.02).bias_correction(true);
    let mut state = opt.init(&model);
    let step = compile(move |(model, state, key, x, y): &(Mlp, <AdamW as Optimizer>::State, Array, Array, Array)| {
        let (key, now) = random::split(key);
        let loss = |m: &Mlp| nn::with_key(&now, || nn::losses::cross_entropy(&m.forward(x), y).mean(..));
        let (loss, g) = nn::value_and_grad(loss)(model);
        let (model, state) = opt.update(model, &g, state);
        (loss, model, state, key)
    });

    let (bar, started, traces) = (Bar::new(epochs), Instant::now(), counters().traces);
    for epoch in 1..=epochs {
        rng.shuffle(&mut train);
        let mut losses = Vec::with_capacity(batches);
        for batch in train.chunks_exact(BATCH) {
            // Half of the images move by a pixel at most.
            let (x, y) = arrays(batch, || if rng.below(2) == 0 { (rng.below(3), rng.below(3)) } else { (1, 1) })?;
            let next = step(&(model, state, key, x, y));
            async_eval(&flatten(&next))?;
            let loss;
            (loss, model, state, key) = next;
            losses.push(loss);
        }
        let mean = ops::stack(&losses, 0)?.mean(..).item::<f32>()?;
        let speed = (epoch * batches * BATCH) as f64 / started.elapsed().as_secs_f64();
        bar.show(epoch, &format!("epoch {epoch}/{epochs}  loss {mean:.4}  {:.0}k samples/s", speed / 1e3));
    }
    assert_eq!(counters().traces - traces, 1, "the step is traced once");
    Ok((model, test))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_bit_for_bit() {
        let weights = |seed| {
            let (model, _) = train(seed, 2).unwrap();
            let bits = |x: &Array| x.to_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>();
            flatten(&model).iter().map(bits).collect::<Vec<_>>()
        };
        let first = weights(3);
        assert_eq!(first, weights(3));
        assert_ne!(first, weights(4));
    }

    #[test]
    fn a_fifth_of_each_digit_is_held_out() {
        let (train, test) = split(&mut Rng(0));
        assert_eq!((train.len(), test.len()), (1442, 355));
        let count = |list: &[Digit], label: u8| list.iter().filter(|d| d[PIXELS] == label).count();
        assert!((0..10).all(|l| (34..=36).contains(&count(&test, l)) && count(&train, l) >= 4 * count(&test, l)));
    }

    #[test]
    fn two_epochs_learn_most_digits() {
        assert!(run(0, 2).unwrap() > 80.0);
    }
}
