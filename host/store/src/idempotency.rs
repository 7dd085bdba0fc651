//! A request that is sent twice has its effect once.
//!
//! The answer is remembered in the commit that has the effect. The `Idempotency-Key` header names the
//! request (draft-ietf-httpapi-idempotency-key-header); a fingerprint tells it from another one with the same name.

use std::future::ready;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_core::Timestamp;

use crate::error::{CommitError, StoreError};
use crate::key::{Key, Table, Versioned};
use crate::row;
use crate::store::Store;
use crate::transaction::Transaction;

/// Bytes of the name of a request.
pub(crate) const REQUEST_KEY_BYTES_MAX: usize = 200;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Rows of days gone by that each remembered request removes.
const SWEPT_PER_REQUEST: usize = 4;

/// The name of a request, and what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    name: String,
    fingerprint: blake3::Hash,
}

/// The header's value is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is 1 to {REQUEST_KEY_BYTES_MAX} visible ASCII characters")]
pub struct InvalidRequestKey;

/// The name belongs to a request that asked something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this idempotency key was used for another request")]
pub struct Reused;

impl RequestKey {
    /// The name of a request for `asked`: the operation and everything that it depends on.
    ///
    /// # Errors
    /// The name is empty, too long or not visible ASCII.
    pub fn new<'a>(name: &str, asked: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, InvalidRequestKey> {
        if name.is_empty() || name.len() > REQUEST_KEY_BYTES_MAX || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidRequestKey);
        }
        let mut hasher = blake3::Hasher::new();
        for part in asked {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Ok(Self { name: name.to_owned(), fingerprint: hasher.finalize() })
    }

    /// The name as this asker uses it: another one's request of the same name is another request.
    #[must_use]
    pub fn of(self, asker: &str) -> Self {
        Self { name: format!("{asker}/{}", self.name), ..self }
    }
}

/// What a request had done, now or the first time that it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done<T> {
    pub value: T,
    /// That of the commit with the effect.
    pub version: u64,
    /// Whether it was done before, and nothing now.
    pub before: bool,
}

impl Store {
    /// Like [`Store::transact`], and a request with a name has its effect once: when it comes again within a day, it
    /// gets what it got the first time.
    ///
    /// # Errors
    /// Those of the edit; `Reused`, `Conflict`, or the store failed.
    pub async fn once<T, E>(
        &self,
        request: Option<&RequestKey>,
        now: Timestamp,
        edit: impl Fn(&mut Transaction) -> Result<T, E>,
    ) -> Result<Done<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<CommitError> + From<StoreError> + From<Reused>,
    {
        self.once_async(request, now, |mut tx| ready(edit(&mut tx).map(|value| (tx, value)))).await
    }

    /// Like [`Store::once`], for work that waits: it takes the transaction, and gives it back to be committed.
    ///
    /// # Errors
    /// Those of the work; `Reused`, `Conflict`, or the store failed.
    pub async fn once_async<T, E, W>(
        &self,
        request: Option<&RequestKey>,
        now: Timestamp,
        work: impl Fn(Transaction) -> W,
    ) -> Result<Done<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<CommitError> + From<StoreError> + From<Reused>,
        W: Future<Output = Result<(Transaction, T), E>>,
    {
        let work = &work;
        let attempt = |mut tx: Transaction| async move {
            let Some(request) = request else { return work(tx).await.map(|(tx, value)| (tx, (value, None))) };
            if let Some(row) = tx.recall(request, now)?? {
                return Ok((tx, (row::read(&row.body)?, Some(row.version))));
            }
            let (mut tx, value) = work(tx).await?;
            tx.remember(request, now, &row::write(&value)?)?;
            Ok((tx, (value, None)))
        };
        let ((value, before), committed) = self.transact_async(attempt).await?;
        Ok(Done { value, version: before.unwrap_or(committed.version), before: before.is_some() })
    }
}

impl Transaction {
    /// The answer that was remembered today or yesterday, or tomorrow, where the clock was set back since; its version is
    /// that of the commit with the effect.
    ///
    /// # Errors
    /// The store cannot be read. Inside: the name was used for something else.
    fn recall(
        &mut self,
        request: &RequestKey,
        now: Timestamp,
    ) -> Result<Result<Option<Versioned>, Reused>, StoreError> {
        for at in [now.0, now.0.saturating_sub(DAY_MS), now.0.saturating_add(DAY_MS)] {
            let day = day(Timestamp(at));
            let Some(row) = self.get(&Key::new(Table::Idempotency, &[&day, &request.name]))? else { continue };
            let (fingerprint, answer) = row
                .body
                .split_at_checked(blake3::OUT_LEN)
                .ok_or_else(|| StoreError::Corrupt("a remembered answer is too short".to_owned()))?;
            if fingerprint != request.fingerprint.as_bytes() {
                return Ok(Err(Reused));
            }
            return Ok(Ok(Some(Versioned { version: row.version, body: row.body.slice_ref(answer) })));
        }
        Ok(Ok(None))
    }

    /// Remembers the answer for at least a day.
    ///
    /// # Errors
    /// The store cannot be read.
    fn remember(&mut self, request: &RequestKey, now: Timestamp, answer: &[u8]) -> Result<(), StoreError> {
        let yesterday = day(Timestamp(now.0.saturating_sub(DAY_MS)));
        self.sweep_before(Table::Idempotency, &yesterday, SWEPT_PER_REQUEST)?;
        let row = [request.fingerprint.as_bytes().as_slice(), answer].concat();
        self.put(Key::new(Table::Idempotency, &[&day(now), &request.name]), Bytes::from(row));
        Ok(())
    }
}

/// Days have names of one length, so that they are in the order of time.
fn day(at: Timestamp) -> String {
    format!("{:06}", at.0 / DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str, asked: &str) -> RequestKey {
        RequestKey::new(name, [asked.as_bytes()]).expect("a legal name")
    }

    #[test]
    fn an_answer_is_recalled_for_a_day_and_only_for_the_same_request() {
        let mut tx = Transaction::detached();
        let noon = Timestamp(1_000 * DAY_MS + DAY_MS / 2);
        tx.remember(&request("a", "x"), noon, b"answer").expect("memory does not fail");
        let mut recall = |name, asked, at| {
            let found = tx.recall(&request(name, asked), Timestamp(at)).expect("memory does not fail");
            found.map(|answer| answer.map(|row| row.body.to_vec()))
        };
        assert_eq!(recall("a", "x", noon.0 + DAY_MS), Ok(Some(b"answer".to_vec())));
        assert_eq!(recall("a", "y", noon.0), Err(Reused));
        assert_eq!(recall("b", "x", noon.0), Ok(None));
        assert_eq!(recall("a", "x", noon.0 + 2 * DAY_MS), Ok(None));
        assert_eq!(recall("a", "x", noon.0 - DAY_MS), Ok(Some(b"answer".to_vec())), "the clock was set back");
    }

    #[test]
    fn names_are_bounded() {
        assert!(RequestKey::new("", []).is_err());
        assert!(RequestKey::new("a b", []).is_err());
        assert!(RequestKey::new(&"x".repeat(REQUEST_KEY_BYTES_MAX), []).is_ok());
        assert!(RequestKey::new(&"x".repeat(REQUEST_KEY_BYTES_MAX + 1), []).is_err());
    }
}
