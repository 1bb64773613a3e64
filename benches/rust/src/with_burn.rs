//! The works in burn, on its eager backend for CPUs (`burn-flex`).

use crate::inputs::*;
use crate::{Value, Work};
use burn::tensor::activation::{gelu, log_softmax, relu, softmax};
use burn::tensor::module::{attention, conv2d, embedding, layer_norm};
use burn::tensor::ops::{AttentionModuleOptions, ConvOptions};
use burn::tensor::{Device, Int, Tensor, TensorData};

fn array<const N: usize>(values: &[f32], shape: [usize; N], device: &Device) -> Tensor<N> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn whole<const N: usize>(values: &[u32], shape: [usize; N], device: &Device) -> Tensor<N, Int> {
    Tensor::from_data(TensorData::new(values.iter().map(|&v| v as i32).collect(), shape), device)
}

fn numbers<const N: usize>(x: Tensor<N>) -> Vec<f32> {
    x.into_data().try_to_vec().expect("numbers")
}

fn work<const N: usize>(name: &'static str, f: impl Fn() -> Tensor<N> + 'static) -> Work {
    let run = move || -> Value {
        let y = f();
        Box::new(move || numbers(y))
    };
    (name, Box::new(run))
}

/// Parameters: matrices and vectors.
#[derive(Clone)]
enum Weight {
    Matrix(Tensor<2>),
    Vector(Tensor<1>),
}

impl Weight {
    fn new((shape, values): &Parameter, device: &Device) -> Weight {
        match shape[..] {
            [rows, cols] => Weight::Matrix(array(values, [rows, cols], device).require_grad()),
            _ => Weight::Vector(array(values, [values.len()], device).require_grad()),
        }
    }

    fn matrix(&self) -> Tensor<2> {
        match self {
            Weight::Matrix(m) => m.clone(),
            Weight::Vector(_) => unreachable!("a matrix"),
        }
    }

    fn vector(&self) -> Tensor<1> {
        match self {
            Weight::Vector(v) => v.clone(),
            Weight::Matrix(_) => unreachable!("a vector"),
        }
    }
}

/// A step of gradient descent; the result is the loss and the first parameter.
fn training(name: &'static str, p: &[Parameter], device: &Device, loss: impl Fn(&[Weight]) -> Tensor<1> + 'static) -> Work {
    let p: Vec<Weight> = p.iter().map(|p| Weight::new(p, device)).collect();
    let run = move || -> Value {
        let loss = loss(&p);
        let g = loss.backward();
        let step = |p: &Weight| match p {
            Weight::Matrix(m) => Weight::Matrix(m.clone().inner() - m.grad(&g).expect("a gradient") * RATE),
            Weight::Vector(v) => Weight::Vector(v.clone().inner() - v.grad(&g).expect("a gradient") * RATE),
        };
        let new: Vec<Weight> = p.iter().map(step).collect();
        Box::new(move || [numbers(loss.inner()), numbers(new[0].matrix())].concat())
    };
    (name, Box::new(run))
}

/// The mean cross entropy of logits.
fn cross_entropy(z: Tensor<2>, y: Tensor<1, Int>) -> Tensor<1> {
    log_softmax(z, 1).gather(1, y.unsqueeze_dim(1)).mean().neg()
}

fn perceptron_loss(p: &[Weight], x: &Tensor<2>, y: &Tensor<1, Int>) -> Tensor<1> {
    let layer = |x: Tensor<2>, i: usize| x.matmul(p[i].matrix()) + p[i + 1].vector().unsqueeze();
    let h = relu(layer(relu(layer(x.clone(), 0)), 2));
    cross_entropy(layer(h, 4), y.clone())
}

fn rms_norm(x: Tensor<3>, w: Tensor<1>) -> Tensor<3> {
    let power = x.clone().square().mean_dim(2);
    x / (power + 1e-5).sqrt() * w.unsqueeze()
}

