//! Whether a decision fits the definition that its workflow gave of itself.

use signalsync_core::UserId;
use signalsync_core::contract::{Child, Definition, Notify, OpenTask, RunMapping, SendSignal, Step, Who};

/// Bytes of a run's state.
pub const STATE_BYTES_MAX: usize = 256 << 10;

/// Tasks, timers, effects and children of a run that are open, of each kind: they are listed in the run's row, which
/// every step writes.
pub const OPEN_MAX: usize = 1_000;

/// Entries in a list of people.
pub const PEOPLE_MAX: usize = 100;

/// Bytes of a business key.
pub const KEY_BYTES_MAX: usize = 200;

/// Why a decision cannot be carried out: the run becomes an incident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// Stable.
    pub code: &'static str,
    /// For the developer.
    pub detail: String,
}

impl Fault {
    /// With its stable code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

pub(super) fn state(state: &str) -> Result<(), Fault> {
    if state.len() <= STATE_BYTES_MAX {
        return Ok(());
    }
    let detail = format!("the state has {} bytes; at most {STATE_BYTES_MAX} are possible", state.len());
    Err(Fault::new("state-too-large", detail))
}

/// A status of the definition, reached by one of its transitions.
pub(super) fn way(definition: &Definition, from: &str, to: &str) -> Result<(), Fault> {
    if !definition.statuses.iter().any(|status| status.name == to) {
        return Err(unknown("status", to));
    }
    let leads = |transition: &signalsync_core::contract::Transition| transition.from == from && transition.to == to;
    if from == to || definition.transitions.iter().any(leads) {
        return Ok(());
    }
    let detail = format!("no transition of the definition leads from `{from}` to `{to}`");
    Err(Fault::new("unknown-transition", detail))
}

pub(super) fn task<'a>(definition: &'a Definition, task: &OpenTask) -> Result<&'a Step, Fault> {
    id("task", &task.id)?;
    let step = definition.steps.iter().find(|step| step.id == task.step);
    let step = step.ok_or_else(|| unknown("step", &task.step))?;
    people(definition, &task.people)?;
    Ok(step)
}

pub(super) fn notify(definition: &Definition, notify: &Notify) -> Result<(), Fault> {
    if !definition.templates.contains(&notify.template) {
        return Err(unknown("template", &notify.template));
    }
    people(definition, &notify.to)
}

pub(super) fn mapping(definition: &Definition, effect: &RunMapping) -> Result<(), Fault> {
    id("effect", &effect.id)?;
    let known = definition.mappings.contains(&effect.mapping);
    if known { Ok(()) } else { Err(unknown("mapping", &effect.mapping)) }
}

pub(super) fn child(definition: &Definition, child: &Child) -> Result<(), Fault> {
    id("child", &child.id)?;
    child.key.as_deref().map_or(Ok(()), key)?;
    let known = definition.children.contains(&child.workflow);
    if known { Ok(()) } else { Err(unknown("child", &child.workflow)) }
}

pub(super) fn signal(signal: &SendSignal) -> Result<(), Fault> {
    id("signal", &signal.name)?;
    key(&signal.key)
}

/// Names and ids: `[a-z][a-z0-9-]{0,62}`.
pub(super) fn id(what: &str, id: &str) -> Result<(), Fault> {
    let bytes = id.as_bytes();
    let fits = matches!(bytes.first(), Some(b'a'..=b'z'))
        && bytes.len() <= 63
        && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let detail = || format!("a {what}'s id is 1 to 63 of a-z, 0-9 and hyphens, starting with a letter; not {id:?}");
    if fits { Ok(()) } else { Err(Fault::new("bad-id", detail())) }
}

/// A business key is a line of text.
pub(crate) fn key(key: &str) -> Result<(), Fault> {
    let fits = (1..=KEY_BYTES_MAX).contains(&key.len()) && !key.chars().any(char::is_control);
    let detail = || format!("a business key is 1 to {KEY_BYTES_MAX} bytes without control characters");
    if fits { Ok(()) } else { Err(Fault::new("bad-key", detail())) }
}

fn people(definition: &Definition, people: &[Who]) -> Result<(), Fault> {
    if people.len() > PEOPLE_MAX {
        return Err(Fault::new("too-many-people", format!("a list of people has at most {PEOPLE_MAX} entries")));
    }
    people.iter().try_for_each(|who| one(definition, who))
}

fn one(definition: &Definition, who: &Who) -> Result<(), Fault> {
    let no_id = |text: &str| Fault::new("bad-person", format!("there is nobody with the id {text:?}"));
    match who {
        Who::Role(name) if definition.roles.iter().any(|role| role.name == *name) => Ok(()),
        Who::Role(name) => Err(unknown("role", name)),
        Who::User(text) | Who::ManagerOf(text) => text.parse::<UserId>().map(drop).map_err(|_| no_id(text)),
        Who::TenantRole(text) => text.parse::<signalsync_core::RoleName>().map(drop).map_err(|_| no_id(text)),
        Who::Team(text) => text.parse::<signalsync_core::TeamId>().map(drop).map_err(|_| no_id(text)),
        Who::Department(text) => text.parse::<signalsync_core::DepartmentId>().map(drop).map_err(|_| no_id(text)),
        Who::Starter => Ok(()),
    }
}

fn unknown(what: &'static str, name: &str) -> Fault {
    let code = match what {
        "status" => "unknown-status",
        "step" => "unknown-step",
        "template" => "unknown-template",
        "mapping" => "unknown-mapping",
        "child" => "unknown-child",
        _ => "unknown-role",
    };
    Fault::new(code, format!("the definition has no {what} `{name}`"))
}
