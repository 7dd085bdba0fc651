//! Links that are mailed: each works once, for a while, and only the newest of its kind.

use serde::{Deserialize, Serialize};
use signalsync_core::{Timestamp, UserId};
use signalsync_store::{Key, StoreError, Table, Transaction};

use crate::access::{self, Access};
use crate::error::PeopleError;
use crate::secret::{Secret, SecretHash};
use crate::structure::{read, write};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// To become a person of the tenant.
    Invitation,
    /// To set a new password without the old one.
    Reset,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Link {
    person: UserId,
    kind: LinkKind,
    made_at: Timestamp,
    expires_at: Timestamp,
}

/// Makes a link. Those of its kind that were mailed before do not work any more.
///
/// # Errors
/// No random bytes, or the store failed.
pub(crate) fn issue(
    tx: &mut Transaction,
    person: UserId,
    kind: LinkKind,
    now: Timestamp,
    life_ms: u64,
) -> Result<Secret, PeopleError> {
    let secret = Secret::random()?;
    let mut access = access::of(tx, person)?;
    if let Some(older) = access.links.insert(kind, secret.hash()) {
        tx.delete(&key(&older))?;
    }
    access::put(tx, person, &access)?;
    let expires_at = Timestamp(now.0.saturating_add(life_ms));
    write(tx, key(&secret.hash()), &Link { person, kind, made_at: now, expires_at })?;
    Ok(secret)
}

/// Whose link it is, if it can be followed.
///
/// # Errors
/// `LinkInvalid`, or the store failed.
pub(crate) fn follow(
    tx: &mut Transaction,
    secret: &Secret,
    kind: LinkKind,
    now: Timestamp,
) -> Result<UserId, PeopleError> {
    // The row is found by the hash of a secret that cannot be guessed: how long it takes tells nothing of use.
    let link: Option<Link> = read(tx, &key(&secret.hash()))?;
    let valid = link.filter(|link| link.kind == kind && now < link.expires_at);
    valid.map(|link| link.person).ok_or(PeopleError::LinkInvalid)
}

/// When the person's link of a kind was made, if there is one that was neither followed nor revoked.
pub(crate) fn made_at(tx: &mut Transaction, access: &Access, kind: LinkKind) -> Result<Option<Timestamp>, StoreError> {
    let Some(hash) = access.links.get(&kind) else { return Ok(None) };
    Ok(read::<Link>(tx, &key(hash))?.map(|link| link.made_at))
}

/// Makes all links of a person worthless, those that were just followed too. The caller writes `access`.
pub(crate) fn revoke(tx: &mut Transaction, access: &mut Access) -> Result<(), StoreError> {
    for hash in std::mem::take(&mut access.links).values() {
        tx.delete(&key(hash))?;
    }
    Ok(())
}

fn key(hash: &SecretHash) -> Key {
    Key::new(Table::Links, &[&hash.part()])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);

    #[test]
    fn a_link_works_until_it_expires_for_its_kind_and_only_the_newest() {
        let (mut tx, person) = (Transaction::detached(), UserId::new());
        let old = issue(&mut tx, person, LinkKind::Reset, NOW, 100).unwrap();
        let new = issue(&mut tx, person, LinkKind::Reset, NOW, 100).unwrap();
        let other = issue(&mut tx, person, LinkKind::Invitation, NOW, 100).unwrap();
        let mut follow = |secret, at| follow(&mut tx, secret, LinkKind::Reset, Timestamp(at)).ok();
        assert_eq!(follow(&new, 1_099), Some(person));
        assert_eq!(follow(&new, 1_100), None, "it expires");
        assert_eq!(follow(&old, 1_000), None, "it was replaced");
        assert_eq!(follow(&other, 1_000), None, "it is for something else");
        let mut access = access::of(&mut tx, person).unwrap();
        revoke(&mut tx, &mut access).unwrap();
        assert!(super::follow(&mut tx, &new, LinkKind::Reset, NOW).is_err() && access.links.is_empty());
    }
}
