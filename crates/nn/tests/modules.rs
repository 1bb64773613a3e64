//! Models: files, frozen parts, layers of any kind, and how they fuse.

use lazulite::nn::{self, Activation, Dropout, Embedding, Frozen, Layer, LayerNorm, Linear, Sequential};
use lazulite::prelude::*;
use std::path::PathBuf;

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("lazulite-nn-{}-{name}.safetensors", std::process::id()))
}

fn values(x: &Array) -> Vec<f32> {
    x.to_vec().unwrap()
}

fn close(a: &[f32], b: &[f32], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{a:?}\n{b:?}");
    }
}

/// The gradient of a scalar function by central differences.
fn differences(f: impl Fn(&Array) -> Array, x: &[f32]) -> Vec<f32> {
    let at = |i: usize, d: f32| {
        let mut v = x.to_vec();
        v[i] += d;
        f(&Array::from_slice(&v, [v.len()]).unwrap()).item::<f32>().unwrap()
    };
    (0..x.len()).map(|i| (at(i, 1e-2) - at(i, -1e-2)) / 2e-2).collect()
}

#[derive(Clone, Module)]
struct Model {
    hidden: Linear,
    norm: LayerNorm,
    out: Linear,
}

impl Model {
    fn new(seed: u64) -> Model {
        let (a, b) = random::split(&random::key(seed));
        Model { hidden: Linear::new(4, 8, &a), norm: LayerNorm::new(8), out: Linear::new(8, 3, &b) }
    }

    fn forward(&self, x: &Array) -> Array {
        self.out.forward(&nn::gelu(&self.norm.forward(&self.hidden.forward(x))))
    }
}

