//! A real illegal access, in a process of its own: what it names, and what goes on after it. The backend is the real one behind a wrapper
//! that gives the kernels of one operation an address that nobody has.

use lazulite::prelude::*;
use lazulite_base::backend::{self, Address, Args, Backend, Event, Kernel, Recording, Start, Task, register};
use lazulite_base::tape::Inst;
use lazulite_base::work::Work;
use lazulite_base::{Op, Result};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CHILD: &str = "LAZULITE_FAULT_CHILD";

/// Whether the bad operation is bad by now.
static BAD: AtomicBool = AtomicBool::new(false);

struct Faulty(Arc<dyn Backend>);

struct Bad(Arc<dyn Kernel>);

impl Kernel for Bad {
    fn scratch(&self) -> usize {
        self.0.scratch()
    }

    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let nowhere = vec![4096; args.inputs.len()];
        let inputs = if BAD.load(Ordering::Relaxed) { &nowhere[..] } else { args.inputs };
        // SAFETY: none; the fault is the point, and the device takes it.
        unsafe { self.0.launch(Args { inputs, ..args }) }
    }
}

impl Backend for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn devices(&self) -> usize {
        1
    }

    fn host_visible(&self) -> bool {
        self.0.host_visible()
    }

    fn allocate(&self, device: u16, stream: u32, bytes: usize) -> Result<Option<Address>> {
        self.0.allocate(device, stream, bytes)
    }

    unsafe fn free(&self, device: u16, streams: &[u32], address: Address, bytes: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.0.free(device, streams, address, bytes) }
    }

    unsafe fn upload(&self, device: u16, stream: u32, from: *const u8, to: Address, bytes: usize) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.0.upload(device, stream, from, to, bytes) }
    }

    unsafe fn download(&self, device: u16, from: Address, to: *mut u8, bytes: usize) -> Result<()> {
        // SAFETY: as above.
        unsafe { self.0.download(device, from, to, bytes) }
    }

    fn compile(&self, device: u16, work: &Work) -> Result<Option<Arc<dyn Kernel>>> {
        let kernel = self.0.compile(device, work)?;
        let bad = matches!(work, Work::Tape(t) if t.code.iter().any(|i| matches!(i.inst, Inst::Apply(Op::Cosh, _))));
        Ok(kernel.map(|k| if bad { Arc::new(Bad(k)) as Arc<dyn Kernel> } else { k }))
    }

    fn recording(&self, device: u16, stream: u32, steps: usize) -> Option<Box<dyn Recording>> {
        self.0.recording(device, stream, steps)
    }

    fn submit(&self, device: u16, stream: u32, task: Task, start: Start) {
        self.0.submit(device, stream, task, start);
    }

    fn record(&self, device: u16, stream: u32) -> Result<Option<Arc<dyn Event>>> {
        self.0.record(device, stream)
    }

    fn synchronize(&self, device: u16, stream: u32) -> Result<()> {
        self.0.synchronize(device, stream)
    }
}

/// Runs the test of that name again, alone in a process, as the one that meets the fault.
pub fn in_a_child(test: &str) {
    let program = std::env::current_exe().expect("a test knows its program");
    let child = Command::new(program).args(["--exact", test, "--nocapture", "--test-threads", "1"]).env(CHILD, "1").output().unwrap();
    let text = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && text.contains("the CPU goes on"), "{text}");
}

pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Ten steps, one of them bad.
fn steps(x: &Array) -> Array {
    let sums = |x: &Array| (0..4).fold(x.clone(), |y, _| y.sum(keep(-1)) * 0.001 + y);
    sums(&sums(x).cosh())
}

/// The fault itself; with `replayed`, in a plan that ran well often enough to be replayed.
pub fn met(replayed: bool) {
    let cuda = backend::backends().into_iter().find(|b| b.name() == "cuda").expect("a child has a device");
    register(Arc::new(Faulty(cuda)));
    let on = |name: &str| Stream { device: Device::named(name, 0).unwrap(), id: 0 };
    let x = Array::from_slice(&[0.5f32; 4096], [64, 64]).unwrap();
    let call = || with_stream(on("faulty"), || steps(&x));
    if replayed {
        (0..5).for_each(|_| eval([&call()]).unwrap());
    }
    BAD.store(true, Ordering::Relaxed);
    let y = call();
    async_eval([&y]).unwrap();
    let e = y.to_vec::<f32>().unwrap_err().to_string();
    println!("{e}");
    assert!(e.contains("illegal") && e.contains("cosh at") && e.contains("device_faults/mod.rs"), "{e}");
    // What depends on it, and whatever else the device is asked for, is refused.
    for name in ["faulty", "cuda"] {
        let later = with_stream(on(name), || Array::ones([10], Dtype::F32) + 1.0);
        let e = eval([&later]).unwrap_err().to_string();
        assert!(e.contains("lost until the process ends"), "{e}");
    }
    assert!(with_stream(on("cpu"), || &y + 1.0).to_vec::<f32>().is_err());
    let fine = with_stream(on("cpu"), || (&x * 2.0).sum(..));
    assert_eq!(fine.item::<f32>().unwrap(), 4096.0);
    println!("the CPU goes on");
}
