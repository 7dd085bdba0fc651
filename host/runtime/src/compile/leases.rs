//! Who is busy with a component, so that its bytes go away when nobody wanted them, or wants them any more.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use signalsync_core::Digest;

use crate::images::Images;

/// Admissions under way, and components that perhaps nobody wants.
#[derive(Debug)]
pub(crate) struct Leases {
    images: Arc<Images>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    open: HashMap<Digest, State>,
    /// Nobody has admitted them, or been found to keep them, since they were doubted.
    doubted: BTreeSet<Digest>,
}

#[derive(Debug, Default)]
struct State {
    holders: usize,
    /// The bytes were not there before.
    fresh: bool,
    /// Somebody admitted it.
    wanted: bool,
}

/// One admission of one component. When the last one ends and none of them was successful, the bytes that they brought
/// are deleted.
#[derive(Debug)]
pub(crate) struct Lease {
    leases: Arc<Leases>,
    digest: Digest,
}

impl Leases {
    pub(crate) fn new(images: Arc<Images>) -> Arc<Self> {
        Arc::new(Self { images, book: Mutex::default() })
    }

    /// Begins one. Whoever admits a component wants it.
    pub(crate) fn begin(self: &Arc<Self>, digest: Digest) -> Lease {
        let mut book = self.book.lock();
        book.doubted.remove(&digest);
        book.open.entry(digest).or_default().holders += 1;
        Lease { leases: Arc::clone(self), digest }
    }

    /// Doubts these components and no others. Those that are being admitted are beyond doubt.
    pub(crate) fn doubt(&self, digests: BTreeSet<Digest>) {
        let mut book = self.book.lock();
        book.doubted = digests;
        let Book { open, doubted } = &mut *book;
        doubted.retain(|digest| !open.contains_key(digest));
    }

    /// Somebody keeps this component.
    pub(crate) fn vouch(&self, digest: Digest) {
        self.book.lock().doubted.remove(&digest);
    }

    /// Removes a component for which nobody has vouched; none when there are no more.
    pub(crate) fn remove_doubted(&self) -> Option<Digest> {
        let mut book = self.book.lock();
        let digest = book.doubted.pop_first()?;
        // Under the lock, as below.
        self.images.remove(digest);
        Some(digest)
    }
}

impl Lease {
    /// The bytes were stored for this admission.
    pub(crate) fn brought(&self) {
        self.note(|state| state.fresh = true);
    }

    /// The component was admitted: it stays.
    pub(crate) fn admitted(&self) {
        self.note(|state| state.wanted = true);
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        if let Some(state) = self.leases.book.lock().open.get_mut(&self.digest) {
            change(state);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut book = self.leases.book.lock();
        let Some(state) = book.open.get_mut(&self.digest) else { return };
        state.holders -= 1;
        if state.holders > 0 {
            return;
        }
        // Under the lock: the next admission of the same bytes must find them gone or stored, not half gone.
        if state.fresh && !state.wanted {
            self.leases.images.remove(self.digest);
        }
        book.open.remove(&self.digest);
    }
}