#[test]
fn files_return_the_same_predictions() {
    let path = scratch("return");
    let (model, x) = (Model::new(0), random::normal([5, 4], &random::key(7)));
    model.save(&path).unwrap();
    let again = Model::new(1).load(&path).unwrap();
    assert_eq!(values(&again.forward(&x)), values(&model.forward(&x)));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn files_of_other_models_are_refused_by_name() {
    let path = scratch("refused");
    let refused = |arrays: &[(&str, Array)]| {
        lazulite::io::save(&path, arrays.iter().map(|(n, a)| (*n, a))).unwrap();
        let e = Linear::new(2, 3, &random::key(0)).load(&path).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::Io);
        assert!(e.to_string().contains("refused.safetensors") && e.to_string().contains("modules.rs"), "{e}");
        e.to_string()
    };
    let (w, b) = (Array::zeros([3, 2], Dtype::F32), Array::zeros([3], Dtype::F32));
    assert!(refused(&[("weight", w.clone())]).contains("no parameter `bias`"));
    assert!(refused(&[("weight", w.t()), ("bias", b.clone())]).contains("`weight` has shape [2, 3], the model's has [3, 2]"));
    assert!(refused(&[("weight", w.astype(Dtype::F16)), ("bias", b.clone())]).contains("`weight` is float16"));
    let extra = [("weight", w), ("bias", b.clone()), ("more", b)];
    assert!(refused(&extra).contains("the model has no parameter `more`"));
    std::fs::write(&path, b"garbage").unwrap();
    let e = Linear::new(2, 3, &random::key(0)).load(&path).err().unwrap();
    assert!(e.to_string().contains("modules.rs"), "{e}");
    let e = Linear::new(2, 3, &random::key(0)).save("no such folder/file").unwrap_err();
    assert!(e.to_string().contains("modules.rs"), "{e}");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn linear_starts_within_mlx_bounds() {
    let layer = Linear::new(16, 100, &random::key(3));
    for x in [&layer.weight, layer.bias.as_ref().unwrap()] {
        let most = x.abs().max(..).item::<f32>().unwrap();
        assert!(most <= 0.25 && most > 0.2, "{most}");
    }
}

#[test]
fn layer_norm_is_one_tape_and_differentiates() {
    let x = random::normal([64, 32], &random::key(0));
    let (layer, y) = (LayerNorm::new(32), array![1.0]);
    eval([&x, &y]).unwrap();
    layer.visit(&mut |a| eval([a]).unwrap());
    let y = layer.forward(&x);
    let before = counters();
    eval([&y]).unwrap();
    assert_eq!(counters().kernels - before.kernels, 1, "{}", explain(&[&layer.forward(&x)]));
    let rows = y.mean(-1);
    assert!(rows.abs().max(..).item::<f32>().unwrap() < 1e-5);
    assert!((y.square().mean(-1) - 1.0).abs().max(..).item::<f32>().unwrap() < 1e-3);

    let weights = array![0.3, -0.7, 1.1, 0.2];
    let f = |x: &Array| (LayerNorm::new(4).forward(x) * &weights).sum(..);
    let at = [0.5, -1.0, 2.0, 0.1];
    let g = grad(f)(&Array::from_slice(&at, [4]).unwrap());
    close(&values(&g), &differences(f, &at), 2e-3);
}

#[test]
fn activations_differentiate() {
    type Function = (&'static str, fn(&Array) -> Array);
    let functions: [Function; 16] = [
        ("relu", nn::relu),
        ("relu6", nn::relu6),
        ("gelu", nn::gelu),
        ("gelu_approx", nn::gelu_approx),
        ("silu", nn::silu),
        ("sigmoid", nn::sigmoid),
        ("tanh", nn::tanh),
        ("softplus", nn::softplus),
        ("log_sigmoid", nn::log_sigmoid),
        ("softsign", nn::softsign),
        ("mish", nn::mish),
        ("hardswish", nn::hardswish),
        ("hard_tanh", |x| nn::hard_tanh(x, -1.0, 1.0)),
        ("selu", nn::selu),
        ("leaky_relu", |x| nn::leaky_relu(x, 0.1)),
        ("log_softmax", |x| nn::log_softmax(x, -1) * array![1.0, 2.0, 3.0, 4.0, 5.0]),
    ];
    let at = [-2.0, -0.5, 0.3, 0.9, 2.5];
    for (name, f) in functions {
        let sum = |x: &Array| f(x).sum(..);
        let g = values(&grad(sum)(&Array::from_slice(&at, [5]).unwrap()));
        let expected = differences(sum, &at);
        for (a, b) in g.iter().zip(&expected) {
            assert!((a - b).abs() < 5e-3, "{name}: {g:?} {expected:?}");
        }
        let extreme = grad(sum)(&array![-1e4, -100.0, 0.0, 100.0, 1e4]);
        assert!(values(&extreme).iter().all(|v| v.is_finite()), "{name}");
    }
}

#[test]
fn cross_entropy_has_the_gradient_softmax_minus_target() {
    let (logits, targets) = (random::normal([3, 5], &random::key(1)), array![4, 0, 2]);
    let g = grad(|x: &Array| nn::losses::cross_entropy(x, &targets).sum(..))(&logits);
    let hot = targets.expand_dims(-1).eq(Array::arange(0, 5, 1, Dtype::I32)).astype(Dtype::F32);
    close(&values(&g), &values(&(logits.softmax(-1) - &hot)), 1e-5);
    let same = [
        nn::losses::cross_entropy(&logits, &targets),
        nn::losses::cross_entropy(&logits, &hot),
        nn::losses::nll_loss(&nn::log_softmax(&logits, -1), &targets),
    ];
    close(&values(&same[0]), &values(&same[1]), 1e-5);
    close(&values(&same[0]), &values(&same[2]), 1e-5);
    let far = nn::losses::cross_entropy(&array![[1e4, -1e4]], &array![1]);
    assert_eq!(values(&far), [2e4]);
}

#[test]
fn cross_entropy_batches() {
    let (logits, targets) = (random::normal([2, 3, 5], &random::key(1)), array![[4, 0, 2], [1, 1, 3]]);
    let f = |(x, y): &(Array, Array)| nn::losses::cross_entropy(x, y);
    let whole = f(&(logits.clone(), targets.clone()));
    close(&values(&vmap(f)(&(logits, targets))), &values(&whole), 1e-6);
}

#[test]
#[should_panic(expected = "cross_entropy: targets of shape [3] do not fit scores of shape [2, 5]")]
fn cross_entropy_refuses_other_shapes() {
    nn::losses::cross_entropy(&Array::zeros([2, 5], Dtype::F32), &array![1, 2, 3]);
}

#[test]
#[should_panic(expected = "mse_loss: shapes [2] and [2, 1] differ")]
fn mse_does_not_broadcast() {
    nn::losses::mse_loss(&array![1.0, 2.0], &array![[1.0], [2.0]]);
}

#[test]
fn frozen_parts_get_zeros_and_keep_their_names() {
    #[derive(Clone, Module)]
    struct Tuned {
        base: Frozen<Linear>,
        head: Linear,
    }
    let (a, b) = random::split(&random::key(0));
    let model = Tuned { base: Frozen::new(Linear::new(2, 2, &a)), head: Linear::new(2, 1, &b) };
    let names: Vec<String> = model.parameters().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["base.weight", "base.bias", "head.weight", "head.bias"]);
    assert_eq!(lazulite::tree::trainable(&model), [false, false, true, true]);
    let x = Array::ones([1, 2], Dtype::F32);
    let g = grad(|m: &Tuned| m.head.forward(&m.base.get().forward(&x)).sum(..))(&model);
    assert_eq!(values(&g.base.get().weight), [0.0; 4]);
    assert!(values(&g.head.weight).iter().any(|v| *v != 0.0));
    assert_eq!(values(&model.base.clone().thaw().weight), values(&model.base.get().weight));
}

#[test]
fn dropout_follows_mode_and_key() {
    let (drop, x) = (Dropout::new(0.25), Array::ones([10_000], Dtype::F32));
    assert_eq!(values(&drop.forward(&x)), vec![1.0; 10_000]);
    let run = |seed| values(&nn::with_key(&random::key(seed), || drop.forward(&x)));
    let (a, b) = (run(1), run(2));
    assert_eq!(a, run(1));
    assert_ne!(a, b);
    let zeros = a.iter().filter(|v| **v == 0.0).count();
    assert!((2200..2800).contains(&zeros), "{zeros}");
    let mean = a.iter().sum::<f32>() / a.len() as f32;
    assert!((mean - 1.0).abs() < 0.05, "{mean}");
    let two = nn::with_key(&random::key(1), || (drop.forward(&x), drop.forward(&x)));
    assert_ne!(values(&two.0), values(&two.1), "each layer draws its own");
}

#[test]
fn dropout_in_a_compiled_step_takes_its_key() {
    let drop = Dropout::new(0.5);
    let f = compile(move |(key, x): &(Array, Array)| nn::with_key(key, || drop.forward(x)));
    let x = Array::ones([100], Dtype::F32);
    let (a, b) = (f(&(random::key(0), x.clone())), f(&(random::key(1), x)));
    assert_ne!(values(&a), values(&b));
}

#[test]
#[should_panic(expected = "run the step in `nn::with_key(&key, || ...)`")]
fn dropout_without_a_key_says_what_to_do() {
    nn::training(true, || Dropout::new(0.5).forward(&array![1.0]));
}

#[test]
fn scopes_end_with_a_panic() {
    let caught = std::panic::catch_unwind(|| nn::with_key(&random::key(0), || panic!("out")));
    assert!(caught.is_err());
    assert!(!nn::is_training() && nn::next_key().is_none());
}

#[test]
fn sequential_is_a_module() {
    let build = |seed| {
        let (a, b) = random::split(&random::key(seed));
        Sequential::new()
            .then(Linear::new(4, 8, &a))
            .apply(nn::relu)
            .then(LayerNorm::new(8))
            .then(Dropout::new(0.5))
            .then(Linear::new(8, 2, &b))
    };
    let (model, x) = (build(0), random::normal([3, 4], &random::key(9)));
    let names: Vec<String> = model.parameters().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias", "layers.4.weight", "layers.4.bias"]);
    let y = model.forward(&x);
    assert_eq!(values(&compile(|(m, x): &(Sequential, Array)| m.forward(x))(&(model.clone(), x.clone()))), values(&y));
    let g = grad(|m: &Sequential| m.forward(&x).square().sum(..))(&model);
    assert!(g.parameters().iter().all(|(_, g)| values(g).iter().any(|v| *v != 0.0)));
    let path = scratch("sequential");
    model.save(&path).unwrap();
    assert_eq!(values(&build(1).load(&path).unwrap().forward(&x)), values(&y));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(values(&Sequential::new().forward(&x)), values(&x));
}

#[test]
fn a_layer_of_another_kind_is_another_trace() {
    #[derive(Clone, Module)]
    struct Twice;
    impl Layer for Twice {
        fn forward(&self, x: &Array) -> Array {
            x * 2
        }
    }
    #[derive(Clone, Module)]
    struct Thrice;
    impl Layer for Thrice {
        fn forward(&self, x: &Array) -> Array {
            x * 3
        }
    }
    let f = compile(|(m, x): &(Sequential, Array)| m.forward(x));
    let run = |m| f(&(m, array![1.0])).item::<f32>().unwrap();
    assert_eq!(run(Sequential::new().then(Twice)), 2.0);
    assert_eq!(run(Sequential::new().then(Thrice)), 3.0);
    assert_eq!(run(Sequential::new().then(Activation::new(|x| x * 4))), 4.0);
    assert_eq!(run(Sequential::new().apply(|x| x * 5)), 5.0);
}

#[test]
fn embedding_looks_up_and_collects_gradients() {
    let table = Embedding::new(5, 3, &random::key(0));
    let ids = array![[1, 4], [1, 0]];
    let rows = values(&table.weight);
    let y = table.forward(&ids);
    assert_eq!(y.shape(), [2, 2, 3]);
    assert_eq!(values(&y)[3..6], rows[12..15]);
    let g = grad(|t: &Embedding| t.forward(&ids).sum(..))(&table);
    let counts: Vec<f32> = [1.0, 2.0, 0.0, 0.0, 1.0].into_iter().flat_map(|n| [n; 3]).collect();
    assert_eq!(values(&g.weight), counts);
    assert_eq!(table.as_linear(&y).shape(), [2, 2, 5]);
}

#[test]
fn convolutions_and_poolings_learn_and_batch() {
    use lazulite::ops::Conv;
    let how = Conv::default().padding(1).groups(2);
    let conv = nn::Conv2d::new(2, 4, [3, 3], how, &random::key(3));
    assert_eq!(conv.weight.shape(), [4, 3, 3, 1]);
    let bound = conv.weight.abs().max(..).item::<f32>().unwrap();
    assert!(bound <= 1.0 / 3.0 && bound > 0.3);
    let net = Sequential::new().then(conv).then(nn::MaxPool2d::new([3, 3]).stride([2, 2]).padding([1, 1])).then(nn::AvgPool2d::new([2, 2]));
    let x = random::normal([3, 8, 8, 2], &random::key(4));
    let y = net.forward(&x);
    assert_eq!(y.shape(), [3, 2, 2, 4]);
    // One image at a time, and all of them as a batch of batches.
    let each = vmap(|x: &Array| net.forward(&x.expand_dims(0)).squeeze(0))(&x);
    close(&values(&each), &values(&y), 1e-6);
    // The gradient of the input by differences, at some places.
    let loss = |x: &Array| net.forward(&x.reshape([3, 8, 8, 2])).square().sum(..);
    let g = values(&grad(|x: &Array| net.forward(x).square().sum(..))(&x));
    let at = values(&x);
    for i in [0, 17, 100, 383] {
        let near = |d: f32| {
            let mut v = at.clone();
            v[i] += d;
            loss(&Array::from_slice(&v, [384]).unwrap()).item::<f32>().unwrap()
        };
        let slope = (near(1e-3) - near(-1e-3)) / 2e-3;
        assert!((slope - g[i]).abs() < 2e-2 * (1.0 + g[i].abs()), "{slope} for {} at {i}", g[i]);
    }
}

#[test]
fn windows_of_integers_have_a_largest_value() {
    let x = array![[-5, -7], [-3, -9]].reshape([1, 2, 2, 1]);
    assert_eq!(nn::max_pool(&x, &[2, 2], &[1, 1], &[1, 1]).to_vec::<i32>().unwrap(), [-5, -5, -7, -3, -3, -7, -3, -3, -9]);
}

#[test]
fn quantized_layers_train_their_bias_alone_and_come_back_from_files() {
    use lazulite::nn::{QuantizedEmbedding, QuantizedLinear};
    use lazulite::optim::{AdamW, Optimizer};
    for format in [Format::default(), Format::Affine { bits: 3, group: 32 }, Format::Mxfp4, Format::Nvfp4] {
        let plain = Linear::new(64, 8, &random::key(0));
        let layer = QuantizedLinear::from_linear(&plain, format);
        let x = random::normal([4, 64], &random::key(1));
        let apart = |l: &QuantizedLinear| (l.forward(&x) - plain.forward(&x)).abs().max(..).item::<f32>().unwrap();
        assert!(apart(&layer) < 0.6, "{format}");

        let g = grad(|l: &QuantizedLinear| l.forward(&x).sum(..))(&layer);
        assert_eq!(g.bias.as_ref().unwrap().to_vec::<f32>().unwrap(), [4.0; 8]);
        let opt = AdamW::new(0.1);
        let (next, _) = opt.update(&layer, &g, &opt.init(&layer));
        assert_eq!(next.weight.get().to_vec::<u32>().unwrap(), layer.weight.get().to_vec::<u32>().unwrap());
        assert_ne!(next.bias.unwrap().to_vec::<f32>().unwrap(), layer.bias.as_ref().unwrap().to_vec::<f32>().unwrap());

        let path = scratch("quantized");
        layer.save(&path).unwrap();
        let other = QuantizedLinear::from_linear(&Linear::new(64, 8, &random::key(2)), format).load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let y = compile(|l: &QuantizedLinear| l.forward(&x))(&other);
        assert_eq!(y.to_vec::<f32>().unwrap(), layer.forward(&x).to_vec::<f32>().unwrap());

        let table = Embedding::new(10, 64, &random::key(3));
        let small = QuantizedEmbedding::from_embedding(&table, format);
        let ids = array![[1, 9], [0, 1]];
        assert_eq!(small.forward(&ids).shape(), [2, 2, 64]);
        let numbers = ops::dequantize(&table.weight.quantize(format, None), None, None).unwrap();
        let bits = |a: &Array| a.astype(Dtype::F32).to_vec::<f32>().unwrap();
        assert_eq!(bits(&small.forward(&ids)), bits(&numbers.take(&ids, 0)));
    }
}

#[test]
fn products_of_quantized_sides_are_those_of_the_numbers_that_they_stand_for() {
    use lazulite::nn::QQLinear;
    use lazulite::optim::{Optimizer, SGD};
    for format in [Format::Mxfp4, Format::Mxfp8, Format::Nvfp4] {
        let layer = QQLinear::new(64, 8, format, &random::key(0));
        let x = random::normal([4, 64], &random::key(1));
        let numbers = |a: &Array| ops::dequantize(&a.quantize(format, None), None, None).unwrap().astype(Dtype::F32);
        let expected = values(&numbers(&x).matmul(&numbers(&layer.weight).t()));
        let small = layer.clone().quantize();
        close(&values(&layer.forward(&x)), &expected, 1e-5);
        close(&values(&small.forward(&x)), &expected, 1e-5);
        assert_eq!(values(&small.clone().quantize().dequantize().weight.astype(Dtype::F32)), values(&numbers(&layer.weight)));
        // Gradients flow through as if nothing were quantized; quantized weights get none.
        let g = grad(|l: &QQLinear| l.forward(&x).sum(..))(&layer);
        assert!(values(&g.weight).iter().any(|v| *v != 0.0));
        assert_eq!(lazulite::tree::trainable(&small), [false, false]);
        let opt = SGD::new(0.1);
        let (next, _) = opt.update(&layer, &g, &opt.init(&layer));
        assert_ne!(values(&next.weight), values(&layer.weight));
        let path = scratch("both");
        small.save(&path).unwrap();
        let again = QQLinear::new(64, 8, format, &random::key(2)).quantize().load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(values(&again.forward(&x)), values(&small.forward(&x)));
    }
}

#[test]
#[should_panic(expected = "products with both sides quantized take no affine of 4 bits in groups of 64 format")]
fn both_sides_are_never_affine() {
    nn::QQLinear::new(64, 8, Format::default(), &random::key(0));
}

#[test]
fn dtypes_of_whole_models_change_but_for_codes() {
    use lazulite::nn::{BatchNorm, LSTM, QuantizedLinear};
    let key = random::key(0);
    let model = (Sequential::new().then(Linear::new(4, 4, &key)).then(BatchNorm::new(4)), LSTM::new(4, 3, &key));
    let layer = QuantizedLinear::from_linear(&Linear::new(64, 8, &key), Format::Mxfp4).set_dtype(Dtype::BF16);
    assert_eq!(layer.parameters().iter().map(|(_, x)| x.dtype()).collect::<Vec<_>>(), [Dtype::U32, Dtype::U8, Dtype::BF16]);
    let (first, second) = (model.0.set_dtype(Dtype::F16), model.1.set_dtype(Dtype::F16));
    assert!(first.parameters().iter().all(|(_, x)| x.dtype() == Dtype::F16));
    let x = random::normal([2, 5, 4], &key);
    let run = |(a, b): (&Sequential, &LSTM), x: &Array| b.forward(&a.forward(x), None, None).0;
    let y = run((&first, &second), &x.astype(Dtype::F16));
    assert_eq!(y.dtype(), Dtype::F16);
    close(&values(&y.astype(Dtype::F32)), &values(&run((&model.0, &model.1), &x)), 1e-2);
}

#[test]
fn errors_name_the_callers_line() {
    use lazulite::fast::Mask;
    use lazulite::nn::{QuantizedEmbedding, TransformerDecoderLayer, TransformerEncoder, TransformerOptions};
    let (key, how) = (random::key(0), TransformerOptions::default);
    let (x, y, wrong) = (Array::ones([2, 3], Dtype::F32), Array::ones([1, 2, 4], Dtype::F32), Array::ones([7, 7], Dtype::F32));
    let table = QuantizedEmbedding::from_embedding(&Embedding::new(4, 64, &key), Format::default());
    let encoder = TransformerEncoder::new(1, 4, 2, how(), &key);
    let decoder = TransformerDecoderLayer::new(4, 2, how(), &key);
    let late = TransformerDecoderLayer::new(4, 2, how().norm_first(false), &key);
    let calls: [(&str, &dyn Fn()); 7] = [
        ("subtract", &|| drop(nn::losses::triplet_loss(&x, &x, &array![1.0, 2.0]))),
        ("take", &|| drop(table.forward(&x))),
        ("fast.attention", &|| drop(encoder.forward(&y, Mask::Array(&wrong)))),
        ("fast.attention", &|| drop(decoder.forward(&y, &y, Mask::Array(&wrong), Mask::None))),
        ("fast.attention", &|| drop(late.forward(&y, &y, Mask::None, Mask::Array(&wrong)))),
        ("matmul", &|| drop(decoder.forward(&y, &x.expand_dims(0), Mask::None, Mask::None))),
        ("random.split", &|| drop(nn::with_key(&x, || Dropout::new(0.5).forward(&x)))),
    ];
    for (op, call) in calls {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
        let text = caught.downcast_ref::<String>().unwrap();
        assert!(text.starts_with(op) && text.contains("nn/tests/modules.rs:"), "{text}");
    }
}

#[test]
#[should_panic(expected = "huber_loss: delta must be positive, not -1")]
fn a_loss_has_settings_that_make_sense() {
    nn::losses::HuberLoss::default().delta(-1.0).of(&array![1.0], &array![2.0]);
}
