//! `Array`: a user's handle on a node's value.

use crate::graph::node::{Aval, Avals, Edge, Node, Operand, Operands};
use crate::graph::tag::{self, Tag};
use crate::primitive::{Prim, Val};
use crate::runtime::buffer::{Buffer, Data, Layout};
use crate::runtime::counters::count;
use crate::runtime::stream::Stream;
use crate::runtime::sync::Ordering;
use lazulite_base::error::{Error, ErrorKind, Result};
use lazulite_base::{Dims, Dtype, Element, Scalar};
use smallvec::{SmallVec, smallvec};
use std::panic::Location;
use std::sync::Arc;

/// A lazy array: shape and dtype are known at once, the elements when something reads them.
///
/// One type for every shape, dtype and device. Cloning copies a handle, never elements. Any thread may build on it, evaluate it and
/// read it.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![[1.0, 2.0], [3.0, 4.0]];
/// let y = (&x * 2.0).sum(0); // nothing has run yet
/// assert_eq!(y.to_vec::<f32>().unwrap(), [8.0, 12.0]);
/// ```
pub struct Array {
    node: Arc<Node>,
}

impl Array {
    /// A handle on an edge.
    #[inline]
    pub(crate) fn from_edge(edge: Edge) -> Array {
        edge.held.fetch_add(1, Ordering::Relaxed);
        Array { node: edge }
    }

