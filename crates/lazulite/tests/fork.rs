//! After `fork()` the child evaluates correctly, on its own threads. One test, alone in its process.

use lazulite::prelude::*;

fn work(n: usize) -> Vec<f32> {
    let x = Array::arange(0, n as u64, 1, Dtype::F32);
    let y = (x.sin() * &x).reshape([-1, 64]).softmax(-1).sum(0);
    y.to_vec().unwrap()
}

#[test]
fn the_child_of_a_fork_evaluates() {
    let expected = work(1 << 16);
    let stream = Stream::new(Device::default());
    let pending = with_stream(stream, || Array::ones([1 << 16], Dtype::F32).exp() + 1.0);
    async_eval([&pending]).unwrap();
    pending.to_vec::<f32>().unwrap();
    // SAFETY: the child only evaluates, compares and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let same = (0..5).all(|_| work(1 << 16) == expected) && pending.to_vec::<f32>().is_ok();
        let more = with_stream(stream, || &pending * 2.0);
        let ok = same && async_eval([&more]).is_ok() && more.to_vec::<f32>().is_ok();
        // SAFETY: leaves the child at once.
        unsafe { libc::_exit(if ok { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: waits for the child just made.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status}");
    assert_eq!(work(1 << 16), expected);
}
