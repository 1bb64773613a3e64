//! Twenty steps on random parameters, against what MLX 0.32.4 gives for them.

use crate::values;
use lazulite::io;
use lazulite::optim::{Adam, AdamW, Moments, Optimizer, SGD, Schedule, State, clip_grad_norm};
use lazulite::prelude::*;
use lazulite::tree::{flatten, map_named};
use std::collections::BTreeMap;

const START: [f32; 9] = [0.30877373, -0.61272436, 0.9369247, 0.8827293, -0.23253335, -0.86587864, 0.21397588, -0.15905254, 0.5431252];
const SLOPE: [f32; 9] = [0.5321716, 1.9322901, 1.2738292, 0.5135596, 0.64990497, 1.1451936, 1.694756, 0.63281715, 0.6158451];
const LOWEST: [f32; 9] = [0.6220086, 0.17443201, -0.7707757, -1.197488, 0.83694243, -1.2099355, 0.00794456, -0.20899858, 1.9518152];

/// What `AdamW` at 0.02 gives.
const ADAMW: [f32; 9] = [0.5576139, 0.34765825, -0.9901298, -1.1745394, 1.1763129, -1.1146332, -0.051321752, -0.19653524, 2.2908993];

/// Nine numbers as a matrix and a vector.
type Pair = (Array, Array);

fn pair(x: [f32; 9]) -> Pair {
    (Array::from_slice(&x[..6], [2, 3]).unwrap(), Array::from_slice(&x[6..], [3]).unwrap())
}

/// Twenty steps down a paraboloid in a dtype, with what is done to each gradient.
fn twenty(opt: impl Optimizer, dtype: Dtype, prepare: impl Fn(Pair) -> Pair) -> Vec<f32> {
    let pair = |x| pair(x).map_arrays(&mut |x| x.astype(dtype));
    let (mut w, a, c) = (pair(START), pair(SLOPE), pair(LOWEST));
    let mut state = opt.init(&w);
    for _ in 0..20 {
        let g = prepare((&a.0 * (&w.0 - &c.0), &a.1 * (&w.1 - &c.1)));
        (w, state) = opt.update(&w, &g, &state);
    }
    flatten(&w).iter().flat_map(|x| values(&x.astype(Dtype::F32))).collect()
}

#[track_caller]
pub fn close(opt: impl Optimizer, expected: [f32; 9]) {
    crate::close(&twenty(opt, Dtype::F32, |g| g), &expected, 3e-6);
}

/// With parameters of a half dtype: off by a unit in the last place where the unrounded values lie at a tie.
#[track_caller]
pub fn halves(opt: impl Optimizer, dtype: Dtype, expected: [f32; 9]) {
    let unit = if dtype == Dtype::F16 { 1e-3 } else { 8e-3 };
    crate::close(&twenty(opt, dtype, |g| g), &expected, unit);
}

#[test]
fn descent() {
    close(SGD::new(0.05), [0.43935832, 0.07126917, -0.31285387, 0.038912255, 0.28456864, -1.104139, 0.043007135, -0.18274248, 1.1981944]);
    close(
        SGD::new(0.05).momentum(0.9),
        [0.7322323, -0.09989406, -0.59469926, -1.9187542, 1.2087502, -1.2094369, 0.07397795, -0.2265659, 2.451505],
    );
    close(
        SGD::new(0.05).momentum(0.8).dampening(0.3).weight_decay(0.1),
        [0.5209571, 0.14791448, -0.88042235, -0.9556416, 0.77381676, -1.1411194, 0.002769689, -0.1814001, 1.7188677],
    );
    close(
        SGD::new(0.05).momentum(0.9).nesterov(true),
        [0.7048269, 0.07447193, -0.6710587, -1.744031, 1.100858, -1.2081548, 0.035964347, -0.22157545, 2.3125763],
    );
    close(
        SGD::new(0.05).momentum(0.7).nesterov(true).weight_decay(0.02),
        [0.5641806, 0.17036611, -0.7878579, -0.8810774, 0.7479109, -1.1948667, 0.007082518, -0.1996116, 1.7878069],
    );
    close(
        SGD::new(0.05).dampening(0.5).weight_decay(0.1),
        [0.41060048, 0.074531436, -0.31677002, 0.008525625, 0.27930614, -1.0445094, 0.038993564, -0.17032303, 1.1311285],
    );
}

