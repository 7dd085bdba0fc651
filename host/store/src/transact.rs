//! Running an operation until its transaction commits.

use std::future::ready;

use crate::error::CommitError;
use crate::store::Store;
use crate::transaction::{Committed, Transaction};

/// How often an operation is run whose transaction conflicts with others.
const ATTEMPTS_MAX: u32 = 5;

impl Store {
    /// Edits rows in one transaction. When others changed what it read, the edit is run again on a new one, a few
    /// times; then it is a `Conflict`. An edit that fails leaves nothing.
    ///
    /// # Errors
    /// Those of the edit; `Conflict`, or the store failed.
    pub async fn transact<T, E: From<CommitError>>(
        &self,
        edit: impl Fn(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let work = |mut tx| ready(edit(&mut tx).map(|done| (tx, done)));
        self.transact_async(work).await.map(|(done, _)| done)
    }

    /// Like [`Store::transact`], for work that waits: it takes the transaction, and gives it back to be committed.
    ///
    /// # Errors
    /// Those of the work; `Conflict`, or the store failed.
    pub async fn transact_async<T, E: From<CommitError>, W>(
        &self,
        work: impl Fn(Transaction) -> W,
    ) -> Result<(T, Committed), E>
    where
        W: Future<Output = Result<(Transaction, T), E>>,
    {
        for _ in 0..ATTEMPTS_MAX {
            let tx = self.begin().await.map_err(CommitError::from)?;
            let (tx, done) = work(tx).await?;
            match tx.commit().await {
                Err(CommitError::Conflict) => {}
                result => return Ok((done, result?)),
            }
        }
        Err(CommitError::Conflict.into())
    }
}
