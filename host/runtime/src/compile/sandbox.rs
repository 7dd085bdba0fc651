//! The cage that the compiler puts itself into before it reads a byte of a component.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope,
};
use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};

use super::protocol::RequestHead;

/// Open files: three pipes, and what Landlock needs while it is set up.
const FILES_MAX: u64 = 16;

/// Gives up everything that compiling does not need. True when the kernel enforces all of it.
///
/// It must run before the process has a second thread: Landlock holds for the thread that asks.
///
/// # Errors
/// The system refused a limit.
pub(crate) fn enter() -> io::Result<bool> {
    // The host may be killed; nobody waits for the image then.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, FILES_MAX)?;
    limit(Resource::Nproc, 0)?;
    landlock().map_err(io::Error::other)
}

/// Takes the limits of one compilation.
///
/// # Errors
/// The system refused a limit.
pub(crate) fn take(request: &RequestHead) -> io::Result<()> {
    limit(Resource::As, request.memory_bytes)?;
    // The first limit ends the process with a signal that says why, the second one cannot be caught.
    let cpu = Rlimit { current: Some(request.cpu_seconds), maximum: Some(request.cpu_seconds.saturating_add(1)) };
    setrlimit(Resource::Cpu, cpu)?;
    nice(request.nice)?;
    Ok(())
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// No files, no network, no signals or sockets to anybody outside.
fn landlock() -> Result<bool, RulesetError> {
    let abi = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .no_new_privs(true)
        .restrict_self()?;
    Ok(status.ruleset == RulesetStatus::FullyEnforced)
}
