//! Plans that run again and again, over the recording stand-in: when a graph is made, replayed, patched and given up, where its
//! temporaries are, and that no result is ever among them.

use crate::{count, launches};
use lazulite::prelude::*;
use lazulite_cuda::driver::fake::{Call, Fake};
use std::collections::BTreeSet;

/// Runs before the one that is recorded.
const BEFORE: usize = 2;
const N: usize = 1 << 20;

pub fn plans_are_replayed(fake: &Fake, s: Stream) {
    // A kernel an operation, so that there is much to launch.
    let fusion = lazulite::set_fusion(false);
    with_stream(s, || {
        a_plan_is_recorded_when_it_runs_often(fake);
        results_are_never_among_the_temporaries(fake);
        a_scalar_patches_its_node(fake);
        addresses_that_alternate_find_their_graph(fake);
        two_threads_call_one_function(fake);
        kept_memory_is_cached_and_goes_first(fake);
        short_plans_are_not_recorded(fake);
    });
    lazulite::set_fusion(fusion);
}

/// Sums of rows are temporaries; the rest is computed where the result is.
fn chain(x: &Array) -> Array {
    (0..6).fold(x * 2.0, |y, _| y.sum(keep(-1)) + y)
}

fn data() -> Array {
    let x = Array::ones([N / 1024, 1024], Dtype::F32) * 1.0;
    eval([&x]).unwrap();
    x
}

/// What a run asked of the driver: plain launches, graphs made, patches, and the words of what was replayed.
#[derive(Debug)]
struct Run {
    launches: usize,
    graphs: usize,
    patches: usize,
    replayed: Vec<Vec<u64>>,
}

fn run(fake: &Fake, y: &Array) -> Run {
    fake.take();
    eval([y]).unwrap();
    let calls = fake.take();
    let replays = calls.iter().filter_map(|c| if let Call::Replay { words, .. } = c { Some(words.clone()) } else { None });
    Run {
        launches: launches(&calls).len(),
        graphs: count(&calls, |c| matches!(c, Call::Graph { .. })),
        patches: count(&calls, |c| matches!(c, Call::Patch { .. })),
        replayed: replays.flatten().collect(),
    }
}

/// Words that are addresses.
fn addresses(replayed: &[Vec<u64>]) -> BTreeSet<u64> {
    replayed.iter().flatten().copied().filter(|&w| w > 1 << 32).collect()
}

/// Where the last kernel of a run writes: the one address of it that another run's last kernel does not have.
fn result(of: &Run, other: &Run) -> u64 {
    let (mine, theirs) = (addresses(&of.replayed[of.replayed.len() - 1..]), addresses(&other.replayed[other.replayed.len() - 1..]));
    let own: Vec<u64> = mine.difference(&theirs).copied().collect();
    assert_eq!(own.len(), 1, "{own:?}");
    own[0]
}

fn warm(fake: &Fake, f: &dyn Fn() -> Array) {
    for _ in 0..=BEFORE {
        run(fake, &f());
    }
}

fn a_plan_is_recorded_when_it_runs_often(fake: &Fake) {
    let (x, f) = (data(), compile(chain));
    for _ in 0..BEFORE {
        let r = run(fake, &f(&x));
        assert!(r.launches == 13 && r.graphs == 0 && r.replayed.is_empty(), "{r:?}");
    }
    let r = run(fake, &f(&x));
    assert_eq!((r.launches, r.graphs, r.replayed.len()), (0, 1, 13), "{r:?}");
    // The result before is gone, so its memory serves again and nothing has changed.
    let again = run(fake, &f(&x));
    assert_eq!((again.launches, again.graphs, again.patches), (0, 0, 0), "{again:?}");
    assert_eq!(again.replayed, r.replayed);
    // The plan is the graph's, compiled or not.
    assert_eq!(run(fake, &chain(&x)).graphs, 0);
}

fn results_are_never_among_the_temporaries(fake: &Fake) {
    let (x, f) = (data(), compile(chain));
    warm(fake, &|| f(&x));
    let first = f(&x);
    let one = run(fake, &first);
    let second = f(&x);
    let two = run(fake, &second);
    let kept = result(&one, &two);
    assert!(!addresses(&two.replayed).contains(&kept), "a result that is held is written over");
    // Temporaries stay where they are.
    let shared: BTreeSet<u64> = addresses(&one.replayed).intersection(&addresses(&two.replayed)).copied().collect();
    assert!(shared.len() > 1, "the input and the sums: {shared:?}");
    let third = f(&(&x + 1.0));
    let three = run(fake, &third);
    assert!(three.replayed.is_empty() || !addresses(&three.replayed).contains(&kept));
    drop((first, second));
}