fn transformer_loss(p: &[Weight], t: &Tensor<2, Int>) -> Tensor<1> {
    let Gpt { batch: b, tokens: n, features: f, heads: h, layers, vocabulary } = GPT;
    let mut x: Tensor<3> = embedding(p[0].matrix(), t.clone()) + p[1].matrix().unsqueeze();
    for layer in p[2..].chunks(6).take(layers) {
        let times = |x: Tensor<3>, i: usize| x.matmul(layer[i].matrix().unsqueeze());
        let y = times(rms_norm(x.clone(), layer[4].vector()), 0).reshape([b, n, 3 * h, f / h]).swap_dims(1, 2);
        let part = |i: usize| y.clone().narrow(1, i * h, h);
        let options = AttentionModuleOptions { is_causal: true, ..Default::default() };
        let o = attention(part(0), part(1), part(2), None, None, options);
        x = x + times(o.swap_dims(1, 2).reshape([b, n, f]), 1);
        x = x.clone() + times(gelu(times(rms_norm(x, layer[5].vector()), 2)), 3);
    }
    let rows = b * (n - 1);
    let before = x.narrow(1, 0, n - 1).reshape([rows, f]);
    let after = t.clone().narrow(1, 1, n - 1).reshape([rows]);
    cross_entropy(before.matmul(p[0].matrix().transpose()).reshape([rows, vocabulary]), after)
}

pub fn works(i: &Inputs) -> Vec<Work> {
    let d = &Device::flex();
    let [x, y] = i.elements.each_ref().map(|v| array(v, [ELEMENTS], d));
    let matrix = array(&i.matrix, [ROWS, COLS], d);
    let row = array(&i.row, [COLS], d);
    let [a, b] = i.factors.each_ref().map(|v| array(v, [SIDE, SIDE], d));
    let small = array(&i.small, [16], d);
    let [q, k, v] = i.heads.each_ref().map(|v| array(v, HEADS, d));
    // Channels come first here; adding nothing writes them so.
    let turned = |x: Tensor<4>| x.permute([0, 3, 1, 2]) + 0.0;
    let (images, kernel) = (turned(array(&i.images, IMAGES, d)), turned(array(&i.kernel, [IMAGES[3], 3, 3, IMAGES[3]], d)));
    let picked = whole(&i.picked, [PICKED], d);
    let learning = &Device::flex().autodiff();
    let examples = array(&i.examples, [EXAMPLES, LAYERS[0]], learning);
    let labels = whole(&i.labels, [EXAMPLES], learning);
    let tokens = whole(&i.tokens, [GPT.batch, GPT.tokens], learning);
    let conv = move || conv2d(images.clone(), kernel.clone(), None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
    let causal = AttentionModuleOptions { is_causal: true, scale: Some(0.125), softcap: None };
    let over = || matrix.clone();
    let [m0, m1, m2, m3, m4, m5, m6, m7, m8] = std::array::from_fn(|_| over());
    let [x0, x1, x2] = std::array::from_fn(|_| x.clone());
    let (y1, a1, b1) = (y.clone(), a.clone(), b.clone());
    vec![
        work("dispatch_chain_1000", move || (0..500).fold(small.clone(), |x, _| (x + 1.0) * 0.5)),
        work("gelu", move || gelu(x0.clone())),
        work("add", move || x1.clone() + y.clone()),
        work("sin_exp_chain", move || (x2.clone().sin() * y1.clone()).exp() + x2.clone().cos()),
        work("sum_all", move || x.clone().sum()),
        work("sum_axis0", move || m0.clone().sum_dim(0)),
        work("sum_axis1", move || m1.clone().sum_dim(1)),
        work("softmax", move || softmax(m2.clone(), 1)),
        work("layernorm", move || layer_norm(m3.clone(), row.clone(), None, 1e-5)),
        work("transpose_add", move || m4.clone() + m4.clone().transpose()),
        work("matmul", move || a.clone().matmul(b.clone())),
        work("matmul_t", move || a1.clone().matmul(b1.clone().transpose())),
        work("sdpa_causal", move || attention(q.clone(), k.clone(), v.clone(), None, None, causal.clone())),
        {
            let run = move || -> Value {
                let y = conv();
                Box::new(move || numbers(y.permute([0, 2, 3, 1])))
            };
            ("conv2d", Box::new(run))
        },
        work("gather_rows", move || m5.clone().select(0, picked.clone())),
        work("sort", move || m6.clone().sort(1)),
        {
            let run = move || -> Value {
                let y = m7.clone().argmax(1);
                Box::new(move || numbers(y.float()))
            };
            ("argmax", Box::new(run))
        },
        work("cumsum", move || m8.clone().cumsum(1)),
        training("mlp_train", &i.perceptron, learning, move |p| perceptron_loss(p, &examples, &labels)),
        training("gpt_train", &i.transformer, learning, move |p| transformer_loss(p, &tokens)),
    ]
}
