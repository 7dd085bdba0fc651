//! Properties of the machine: whatever is decided, a run afterwards and what has to be done agree.

use std::collections::BTreeSet;

use proptest::prelude::*;
use signalsync_core::contract::workflow::{Priority, Role, Signing, Status, Step, Timer, Turn};

use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

fn definition() -> Definition {
    let status = |name| Status { name: text(name), label: text("A status"), color: text("blue") };
    let way = |from, to| signalsync_core::contract::workflow::Transition {
        from: text(from),
        to: text(to),
        label: text("On"),
    };
    Definition {
        name: text("approval"),
        label: text("Approval"),
        input_form: None,
        statuses: vec![status("open"), status("done")],
        roles: vec![Role { name: text("boss"), label: text("Boss") }],
        steps: vec![Step {
            id: text("approve"),
            label: text("Approve"),
            role: text("boss"),
            form: None,
            choices: vec![],
            signing: Signing::Any,
            turn: Turn::Together,
            not_by: vec![],
            due: None,
        }],
        transitions: vec![way("open", "done")],
        service_levels: vec![],
        templates: vec![],
        mappings: vec![text("export")],
        children: vec![text("delivery")],
        signals: vec![text("paid")],
    }
}

fn run() -> Run {
    let workflow = "approval".parse().unwrap_or_else(|_| unreachable!("it is a name"));
    Run {
        tasks: BTreeMap::from([(text("a"), TaskId::new())]),
        timers: BTreeMap::from([(text("a"), WorkId::new())]),
        effects: BTreeMap::from([(text("a"), WorkId::new())]),
        children: BTreeMap::from([(text("a"), RunId::new())]),
        ..Run::begin(RunId::new(), workflow, 1, text("open"), Timestamp(0))
    }
}

fn task(id: &str) -> Action {
    let (id, step, data) = (text(id), text("approve"), text("null"));
    Action::OpenTask(OpenTask { id, step, people: vec![], due: Some(Moment::After(5)), priority: Priority::Low, data })
}

fn action() -> impl Strategy<Value = Action> {
    let id = || prop::sample::select(vec!["a", "b", "c"]);
    prop_oneof![
        id().prop_map(task),
        id().prop_map(|id| Action::CloseTask(text(id))),
        (id(), 0..9_u64).prop_map(|(id, ms)| Action::SetTimer(Timer { id: text(id), at: Moment::After(ms) })),
        id().prop_map(|id| Action::ClearTimer(text(id))),
        id().prop_map(|id| Action::RunMapping(RunMapping { id: text(id), mapping: text("export"), input: text("{}") })),
        id().prop_map(|id| {
            let (id, workflow, input) = (text(id), text("delivery"), text("{}"));
            Action::StartChild(Child { id, workflow, key: None, input })
        }),
        id().prop_map(|id| Action::CancelChild(text(id))),
    ]
}

fn ending() -> impl Strategy<Value = Option<Action>> {
    prop::option::of(prop_oneof![Just(Action::Complete(text("null"))), Just(Action::Fail(text("no")))])
}

fn due(moment: Moment) -> Result<Timestamp, Broken> {
    match moment {
        Moment::At(at) => Ok(at),
        Moment::After(ms) => Ok(Timestamp(100 + ms)),
        Moment::Working(_) => Err(Broken::new("no-calendar", "none")),
    }
}

fn decided(run: Run, event: &Event, actions: Vec<Action>) -> Result<Decided, Broken> {
    let definition = definition();
    let ground = Ground { definition: &definition, now: Timestamp(100), due: &due };
    decide(run, event, Decision { state: text("{}"), status: text("open"), actions }, &ground)
}

