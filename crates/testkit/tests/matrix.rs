//! The op matrix, a test a family.

use lazulite_testkit::matrix::report::{failures, rows};
use lazulite_testkit::matrix::{Family, cases};

fn holds(family: Family) {
    let rows = rows(&cases::of(family));
    assert!(!rows.is_empty(), "no operation is declared");
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
    indexing: Indexing;
    sorting: Sorting;
    random: Random;
    models: Models;
}
