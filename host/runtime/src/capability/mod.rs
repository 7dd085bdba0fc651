//! What a component can ask of the host: one file for each interface of the contract.
//!
//! Each capability works on the call's own state only; what it costs is charged before it is done.

pub(crate) mod context;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod storage;
pub(crate) mod wasi;

use wasmtime::component::{Access, HasData};

use crate::generated::types::{self, Denied};
use crate::generated::workflow_types;
use crate::meter::charge;
use crate::state::CallState;
use crate::transcript::{Kept, Question};

/// A host function's way to the call: its state, and the store that holds it.
pub(crate) type Host<'a, C> = Access<'a, CallState, C>;

impl types::Host for CallState {}
impl workflow_types::Host for CallState {}

/// Counts a host call and takes its fuel; `bytes` are those that it was given.
///
/// # Errors
/// Out of fuel.
fn enter<C: HasData>(host: &mut Host<'_, C>, fuel: u64, bytes: usize) -> wasmtime::Result<()> {
    let traffic = &mut host.data_mut().traffic;
    traffic.host_calls += 1;
    traffic.bytes_out += bytes as u64;
    charge(host, fuel, bytes)
}

/// Takes the fuel for the bytes that go back into the sandbox.
///
/// # Errors
/// Out of fuel.
fn answer<C: HasData>(host: &mut Host<'_, C>, bytes: usize) -> wasmtime::Result<()> {
    host.data_mut().traffic.bytes_in += bytes as u64;
    charge(host, 0, bytes)
}

impl CallState {
    /// An answer that depends on more than the call: asked for and noted, or in a replay what it was at first.
    ///
    /// # Errors
    /// The call ends with it.
    fn observe<T: Kept>(
        &mut self,
        question: Question,
        ask: impl FnOnce(&mut Self) -> Result<T, Denied>,
    ) -> wasmtime::Result<Result<T, Denied>> {
        if let Some(played) = self.transcript.played(&question)? {
            return Ok(played);
        }
        let answer = ask(self);
        self.transcript.note(question, &answer);
        Ok(answer)
    }
}

/// Takes `amount` from a budget, or says which one is used up.
fn spend<N: Copy + PartialOrd + std::ops::SubAssign>(left: &mut N, amount: N, limit: &str) -> Result<(), Denied> {
    if *left < amount {
        return Err(Denied::OverLimit(limit.to_owned()));
    }
    *left -= amount;
    Ok(())
}

/// The store's failures, as a component may know them.
fn unavailable(error: &signalsync_store::StoreError) -> Denied {
    tracing::error!(%error, "a component could not reach its tenant's store");
    Denied::Unavailable("the tenant's store does not answer; try again later".to_owned())
}
