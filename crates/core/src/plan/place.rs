//! Placement: which device runs each step. A step runs where its ops were built for; if that backend has no kernel for it, the first
//! other backend that has one runs it, on its stream of the same number, and the runtime moves what it reads.

use crate::plan::ir::Value;
use crate::plan::lower::Draft;
use crate::runtime::stream::{Device, Stream};
use lazulite_base::backend::{self, Device as Raw, Kernel};
use lazulite_base::error::{Error, Result};
use lazulite_base::work::Work;
use rustc_hash::FxHashMap as HashMap;
use std::sync::Arc;

/// The kernels of one plan, by place and work.
type Known = HashMap<(Device, Work), Option<Arc<dyn Kernel>>>;

/// The kernel of every draft; moves drafts to devices that have one.
pub(crate) fn kernels(drafts: &mut [Draft]) -> Result<Vec<Arc<dyn Kernel>>> {
    prepare(drafts)?;
    let mut known = Known::default();
    let mut kernels = Vec::with_capacity(drafts.len());
    for d in drafts.iter_mut() {
        kernels.push(place(d, None, &mut known)?);
    }
    together(drafts, &mut kernels, &mut known)?;
    Ok(kernels)
}

/// Tells each backend all that it is about to compile.
fn prepare(drafts: &[Draft]) -> Result<()> {
    let mut by_device: Vec<(Device, Vec<&Work>)> = Vec::new();
    for d in drafts {
        match by_device.iter_mut().find(|(device, _)| *device == d.stream.device) {
            Some((_, works)) => works.push(&d.work),
            None => by_device.push((d.stream.device, vec![&d.work])),
        }
    }
    for (device, works) in by_device {
        backend::backend(device.raw())?.prepare(device.0.index, &works);
    }
    Ok(())
}

fn compile(device: Device, work: &Work, known: &mut Known) -> Result<Option<Arc<dyn Kernel>>> {
    let key = (device, work.clone());
    if let Some(kernel) = known.get(&key) {
        return Ok(kernel.clone());
    }
    let kernel = backend::backend(device.raw())?.compile(device.0.index, work)?;
    known.insert(key, kernel.clone());
    Ok(kernel)
}

/// The kernel of one draft, on `at` or else where it was built for, or on the first backend that has one.
fn place(d: &mut Draft, at: Option<Device>, known: &mut Known) -> Result<Arc<dyn Kernel>> {
    let first = at.unwrap_or(d.stream.device);
    let others = 0..backend::backends().len() as u16;
    let others = others.filter(|&b| b != first.0.backend).map(|backend| Device(Raw { backend, index: 0 }));
    for device in std::iter::once(first).chain(others) {
        let found = compile(device, &d.work, known);
        if let Some(kernel) = found.map_err(|e| d.ops.first().map_or(e.clone(), |o| e.clone().at(o.1)))? {
            d.stream = Stream { device, id: d.stream.id };
            return Ok(kernel);
        }
    }
    let e = Error::runtime(d.work.name(), format!("no device has a kernel for {:?}", d.work));
    Err(d.ops.first().map_or(e.clone(), |o| e.at(o.1)))
}

/// Steps that write one value (a copy and the scatter into it, say) must run on one device: the last one's.
fn together(drafts: &mut [Draft], kernels: &mut [Arc<dyn Kernel>], known: &mut Known) -> Result<()> {
    let mut writers: HashMap<Value, usize> = HashMap::default();
    for i in (0..drafts.len()).rev() {
        for k in 0..drafts[i].outputs.len() {
            let root = drafts[i].outputs[k].root;
            let device = drafts[*writers.entry(root).or_insert(i)].stream.device;
            if drafts[i].stream.device != device {
                kernels[i] = place(&mut drafts[i], Some(device), known)?;
            }
        }
    }
    Ok(())
}
