//! How often this process was forked on the way from its first ancestor: threads and locks of an older generation are gone, so whoever
//! owns some compares generations and starts afresh in a child.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(0);

#[cfg(unix)]
extern "C" fn child() {
    GENERATION.fetch_add(1, Ordering::SeqCst);
}

/// The current generation.
#[inline]
pub fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Makes forks count from now on; whoever stores a generation calls this first.
pub fn watch() {
    static WATCH: Once = Once::new();
    #[cfg(unix)]
    WATCH.call_once(|| {
        // SAFETY: `child` only touches an atomic, which is allowed between fork and exec.
        unsafe { libc::pthread_atfork(None, None, Some(child)) };
    });
    #[cfg(not(unix))]
    WATCH.call_once(|| {});
}
