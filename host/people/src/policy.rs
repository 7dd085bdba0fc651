//! What a tenant demands of passwords and sessions. Every demand has its own limits, so that no tenant can make itself
//! unsafe, or unusable, by a slip.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{Caller, Timestamp, UserId};
use signalsync_store::{Precondition, StoreError, Transaction};

use crate::access;
use crate::error::PeopleError;
use crate::name::MailAddress;
use crate::setting::{self, set, setting};

/// Passwords before today's that a tenant can refuse. Each is compared by a slow hash.
pub(crate) const HISTORY_MAX: u32 = 10;

pub(crate) const NAME: &str = "sign-in";

/// What a tenant demands. What is left out of a document is as it is by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct SignInPolicy {
    /// Characters of a password at least: 8 to 64.
    pub password_length_min: u32,
    /// How many of lower case, upper case, digits and other characters must be in it: 0 to 4.
    pub password_classes_min: u32,
    /// How many of the newest passwords cannot be chosen again: 0 to 10.
    pub password_history: u32,
    /// After how many days a password must be changed: 0 (never) to 3,650.
    pub password_days_max: u32,
    /// Attempts that can fail before the next one has to wait: 3 to 20.
    pub attempts_free: u32,
    /// Failed attempts on one account after which a mail warns: 3 to 1,000.
    pub attempts_alert: u32,
    /// Whom the mail warns.
    pub alert_address: Option<MailAddress>,
    /// Whether people who have no second factor can do nothing but set one up.
    pub second_factor_required: bool,
    /// How long a session lasts without a request: 5 to 43,200 minutes.
    pub session_idle_minutes: u32,
    /// How long a session lasts at all: 1 to 2,160 hours.
    pub session_hours_max: u32,
    /// How long an invitation can be followed: 1 to 30 days.
    pub invitation_days: u32,
    /// How long a link for a new password can be followed: 10 to 1,440 minutes.
    pub reset_minutes: u32,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        Self {
            password_length_min: 12,
            password_classes_min: 0,
            password_history: 0,
            password_days_max: 0,
            attempts_free: 5,
            attempts_alert: 10,
            alert_address: None,
            second_factor_required: false,
            session_idle_minutes: 8 * 60,
            session_hours_max: 7 * 24,
            invitation_days: 7,
            reset_minutes: 60,
        }
    }
}

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

impl SignInPolicy {
    /// # Errors
    /// `Invalid` with the first limit that is not kept.
    pub(crate) fn check(&self) -> Result<(), PeopleError> {
        let limits = [
            ("password-length-min", self.password_length_min, 8, 64),
            ("password-classes-min", self.password_classes_min, 0, 4),
            ("password-history", self.password_history, 0, HISTORY_MAX),
            ("password-days-max", self.password_days_max, 0, 3_650),
            ("attempts-free", self.attempts_free, 3, 20),
            ("attempts-alert", self.attempts_alert, 3, 1_000),
            ("session-idle-minutes", self.session_idle_minutes, 5, 43_200),
            ("session-hours-max", self.session_hours_max, 1, 2_160),
            ("invitation-days", self.invitation_days, 1, 30),
            ("reset-minutes", self.reset_minutes, 10, 1_440),
        ];
        let broken = limits.iter().find(|(_, value, min, max)| !(min..=max).contains(&value));
        match broken {
            Some((name, _, min, max)) => Err(PeopleError::Invalid(format!("`{name}` is {min} to {max}"))),
            None => Ok(()),
        }
    }

    pub(crate) fn idle_ms(&self) -> u64 {
        u64::from(self.session_idle_minutes) * MINUTE_MS
    }

    pub(crate) fn absolute_ms(&self) -> u64 {
        u64::from(self.session_hours_max) * 60 * MINUTE_MS
    }

    pub(crate) fn invitation_ms(&self) -> u64 {
        u64::from(self.invitation_days) * DAY_MS
    }

    pub(crate) fn reset_ms(&self) -> u64 {
        u64::from(self.reset_minutes) * MINUTE_MS
    }

    /// Whether a password of this age must be changed.
    pub(crate) fn is_too_old(&self, set_at: Timestamp, now: Timestamp) -> bool {
        self.password_days_max > 0 && now.0.saturating_sub(set_at.0) > u64::from(self.password_days_max) * DAY_MS
    }
}

/// What the tenant demands.
///
/// # Errors
/// The store failed.
pub fn policy(tx: &mut Transaction) -> Result<SignInPolicy, StoreError> {
    setting(tx, NAME)
}

/// What the tenant demands, and its version.
///
/// # Errors
/// The store failed.
pub fn versioned(tx: &mut Transaction) -> Result<(SignInPolicy, u64), StoreError> {
    Ok((policy(tx)?, setting::version(tx, NAME)?))
}

/// Whether a person has to set up a second factor before anything else.
///
/// # Errors
/// The store failed.
pub fn owes_factor(tx: &mut Transaction, person: UserId) -> Result<bool, StoreError> {
    Ok(policy(tx)?.second_factor_required && access::of(tx, person)?.factor.is_none())
}

/// Demands something else from now on. Sessions that are too old by it end at once.
///
/// # Errors
/// `Invalid`, `Precondition`, or the store failed.
pub fn set_policy(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    new: &SignInPolicy,
    precondition: Precondition,
) -> Result<(), PeopleError> {
    new.check()?;
    set(tx, (by, now), NAME, new, precondition)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn demands_have_limits() {
        let check = |change: serde_json::Value| {
            let policy: SignInPolicy = serde_json::from_value(change).unwrap();
            policy.check().is_ok()
        };
        for (name, min, max) in [
            ("password-length-min", 8, 64),
            ("password-history", 0, 10),
            ("password-days-max", 0, 3_650),
            ("attempts-free", 3, 20),
            ("session-idle-minutes", 5, 43_200),
            ("reset-minutes", 10, 1_440),
        ] {
            assert!(check(json!({name: min})) && check(json!({name: max})), "{name}");
            assert!(!check(json!({name: max + 1})) && (min == 0 || !check(json!({name: min - 1}))), "{name}");
        }
        assert!(SignInPolicy::default().check().is_ok());
        assert!(serde_json::from_value::<SignInPolicy>(json!({"unknown": 1})).is_err());
    }

    #[test]
    fn a_password_is_too_old_behind_its_days() {
        let policy = SignInPolicy { password_days_max: 1, ..SignInPolicy::default() };
        assert!(!policy.is_too_old(Timestamp(5), Timestamp(5 + DAY_MS)));
        assert!(policy.is_too_old(Timestamp(5), Timestamp(6 + DAY_MS)));
        assert!(!SignInPolicy::default().is_too_old(Timestamp(0), Timestamp(u64::MAX)), "0 is never");
    }
}
