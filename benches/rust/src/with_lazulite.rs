//! The works in lazulite.

use crate::inputs::*;
use crate::{Value, Work};
use lazulite::nn;
use lazulite::ops::Conv;
use lazulite::ops::fast::{self, Mask};
use lazulite::prelude::*;

fn array<T: Element>(values: &[T], shape: &[usize]) -> Array {
    Array::from_slice(values, shape).expect("memory")
}

/// Evaluates a result.
fn done(y: Array) -> Value {
    eval([&y]).expect("it runs");
    Box::new(move || y.astype(Dtype::F32).to_vec().expect("numbers"))
}

/// Evaluates a loss and new parameters; the result is the loss and the first of them.
fn trained((loss, new): (Array, Vec<Array>)) -> Value {
    eval(new.iter().chain([&loss])).expect("it runs");
    Box::new(move || {
        let mut v: Vec<f32> = loss.reshape([1]).to_vec().expect("numbers");
        v.extend(new[0].to_vec::<f32>().expect("numbers"));
        v
    })
}

fn work(name: &'static str, f: impl Fn() -> Array + 'static) -> Work {
    (name, Box::new(move || done(f())))
}

fn gelu(x: &Array) -> Array {
    x * (1.0 + (x / 2f32.sqrt()).erf()) / 2.0
}

fn descend(p: &[Array], g: &[Array]) -> Vec<Array> {
    p.iter().zip(g).map(|(p, g)| p - g * RATE as f32).collect()
}

fn perceptron_loss(p: &[Array], x: &Array, y: &Array) -> Array {
    let h = (x.matmul(&p[0]) + &p[1]).maximum(0.0);
    let h = (h.matmul(&p[2]) + &p[3]).maximum(0.0);
    nn::losses::cross_entropy(&(h.matmul(&p[4]) + &p[5]), y).mean(..)
}

fn transformer_loss(p: &[Array], t: &Array) -> Array {
    let Gpt { batch, tokens, features, heads, layers, .. } = GPT;
    let [b, n, f, h] = [batch, tokens, features, heads].map(|x| x as i64);
    let norm = |x: &Array, w: &Array| fast::rms_norm(x, Some(w), 1e-5).expect("it fits");
    let mut x = p[0].take(t, 0) + &p[1];
    for layer in p[2..].chunks(6).take(layers) {
        let y = norm(&x, &layer[4]).matmul(&layer[0]).reshape([b, n, 3 * h, f / h]).transpose([0, 2, 1, 3]);
        let qkv = ops::split(&y, 3, 1).expect("it fits");
        let scale = (features as f64 / heads as f64).powf(-0.5);
        let o = fast::attention(&qkv[0], &qkv[1], &qkv[2], scale, Mask::Causal, None).expect("it fits");
        x = x + o.transpose([0, 2, 1, 3]).reshape([b, n, f]).matmul(&layer[1]);
        x = &x + gelu(&norm(&x, &layer[5]).matmul(&layer[2])).matmul(&layer[3]);
    }
    let (before, after) = (x.index((.., ..-1)), t.index((.., 1..)));
    nn::losses::cross_entropy(&before.matmul(&p[0].t()), &after).mean(..)
}

pub fn works(i: &Inputs) -> Vec<Work> {
    let [x, y] = i.elements.each_ref().map(|v| array(v, &[ELEMENTS]));
    let matrix = array(&i.matrix, &[ROWS, COLS]);
    let row = array(&i.row, &[COLS]);
    let [a, b] = i.factors.each_ref().map(|v| array(v, &[SIDE, SIDE]));
    let small = array(&i.small, &[16]);
    let [q, k, v] = i.heads.each_ref().map(|v| array(v, &HEADS));
    let images = array(&i.images, &IMAGES);
    let kernel = array(&i.kernel, &[IMAGES[3], 3, 3, IMAGES[3]]);
    let picked = array(&i.picked, &[PICKED]);
    let (examples, labels) = (array(&i.examples, &[EXAMPLES, LAYERS[0]]), array(&i.labels, &[EXAMPLES]));
    let tokens = array(&i.tokens, &[GPT.batch, GPT.tokens]);
    let parameters = |list: &[Parameter]| -> Vec<Array> { list.iter().map(|(shape, values)| array(values, shape)).collect() };
    let (perceptron, transformer) = (parameters(&i.perceptron), parameters(&i.transformer));

    let perceptron_step = compile(move |p: &Vec<Array>| {
        let (loss, g) = value_and_grad(|p: &Vec<Array>| perceptron_loss(p, &examples, &labels))(p);
        (loss, descend(p, &g))
    });
    let transformer_step = compile(move |p: &Vec<Array>| {
        let (loss, g) = value_and_grad(|p: &Vec<Array>| transformer_loss(p, &tokens))(p);
        (loss, descend(p, &g))
    });
    let of = |f: fn(&Array) -> Array, x: &Array| {
        let x = x.clone();
        move || f(&x)
    };
    let of_two = |f: fn(&Array, &Array) -> Array, x: &Array, y: &Array| {
        let (x, y) = (x.clone(), y.clone());
        move || f(&x, &y)
    };
    vec![
        work("dispatch_chain_1000", of(|x| (0..500).fold(x.clone(), |x, _| (x + 1.0) * 0.5), &small)),
        work("gelu", of(gelu, &x)),
        work("add", of_two(|x, y| x + y, &x, &y)),
        work("sin_exp_chain", of_two(|x, y| (x.sin() * y).exp() + x.cos(), &x, &y)),
        work("sum_all", of(|x| x.sum(..), &x)),
        work("sum_axis0", of(|x| x.sum(0), &matrix)),
        work("sum_axis1", of(|x| x.sum(1), &matrix)),
        work("softmax", of(|x| x.softmax(-1), &matrix)),
        work("layernorm", of_two(|x, w| fast::layer_norm(x, Some(w), None, 1e-5).expect("it fits"), &matrix, &row)),
        work("transpose_add", of(|x| x + x.t(), &matrix)),
        work("matmul", of_two(|a, b| a.matmul(b), &a, &b)),
        work("matmul_t", of_two(|a, b| a.matmul(&b.t()), &a, &b)),
        work("sdpa_causal", move || fast::attention(&q, &k, &v, 0.125, Mask::Causal, None).expect("it fits")),
        work("conv2d", move || images.conv2d(&kernel, &Conv::default().padding(1))),
        work("gather_rows", of_two(|x, i| x.take(i, 0), &matrix, &picked)),
        work("sort", of(|x| x.sort(-1), &matrix)),
        work("argmax", of(|x| x.argmax(-1), &matrix)),
        work("cumsum", of(|x| x.cumsum(-1), &matrix)),
        ("mlp_train", Box::new(move || trained(perceptron_step(&perceptron)))),
        ("gpt_train", Box::new(move || trained(transformer_step(&transformer)))),
    ]
}
