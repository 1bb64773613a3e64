//! The functions of which scans are made, for each operation: a ladder over a group, and what comes before it.
//!
//! They take states as bits, so that what moves elements is compiled once for a size of element, and not for each operation.

use crate::isa::{Isa, isa};

/// Elements of a group, and parts of a block.
pub const GROUP: usize = 32;
/// Rows side by side.
pub const LANES: usize = 16;

/// Groups of rows side by side: element by element, their lanes.
pub type Tile<S> = [[S; LANES]; GROUP];

/// States that start at a cache line.
#[repr(align(64))]
pub struct Aligned<T>(pub T);

/// Values that are computed many at a time: numbers, and what is made of them.
pub trait Parts: Copy + Default + 'static {
    /// So many of them, as is best for computing: a number of parts may have each side by side.
    type Many<const N: usize>: Copy;
    /// The same one everywhere.
    fn all<const N: usize>(self) -> Self::Many<N>;
    /// One of them.
    fn at<const N: usize>(many: &Self::Many<N>, i: usize) -> Self;
    /// Replaces one.
    fn put<const N: usize>(many: &mut Self::Many<N>, i: usize, s: Self);
    /// The results of a function of two.
    #[inline(always)]
    fn zip<const N: usize>(a: &Self::Many<N>, b: &Self::Many<N>, f: impl Fn(Self, Self) -> Self) -> Self::Many<N> {
        let mut r = *b;
        for i in 0..N {
            Self::put(&mut r, i, f(Self::at(a, i), Self::at(b, i)));
        }
        r
    }
    /// From place `D` on, at most the half, others, from no or `D` places before: part by part, so that each stays in registers.
    fn after<const D: usize, const N: usize>(many: &Self::Many<N>, others: &Self::Many<N>, by: usize) -> Self::Many<N>;
}

/// States as they lie in memory, by their parts.
#[inline(always)]
fn open<S: Parts, const N: usize>(states: &[S; N]) -> S::Many<N> {
    let mut r = S::default().all();
    for (i, &s) in states.iter().enumerate() {
        S::put(&mut r, i, s);
    }
    r
}

/// The reverse.
#[inline(always)]
fn close<S: Parts, const N: usize>(many: &S::Many<N>) -> [S; N] {
    let mut r = [S::default(); N];
    for (i, s) in r.iter_mut().enumerate() {
        *s = S::at(many, i);
    }
    r
}

/// How states combine.
pub trait Join: 'static {
    /// A value that is carried.
    type State: Parts;
    /// The combination with a later state.
    fn join(a: Self::State, b: Self::State) -> Self::State;
    /// The same of many.
    #[inline(always)]
    fn join_all<const N: usize>(a: &Many<Self, N>, b: &Many<Self, N>) -> Many<Self, N> {
        Self::State::zip::<N>(a, b, Self::join)
    }
    /// Its functions.
    fn joins() -> Joins;
}

/// So many states of a [`Join`].
pub type Many<J, const N: usize> = <<J as Join>::State as Parts>::Many<N>;

/// The functions of one [`Join`]. States are as many as it says, at any address unless it says more.
#[derive(Clone, Copy)]
pub struct Joins {
    /// Scans the states of a group: from, to.
    pub ladder: unsafe fn(*const u8, *mut u8),
    /// Joins one state before those of a group: before, from, to.
    pub follow: unsafe fn(*const u8, *const u8, *mut u8),
    /// Scans the first so many elements of every lane of a [`Tile`] that is [`Aligned`], which it leaves open: an element's lanes are by
    /// their parts.
    pub ladders: unsafe fn(*mut u8, usize),
    /// Joins what comes before each lane, which is open, to its first so many elements of such a tile, and closes them.
    pub lead: unsafe fn(*const u8, *mut u8, usize),
    /// Closes them as they are.
    pub close: unsafe fn(*mut u8, usize),
    /// Joins a row of open lanes before another: before, after, to.
    pub join: unsafe fn(*const u8, *const u8, *mut u8),
}

/// A step of the ladder over a group. The states stay in registers: the loops have fixed lengths.
#[inline(always)]
fn step<J: Join, const D: usize>(v: Many<J, GROUP>) -> Many<J, GROUP> {
    let before = J::State::after::<D, GROUP>(&v, &v, D);
    J::State::after::<D, GROUP>(&v, &J::join_all::<GROUP>(&before, &v), 0)
}

#[inline(always)]
unsafe fn ladder<J: Join>(from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let v = step::<J, 1>(open(&from.cast::<[J::State; GROUP]>().read_unaligned()));
        let v = step::<J, 16>(step::<J, 8>(step::<J, 4>(step::<J, 2>(v))));
        to.cast::<[J::State; GROUP]>().write_unaligned(close::<J::State, GROUP>(&v));
    }
}

