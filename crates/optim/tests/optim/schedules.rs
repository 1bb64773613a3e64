//! Schedules: MLX's values, closed forms, ends, and bad settings.

use lazulite::optim::{Optimizer, SGD, Schedule};
use lazulite::prelude::*;
use std::f64::consts::PI;

fn rate(s: &Schedule, t: u32) -> f32 {
    s.at(&t.into()).item().unwrap()
}

/// Against MLX 0.32.4 at some steps.
#[track_caller]
fn close(s: Schedule, expected: [f32; 12]) {
    let found = [0, 1, 2, 3, 4, 5, 7, 8, 10, 12, 13, 20].map(|t| rate(&s, t));
    crate::close(&found, &expected, 1e-7);
}

#[test]
fn rates_are_those_of_mlx() {
    close(
        Schedule::step(0.1, 0.3, 4),
        [0.1, 0.1, 0.1, 0.1, 0.030000001, 0.030000001, 0.030000001, 0.009000001, 0.009000001, 0.0027000003, 0.0027000003, 0.00024300006],
    );
    close(
        Schedule::exponential(0.1, 0.97),
        [
            0.1,
            0.097,
            0.09409001,
            0.09126731,
            0.08852929,
            0.08587342,
            0.080798306,
            0.078374356,
            0.07374244,
            0.06938426,
            0.06730273,
            0.05437947,
        ],
    );
    close(
        Schedule::cosine(0.1, 13, 0.01),
        [0.1, 0.09869238, 0.094845526, 0.08868299, 0.08056291, 0.07095723, 0.04957585, 0.039042786, 0.021317018, 0.011307617, 0.01, 0.01],
    );
    close(Schedule::cosine(0.1, 7, 0.0), [0.1, 0.09504844, 0.08117449, 0.061126042, 0.038873952, 0.01882551, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    close(
        Schedule::linear(0.3, 0.02, 11),
        [
            0.3, 0.27454546, 0.24909092, 0.22363637, 0.19818184, 0.17272729, 0.1218182, 0.09636365, 0.04545456, 0.02000001, 0.02000001,
            0.02000001,
        ],
    );
    close(
        Schedule::linear(0.0, 0.1, 3).then(4, Schedule::cosine(0.1, 5, 0.0)).then(8, Schedule::exponential(0.5, 0.5)),
        [0.0, 0.033333335, 0.06666667, 0.10000001, 0.1, 0.090450846, 0.034549147, 0.5, 0.125, 0.03125, 0.015625, 0.00012207031],
    );
}

/// The relative error against a function of the step in f64.
#[track_caller]
fn follows(s: &Schedule, steps: impl Iterator<Item = u32>, f: impl Fn(f64) -> f64) {
    for t in steps {
        let (found, expected) = (rate(s, t) as f64, f(t as f64));
        assert!((found - expected).abs() <= 1e-6 * expected.abs() + 1e-9, "step {t}: {found}, not {expected}");
    }
}

#[test]
fn rates_follow_the_closed_forms() {
    follows(&Schedule::constant(0.3), 0..3, |_| 0.3);
    follows(&Schedule::step(0.3, 0.7, 13), (0..400).step_by(7), |t| 0.3 * 0.7f64.powf((t / 13.0).floor()));
    follows(&Schedule::exponential(0.3, 0.9999), (0..100_000).step_by(9_999), |t| 0.3 * 0.9999f64.powf(t));
    follows(&Schedule::linear(0.0, 1.0, 1000), (0..1200).step_by(37), |t| (t / 1000.0).min(1.0));
    follows(&Schedule::cosine(2.0, 50, 1.0), 0..60, |t| 1.0 + 0.5 * (1.0 + (PI * (t / 50.0).min(1.0)).cos()));
}

#[test]
fn ends_are_exact() {
    for (a, b) in [(0.1, 0.3), (3e-4, 1e-5), (0.7, 0.0)] {
        for s in [Schedule::linear(a, b, 7), Schedule::cosine(a, 7, b)] {
            assert_eq!([rate(&s, 0), rate(&s, 7), rate(&s, u32::MAX)], [a as f32, b as f32, b as f32]);
        }
    }
}

#[test]
fn the_first_update_is_step_zero() {
    let opt = SGD::new(Schedule::new(|t| t.astype(Dtype::F32)));
    let (mut x, mut state) = (array![0.0], opt.init(&array![0.0]));
    for expected in [0.0, -1.0, -3.0, -6.0] {
        (x, state) = opt.update(&x, &array![1.0], &state);
        assert_eq!(x.item::<f32>().unwrap(), expected);
    }
}

#[test]
fn a_rate_must_be_one_floating_point_number() {
    let x = array![1.0, 2.0];
    let error = |s: Schedule| {
        let opt = SGD::new(s);
        opt.try_update(&x, &x, &opt.init(&x)).err().unwrap()
    };
    let e = error(Schedule::new(|t| t + 1));
    assert_eq!(e.kind(), ErrorKind::Type);
    assert!(e.to_string().starts_with("sgd: the learning rate is uint32 of shape []"), "{e}");
    let e = error(array![0.1, 0.2].into());
    assert_eq!(e.kind(), ErrorKind::Value);
    assert!(e.message().contains("[2]"), "{e}");
}

#[track_caller]
fn refuses(what: &str, f: impl Fn() + std::panic::UnwindSafe) {
    let panic = std::panic::catch_unwind(f).unwrap_err();
    let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| panic.downcast_ref::<&str>().unwrap().to_string());
    assert!(text.contains(what), "{text}");
}

#[test]
fn bad_settings_panic() {
    refuses("0 steps", || drop(Schedule::cosine(0.1, 0, 0.0)));
    refuses("0 steps", || drop(Schedule::linear(0.1, 0.2, 0)));
    refuses("0 steps", || drop(Schedule::step(0.1, 0.5, 0)));
    refuses("the factor, 0, is not positive", || drop(Schedule::exponential(0.1, 0.0)));
    refuses("the factor, -1, is not positive", || drop(Schedule::step(0.1, -1.0, 3)));
    refuses("the learning rate, NaN, is not finite", || drop(SGD::new(f64::NAN)));
    refuses("the final rate, inf, is not finite", || drop(Schedule::linear(0.0, f64::INFINITY, 3)));
}
