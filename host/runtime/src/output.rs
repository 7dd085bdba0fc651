//! What a component may answer: the limits of the contract, checked before anybody uses the answer.

use signalsync_core::contract::workflow::Definition;
use signalsync_core::contract::{MappingAction, Outcome, Violation};
use signalsync_core::{Output, json};

/// Violations in one answer.
pub(crate) const VIOLATIONS_MAX: usize = 1_000;
/// Actions in one answer.
pub(crate) const ACTIONS_MAX: usize = 1_000;
/// Bytes of a violation's path, and of any name in an action.
const NAME_BYTES_MAX: usize = 1 << 10;
/// Bytes of a violation's code.
const CODE_BYTES_MAX: usize = 100;
/// Bytes of a text for a person.
const TEXT_BYTES_MAX: usize = 4 << 10;
/// Bytes of a document.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// Bytes of a request's body.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Bytes of text and data in an answer.
pub(crate) fn bytes(output: &Output) -> u64 {
    let bytes: usize = match output {
        Output::Violations(list) => list.iter().map(|v| v.path.len() + v.code.len() + v.message.len()).sum(),
        Output::Outcome(outcome) => {
            let actions: usize = outcome.actions.iter().map(mapping_bytes).sum();
            actions + outcome.reply.as_ref().map_or(0, String::len)
        }
        Output::Definition(definition) => serde_json::to_vec(definition).map_or(0, |text| text.len()),
        Output::Decision(decision) => decision.bytes(),
    };
    bytes as u64
}

fn mapping_bytes(action: &MappingAction) -> usize {
    match action {
        MappingAction::Upsert(a) => a.body.len(),
        MappingAction::Start(a) => a.input.len(),
        MappingAction::Signal(a) => a.data.len(),
        MappingAction::Send(a) => a.url.len() + a.body.len(),
    }
}

/// Checks an answer.
///
/// # Errors
/// The first rule that it breaks, for the developer.
pub(crate) fn check(output: &Output) -> Result<(), String> {
    match output {
        Output::Violations(violations) => check_violations(violations),
        Output::Outcome(outcome) => check_outcome(outcome),
        Output::Definition(definition) => check_definition(definition),
        Output::Decision(decision) => decision.check().map_err(|broken| broken.detail),
    }
}

fn check_violations(violations: &[Violation]) -> Result<(), String> {
    at_most("violations", violations.len(), VIOLATIONS_MAX)?;
    for violation in violations {
        short("a violation's path", &violation.path, NAME_BYTES_MAX)?;
        pointer(&violation.path)?;
        short("a violation's message", &violation.message, TEXT_BYTES_MAX)?;
        short("a violation's code", &violation.code, CODE_BYTES_MAX)?;
        if violation.code.is_empty() || !violation.code.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("a violation's code must be 1 to 100 printable ASCII characters".to_owned());
        }
    }
    Ok(())
}

/// RFC 6901: empty, or segments that each begin with `/`; `~` only as `~0` or `~1`.
fn pointer(path: &str) -> Result<(), String> {
    let tildes_escaped = path.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if (path.is_empty() || path.starts_with('/')) && tildes_escaped {
        return Ok(());
    }
    Err("a violation's path is not a JSON Pointer (RFC 6901), e.g. `/lines/0/amount`".to_owned())
}

fn check_outcome(outcome: &Outcome) -> Result<(), String> {
    at_most("actions", outcome.actions.len(), ACTIONS_MAX)?;
    for action in &outcome.actions {
        match action {
            MappingAction::Upsert(a) => {
                short("a collection's name", &a.collection, NAME_BYTES_MAX)?;
                document("a record's body", &a.body)?;
            }
            MappingAction::Start(a) => document("a run's input", &a.input)?,
            MappingAction::Signal(a) => document("a signal's data", &a.data)?,
            MappingAction::Send(a) => at_most("bytes of a request's body", a.body.len(), REQUEST_BYTES_MAX)?,
        }
    }
    outcome.reply.as_ref().map_or(Ok(()), |reply| document("the reply", reply))
}

fn check_definition(definition: &Definition) -> Result<(), String> {
    match definition.flaws().first() {
        None => Ok(()),
        Some(flaw) => Err(format!("the definition is not acceptable at `{}`: {}", flaw.path, flaw.message)),
    }
}

fn at_most(what: &str, found: usize, max: usize) -> Result<(), String> {
    if found > max { Err(format!("{found} {what}; at most {max} are allowed")) } else { Ok(()) }
}

fn short(what: &str, text: &str, max: usize) -> Result<(), String> {
    if text.len() > max { Err(format!("{what} has {} bytes; at most {max} are allowed", text.len())) } else { Ok(()) }
}

fn document(what: &str, text: &str) -> Result<(), String> {
    short(what, text, DOCUMENT_BYTES_MAX)?;
    json::check(text).map_err(|error| format!("{what} is not acceptable JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use signalsync_core::contract::Severity;

    use super::*;

    fn violation(path: &str, code: &str) -> Violation {
        Violation { path: path.to_owned(), code: code.to_owned(), severity: Severity::Error, message: String::new() }
    }

    #[test]
    fn violations_are_checked_at_their_edges() {
        assert!(check_violations(&vec![violation("", "A"); VIOLATIONS_MAX]).is_ok());
        assert!(check_violations(&vec![violation("", "A"); VIOLATIONS_MAX + 1]).is_err());
        for (path, code) in [("a", "A"), ("/~2", "A"), ("/~", "A"), ("", ""), ("", "ä"), ("", "a b")] {
            assert!(check_violations(&[violation(path, code)]).is_err(), "{path:?} {code:?}");
        }
        assert!(check_violations(&[violation("/a~0b/0", &"x".repeat(CODE_BYTES_MAX))]).is_ok());
        assert!(check_violations(&[violation("", &"x".repeat(CODE_BYTES_MAX + 1))]).is_err());
    }

    #[test]
    fn documents_are_bounded_and_well_formed() {
        assert!(document("it", &format!("\"{}\"", "x".repeat(DOCUMENT_BYTES_MAX - 2))).is_ok());
        assert!(document("it", &format!("\"{}\"", "x".repeat(DOCUMENT_BYTES_MAX - 1))).is_err());
        assert!(document("it", "{").is_err());
    }
}
