//! The works in candle.

use crate::inputs::*;
use crate::{Value, Work};
use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::{loss, ops};

fn array(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).expect("memory")
}

fn numbers(x: &Tensor) -> Result<Vec<f32>> {
    x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

fn work(name: &'static str, f: impl Fn() -> Result<Tensor> + 'static) -> Work {
    let run = move || -> Value {
        let y = f().expect("it runs");
        Box::new(move || numbers(&y).expect("numbers"))
    };
    (name, Box::new(run))
}

/// A step of gradient descent; the result is the loss and the first parameter.
fn training(name: &'static str, p: &[Parameter], loss: impl Fn(&[Var]) -> Result<Tensor> + 'static) -> Work {
    let p: Vec<Var> = p.iter().map(|(shape, values)| Var::from_tensor(&array(values, shape)).expect("memory")).collect();
    let step = move || -> Result<(Tensor, Vec<Tensor>)> {
        let loss = loss(&p)?;
        let g = loss.backward()?;
        let new = p.iter().map(|p| p.as_tensor() - (g.get(p).expect("a gradient") * RATE)?);
        Ok((loss, new.collect::<Result<_>>()?))
    };
    let run = move || -> Value {
        let (loss, new) = step().expect("it runs");
        Box::new(move || [numbers(&loss), numbers(&new[0])].map(|v| v.expect("numbers")).concat())
    };
    (name, Box::new(run))
}

/// `softmax(scale * q k' + mask) v`, with a gradient; the kernels of `candle_nn::attention` have none.
fn attention(q: &Tensor, k: &Tensor, v: &Tensor, scale: f64, mask: &Tensor) -> Result<Tensor> {
    ops::softmax(&(q.matmul(&k.t()?)? * scale)?.broadcast_add(mask)?, D::Minus1)?.matmul(v)
}

fn causal(n: usize) -> Tensor {
    let values: Vec<f32> = (0..n * n).map(|i| if i % n > i / n { f32::NEG_INFINITY } else { 0.0 }).collect();
    array(&values, &[n, n])
}

fn perceptron_loss(p: &[Var], x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let h = x.matmul(&p[0])?.broadcast_add(&p[1])?.relu()?;
    let h = h.matmul(&p[2])?.broadcast_add(&p[3])?.relu()?;
    loss::cross_entropy(&h.matmul(&p[4])?.broadcast_add(&p[5])?, y)
}

fn transformer_loss(p: &[Var], t: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let Gpt { batch: b, tokens: n, features: f, heads: h, layers, vocabulary } = GPT;
    let mut x = p[0].index_select(&t.flatten_all()?, 0)?.reshape((b, n, f))?.broadcast_add(&p[1])?;
    for layer in p[2..].chunks(6).take(layers) {
        let y = ops::rms_norm_slow(&x, &layer[4], 1e-5)?.broadcast_matmul(&layer[0])?;
        let qkv = y.reshape((b, n, 3, h, f / h))?.permute((2, 0, 3, 1, 4))?.contiguous()?;
        let o = attention(&qkv.get(0)?, &qkv.get(1)?, &qkv.get(2)?, (f as f64 / h as f64).powf(-0.5), mask)?;
        x = (x + o.transpose(1, 2)?.reshape((b, n, f))?.broadcast_matmul(&layer[1])?)?;
        let u = ops::rms_norm_slow(&x, &layer[5], 1e-5)?.broadcast_matmul(&layer[2])?;
        x = (&x + u.gelu_erf()?.broadcast_matmul(&layer[3])?)?;
    }
    let before = x.narrow(1, 0, n - 1)?.reshape((b * (n - 1), f))?;
    let after = t.narrow(1, 1, n - 1)?.flatten_all()?;
    loss::cross_entropy(&before.matmul(&p[0].t()?)?.reshape((b * (n - 1), vocabulary))?, &after)
}

pub fn works(i: &Inputs) -> Vec<Work> {
    let [x, y] = i.elements.each_ref().map(|v| array(v, &[ELEMENTS]));
    let matrix = array(&i.matrix, &[ROWS, COLS]);
    let row = array(&i.row, &[COLS]);
    let none = array(&[0.0; COLS], &[COLS]);
    let [a, b] = i.factors.each_ref().map(|v| array(v, &[SIDE, SIDE]));
    let small = array(&i.small, &[16]);
    // The length comes before the heads here.
    let [q, k, v] = i.heads.each_ref().map(|v| array(v, &HEADS).transpose(1, 2).and_then(|x| x.contiguous()).expect("memory"));
    // Channels come first here.
    let turned = |x: Tensor| x.permute((0, 3, 1, 2)).and_then(|x| x.contiguous()).expect("memory");
    let (images, kernel) = (turned(array(&i.images, &IMAGES)), turned(array(&i.kernel, &[IMAGES[3], 3, 3, IMAGES[3]])));
    let whole = |values: &[u32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).expect("memory");
    let picked = whole(&i.picked, &[PICKED]);
    let (examples, labels) = (array(&i.examples, &[EXAMPLES, LAYERS[0]]), whole(&i.labels, &[EXAMPLES]));
    let tokens = whole(&i.tokens, &[GPT.batch, GPT.tokens]);
    let mask = causal(GPT.tokens);
    let of = |f: fn(&Tensor) -> Result<Tensor>, x: &Tensor| {
        let x = x.clone();
        move || f(&x)
    };
    let of_two = |f: fn(&Tensor, &Tensor) -> Result<Tensor>, x: &Tensor, y: &Tensor| {
        let (x, y) = (x.clone(), y.clone());
        move || f(&x, &y)
    };
    let normed = matrix.clone();
    vec![
        work("dispatch_chain_1000", of(|x| (0..500).try_fold(x.clone(), |x, _| (x + 1.0)? * 0.5), &small)),
        work("gelu", of(|x| x.gelu_erf(), &x)),
        work("add", of_two(|x, y| x + y, &x, &y)),
        work("sin_exp_chain", of_two(|x, y| (x.sin()? * y)?.exp()? + x.cos()?, &x, &y)),
        work("sum_all", of(|x| x.sum_all(), &x)),
        work("sum_axis0", of(|x| x.sum(0), &matrix)),
        work("sum_axis1", of(|x| x.sum(1), &matrix)),
        work("softmax", of(ops::softmax_last_dim, &matrix)),
        work("layernorm", move || ops::layer_norm(&normed, &row, &none, 1e-5)),
        work("transpose_add", of(|x| x + x.t()?, &matrix)),
        work("matmul", of_two(|a, b| a.matmul(b), &a, &b)),
        work("matmul_t", of_two(|a, b| a.matmul(&b.t()?), &a, &b)),
        work("sdpa_causal", move || flash_attn::<f32>(&q, &k, &v, 0.125, AttnMask::causal(), None, None)),
        {
            let run = move || -> Value {
                let y = images.conv2d(&kernel, 1, 1, 1, 1).expect("it runs");
                Box::new(move || y.permute((0, 2, 3, 1)).and_then(|y| numbers(&y)).expect("numbers"))
            };
            ("conv2d", Box::new(run))
        },
        work("gather_rows", of_two(|x, i| x.index_select(i, 0), &matrix, &picked)),
        work("sort", of(|x| Ok(x.sort_last_dim(true)?.0), &matrix)),
        work("argmax", of(|x| x.argmax(1), &matrix)),
        work("cumsum", of(|x| x.cumsum(1), &matrix)),
        training("mlp_train", &i.perceptron, move |p| perceptron_loss(p, &examples, &labels)),
        training("gpt_train", &i.transformer, move |p| transformer_loss(p, &tokens, &mask)),
    ]
}
