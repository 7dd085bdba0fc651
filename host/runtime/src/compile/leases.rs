//! Who is busy with a component, so that its bytes go away when nobody wanted them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use signalsync_core::Digest;

use crate::images::Images;

/// Admissions under way.
#[derive(Debug)]
pub(crate) struct Leases {
    images: Arc<Images>,
    open: Mutex<HashMap<Digest, State>>,
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
        Arc::new(Self { images, open: Mutex::default() })
    }

    /// Begins one.
    pub(crate) fn begin(self: &Arc<Self>, digest: Digest) -> Lease {
        self.open.lock().entry(digest).or_default().holders += 1;
        Lease { leases: Arc::clone(self), digest }
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
        if let Some(state) = self.leases.open.lock().get_mut(&self.digest) {
            change(state);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut open = self.leases.open.lock();
        let Some(state) = open.get_mut(&self.digest) else { return };
        state.holders -= 1;
        if state.holders > 0 {
            return;
        }
        // Under the lock: the next admission of the same bytes must find them gone or stored, not half gone.
        if state.fresh && !state.wanted {
            self.leases.images.remove(self.digest);
        }
        open.remove(&self.digest);
    }
}