#[inline(always)]
unsafe fn follow<J: Join>(before: *const u8, from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let before = before.cast::<J::State>().read_unaligned().all();
        let v = open(&from.cast::<[J::State; GROUP]>().read_unaligned());
        to.cast::<[J::State; GROUP]>().write_unaligned(close::<J::State, GROUP>(&J::join_all::<GROUP>(&before, &v)));
    }
}

/// An element's lanes by their parts, in the place of its states.
type Lanes<J> = Many<J, LANES>;

#[inline(always)]
unsafe fn ladders<J: Join>(tile: *mut u8, m: usize) {
    const { assert!(size_of::<Lanes<J>>() == size_of::<[J::State; LANES]>()) };
    // SAFETY: the caller's promise; lanes take as many bytes as their states, which are read before they are written over.
    let v = unsafe {
        for i in 0..m {
            let lanes = tile.cast::<[J::State; LANES]>().add(i);
            lanes.cast::<Lanes<J>>().write(open(&lanes.read()));
        }
        std::slice::from_raw_parts_mut(tile.cast::<Lanes<J>>(), m)
    };
    let mut d = 1;
    while d < GROUP {
        for i in (d..m).rev() {
            v[i] = J::join_all::<LANES>(&v[i - d], &v[i]);
        }
        d *= 2;
    }
}

/// Closes the first so many elements' lanes, after a change.
#[inline(always)]
unsafe fn closed<J: Join>(tile: *mut u8, m: usize, change: impl Fn(Lanes<J>) -> Lanes<J>) {
    for i in 0..m {
        // SAFETY: the caller's promise; as for `ladders`.
        unsafe {
            let lanes = tile.cast::<Lanes<J>>().add(i);
            lanes.cast::<[J::State; LANES]>().write(close::<J::State, LANES>(&change(lanes.read())));
        }
    }
}

#[inline(always)]
unsafe fn lead<J: Join>(before: *const u8, tile: *mut u8, m: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let before = before.cast::<Lanes<J>>().read_unaligned();
        closed::<J>(tile, m, |v| J::join_all::<LANES>(&before, &v));
    }
}

#[inline(always)]
unsafe fn close_all<J: Join>(tile: *mut u8, m: usize) {
    // SAFETY: the caller's promise.
    unsafe { closed::<J>(tile, m, |v| v) };
}

#[inline(always)]
unsafe fn join<J: Join>(before: *const u8, after: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let (a, b) = (before.cast::<Lanes<J>>().read_unaligned(), after.cast::<Lanes<J>>().read_unaligned());
        to.cast::<Lanes<J>>().write_unaligned(J::join_all::<LANES>(&a, &b));
    }
}

/// The functions, compiled for some instructions.
macro_rules! level {
    ($name:ident $(, $features:literal)?) => {
        mod $name {
            use super::Join;

            level! { @$name($($features)?) ladder(from: *const u8, to: *mut u8) }
            level! { @$name($($features)?) follow(before: *const u8, from: *const u8, to: *mut u8) }
            level! { @$name($($features)?) ladders(tile: *mut u8, m: usize) }
            level! { @$name($($features)?) lead(before: *const u8, tile: *mut u8, m: usize) }
            level! { @$name($($features)?) close_all(tile: *mut u8, m: usize) }
            level! { @$name($($features)?) join(before: *const u8, after: *const u8, to: *mut u8) }

            pub fn joins<J: Join>() -> super::Joins {
                super::Joins {
                    ladder: ladder::<J>,
                    follow: follow::<J>,
                    ladders: ladders::<J>,
                    lead: lead::<J>,
                    close: close_all::<J>,
                    join: join::<J>,
                }
            }
        }
    };
    (@$name:ident($($features:literal)?) $f:ident($($a:ident: $t:ty),*)) => {
        $(#[target_feature(enable = $features)])?
        unsafe fn $f<J: Join>($($a: $t),*) {
            // SAFETY: the caller's promise.
            unsafe { super::$f::<J>($($a),*) }
        }
    };
}
level!(base);
#[cfg(target_arch = "x86_64")]
level!(v3, "avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
level!(v4, "avx2,fma,f16c,avx512f,avx512bw,avx512cd,avx512dq,avx512vl");

/// The functions with what every machine has.
pub fn plainly<J: Join>() -> Joins {
    base::joins::<J>()
}

/// The functions with this machine's instructions.
pub fn at_best<J: Join>() -> Joins {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::V4 => v4::joins::<J>(),
        #[cfg(target_arch = "x86_64")]
        Isa::V3 => v3::joins::<J>(),
        _ => base::joins::<J>(),
    }
}
