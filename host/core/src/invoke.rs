//! How domain crates call a component without knowing what runs it.

use futures_util::future::BoxFuture;

use crate::call::{Call, Output};
use crate::execution::{Execution, Failure, LogLine, Observed};
use crate::name::{CollectionName, RecordId};
use crate::scope::{Principal, TenantScope};

/// Runs components. `Tx` is the transaction that the component's capabilities read and write.
pub trait Invoke<Tx>: Send + Sync + 'static {
    /// Runs one call to its end. Never fails as such: how it ended is in the answer.
    ///
    /// When the call failed, none of the component's writes are in the transaction that comes back,
    /// but its reads still count for conflicts.
    fn invoke<'a>(&'a self, scope: &'a TenantScope, call: Call, tx: Tx) -> BoxFuture<'a, Completed<Tx>>;

    /// Runs a call once more. Whatever it asks of the host is answered with what was recorded: nothing is read, written
    /// or sent, and no receipt is kept.
    fn replay<'a>(&'a self, scope: &'a TenantScope, call: Call, recorded: Recorded) -> BoxFuture<'a, Replayed>;
}

/// What a call saw when it ran first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// On whose behalf it ran.
    pub caller: Principal,
    /// What the host answered, in order.
    pub observed: Vec<Observed>,
}

/// A call that ran once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The answer; its variant fits the input's.
    pub answer: Result<Output, Failure>,
    /// What it asked of the host that was not asked at first; the call ended there.
    pub strayed: Option<String>,
    /// Functions that write or send, each as often as they were called at first and not this time.
    pub left_out: Vec<String>,
    /// Charged fuel.
    pub fuel: u64,
    /// What it wrote into its log.
    pub log: Vec<LogLine>,
}

/// A call that has ended.
#[derive(Debug)]
pub struct Completed<Tx> {
    /// The transaction, with the component's writes if it answered. None when the host itself
    /// failed in the middle of the call ([`Failure::HostFault`]): what it held cannot be trusted.
    pub tx: Option<Tx>,
    /// The answer; its variant fits the input's.
    pub answer: Result<Output, Failure>,
    /// The receipt, not yet stored.
    pub execution: Execution,
    /// Records that the component wrote, each once, in the order of its first write; none when the call failed. Their
    /// collections' validations have not judged them yet.
    pub touched: Vec<Touched>,
}

/// A record that a component wrote by way of its storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Where it is.
    pub collection: CollectionName,
    /// Which one.
    pub id: RecordId,
    /// What it was before the call; none when it is new.
    pub before: Option<String>,
}
