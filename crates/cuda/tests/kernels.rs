//! Every kernel compiles, for the oldest and the newest architecture that matter, without a device.

mod common;

use lazulite_cuda::backend::plan;
use lazulite_cuda::compiler::{Compile, program};
use lazulite_cuda::launch::Source;
use std::collections::BTreeMap;

/// The kernels of every kind of work, once each.
fn sources() -> Vec<(String, Source)> {
    let mut seen = BTreeMap::new();
    for work in common::all() {
        let plan = plan(&work).unwrap_or_else(|| panic!("no kernel for {work:?}"));
        for l in plan.launches.into_iter().chain(plan.scalar) {
            seen.entry(l.source.text.clone()).or_insert(l.source);
        }
    }
    seen.into_values().enumerate().map(|(i, s)| (format!("lz_{i}"), s)).collect()
}

fn compiles(architecture: &str) {
    let Some(compiler) = common::nvrtc(architecture) else { return };
    let sources = sources();
    for group in sources.chunks(64) {
        let kernels: Vec<(String, &Source)> = group.iter().map(|(n, s)| (n.clone(), s)).collect();
        let start = std::time::Instant::now();
        let image = compiler.compile(&program(&kernels)).unwrap_or_else(|log| panic!("{architecture}: {log}"));
        assert!(image.starts_with(b"\x7fELF"), "machine code");
        println!("{architecture}: {} kernels in {:.2} s, {} bytes", kernels.len(), start.elapsed().as_secs_f64(), image.len());
    }
}

#[test]
fn every_kernel_compiles_for_sm_80() {
    compiles("sm_80");
}

#[test]
fn every_kernel_compiles_for_sm_90a() {
    compiles("sm_90a");
}
