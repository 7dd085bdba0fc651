//! What roles, departments, teams and keys have in common: how they are changed, and what can be wrong with a change.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_audit::{Action, Event};
use signalsync_core::{Clock, DepartmentId, KeyId, Lacking, RoleName, TeamId, TenantScope, UserId};
use signalsync_store::{
    CommitError, Done, Key, RequestKey, Reused, StoreError, Stores, Table, Transaction, Unexpected, row,
};

/// Bytes of a name that people read.
pub const NAME_BYTES_MAX: usize = 100;

/// A change of structure did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StructureError {
    /// The tenant has no role with this name.
    #[error("there is no role `{0}`")]
    NoSuchRole(RoleName),
    /// The tenant has no such department.
    #[error("there is no department `{0}`")]
    NoSuchDepartment(DepartmentId),
    /// The tenant has no such team.
    #[error("there is no team `{0}`")]
    NoSuchTeam(TeamId),
    /// The tenant has no such person.
    #[error("there is no person `{0}`")]
    NoSuchPerson(UserId),
    /// The tenant has no such key.
    #[error("there is no key `{0}`")]
    NoSuchKey(KeyId),
    /// What is asked for breaks a rule; the text is the rule.
    #[error("{0}")]
    Invalid(String),
    /// The role is a part of the platform.
    #[error("`{0}` is a role of the platform; it cannot be changed or deleted. Define a role of your own instead")]
    SystemRole(RoleName),
    /// Somebody has the role.
    #[error("`{role}` is in use by `{holder}` and perhaps others; take it from all of them first")]
    RoleInUse {
        /// Which role.
        role: RoleName,
        /// One of those who have it: a person's or a key's id.
        holder: String,
    },
    /// There would be more rights than the caller has.
    #[error("you do not have {0} yourself, so you can neither give it nor take it away")]
    NotYours(Lacking),
    /// Nobody could administrate the tenant any more.
    #[error("nobody would be left who can administrate; make somebody else an administrator first")]
    LastAdministrator,
    /// Another department, on the same level, or another team has the name.
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    /// A department would be below itself.
    #[error("a department cannot be moved below itself")]
    Cycle,
    /// There are departments below it.
    #[error("there are departments below it; move or delete them first")]
    HasDepartments,
    /// There are people in it.
    #[error("there are people in it; say with `move-to` which department they go to")]
    HasPeople,
    /// There are as many as there may be.
    #[error("there may be {limit} {what}; delete one first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: usize,
    },
    /// What is changed is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Reused(#[from] Reused),
    /// Others changed the same at the same time, again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for StructureError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<Lacking> for StructureError {
    fn from(lacking: Lacking) -> Self {
        Self::NotYours(lacking)
    }
}

/// A tenant's store and the time: what every change of structure needs.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) stores: Arc<Stores>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Desk {
    pub(crate) async fn begin(&self, scope: &TenantScope) -> Result<Transaction, StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }

    /// Runs an edit until it commits, a few times; a request that is repeated has its effect once.
    pub(crate) async fn edit<T: Serialize + DeserializeOwned>(
        &self,
        scope: &TenantScope,
        request: Option<&RequestKey>,
        edit: impl Fn(&mut Transaction) -> Result<T, StructureError>,
    ) -> Result<Done<T>, StructureError> {
        self.stores.tenant(scope).await?.once(request, self.clock.now(), edit).await
    }
}

/// Says that what roles mean has changed: every caller's rights are worked out anew.
pub(crate) fn touch(tx: &mut Transaction) -> Result<(), StoreError> {
    write(tx, mark(), &())
}

/// Which state of roles and departments this is.
pub(crate) fn state(tx: &mut Transaction) -> Result<u64, StoreError> {
    Ok(tx.get(&mark())?.map_or(0, |row| row.version))
}

fn mark() -> Key {
    Key::new(Table::Roles, &["mark"])
}

/// What the audit says about something that is made or changed.
pub(crate) fn changed<T: Serialize>(
    action: Action,
    subject: String,
    before: Option<&T>,
    after: &T,
) -> Result<Event, StoreError> {
    let event = Event::new(action, subject).after(after)?;
    match before {
        Some(before) => event.before(before),
        None => Ok(event),
    }
}

/// Something that is there, with its version: that of the row that was written last of those that make it up.
pub(crate) fn versioned<T>(tx: &mut Transaction, thing: T, rows: &[Key]) -> Result<(T, u64), StoreError> {
    Ok((thing, tx.version(rows)?.unwrap_or_default()))
}

pub(crate) fn read<T: DeserializeOwned>(tx: &mut Transaction, key: &Key) -> Result<Option<T>, StoreError> {
    tx.get(key)?.map(|found| row::read(&found.body)).transpose()
}

pub(crate) fn write<T: Serialize + ?Sized>(tx: &mut Transaction, key: Key, value: &T) -> Result<(), StoreError> {
    tx.put(key, row::write(value)?);
    Ok(())
}

/// A name that people read.
pub(crate) fn check_name(what: &str, name: &str) -> Result<(), StructureError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.trim() == name && !name.chars().any(char::is_control);
    let rule = || {
        StructureError::Invalid(format!(
            "{what} is 1 to {NAME_BYTES_MAX} bytes without control characters, not beginning or ending in a space"
        ))
    };
    if fits { Ok(()) } else { Err(rule()) }
}
