//! A mock host for native unit tests: `cargo test` runs a component's functions without WebAssembly.
//!
//! [`MockHost`] says what is granted and stored; while it is installed, everything in [`storage`],
//! [`files`], [`http`], [`log`] and [`context`] talks to it on this thread. [`validate`] and [`transform`]
//! call a component's functions the way the real host does, through their JSON; [`Run`] plays a whole run of a workflow
//! under a simulated clock, by the host's own rules.
//!
//! The mock answers as the host does: what is not granted, malformed names, ids and pages. It does
//! not count: quotas of a call (reads, writes, bytes, requests) are not modelled.
//!
//! ```
//! use signalsync_sdk::{Subject, Violation, storage::Collection, testing::{self, MockHost}};
//!
//! fn check(order: Subject<String>) -> Result<Vec<Violation>, String> {
//!     let known = Collection::open("customers")?.get(&order.after)?.is_some();
//!     Ok(if known { vec![] } else { vec![Violation::error("", "CUSTOMER", "No such customer.")] })
//! }
//!
//! let _host = MockHost::new().record("customers", "c-1", &"Ada").install();
//! assert_eq!(testing::validate(check, &"c-1"), Ok(vec![]));
//! assert_eq!(testing::validate(check, &"c-2").unwrap()[0].code, "CUSTOMER");
//! ```
//!
//! [`storage`]: crate::storage
//! [`files`]: crate::files
//! [`http`]: crate::http
//! [`log`]: crate::log
//! [`context`]: crate::context

mod answers;
mod installed;
mod mock;
mod play;
mod rules;
mod run;

pub(crate) use answers::Mock;
pub use installed::Installed;
pub use mock::MockHost;
pub use play::{transform, validate};
pub use run::{Happened, Run, user};
