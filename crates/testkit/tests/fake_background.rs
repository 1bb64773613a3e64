//! The CUDA backend under the real core, over a recording stand-in for the driver and a compiler that takes its time: a program runs at
//! once on generic kernels, its plan is recorded, and both change to the tapes' own kernels, once.

use lazulite::prelude::*;
use lazulite_base::backend::register;
use lazulite_cuda::Cuda;
use lazulite_cuda::compiler::{Compile, Programs, cache::Cache};
use lazulite_cuda::driver::Driver;
use lazulite_cuda::driver::fake::{Call, Fake};
use lazulite_cuda::gpu::Gpu;
use lazulite_cuda::tape::generic::operations::Class;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Whether programs but for the generic kernels get through.
static OPEN: AtomicBool = AtomicBool::new(false);
/// How many have.
static THROUGH: AtomicUsize = AtomicUsize::new(0);

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

struct Gate;

impl Compile for Gate {
    fn identity(&self) -> String {
        "gate".into()
    }

    fn compile(&self, text: &str) -> std::result::Result<Vec<u8>, String> {
        let generic = Class::ALL.iter().any(|c| text.contains(&c.kernel().source.text[..200]));
        if !generic {
            until("an open gate", || OPEN.load(Ordering::SeqCst));
            THROUGH.fetch_add(1, Ordering::SeqCst);
        }
        Ok(vec![0])
    }
}

/// What one evaluation asks of the driver: the kernels of plain launches, graphs made, replays.
fn run(fake: &Fake, y: &Array) -> (Vec<String>, usize, usize) {
    fake.take();
    eval([y]).unwrap();
    let calls = fake.take();
    let names = calls.iter().filter_map(|c| if let Call::Launch { name, .. } = c { Some(name.clone()) } else { None });
    let count = |f: fn(&Call) -> bool| calls.iter().filter(|c| f(c)).count();
    (names.collect(), count(|c| matches!(c, Call::Graph { .. })), count(|c| matches!(c, Call::Replay { .. })))
}

/// Steps of one kernel each.
fn chain(x: &Array) -> Array {
    (0..6).fold(x * 2.0, |y, _| y.sum(keep(-1)) + y)
}

#[test]
fn a_program_runs_at_once_and_changes_kernels_once() {
    if lazulite_cuda::is_available() {
        return eprintln!("skipped: the real driver is here");
    }
    let fake = Arc::new(Fake::new(64 << 20));
    let driver: Arc<dyn Driver> = fake.clone();
    let programs = Programs::new(driver.clone(), 0, Arc::new(Gate), Cache::default()).beside(true);
    let gpu = Arc::new(Gpu::new(driver.clone(), 0, driver.properties(0).unwrap(), programs).unwrap());
    register(Arc::new(Cuda::over(vec![gpu.clone()])));
    until("the generic kernel", || gpu.programs.generic(Class::Common).unwrap().is_some());
    let generic = gpu.programs.name(&Class::Common.kernel().source);
    let stream = Stream { device: Device::named("cuda", 0).unwrap(), id: 0 };
    lazulite::set_fusion(false);
    with_stream(stream, || {
        let x = Array::ones([64, 100], Dtype::F32) * 1.0;
        run(&fake, &x);
        // Plain runs, then recorded ones.
        for step in 0..6 {
            let (names, graphs, replays) = run(&fake, &chain(&x));
            assert!(names.iter().all(|n| *n == generic), "{names:?}");
            match step {
                0 | 1 => assert!(names.len() >= 13 && replays == 0, "{names:?}"),
                _ => assert_eq!((names.len(), graphs, replays), (0, (step == 2) as usize, 1)),
            }
        }
        OPEN.store(true, Ordering::SeqCst);
        until("their own kernels", || THROUGH.load(Ordering::SeqCst) > 0);
        until("the other graph", || {
            std::thread::sleep(Duration::from_millis(5));
            run(&fake, &chain(&x)).1 > 0
        });
        for _ in 0..20 {
            let (names, graphs, replays) = run(&fake, &chain(&x));
            assert_eq!((names.len(), graphs, replays), (0, 0, 1), "{names:?}");
        }
    });
}
