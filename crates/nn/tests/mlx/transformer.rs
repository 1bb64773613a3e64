//! Attention and transformers.

use crate::{both, close, filled, names, values, wave};
use lazulite::fast::Mask;
use lazulite::nn::{
    self, AttentionOptions, MultiHeadAttention, Transformer, TransformerDecoder, TransformerEncoder, TransformerEncoderLayer,
    TransformerOptions,
};
use lazulite::prelude::*;

fn x() -> Array {
    wave([2, 3, 4], 0.7)
}

fn memory() -> Array {
    wave([2, 2, 4], 0.45)
}

fn causal() -> Array {
    MultiHeadAttention::create_additive_causal_mask(3, Dtype::F32)
}

fn options() -> TransformerOptions {
    TransformerOptions::default()
}

#[test]
fn attention_gives_the_numbers_of_mlx() {
    let layer = filled(MultiHeadAttention::new(4, 2, AttentionOptions::default(), &random::key(0)));
    let values = wave([2, 2, 4], 0.6);
    both(
        |x| layer.forward(x, &memory(), &values, Mask::None),
        &x(),
        &[
            -0.127438, 0.104501, 0.063838, -0.143353, -0.081482, 0.092534, 0.025166, -0.10785, -0.120962, 0.099664, 0.060307, -0.136367,
            -0.081606, 0.073085, 0.037126, -0.09568, -0.077451, 0.147553, -0.01235, -0.140037, -0.074589, 0.047734, 0.045539, -0.075449,
        ],
        &[
            0.001444, 0.007819, 0.011099, 0.009986, -0.003911, -0.001126, 0.002104, 0.004502, 0.000968, -0.007223, -0.012555, -0.012918,
            -0.034482, -0.03368, -0.019547, 0.002323, 0.031092, 0.026496, 0.011412, -0.008188, 0.011941, 0.014168, 0.010787, 0.003137,
        ],
    );
    both(
        |x| layer.forward(x, x, x, Mask::Array(&causal())),
        &x(),
        &[
            -0.292549, 0.348275, 0.080588, -0.397321, -0.063241, 0.052654, 0.031196, -0.07164, -0.045535, 0.095399, -0.012524, -0.087776,
            0.03055, -0.108074, 0.035224, 0.086637, 0.043043, -0.052175, -0.011289, 0.059046, -0.01056, -0.020358, 0.02295, 0.006391,
        ],
        &[
            0.05458, 0.112459, 0.106907, 0.036838, 0.04115, -0.042274, -0.093425, -0.082545, -0.039217, -0.059473, -0.043416, 0.001275,
            0.031724, 0.129076, 0.151604, 0.085369, -0.016077, -0.078437, -0.101174, -0.069571, 0.007868, -0.042899, -0.062514, -0.040578,
        ],
    );
    close(
        &layer.forward(&x(), &x(), &x(), Mask::Causal),
        &[
            -0.292549, 0.348275, 0.080588, -0.397321, -0.063241, 0.052654, 0.031196, -0.07164, -0.045535, 0.095399, -0.012524, -0.087776,
            0.03055, -0.108074, 0.035224, 0.086637, 0.043043, -0.052175, -0.011289, 0.059046, -0.01056, -0.020358, 0.02295, 0.006391,
        ],
    );
    let seen = array![[true, false, true], [true, true, false], [false, true, true]];
    close(
        &layer.forward(&x(), &x(), &x(), Mask::Array(&seen)),
        &[
            -0.207262, 0.278493, 0.037771, -0.301481, -0.063241, 0.052654, 0.031196, -0.07164, 0.05335, -0.039207, -0.029488, 0.057154,
            -0.081821, 0.003239, 0.07985, -0.051836, 0.043043, -0.052175, -0.011289, 0.059046, -0.02613, 0.019303, 0.014382, -0.028056,
        ],
    );
}

