//! What a person proves who they are with. Nothing of it is ever shown.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use signalsync_core::{Timestamp, UserId};
use signalsync_store::{Key, StoreError, Table, Transaction};

use crate::link::LinkKind;
use crate::policy::HISTORY_MAX;
use crate::secret::SecretHash;
use crate::structure::{read, write};
use crate::totp::{Factor, Pending};

/// Places from which a person signed in that are remembered.
const PLACES_MAX: usize = 8;

const ACCESS: &str = "access";

/// A person's ways in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Access {
    /// None before activation.
    #[serde(default)]
    pub(crate) password: Option<Stored>,
    /// Hashes of passwords before it, newest first.
    #[serde(default)]
    pub(crate) earlier: VecDeque<String>,
    /// The second factor.
    #[serde(default)]
    pub(crate) factor: Option<Factor>,
    /// A second factor that is being set up.
    #[serde(default)]
    pub(crate) pending: Option<Pending>,
    /// Where the person signed in from, newest first.
    #[serde(default)]
    pub(crate) places: VecDeque<String>,
    /// When the person signed in last.
    #[serde(default)]
    pub(crate) last_sign_in: Option<Timestamp>,
    /// Links that were mailed and can still be followed: at most one of each kind.
    #[serde(default)]
    pub(crate) links: BTreeMap<LinkKind, SecretHash>,
}

/// A password, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Stored {
    /// As a PHC string.
    pub(crate) hash: String,
    /// Since when.
    pub(crate) set_at: Timestamp,
}

impl Access {
    /// Puts a new password in the place of the old one.
    pub(crate) fn set_password(&mut self, hash: String, now: Timestamp) {
        if let Some(old) = self.password.replace(Stored { hash, set_at: now }) {
            self.earlier.push_front(old.hash);
            self.earlier.truncate(HISTORY_MAX as usize);
        }
    }

    /// Hashes of the newest `count` passwords, that of today first.
    pub(crate) fn passwords(&self, count: usize) -> Vec<String> {
        let today = self.password.iter().map(|stored| &stored.hash);
        today.chain(&self.earlier).take(count).cloned().collect()
    }

    /// Nothing proves the person any more. A password of before cannot be chosen again where the tenant forbids it.
    pub(crate) fn forget_proofs(&mut self) {
        if let Some(old) = self.password.take() {
            self.earlier.push_front(old.hash);
            self.earlier.truncate(HISTORY_MAX as usize);
        }
        (self.factor, self.pending) = (None, None);
        self.places.clear();
    }

    pub(crate) fn note_place(&mut self, place: String) {
        self.places.retain(|known| *known != place);
        self.places.push_front(place);
        self.places.truncate(PLACES_MAX);
    }
}

pub(crate) fn of(tx: &mut Transaction, person: UserId) -> Result<Access, StoreError> {
    Ok(read(tx, &key(person))?.unwrap_or_default())
}

pub(crate) fn put(tx: &mut Transaction, person: UserId, access: &Access) -> Result<(), StoreError> {
    write(tx, key(person), access)
}

pub(crate) fn remove(tx: &mut Transaction, person: UserId) -> Result<(), StoreError> {
    tx.delete(&key(person)).map(drop)
}

pub(crate) fn key(person: UserId) -> Key {
    Key::new(Table::People, &[ACCESS, &person.to_string()])
}
