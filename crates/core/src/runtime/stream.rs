//! Devices and streams: plain handles. Work on a stream runs in order; across streams, what depends waits.

use lazulite_base::backend::{self, Device as Raw};
use lazulite_base::error::Result;
use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// A place where work runs, such as the CPU.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Device(pub(crate) Raw);

impl Device {
    /// The device of ops that are built outside [`with_stream`], in any thread.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0].stream().device, Device::current_default());
    /// ```
    pub fn current_default() -> Device {
        let packed = DEFAULT.load(Ordering::Relaxed);
        Device(Raw { backend: (packed >> 16) as u16, index: packed as u16 })
    }

    /// Makes this the device of ops that are built outside [`with_stream`], in any thread, from now on.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// Device::cpu().set_default();
    /// assert_eq!(array![1.0].stream().device, Device::cpu());
    /// ```
    pub fn set_default(self) {
        DEFAULT.store((self.0.backend as u32) << 16 | self.0.index as u32, Ordering::Relaxed);
    }

    /// How many devices the backend of a name drives: 0 if there is no such backend.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!((Device::count("cpu"), Device::count("abacus")), (1, 0));
    /// ```
    pub fn count(backend: &str) -> usize {
        backend::backends().iter().find(|b| b.name() == backend).map_or(0, |b| b.devices())
    }

    /// The device of a registered backend, by the backend's name and the device's number.
    ///
    /// # Errors
    /// A runtime error that lists the devices there are.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(Device::named("cpu", 0).is_ok());
    /// assert!(Device::named("abacus", 0).unwrap_err().message().contains("cpu: 1"));
    /// ```
    #[track_caller]
    pub fn named(name: &str, index: u16) -> Result<Device> {
        let all = backend::backends();
        match all.iter().position(|b| b.name() == name && (index as usize) < b.devices()) {
            Some(b) => Ok(Device(Raw { backend: b as u16, index })),
            None => {
                let names: Vec<String> = all.iter().map(|b| format!("{}: {}", b.name(), b.devices())).collect();
                let text = format!("no device {name}:{index}; backends and their numbers of devices: [{}]", names.join(", "));
                Err(lazulite_base::Error::runtime("device", text))
            }
        }
    }

    /// The CPU: the device of the first backend that is the host's own. Without one, work for it is an error when it is evaluated.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let y = with_stream(Stream::new(Device::cpu()), || array![1.0, 2.0].sum(..));
    /// assert_eq!(y.item::<f32>().unwrap(), 3.0);
    /// ```
    pub fn cpu() -> Device {
        let all = backend::backends();
        let host = all.iter().position(|b| b.is_host()).unwrap_or(all.len());
        Device(Raw { backend: host as u16, index: 0 })
    }

    /// The name of its backend.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Device::cpu().backend(), "cpu");
    /// ```
    pub fn backend(self) -> &'static str {
        backend::backend(self.raw()).map_or("none", |b| b.name())
    }

    /// Its number among the devices of its backend.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Device::cpu().index(), 0);
    /// ```
    pub fn index(self) -> u16 {
        self.0.index
    }

    /// What its backend knows of it, for people: names and values.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(Device::cpu().info().iter().any(|(name, _)| *name == "device_name"));
    /// ```
    pub fn info(self) -> Vec<(&'static str, String)> {
        backend::backend(self.raw()).map(|b| b.info(self.0.index)).unwrap_or_default()
    }

    pub(crate) fn raw(self) -> Raw {
        self.0
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.backend(), self.index())
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({self})")
    }
}

/// A queue of work on a device: a plain handle that any thread may use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Stream {
    /// Where it runs.
    pub device: Device,
    /// Its number; 0 is the device's default stream.
    pub id: u32,
}

static NEXT_STREAM: AtomicU32 = AtomicU32::new(1);

/// The process's default device: the backend's index and the device's number.
static DEFAULT: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static CURRENT: Cell<Option<Stream>> = const { Cell::new(None) };
}

impl Stream {
    /// A new stream of the device.
    pub fn new(device: Device) -> Stream {
        Stream { device, id: NEXT_STREAM.fetch_add(1, Ordering::Relaxed) }
    }

    /// The stream that ops of this thread are built for: the one of the enclosing [`with_stream`], or the default device's.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let s = Stream::new(Device::cpu());
    /// assert_eq!(with_stream(s, Stream::current), s);
    /// ```
    #[inline]
    pub fn current() -> Stream {
        CURRENT.get().unwrap_or_else(|| Stream { device: Device::current_default(), id: 0 })
    }

    /// Makes `stream` the one that ops of this thread are built for (`None`: the default device's) and returns the former, for callers
    /// whose scope is no closure; others use [`with_stream`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let s = Stream::new(Device::cpu());
    /// let former = Stream::replace_current(Some(s));
    /// assert_eq!(array![1.0].exp().stream(), s);
    /// Stream::replace_current(former);
    /// ```
    pub fn replace_current(stream: Option<Stream>) -> Option<Stream> {
        CURRENT.replace(stream)
    }

    /// Waits until everything submitted to the stream so far has run.
    ///
    /// # Errors
    /// What the backend reports.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![1.0, 2.0].exp();
    /// async_eval([&x]).unwrap();
    /// x.stream().synchronize().unwrap();
    /// ```
    pub fn synchronize(self) -> Result<()> {
        backend::backend(self.device.raw())?.synchronize(self.device.0.index, self.id)
    }
}

/// Waits for what backends do beside the work, such as compilations, and lets them begin no more of it; evaluation goes on as before. A host
/// that takes itself apart when it exits, as an interpreter does, calls this first.
///
/// ```
/// use lazulite::prelude::*;
/// lazulite::finish();
/// assert_eq!((array![1.0] + 1.0).item::<f32>().unwrap(), 2.0);
/// ```
pub fn finish() {
    backend::backends().iter().for_each(|b| b.finish());
}

/// Runs `f` with `stream` as the stream of the ops built in it; the former one comes back afterwards, also after a panic.
///
/// ```
/// use lazulite::prelude::*;
/// let s = Stream::new(Device::default());
/// let y = with_stream(s, || array![1.0, 2.0].exp());
/// assert_eq!(y.stream(), s);
/// ```
pub fn with_stream<T>(stream: Stream, f: impl FnOnce() -> T) -> T {
    struct Restore(Option<Stream>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(Some(stream)));
    f()
}
