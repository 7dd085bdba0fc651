//! The second factor: codes from an app (RFC 6238), and recovery codes for when the phone is gone.
//!
//! The app's secret must be read back for each check, so it is sealed under the tenant's key, for this person alone.
//! A code works once: the newest step that was used is kept, and no step up to it is taken again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{Timestamp, UserId};
use signalsync_store::{StoreError, Transaction};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::access::Access;
use crate::error::PeopleError;
use crate::outgoing::Place;
use crate::person::PersonRow;
use crate::secret::{SecretHash, fill};

/// Recovery codes of a person.
pub const RECOVERY_CODES: usize = 10;

/// How long a second factor can be in the making.
const PENDING_MS: u64 = 30 * 60_000;

/// As RFC 4226 recommends for SHA-1.
const SECRET_BYTES: usize = 20;

/// A recovery code cannot be guessed, so a fast hash is enough.
const RECOVERY_BYTES: usize = 10;

const DIGITS: u8 = 6;
const STEP_S: u64 = 30;
/// Steps before and behind the present one whose codes work: clocks differ, and typing takes time.
const SKEW_STEPS: u16 = 1;

/// Crockford's alphabet: no letter looks like a digit.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A second factor, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Factor {
    /// Sealed.
    secret: String,
    /// The newest step whose code was used.
    step: u64,
    /// Recovery codes that are left.
    recovery: Vec<SecretHash>,
}

/// A second factor in the making, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Pending {
    secret: String,
    begun_at: Timestamp,
}

/// What an app needs to know. Shown once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SetUp {
    /// To be typed: base32.
    pub secret: String,
    /// To be shown as a QR code: `otpauth://…`.
    pub url: String,
}

/// What proved the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Used {
    Code,
    /// And how many recovery codes are left.
    Recovery(usize),
}

/// Begins to set up a second factor. Nothing changes until a code proves that the app has the secret.
///
/// # Errors
/// `WrongState` when there is one; no random bytes, or the store failed.
pub(crate) fn begin(
    tx: &Transaction,
    access: &mut Access,
    person: &PersonRow,
    place: Place<'_>,
    now: Timestamp,
) -> Result<SetUp, PeopleError> {
    if access.factor.is_some() {
        return Err(PeopleError::WrongState("there is a second factor; remove it first"));
    }
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    fill(&mut *secret)?;
    let sealed = STANDARD_NO_PAD.encode(tx.seal(&sealed_for(person.id), &*secret)?);
    access.pending = Some(Pending { secret: sealed, begun_at: now });
    let labelled =
        builder(&*secret).with_account_name(label(person.mail.as_str())).with_issuer(Some(label(place.name)));
    let totp = labelled.build().map_err(|error| PeopleError::Invalid(error.to_string()))?;
    let url = totp.to_url().map_err(|error| PeopleError::Invalid(error.to_string()))?;
    Ok(SetUp { secret: totp.secret().to_base32(), url })
}

/// Ends setting up: from now on a code is needed. The recovery codes are shown once.
///
/// # Errors
/// `WrongState` when nothing was begun, or too long ago; `CodeWrong`; no random bytes, or the store failed.
pub(crate) fn confirm(
    tx: &Transaction,
    access: &mut Access,
    person: UserId,
    code: &str,
    now: Timestamp,
) -> Result<Vec<String>, PeopleError> {
    let fresh = |pending: &Pending| now.0.saturating_sub(pending.begun_at.0) < PENDING_MS;
    let pending = access.pending.take().filter(fresh);
    let pending = pending.ok_or(PeopleError::WrongState("begin to set up a second factor first"))?;
    let step = matching(tx, person, &pending.secret, code, now)?.ok_or(PeopleError::CodeWrong)?;
    let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<Vec<_>, _>>()?;
    let recovery = codes.iter().map(|code| recovery_hash(person, code)).collect();
    access.factor = Some(Factor { secret: pending.secret, step, recovery });
    Ok(codes)
}

/// Whether a code proves the second factor; it is used up by this.
///
/// # Errors
/// The sealed secret does not open.
pub(crate) fn use_code(
    tx: &Transaction,
    factor: &mut Factor,
    person: UserId,
    code: &str,
    now: Timestamp,
) -> Result<Option<Used>, StoreError> {
    if let Some(step) = matching(tx, person, &factor.secret, code, now)?.filter(|step| *step > factor.step) {
        factor.step = step;
        return Ok(Some(Used::Code));
    }
    let hash = recovery_hash(person, code);
    let place = factor.recovery.iter().position(|kept| kept.is(&hash));
    Ok(place.map(|place| {
        factor.recovery.remove(place);
        Used::Recovery(factor.recovery.len())
    }))
}

/// The step whose code this is.
fn matching(
    tx: &Transaction,
    person: UserId,
    sealed: &str,
    code: &str,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let damaged = |_| StoreError::Corrupt("a second factor is not base64".to_owned());
    let sealed = STANDARD_NO_PAD.decode(sealed).map_err(damaged)?;
    let secret = tx.unseal(&sealed_for(person), &sealed)?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).take(usize::from(DIGITS) + 1).collect();
    if digits.len() != usize::from(DIGITS) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    Ok(totp(&secret).check(&digits, now.0 / 1_000))
}

fn totp(secret: &[u8]) -> Totp {
    builder(secret).build_noncompliant()
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_S)
        .with_secret(secret.to_vec())
}

/// Apps split their labels at colons.
fn label(text: &str) -> String {
    text.replace(':', " ")
}

fn sealed_for(person: UserId) -> String {
    format!("second-factor/{person}")
}

/// 80 random bits: `xxxx-xxxx-xxxx-xxxx`.
fn recovery_code() -> Result<String, PeopleError> {
    let mut bytes = [0; RECOVERY_BYTES];
    fill(&mut bytes)?;
    let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let letter = |place: usize| char::from(LETTERS[(bits >> (5 * place) & 31) as usize]);
    let groups = (0..4).map(|group| (0..4).map(|place| letter(4 * group + place)).collect::<String>());
    Ok(groups.collect::<Vec<_>>().join("-"))
}

/// However it is typed: capitals, spaces and hyphens make no difference, and what looks alike is alike.
fn recovery_hash(person: UserId, code: &str) -> SecretHash {
    let alike = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).take(32).map(alike).collect();
    SecretHash::of(&[b"recovery", person.as_bytes(), typed.as_bytes()])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        let totp = totp(b"12345678901234567890");
        // RFC 6238, appendix B, the last six of eight digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            assert_eq!(totp.generate(seconds).to_string(), code);
            assert_eq!(totp.check(code, seconds), Some(seconds / STEP_S));
            assert_eq!(totp.check(code, seconds + STEP_S), Some(seconds / STEP_S), "a step later");
            assert_eq!(totp.check(code, seconds + 2 * STEP_S), None, "two steps later");
        }
    }

    #[test]
    fn recovery_codes_differ_and_forgive_how_they_are_typed() {
        let (person, code) = (UserId::new(), recovery_code().unwrap());
        assert_eq!(code.len(), 19);
        assert_ne!(code, recovery_code().unwrap());
        let typed = format!(" {} ", code.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l"));
        assert_eq!(recovery_hash(person, &code), recovery_hash(person, &typed));
        assert_ne!(recovery_hash(person, &code), recovery_hash(UserId::new(), &code));
    }
}
