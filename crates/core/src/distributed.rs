//! Work that several processes share, in MLX's words: groups of processes, and sums and exchanges over them.
//!
//! There is no backend that connects processes yet, so a group has one process. Over it every reduction and gathering is the array itself
//! (as are its derivatives and batches), and there is nobody to send to. Programs written for several processes run as one.
//!
//! ```
//! use lazulite::{distributed, prelude::*};
//! let group = distributed::init(false, "any").unwrap();
//! assert_eq!((group.rank(), group.size()), (0, 1));
//! let x = array![1.0, 2.0];
//! assert!(distributed::all_sum(&x, &group).unwrap().is(&x));
//! ```

use crate::Array;
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dtype, ErrorKind};

/// A group of processes: this one alone.
///
/// ```
/// use lazulite::distributed::{self, Group};
/// let group: Group = distributed::init(false, "any").unwrap();
/// assert_eq!(group.size(), 1);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Group {
    rank: usize,
    size: usize,
}

impl Group {
    /// The number of this process within the group.
    ///
    /// ```
    /// assert_eq!(lazulite::distributed::init(false, "any").unwrap().rank(), 0);
    /// ```
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of processes.
    ///
    /// ```
    /// assert_eq!(lazulite::distributed::init(false, "any").unwrap().size(), 1);
    /// ```
    pub fn size(&self) -> usize {
        self.size
    }

    /// The part of the group whose processes give the same `color`, ordered by `key`.
    ///
    /// # Errors
    /// Of kind `Runtime`: a group of one has no parts.
    ///
    /// ```
    /// assert!(lazulite::distributed::init(false, "any").unwrap().split(0, -1).is_err());
    /// ```
    #[track_caller]
    pub fn split(&self, color: i64, key: i64) -> Result<Group> {
        Err(Error::runtime("distributed", format!("Cannot split the distributed group further (color {color}, key {key})")))
    }
}

/// The names that [`init`] and [`is_available`] take: those of MLX's backends.
const BACKENDS: [&str; 5] = ["any", "mpi", "nccl", "jaccl", "ring"];

/// Whether processes can be connected by a backend: no.
///
/// ```
/// assert!(!lazulite::distributed::is_available("any"));
/// ```
pub fn is_available(_backend: &str) -> bool {
    false
}

/// The group of all processes, which is this one.
///
/// # Errors
/// A value error for a backend that MLX doesn't name; of kind `Runtime` if `strict` asks for a backend to be there.
///
/// ```
/// assert!(lazulite::distributed::init(true, "any").is_err());
/// ```
#[track_caller]
pub fn init(strict: bool, backend: &str) -> Result<Group> {
    if !BACKENDS.contains(&backend) {
        return Err(Error::value("distributed", format!("there is no backend `{backend}`; there are {}", BACKENDS.join(", "))));
    }
    if strict {
        return Err(Error::new(ErrorKind::Runtime, "distributed", "Couldn't initialize any backend"));
    }
    Ok(Group { rank: 0, size: 1 })
}

/// Declares what over one process is the array itself.
macro_rules! identities {
    ($($(#[$meta:meta])* $name:ident)*) => {$(
        $(#[$meta])*
        /// Over one process: the array itself. Any shape and dtype.
        ///
        /// # Errors
        /// None over one process.
        ///
        /// ```
        /// use lazulite::{distributed, prelude::*};
        /// let (x, group) = (array![1, 2], distributed::init(false, "any").unwrap());
        #[doc = concat!("assert_eq!(distributed::", stringify!($name), "(&x, &group).unwrap().to_vec::<i32>().unwrap(), [1, 2]);")]
        /// ```
        pub fn $name(x: &Array, group: &Group) -> Result<Array> {
            debug_assert_eq!(group.size, 1);
            Ok(x.clone())
        }
    )*};
}

identities! {
    #[doc = "The sum of the processes' arrays."]
    all_sum
    #[doc = "The largest of the processes' arrays, element by element."]
    all_max
    #[doc = "The smallest of the processes' arrays, element by element."]
    all_min
    #[doc = "The processes' arrays joined along the first axis."]
    all_gather
    #[doc = "This process's part along the first axis of the sum of the processes' arrays."]
    sum_scatter
}

/// Sends an array to the process with rank `to`.
///
/// # Errors
/// A value error: in a group of one there is nobody to send to.
///
/// ```
/// use lazulite::{distributed, prelude::*};
/// let group = distributed::init(false, "any").unwrap();
/// assert!(distributed::send(&array![1], 0, &group).is_err());
/// ```
#[track_caller]
pub fn send(_x: &Array, to: i64, _group: &Group) -> Result<Array> {
    Err(Error::value("send", format!("Cannot send to a singleton group (to rank {to})")))
}

/// An array of this shape and dtype from the process with rank `from`.
///
/// # Errors
/// A value error: in a group of one there is nobody to receive from.
///
/// ```
/// use lazulite::{distributed, prelude::*};
/// let group = distributed::init(false, "any").unwrap();
/// assert!(distributed::receive(&[2], Dtype::F32, 0, &group).is_err());
/// ```
#[track_caller]
pub fn receive(shape: &[usize], dtype: Dtype, from: i64, _group: &Group) -> Result<Array> {
    Err(Error::value("recv", format!("Cannot recv from a singleton group ({dtype}{shape:?} from rank {from})")))
}