#[test]
fn attention_of_other_sizes_gives_the_numbers_of_mlx() {
    let how = AttentionOptions::default().query_input_dims(3).key_input_dims(5).value_input_dims(6).value_dims(2).value_output_dims(7);
    let layer = filled(MultiHeadAttention::new(4, 2, how.bias(true), &random::key(0)));
    assert_eq!(names(&layer)[..3], ["query_proj.weight", "query_proj.bias", "key_proj.weight"]);
    let (k, v) = (wave([2, 2, 5], 0.45), wave([2, 2, 6], 0.6));
    both(
        |x| layer.forward(x, &k, &v, Mask::None),
        &wave([2, 3, 3], 0.7),
        &[
            0.197186, 0.424161, 0.26947, 0.364871, 0.494539, 0.054138, -0.549557, 0.197839, 0.454383, 0.265845, 0.335005, 0.501103,
            0.083357, -0.558995, 0.195634, 0.488654, 0.264679, 0.300849, 0.505629, 0.117068, -0.566837, 0.135285, 0.36475, 0.337215,
            0.417618, 0.421606, 0.008565, -0.472141, 0.127744, 0.387377, 0.342531, 0.394469, 0.418567, 0.032013, -0.471409, 0.251377,
            0.530051, 0.204863, 0.265336, 0.568937, 0.146353, -0.633027,
        ],
        &[
            -0.001496, -0.001551, 0.000229, -0.006503, -0.051839, -0.035848, 0.000819, -0.00427, -0.004307, 0.020345, 0.054827, 0.024447,
            0.053106, 0.092329, 0.022325, 0.000715, -0.021158, -0.018001,
        ],
    );
    let keys_alone = MultiHeadAttention::new(4, 2, AttentionOptions::default().key_input_dims(5), &random::key(0));
    assert_eq!(keys_alone.value_proj.weight.shape(), [4, 5]);
}

#[test]
fn masks_to_be_added_are_those_of_mlx() {
    for (dtype, lowest) in [(Dtype::F16, -65504.0), (Dtype::BF16, -3.389_531_4e38), (Dtype::F32, f32::MIN)] {
        assert_eq!(values(&MultiHeadAttention::create_additive_causal_mask(2, dtype)), [0.0, lowest, 0.0, 0.0]);
    }
}

#[test]
fn encoders_give_the_numbers_of_mlx() {
    let encoder = filled(TransformerEncoder::new(1, 4, 2, options().mlp_dims(3), &random::key(0)));
    both(
        |x| encoder.forward(x, Mask::Array(&causal())),
        &x(),
        &[
            0.0, 0.739933, -0.794594, 0.006002, 0.0, 0.568928, -0.285767, -0.33107, 0.0, 0.596235, -0.799843, 0.462381, 0.0, 0.629314,
            -0.420297, -0.407685, 0.0, 0.543183, -0.680773, 0.675295, 0.0, 0.661832, -0.527116, -0.435467,
        ],
        &[
            0.329808, 0.156762, -0.547927, 0.061357, 0.31474, -0.207048, -0.482316, 0.374624, -0.025232, -0.256892, 0.822714, -0.54059,
            -0.089453, 0.067257, 0.011127, 0.011068, 0.269452, -0.27099, -1.054399, 1.055937, -0.025992, -0.169021, 0.301213, -0.1062,
        ],
    );
    let after = options().mlp_dims(3).norm_first(false).activation(nn::gelu);
    let encoder = filled(TransformerEncoder::new(2, 4, 2, after, &random::key(0)));
    both(
        |x| encoder.forward(x, Mask::None),
        &x(),
        &[
            0.0, -0.406776, 0.570885, -0.176953, 0.0, -0.402507, 0.571149, -0.176566, 0.0, -0.404572, 0.570933, -0.177759, 0.0, -0.403513,
            0.571137, -0.176093, 0.0, -0.402166, 0.571045, -0.177928, 0.0, -0.403933, 0.571186, -0.175272,
        ],
        &[
            -0.001302, 0.003003, -0.004033, 0.003862, -0.000219, -0.001076, 0.008774, -0.005952, 0.000222, -0.000358, 0.003865, -0.002314,
            0.000208, 0.002883, -0.007328, 0.003981, -0.000667, 0.000161, 0.00065, -0.000649, 0.000803, -0.003226, 0.003229, -0.001504,
        ],
    );
}

