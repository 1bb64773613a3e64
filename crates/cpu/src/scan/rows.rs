//! Rows of scans in memory.

/// Where the elements of one row lie: x, the factors and the output, with their steps in elements.
pub struct Row<T> {
    pub x: *const T,
    pub factors: *const T,
    pub out: *mut T,
    pub step: [isize; 3],
}

impl<T> Clone for Row<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Row<T> {}

impl<T> Row<T> {
    /// The row from element `i` on.
    ///
    /// # Safety
    /// The row has that element.
    #[inline(always)]
    pub unsafe fn from(self, i: usize) -> Self {
        let i = i as isize;
        // SAFETY: the caller's promise.
        unsafe {
            Row {
                x: self.x.offset(i * self.step[0]),
                factors: self.factors.offset(i * self.step[1]),
                out: self.out.offset(i * self.step[2]),
                ..self
            }
        }
    }
}

/// A row that threads share.
pub struct Shared<T>(Row<T>);

// SAFETY: threads read different pieces, or write them.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub fn new(row: Row<T>) -> Shared<T> {
        Shared(row)
    }

    pub fn get(&self) -> Row<T> {
        self.0
    }
}
