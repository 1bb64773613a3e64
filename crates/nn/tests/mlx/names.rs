//! Parameters have the names and shapes that MLX gives them, so that files of weights load.

use lazulite::nn::{
    self, AttentionOptions, BatchNorm, Bilinear, Conv1d, Conv2d, Conv3d, ConvTranspose2d, Embedding, GRU, GroupNorm, InstanceNorm, LSTM,
    LayerNorm, Linear, MultiHeadAttention, PReLU, QuantizedEmbedding, QuantizedLinear, RMSNorm, RNN, Sequential, Transformer,
    TransformerOptions,
};
use lazulite::ops::{Conv, ConvTranspose};
use lazulite::prelude::*;

/// Compares with what `sorted(tree_flatten(layer.parameters()))` gives in MLX, each with its shape.
#[track_caller]
fn same(layer: &impl Module, expected: &str) {
    let mut list: Vec<String> = layer.parameters().iter().map(|(n, x)| format!("{n}{:?}", x.shape()).replace(' ', "")).collect();
    list.sort();
    assert_eq!(list.join(" "), expected);
}

#[test]
fn names_and_shapes_are_those_of_mlx() {
    let key = random::key(0);
    same(&Linear::new(3, 2, &key), "bias[2] weight[2,3]");
    same(&Bilinear::new(3, 4, 2, &key), "bias[2] weight[2,4,3]");
    same(&Embedding::new(5, 3, &key), "weight[5,3]");
    same(&PReLU::new(3), "weight[3]");
    same(&Conv1d::new(2, 4, [3], Conv::default(), &key), "bias[4] weight[4,3,2]");
    same(&Conv2d::new(2, 4, [3, 3], Conv::default().groups(2), &key), "bias[4] weight[4,3,3,1]");
    same(&Conv3d::new(2, 4, [3, 3, 3], Conv::default(), &key), "bias[4] weight[4,3,3,3,2]");
    same(&ConvTranspose2d::new(2, 4, [3, 3], ConvTranspose::default(), &key), "bias[4] weight[4,3,3,2]");
    same(&LayerNorm::new(4), "bias[4] weight[4]");
    same(&RMSNorm::new(4), "weight[4]");
    same(&GroupNorm::new(2, 4), "bias[4] weight[4]");
    same(&InstanceNorm::new(4).with_affine(), "bias[4] weight[4]");
    same(&BatchNorm::new(4), "bias[4] running_mean[4] running_var[4] weight[4]");
    same(&RNN::new(3, 2, &key), "Whh[2,2] Wxh[2,3] bias[2]");
    same(&GRU::new(3, 2, &key), "Wh[6,2] Wx[6,3] b[6] bhn[2]");
    same(&LSTM::new(3, 2, &key), "Wh[8,2] Wx[8,3] bias[8]");
    same(
        &MultiHeadAttention::new(4, 2, AttentionOptions::default().key_input_dims(3).bias(true), &key),
        "key_proj.bias[4] key_proj.weight[4,3] out_proj.bias[4] out_proj.weight[4,4] query_proj.bias[4] query_proj.weight[4,4] value_proj.bias[4] value_proj.weight[4,3]",
    );
    same(&QuantizedLinear::from_linear(&Linear::new(64, 8, &key), Format::default()), "bias[8] biases[8,1] scales[8,1] weight[8,8]");
    same(&QuantizedEmbedding::from_embedding(&Embedding::new(8, 64, &key), Format::default()), "biases[8,1] scales[8,1] weight[8,8]");
    same(
        &Transformer::new(4, 2, 1, 1, TransformerOptions::default().mlp_dims(3), &key),
        "decoder.layers.0.cross_attention.key_proj.weight[4,4] decoder.layers.0.cross_attention.out_proj.weight[4,4] \
         decoder.layers.0.cross_attention.query_proj.weight[4,4] decoder.layers.0.cross_attention.value_proj.weight[4,4] \
         decoder.layers.0.linear1.bias[3] decoder.layers.0.linear1.weight[3,4] decoder.layers.0.linear2.bias[4] \
         decoder.layers.0.linear2.weight[4,3] decoder.layers.0.ln1.bias[4] decoder.layers.0.ln1.weight[4] \
         decoder.layers.0.ln2.bias[4] decoder.layers.0.ln2.weight[4] decoder.layers.0.ln3.bias[4] \
         decoder.layers.0.ln3.weight[4] decoder.layers.0.self_attention.key_proj.weight[4,4] \
         decoder.layers.0.self_attention.out_proj.weight[4,4] decoder.layers.0.self_attention.query_proj.weight[4,4] \
         decoder.layers.0.self_attention.value_proj.weight[4,4] decoder.ln.bias[4] decoder.ln.weight[4] \
         encoder.layers.0.attention.key_proj.weight[4,4] encoder.layers.0.attention.out_proj.weight[4,4] \
         encoder.layers.0.attention.query_proj.weight[4,4] encoder.layers.0.attention.value_proj.weight[4,4] \
         encoder.layers.0.linear1.bias[3] encoder.layers.0.linear1.weight[3,4] encoder.layers.0.linear2.bias[4] \
         encoder.layers.0.linear2.weight[4,3] encoder.layers.0.ln1.bias[4] encoder.layers.0.ln1.weight[4] \
         encoder.layers.0.ln2.bias[4] encoder.layers.0.ln2.weight[4] encoder.ln.bias[4] encoder.ln.weight[4]",
    );
    same(
        &Sequential::new().then(Linear::new(3, 2, &key)).apply(nn::relu).then(LayerNorm::new(2)),
        "layers.0.bias[2] layers.0.weight[2,3] layers.2.bias[2] layers.2.weight[2]",
    );
}
