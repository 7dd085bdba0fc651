//! What the host tells about the call.

use serde::de::DeserializeOwned;

pub use crate::bindings::context::Principal as Caller;
use crate::host::{Current, Host};
use crate::{Error, Timestamp, document};

/// The time of this call: fixed for its whole length, so that a replay sees it again.
///
/// ```
/// # use signalsync_sdk::{context, testing::MockHost};
/// let _host = MockHost::new().now(1_700_000_000_000).install();
/// assert_eq!(context::now(), 1_700_000_000_000);
/// ```
pub fn now() -> Timestamp {
    Current::now()
}

/// The next 64 bits of this call's random stream, which a replay sees again. Good for identifiers and
/// sampling; not a source of secrets.
///
/// ```
/// # use signalsync_sdk::{context, testing::MockHost};
/// let _host = MockHost::new().seed(7).install();
/// assert_ne!(context::random(), context::random());
/// ```
pub fn random() -> u64 {
    Current::random()
}

/// On whose behalf the call runs.
///
/// ```
/// # use signalsync_sdk::{context, testing::MockHost};
/// let _host = MockHost::new().caller("usr_1", &["clerk"], "de").install();
/// assert_eq!(context::caller().roles, ["clerk"]);
/// ```
pub fn caller() -> Caller {
    Current::caller()
}

/// The settings that were stored with this deployment of the component; `{}` where none were.
///
/// # Errors
/// [`Error::Document`] when they do not fit `T`.
///
/// ```
/// use serde::Deserialize;
/// use signalsync_sdk::{context, testing::MockHost};
///
/// #[derive(Deserialize)]
/// struct Settings {
///     #[serde(default = "thousand")]
///     limit: u32,
/// }
///
/// fn thousand() -> u32 {
///     1_000
/// }
///
/// let _host = MockHost::new().install();
/// assert_eq!(context::settings::<Settings>().unwrap().limit, 1_000);
/// ```
pub fn settings<T: DeserializeOwned>() -> Result<T, Error> {
    document::parse(&Current::settings())
}
