//! From text to loaded kernels: names by content, one program for all that is missing, a cache on disk, modules on the device;
//! [`background`] for what is compiled beside the work.

pub mod background;
pub mod cache;
pub mod nvrtc;

use crate::driver::{Driver, Handle};
use crate::launch::Source;
use crate::tape::generic::operations::Class;
use crate::tape::keep::SHARED;
use background::{Background, Standing};
use cache::Cache;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// What every program starts with.
pub const PRELUDE: &str = concat!(include_str!("../kernels/prelude.cuh"), "\n", include_str!("../kernels/real.cuh"));
/// The functions on complex numbers.
pub const COMPLEX: &str = include_str!("../kernels/complex.cuh");
/// Reductions; after the complex functions, if there are any.
pub const REDUCE: &str = include_str!("../kernels/reduce.cuh");

/// A kernel that calls more functions with long code than this calls them, instead of having them inlined.
const INLINED: usize = 16;
/// Kernels that are worth a thread of their own to compile them.
const PER_THREAD: usize = 8;

/// Compiles a program's text to machine code.
pub trait Compile: Send + Sync {
    /// What names depend on besides the text: version and architecture.
    fn identity(&self) -> String;
    /// The machine code.
    ///
    /// # Errors
    /// The compiler's log.
    fn compile(&self, text: &str) -> Result<Vec<u8>, String>;
    /// Sets up what lasts as long as the process, as the first compilation would.
    fn warm(&self) {}
}