#[test]
fn adam() {
    close(Adam::new(0.02), [0.55745786, 0.34848806, -0.9907154, -1.1752278, 1.1778194, -1.1145871, -0.05137334, -0.19659942, 2.294415]);
    close(
        Adam::new(0.02).betas(0.8, 0.95).eps(1e-3),
        [0.6532042, -0.12929264, 0.42622864, 0.3691898, 0.26472884, -1.2355307, -0.0031973985, -0.20993748, 1.0489926],
    );
    close(AdamW::new(0.02), ADAMW);
    close(
        AdamW::new(0.02).betas(0.7, 0.9).eps(1e-4),
        [0.62691945, -0.1788974, 0.4800139, 0.42335185, 0.21149519, -1.2040589, 0.0060031735, -0.20935233, 0.99092305],
    );
}

/// MLX's corrected results are off by 3e-6 here, against the recurrence in float64: `1 - b^t` cancels in float32, which ours avoid.
#[track_caller]
fn close_corrected(opt: impl Optimizer, expected: [f32; 9]) {
    crate::close(&twenty(opt, Dtype::F32, |g| g), &expected, 5e-6);
}

#[test]
fn corrected_adam() {
    close_corrected(
        Adam::new(0.02).bias_correction(true),
        [0.6413687, -0.22914907, 0.54330426, 0.48783562, 0.15636286, -1.2085822, -0.047026023, -0.21077272, 0.93515307],
    );
    close_corrected(
        Adam::new(0.02).betas(0.8, 0.95).eps(1e-3).bias_correction(true),
        [0.61980146, -0.23504816, 0.54578763, 0.49006698, 0.151879, -1.1903256, -0.015195001, -0.21300574, 0.9318399],
    );
    close_corrected(
        AdamW::new(0.02).weight_decay(0.3).bias_correction(true),
        [0.6004767, -0.18435723, 0.4605837, 0.41081896, 0.16065924, -1.1144118, -0.04515685, -0.21079925, 0.8535297],
    );
}

#[test]
fn schedules() {
    close(
        SGD::new(Schedule::step(0.1, 0.5, 6)),
        [0.44726568, 0.09095925, -0.36564654, -0.012599209, 0.314287, -1.1149096, 0.0373151, -0.18411447, 1.2364225],
    );
    close(
        SGD::new(Schedule::exponential(0.1, 0.9)),
        [0.42721367, 0.044860933, -0.23745409, 0.11817425, 0.23945649, -1.0885633, 0.0508155, -0.18065625, 1.139968],
    );
    close(
        Adam::new(Schedule::cosine(0.05, 15, 0.01)),
        [0.64910334, 0.20047894, -1.1145252, -1.4251698, 1.0541466, -1.2119782, -0.019096168, -0.23006375, 2.2933946],
    );
    close(
        SGD::new(Schedule::linear(0.0, 0.1, 12)).momentum(0.5),
        [0.56350875, 0.17427944, -0.7839733, -0.7805908, 0.71329, -1.2106706, 0.0069684205, -0.20278242, 1.7634683],
    );
    close(
        AdamW::new(Schedule::linear(0.0, 0.04, 5).then(5, Schedule::cosine(0.04, 10, 0.0)).then(12, 0.01)),
        [0.54641485, 0.46929416, -0.9091816, -1.0783262, 1.1897174, -1.1554754, 0.06349027, -0.18503247, 2.2358267],
    );
}

#[test]
fn clipped_descent() {
    let expected = [0.33709556, -0.38233644, 0.58930975, 0.70093817, -0.11559338, -0.9295097, 0.16006069, -0.16437775, 0.6894976];
    crate::close(&twenty(SGD::new(0.05), Dtype::F32, |g| clip_grad_norm(&g, 0.5).0), &expected, 3e-6);
}

/// Seven steps in MLX, saved by `mx.save_safetensors` of the flattened `{"model": parameters, "optimizer": optimizer.state}`, and thirteen
/// more here are MLX's twenty.
#[test]
fn a_run_begun_in_mlx_goes_on() {
    #[derive(Tree)]
    struct Run {
        model: BTreeMap<String, Array>,
        optimizer: State<Moments>,
    }
    let found = io::load(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mlx_adamw.safetensors")).unwrap();
    let named = |(a, b): Pair| BTreeMap::from([("a".to_string(), a), ("b".to_string(), b)]);
    let opt = AdamW::new(0.02);
    let start = Run { model: named(pair(START)), optimizer: opt.init(&named(pair(START))) };
    let mut run = map_named(&start, |name, own| found[name].astype(own.dtype()));
    assert_eq!(run.optimizer.step.item::<u32>().unwrap(), 7);
    let (slope, lowest) = (named(pair(SLOPE)), named(pair(LOWEST)));
    for _ in 7..20 {
        let grads = map_named(&run.model, |name, w| &slope[name] * (w - &lowest[name]));
        let (model, optimizer) = opt.update(&run.model, &grads, &run.optimizer);
        run = Run { model, optimizer };
    }
    let w: Vec<f32> = flatten(&run.model).iter().flat_map(values).collect();
    crate::close(&w, &ADAMW, 3e-6);
}
