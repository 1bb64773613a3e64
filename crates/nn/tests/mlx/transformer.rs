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
            -0.1274377,
            0.104501,
            0.06383837,
            -0.1433531,
            -0.08148226,
            0.09253426,
            0.02516589,
            -0.1078502,
            -0.1209621,
            0.09966397,
            0.06030655,
            -0.1363666,
            -0.08160593,
            0.07308511,
            0.03712632,
            -0.0956802,
            -0.07745093,
            0.1475526,
            -0.01234964,
            -0.1400366,
            -0.07458945,
            0.04773396,
            0.04553856,
            -0.07544872,
        ],
        &[
            0.001444031,
            0.007819066,
            0.01109925,
            0.009986254,
            -0.003911201,
            -0.0011263,
            0.002104401,
            0.004502161,
            0.0009677701,
            -0.007223384,
            -0.01255546,
            -0.01291798,
            -0.03448167,
            -0.03367955,
            -0.01954678,
            0.002322768,
            0.03109211,
            0.02649576,
            0.01141217,
            -0.00818846,
            0.01194122,
            0.01416815,
            0.01078721,
            0.003136601,
        ],
    );
    both(
        |x| layer.forward(x, x, x, Mask::Array(&causal())),
        &x(),
        &[
            -0.2925488,
            0.3482752,
            0.08058846,
            -0.3973213,
            -0.06324141,
            0.05265379,
            0.03119631,
            -0.07163986,
            -0.04553528,
            0.09539865,
            -0.01252435,
            -0.08777632,
            0.03054983,
            -0.108074,
            0.03522406,
            0.08663665,
            0.04304302,
            -0.05217485,
            -0.01128938,
            0.05904557,
            -0.01055959,
            -0.0203581,
            0.02294953,
            0.006391009,
        ],
        &[
            0.05457964,
            0.1124591,
            0.1069068,
            0.03683811,
            0.0411499,
            -0.04227358,
            -0.09342525,
            -0.08254524,
            -0.03921706,
            -0.05947344,
            -0.04341551,
            0.001274991,
            0.03172444,
            0.1290757,
            0.1516041,
            0.08536853,
            -0.01607669,
            -0.07843738,
            -0.101174,
            -0.06957074,
            0.007867749,
            -0.0428994,
            -0.06251353,
            -0.04057798,
        ],
    );
    close(
        &layer.forward(&x(), &x(), &x(), Mask::Causal),
        &[
            -0.2925488,
            0.3482752,
            0.08058846,
            -0.3973213,
            -0.06324141,
            0.05265379,
            0.03119631,
            -0.07163986,
            -0.04553528,
            0.09539865,
            -0.01252435,
            -0.08777632,
            0.03054983,
            -0.108074,
            0.03522406,
            0.08663665,
            0.04304302,
            -0.05217485,
            -0.01128938,
            0.05904557,
            -0.01055959,
            -0.0203581,
            0.02294953,
            0.006391009,
        ],
    );
    let seen = array![[true, false, true], [true, true, false], [false, true, true]];
    close(
        &layer.forward(&x(), &x(), &x(), Mask::Array(&seen)),
        &[
            -0.2072623,
            0.2784933,
            0.03777125,
            -0.3014808,
            -0.06324141,
            0.05265379,
            0.03119631,
            -0.07163986,
            0.05335003,
            -0.03920744,
            -0.02948838,
            0.05715407,
            -0.08182132,
            0.003238728,
            0.07985023,
            -0.05183561,
            0.04304302,
            -0.05217485,
            -0.01128938,
            0.05904557,
            -0.02612976,
            0.01930311,
            0.01438189,
            -0.02805592,
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
            0.1971861,
            0.4241613,
            0.2694704,
            0.3648709,
            0.4945391,
            0.05413752,
            -0.5495572,
            0.1978389,
            0.4543834,
            0.2658447,
            0.3350054,
            0.5011026,
            0.08335739,
            -0.5589949,
            0.1956339,
            0.4886541,
            0.2646786,
            0.3008494,
            0.5056286,
            0.1170681,
            -0.566837,
            0.1352854,
            0.3647502,
            0.3372153,
            0.4176181,
            0.4216056,
            0.008564625,
            -0.4721408,
            0.1277439,
            0.3873767,
            0.342531,
            0.3944687,
            0.418567,
            0.03201294,
            -0.4714088,
            0.2513773,
            0.5300509,
            0.2048631,
            0.2653365,
            0.5689374,
            0.1463535,
            -0.6330266,
        ],
        &[
            -0.001495816,
            -0.001551031,
            0.0002286631,
            -0.006503183,
            -0.05183858,
            -0.03584763,
            0.0008188222,
            -0.004269521,
            -0.004306913,
            0.02034514,
            0.05482692,
            0.02444707,
            0.05310556,
            0.09232937,
            0.02232522,
            0.0007148592,
            -0.02115835,
            -0.01800069,
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
            0.0,
            0.7399327,
            -0.7945942,
            0.006002456,
            0.0,
            0.5689281,
            -0.2857673,
            -0.33107,
            0.0,
            0.5962353,
            -0.7998427,
            0.4623813,
            0.0,
            0.6293141,
            -0.4202974,
            -0.4076847,
            0.0,
            0.5431834,
            -0.680773,
            0.6752951,
            0.0,
            0.6618315,
            -0.5271159,
            -0.4354672,
        ],
        &[
            0.3298076,
            0.1567618,
            -0.5479266,
            0.06135721,
            0.3147403,
            -0.2070485,
            -0.4823161,
            0.3746242,
            -0.02523209,
            -0.256892,
            0.822714,
            -0.5405899,
            -0.08945263,
            0.06725726,
            0.01112734,
            0.01106804,
            0.2694524,
            -0.2709898,
            -1.054399,
            1.055937,
            -0.02599211,
            -0.1690207,
            0.3012132,
            -0.1062004,
        ],
    );
    let after = options().mlp_dims(3).norm_first(false).activation(nn::gelu);
    let encoder = filled(TransformerEncoder::new(2, 4, 2, after, &random::key(0)));
    both(
        |x| encoder.forward(x, Mask::None),
        &x(),
        &[
            0.0, -0.4067762, 0.5708852, -0.1769525, 0.0, -0.4025067, 0.5711488, -0.1765665, 0.0, -0.4045718, 0.5709333, -0.1777591, 0.0,
            -0.4035134, 0.5711371, -0.1760926, 0.0, -0.4021664, 0.571045, -0.1779281, 0.0, -0.4039332, 0.5711861, -0.1752723,
        ],
        &[
            -0.001301909,
            0.003003448,
            -0.00403275,
            0.003862136,
            -0.0002192535,
            -0.001076225,
            0.008773513,
            -0.005952021,
            0.0002218599,
            -0.0003582111,
            0.003864773,
            -0.002314253,
            0.0002083692,
            0.002882712,
            -0.007327977,
            0.003980614,
            -0.0006674202,
            0.0001607735,
            0.0006496888,
            -0.000648926,
            0.000803261,
            -0.003225788,
            0.003228865,
            -0.001503697,
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
            0.0,
            -0.3543066,
            0.4245907,
            0.2482796,
            0.0,
            -0.3324795,
            0.3274951,
            0.4196588,
            0.0,
            -0.3696842,
            0.3937961,
            0.08683309,
            0.0,
            -0.2765706,
            0.1967887,
            0.4382744,
            0.0,
            0.003637768,
            -0.2259575,
            -0.9327039,
            0.0,
            -0.3080337,
            0.3230094,
            0.4518753,
        ],
        &[
            -0.07970268,
            0.05500975,
            0.126193,
            -0.1015001,
            0.03407853,
            -0.07350926,
            0.08468036,
            -0.04524963,
            -0.04428851,
            0.1760399,
            -0.5856967,
            0.4539453,
            0.1018992,
            -0.1327567,
            0.01212759,
            0.01872995,
            0.5308396,
            -0.4059204,
            0.1551182,
            -0.2800374,
            0.1066684,
            0.04513413,
            -0.2479768,
            0.09617428,
        ],
    );
    let decoder = filled(TransformerDecoder::new(2, 4, 2, options().norm_first(false), &random::key(0)));
    both(
        |x| decoder.forward(x, &memory(), Mask::Causal, Mask::None),
        &x(),
        &[
            0.0,
            -0.03762865,
            0.4500136,
            -0.2993643,
            0.0,
            -0.03822815,
            0.4503788,
            -0.2981395,
            0.0,
            -0.03861792,
            0.4507375,
            -0.2973215,
            0.0,
            -0.03162932,
            0.4367529,
            -0.312463,
            0.0,
            -0.03696947,
            0.4412164,
            -0.3017947,
            0.0,
            -0.03157157,
            0.436718,
            -0.3125749,
        ],
        &[
            -0.0002545825,
            0.0008714732,
            0.000846348,
            -0.001475252,
            0.001927104,
            -0.003394378,
            -0.004803851,
            0.006253643,
            -0.0007599125,
            0.0009148285,
            0.001080219,
            -0.001230618,
            0.001242293,
            -0.004341842,
            0.005859863,
            -0.002763321,
            0.003807483,
            -0.002899857,
            -0.004182392,
            0.003233872,
            -0.000343629,
            0.00107118,
            -0.001234174,
            0.0005047296,
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
            0.0,
            -0.4137686,
            0.1915547,
            -0.08657844,
            0.0,
            -0.2049497,
            -0.06104419,
            0.205808,
            0.0,
            -0.208262,
            0.1785253,
            -0.8230428,
            0.0,
            -0.2365901,
            0.03610514,
            0.3238775,
            0.0,
            -0.09347116,
            0.007747769,
            -1.058612,
            0.0,
            -0.2818492,
            0.1411178,
            0.4094745,
        ],
        &[
            -0.5897034,
            -0.06556197,
            0.9010207,
            -0.2457553,
            -0.1382025,
            0.1508376,
            0.5170477,
            -0.5296827,
            0.5068567,
            0.08982559,
            -1.096142,
            0.4994599,
            0.1460624,
            -0.1395548,
            -0.1138335,
            0.107326,
            -0.5672432,
            0.1152913,
            0.616983,
            -0.1650309,
            0.0135938,
            0.1056277,
            -0.2684002,
            0.1491787,
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
