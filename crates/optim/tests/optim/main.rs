//! The optimizers: against MLX's results, against closed forms and the papers' recurrences, and within transforms.

mod adaptive;
mod files;
mod matrices;
mod mlx;
mod rules;
mod schedules;
mod transforms;

use lazulite::prelude::*;

fn values(x: &Array) -> Vec<f32> {
    x.to_vec().unwrap()
}

/// Equal up to a relative error, absolute below 1.
#[track_caller]
fn close(a: &[f32], b: &[f32], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() <= tolerance * y.abs().max(1.0), "{a:?}\n{b:?}");
    }
}
