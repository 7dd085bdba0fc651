//! What takes more than one transaction: whatever hashes a password. A transaction reads what is needed, the slow hash
//! runs outside of any, and another transaction decides on the newest state and writes.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use signalsync_audit::{Action, Denials, Event, record};
use signalsync_core::{Clock, SessionId, TenantScope, Timestamp, UserId};
use signalsync_store::{Done, RequestKey, StoreError, Stores, Transaction};

use crate::access::{self, Access};
use crate::change::{ProfileChange, subject};
use crate::error::PeopleError;
use crate::invitation;
use crate::link::{self, LinkKind};
use crate::outgoing::{OutgoingMail, Place, Template};
use crate::password::{HashCost, Hasher, Match, Password, Turn};
use crate::person::{self, Person, PersonRow, PersonState};
use crate::policy::policy;
use crate::secret::Secret;
use crate::session::{self, SessionToken};
use crate::sign_in::{
    Admitted, Attempt, Circumstances, Compared, Refusal, acting, admit, conclude, factor_mail, forgot,
};
use crate::strength::{Chooser, Flaw, flaws};
use crate::throttle::{self, Counted, Guesses};
use crate::totp::{self, SetUp};

/// Wrong guesses at one tenant's accounts in a minute, from places that are not known, unless configured otherwise.
pub const GUESSES_PER_MINUTE_MAX: u32 = 300;

/// Puts a mail into the transaction that it belongs to.
pub type Queue =
    Arc<dyn Fn(&mut Transaction, &TenantScope, Timestamp, OutgoingMail) -> Result<(), PeopleError> + Send + Sync>;

/// Lets people in, and lets them change how they come in.
pub struct Doorman {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
    hasher: Hasher,
    guesses: Guesses,
    denials: Denials,
    queue: Queue,
}

/// What somebody shows who wants to come in.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// As it was typed.
    pub mail: &'a str,
    /// As it was typed.
    pub password: &'a Password,
    /// Of the second factor: six digits, or a recovery code.
    pub code: Option<&'a str>,
    /// What the client calls itself.
    pub client: &'a str,
}

/// Somebody who came in.
#[derive(Debug)]
pub struct SignedIn {
    /// Shown once.
    pub token: SessionToken,
    /// Who.
    pub person: UserId,
}

/// Nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// What they are told.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be decided.
    #[error(transparent)]
    Failed(#[from] PeopleError),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A new password, with its hash, that the tenant's policy accepts.
struct Accepted {
    person: UserId,
    hash: String,
}

impl Doorman {
    /// # Errors
    /// The cost of hashing is not one that argon2 can have.
    pub fn new(
        stores: Arc<Stores>,
        clock: Arc<dyn Clock>,
        cost: HashCost,
        guesses_per_minute_max: u32,
        queue: Queue,
    ) -> Result<Self, PeopleError> {
        let (hasher, guesses) = (Hasher::new(cost)?, Guesses::new(guesses_per_minute_max));
        Ok(Self { stores, clock, hasher, guesses, denials: Denials::default(), queue })
    }

    /// Lets somebody in, with a session of its own.
    ///
    /// # Errors
    /// `Refused`; or `Busy`, `Conflict`, or the store failed.
    pub async fn sign_in(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        shown: Credentials<'_>,
    ) -> Result<SignedIn, SignInError> {
        // The turn comes first, so that no more attempts than run at a time can meet in the rows that count them.
        let turn = self.hasher.turn().await?;
        let (attempt, now) = (Attempt::new(shown.mail, scope.caller()), self.clock.now());
        let admitted = self.edit(scope, |tx| Ok(admit(tx, &attempt, now)?)).await?;
        let admitted = admitted.map_err(|retry_after_ms| Refusal::Throttled { retry_after_ms })?;
        self.guard(scope, &admitted, now)?;
        let compared = self.compare(&turn, &admitted, shown.password).await?;
        let recorded = self.denials.admit(scope.tenant(), now).is_some();
        let Credentials { code, client, .. } = shown;
        let what = Circumstances { by: scope.caller(), now, place, code, client, recorded };
        let entered = self
            .edit(scope, |tx| {
                let concluded = conclude(tx, &attempt, &compared, what)?;
                self.post(tx, scope, now, concluded.mails)?;
                Ok(concluded.entered)
            })
            .await?;
        if compared.matched != Match::Wrong && !admitted.known_place {
            self.guesses.take_back(scope.tenant());
        }
        let (token, person) = entered?;
        Ok(SignedIn { token, person })
    }

    fn guard(&self, scope: &TenantScope, admitted: &Admitted, now: Timestamp) -> Result<(), Refusal> {
        let wait = if admitted.known_place { None } else { self.guesses.note(scope.tenant(), now) };
        wait.map_or(Ok(()), |retry_after_ms| Err(Refusal::Throttled { retry_after_ms }))
    }

    async fn compare(&self, turn: &Turn, admitted: &Admitted, password: &Password) -> Result<Compared, PeopleError> {
        let matched = self.hasher.verify(turn, password, admitted.hash.as_deref()).await?;
        let fresh = match matched {
            Match::RightButStale => Some(self.hasher.hash(turn, password).await?),
            Match::Right | Match::Wrong => None,
        };
        Ok(Compared { hash: admitted.hash.clone(), matched, fresh })
    }

    /// Whoever has the link of an invitation comes in, with a password of their own.
    ///
    /// # Errors
    /// `LinkInvalid`, `PasswordRefused`, `Invalid`, `Busy`, `Conflict`, or the store failed.
    pub async fn activate(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        secret: &Secret,
        password: &Password,
        profile: &ProfileChange,
        client: &str,
    ) -> Result<SignedIn, PeopleError> {
        let now = self.clock.now();
        let id = link::follow(&mut self.begin(scope).await?, secret, LinkKind::Invitation, now)?;
        let Accepted { person, hash } = self.accept(scope, place, id, profile.name.as_deref(), password).await?;
        self.edit(scope, |tx| {
            let by = acting(scope.caller(), &person::require(tx, person)?);
            invitation::activate(tx, &by, now, secret, hash.clone(), profile)?;
            let token = session::begin(tx, &by, now, person, client)?;
            record(tx, &by, now, Event::new(Action::SignedIn, format!("{}/{}", subject(person), token.session())))?;
            Ok(SignedIn { token, person })
        })
        .await
    }

    /// Mails a link for a new password, if there is somebody who can use it. Nobody learns whether there is.
    ///
    /// # Errors
    /// `Throttled`, `Conflict`, or the store failed.
    pub async fn forgot(&self, scope: &TenantScope, place: Place<'_>, mail: &str) -> Result<(), PeopleError> {
        let (attempt, now) = (Attempt::new(mail, scope.caller()), self.clock.now());
        self.edit(scope, |tx| {
            let mail = forgot(tx, &attempt, place, now)?;
            match self.post(tx, scope, now, mail) {
                // An answer that only known addresses get would tell which are known.
                Err(error @ (PeopleError::TooMany { .. } | PeopleError::Invalid(_))) => {
                    tracing::warn!(tenant = %scope.tenant(), %error, "a link for a new password was not mailed");
                    Ok(())
                }
                posted => posted,
            }
        })
        .await
    }

    /// Sets a new password by the link for it, and ends all sessions. The second factor stays.
    ///
    /// # Errors
    /// `LinkInvalid`, `PasswordRefused`, `Busy`, `Conflict`, or the store failed.
    pub async fn reset(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        secret: &Secret,
        password: &Password,
    ) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let id = link::follow(&mut self.begin(scope).await?, secret, LinkKind::Reset, now)?;
        let Accepted { hash, .. } = self.accept(scope, place, id, None, password).await?;
        self.edit(scope, |tx| {
            let person = link::follow(tx, secret, LinkKind::Reset, now)?;
            let row = active(tx, person)?;
            session::end_all(tx, person)?;
            self.put_password(tx, scope, place, now, &row, &hash)
        })
        .await
    }

    /// Sets a new password by the old one. All other sessions end; this one gets a new secret.
    ///
    /// # Errors
    /// `PasswordWrong`, `Throttled`, `PasswordRefused`, `Busy`, `Conflict`, or the store failed.
    pub async fn change_password(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        (person, session): (UserId, SessionId),
        old: &Password,
        new: &Password,
    ) -> Result<SessionToken, PeopleError> {
        let now = self.clock.now();
        let proved = self.prove(scope, person, old).await?;
        let Accepted { person, hash } = self.accept(scope, place, person, None, new).await?;
        self.edit(scope, |tx| {
            let row = self.still(tx, person, &proved, now)?;
            session::end_others(tx, scope.caller(), now, person, Some(session))?;
            self.put_password(tx, scope, place, now, &row, &hash)?;
            session::renew(tx, session, now)
        })
        .await
    }

    /// Begins to set up a second factor.
    ///
    /// # Errors
    /// `PasswordWrong`, `Throttled`, `WrongState`, `Busy`, `Conflict`, or the store failed.
    pub async fn begin_factor(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        person: UserId,
        password: &Password,
    ) -> Result<SetUp, PeopleError> {
        let now = self.clock.now();
        let proved = self.prove(scope, person, password).await?;
        self.edit(scope, |tx| {
            let row = self.still(tx, person, &proved, now)?;
            let mut access = access::of(tx, person)?;
            let set_up = totp::begin(tx, &mut access, &row, place, now)?;
            access::put(tx, person, &access)?;
            Ok(set_up)
        })
        .await
    }

    /// Ends setting up a second factor; its recovery codes, which are shown once, and the session's new token. All
    /// other sessions end: they came in without it.
    ///
    /// # Errors
    /// `WrongState`, `CodeWrong`, `Throttled`, `Conflict`, or the store failed.
    pub async fn confirm_factor(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        (person, session): (UserId, SessionId),
        code: &str,
    ) -> Result<(Vec<String>, SessionToken), PeopleError> {
        let now = self.clock.now();
        self.count_proof(scope, person, now).await?;
        self.edit(scope, |tx| {
            let (row, mut access) = (active(tx, person)?, access::of(tx, person)?);
            let codes = totp::confirm(tx, &mut access, person, code, now)?;
            access::put(tx, person, &access)?;
            throttle::forget(tx, &Counted::Proofs(person), now)?;
            session::end_others(tx, scope.caller(), now, person, Some(session))?;
            self.factor_changed(tx, scope, place, now, &row, Action::SecondFactorAdded)?;
            Ok((codes, session::renew(tx, session, now)?))
        })
        .await
    }

    /// Removes one's own second factor, by the password and a code.
    ///
    /// # Errors
    /// `PasswordWrong`, `CodeWrong`, `Throttled`, `WrongState`, `Busy`, `Conflict`, or the store failed.
    pub async fn remove_factor(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        person: UserId,
        password: &Password,
        code: &str,
    ) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let proved = self.prove(scope, person, password).await?;
        self.count_proof(scope, person, now).await?;
        self.edit(scope, |tx| {
            let mut access = access::of(tx, person)?;
            let mut factor = access.factor.take().ok_or(NO_FACTOR)?;
            totp::use_code(tx, &mut factor, person, code, now)?.ok_or(PeopleError::CodeWrong)?;
            let row = self.still(tx, person, &proved, now)?;
            access::put(tx, person, &access)?;
            self.factor_changed(tx, scope, place, now, &row, Action::SecondFactorRemoved)
        })
        .await
    }

    /// Removes somebody's second factor for them, who has lost it, and ends their sessions.
    ///
    /// # Errors
    /// `NoSuchPerson`, `WrongState`, `Structure` when the caller may do less than the person; or the store failed.
    pub fn clear_factor(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        place: Place<'_>,
        person: UserId,
    ) -> Result<(), PeopleError> {
        let row = person::require(tx, person)?;
        crate::standing::check_manages(tx, scope.caller(), person)?;
        let mut access = access::of(tx, person)?;
        access.factor.take().ok_or(NO_FACTOR)?;
        access::put(tx, person, &access)?;
        session::end_all(tx, person)?;
        self.factor_changed(tx, scope, place, self.clock.now(), &row, Action::SecondFactorRemoved)
    }

    /// Runs an edit until it commits, a few times.
    ///
    /// # Errors
    /// What `edit` answers; `Conflict`, or the store failed.
    pub async fn edit<T>(
        &self,
        scope: &TenantScope,
        edit: impl Fn(&mut Transaction) -> Result<T, PeopleError>,
    ) -> Result<T, PeopleError> {
        self.stores.tenant(scope).await?.transact(edit).await
    }

    /// Like [`Doorman::edit`], and a request that is repeated has its effect once.
    ///
    /// # Errors
    /// What `edit` answers; `Reused`, `Conflict`, or the store failed.
    pub async fn once<T: Serialize + DeserializeOwned>(
        &self,
        scope: &TenantScope,
        request: Option<&RequestKey>,
        edit: impl Fn(&mut Transaction) -> Result<T, PeopleError>,
    ) -> Result<Done<T>, PeopleError> {
        self.stores.tenant(scope).await?.once(request, self.clock.now(), edit).await
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A transaction to read with.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(&self, scope: &TenantScope) -> Result<Transaction, StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }

    /// Puts mails into a transaction.
    ///
    /// # Errors
    /// `TooMany`, or the store failed.
    pub fn post(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        now: Timestamp,
        mails: impl IntoIterator<Item = OutgoingMail>,
    ) -> Result<(), PeopleError> {
        mails.into_iter().try_for_each(|mail| (self.queue)(tx, scope, now, mail))
    }

    /// Hashes a new password that the tenant's policy accepts. `name`: what the person is about to be called.
    async fn accept(
        &self,
        scope: &TenantScope,
        place: Place<'_>,
        person: UserId,
        name: Option<&str>,
        password: &Password,
    ) -> Result<Accepted, PeopleError> {
        let mut tx = self.begin(scope).await?;
        let (row, policy) = (person::require(&mut tx, person)?, policy(&mut tx)?);
        let earlier = access::of(&mut tx, person)?.passwords(policy.password_history as usize);
        drop(tx);
        let chooser = Chooser { name: name.unwrap_or(&row.name), mail: &row.mail, place };
        let found = flaws(password, &policy, &chooser);
        if !found.is_empty() {
            return Err(PeopleError::PasswordRefused(found));
        }
        let turn = self.hasher.turn().await?;
        if self.hasher.is_any_of(&turn, password, &earlier).await? {
            return Err(PeopleError::PasswordRefused(vec![Flaw::UsedBefore]));
        }
        Ok(Accepted { person, hash: self.hasher.hash(&turn, password).await? })
    }

    /// Proves by the password that it is the person who sits there; the hash that proved it.
    async fn prove(&self, scope: &TenantScope, person: UserId, password: &Password) -> Result<String, PeopleError> {
        let turn = self.hasher.turn().await?;
        self.count_proof(scope, person, self.clock.now()).await?;
        let access = access::of(&mut self.begin(scope).await?, person)?;
        let hash = access.password.map(|stored| stored.hash);
        match (self.hasher.verify(&turn, password, hash.as_deref()).await?, hash) {
            (Match::Right | Match::RightButStale, Some(hash)) => Ok(hash),
            (Match::Wrong, _) | (_, None) => Err(PeopleError::PasswordWrong),
        }
    }

    /// Counts a proof as failed until it is known to be right.
    async fn count_proof(&self, scope: &TenantScope, person: UserId, now: Timestamp) -> Result<(), PeopleError> {
        self.edit(scope, |tx| {
            let retry_after_ms = throttle::proofs_wait_ms(tx, person, now)?;
            if retry_after_ms > 0 {
                return Err(PeopleError::Throttled { retry_after_ms });
            }
            throttle::note(tx, &Counted::Proofs(person), now)?;
            Ok(())
        })
        .await
    }

    /// The person, whose password is still the one that was proved.
    fn still(
        &self,
        tx: &mut Transaction,
        person: UserId,
        proved: &str,
        now: Timestamp,
    ) -> Result<PersonRow, PeopleError> {
        let access = access::of(tx, person)?;
        if access.password.is_none_or(|stored| stored.hash != proved) {
            return Err(PeopleError::PasswordWrong);
        }
        throttle::forget(tx, &Counted::Proofs(person), now)?;
        active(tx, person)
    }

    fn put_password(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        place: Place<'_>,
        now: Timestamp,
        row: &PersonRow,
        hash: &str,
    ) -> Result<(), PeopleError> {
        let mut access: Access = access::of(tx, row.id)?;
        link::revoke(tx, &mut access)?;
        access.set_password(hash.to_owned(), now);
        access::put(tx, row.id, &access)?;
        record(tx, &acting(scope.caller(), row), now, Event::new(Action::PasswordChanged, subject(row.id)))?;
        let mail = OutgoingMail {
            to: row.mail.clone(),
            language: row.language.clone(),
            template: Template::PasswordChanged,
            data: json!({"name": row.name, "tenant": place.name}),
            secret: false,
        };
        self.post(tx, scope, now, [mail])
    }

    fn factor_changed(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        place: Place<'_>,
        now: Timestamp,
        row: &PersonRow,
        action: Action,
    ) -> Result<(), PeopleError> {
        record(tx, scope.caller(), now, Event::new(action, subject(row.id)))?;
        self.post(tx, scope, now, [factor_mail(row, place, &json!(action.as_str()))])
    }
}

const NO_FACTOR: PeopleError = PeopleError::WrongState("there is no second factor");

fn active(tx: &mut Transaction, person: UserId) -> Result<PersonRow, PeopleError> {
    let row = person::require(tx, person)?;
    if row.state == PersonState::Active { Ok(row) } else { Err(PeopleError::LinkInvalid) }
}

/// Somebody, for whoever may see people.
impl Doorman {
    /// # Errors
    /// `NoSuchPerson`, or the store failed.
    pub async fn person(&self, scope: &TenantScope, id: UserId) -> Result<Person, PeopleError> {
        person::view(&mut self.begin(scope).await?, id)
    }
}
