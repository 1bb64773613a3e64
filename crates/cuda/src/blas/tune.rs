//! Which of cuBLASLt's algorithms runs a product. Those that its heuristic proposes are timed when a product of that kind first runs; the
//! choice holds for the process, so that bits never change within it, and is kept on disk for the next, by device and version of the
//! library. `LAZULITE_AUTOTUNE=off` takes the heuristic's first.

use super::lt::Choice;
use crate::compiler::hash;
use crate::driver::Handle;
use crate::gpu::Gpu;
use crate::graphs;
use lazulite_base::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock};

/// An algorithm, opaque.
type Algorithm = [u64; 8];

/// Operations on numbers from which a product is worth the trials.
const WORTH: f64 = 2e7;
/// Seconds that an algorithm's trial takes at least, unless it loses at once.
const TRIAL: f32 = 4e-4;
/// Most runs of a trial.
const RUNS: f32 = 20.0;
/// How much faster than an earlier proposal a later one must be.
const GAIN: f32 = 0.98;

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// What was chosen in this process.
#[derive(Default)]
pub struct Choices(Arc<Mutex<HashMap<String, Algorithm>>>);

/// What may run a product, or what does.
pub struct Algorithms {
    proposed: Vec<Choice>,
    chosen: OnceLock<Choice>,
    known: Arc<Mutex<HashMap<String, Algorithm>>>,
    key: String,
    /// What the choice is kept under on disk.
    note: String,
}

fn parse(text: &str) -> Option<Algorithm> {
    let words: Vec<u64> = text.split_whitespace().map(|w| u64::from_str_radix(w, 16).ok()).collect::<Option<_>>()?;
    words.try_into().ok()
}

impl Choices {
    /// The algorithms for a product of `work` operations, of which `key` says all that matters.
    ///
    /// # Errors
    /// Nothing is proposed.
    pub fn of(&self, gpu: &Gpu, version: usize, key: String, work: f64, mut proposed: Vec<Choice>) -> Result<Algorithms> {
        static OFF: LazyLock<bool> = LazyLock::new(|| std::env::var_os("LAZULITE_AUTOTUNE").is_some_and(|v| v == "off"));
        if proposed.is_empty() {
            return Err(Error::runtime("matmul", format!("cuBLASLt has no algorithm for {key}")));
        }
        if *OFF || work < WORTH {
            proposed.truncate(1);
        }
        let key = format!("{} {key}", gpu.index);
        let note = format!("{:032x}.product", hash(&[&gpu.properties.name, &version.to_string(), &key[key.find(' ').unwrap_or(0)..]]));
        let kept = || if proposed.len() > 1 { gpu.programs.cache().note(&note).as_deref().and_then(parse) } else { None };
        let known = lock(&self.0).get(&key).copied().or_else(kept);
        if let Some(&choice) = known.and_then(|k| proposed.iter().find(|c| c.algorithm == k)) {
            lock(&self.0).insert(key.clone(), choice.algorithm);
            proposed = vec![choice];
        }
        let chosen = OnceLock::new();
        Ok(Algorithms { proposed, chosen, known: self.0.clone(), key, note })
    }
}

impl Algorithms {
    /// Bytes that the algorithm needs, or that any of them may.
    pub fn workspace(&self) -> usize {
        self.proposed.iter().map(|c| c.workspace).max().unwrap_or(0)
    }

    /// The algorithm; `run` runs the product by one, whenever it is asked to.
    ///
    /// # Errors
    /// Those of `run`, or the driver's.
    pub fn chosen(&self, gpu: &Gpu, stream: Handle, run: &dyn Fn(&Choice) -> Result<()>) -> Result<Choice> {
        if let Some(choice) = self.chosen.get() {
            return Ok(*choice);
        }
        // One at a time: trials side by side would disturb each other, and the first decides.
        let mut known = lock(&self.known);
        let before = known.get(&self.key).and_then(|k| self.proposed.iter().find(|c| c.algorithm == *k));
        let choice = match before {
            Some(&choice) => choice,
            None if self.proposed.len() == 1 => self.proposed[0],
            None => {
                let best = self.fastest(gpu, stream, run)?;
                gpu.programs.cache().put_note(&self.note, &best.algorithm.map(|w| format!("{w:x}")).join(" "));
                best
            }
        };
        known.insert(self.key.clone(), choice.algorithm);
        Ok(*self.chosen.get_or_init(|| choice))
    }

    /// Decides without a trial, where nothing can be timed.
    pub fn settle(&self) {
        if self.chosen.get().is_some() {
            return;
        }
        let mut known = lock(&self.known);
        let algorithm = *known.entry(self.key.clone()).or_insert(self.proposed[0].algorithm);
        let choice = self.proposed.iter().find(|c| c.algorithm == algorithm).unwrap_or(&self.proposed[0]);
        let _ = self.chosen.set(*choice);
    }

    fn fastest(&self, gpu: &Gpu, stream: Handle, run: &dyn Fn(&Choice) -> Result<()>) -> Result<Choice> {
        debug_assert!(!graphs::writing());
        let fault = |f| gpu.error(f);
        let driver = &gpu.driver;
        let (from, to) = (driver.timer().map_err(fault)?, driver.timer().map_err(fault)?);
        let time = |choice: &Choice, runs: u32| -> Result<f32> {
            driver.record(from, stream).map_err(fault)?;
            (0..runs).try_for_each(|_| run(choice))?;
            driver.record(to, stream).map_err(fault)?;
            driver.wait(to).map_err(fault)?;
            Ok(driver.elapsed(from, to).map_err(fault)? / runs as f32)
        };
        let mut best: Option<(f32, Choice)> = None;
        for choice in &self.proposed {
            // The first run loads the kernel. What does not run is no choice, unless it ends the device.
            let Ok(once) = run(choice).and_then(|()| time(choice, 1)) else {
                gpu.bind()?;
                continue;
            };
            let limit = best.map_or(f32::INFINITY, |b| b.0 * GAIN);
            if once > 2.0 * limit {
                continue;
            }
            let each = time(choice, (TRIAL / once.max(1e-6)).clamp(2.0, RUNS) as u32)?;
            if each < limit {
                best = Some((each, *choice));
            }
        }
        for event in [from, to] {
            driver.drop_event(event).map_err(fault)?;
        }
        best.map(|b| b.1).ok_or_else(|| Error::runtime("matmul", "no algorithm of cuBLASLt runs the product"))
    }
}
