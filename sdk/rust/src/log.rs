//! Lines for the component's developer.
//!
//! They are kept with the execution record and shown to the tenant's developers only. At most 1,000
//! lines and 64 KiB in a call, 4 KiB a line: what is over is dropped, and the record says so.
//!
//! ```
//! use signalsync_sdk::{log, testing::MockHost};
//!
//! let host = MockHost::new().install();
//! log::warn!("{} lines have no price", 3);
//! assert_eq!(host.log(), [(log::Level::Warn, "3 lines have no price".to_owned())]);
//! ```

pub use crate::bindings::log::Level;
use crate::host::{Current, Host};

/// Appends one line. Never fails.
///
/// ```
/// # use signalsync_sdk::{log, testing::MockHost};
/// # let host = MockHost::new().install();
/// log::write(log::Level::Info, "ready");
/// assert_eq!(host.log().len(), 1);
/// ```
pub fn write(level: Level, message: &str) {
    Current::log(level, message);
}

#[doc(inline)]
pub use crate::{__debug as debug, __error as error, __info as info, __warn as warn};

/// Appends a line, formatted as by `format!`, for following what a component does.
///
/// ```
/// # use signalsync_sdk::{log, testing::MockHost};
/// # let _host = MockHost::new().install();
/// log::debug!("looked at {} records", 7);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __debug {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Debug, &::std::format!($($message)*)) };
}

/// Appends a line, formatted as by `format!`, about something worth knowing.
///
/// ```
/// # use signalsync_sdk::{log, testing::MockHost};
/// # let _host = MockHost::new().install();
/// log::info!("order {} is complete", "o-7");
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __info {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Info, &::std::format!($($message)*)) };
}

/// Appends a line, formatted as by `format!`, about something that somebody should look at.
///
/// ```
/// # use signalsync_sdk::{log, testing::MockHost};
/// # let _host = MockHost::new().install();
/// log::warn!("no rate for {}", "XAU");
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __warn {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Warn, &::std::format!($($message)*)) };
}

/// Appends a line, formatted as by `format!`, about something that went wrong.
///
/// ```
/// # use signalsync_sdk::{log, testing::MockHost};
/// # let _host = MockHost::new().install();
/// log::error!("the rates could not be read");
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __error {
    ($($message:tt)*) => { $crate::log::write($crate::log::Level::Error, &::std::format!($($message)*)) };
}
