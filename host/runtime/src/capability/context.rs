//! `context`: what the component is told about the call.

use rand::Rng as _;
use wasmtime::component::HasData;

use super::{Host, answer, enter};
use crate::generated::context::{self, Principal};
use crate::meter::CHEAP_CALL_FUEL;
use crate::state::CallState;

pub(crate) struct Context;

impl HasData for Context {
    type Data<'a> = &'a mut CallState;
}

impl context::Host for &mut CallState {}

impl context::HostWithStore<CallState> for Context {
    fn now(mut host: Host<'_, Self>) -> wasmtime::Result<u64> {
        enter(&mut host, CHEAP_CALL_FUEL, 0)?;
        Ok(host.get().context.now.0)
    }

    fn random(mut host: Host<'_, Self>) -> wasmtime::Result<u64> {
        enter(&mut host, CHEAP_CALL_FUEL, 0)?;
        Ok(host.get().context.random.next_u64())
    }

    fn caller(mut host: Host<'_, Self>) -> wasmtime::Result<Principal> {
        enter(&mut host, CHEAP_CALL_FUEL, 0)?;
        let caller = host.get().context.caller.clone();
        let roles: usize = caller.roles.iter().map(String::len).sum();
        answer(&mut host, caller.user.as_ref().map_or(0, String::len) + roles + caller.language.len())?;
        Ok(Principal { user: caller.user, roles: caller.roles, language: caller.language })
    }

    fn settings(mut host: Host<'_, Self>) -> wasmtime::Result<String> {
        enter(&mut host, CHEAP_CALL_FUEL, 0)?;
        let settings = host.get().context.deployed.settings.clone();
        answer(&mut host, settings.len())?;
        Ok(settings)
    }
}
