//! Whether a decision keeps its promises: what it says of itself, and what it names of its definition and its run.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::flaws::shown;
use super::{Action, Child, Decision, Definition, Notify, OpenTask, RunMapping, SendSignal, Timer, Who};
use crate::id::{DepartmentId, TeamId, UserId};
use crate::json;
use crate::name::{RoleName, is_name};

/// Bytes of a state: it is read and written with every event of its run.
pub const STATE_BYTES_MAX: usize = 256 << 10;
/// Actions of one decision.
pub const ACTIONS_MAX: usize = 1_000;
/// People that a task or a notification names.
pub const PEOPLE_MAX: usize = 100;
/// Bytes of a reason.
pub const REASON_BYTES_MAX: usize = 4 << 10;
/// Bytes of a document of an action.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// Bytes of a business key.
pub const BUSINESS_KEY_BYTES_MAX: usize = 200;

/// A promise that a decision breaks: nothing of it happens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Broken {
    /// Stable, e.g. `unknown-step`.
    pub code: &'static str,
    /// What it breaks, for the developer.
    pub detail: String,
}

impl Broken {
    /// With its stable code, and a sentence for the developer.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Whether a text can be a business key.
pub fn is_business_key(text: &str) -> bool {
    (1..=BUSINESS_KEY_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Where a run stands before a decision: what the decision may go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its status; for the first event the first one of the definition.
    pub status: String,
    /// Ids of its open tasks.
    pub tasks: BTreeSet<String>,
    /// Ids of its effects that have not ended.
    pub effects: BTreeSet<String>,
    /// Ids of its children that have not ended.
    pub children: BTreeSet<String>,
}

impl Standing {
    /// Of a run that begins.
    pub fn start(definition: &Definition) -> Self {
        let status = definition.statuses.first().map(|status| status.name.clone()).unwrap_or_default();
        Self { status, tasks: BTreeSet::new(), effects: BTreeSet::new(), children: BTreeSet::new() }
    }
}

impl Decision {
    /// Checks what a decision says of itself: how much it is, how its names are written, that its end is its last action.
    ///
    /// # Errors
    /// The first rule that it breaks, for the developer.
    pub fn check(&self) -> Result<(), Broken> {
        document("the state", &self.state, STATE_BYTES_MAX)?;
        name("the status", &self.status)?;
        at_most("actions", self.actions.len(), ACTIONS_MAX)?;
        let ends = |action: &Action| matches!(action, Action::Complete(_) | Action::Fail(_));
        if let Some(end) = self.actions.iter().position(ends)
            && end + 1 < self.actions.len()
        {
            let detail = "an action stands behind the end of the run; let the end be the last action";
            return Err(Broken::new("behind-the-end", detail));
        }
        self.actions.iter().try_for_each(check_action)
    }

    /// Checks what a decision names: that its definition has it, and that its run does not have it already.
    ///
    /// # Errors
    /// The first promise that it breaks, for the developer.
    pub fn fits(&self, definition: &Definition, standing: &Standing) -> Result<(), Broken> {
        check_way(definition, &standing.status, &self.status)?;
        let mut standing = standing.clone();
        self.actions.iter().try_for_each(|action| follow(definition, &mut standing, action))
    }
}

fn check_action(action: &Action) -> Result<(), Broken> {
    match action {
        Action::OpenTask(OpenTask { id, step, people, due, priority: _, data }) => {
            name("a task's id", id)?;
            name("a task's step", step)?;
            check_people("people of a task", people)?;
            near(due.is_none_or(super::Moment::is_near))?;
            document("a task's data", data, DOCUMENT_BYTES_MAX)
        }
        Action::CloseTask(id) | Action::ClearTimer(id) | Action::CancelChild(id) => name("an id", id),
        Action::SetTimer(Timer { id, at }) => name("a timer's id", id).and_then(|()| near(at.is_near())),
        Action::Notify(Notify { to, template, data }) => {
            name("a template", template)?;
            if to.is_empty() {
                return Err(Broken::new("nobody", "a notification is for nobody; name somebody in `to`"));
            }
            check_people("people of a notification", to)?;
            document("a notification's data", data, DOCUMENT_BYTES_MAX)
        }
        Action::RunMapping(RunMapping { id, mapping, input }) => {
            name("an effect's id", id)?;
            name("a mapping", mapping)?;
            document("a mapping's input", input, DOCUMENT_BYTES_MAX)
        }
        Action::StartChild(Child { id, workflow, key, input }) => {
            name("a child's id", id)?;
            name("a child's workflow", workflow)?;
            key.iter().try_for_each(|text| business_key("a child's key", text))?;
            document("a child's input", input, DOCUMENT_BYTES_MAX)
        }
        Action::SendSignal(SendSignal { workflow, key, name: signal, data }) => {
            name("a signal's workflow", workflow)?;
            business_key("a signal's key", key)?;
            name("a signal's name", signal)?;
            document("a signal's data", data, DOCUMENT_BYTES_MAX)
        }
        Action::Complete(result) => document("the result", result, DOCUMENT_BYTES_MAX),
        Action::Fail(reason) => short("the reason of a failure", reason, REASON_BYTES_MAX),
    }
}

fn check_people(what: &str, people: &[Who]) -> Result<(), Broken> {
    at_most(what, people.len(), PEOPLE_MAX)?;
    people.iter().try_for_each(|who| match who {
        Who::Role(role) => name("a role", role),
        Who::User(text) | Who::ManagerOf(text) => somebody::<UserId>("user", text),
        Who::TenantRole(text) => somebody::<RoleName>("role of the tenant", text),
        Who::Team(text) => somebody::<TeamId>("team", text),
        Who::Department(text) => somebody::<DepartmentId>("department", text),
        Who::Starter => Ok(()),
    })
}

fn somebody<T: FromStr<Err: fmt::Display>>(what: &str, text: &str) -> Result<(), Broken> {
    let wrong = |error| Broken::new("bad-person", format!("{} is no {what}: {error}", shown(text)));
    text.parse::<T>().map(drop).map_err(wrong)
}

fn check_way(definition: &Definition, from: &str, to: &str) -> Result<(), Broken> {
    known("status", to, definition.statuses.iter().map(|status| &status.name))?;
    if from == to || definition.transitions.iter().any(|way| way.from == from && way.to == to) {
        return Ok(());
    }
    let detail = format!("no transition of the definition leads from {} to {}", shown(from), shown(to));
    Err(Broken::new("unknown-transition", detail))
}

/// Checks one action against what the run has after those before it, and notes what it changes.
fn follow(definition: &Definition, standing: &mut Standing, action: &Action) -> Result<(), Broken> {
    match action {
        Action::OpenTask(task) => {
            known("step", &task.step, definition.steps.iter().map(|step| &step.id))?;
            roles(definition, &task.people)?;
            begin("task", &task.id, &mut standing.tasks)
        }
        Action::CloseTask(id) => {
            standing.tasks.remove(id);
            Ok(())
        }
        Action::Notify(notify) => {
            known("template", &notify.template, &definition.templates)?;
            roles(definition, &notify.to)
        }
        Action::RunMapping(effect) => {
            known("mapping", &effect.mapping, &definition.mappings)?;
            begin("effect", &effect.id, &mut standing.effects)
        }
        Action::StartChild(child) => {
            known("child", &child.workflow, &definition.children)?;
            begin("child", &child.id, &mut standing.children)
        }
        Action::SetTimer(_)
        | Action::ClearTimer(_)
        | Action::CancelChild(_)
        | Action::SendSignal(_)
        | Action::Complete(_)
        | Action::Fail(_) => Ok(()),
    }
}

fn roles(definition: &Definition, people: &[Who]) -> Result<(), Broken> {
    people.iter().try_for_each(|who| match who {
        Who::Role(role) => known("role", role, definition.roles.iter().map(|role| &role.name)),
        _ => Ok(()),
    })
}

fn known<'a>(what: &str, name: &str, list: impl IntoIterator<Item = &'a String>) -> Result<(), Broken> {
    if list.into_iter().any(|known| known == name) {
        return Ok(());
    }
    let code = match what {
        "status" => "unknown-status",
        "step" => "unknown-step",
        "template" => "unknown-template",
        "mapping" => "unknown-mapping",
        "child" => "unknown-child",
        _ => "unknown-role",
    };
    Err(Broken::new(code, format!("the definition has no {what} {}", shown(name))))
}

/// Notes an id that is not in use.
fn begin(what: &str, id: &str, ids: &mut BTreeSet<String>) -> Result<(), Broken> {
    if ids.insert(id.to_owned()) {
        return Ok(());
    }
    Err(Broken::new("id-in-use", format!("the run has the {what} {} already", shown(id))))
}

fn name(what: &str, text: &str) -> Result<(), Broken> {
    if is_name(text) {
        return Ok(());
    }
    let rule = "which is not 1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    Err(Broken::new("bad-name", format!("{what} is {}, {rule}", shown(text))))
}

fn business_key(what: &str, text: &str) -> Result<(), Broken> {
    if is_business_key(text) {
        return Ok(());
    }
    let rule = format!("which is not 1 to {BUSINESS_KEY_BYTES_MAX} bytes without control characters");
    Err(Broken::new("bad-key", format!("{what} is {}, {rule}", shown(text))))
}

fn near(is_near: bool) -> Result<(), Broken> {
    if is_near {
        return Ok(());
    }
    let detail = "a moment is more than ten years ahead, or more than a year of working minutes; check its unit";
    Err(Broken::new("too-far", detail))
}

fn at_most(what: &str, found: usize, max: usize) -> Result<(), Broken> {
    if found <= max {
        return Ok(());
    }
    Err(Broken::new("too-many", format!("{found} {what}; at most {max} are allowed")))
}

fn short(what: &str, text: &str, max: usize) -> Result<(), Broken> {
    if text.len() <= max {
        return Ok(());
    }
    Err(Broken::new("too-large", format!("{what} has {} bytes; at most {max} are allowed", text.len())))
}

fn document(what: &str, text: &str, max: usize) -> Result<(), Broken> {
    short(what, text, max)?;
    json::check(text).map_err(|error| Broken::new("bad-json", format!("{what} is not acceptable JSON: {error}")))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::contract::workflow::{Choice, Leaning, Moment, Priority, Role, Signing, Status, Step, Transition, Turn};

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn definition() -> Definition {
        let status = |name| Status { name: text(name), label: text("A status"), color: text("blue") };
        Definition {
            name: text("approval"),
            label: text("Approval"),
            input_form: None,
            statuses: vec![status("open"), status("done")],
            roles: vec![Role { name: text("manager"), label: text("Manager") }],
            steps: vec![Step {
                id: text("approve"),
                label: text("Approve"),
                role: text("manager"),
                form: None,
                choices: vec![Choice { id: text("yes"), label: text("Yes"), leaning: Leaning::Positive }],
                signing: Signing::Any,
                turn: Turn::Together,
                not_by: vec![],
                due: None,
            }],
            transitions: vec![Transition { from: text("open"), to: text("done"), label: text("On") }],
            service_levels: vec![],
            templates: vec![text("please")],
            mappings: vec![text("export")],
            children: vec![text("delivery")],
            signals: vec![],
        }
    }

    fn decision(actions: Vec<Action>) -> Decision {
        Decision { state: text("{}"), status: text("open"), actions }
    }

    fn task(id: &str) -> Action {
        let (id, step, data) = (text(id), text("approve"), text("null"));
        Action::OpenTask(OpenTask { id, step, people: vec![], due: None, priority: Priority::Normal, data })
    }

    fn effect(id: &str, mapping: &str) -> Action {
        Action::RunMapping(RunMapping { id: text(id), mapping: text(mapping), input: text("{}") })
    }

    fn notify(to: Vec<Who>) -> Action {
        Action::Notify(Notify { to, template: text("please"), data: text("{}") })
    }

    fn child(workflow: &str, key: Option<&str>) -> Action {
        let (workflow, key) = (text(workflow), key.map(text));
        Action::StartChild(Child { id: text("c"), workflow, key, input: text("{}") })
    }

    fn fits(decision: &Decision) -> Result<(), Broken> {
        let definition = definition();
        decision.fits(&definition, &Standing::start(&definition))
    }

    #[track_caller]
    fn breaks(result: Result<(), Broken>, named: &str) {
        let error = result.unwrap_err();
        assert!(error.detail.contains(named), "{error}");
    }

    #[test]
    fn a_decision_that_keeps_its_promises_fits() {
        let actions = vec![task("a"), effect("e", "export"), notify(vec![Who::Starter]), child("delivery", Some("k"))];
        let decision = Decision { status: text("done"), ..decision(actions) };
        assert_eq!(decision.check(), Ok(()));
        assert_eq!(fits(&decision), Ok(()));
    }

    #[test]
    fn what_the_definition_does_not_have_is_named() {
        breaks(fits(&Decision { status: text("gone"), ..decision(vec![]) }), "no status `gone`");
        breaks(fits(&decision(vec![effect("e", "other")])), "no mapping `other`");
        breaks(fits(&decision(vec![child("other", None)])), "no child `other`");
        breaks(fits(&decision(vec![notify(vec![Who::Role(text("boss"))])])), "no role `boss`");
        let Action::OpenTask(mut unknown) = task("a") else { unreachable!() };
        unknown.step = text("sign");
        breaks(fits(&decision(vec![Action::OpenTask(unknown)])), "no step `sign`");
    }

    #[test]
    fn only_ways_of_the_definition_are_taken() {
        let definition = definition();
        let standing = Standing { status: text("done"), ..Standing::start(&definition) };
        breaks(decision(vec![]).fits(&definition, &standing), "from `done` to `open`");
        let stays = Decision { status: text("done"), ..decision(vec![]) };
        assert_eq!(stays.fits(&definition, &standing), Ok(()));
    }

    #[test]
    fn an_id_in_use_is_named_and_one_that_was_closed_is_free() {
        let definition = definition();
        let standing = Standing { tasks: [text("a")].into(), ..Standing::start(&definition) };
        breaks(decision(vec![task("a")]).fits(&definition, &standing), "the task `a` already");
        let again = decision(vec![Action::CloseTask(text("a")), task("a")]);
        assert_eq!(again.fits(&definition, &standing), Ok(()));
        breaks(fits(&decision(vec![effect("e", "export"), effect("e", "export")])), "the effect `e` already");
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let state = |bytes: usize| Decision { state: format!("\"{}\"", "x".repeat(bytes - 2)), ..decision(vec![]) };
        assert_eq!(state(STATE_BYTES_MAX).check(), Ok(()));
        breaks(state(STATE_BYTES_MAX + 1).check(), "the state has 262145 bytes");
        let clears = |count| decision(vec![Action::ClearTimer(text("t")); count]);
        assert_eq!(clears(ACTIONS_MAX).check(), Ok(()));
        breaks(clears(ACTIONS_MAX + 1).check(), "1001 actions");
        let told = |count| decision(vec![notify(vec![Who::Starter; count])]);
        assert_eq!(told(PEOPLE_MAX).check(), Ok(()));
        breaks(told(PEOPLE_MAX + 1).check(), "101 people");
        breaks(told(0).check(), "for nobody");
        let keyed = |bytes| decision(vec![child("delivery", Some(&"k".repeat(bytes)))]);
        assert_eq!(keyed(BUSINESS_KEY_BYTES_MAX).check(), Ok(()));
        breaks(keyed(BUSINESS_KEY_BYTES_MAX + 1).check(), "a child's key");
        let failed = |bytes| decision(vec![Action::Fail("x".repeat(bytes))]);
        assert_eq!(failed(REASON_BYTES_MAX).check(), Ok(()));
        breaks(failed(REASON_BYTES_MAX + 1).check(), "4097 bytes");
    }

    #[test]
    fn texts_and_moments_are_checked() {
        breaks(Decision { state: text("{"), ..decision(vec![]) }.check(), "the state is not acceptable JSON");
        breaks(Decision { status: text("Open"), ..decision(vec![]) }.check(), "the status is `Open`");
        breaks(decision(vec![task("A B")]).check(), "a task's id is `A B`");
        breaks(decision(vec![child("delivery", Some(""))]).check(), "a child's key");
        breaks(decision(vec![Action::Complete(text("done"))]).check(), "the result is not acceptable JSON");
        let timer = |at| decision(vec![Action::SetTimer(Timer { id: text("t"), at })]);
        assert_eq!(timer(Moment::At(Timestamp(u64::MAX))).check(), Ok(()));
        breaks(timer(Moment::After(Moment::AFTER_MS_MAX + 1)).check(), "ten years");
        for nobody in [
            Who::User(text("ann")),
            Who::ManagerOf(text("")),
            Who::Team(UserId::new().to_string()),
            Who::TenantRole(text("The Boss")),
        ] {
            breaks(decision(vec![notify(vec![nobody.clone()])]).check(), "is no ");
        }
        let known = vec![Who::User(UserId::new().to_string()), Who::TenantRole(text("boss"))];
        assert_eq!(decision(vec![notify(known)]).check(), Ok(()));
    }

    #[test]
    fn nothing_follows_the_end() {
        let end = || Action::Complete(text("null"));
        assert_eq!(decision(vec![task("a"), end()]).check(), Ok(()));
        breaks(decision(vec![end(), task("a")]).check(), "behind the end");
        breaks(decision(vec![end(), end()]).check(), "behind the end");
    }
}
