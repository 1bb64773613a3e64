//! Compilation beside the work: what is asked for is queued, and one thread takes all that is queued and compiles it together, again and
//! again, until nothing is left. Meanwhile tapes run on a generic kernel, whose own compilation has a thread of its own.
//!
//! A log of the compiler is kept, and whoever needs the kernel gets it as its error. When the process exits it waits for the program that
//! is being compiled, since the compiler's own state goes with the process, and starts no other: first of all if the main thread ends the
//! process, else before what was set up before the first compilation goes. A child of a fork has none of these threads, and waits for none.

use super::{Compile, Programs, Shared};
use crate::launch::Source;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, Once};
use std::thread::JoinHandle;

/// Whether tapes may run on a generic kernel while theirs are compiled: not with `LAZULITE_BACKGROUND=off`.
pub fn allowed() -> bool {
    static OFF: LazyLock<bool> = LazyLock::new(|| std::env::var_os("LAZULITE_BACKGROUND").is_some_and(|v| v == "off"));
    !*OFF
}

/// Seconds that the shortest compilation takes: what runs longer on a generic kernel waits for its own.
pub const SHORTEST: f64 = 0.05;

/// What is compiled beside the work, of one device.
#[derive(Default)]
pub(super) struct Background {
    state: Mutex<State>,
    settled: Condvar,
}

#[derive(Default)]
struct State {
    queue: Vec<(String, Source)>,
    /// Names that are queued or being compiled.
    pending: HashSet<String>,
    /// The logs of those that were refused.
    failed: HashMap<String, String>,
    /// There is a thread for the queue.
    served: bool,
}

/// How a kernel stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// It is compiled.
    Compiled,
    /// It is queued or being compiled.
    Pending,
    /// It was refused.
    Failed,
    /// Nobody has asked for it.
    Unknown,
}

impl Background {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Waits until none of these is being compiled; takes those that are only queued out of the queue, for the caller to compile.
    pub fn wait(&self, kernels: &[(String, &Source)]) {
        let mut state = self.state();
        let State { queue, pending, .. } = &mut *state;
        queue.retain(|(name, _)| {
            let wanted = kernels.iter().any(|k| k.0 == *name);
            !(wanted && pending.remove(name))
        });
        while kernels.iter().any(|k| state.pending.contains(&k.0)) {
            state = self.settled.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// The log of a kernel that was refused here.
    pub fn failed(&self, name: &str) -> Option<String> {
        self.state().failed.get(name).cloned()
    }

    fn pending(&self, name: &str) -> bool {
        self.state().pending.contains(name)
    }

    /// Notes what came of these.
    fn settle(&self, logs: Vec<(String, Option<String>)>) {
        let mut state = self.state();
        for (name, log) in logs {
            state.pending.remove(&name);
            if let Some(log) = log {
                state.failed.insert(name, log);
            }
        }
        drop(state);
        self.settled.notify_all();
    }
}

impl Shared {
    /// How a kernel stands, here and on disk.
    pub(super) fn standing(&self, name: &str) -> Standing {
        // What is pending is published before it is settled, so this comes first.
        let pending = self.background.pending(name);
        if self.published(name) {
            return Standing::Compiled;
        }
        if self.background.failed(name).is_some() {
            return Standing::Failed;
        }
        match pending {
            true => Standing::Pending,
            false if self.compiled(name) => Standing::Compiled,
            false => Standing::Unknown,
        }
    }

    /// Compiles these, publishes what came of them all at once, and notes the logs of those that are refused.
    fn compile_beside(&self, batch: &[(String, Source)]) {
        let kernels: Vec<(String, &Source)> = batch.iter().map(|(n, s)| (n.clone(), s)).collect();
        let guarded = |kernels: &[(String, &Source)]| {
            if leaving() {
                // Whoever needs them compiles them.
                return Ok(());
            }
            catch_unwind(AssertUnwindSafe(|| self.build(kernels))).unwrap_or_else(|_| Err("the compiler's thread panicked".into()))
        };
        let mut logs: Vec<(String, Option<String>)> = batch.iter().map(|b| (b.0.clone(), None)).collect();
        if let Err(log) = guarded(&kernels) {
            // One of several is refused with its own log, and the others are not.
            for (kernel, entry) in kernels.iter().zip(&mut logs).filter(|(k, _)| !self.published(&k.0)) {
                let outcome = if kernels.len() == 1 { Err(log.clone()) } else { guarded(std::slice::from_ref(kernel)) };
                entry.1 = outcome.err();
            }
        }
        self.background.settle(logs);
    }

    /// The life of the queue's thread.
    fn serve(&self) {
        loop {
            let mut state = self.background.state();
            if state.queue.is_empty() || leaving() {
                state.served = false;
                return;
            }
            let batch = std::mem::take(&mut state.queue);
            drop(state);
            self.compile_beside(&batch);
        }
    }
}

impl Programs {
    /// Whether all kernels of these names are compiled, or one of them is refused.
    pub fn settled<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let mut all = true;
        for name in names {
            match self.shared.standing(name) {
                Standing::Compiled => {}
                Standing::Failed => return true,
                Standing::Pending | Standing::Unknown => all = false,
            }
        }
        all
    }

    /// Has those of these kernels, by name, that nobody has asked for compiled beside the work, together.
    pub fn request<'a>(&self, kernels: impl IntoIterator<Item = (&'a str, &'a Source)>) {
        let unknown = kernels.into_iter().filter(|k| self.shared.standing(k.0) == Standing::Unknown);
        let kernels: Vec<(String, Source)> = unknown.map(|(n, s)| (n.to_string(), s.clone())).collect();
        if kernels.is_empty() {
            return;
        }
        let mut state = self.shared.background.state();
        for (name, source) in kernels {
            if state.pending.insert(name.clone()) {
                state.queue.push((name, source));
            }
        }
        if !std::mem::replace(&mut state.served, true) {
            drop(state);
            let shared = self.shared.clone();
            beside(&*self.shared.compiler, move || shared.serve());
        }
    }

