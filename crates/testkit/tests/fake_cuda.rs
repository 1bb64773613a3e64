//! The CUDA backend under the real core, over a recording stand-in for the driver: what is moved, ordered, reused and refused. Kernels
//! do nothing there, so no value is checked.

mod fake_graphs;

use lazulite::prelude::*;
use lazulite_base::backend::register;
use lazulite_cuda::Cuda;
use lazulite_cuda::compiler::{Compile, Programs, cache::Cache};
use lazulite_cuda::driver::fake::{Call, Fake};
use lazulite_cuda::driver::{Driver, Fault};
use lazulite_cuda::gpu::Gpu;
use std::sync::Arc;

const CAPACITY: usize = 64 << 20;

struct Nothing;

impl Compile for Nothing {
    fn identity(&self) -> String {
        "nothing".into()
    }

    fn compile(&self, _: &str) -> std::result::Result<Vec<u8>, String> {
        Ok(vec![0])
    }
}

/// A device over a fresh stand-in; events come only when somebody waits for them.
fn fake() -> (Arc<Fake>, Device) {
    let mut fake = Fake::new(CAPACITY);
    fake.slow = true;
    let fake = Arc::new(fake);
    let driver: Arc<dyn Driver> = fake.clone();
    let programs = Programs::new(driver.clone(), 0, Arc::new(Nothing), Cache::default());
    let gpu = Gpu::new(driver.clone(), 0, driver.properties(0).unwrap(), programs).unwrap();
    register(Arc::new(Cuda::over(vec![Arc::new(gpu)])));
    (fake, Device::named("cuda", 0).unwrap())
}

/// The words of every plain launch.
pub fn launches(calls: &[Call]) -> Vec<&Vec<u64>> {
    calls.iter().filter_map(|c| if let Call::Launch { words, .. } = c { Some(words) } else { None }).collect()
}

/// How many calls are such.
pub fn count(calls: &[Call], f: impl Fn(&Call) -> bool) -> usize {
    calls.iter().filter(|c| f(c)).count()
}

fn is_upload(c: &Call) -> bool {
    matches!(c, Call::Upload { .. })
}

fn is_download(c: &Call) -> bool {
    matches!(c, Call::Download { .. })
}

/// One test, since a backend is registered once in a process and a fault ends it.
#[test]
fn what_the_core_asks_of_a_device() {
    if lazulite_cuda::is_available() {
        return eprintln!("skipped: the real driver is here");
    }
    let (fake, device) = fake();
    let (a, b) = (Stream { device, id: 0 }, Stream::new(device));
    residency(&fake, a);
    order(&fake, a, b);
    donation(&fake, a);
    freed_across_streams(&fake, a, b);
    placement(&fake, a);
    exhaustion(a);
    fake_graphs::plans_are_replayed(&fake, a);
    fault(&fake, a);
}

/// Data go up when the device first asks and come down when the host does; copies stay.
fn residency(fake: &Fake, s: Stream) {
    let x = Array::from_slice(&[1f32; 1000], [1000]).unwrap();
    let y = with_stream(s, || &x + 1.0);
    fake.take();
    eval([&y]).unwrap();
    let calls = fake.take();
    assert_eq!((count(&calls, is_upload), launches(&calls).len(), count(&calls, is_download)), (1, 1, 0));
    let z = with_stream(s, || &x * 2.0);
    eval([&z]).unwrap();
    assert_eq!(count(&fake.take(), is_upload), 0);
    y.to_vec::<f32>().unwrap();
    assert_eq!(count(&fake.take(), is_download), 1);
    y.to_vec::<f32>().unwrap();
    assert_eq!(count(&fake.take(), is_download), 0);
}

/// A stream waits for another on the device, not on the host.
fn order(fake: &Fake, a: Stream, b: Stream) {
    let x = Array::from_slice(&[1f32; 1000], [1000]).unwrap();
    let y = with_stream(a, || &x + 1.0);
    async_eval([&y]).unwrap();
    let Some(Call::Record { event, .. }) = fake.take().last().cloned() else { panic!("an event ends the work") };
    let z = with_stream(b, || &y * 2.0);
    async_eval([&z]).unwrap();
    let calls = fake.take();
    let after = calls.iter().position(|c| matches!(c, Call::After { event: e, .. } if *e == event)).expect("b waits for a");
    let launch = calls.iter().position(|c| matches!(c, Call::Launch { .. })).unwrap();
    assert!(after < launch && count(&calls, |c| matches!(c, Call::Wait { .. })) == 0, "{calls:?}");
    eval([&z]).unwrap();
    assert!(count(&fake.take(), |c| matches!(c, Call::Wait { .. })) > 0);
}

