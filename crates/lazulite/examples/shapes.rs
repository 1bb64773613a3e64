//! A small convolutional network learns to tell squares, crosses and stripes apart, wherever they lie in a noisy image.
//!
//! `cargo run -p lazulite --example shapes`: 150 steps, a second or two.

use lazulite::nn::{self, Conv2d, Linear, MaxPool2d};
use lazulite::ops::Conv;
use lazulite::optim::{Adam, Optimizer};
use lazulite::prelude::*;

const SIDE: usize = 12;
const KINDS: usize = 3;

#[derive(Clone, Module)]
struct Net {
    first: Conv2d,
    pool: MaxPool2d,
    second: Conv2d,
    out: Linear,
}

impl Net {
    fn new(key: &Array) -> Net {
        let (a, rest) = random::split(key);
        let (b, c) = random::split(&rest);
        Net {
            first: Conv2d::new(1, 8, [3, 3], Conv::default().padding(1), &a),
            pool: MaxPool2d::new([2, 2]),
            second: Conv2d::new(8, 16, [3, 3], Conv::default().stride(2).padding(1), &b),
            out: Linear::new(16, KINDS, &c),
        }
    }

    /// Images `(n, SIDE, SIDE, 1)` to logits `(n, KINDS)`.
    fn forward(&self, x: &Array) -> Array {
        let x = self.pool.forward(&nn::relu(&self.first.forward(x)));
        let x = nn::relu(&self.second.forward(&x));
        self.out.forward(&x.mean([1, 2]))
    }
}

/// Images `(n, SIDE, SIDE, 1)` with one shape each, and which.
fn images(n: usize, key: &Array) -> (Array, Array) {
    let (a, rest) = random::split(key);
    let (b, rest) = random::split(&rest);
    let (c, d) = random::split(&rest);
    let label = random::randint(0, KINDS, [n, 1, 1], Dtype::I32, &a);
    let corner = |key: &Array| random::randint(0, SIDE - 5, [n, 1, 1], Dtype::I32, key);
    let line = Array::arange(0, SIDE as i32, 1, Dtype::I32);
    let (y, x) = (line.reshape([1, -1, 1]) - corner(&b), line.reshape([1, 1, -1]) - corner(&c));
    let within = |v: &Array| v.ge(0).logical_and(v.lt(5));
    let square = y.eq(0).logical_or(y.eq(4)).logical_or(x.eq(0)).logical_or(x.eq(4));
    let cross = y.eq(2).logical_or(x.eq(2));
    let stripes = (&y - &x).remainder(2).eq(0);
    let shape = select(&label.eq(0), &square, select(&label.eq(1), &cross, &stripes)).logical_and(within(&y)).logical_and(within(&x));
    let noisy = shape.astype(Dtype::F32) + random::normal([n, SIDE, SIDE], &d) * 0.1;
    (noisy.expand_dims(-1), label.reshape([-1]))
}

fn main() -> Result<()> {
    let (start, mut key) = random::split(&random::key(0));
    let mut net = Net::new(&start);
    let adam = Adam::new(4e-3);
    let mut state = adam.init(&net);
    println!("{} parameters", net.num_parameters());
    for step in 1..=150 {
        let (draw, next) = random::split(&key);
        key = next;
        let (x, y) = images(64, &draw);
        let (loss, g) = nn::value_and_grad(|m: &Net| nn::losses::cross_entropy(&m.forward(&x), &y).mean(..))(&net);
        (net, state) = adam.update(&net, &g, &state);
        if step % 30 == 0 {
            println!("step {step:3}: loss {:.4}", loss.item::<f32>()?);
        }
    }
    let (x, y) = images(500, &key);
    let right = net.forward(&x).argmax(-1).astype(Dtype::I32).eq(&y).astype(Dtype::F32).mean(..).item::<f32>()?;
    println!("{:.1} % of 500 new images", 100.0 * right);
    assert!(right > 0.95, "it learns");
    Ok(())
}
