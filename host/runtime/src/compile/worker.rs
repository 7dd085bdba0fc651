//! The compiler's own process: `signalsync compile-worker`.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use signalsync_core::Refusal;
use wasmparser::{Validator, WasmFeatures};
use wasmtime::{Engine, OutOfMemory};

use super::compiler::too_much;
use super::protocol::{ReplyHead, RequestHead, Verdict};
use super::sandbox;
use crate::admission::shown;
use crate::engine::{Allocator, engine_config};

/// Body of the hidden subcommand `compile-worker`: reads one component from standard input, writes its image to
/// standard output, under limits that it sets itself first. Call it before the process starts a thread.
pub fn compile_worker() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| complain(&format_args!("the compiler panicked at {:?}", panic.location()))));
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// For the operator. Nothing that a component's author wrote comes here.
fn complain(what: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "compile-worker: {what}");
}

fn work() -> io::Result<()> {
    let sandboxed = sandbox::enter()?;
    let mut input = io::stdin().lock();
    let request = RequestHead::read(&mut input)?;
    sandbox::take(&request)?;
    let wasm = read_component(&mut input, request.component_bytes)?;
    match compile(&wasm) {
        Ok(image) => answer(Verdict::Image, sandboxed, &image),
        Err(refusal) => answer(Verdict::Refused, sandboxed, &serde_json::to_vec(&refusal)?),
    }
}

fn read_component(input: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut wasm = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    input.take(length).read_to_end(&mut wasm)?;
    if wasm.len() as u64 == length { Ok(wasm) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn answer(verdict: Verdict, sandboxed: bool, body: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(&ReplyHead { verdict, sandboxed, body_bytes: body.len() as u64 }.encode())?;
    output.write_all(body)?;
    output.flush()
}

fn compile(wasm: &[u8]) -> Result<Vec<u8>, Refusal> {
    validate(wasm)?;
    let engine = Engine::new(&engine_config(Allocator::OnDemand)).map_err(|error| failed(&error))?;
    engine.precompile_component(wasm).map_err(|error| failed(&error))
}

fn failed(error: &wasmtime::Error) -> Refusal {
    if error.is::<OutOfMemory>() {
        return too_much("memory");
    }
    let why = shown(&format!("{error:#}"));
    Refusal::new(
        "compile-failed",
        format!("the component is valid but cannot be compiled: {why}; report this to the operator"),
    )
}

/// What `engine_config` leaves on.
fn features() -> WasmFeatures {
    let on =
        WasmFeatures::WASM2 | WasmFeatures::EXTENDED_CONST | WasmFeatures::MULTI_MEMORY | WasmFeatures::COMPONENT_MODEL;
    on - WasmFeatures::GC_TYPES
}

/// The compiler validates again; this pass tells damage from a feature that is off, and costs little.
fn validate(wasm: &[u8]) -> Result<(), Refusal> {
    let Err(error) = Validator::new_with_features(features()).validate_all(wasm) else { return Ok(()) };
    let (why, offset) = (shown(error.message()), error.offset());
    let refusal = if Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).is_ok() {
        let detail = format!(
            "the component uses a WebAssembly feature that is off here: {why} at byte {offset}; build for WebAssembly 2.0 without it"
        );
        Refusal::new("unsupported-feature", detail)
    } else {
        let detail = format!("the component is not valid: {why} at byte {offset}; build it again with current tools");
        Refusal::new("malformed", detail)
    };
    Err(refusal)
}