fn a_scalar_patches_its_node(fake: &Fake) {
    let x = data();
    let step = |c: f32| chain(&x) * c;
    warm(fake, &|| step(0.5));
    let r = run(fake, &step(0.25));
    assert_eq!((r.launches, r.graphs, r.patches), (0, 0, 1), "{r:?}");
    let last = r.replayed.last().unwrap();
    assert!(last.contains(&(0.25f32.to_bits() as u64)) && !last.contains(&(0.5f32.to_bits() as u64)), "{last:?}");
    assert_eq!(run(fake, &step(0.25)).patches, 0);
}

/// A state that is replaced at each step lies now here, now there.
fn addresses_that_alternate_find_their_graph(fake: &Fake) {
    let f = compile(chain);
    let mut state = data();
    let mut made = 0;
    for step in 0..12 {
        let next = f(&state);
        let r = run(fake, &next);
        made += r.graphs;
        state = next;
        assert!(step < 8 || (r.graphs, r.patches, r.launches) == (0, 0, 0), "step {step}: {r:?}");
    }
    assert!((1..=4).contains(&made), "{made}");
}

fn two_threads_call_one_function(fake: &Fake) {
    let (x, f) = (data(), compile(chain));
    warm(fake, &|| f(&x));
    let s = Stream::current();
    fake.take();
    let results: Vec<Array> = std::thread::scope(|scope| {
        let call = || with_stream(s, || (0..5).map(|_| f(&x)).inspect(|y| eval([y]).unwrap()).collect::<Vec<_>>());
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(call)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    let calls = fake.take();
    let last = calls.iter().filter_map(|c| if let Call::Replay { words, .. } = c { words.last().cloned() } else { None });
    let written: Vec<BTreeSet<u64>> = last.map(|w| addresses(&[w])).collect();
    assert_eq!((written.len(), results.len()), (10, 10));
    let shared = written.iter().skip(1).fold(written[0].clone(), |a, b| a.intersection(b).copied().collect());
    let own: BTreeSet<u64> = written.iter().flat_map(|w| w.difference(&shared).copied().collect::<Vec<_>>()).collect();
    assert_eq!(own.len(), 10, "every result that is held has memory of its own");
}

fn kept_memory_is_cached_and_goes_first(fake: &Fake) {
    memory::clear_cache();
    let x = data();
    // Temporaries of three times the input's size, which the result's block is too small for.
    let wide = |x: &Array| {
        (0..4).fold(x * 2.0, |y, _| (y.reshape([1, N as i64]) + Array::ones([3, 1], Dtype::F32)).max(0).reshape([N as i64 / 1024, 1024]))
    };
    let active = memory::active();
    warm(fake, &|| wide(&x));
    assert_eq!(memory::active(), active, "between runs nothing is in use");
    assert!(memory::cached() >= 12 * N, "{}", memory::cached());
    assert_eq!(run(fake, &wide(&x)).launches, 0);
    // What needs the memory gets it.
    fake.take();
    let large = Array::arange(0, 5 * N as i64, 1, Dtype::F32);
    eval([&large]).unwrap();
    let calls = fake.take();
    assert!(count(&calls, |c| matches!(c, Call::DropGraph { .. })) > 0, "the recordings are given up: {calls:?}");
    drop(large);
    let r = run(fake, &wide(&x));
    assert!(r.launches > 0 && r.replayed.is_empty(), "it runs as at first: {r:?}");
    // A cache that may keep nothing keeps no temporaries.
    let former = memory::set_cache_limit(0);
    for _ in 0..2 * BEFORE {
        assert!(run(fake, &wide(&x)).replayed.is_empty());
    }
    memory::set_cache_limit(former);
    assert_eq!(memory::active(), active);
}

fn short_plans_are_not_recorded(fake: &Fake) {
    let x = data();
    for _ in 0..3 * BEFORE {
        let r = run(fake, &(&x * 2.0 + 1.0));
        assert_eq!((r.launches, r.replayed.len()), (2, 0));
    }
}
