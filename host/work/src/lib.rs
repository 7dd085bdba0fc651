//! Work that waits for its time, durably: mails to send, chunks of an import, timers.
//!
//! **It exists exactly when its cause does.** A piece of work is a row in the tenant's own store, put there by
//! [`schedule`] in the transaction of whatever wants it done.
//!
//! **It is done by one at a time.** The [`Driver`] claims what is due: a commit that writes a lease and a higher
//! *epoch* into the row. Whoever ends it must do so under the epoch it was claimed with, so an owner that slept past its
//! lease can change nothing any more. What a process had claimed that died, the next one lets go of.
//!
//! **Two forms.** What a [`Within`] does lies in one transaction with its end, so it takes effect exactly once. An
//! [`Outside`] has an effect somewhere else, which happens at least once, always under the same [key](Claimed::key).
//!
//! **What fails is tried again**, later each time, and after its last attempt kept as a dead letter with the reason.
//! Nothing else waits for it. What can happen to a piece of work, and what not, is in `machine.rs`, as a pure function.
//!
//! **What happens by itself is held** in a tenant that reaches nothing outside: nothing rings in a copy in which somebody
//! tries things. Its rows keep their times, and it is done when the tenant reaches outside again.
//!
//! [`jobs`] builds long actions on it that a person starts and watches.

mod board;
mod claim;
pub mod desk;
mod driver;
mod error;
mod handler;
pub mod jobs;
mod machine;
mod rows;
mod run;
mod sweep;
mod tenants;
mod timer;
mod work;

pub use driver::{Driver, DriverLimits, Figures};
pub use error::WorkError;
pub use handler::{Claimed, Ended, Handlers, Outcome, Outside, Policy, Setback, Within, Write};
pub use machine::State;
pub use tenants::{Standing, TenantPage, Tenants};
pub use timer::SystemTimer;
pub use work::{
    Listed, NAME_BYTES_MAX, New, PAYLOAD_BYTES_MAX, bring, cancel, dead_letters, find, forget, get, list, peek, retry,
    schedule,
};
