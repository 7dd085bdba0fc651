//! On what terms something is changed: which request it is, and in which state the thing has to be.

use crate::error::StoreError;
use crate::idempotency::RequestKey;
use crate::key::Key;
use crate::precondition::{Precondition, Unexpected};
use crate::transaction::Transaction;

/// What a caller says about a change besides what it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// The request's own name: one that is repeated has its effect once.
    pub request: Option<&'a RequestKey>,
    /// What the caller expects of the thing that is changed.
    pub precondition: Precondition,
}

impl Terms<'_> {
    /// Whether the thing that these rows make up is as the caller expects.
    ///
    /// # Errors
    /// `Unexpected` when it is not; or the store cannot be read.
    pub fn check<E: From<StoreError> + From<Unexpected>>(&self, tx: &mut Transaction, rows: &[Key]) -> Result<(), E> {
        if self.precondition == Precondition::None {
            return Ok(());
        }
        Ok(self.precondition.check(tx.version(rows)?)?)
    }
}

impl Transaction {
    /// The version of a thing that some rows make up: that of the row that was written last; none when the first one,
    /// which is the thing itself, is not there. Ask before the transaction writes any of them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn version(&mut self, rows: &[Key]) -> Result<Option<u64>, StoreError> {
        let mut newest = None;
        for (at, row) in rows.iter().enumerate() {
            match self.get(row)? {
                None if at == 0 => return Ok(None),
                found => newest = newest.max(found.map(|found| found.version)),
            }
        }
        Ok(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Table;

    #[test]
    fn a_thing_is_there_when_its_first_row_is() {
        let mut tx = Transaction::detached();
        let [first, second] = ["a", "b"].map(|name| Key::new(Table::Roles, &[name]));
        tx.put(second.clone(), "");
        let rows = [first.clone(), second];
        let version = |tx: &mut Transaction| tx.version(&rows).expect("memory does not fail");
        assert_eq!(version(&mut tx), None);
        tx.put(first, "");
        assert_eq!(version(&mut tx), Some(0), "a write of its own has no version yet");
    }
}
