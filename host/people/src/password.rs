//! Hashing of passwords: argon2id, on threads that may be slow, and only so many at the same time.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::error::PeopleError;
use crate::secret::fill;

/// Bytes of a password. A longer one is never right.
pub const PASSWORD_BYTES_MAX: usize = 512;

const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// A password that somebody typed. Its memory is overwritten when it is dropped, and it does not show itself.
///
/// Composed and decomposed accents, and letters of other widths, are one spelling: keyboards differ.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(extend("format" = "password"))]
pub struct Password(#[schemars(with = "String")] Zeroizing<String>);

impl Password {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn fits(&self) -> bool {
        self.0.len() <= PASSWORD_BYTES_MAX
    }

    fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        let text = Zeroizing::new(text);
        // Longer texts are refused; normalising them first would be work for nothing.
        let normal = if text.len() > PASSWORD_BYTES_MAX { String::clone(&text) } else { text.nfkc().collect() };
        Self(Zeroizing::new(normal))
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What hashing a password costs. The default is what OWASP asks for (Password Storage Cheat Sheet, 2025).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashCost {
    /// Memory of one run, in KiB: 19,456 or more, but for tests.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Runs at the same time; together they take so many times the memory.
    pub running_max: u32,
    /// Runs that wait for a place; more are refused (503).
    pub waiting_max: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 << 10, passes: 2, running_max: 4, waiting_max: 128 }
    }
}

/// Hashes passwords and compares them with hashes.
#[derive(Debug)]
pub(crate) struct Hasher {
    params: Params,
    running: Arc<Semaphore>,
    /// A place for each that runs or waits.
    places: Arc<Semaphore>,
    /// Fits no password, and costs as much as one that does.
    dummy: String,
}

/// The right to keep one thread and the memory of one run busy.
#[derive(Debug)]
pub(crate) struct Turn {
    _running: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

/// How a password compares with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is another one.
    Wrong,
    /// It is the right one.
    Right,
    /// It is the right one, and its hash was made at another cost than today's.
    RightButStale,
}

impl Hasher {
    /// # Errors
    /// The cost is not one that argon2 can have, or there are no random bytes.
    pub(crate) fn new(cost: HashCost) -> Result<Self, PeopleError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(OUTPUT_BYTES)).map_err(failed)?;
        let places = cost.running_max.saturating_add(cost.waiting_max);
        Ok(Self {
            dummy: dummy(&params)?,
            params,
            running: semaphore(cost.running_max.max(1)),
            places: semaphore(places.max(1)),
        })
    }

    /// Waits for a place, unless too many wait already.
    ///
    /// # Errors
    /// `Busy`.
    pub(crate) async fn turn(&self) -> Result<Turn, PeopleError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PeopleError::Busy)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| PeopleError::Busy)?;
        Ok(Turn { _running: running, _place: place })
    }

    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    /// `Hashing`, or there are no random bytes.
    pub(crate) async fn hash(&self, _: &Turn, password: &Password) -> Result<String, PeopleError> {
        let (password, params) = (password.share(), self.params.clone());
        blocking(move || {
            let mut salt = [0; SALT_BYTES];
            fill(&mut salt)?;
            let hash = argon2(params).hash_password_with_salt(password.as_str().as_bytes(), &salt);
            hash.map(|hash: PasswordHash| hash.to_string()).map_err(failed)
        })
        .await
    }

    /// Compares. Without a hash it takes as long, and the password is wrong.
    ///
    /// # Errors
    /// `Hashing`: the kept hash is damaged.
    pub(crate) async fn verify(&self, _: &Turn, password: &Password, hash: Option<&str>) -> Result<Match, PeopleError> {
        let (known, fits) = (hash.is_some(), password.fits());
        let hash = hash.unwrap_or(&self.dummy).to_owned();
        let (params, password) = (self.params.clone(), if fits { password.share() } else { Password::from("") });
        blocking(move || {
            let hash = PasswordHash::new(&hash).map_err(failed)?;
            let right = argon2(params.clone()).verify_password(password.as_str().as_bytes(), &hash).is_ok();
            let stale = Params::try_from(&hash).map_err(failed)? != params;
            Ok(match (right && known && fits, stale) {
                (false, _) => Match::Wrong,
                (true, false) => Match::Right,
                (true, true) => Match::RightButStale,
            })
        })
        .await
    }

    /// Whether it is one of these passwords.
    ///
    /// # Errors
    /// `Hashing`: a kept hash is damaged.
    pub(crate) async fn is_any_of(
        &self,
        turn: &Turn,
        password: &Password,
        hashes: &[String],
    ) -> Result<bool, PeopleError> {
        for hash in hashes {
            if self.verify(turn, password, Some(hash)).await? != Match::Wrong {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn argon2(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Random bytes in the place of a hash: nobody knows a password that fits.
fn dummy(params: &Params) -> Result<String, PeopleError> {
    let (mut salt, mut output) = ([0; SALT_BYTES], [0; OUTPUT_BYTES]);
    fill(&mut salt)?;
    fill(&mut output)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(Output::new(&output).map_err(failed)?),
    };
    Ok(hash.to_string())
}

fn semaphore(places: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places as usize))
}

/// Argon2 takes tens of milliseconds, in which a thread of the runtime must not be held.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PeopleError> + Send + 'static,
) -> Result<T, PeopleError> {
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

fn failed(error: impl fmt::Display) -> PeopleError {
    PeopleError::Hashing(error.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn hasher(memory_kib: u32) -> Hasher {
        Hasher::new(HashCost { memory_kib, passes: 1, running_max: 1, waiting_max: 1 }).unwrap()
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_in_every_spelling_and_no_other() {
        let hasher = hasher(64);
        let turn = hasher.turn().await.unwrap();
        let hash = hasher.hash(&turn, &"Zoe\u{308} rides".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_ne!(hash, hasher.hash(&turn, &"Zoë rides".into()).await.unwrap(), "each has its own salt");
        for (password, hash, expected) in [
            ("Zoë rides", Some(hash.as_str()), Match::Right),
            ("Zoe rides", Some(&hash), Match::Wrong),
            ("", Some(&hash), Match::Wrong),
            ("", None, Match::Wrong),
        ] {
            assert_eq!(hasher.verify(&turn, &password.into(), hash).await.unwrap(), expected, "{password}");
        }
        let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
        let of_nothing = hasher.hash(&turn, &"".into()).await.unwrap();
        assert_eq!(hasher.verify(&turn, &long.into(), Some(&of_nothing)).await.unwrap(), Match::Wrong);
        assert!(hasher.verify(&turn, &"x".into(), Some("damaged")).await.is_err());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_stale() {
        let (old, new) = (hasher(32), hasher(64));
        let turn = new.turn().await.unwrap();
        let hash = old.hash(&turn, &"a password".into()).await.unwrap();
        assert_eq!(new.verify(&turn, &"a password".into(), Some(&hash)).await.unwrap(), Match::RightButStale);
    }

    #[tokio::test]
    async fn so_many_run_so_many_wait_and_more_are_refused() {
        let hasher = Arc::new(hasher(64));
        let first = hasher.turn().await.unwrap();
        let second = tokio::spawn({
            let hasher = Arc::clone(&hasher);
            async move { hasher.turn().await.map(drop) }
        });
        while hasher.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(hasher.turn().await, Err(PeopleError::Busy)));
        drop(first);
        second.await.unwrap().unwrap();
        hasher.turn().await.unwrap();
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert_eq!(format!("{:?}", Password::from("secret")), "Password(…)");
    }
}
