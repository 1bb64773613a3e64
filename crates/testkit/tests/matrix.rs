//! The op matrix, a test a family: every check holds, and the page says so.

use lazulite_testkit::matrix::report::{failures, rows, stale};
use lazulite_testkit::matrix::{Case, Family, cases};
use lazulite_testkit::takes;

fn holds(family: Family) {
    assert!(!cases::of(family).is_empty(), "no operation is declared");
    let share: Vec<Case> = cases::of(family).into_iter().enumerate().filter(|(k, _)| takes(*k)).map(|(_, c)| c).collect();
    let rows = rows(&share);
    let mut failures: Vec<String> = failures(&rows).into_iter().map(String::from).collect();
    // A share of the operations says nothing about the page.
    if share.len() == cases::of(family).len() {
        failures.extend(stale(include_str!("../../../docs/op-matrix.md"), family, &rows));
    }
    // Another test's row may have silenced what a panic says.
    failures.iter().for_each(|f| eprintln!("{f}"));
    assert!(failures.is_empty(), "{} failures", failures.len());
}

macro_rules! families {
    ($($test:ident: $family:ident;)*) => {$(
        #[test]
        fn $test() {
            holds(Family::$family);
        }
    )*};
}

families! {
    elementwise: Elementwise;
    composed: Composed;
    creation: Creation;
    reductions: Reductions;
    scans: Scans;
    views: Views;
    joins: Joins;
    products: Products;
    fourier: Fourier;
    linalg: Linalg;
    indexing: Indexing;
    sorting: Sorting;
    random: Random;
    models: Models;
}