    #[inline]
    pub(crate) fn edge(&self) -> Edge {
        self.node.clone()
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Shape, dtype and weakness; records no guard.
    #[inline]
    pub(crate) fn aval(&self) -> &Aval {
        &self.node.avals[0]
    }

    /// The sizes without recording a guard: for rules that adapt to other sizes by themselves.
    #[inline]
    pub(crate) fn dims(&self) -> &[usize] {
        &self.aval().shape
    }

    #[inline]
    pub(crate) fn tag(&self) -> Tag {
        self.node.tag
    }

    /// An array of the elements, in row-major order.
    ///
    /// # Errors
    /// A value error if `shape` has another number of elements; out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::from_slice(&[1i32, 2, 3, 4], [2, 2]).unwrap();
    /// assert_eq!(x.shape(), [2, 2]);
    /// assert!(Array::from_slice(&[1i32, 2, 3], [2, 2]).is_err());
    /// ```
    #[track_caller]
    pub fn from_slice<T: Element>(values: &[T], shape: impl Into<crate::ops::Shape>) -> Result<Array> {
        let shape = crate::ops::create::checked("array", shape.into(), T::DTYPE)?;
        if lazulite_base::shape::size(&shape) != values.len() {
            return Err(Error::value("array", format!("{} elements do not fill the shape {:?}", values.len(), &shape[..])));
        }
        let buffer = Arc::new(Buffer::from_slice(values)?);
        let data = Data { buffer, layout: Layout::contiguous(&shape), ticket: None };
        Ok(leaf(data, Aval { shape, dtype: T::DTYPE, weak: false }))
    }

    /// An array over a copy of the elements' bytes, in row-major order and the machine's byte order. Any byte but 0 is `true`.
    ///
    /// # Errors
    /// A value error if the bytes do not fill the shape; out of memory.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::from_bytes(&[1, 0, 2, 0], [2], Dtype::U16).unwrap();
    /// assert_eq!(x.to_vec::<u16>().unwrap(), [1, 2]);
    /// ```
    #[track_caller]
    pub fn from_bytes(bytes: &[u8], shape: impl Into<crate::ops::Shape>, dtype: Dtype) -> Result<Array> {
        let shape = crate::ops::create::checked("array", shape.into(), dtype)?;
        if lazulite_base::shape::size(&shape) * dtype.size() != bytes.len() {
            return Err(Error::value("array", format!("{} bytes do not fill the shape {:?} of {dtype}", bytes.len(), &shape[..])));
        }
        let buffer = match dtype {
            Dtype::Bool => Buffer::from_slice(&bytes.iter().map(|&b| b != 0).collect::<Vec<bool>>()),
            _ => Buffer::from_slice(bytes),
        }?;
        let data = Data { buffer: Arc::new(buffer), layout: Layout::contiguous(&shape), ticket: None };
        Ok(leaf(data, Aval::new(shape, dtype)))
    }

    /// An array over host memory that is handed over, without a copy: row-major, and valid while `keep` lives. It is never pooled, and
    /// written only by whom the array is exported to.
    ///
    /// # Safety
    /// `address` points to `size(shape)` initialised elements of `dtype`, aligned to the element, that may be written, and nothing else
    /// reads or writes them while `keep` or any array built on this one lives.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let mut data = vec![1.0f32, 2.0];
    /// let address = data.as_mut_ptr();
    /// // SAFETY: two f32 that nobody else reads or writes; they are kept with the array.
    /// let x = unsafe { Array::adopt(address.cast(), &[2], Dtype::F32, std::sync::Arc::new(data)) };
    /// assert_eq!((x + 1.0).to_vec::<f32>().unwrap(), [2.0, 3.0]);
    /// ```
    #[track_caller]
    pub unsafe fn adopt(address: *mut u8, shape: &[usize], dtype: Dtype, keep: Arc<dyn std::any::Any + Send + Sync>) -> Array {
        let bytes = lazulite_base::shape::size(shape) * dtype.size();
        let buffer = Arc::new(Buffer::adopt(address as usize, bytes, keep));
        leaf(Data { buffer, layout: Layout::contiguous(shape), ticket: None }, Aval::new(shape, dtype))
    }

    /// An array over host memory that someone else owns, without a copy: row-major, valid and unchanged while `keep` lives.
    ///
    /// # Safety
    /// `address` points to `size(shape)` initialised elements of `dtype`, aligned to the element, and nothing writes to them while
    /// `keep` or any array built on this one lives.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let data = std::sync::Arc::new(vec![1.0f32, 2.0]);
    /// // SAFETY: two f32 that nobody writes; they are kept with the array.
    /// let x = unsafe { Array::borrow(data.as_ptr().cast(), &[2], Dtype::F32, data.clone()) };
    /// assert_eq!((x + 1.0).to_vec::<f32>().unwrap(), [2.0, 3.0]);
    /// ```
    #[track_caller]
    pub unsafe fn borrow(address: *const u8, shape: &[usize], dtype: Dtype, keep: Arc<dyn std::any::Any + Send + Sync>) -> Array {
        let bytes = lazulite_base::shape::size(shape) * dtype.size();
        let buffer = Arc::new(Buffer::borrow(address as usize, bytes, keep));
        leaf(Data { buffer, layout: Layout::contiguous(shape), ticket: None }, Aval::new(shape, dtype))
    }

    /// A 0-d array of the scalar.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::scalar(lazulite::Scalar::new(2.5, Dtype::F32));
    /// assert_eq!((x.ndim(), x.item::<f32>().unwrap()), (0, 2.5));
    /// ```
    #[track_caller]
    pub fn scalar(s: Scalar) -> Array {
        crate::ops::create::constant(s, Dims::new(), false)
    }

    /// The sizes of the axes. In a shapeless trace this records a guard: the trace holds for this shape only.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(Array::zeros([2, 3], Dtype::F32).shape(), [2, 3]);
    /// ```
    pub fn shape(&self) -> &[usize] {
        if self.node.tag.shapeless {
            crate::transforms::compile::record_guard(self);
        }
        self.dims()
    }

    /// The type of the elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].dtype(), Dtype::I32);
    /// ```
    pub fn dtype(&self) -> Dtype {
        self.aval().dtype
    }

    /// Number of axes.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2]].ndim(), 2);
    /// ```
    pub fn ndim(&self) -> usize {
        self.aval().shape.len()
    }

    /// Number of elements; 1 for a 0-d array. Like [`Array::shape`], a guard in a shapeless trace.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].size(), 4);
    /// ```
    pub fn size(&self) -> usize {
        lazulite_base::shape::size(self.shape())
    }

    /// Bytes that the elements take.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 2.0].nbytes(), 8);
    /// ```
    pub fn nbytes(&self) -> usize {
        self.size() * self.dtype().size()
    }

    /// The stream that computes it.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0].stream(), Stream::default());
    /// ```
    pub fn stream(&self) -> Stream {
        self.node.stream
    }

    /// The source line that built it.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let y = array![1.0].exp();
    /// assert!(y.site().line() > 0);
    /// ```
    pub fn site(&self) -> &'static Location<'static> {
        self.node.site
    }

    /// Whether both are handles on one value, not just on equal ones.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![1.0];
    /// assert!(x.is(&x.clone()) && !x.is(&array![1.0]));
    /// ```
    pub fn is(&self, other: &Array) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }

