//! Sizes and inputs, those of `benches/peers`: the same numbers for all.

use lazulite::prelude::*;

pub const ELEMENTS: usize = 1 << 22;
pub const ROWS: usize = 2048;
pub const COLS: usize = 2048;
/// Side of the matrices that are multiplied.
pub const SIDE: usize = 1024;
/// Queries, keys and values: batch, heads, length, features.
pub const HEADS: [usize; 4] = [1, 8, 512, 64];
/// Images: count, height, width, channels. The kernel is 3 by 3 and keeps the channels.
pub const IMAGES: [usize; 4] = [8, 56, 56, 64];
pub const PICKED: usize = 4096;
pub const EXAMPLES: usize = 256;
/// Features of each layer of the perceptron.
pub const LAYERS: [usize; 4] = [784, 512, 512, 10];
/// The transformer's batch, tokens, features, heads, layers and vocabulary.
pub const GPT: Gpt = Gpt { batch: 4, tokens: 128, features: 256, heads: 4, layers: 4, vocabulary: 512 };
pub const RATE: f64 = 1e-3;

pub struct Gpt {
    pub batch: usize,
    pub tokens: usize,
    pub features: usize,
    pub heads: usize,
    pub layers: usize,
    pub vocabulary: usize,
}

/// A parameter's shape and values.
pub type Parameter = (Vec<usize>, Vec<f32>);

pub struct Inputs {
    pub elements: [Vec<f32>; 2],
    pub matrix: Vec<f32>,
    pub row: Vec<f32>,
    pub factors: [Vec<f32>; 2],
    pub small: Vec<f32>,
    /// Queries, keys, values.
    pub heads: [Vec<f32>; 3],
    pub images: Vec<f32>,
    /// Outputs, height, width, channels.
    pub kernel: Vec<f32>,
    pub picked: Vec<u32>,
    pub examples: Vec<f32>,
    pub labels: Vec<u32>,
    pub tokens: Vec<u32>,
    /// Weight and bias of each layer.
    pub perceptron: Vec<Parameter>,
    /// The embedding, the positions, and of each layer: the projections in, out, up, down, and the weights of both norms.
    pub transformer: Vec<Parameter>,
}

struct Draws(i32);

impl Draws {
    fn key(&mut self) -> Array {
        self.0 += 1;
        random::key(self.0 as u64)
    }

    fn normal(&mut self, n: usize) -> Vec<f32> {
        random::normal([n], &self.key()).to_vec().expect("memory")
    }

    fn below(&mut self, most: usize, n: usize) -> Vec<u32> {
        (random::uniform([n], &self.key()) * most as f32).astype(Dtype::U32).to_vec().expect("memory")
    }

    fn scaled(&mut self, shape: &[usize], scale: f32) -> Parameter {
        (shape.to_vec(), self.normal(shape.iter().product()).into_iter().map(|x| x * scale).collect())
    }
}

impl Inputs {
    pub fn draw() -> Inputs {
        let d = &mut Draws(0);
        let heads = HEADS.iter().product();
        let ones = |n: usize| (vec![n], vec![1.0; n]);
        let Gpt { batch, tokens, features: f, layers, vocabulary, .. } = GPT;
        let mut transformer = vec![d.scaled(&[vocabulary, f], 0.02), d.scaled(&[tokens, f], 0.02)];
        for _ in 0..layers {
            for (input, output) in [(f, 3 * f), (f, f), (f, 4 * f), (4 * f, f)] {
                transformer.push(d.scaled(&[input, output], 0.02));
            }
            transformer.extend([ones(f), ones(f)]);
        }
        let layer = |(i, o): (usize, usize), d: &mut Draws| [d.scaled(&[i, o], 0.05), (vec![o], vec![0.0; o])];
        let perceptron = LAYERS.iter().copied().zip(LAYERS[1..].iter().copied()).flat_map(|l| layer(l, d)).collect();
        Inputs {
            elements: [d.normal(ELEMENTS), d.normal(ELEMENTS)],
            matrix: d.normal(ROWS * COLS),
            row: d.normal(COLS),
            factors: [d.normal(SIDE * SIDE), d.normal(SIDE * SIDE)],
            small: d.normal(16),
            heads: [d.normal(heads), d.normal(heads), d.normal(heads)],
            images: d.normal(IMAGES.iter().product()),
            kernel: d.normal(IMAGES[3] * 9 * IMAGES[3]),
            picked: d.below(ROWS, PICKED),
            examples: d.normal(EXAMPLES * LAYERS[0]),
            labels: d.below(LAYERS[3], EXAMPLES),
            tokens: d.below(vocabulary, batch * tokens),
            perceptron,
            transformer,
        }
    }
}