#[test]
fn decoders_give_the_numbers_of_mlx() {
    let decoder = filled(TransformerDecoder::new(1, 4, 2, options(), &random::key(0)));
    both(
        |x| decoder.forward(x, &memory(), Mask::Array(&causal()), Mask::None),
        &x(),
        &[
            0.0, -0.354307, 0.424591, 0.24828, 0.0, -0.332479, 0.327495, 0.419659, 0.0, -0.369684, 0.393796, 0.086833, 0.0, -0.276571,
            0.196789, 0.438274, 0.0, 0.003638, -0.225958, -0.932704, 0.0, -0.308034, 0.323009, 0.451875,
        ],
        &[
            -0.079703, 0.05501, 0.126193, -0.1015, 0.034079, -0.073509, 0.08468, -0.04525, -0.044289, 0.17604, -0.585697, 0.453945,
            0.101899, -0.132757, 0.012128, 0.01873, 0.53084, -0.40592, 0.155118, -0.280037, 0.106668, 0.045134, -0.247977, 0.096174,
        ],
    );
    let decoder = filled(TransformerDecoder::new(2, 4, 2, options().norm_first(false), &random::key(0)));
    both(
        |x| decoder.forward(x, &memory(), Mask::Causal, Mask::None),
        &x(),
        &[
            0.0, -0.037629, 0.450014, -0.299364, 0.0, -0.038228, 0.450379, -0.29814, 0.0, -0.038618, 0.450738, -0.297322, 0.0, -0.031629,
            0.436753, -0.312463, 0.0, -0.036969, 0.441216, -0.301795, 0.0, -0.031572, 0.436718, -0.312575,
        ],
        &[
            -0.000255, 0.000871, 0.000846, -0.001475, 0.001927, -0.003394, -0.004804, 0.006254, -0.00076, 0.000915, 0.00108, -0.001231,
            0.001242, -0.004342, 0.00586, -0.002763, 0.003807, -0.0029, -0.004182, 0.003234, -0.000344, 0.001071, -0.001234, 0.000505,
        ],
    );
}

#[test]
fn transformers_give_the_numbers_of_mlx() {
    let model = filled(Transformer::new(4, 2, 1, 1, options().mlp_dims(3), &random::key(0)));
    let f = |x: &Array| model.forward(&memory(), x, Mask::None, Mask::Causal, Mask::None);
    both(
        f,
        &x(),
        &[
            0.0, -0.413769, 0.191555, -0.086578, 0.0, -0.20495, -0.061044, 0.205808, 0.0, -0.208262, 0.178525, -0.823043, 0.0, -0.23659,
            0.036105, 0.323877, 0.0, -0.093471, 0.007748, -1.058612, 0.0, -0.281849, 0.141118, 0.409475,
        ],
        &[
            -0.589703, -0.065562, 0.901021, -0.245755, -0.138203, 0.150838, 0.517048, -0.529683, 0.506857, 0.089826, -1.096142, 0.49946,
            0.146062, -0.139555, -0.113834, 0.107326, -0.567243, 0.115291, 0.616983, -0.165031, 0.013594, 0.105628, -0.2684, 0.149179,
        ],
    );
    close(&compile(f)(&x()), &values(&f(&x())));
}

#[test]
fn what_is_computed_again_is_the_same() {
    let build = |on| filled(Transformer::new(4, 2, 2, 2, options().dropout(0.3).checkpoint(on), &random::key(0)));
    let run = |model: &Transformer| {
        let mask = causal();
        let loss = |m: &Transformer| m.forward(&memory(), &x(), Mask::None, Mask::Array(&mask), Mask::None).square().sum(..);
        nn::with_key(&random::key(7), || value_and_grad(loss)(model))
    };
    let ((a, da), (b, db)) = (run(&build(false)), run(&build(true)));
    close(&a, &values(&b));
    for ((_, a), (_, b)) in da.parameters().iter().zip(db.parameters()) {
        close(a, &values(&b));
    }
    let (c, _) = nn::training(false, || value_and_grad(|m: &Transformer| m.encoder.forward(&x(), Mask::None).sum(..))(&build(true)));
    assert!(c.item::<f32>().unwrap().is_finite());
}

#[test]
fn a_batch_of_batches_is_each_by_itself() {
    let layer = filled(TransformerEncoderLayer::new(4, 2, options(), &random::key(0)));
    let many = wave([3, 2, 3, 4], 0.7);
    let each = vmap(|x: &Array| layer.forward(x, Mask::Causal))(&many);
    for i in 0..3 {
        close(&each.index(i), &values(&layer.forward(&many.index(i), Mask::Causal)));
    }
}

#[test]
#[should_panic(expected = "MultiHeadAttention: 6 features do not make 4 heads")]
fn heads_are_of_one_size() {
    MultiHeadAttention::new(6, 4, AttentionOptions::default(), &random::key(0));
}
