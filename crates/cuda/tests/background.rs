//! Compilation beside the work, over the recording stand-in for the driver and a compiler that waits until it is told to go on: what runs
//! meanwhile and afterwards, where a refusal goes, and how a process ends in between.

mod common;

use common::{reduction, single, view};
use lazulite_base::backend::{Args, Backend, Kernel, Recording};
use lazulite_base::tape::{Order, ReduceOp, Tape};
use lazulite_base::work::Work;
use lazulite_base::{Dtype, Op};
use lazulite_cuda::Cuda;
use lazulite_cuda::compiler::{Compile, Programs, cache::Cache};
use lazulite_cuda::driver::Driver;
use lazulite_cuda::driver::fake::{Call, Fake};
use lazulite_cuda::gpu::Gpu;
use lazulite_cuda::tape::generic::operations::Class;
use lazulite_cuda::tape::plan;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A compiler whose programs wait at a gate; the generic kernels pass.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
    /// Whether it refuses what comes through the gate.
    refuses: AtomicBool,
    /// The texts of programs.
    texts: Mutex<Vec<String>>,
}

fn is_generic(text: &str) -> bool {
    text.contains("COORDINATES")
}

impl Gate {
    fn set(&self, open: bool) {
        *self.open.lock().unwrap() = open;
        self.changed.notify_all();
    }
}

impl Compile for Gate {
    fn identity(&self) -> String {
        "gate".into()
    }

    fn compile(&self, text: &str) -> Result<Vec<u8>, String> {
        self.texts.lock().unwrap().push(text.into());
        if !is_generic(text) {
            // A test that fails leaves the gate closed, and the process waits for the compiler.
            let wait = self.changed.wait_timeout_while(self.open.lock().unwrap(), Duration::from_secs(20), |open| !*open);
            drop(wait.unwrap());
            if self.refuses.load(Ordering::SeqCst) {
                return Err("line 1: not today".into());
            }
        }
        Ok(vec![0])
    }
}

