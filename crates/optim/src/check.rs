//! Settings that are numbers: what they may be, and the panic that says so.

/// The number, if it is finite and satisfies the condition that `allowed` describes.
#[track_caller]
fn number(name: &str, x: f64, allowed: &str, holds: impl FnOnce(f64) -> bool) -> f64 {
    assert!(x.is_finite() && holds(x), "{name}, {x}, is not {allowed}");
    x
}

/// A finite number.
#[track_caller]
pub(crate) fn finite(name: &str, x: f64) -> f64 {
    number(name, x, "finite", |_| true)
}

/// A finite number above zero.
#[track_caller]
pub(crate) fn positive(name: &str, x: f64) -> f64 {
    number(name, x, "positive and finite", |x| x > 0.0)
}

/// A finite number, zero or more.
#[track_caller]
pub(crate) fn not_negative(name: &str, x: f64) -> f64 {
    number(name, x, "finite and zero or more", |x| x >= 0.0)
}

/// A finite number, zero or less.
#[track_caller]
pub(crate) fn not_positive(name: &str, x: f64) -> f64 {
    number(name, x, "finite and zero or less", |x| x <= 0.0)
}

/// A share that a running mean keeps: 0 or more, and less than 1.
#[track_caller]
pub(crate) fn share(name: &str, x: f64) -> f64 {
    number(name, x, "in 0..1", |x| (0.0..1.0).contains(&x))
}
