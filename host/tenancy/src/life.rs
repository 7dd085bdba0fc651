//! In which states a tenant can be, and how one follows another: pure decisions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::Timestamp;

use crate::error::TenancyError;

/// Bytes of a reason.
pub const REASON_BYTES_MAX: usize = 500;

/// How it stands with a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Life {
    /// Everybody does what they may.
    #[default]
    Active,
    /// Everybody sees what they may, and nobody changes anything. Work waits.
    ReadOnly {
        /// For the tenant's people.
        reason: String,
    },
    /// Nobody comes in. Everything is kept, and work waits.
    Suspended {
        /// For the tenant's people.
        reason: String,
    },
    /// Nobody comes in, and at the end of the grace everything is destroyed.
    Deleted {
        /// For the tenant's people.
        reason: String,
        /// When it was deleted.
        deleted_at: Timestamp,
        /// When the grace ends; until then it can be restored.
        destroyed_after: Timestamp,
    },
}

/// A state that an operator can put a tenant into and out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// As usual.
    Active,
    /// Nothing is changed.
    ReadOnly,
    /// Nobody comes in.
    Suspended,
}

impl Life {
    /// The state that an operator wants, with the reason for the tenant's people.
    ///
    /// # Errors
    /// `WrongState` for a tenant that is deleted; `InvalidReason`.
    pub fn changed(&self, wanted: Wanted, reason: Option<&str>) -> Result<Self, TenancyError> {
        if let Self::Deleted { .. } = self {
            return Err(TenancyError::WrongState("the tenant is deleted; restore it first"));
        }
        Ok(match wanted {
            Wanted::Active if reason.is_some() => return Err(TenancyError::InvalidReason("an active tenant has none")),
            Wanted::Active => Self::Active,
            Wanted::ReadOnly => Self::ReadOnly { reason: checked(reason)? },
            Wanted::Suspended => Self::Suspended { reason: checked(reason)? },
        })
    }

    /// Deleted, with a grace in which it can come back.
    ///
    /// # Errors
    /// `WrongState` for a tenant that is deleted; `InvalidReason`.
    pub fn delete(&self, reason: Option<&str>, now: Timestamp, grace_ms: u64) -> Result<Self, TenancyError> {
        if let Self::Deleted { .. } = self {
            return Err(TenancyError::WrongState("the tenant is deleted already"));
        }
        let destroyed_after = Timestamp(now.0.saturating_add(grace_ms));
        Ok(Self::Deleted { reason: checked(reason)?, deleted_at: now, destroyed_after })
    }

    /// As if it had not been deleted; active, whatever it was before.
    ///
    /// # Errors
    /// `WrongState` for a tenant that is not deleted, or whose grace is over.
    pub fn restore(&self, now: Timestamp) -> Result<Self, TenancyError> {
        match self {
            Self::Deleted { .. } if self.is_to_be_destroyed(now) => {
                Err(TenancyError::WrongState("the grace is over, and the tenant is being destroyed"))
            }
            Self::Deleted { .. } => Ok(Self::Active),
            Self::Active | Self::ReadOnly { .. } | Self::Suspended { .. } => {
                Err(TenancyError::WrongState("the tenant is not deleted"))
            }
        }
    }

    /// When it is to be destroyed, if it is.
    pub(crate) fn destroyed_after(&self) -> Option<Timestamp> {
        match self {
            Self::Deleted { destroyed_after, .. } => Some(*destroyed_after),
            Self::Active | Self::ReadOnly { .. } | Self::Suspended { .. } => None,
        }
    }

    /// Whether its grace is over.
    pub fn is_to_be_destroyed(&self, now: Timestamp) -> bool {
        matches!(self, Self::Deleted { destroyed_after, .. } if *destroyed_after <= now)
    }

    /// Whether somebody who may change something can do it now.
    pub fn is_active(&self) -> bool {
        *self == Self::Active
    }
}

fn checked(reason: Option<&str>) -> Result<String, TenancyError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason.ok_or(TenancyError::InvalidReason("say why: the tenant's people read it"))?;
    if reason.len() > REASON_BYTES_MAX || reason.chars().any(char::is_control) {
        return Err(TenancyError::InvalidReason("a reason is one line of at most 500 bytes"));
    }
    Ok(reason.to_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn a_deleted_tenant_comes_back_within_its_grace_and_not_later() {
        let deleted = Life::Active.delete(Some("they left"), Timestamp(DAY), 30 * DAY).unwrap();
        assert!(!deleted.is_to_be_destroyed(Timestamp(31 * DAY - 1)));
        assert_eq!(deleted.restore(Timestamp(31 * DAY - 1)).unwrap(), Life::Active);
        assert!(deleted.is_to_be_destroyed(Timestamp(31 * DAY)));
        assert!(deleted.restore(Timestamp(31 * DAY)).is_err());
        assert!(deleted.delete(Some("again"), Timestamp(0), DAY).is_err());
        assert!(deleted.changed(Wanted::Active, None).is_err(), "there is one way back");
    }

    #[test]
    fn whoever_is_kept_out_is_told_why() {
        for wanted in [Wanted::ReadOnly, Wanted::Suspended] {
            assert!(Life::Active.changed(wanted, None).is_err());
            assert!(Life::Active.changed(wanted, Some("  ")).is_err());
            assert!(Life::Active.changed(wanted, Some("two\nlines")).is_err());
            assert!(Life::Active.changed(wanted, Some(&"x".repeat(REASON_BYTES_MAX + 1))).is_err());
            let kept_out = Life::Active.changed(wanted, Some("unpaid since March")).unwrap();
            assert!(!kept_out.is_active() && kept_out.restore(Timestamp(0)).is_err());
            assert_eq!(kept_out.changed(Wanted::Active, None).unwrap(), Life::Active);
        }
    }
}