/// A device over the stand-in whose generic kernels are there, and whose gate is closed.
struct Machine {
    fake: Arc<Fake>,
    gate: Arc<Gate>,
    gpu: Arc<Gpu>,
    cuda: Cuda,
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl Machine {
    fn new(beside: bool) -> Machine {
        let (fake, gate) = (Arc::new(Fake::new(1 << 20)), Arc::new(Gate::default()));
        let driver: Arc<dyn Driver> = fake.clone();
        let programs = Programs::new(driver.clone(), 0, gate.clone(), Cache::default()).beside(beside);
        let gpu = Arc::new(Gpu::new(driver.clone(), 0, driver.properties(0).unwrap(), programs).unwrap());
        if beside {
            Class::ALL.into_iter().for_each(|c| until("generic kernels", || gpu.programs.generic(c).unwrap().is_some()));
        }
        let cuda = Cuda::over(vec![gpu.clone()]);
        Machine { fake, gate, gpu, cuda }
    }

    fn compile(&self, tape: &Tape) -> Arc<dyn Kernel> {
        self.cuda.compile(0, &Work::Tape(tape.clone())).unwrap().unwrap()
    }

    fn own(&self, tape: &Tape) -> String {
        self.gpu.programs.name(&plan(tape).launches[0].source)
    }

    fn generic(&self, class: Class) -> String {
        self.gpu.programs.name(&class.kernel().source)
    }

    /// Opens the gate and waits until the tape's kernel has come through it, or was refused.
    fn pass(&self, tape: &Tape) {
        self.gate.set(true);
        until("a kernel", || self.gpu.programs.settled([self.own(tape).as_str()]));
    }

    /// The names of the kernels that one run of a step launches.
    fn run(&self, kernel: &dyn Kernel) -> Vec<String> {
        self.fake.take();
        launch(kernel, 0).unwrap();
        names(&self.fake.take())
    }
}

/// Launches at addresses that lie `shift` bytes after aligned ones.
fn launch(kernel: &dyn Kernel, shift: usize) -> lazulite_base::Result<()> {
    let inputs = [(1 << 30) + shift, (2 << 30) + shift];
    // SAFETY: nothing runs.
    unsafe { kernel.launch(Args { inputs: &inputs, outputs: &[(3 << 30) + shift], params: &[0; 4], scratch: 4 << 30, stream: 0 }) }
}

fn names(calls: &[Call]) -> Vec<String> {
    calls.iter().filter_map(|c| if let Call::Launch { name, .. } = c { Some(name.clone()) } else { None }).collect()
}

#[test]
fn first_runs_are_generic_and_later_ones_are_not() {
    let m = Machine::new(true);
    let tapes = [
        single(Op::Add, Dtype::F32, &[1000]),
        single(Op::Exp, Dtype::F32, &[1000]),
        reduction(ReduceOp::Sum, Dtype::F64, 40, 100, Order::Lanes),
    ];
    let works: Vec<Work> = tapes.iter().cloned().map(Work::Tape).collect();
    m.cuda.prepare(0, &works.iter().collect::<Vec<_>>());
    let kernels: Vec<_> = tapes.iter().map(|t| m.compile(t)).collect();
    for (k, class) in kernels.iter().zip([Class::Common, Class::Common, Class::Real]) {
        assert_eq!(m.run(&**k), [m.generic(class)]);
        assert_eq!(m.run(&**k), [m.generic(class)]);
    }
    tapes.iter().for_each(|t| m.pass(t));
    for (k, t) in kernels.iter().zip(&tapes) {
        assert_eq!(m.run(&**k), [m.own(t)]);
    }
    let texts = m.gate.texts.lock().unwrap();
    let own: Vec<&String> = texts.iter().filter(|t| !is_generic(t)).collect();
    assert_eq!(own.len(), 1, "what is asked for together is compiled together");
    assert!(tapes.iter().all(|t| own[0].contains(&m.own(t))));
}

/// A step that came before the generic kernel waits for its own; and then the generic one is there.
#[test]
fn the_generic_kernel_is_compiled_beside_the_first_tape() {
    let (fake, gate) = (Arc::new(Fake::new(1 << 20)), Arc::new(Gate::default()));
    gate.set(true);
    let programs = Programs::new(fake.clone(), 0, gate.clone(), Cache::default()).beside(true);
    let gpu = Arc::new(Gpu::new(fake.clone(), 0, fake.properties(0).unwrap(), programs).unwrap());
    assert!(gate.texts.lock().unwrap().is_empty(), "nothing to do, nothing compiled");
    let m = Machine { cuda: Cuda::over(vec![gpu.clone()]), fake, gate, gpu };
    let t = single(Op::Add, Dtype::F32, &[1000]);
    let kernel = m.compile(&t);
    until("the generic kernel", || m.gpu.programs.compiled(&m.generic(Class::Common)));
    assert!(!m.gpu.programs.compiled(&m.generic(Class::Real)), "no tape needs it");
    assert_eq!(m.run(&*kernel).len(), 1);
    m.gate.set(false);
    assert_eq!(m.run(&*m.compile(&single(Op::Exp, Dtype::F32, &[1000]))), [m.generic(Class::Common)]);
    m.gate.set(true);
}

#[test]
fn a_refusal_is_the_error_of_the_next_run() {
    let m = Machine::new(true);
    m.gate.refuses.store(true, Ordering::SeqCst);
    let (t, other) = (single(Op::Add, Dtype::F32, &[1000]), single(Op::Sin, Dtype::F32, &[1000]));
    let kernel = m.compile(&t);
    assert_eq!(m.run(&*kernel), [m.generic(Class::Common)]);
    m.pass(&t);
    for _ in 0..2 {
        let e = launch(&*kernel, 0).unwrap_err().to_string();
        assert!(e.contains("refuses a kernel") && e.contains("not today") && e.contains("a + b"), "{e}");
    }
    let again = m.cuda.compile(0, &Work::Tape(t)).err().expect("it is refused again").to_string();
    assert!(again.contains("not today"), "{again}");
    // Others go on.
    m.gate.refuses.store(false, Ordering::SeqCst);
    assert_eq!(m.compile(&other).scratch(), 0);
    m.pass(&other);
    assert_eq!(m.run(&*m.compile(&other)), [m.own(&other)]);
}

#[test]
fn one_refusal_leaves_its_neighbours_alone() {
    struct Picky;
    impl Compile for Picky {
        fn identity(&self) -> String {
            "picky".into()
        }
        fn compile(&self, text: &str) -> Result<Vec<u8>, String> {
            if text.contains("lz_sin(a))") && !is_generic(text) { Err("no sines".into()) } else { Ok(vec![0]) }
        }
    }
    let fake = Arc::new(Fake::new(1 << 20));
    let programs = Programs::new(fake.clone(), 0, Arc::new(Picky), Cache::default()).beside(true);
    let tapes = [single(Op::Add, Dtype::F32, &[1000]), single(Op::Sin, Dtype::F32, &[1000])];
    let plans = tapes.each_ref().map(plan);
    let names = plans.each_ref().map(|p| programs.name(&p.launches[0].source));
    programs.request(names.iter().map(String::as_str).zip(plans.iter().map(|p| &p.launches[0].source)));
    until("an answer", || names.iter().all(|n| programs.settled([n.as_str()])));
    assert!(programs.prepare(&[&plans[0].launches[0].source]).is_ok());
    assert!(programs.prepare(&[&plans[1].launches[0].source]).unwrap_err().contains("no sines"));
}

#[test]
fn without_it_a_step_waits() {
    let m = Machine::new(false);
    let t = single(Op::Add, Dtype::F32, &[1000]);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| m.compile(&t));
        until("the compiler", || !m.gate.texts.lock().unwrap().is_empty());
        std::thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished());
        m.gate.set(true);
        assert_eq!(m.run(&*waiting.join().unwrap()), [m.own(&t)]);
    });
    assert!(!m.gate.texts.lock().unwrap().iter().any(|t| is_generic(t)));
}