/// FNV-1a with 128 bits: names of kernels and files.
pub fn hash(parts: &[&str]) -> u128 {
    let mut h: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        for b in part.bytes().chain([0xff]) {
            h = (h ^ b as u128).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    h
}

/// The text of a program with these kernels.
pub fn program(kernels: &[(String, &Source)]) -> String {
    let mut text = String::new();
    if kernels.iter().any(|k| k.1.slow > INLINED) {
        text.push_str("#define LZ_SLOW static __device__ __noinline__\n");
    }
    text.push_str(PRELUDE);
    if kernels.iter().any(|k| k.1.complex) {
        text.push_str(COMPLEX);
    }
    text.push_str(REDUCE);
    for (name, source) in kernels {
        let _ = write!(text, "\n{}", source.text.replace('@', name));
    }
    text
}

/// Compiled kernels, and what compiles more: the part of [`Programs`] that threads beside the work have, too.
struct Shared {
    compiler: Arc<dyn Compile>,
    cache: Cache,
    images: Mutex<HashMap<String, Arc<Vec<u8>>>>,
    /// How often kernels were added to the images.
    additions: AtomicU64,
    background: Background,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Shared {
    /// Whether the kernel was compiled, or read from disk, in this process.
    fn published(&self, name: &str) -> bool {
        lock(&self.images).contains_key(name)
    }

    /// Whether the kernel is compiled, here or on disk.
    fn compiled(&self, name: &str) -> bool {
        let read = || self.cache.get(name).map(|image| lock(&self.images).insert(name.into(), Arc::new(image)));
        self.published(name) || read().is_some()
    }

    /// Compiles kernels, a few programs at the same time if they are many, and publishes them all at once.
    fn build(&self, missing: &[(String, &Source)]) -> Result<(), String> {
        // Kernels whose long functions are called, not inlined, are apart, so that their neighbours don't slow others down.
        let (called, inlined): (Vec<_>, Vec<_>) = missing.iter().cloned().partition(|m| m.1.slow > INLINED);
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(4);
        let mut groups: Vec<&[(String, &Source)]> = Vec::new();
        for list in [&called, &inlined] {
            let each = list.len().div_ceil(threads).max(PER_THREAD);
            groups.extend(list.chunks(each));
        }
        let compiled: Vec<Result<Vec<u8>, String>> = match &groups[..] {
            [one] => vec![self.compile(one)],
            many => std::thread::scope(|scope| {
                let running: Vec<_> = many.iter().map(|g| scope.spawn(|| self.compile(g))).collect();
                running.into_iter().map(|r| r.join().unwrap_or_else(|_| Err("the compiler's thread panicked".into()))).collect()
            }),
        };
        let mut outcome = Ok(());
        let mut made = Vec::new();
        for (group, image) in groups.iter().zip(compiled) {
            match image.map(Arc::new) {
                Ok(image) => {
                    let names: Vec<&str> = group.iter().map(|g| g.0.as_str()).collect();
                    self.cache.put(&names, &image);
                    made.extend(names.into_iter().map(|n| (n.to_string(), image.clone())));
                }
                Err(log) => outcome = outcome.and(Err(log)),
            }
        }
        lock(&self.images).extend(made);
        self.additions.fetch_add(1, Ordering::Release);
        outcome
    }

    fn compile(&self, kernels: &[(String, &Source)]) -> Result<Vec<u8>, String> {
        let text = program(kernels);
        self.compiler.compile(&text).map_err(|log| {
            let own: Vec<&str> = kernels.iter().map(|k| k.1.text.as_str()).collect();
            format!("the run-time compiler refuses a kernel:\n{log}\n{}", own.join("\n"))
        })
    }
}

/// The kernels of a device.
pub struct Programs {
    driver: Arc<dyn Driver>,
    device: usize,
    /// The prelude and the compiler, as part of every name.
    salt: String,
    shared: Arc<Shared>,
    /// Whether tapes may run on a generic kernel while theirs are compiled.
    beside: bool,
    /// The names of the generic kernels, and the kernels once they are loaded, by class.
    generic: [(OnceLock<String>, OnceLock<Handle>); Class::ALL.len()],
    /// Kernels by name, and how many bytes of shared memory each may be launched with.
    known: Mutex<HashMap<String, (Handle, u32)>>,
    modules: Mutex<HashMap<usize, Handle>>,
}

impl Programs {
    /// No kernels yet; nothing is compiled beside the work.
    pub fn new(driver: Arc<dyn Driver>, device: usize, compiler: Arc<dyn Compile>, cache: Cache) -> Programs {
        let salt = format!("{:x} {}", hash(&[PRELUDE, COMPLEX, REDUCE]), compiler.identity());
        let (images, additions, background, generic, known, modules) = Default::default();
        let shared = Arc::new(Shared { compiler, cache, images, additions, background });
        Programs { driver, device, salt, shared, beside: false, generic, known, modules }
    }

    /// The same; if `beside`, tapes may run on a generic kernel while theirs are compiled.
    pub fn beside(self, beside: bool) -> Programs {
        Programs { beside, ..self }
    }

    /// Whether tapes may run on a generic kernel while theirs are compiled.
    pub fn is_beside(&self) -> bool {
        self.beside && !background::leaving()
    }

    /// Where compiled programs are kept on disk.
    pub fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    /// The name of a kernel: its content's hash.
    pub fn name(&self, source: &Source) -> String {
        format!("lz_{:032x}", hash(&[&self.salt, &source.text]))
    }

    /// How often compiled kernels were added.
    pub fn additions(&self) -> u64 {
        self.shared.additions.load(Ordering::Acquire)
    }

    /// Whether a kernel of that name is compiled, here or on disk.
    pub fn compiled(&self, name: &str) -> bool {
        self.shared.compiled(name)
    }

    /// Makes sure that the kernels are compiled, together.
    ///
    /// # Errors
    /// The compiler's log, with the text of the program.
    pub fn prepare(&self, sources: &[&Source]) -> Result<(), String> {
        let mut wanted: Vec<(String, &Source)> = Vec::new();
        for source in sources {
            let name = self.name(source);
            if wanted.iter().all(|w| w.0 != name) && !self.shared.compiled(&name) {
                wanted.push((name, source));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        self.shared.background.wait(&wanted);
        let mut missing = Vec::new();
        for (name, source) in wanted {
            if let Some(log) = self.shared.background.failed(&name) {
                return Err(log);
            }
            if !self.shared.compiled(&name) {
                missing.push((name, source));
            }
        }
        if missing.is_empty() { Ok(()) } else { self.shared.build(&missing) }
    }

    /// The generic kernel of a class, if tapes may run on it and it is there; if not, it is compiled beside the work.
    ///
    /// # Errors
    /// The compiler's or the driver's.
    pub fn generic(&self, class: Class) -> Result<Option<Handle>, String> {
        if !self.beside {
            return Ok(None);
        }
        let (name, function) = &self.generic[class as usize];
        if let Some(&f) = function.get() {
            return Ok(Some(f));
        }
        let source = &class.kernel().source;
        let name = name.get_or_init(|| self.name(source));
        match self.shared.standing(name) {
            Standing::Unknown => self.request_apart(name.clone(), source),
            Standing::Pending => {}
            Standing::Compiled => return self.function(source, SHARED as u32).map(|f| Some(*function.get_or_init(|| f))),
            Standing::Failed => return self.function(source, SHARED as u32).map(Some),
        }
        Ok(None)
    }

    /// The kernel, loaded on the device, for launches with so many bytes of shared memory.
    ///
    /// # Errors
    /// The compiler's or the driver's.
    pub fn function(&self, source: &Source, shared: u32) -> Result<Handle, String> {
        let name = self.name(source);
        let fits = |known: &HashMap<String, (Handle, u32)>| known.get(&name).filter(|k| shared <= k.1).map(|k| k.0);
        if let Some(f) = fits(&lock(&self.known)) {
            return Ok(f);
        }
        self.prepare(&[source])?;
        let image = lock(&self.shared.images)[&name].clone();
        let mut known = lock(&self.known);
        if let Some(f) = fits(&known) {
            return Ok(f);
        }
        // One text serves rows of several lengths, so a kernel that asks for some may later ask for more.
        let limit = if shared > 0 { shared.max(SHARED as u32) } else { 0 };
        let load = || {
            self.driver.bind(self.device)?;
            let key = Arc::as_ptr(&image) as usize;
            let mut modules = lock(&self.modules);
            let module = match modules.get(&key) {
                Some(&m) => m,
                None => {
                    let m = self.driver.load(&image)?;
                    modules.insert(key, m);
                    m
                }
            };
            drop(modules);
            self.driver.function(module, &name, limit)
        };
        let f = load().map_err(|e| e.to_string())?;
        known.insert(name.clone(), (f, limit));
        Ok(f)
    }
}
