//! What the tests of files share; each takes a part.
#![allow(dead_code)]

use lazulite::prelude::*;
use std::path::PathBuf;

/// A path in a directory of this test's own, removed at its end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let dir = std::env::temp_dir().join(format!("lazulite-io-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Scratch(dir)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Asserts that two arrays have one dtype and shape, and equal elements.
pub fn same(a: &Array, b: &Array, what: &str) {
    assert_eq!((a.dtype(), a.shape()), (b.dtype(), b.shape()), "{what}");
    assert_eq!(a.astype(Dtype::F64).to_vec::<f64>().unwrap(), b.astype(Dtype::F64).to_vec::<f64>().unwrap(), "{what}");
}