/// What runs long, has complex numbers or is no tape waits for its own kernel; what needs a queued kernel at once takes it out of the queue.
#[test]
fn some_steps_wait() {
    let long = plan(&reduction(ReduceOp::Sum, Dtype::F32, 1, 5_000_000, Order::Lanes));
    assert!(long.generic.is_some_and(|c| c.seconds > lazulite_cuda::compiler::background::SHORTEST));
    assert!(plan(&single(Op::Add, Dtype::C64, &[1000])).generic.is_none());
    let m = Machine::new(true);
    let t = single(Op::Add, Dtype::F32, &[1000]);
    let first = m.compile(&single(Op::Exp, Dtype::F32, &[1000]));
    until("the compiler", || m.gate.texts.lock().unwrap().iter().any(|t| !is_generic(t)));
    let second = m.compile(&t);
    std::thread::scope(|scope| {
        let now = scope.spawn(|| m.gpu.programs.prepare(&[&plan(&t).launches[0].source]));
        until("the compiler again", || m.gate.texts.lock().unwrap().iter().filter(|t| !is_generic(t)).count() == 2);
        assert!(!now.is_finished());
        m.gate.set(true);
        now.join().unwrap().unwrap();
    });
    assert_eq!(m.run(&*second), [m.own(&t)]);
    assert_eq!(m.run(&*first).len(), 1);
    assert!(m.cuda.compile(0, &Work::Sort { x: view(Dtype::F32, &[3, 100]) }).unwrap().is_some());
}

/// Generic kernels stand in for the quickest steps, as long as they take no longer together than a compilation; the others wait.
#[test]
fn what_stands_in_is_quick_together() {
    let m = Machine::new(true);
    let tapes: Vec<Tape> = (1..=8).map(|k| reduction(ReduceOp::Sum, Dtype::F32, 1, 20_000 * k, Order::Lanes)).collect();
    let seconds: Vec<f64> = tapes.iter().map(|t| plan(t).generic.unwrap().seconds).collect();
    let shortest = lazulite_cuda::compiler::background::SHORTEST;
    assert!(seconds.iter().all(|&s| s < shortest) && seconds.iter().sum::<f64>() > shortest && seconds[0] + seconds[1] < shortest);
    let works: Vec<Work> = tapes.iter().rev().cloned().map(Work::Tape).collect();
    m.cuda.prepare(0, &works[6..].iter().collect::<Vec<_>>());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| m.cuda.prepare(0, &works.iter().collect::<Vec<_>>()));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished());
        m.gate.set(true);
        waiting.join().unwrap();
    });
    assert!(m.gpu.programs.compiled(&m.own(&tapes[7])));
    m.pass(&tapes[0]);
}

/// Addresses that are not aligned take another kernel, for which the generic one stands in, too.
#[test]
fn the_unaligned_form_comes_later() {
    let m = Machine::new(true);
    let t = single(Op::Add, Dtype::F32, &[1000]);
    let scalar = m.gpu.programs.name(&plan(&t).scalar.expect("accesses of 16 bytes").source);
    let kernel = m.compile(&t);
    m.pass(&t);
    assert_eq!(m.run(&*kernel), [m.own(&t)]);
    m.gate.set(false);
    m.fake.take();
    launch(&*kernel, 4).unwrap();
    assert_eq!(names(&m.fake.take()), [m.generic(Class::Common)]);
    m.gate.set(true);
    until("the other form", || m.gpu.programs.compiled(&scalar));
    launch(&*kernel, 4).unwrap();
    assert_eq!(names(&m.fake.take()), [scalar]);
}