    /// Compiles one kernel on a thread of its own.
    pub(super) fn request_apart(&self, name: String, source: &'static Source) {
        if self.shared.background.state().pending.insert(name.clone()) {
            let shared = self.shared.clone();
            beside(&*self.shared.compiler, move || shared.compile_beside(&[(name, source.clone())]));
        }
    }
}

/// The threads that compile, of this process.
static THREADS: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());
/// The process exits.
static LEAVING: AtomicBool = AtomicBool::new(false);
/// The process whose threads these are: a fork has the list, but not the threads.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// Whether nothing is compiled beside the work any more.
pub(super) fn leaving() -> bool {
    LEAVING.load(Ordering::Acquire)
}

/// Waits for the programs that are being compiled and begins no other beside the work. A thread is waited for to its very end: the compiler
/// clears up on it, too.
pub fn finish() {
    if OWNER.load(Ordering::Acquire) != std::process::id() {
        return;
    }
    LEAVING.store(true, Ordering::Release);
    let threads = std::mem::take(&mut *THREADS.lock().unwrap_or_else(|e| e.into_inner()));
    for thread in threads {
        // A panic on it is an error of what it compiled.
        let _ = thread.join();
    }
}

unsafe extern "C" {
    fn atexit(f: extern "C" fn()) -> std::ffi::c_int;
}

extern "C" fn leave() {
    finish();
}

/// Has the process wait for the threads when it exits.
fn at_exit(compiler: &dyn Compile) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // What is set up last goes first when the process exits: the compiler's state must outlast the wait for it.
        compiler.warm();
        OWNER.store(std::process::id(), Ordering::Release);
        // SAFETY: `leave` may be called at any time.
        unsafe { atexit(leave) };
    });
}

/// Waits when it is dropped.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        finish();
    }
}

thread_local! {
    /// The main thread's locals go before anything that is to run at exit, whenever that was registered: libraries may set up more while
    /// they compile, and it would go before [`leave`].
    static AT_END: AtEnd = const { AtEnd };
}

/// Runs as the library is loaded.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static LOADED: extern "C" fn() = loaded;

#[cfg(target_os = "linux")]
extern "C" fn loaded() {
    let process = std::process::id();
    let main = format!("{process}/task/{process}");
    if std::fs::read_link("/proc/thread-self").is_ok_and(|thread| thread.as_os_str() == main.as_str()) {
        AT_END.with(|_| {});
    }
}

/// Runs this on a thread of its own; here, if there is none to be had.
fn beside(compiler: &dyn Compile, work: impl FnOnce() + Send + 'static) {
    at_exit(compiler);
    let given = Arc::new(Mutex::new(Some(work)));
    let take = |from: &Mutex<Option<_>>| from.lock().unwrap_or_else(|e| e.into_inner()).take();
    let theirs = given.clone();
    let run = move || {
        if let Some(work) = take(&theirs) {
            work();
        }
    };
    match std::thread::Builder::new().name("lazulite-compile".into()).spawn(run) {
        Ok(thread) => {
            let mut threads = THREADS.lock().unwrap_or_else(|e| e.into_inner());
            threads.extract_if(.., |t| t.is_finished()).for_each(|t| drop(t.join()));
            threads.push(thread);
        }
        Err(_) => {
            if let Some(work) = take(&given) {
                work();
            }
        }
    }
}
