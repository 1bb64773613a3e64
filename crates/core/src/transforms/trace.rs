//! `trace`: the typed program of a function, to read.

use crate::graph::program::{Program, Recorded};
use crate::graph::tag::Kind;
use crate::transforms::{abstract_tree, flatten};
use crate::tree::{Output, Tree};

/// The program that `f` is at the argument's shapes and dtypes, as text: an instruction a line with its dtype, shape and source line.
/// Runs nothing.
///
/// ```
/// use lazulite::prelude::*;
/// let text = trace(|x: &Array| x.sin() * 2.0)(&array![1.0, 2.0]).to_string();
/// assert!(text.contains("%0: float32[2] = sin(x0)"), "{text}");
/// ```
pub fn trace<A, B, F>(f: F) -> impl Fn(&A) -> B::With<Program>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    move |x| {
        let (on, leaves) = abstract_tree(x, Kind::Trace, false, |_, a| a.aval().clone());
        B::wrap(f(&on).into_tree().map(|y| Recorded::extract(&leaves, &flatten(&y)).program))
    }
}
