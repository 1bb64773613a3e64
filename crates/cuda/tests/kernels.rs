//! Every kernel compiles, for the oldest and the newest architecture that matter, without a device.

mod common;

use lazulite_base::Dtype;
use lazulite_base::work::Work;
use lazulite_cuda::backend::plan;
use lazulite_cuda::compiler::{Compile, program};
use lazulite_cuda::launch::Source;
use lazulite_cuda::tape::generic::operations::Class;
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

/// The generic kernels know every row of the table, every cast and every reduction in the dtypes that they take.
#[test]
fn generic_kernels_know_every_real_tape() {
    for work in common::all() {
        let Work::Tape(tape) = &work else { continue };
        let complex = tape.code.iter().any(|i| i.dtype == Dtype::C64);
        let generic = plan(&work).expect("a kernel").generic;
        assert_eq!(generic.is_none(), complex, "{tape:?}");
        let Some(call) = generic else { continue };
        let common = tape.code.iter().all(|i| Class::Common.takes(i.dtype));
        assert_eq!(call.class == Class::Common, common, "{tape:?}");
    }
}

#[test]
fn generic_kernels_compile() {
    for architecture in ["sm_80", "sm_90a"] {
        let Some(compiler) = common::nvrtc(architecture) else { return };
        for class in Class::ALL {
            let start = std::time::Instant::now();
            let kernel = ("lz_generic".to_string(), &class.kernel().source);
            let image = compiler.compile(&program(&[kernel])).unwrap_or_else(|log| panic!("{architecture}, {class:?}: {log}"));
            println!("{architecture}: {class:?} in {:.2} s, {} bytes", start.elapsed().as_secs_f64(), image.len());
        }
    }
}

#[test]
fn outputs_may_share_a_register() {
    let Some(compiler) = common::nvrtc("sm_80") else { return };
    for tape in common::shared_register_tapes() {
        let plan = plan(&Work::Tape(tape.clone())).expect("a kernel");
        for (i, launch) in plan.launches.iter().enumerate() {
            let kernel = (format!("lz_{i}"), &launch.source);
            compiler.compile(&program(&[kernel])).unwrap_or_else(|log| panic!("{tape:?}: {log}"));
        }
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