    /// Whether the elements exist in memory (or are being computed).
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let y = array![1.0].exp();
    /// assert!(!y.is_ready());
    /// eval([&y]).unwrap();
    /// assert!(y.is_ready());
    /// ```
    pub fn is_ready(&self) -> bool {
        self.node.data().is_some()
    }

    /// The error for reading a value that an abstract trace does not have.
    pub(crate) fn abstract_error(&self, op: &str) -> Option<Error> {
        let tag = self.node.tag;
        if tag.tracer == 0 {
            return None;
        }
        let name = tag::transform_name(tag.tracer);
        let text = format!(
            "the value of {} (shape {:?}, {}), a tracer of `{name}`, was read; inside `{name}` arrays have no values, and outside it its \
             tracers have escaped. Return the array from the function instead",
            self.node.name(),
            self.dims(),
            self.dtype()
        );
        Some(Error::new(ErrorKind::Tracer, op, text).at(self.node.site))
    }

    /// Evaluates and returns the data.
    pub(crate) fn data(&self) -> Result<Data> {
        if let Some(d) = self.node.data() {
            return Ok(d);
        }
        crate::plan::eval::eval_all(&[self], true)?;
        self.node.data().ok_or_else(|| Error::runtime(self.node.name(), "was not computed").at(self.node.site))
    }

    /// The elements in row-major order; evaluates the array.
    ///
    /// # Errors
    /// A type error if `T` is not the array's dtype; what evaluation reports; a tracer error in `vmap` and `compile`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![[1, 2], [3, 4]].t().to_vec::<i32>().unwrap(), [1, 3, 2, 4]);
    /// ```
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if T::DTYPE != self.dtype() {
            return Err(Error::dtype("to_vec", format!("the array's dtype is {}, not {}", self.dtype(), T::DTYPE)));
        }
        let site = Location::caller();
        self.data().map_err(|e| at_reader(e, site))?.to_vec(self.dims())
    }

    /// The one element, converted to `T`; evaluates the array.
    ///
    /// # Errors
    /// A value error if there is not exactly one element; else as for [`Array::to_vec`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.5, 2.5].sum(..).item::<f32>().unwrap(), 4.0);
    /// ```
    #[track_caller]
    pub fn item<T: Element>(&self) -> Result<T> {
        Ok(T::from_scalar(self.item_scalar()?))
    }

    /// The one element as a [`Scalar`]; evaluates the array.
    ///
    /// # Errors
    /// As for [`Array::item`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![2.5].item_scalar().unwrap().as_f64(), 2.5);
    /// ```
    #[track_caller]
    pub fn item_scalar(&self) -> Result<Scalar> {
        if self.aval().size() != 1 {
            return Err(Error::value("item", format!("needs an array of one element, not one of shape {:?}", self.dims())));
        }
        Ok(self.host()?.scalar(0))
    }
}

/// The error of a read, pointing at the reader if the failing op is not known better.
fn at_reader(e: Error, site: &'static Location<'static>) -> Error {
    if e.site().is_some() { e } else { e.at(site) }
}

impl Clone for Array {
    #[inline]
    fn clone(&self) -> Array {
        Array::from_edge(self.edge())
    }
}