/// What nobody else sees is written over, also while the work that makes it still runs.
fn donation(fake: &Fake, s: Stream) {
    let x = Array::from_slice(&[1f32; 4096], [4096]).unwrap();
    let y = with_stream(s, || &x + 1.0);
    async_eval([&y]).unwrap();
    fake.take();
    let z = with_stream(s, || y * 2.0);
    async_eval([&z]).unwrap();
    let calls = fake.take();
    let words = launches(&calls)[0];
    assert!(
        words.iter().any(|w| *w > 1 << 20 && words.iter().filter(|v| *v == w).count() == 2),
        "read and written at one address: {words:?}"
    );
    let kept = z.clone();
    let w = with_stream(s, || z * 2.0);
    async_eval([&w]).unwrap();
    let calls = fake.take();
    let words = launches(&calls)[0];
    assert!(words.iter().all(|w| *w < 1 << 20 || words.iter().filter(|v| *v == w).count() == 1), "kept: {words:?}");
    drop(kept);
}

/// Memory that two streams used is not used again before both have come so far.
fn freed_across_streams(fake: &Fake, a: Stream, b: Stream) {
    let x = Array::from_slice(&[1f32; 1 << 20], [1 << 20]).unwrap();
    let y = with_stream(a, || &x + 1.0);
    async_eval([&y]).unwrap();
    let z = with_stream(b, || y.sum(..));
    drop(y);
    async_eval([&z]).unwrap();
    let calls = fake.take();
    let last = calls.iter().rposition(|c| matches!(c, Call::Launch { .. })).unwrap();
    assert!(calls[last..].iter().any(|c| matches!(c, Call::Record { .. })), "an event says when the other stream is done with it");
    eval([&z]).unwrap();
}

/// A step without a kernel runs on the CPU, and `explain` says so.
fn placement(fake: &Fake, s: Stream) {
    let x = Array::from_slice(&[3f32, 1.0, 2.0, 5.0], [4]).unwrap();
    let y = with_stream(s, || lazulite::fft::rfft(&(&x + 1.0), None, -1, lazulite::fft::Norm::Backward) + 1.0);
    let text = explain(&[&y]);
    assert!(text.contains("fft on cpu:0") && text.contains("from cuda:0") && text.contains("from cpu:0"), "{text}");
    fake.take();
    eval([&y]).unwrap();
    let calls = fake.take();
    assert_eq!((count(&calls, is_upload), launches(&calls).len(), count(&calls, is_download)), (2, 2, 1), "{calls:?}");
}

/// Out of memory leaves everything as it was.
fn exhaustion(s: Stream) {
    let x = Array::from_slice(&[1f32; 1000], [1000]).unwrap();
    let large = with_stream(s, || x.reshape([1000, 1]) + Array::zeros([1, 100_000], Dtype::F32));
    let before = memory::active();
    let e = eval([&large]).unwrap_err();
    assert!(e.kind() == ErrorKind::OutOfMemory && e.to_string().contains("cuda:0"), "{e}");
    assert_eq!(memory::active(), before);
    let small = with_stream(s, || &x + 1.0);
    eval([&small]).unwrap();
    memory::clear_cache();
    assert!(memory::cached() < 2 << 20, "only what shares a segment with live memory stays");
}

/// A fault that ends the device is an error that names the ops, then and later; the CPU goes on.
fn fault(fake: &Fake, s: Stream) {
    let x = Array::from_slice(&[1f32; 1000], [1000]).unwrap();
    let y = with_stream(s, || &x + 1.0);
    async_eval([&y]).unwrap();
    fake.fail(Fault { call: "event_synchronize", code: 700, text: "an illegal memory access was encountered".into() });
    let e = y.to_vec::<f32>().unwrap_err();
    assert!(
        e.to_string().contains("illegal memory access") && e.to_string().contains("add at") && e.to_string().contains("fake_cuda.rs"),
        "{e}"
    );
    let later = with_stream(s, || &x * 2.0);
    assert!(eval([&later]).unwrap_err().to_string().contains("lost"));
    let cpu = with_stream(Stream { device: Device::cpu(), id: 0 }, || &x + 1.0);
    assert_eq!(cpu.to_vec::<f32>().unwrap()[0], 2.0);
}
