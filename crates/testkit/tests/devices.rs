//! With a GPU: work that moves between devices, equal bits of all runs, running out of memory, a fault. Without one these tests say so.
#![cfg(feature = "cuda")]

mod device_faults;

use lazulite::prelude::*;

fn gpu() -> Option<Device> {
    let found = Device::named("cuda", 0).ok();
    if found.is_none() {
        eprintln!("skipped: {}", lazulite_cuda::why_not().unwrap_or_default());
    }
    found
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

/// Random steps over shared arrays on random streams; every operation is exact, so the bits are those of any device.
fn walk(steps: usize, streams: &[Stream]) -> Vec<Vec<f32>> {
    let mut dice = Dice(5);
    let mut arrays: Vec<Array> = (0..8).map(|i| Array::arange(i, i + 1000, 1, Dtype::F32).reshape([10, 100])).collect();
    for step in 0..steps {
        let (i, j, k) = (dice.below(8), dice.below(8), dice.below(8));
        let (stream, kind) = (streams[step * 7919 % streams.len()], dice.below(7));
        let (x, y) = (arrays[i].clone(), arrays[j].clone());
        arrays[k] = with_stream(stream, || match kind {
            0 => (x + y) * 0.5,
            1 => x.maximum(&y),
            2 => x - y * 0.25,
            3 => (x.max(keep(-1)) + y) * 0.5,
            4 => x.t().reshape([10, 100]),
            5 => x.argsort(-1).astype(Dtype::F32) * 0.125 + y * 0.5,
            _ => ops::concatenate(&[&x.index(0..5), &y.index(5..10)], 0).unwrap(),
        });
        match dice.below(12) {
            0 => eval([&arrays[k]]).unwrap(),
            1 | 2 => async_eval(&arrays).unwrap(),
            3 => drop(arrays[i].to_vec::<f32>().unwrap()),
            _ => {}
        }
    }
    arrays.iter().map(|a| a.to_vec().unwrap()).collect()
}

#[test]
fn random_moves_between_devices_match_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let steps = std::env::var("LAZULITE_STEPS").ok().and_then(|s| s.parse().ok()).unwrap_or(10_000);
    let cpu = Device::cpu();
    let mixed = [Stream { device: cpu, id: 0 }, Stream { device: gpu, id: 0 }, Stream::new(gpu), Stream::new(cpu), Stream::new(gpu)];
    let want = walk(steps, &[Stream { device: cpu, id: 0 }]);
    assert!(walk(steps, &mixed) == want, "other bits than on the CPU");
    assert!(walk(steps, &mixed) == want, "other bits in a second run");
}

#[test]
fn exhaustion_is_an_error_and_work_goes_on() {
    let Some(gpu) = gpu() else { return };
    with_stream(Stream { device: gpu, id: 0 }, || {
        let huge = |x: &Array| x.reshape([1 << 20, 1]) + x.reshape([1, 1 << 20]);
        let x = Array::arange(0, 1 << 20, 1, Dtype::F32);
        assert_eq!(eval([&huge(&x)]).unwrap_err().kind(), ErrorKind::OutOfMemory);
        let compiled = compile(huge);
        assert_eq!(eval([&compiled(&x)]).unwrap_err().kind(), ErrorKind::OutOfMemory);
        assert_eq!((&x + 1.0).max(..).item::<f32>().unwrap(), (1 << 20) as f32);
    });
}

type Function = fn(&Array) -> Array;

/// Functions whose plans have enough steps to be replayed.
fn replayable() -> [(&'static str, Function); 3] {
    fn sums(x: &Array) -> Array {
        (0..8).fold(x.clone(), |y, _| (y.max(keep(-1)) * 0.5 + &y).maximum(y.min(keep(0))))
    }
    fn products(x: &Array) -> Array {
        (0..6).fold(x.clone(), |y, _| y.matmul(x).maximum(0.0) * 0.01 + y.max(keep(-1)))
    }
    fn copies(x: &Array) -> Array {
        (0..6).fold(x.clone(), |y, _| ops::concatenate(&[&y.index(40..64), &y.index(0..40)], 0).unwrap() + y.sum(keep(0)) * 0.125)
    }
    [("sums", sums), ("products", products), ("copies", copies)]
}

/// What is replayed gives the bits of the first run, whatever is held, replaced, called at once or given up meanwhile.
#[test]
fn replayed_plans_give_the_bits_of_the_first_run() {
    let Some(gpu) = gpu() else { return };
    let s = Stream { device: gpu, id: 0 };
    for (name, f) in replayable() {
        let compiled = compile(f);
        let mut dice = Dice(3);
        with_stream(s, || {
            // What is expected comes from plans that run once.
            let inputs: Vec<Array> = (0..4).map(|i| random::normal([64, 64], &random::key(i)) * 0.1).collect();
            eval(&inputs).unwrap();
            let alone = |i: usize| f(&(0..=i).fold(inputs[i].clone(), |x, _| x + 0.0));
            let want: Vec<Vec<f32>> = (0..4).map(|i| alone(i).to_vec().unwrap()).collect();
            let mut held: Vec<(usize, Array)> = Vec::new();
            for step in 0..200 {
                let i = dice.below(4);
                let y = compiled(&inputs[i]);
                async_eval([&y]).unwrap();
                match dice.below(5) {
                    0 => held.push((i, y)),
                    1 => assert!(y.to_vec::<f32>().unwrap() == want[i], "{name}, step {step}"),
                    2 if step % 20 == 0 => memory::clear_cache(),
                    _ => {}
                }
                if held.len() > 6 {
                    let (i, y) = held.swap_remove(dice.below(6));
                    assert!(y.to_vec::<f32>().unwrap() == want[i], "{name}, held until step {step}");
                }
            }
            held.into_iter().for_each(|(i, y)| assert!(y.to_vec::<f32>().unwrap() == want[i], "{name}, held to the end"));
            std::thread::scope(|scope| {
                for t in 0..4usize {
                    let (compiled, inputs, want) = (&compiled, &inputs, &want);
                    scope.spawn(move || {
                        with_stream(s, || {
                            for k in 0..50 {
                                let i = (t + k) % 4;
                                assert!(compiled(&inputs[i]).to_vec::<f32>().unwrap() == want[i], "{name}, thread {t}, call {k}");
                            }
                        })
                    });
                }
            });
            // A scalar that changes, and a state that is replaced.
            let step = |x: &Array, c: f32| f(x) * c;
            let mut states = [inputs[0].clone(), inputs[0].clone()];
            for k in 0..30 {
                let c = 0.5 + 0.01 * (k % 7) as f32;
                let [replayed, fresh] = &mut states;
                *replayed = step(replayed, c) * 0.01;
                // Another plan of the same work: it has one more output.
                let (a, b) = (f(fresh) * c, fresh.sum(..) + k as f32);
                *fresh = a * 0.01;
                eval([&*fresh, &b]).unwrap();
                eval([&*replayed]).unwrap();
                assert!(replayed.to_vec::<f32>().unwrap() == fresh.to_vec::<f32>().unwrap(), "{name}, state {k}");
            }
        });
    }
}

#[test]
fn an_illegal_access_names_its_ops() {
    if device_faults::is_child() {
        return device_faults::met(false);
    }
    if gpu().is_some() {
        device_faults::in_a_child("an_illegal_access_names_its_ops");
    }
}

#[test]
fn an_illegal_access_in_a_replay_names_its_ops() {
    if device_faults::is_child() {
        return device_faults::met(true);
    }
    if gpu().is_some() {
        device_faults::in_a_child("an_illegal_access_in_a_replay_names_its_ops");
    }
}