impl Drop for Array {
    #[inline]
    fn drop(&mut self) {
        self.node.held.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An array of existing data.
#[track_caller]
pub(crate) fn leaf(data: Data, aval: Aval) -> Array {
    let node = Node::new(Prim::Leaf, Operands::new(), smallvec![aval], Stream::current(), Location::caller(), Tag::default(), Some(data));
    Array::from_edge(node)
}

fn joined_tag(inputs: &[Operand]) -> Tag {
    inputs.iter().fold(Tag::default(), |t, o| match o {
        Operand::Edge(e) => t.join(e.tag),
        Operand::Scalar(_) => t,
    })
}

thread_local! {
    static SITE: std::cell::Cell<Option<&'static Location<'static>>> = const { std::cell::Cell::new(None) };
}

/// Runs a rule for an op built at `site`: the nodes it makes point there, and run on the op's stream.
pub(crate) fn at_site<T>(site: &'static Location<'static>, stream: Stream, rule: impl FnOnce() -> T) -> T {
    struct Restore(Option<&'static Location<'static>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SITE.set(self.0);
        }
    }
    let _restore = Restore(SITE.replace(Some(site)));
    crate::runtime::stream::with_stream(stream, rule)
}

/// A node with one output.
#[inline]
#[track_caller]
pub(crate) fn node(prim: Prim, inputs: Operands, aval: Aval) -> Array {
    let tag = joined_tag(&inputs);
    node_at(prim, inputs, aval, tag, SITE.get().unwrap_or(Location::caller()))
}

/// A node with one output, of a given tag and site.
pub(crate) fn node_at(prim: Prim, inputs: Operands, aval: Aval, tag: Tag, site: &'static Location<'static>) -> Array {
    count(|c| c.nodes += 1);
    let node = Node::new(prim, inputs, smallvec![aval], Stream::current(), site, tag, None);
    Array::from_edge(node)
}

/// The values of an application, each a handle on a node; with several, who holds one holds nothing of the others.
pub(crate) fn node_many(prim: Prim, inputs: Operands, avals: Avals, site: &'static Location<'static>) -> Vec<Array> {
    many(prim, inputs, avals, site, Stream::current(), &[])
}

/// [`node_many`], of what computes the values of `others` on the way.
pub(crate) fn node_beside(prim: Prim, inputs: Operands, avals: Avals, site: &'static Location<'static>, others: &[Array]) -> Vec<Array> {
    many(prim, inputs, avals, site, Stream::current(), others)
}

fn many(prim: Prim, inputs: Operands, avals: Avals, site: &'static Location<'static>, stream: Stream, others: &[Array]) -> Vec<Array> {
    count(|c| c.nodes += 1);
    let tag = joined_tag(&inputs);
    let node = Node::new(prim, inputs, avals, stream, site, tag, None);
    let outputs = node.outputs();
    if !others.is_empty() {
        node.computes(others);
    }
    outputs.into_iter().map(Array::from_edge).collect()
}

/// Applies a primitive to values: infers the outputs' shapes and makes the node.
#[track_caller]
pub(crate) fn apply(prim: impl crate::primitive::Primitive, inputs: &[&Array]) -> Result<Array> {
    let avals: SmallVec<[Aval; 4]> = inputs.iter().map(|a| a.aval().clone()).collect();
    let mut outs = crate::ops::at_caller(crate::ops::outputs(&prim, &avals))?;
    let operands = inputs.iter().map(|a| Operand::Edge(a.edge())).collect();
    Ok(node(Prim::new(prim), operands, outs.pop().expect("one output")))
}

/// Applies a primitive of several outputs.
#[track_caller]
pub(crate) fn apply_many(prim: impl crate::primitive::Primitive, inputs: &[&Array]) -> Result<Vec<Array>> {
    let avals: SmallVec<[Aval; 4]> = inputs.iter().map(|a| a.aval().clone()).collect();
    let outs = crate::ops::at_caller(crate::ops::outputs(&prim, &avals))?;
    let operands = inputs.iter().map(|a| Operand::Edge(a.edge())).collect();
    Ok(node_many(Prim::new(prim), operands, outs, SITE.get().unwrap_or(Location::caller())))
}

/// Applies any primitive to values, for replaying programs; a node of the given site and stream.
pub(crate) fn replay(prim: &Prim, inputs: &[Val], avals: Avals, site: &'static Location<'static>, stream: Stream) -> Vec<Array> {
    let operands: Operands = inputs.iter().map(Val::operand).collect();
    many(prim.clone(), operands, avals, site, stream, &[])
}
