//! Who is away, and who stands in for them. A deputy who is away has no deputy for others: it does not cascade.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{Clock, TenantScope, Timestamp, UserId};
use signalsync_people::circle;
use signalsync_store::{Key, StoreError, Stores, Table, Transaction};

use crate::error::WorkflowError;
use crate::rows::{damaged, read, write};

/// People whom one person stands in for at the same time.
const REPRESENTED_MAX: usize = 50;

pub(crate) const PERSON: &str = "person";
const DEPUTY: &str = "deputy";

/// When somebody is away, and who does their tasks meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Absence {
    pub from: Timestamp,
    /// Not any more then.
    pub until: Timestamp,
    pub deputy: UserId,
}

/// The absences of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Absences {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Absences {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// When the caller is away.
    ///
    /// # Errors
    /// `PersonNeeded`, `NotFound` when they are not, or the store failed.
    pub async fn get(&self, scope: &TenantScope) -> Result<Absence, WorkflowError> {
        let me = person(scope)?;
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        read(&mut tx, &key(me))?.ok_or(WorkflowError::NotFound)
    }

    /// The caller is away from now on, or is not any more.
    ///
    /// # Errors
    /// `PersonNeeded`, `Invalid`, `NoSuchPerson`, `TooMany`, `Conflict`, or the store failed.
    pub async fn set(&self, scope: &TenantScope, absence: Option<&Absence>) -> Result<(), WorkflowError> {
        let (me, now) = (person(scope)?, self.clock.now());
        if let Some(absence) = absence {
            check(absence, me, now)?;
        }
        self.stores.tenant(scope).await?.transact(|tx| put(tx, me, absence)).await
    }
}

/// Takes an absence that comes from another tenant, where it may be over, and the deputy gone.
pub(crate) fn bring(tx: &mut Transaction, user: UserId, absence: &Absence) -> Result<(), WorkflowError> {
    check(absence, user, Timestamp(0))?;
    check_room(tx, absence.deputy)?;
    tx.put(deputy_key(absence.deputy, user), "");
    Ok(write(tx, key(user), absence)?)
}

fn check(absence: &Absence, me: UserId, now: Timestamp) -> Result<(), WorkflowError> {
    let rule = match absence {
        Absence { deputy, .. } if *deputy == me => "nobody stands in for themselves",
        Absence { from, until, .. } if until <= from || *until <= now => {
            "`until` lies behind `from`, and in the future"
        }
        Absence { .. } => return Ok(()),
    };
    Err(WorkflowError::Invalid(rule.to_owned()))
}

fn put(tx: &mut Transaction, me: UserId, absence: Option<&Absence>) -> Result<(), WorkflowError> {
    if let Some(before) = read::<Absence>(tx, &key(me))? {
        tx.delete(&deputy_key(before.deputy, me))?;
        tx.delete(&key(me))?;
    }
    let Some(absence) = absence else { return Ok(()) };
    if !circle::is_active(tx, absence.deputy)? {
        return Err(WorkflowError::NoSuchPerson(absence.deputy));
    }
    check_room(tx, absence.deputy)?;
    tx.put(deputy_key(absence.deputy, me), "");
    Ok(write(tx, key(me), absence)?)
}

fn check_room(tx: &mut Transaction, deputy: UserId) -> Result<(), WorkflowError> {
    match absent(tx, deputy)?.len() >= REPRESENTED_MAX {
        true => Err(WorkflowError::TooMany { what: "people whom one stands in for", limit: REPRESENTED_MAX }),
        false => Ok(()),
    }
}

/// Those who have named somebody as their deputy.
fn absent(tx: &mut Transaction, deputy: UserId) -> Result<Vec<UserId>, StoreError> {
    let page = tx.scan(Table::Absences, &[DEPUTY, &deputy.to_string()], "", None, REPRESENTED_MAX, usize::MAX)?;
    page.entries.iter().map(|(id, _)| id.parse().map_err(|_| damaged("a deputy's row"))).collect()
}

/// Those whom somebody stands in for at this time.
pub(crate) fn represented(tx: &mut Transaction, deputy: UserId, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
    let mut found = Vec::new();
    for user in absent(tx, deputy)? {
        let absence = read::<Absence>(tx, &key(user))?;
        if absence.is_some_and(|absence| absence.from <= now && now < absence.until) {
            found.push(user);
        }
    }
    Ok(found)
}

/// The person who asks.
pub(crate) fn person(scope: &TenantScope) -> Result<UserId, WorkflowError> {
    scope.caller().rights.person().user.ok_or(WorkflowError::PersonNeeded)
}

fn key(user: UserId) -> Key {
    Key::new(Table::Absences, &[PERSON, &user.to_string()])
}

fn deputy_key(deputy: UserId, user: UserId) -> Key {
    Key::new(Table::Absences, &[DEPUTY, &deputy.to_string(), &user.to_string()])
}
