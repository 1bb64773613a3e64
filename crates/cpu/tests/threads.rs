//! The pool and the streams under stress, panics and forks.

use lazulite_base::backend::{Backend, Start, Task};
use lazulite_cpu::{Cpu, streams, threads};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

/// Tests that set the thread count or fork run one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

fn sum(n: usize) -> usize {
    let total = AtomicUsize::new(0);
    threads::parallel(n, &|i| {
        total.fetch_add(i + 1, Relaxed);
    });
    total.into_inner()
}

#[test]
fn many_callers_get_every_chunk_once() {
    let _alone = alone();
    for count in [1, 2, 4] {
        threads::set_count(count);
        std::thread::scope(|s| {
            for t in 0..16 {
                s.spawn(move || {
                    for round in 0..300 {
                        let n = (t * 7 + round) % 40;
                        assert_eq!(sum(n), n * (n + 1) / 2);
                    }
                });
            }
        });
    }
    threads::set_count(2);
}

#[test]
fn the_count_may_change_while_others_call() {
    let _alone = alone();
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| (0..500).for_each(|_| assert_eq!(sum(17), 153)));
        }
        for i in 0..200 {
            threads::set_count(1 + i % 5);
            std::thread::yield_now();
        }
    });
    threads::set_count(2);
}

#[test]
fn nested_calls_run_inline() {
    let _alone = alone();
    threads::set_count(3);
    let total = AtomicUsize::new(0);
    threads::parallel(8, &|_| {
        let me = std::thread::current().id();
        threads::parallel(8, &|_| {
            assert_eq!(std::thread::current().id(), me);
            total.fetch_add(1, Relaxed);
        });
    });
    assert_eq!(total.into_inner(), 64);
    threads::set_count(2);
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_lives() {
    let _alone = alone();
    threads::set_count(2);
    for at in [0, 5, 63] {
        let outcome = catch_unwind(|| threads::parallel(64, &|i| assert_ne!(i, at, "chunk {at}")));
        let message = *outcome.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains(&format!("chunk {at}")), "{message}");
        assert_eq!(sum(100), 5050);
    }
}

/// Forks, runs `child` there, and fails unless it returns true within ten seconds.
fn in_child(child: impl FnOnce() -> bool) {
    // SAFETY: the child runs `child` and exits without unwinding into the test harness.
    unsafe {
        let pid = libc::fork();
        assert!(pid >= 0);
        if pid == 0 {
            let good = catch_unwind(AssertUnwindSafe(child)).unwrap_or(false);
            libc::_exit(if good { 0 } else { 1 });
        }
        let mut status = 0;
        for _ in 0..1000 {
            match libc::waitpid(pid, &mut status, libc::WNOHANG) {
                0 => std::thread::sleep(std::time::Duration::from_millis(10)),
                _ => {
                    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status}");
                    return;
                }
            }
        }
        libc::kill(pid, libc::SIGKILL);
        panic!("the child hangs");
    }
}

#[test]
fn a_forked_child_evaluates() {
    let _alone = alone();
    threads::set_count(3);
    let stop = AtomicUsize::new(0);
    std::thread::scope(|s| {
        for t in 0..3 {
            let stop = &stop;
            s.spawn(move || {
                while stop.load(Relaxed) == 0 {
                    assert_eq!(sum(20), 210);
                    streams::submit(900 + t, Box::new(|| ()), t % 2 == 0);
                }
                streams::synchronize(900 + t).unwrap();
            });
        }
        for _ in 0..10 {
            in_child(|| {
                let done = Arc::new(AtomicUsize::new(0));
                for wait in [true, false, false, true] {
                    let done = done.clone();
                    streams::submit(900, Box::new(move || _ = done.fetch_add(sum(100), Relaxed)), wait);
                }
                streams::synchronize(900).unwrap();
                done.load(Relaxed) == 4 * 5050
            });
        }
        stop.store(1, Relaxed);
    });
    threads::set_count(2);
}

fn push(log: &Arc<Mutex<Vec<usize>>>, v: usize) -> Task {
    let log = log.clone();
    Box::new(move || log.lock().unwrap().push(v))
}

#[test]
fn a_stream_keeps_the_order_of_inline_and_queued_tasks() {
    let log = Arc::new(Mutex::new(Vec::new()));
    for i in 0..2000 {
        Cpu.submit(0, 5, push(&log, i), if i % 3 != 0 { Start::Waited } else { Start::Later });
    }
    Cpu.synchronize(0, 5).unwrap();
    assert!(log.lock().unwrap().iter().copied().eq(0..2000));
}

#[test]
fn submissions_from_many_threads_keep_each_threads_order_and_never_overlap() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let inside = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|s| {
        for t in 0..8 {
            let (log, inside) = (log.clone(), inside.clone());
            s.spawn(move || {
                for i in 0..500 {
                    let (log, inside) = (log.clone(), inside.clone());
                    let task = move || {
                        assert_eq!(inside.fetch_add(1, Relaxed), 0);
                        log.lock().unwrap().push((t, i));
                        inside.fetch_sub(1, Relaxed);
                    };
                    streams::submit(6, Box::new(task), (i + t) % 2 == 0);
                }
            });
        }
    });
    streams::synchronize(6).unwrap();
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 4000);
    for t in 0..8 {
        assert!(log.iter().filter(|e| e.0 == t).map(|e| e.1).eq(0..500));
    }
}

#[test]
fn a_panicking_task_leaves_its_stream_alive() {
    let log = Arc::new(Mutex::new(Vec::new()));
    streams::submit(7, Box::new(|| panic!("queued fault")), false);
    streams::submit(7, push(&log, 1), false);
    let error = streams::synchronize(7).unwrap_err();
    assert!(error.message().contains("queued fault"));
    assert!(catch_unwind(|| streams::submit(7, Box::new(|| panic!("inline fault")), true)).is_err());
    streams::submit(7, push(&log, 2), true);
    streams::synchronize(7).unwrap();
    assert_eq!(log.lock().unwrap()[..], [1, 2]);
}

#[test]
fn far_streams_exist() {
    let log = Arc::new(Mutex::new(Vec::new()));
    for (i, number) in [0, 1, 2, 3, 100_000].into_iter().enumerate() {
        streams::submit(number, push(&log, i), true);
        streams::synchronize(number).unwrap();
    }
    assert_eq!(log.lock().unwrap().len(), 5);
}

#[test]
fn memory_is_aligned_and_absurd_sizes_are_refused() {
    for bytes in [0, 1, 63, 4096, 5 << 20] {
        let a = Cpu.allocate(0, 0, bytes).expect("memory").unwrap();
        assert_eq!(a % 64, 0);
        let (from, mut to) = (vec![7u8; bytes], vec![0u8; bytes]);
        // SAFETY: the block has `bytes` bytes and is freed once.
        unsafe {
            Cpu.upload(0, 0, from.as_ptr(), a, bytes).unwrap();
            Cpu.download(0, a, to.as_mut_ptr(), bytes).unwrap();
            Cpu.free(0, &[0], a, bytes);
        }
        assert_eq!(from, to);
    }
    assert!(Cpu.allocate(0, 0, usize::MAX).expect("memory").is_none());
    assert!(Cpu.allocate(0, 0, isize::MAX as usize).expect("memory").is_none());
    assert!(Cpu.allocate(0, 0, 1 << 50).expect("memory").is_none());
}
