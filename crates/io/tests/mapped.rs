//! Mapped files, in a process of their own: the memory in use is counted.

mod common;

use common::{Scratch, same};
use lazulite::io::{self, gguf, npy, npz};
use lazulite::prelude::*;

#[test]
fn a_large_file_is_mapped_and_may_be_replaced() {
    let dir = Scratch::new("mapped");
    let (x, n) = (Array::arange(0, 1 << 19, 1, Dtype::F32), array![1u8, 2, 3]);
    let paths = ["a.safetensors", "a.npy", "a.npz", "a.gguf"].map(|f| dir.file(f));
    let none = gguf::Metadata::new();
    io::save(&paths[0], [("n", &n), ("x", &x)]).unwrap();
    npy::save(&paths[1], &x).unwrap();
    npz::save(&paths[2], [("x", &x)], npz::Packing::Stored).unwrap();
    gguf::save(&paths[3], [("x", &x)], &none).unwrap();
    let before = memory::active();
    let found = [io::load(&paths[0]).unwrap()["x"].clone(), npy::load(&paths[1]).unwrap(), gguf::load(&paths[3]).unwrap().0["x"].clone()];
    assert!(memory::active() - before < x.nbytes(), "mapped arrays take no memory of the pool");
    same(&npz::load(&paths[2]).unwrap()["x"], &x, "npz");
    for (path, y) in [&paths[0], &paths[1], &paths[3]].into_iter().zip(&found) {
        // Whoever gets the memory to write to changes the array, not the file.
        let (_, host) = y.exported().unwrap();
        // SAFETY: the memory is exported, and has an element.
        unsafe { host.address().cast_mut().cast::<f32>().write(-1.0) };
        std::fs::write(path.with_extension("other"), b"").unwrap();
        std::fs::rename(path.with_extension("other"), path).unwrap();
        assert_eq!((y + 1.0).take(&array![0, 7], 0).to_vec::<f32>().unwrap(), [0.0, 8.0]);
    }
}