proptest! {
    /// What is closed was open, what is opened is opened once, and an end leaves nothing open.
    #[test]
    fn acts_and_the_run_agree(actions in prop::collection::vec(action(), 0..12), ending in ending()) {
        let (before, has_ending) = (run(), ending.is_some());
        let actions: Vec<_> = actions.into_iter().chain(ending).collect();
        let Ok(Decided { run, acts }) = decided(before.clone(), &Event::Timer(text("z")), actions) else { return Ok(()) };
        let closed: Vec<_> = acts.iter().filter_map(|act| match act { Act::CloseTask(id) => Some(*id), _ => None }).collect();
        prop_assert!(closed.iter().all(|id| before.tasks.values().any(|open| open == id)));
        prop_assert_eq!(closed.iter().collect::<BTreeSet<_>>().len(), closed.len());
        let opened: Vec<_> = acts.iter().filter_map(|act| match act { Act::OpenTask(task, _) => Some(&task.id), _ => None }).collect();
        prop_assert_eq!(opened.iter().collect::<BTreeSet<_>>().len(), opened.len());
        prop_assert!(opened.iter().all(|id| !run.tasks.contains_key(*id)));
        let rung: Vec<_> = acts.iter().filter_map(|act| match act { Act::SetTimer(id, _) => Some(id), _ => None }).collect();
        prop_assert_eq!(rung.iter().collect::<BTreeSet<_>>().len(), rung.len(), "a timer with the same id is replaced");
        prop_assert!(rung.iter().all(|id| !run.timers.contains_key(*id)));
        prop_assert_eq!(run.state.has_ended(), has_ending);
        prop_assert_eq!(run.steps, 1);
        if has_ending {
            prop_assert!(run.tasks.is_empty() && run.timers.is_empty() && run.effects.is_empty() && run.children.is_empty());
            prop_assert!(opened.is_empty() && rung.is_empty());
            prop_assert_eq!(run.ended_at, Some(Timestamp(100)));
        }
    }

    /// The same run, event and decision come to the same.
    #[test]
    fn it_is_a_function(actions in prop::collection::vec(action(), 0..12)) {
        let before = run();
        let event = Event::Signal(signalsync_core::contract::workflow::Signalled { name: text("paid"), data: text("1") });
        prop_assert_eq!(decided(before.clone(), &event, actions.clone()), decided(before, &event, actions));
    }
}

#[test]
fn an_id_that_an_event_ended_is_free_again() {
    let before = run();
    assert_eq!(
        decided(before.clone(), &Event::Timer(text("a")), vec![task("a")]).map_err(|fault| fault.code),
        Err("id-in-use")
    );
    let done = signalsync_core::contract::workflow::TaskDone {
        id: text("a"),
        step: text("approve"),
        choice: text("yes"),
        data: text("{}"),
        by: text("usr"),
        votes: vec![],
    };
    let Ok(Decided { run, acts }) = decided(before, &Event::TaskDone(done), vec![task("a")]) else {
        panic!("it is free")
    };
    assert!(run.tasks.is_empty() && matches!(acts[..], [Act::OpenTask(_, Some(Timestamp(105)))]));
}

#[test]
fn what_was_taken_back_is_not_heard() {
    let (run, definition) = (run(), definition());
    let stale = |event: &Event, cause| is_stale(&run, &definition, event, cause);
    let timer = Event::Timer(text("a"));
    assert!(!stale(&timer, Some(Cause::Work(run.timers["a"]))));
    assert!(stale(&timer, Some(Cause::Work(WorkId::new()))), "it was set anew");
    assert!(stale(&Event::Timer(text("b")), Some(Cause::Work(WorkId::new()))), "it was cleared");
    let signal =
        |name| Event::Signal(signalsync_core::contract::workflow::Signalled { name: text(name), data: text("1") });
    assert!(!stale(&signal("paid"), None) && stale(&signal("other"), None));
}

#[test]
fn open_things_are_limited_at_their_edge() {
    let many = |count: usize| (0..count).map(|number| task(&format!("t{number}"))).collect::<Vec<_>>();
    let empty = Run { tasks: BTreeMap::new(), ..run() };
    assert!(decided(empty.clone(), &Event::Timer(text("z")), many(OPEN_MAX)).is_ok());
    let beyond = decided(empty, &Event::Timer(text("z")), many(OPEN_MAX + 1));
    assert_eq!(beyond.map_err(|fault| fault.code), Err("too-many-open"));
}

#[test]
fn a_run_that_somebody_wanted_to_end_and_that_fails_was_cancelled() {
    let fails = || vec![Action::Fail(text("no"))];
    let cancelled = decided(Run { cancelling: true, ..run() }, &Event::Cancel(text("no")), fails());
    assert_eq!(cancelled.map(|decided| decided.run.state), Ok(RunState::Cancelled));
    assert_eq!(
        decided(run(), &Event::Cancel(text("no")), fails()).map(|decided| decided.run.state),
        Ok(RunState::Failed)
    );
}
