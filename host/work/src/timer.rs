//! The machine's clock, to be waited for.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use signalsync_core::{Clock, SystemClock, Timer, Timestamp};

/// The longest wait before the clock is looked at again: it may have been set in between.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Clock for SystemTimer {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Timer for SystemTimer {
    fn until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        async move {
            loop {
                let left = at.0.saturating_sub(SystemClock.now().0);
                if left == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left).min(WAIT_MAX)).await;
            }
        }
        .boxed()
    }
}
