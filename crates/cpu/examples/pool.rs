//! Times the pool's and the streams' hand-offs and fresh memory, as minima and medians in nanoseconds.

use lazulite_base::backend::Backend;
use lazulite_cpu::{Cpu, streams, threads};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn report(name: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    println!("{name:40} min {:>9}  median {:>9}", times[0], times[times.len() / 2]);
}

fn time(n: usize, mut f: impl FnMut()) -> Vec<u64> {
    (0..n).map(|_| (Instant::now(), f()).0.elapsed().as_nanos() as u64).collect()
}

/// How long until the other thread starts its chunk, the caller waiting in its own.
fn handoff(pause: Duration) -> u64 {
    std::thread::sleep(pause);
    let (start, at) = (Instant::now(), AtomicU64::new(0));
    let me = std::thread::current().id();
    threads::parallel(2, &|_| {
        if std::thread::current().id() != me {
            at.store(start.elapsed().as_nanos() as u64, Relaxed);
        } else {
            while at.load(Relaxed) == 0 && start.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
        }
    });
    at.load(Relaxed)
}

fn main() {
    threads::set_count(2);
    threads::parallel(2, &|_| ());
    report("parallel(2, nothing), hot", time(20_000, || threads::parallel(2, &|_| ())));
    report("handed to a polling worker", (0..5000).map(|_| handoff(Duration::ZERO)).collect());
    report("handed to a sleeping worker", (0..500).map(|_| handoff(Duration::from_micros(300))).collect());
    let n = 1000;
    let inline = time(1000, || (0..n).for_each(|_| streams::submit(1, Box::new(|| ()), true)));
    report("submit inline", inline.into_iter().map(|t| t / n).collect());
    let queued = time(300, || {
        (0..n).for_each(|_| streams::submit(2, Box::new(|| ()), false));
        streams::synchronize(2).unwrap();
    });
    report("submit queued, each of 1000", queued.into_iter().map(|t| t / n).collect());
    report(
        "submit one queued and wait",
        time(5000, || {
            streams::submit(2, Box::new(|| ()), false);
            streams::synchronize(2).unwrap();
        }),
    );
    for mb in [1, 2, 4, 8, 16, 64] {
        let bytes = mb << 20;
        report(
            &format!("allocate, fill and free {mb} MB"),
            time(20, || {
                let a = Cpu.allocate(0, 0, bytes).expect("memory").unwrap();
                // SAFETY: the block has so many bytes and is freed once.
                unsafe {
                    std::ptr::write_bytes(a as *mut u8, black_box(1), bytes);
                    Cpu.free(0, &[0], a, bytes);
                }
            }),
        );
        report(
            "the same in a Vec",
            time(20, || {
                let mut v = Vec::<u8>::with_capacity(bytes);
                // SAFETY: within the capacity.
                unsafe { std::ptr::write_bytes(v.as_mut_ptr(), black_box(1), bytes) };
                black_box(&v);
            }),
        );
    }
}