/// A recorded graph of generic kernels is made anew, once, when the others are there.
#[test]
fn graphs_are_made_anew_once() {
    let m = Machine::new(true);
    let tapes: Vec<Tape> = [Op::Add, Op::Multiply, Op::Maximum, Op::Subtract].iter().map(|&op| single(op, Dtype::F32, &[1000])).collect();
    let works: Vec<Work> = tapes.iter().cloned().map(Work::Tape).collect();
    m.cuda.prepare(0, &works.iter().collect::<Vec<_>>());
    let kernels: Vec<_> = tapes.iter().map(|t| m.compile(t)).collect();
    let mut recording = m.cuda.recording(0, 0, kernels.len()).unwrap();
    let run = |recording: &mut Box<dyn Recording>| {
        m.fake.take();
        recording.run(&mut || kernels.iter().try_for_each(|k| launch(&**k, 0))).unwrap();
        let calls = m.fake.take();
        let count = |f: fn(&Call) -> bool| calls.iter().filter(|c| f(c)).count();
        [
            count(|c| matches!(c, Call::Graph { .. })),
            count(|c| matches!(c, Call::Patch { .. })),
            count(|c| matches!(c, Call::Launch { .. })),
            count(|c| matches!(c, Call::Replay { .. })),
        ]
    };
    assert_eq!(run(&mut recording), [1, 0, 0, 1]);
    (0..3).for_each(|_| assert_eq!(run(&mut recording), [0, 0, 0, 1]));
    m.gate.set(true);
    tapes.iter().for_each(|t| m.pass(t));
    assert_eq!(run(&mut recording), [1, 0, 0, 1]);
    (0..30).for_each(|_| assert_eq!(run(&mut recording), [0, 0, 0, 1]));
}

const CHILD: &str = "LAZULITE_BACKGROUND_CHILD";

/// A compiler that takes its time.
struct Slow;

impl Compile for Slow {
    fn identity(&self) -> String {
        "slow".into()
    }

    fn compile(&self, _: &str) -> Result<Vec<u8>, String> {
        std::thread::sleep(Duration::from_millis(300));
        println!("compiled");
        Ok(vec![0])
    }
}

unsafe extern "C" {
    fn atexit(f: extern "C" fn()) -> i32;
}

#[cfg(unix)]
unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
}

/// The process that exits while the real compiler compiles, so many milliseconds after it began; or while ours does, also as the child of
/// a fork.
#[test]
fn child() {
    let Ok(delay) = std::env::var(CHILD) else { return };
    if let Ok(delay) = delay.parse() {
        let compiler = Arc::new(common::nvrtc("sm_90a").expect("the parent has it"));
        let programs = Programs::new(Arc::new(Fake::new(1 << 20)), 0, compiler, Cache::default()).beside(true);
        assert!(programs.generic(Class::Common).unwrap().is_none());
        std::thread::sleep(Duration::from_millis(delay));
        std::process::exit(0);
    }
    let programs = Programs::new(Arc::new(Fake::new(1 << 20)), 0, Arc::new(Slow), Cache::default()).beside(true);
    let plans = [Op::Add, Op::Exp].map(|op| plan(&single(op, Dtype::F32, &[1000])));
    for p in &plans {
        let source = &p.launches[0].source;
        programs.request([(programs.name(source).as_str(), source)]);
        std::thread::sleep(Duration::from_millis(50));
    }
    if delay == "late" {
        extern "C" fn late() {
            println!("late");
        }
        // SAFETY: it may be called at any time.
        unsafe { atexit(late) };
        return;
    }
    #[cfg(unix)]
    {
        // SAFETY: the child does nothing but exit.
        let forked = unsafe { fork() };
        if forked == 0 {
            std::process::exit(0);
        }
        let (start, mut status) = (Instant::now(), -1);
        // SAFETY: the status is a place for it.
        unsafe { waitpid(forked, &mut status, 0) };
        println!("forked {status} {}", start.elapsed() < Duration::from_millis(200));
    }
    std::process::exit(0);
}

/// The compiler's state goes with the process, and a compilation that goes on then aborts it.
#[test]
fn a_process_may_exit_while_the_real_compiler_is_at_work() {
    if common::nvrtc("sm_90a").is_none() {
        return;
    }
    for delay in ["0", "50", "150", "300", "450"] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", "child", "--nocapture"]).env(CHILD, delay).output().unwrap();
        assert!(output.status.success(), "after {delay} ms: {output:?}");
    }
}

#[test]
fn a_process_may_exit_while_kernels_are_compiled() {
    let start = Instant::now();
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", "child", "--nocapture"]).env(CHILD, "slow").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text.matches("compiled\n").count(), 1, "the running one is waited for, what is queued is not begun: {text}");
    if cfg!(unix) {
        assert!(text.contains("forked 0 true"), "{text}");
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

/// What libraries set up during a compilation goes before what was set up earlier.
#[test]
#[cfg(target_os = "linux")]
fn the_compilation_is_waited_for_before_anything_goes() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", "child", "--nocapture"]).env(CHILD, "late").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what} in {output:?}"));
    assert!(output.status.success() && at("compiled\n") < at("late\n"), "{text}");
}
