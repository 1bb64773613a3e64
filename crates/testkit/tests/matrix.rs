//! The op matrix, a test a family.

use lazulite_testkit::matrix::report::{failures, rows};
use lazulite_testkit::matrix::{Case, Family, cases};

/// The cases of a family; with `LAZULITE_SHARD=i/n` every n-th of them, so that processes can share the work.
fn share(family: Family) -> Vec<Case> {
    let all = cases::of(family);
    let shard = std::env::var("LAZULITE_SHARD").ok();
    let Some((i, n)) =
        shard.as_ref().and_then(|s| s.split_once('/')).and_then(|(i, n)| Some((i.parse::<usize>().ok()?, n.parse::<usize>().ok()?)))
    else {
        return all;
    };
    all.into_iter().enumerate().filter(|(k, _)| k % n == i).map(|(_, c)| c).collect()
}

fn holds(family: Family) {
    assert!(!cases::of(family).is_empty(), "no operation is declared");
    let rows = rows(&share(family));
    let failures = failures(&rows);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
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
