//! A placeholder for the thread pool: scoped threads for big work.

use std::sync::atomic::{AtomicUsize, Ordering};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How many threads work together, the caller included.
pub fn count() -> usize {
    match COUNT.load(Ordering::Relaxed) {
        0 => {
            let n = std::thread::available_parallelism().map_or(1, |n| n.get());
            COUNT.store(n, Ordering::Relaxed);
            n
        }
        n => n,
    }
}

/// Sets how many threads work together.
pub fn set_count(n: usize) {
    COUNT.store(n.max(1), Ordering::Relaxed);
}

/// Calls `body` with each number below `chunks`, shared among the threads.
pub fn parallel(chunks: usize, body: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= chunks {
                break;
            }
            body(i);
        }
    };
    std::thread::scope(|s| {
        for _ in 1..count().min(chunks) {
            s.spawn(work);
        }
        work();
    });
}
