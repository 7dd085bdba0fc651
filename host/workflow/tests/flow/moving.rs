//! Workflows and runs out of one tenant and into another one.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use signalsync_core::contract::workflow::{Action, Definition, Event, Moment, OpenTask, Priority, RunMapping, Timer};
use signalsync_core::{Clock, RunId, Timestamp, UserId};
use signalsync_store::Precondition;
use signalsync_store::lines::Lines;
use signalsync_workflow::{Absence, RunAct, RunState, Signal, archive};

use crate::lab::{DAY, Lab, MINUTE, START, definition, finish, go_on};

/// All that goes along, in the order in which it is taken.
fn parts(with_people: bool) -> Vec<(&'static str, Box<dyn Lines>)> {
    let setup: [(_, Box<dyn Lines>); 4] = [
        ("templates", Box::new(archive::templates())),
        ("versions", Box::new(archive::versions())),
        ("workflows", Box::new(archive::workflows())),
        ("roles", Box::new(archive::roles(with_people))),
    ];
    let whole: [(_, Box<dyn Lines>); 7] = [
        ("runs", Box::new(archive::runs())),
        ("tasks", Box::new(archive::tasks())),
        ("items", Box::new(archive::items())),
        ("signals", Box::new(archive::signals())),
        ("notices", Box::new(archive::notices())),
        ("absences", Box::new(archive::absences())),
        ("notice-settings", Box::new(archive::notice_settings())),
    ];
    let schedules: (_, Box<dyn Lines>) = ("schedules", Box::new(archive::schedules(with_people)));
    let waits: (_, Box<dyn Lines>) = ("waits", Box::new(archive::waits()));
    match with_people {
        true => setup.into_iter().chain(whole).chain([schedules, waits]).collect(),
        false => setup.into_iter().chain([schedules]).collect(),
    }
}

type Written = Vec<(&'static str, Vec<String>)>;

async fn out(lab: &Lab, with_people: bool) -> Written {
    let tx = lab.store().await.begin().await.unwrap();
    let lines = |lines: &dyn Lines| {
        let mut written = Vec::new();
        let push = &mut |line: &[u8]| {
            written.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        };
        lines.out(&tx, push).unwrap();
        written
    };
    parts(with_people).into_iter().map(|(name, part)| (name, lines(part.as_ref()))).collect()
}

async fn take(lab: &Lab, written: &Written, with_people: bool) {
    for ((name, lines), (_, part)) in written.iter().zip(parts(with_people)) {
        lab.change(|tx| {
            for line in lines {
                part.take(tx, line.as_bytes()).unwrap_or_else(|unfit| panic!("{name}: {unfit}: {line}"));
            }
        })
        .await;
    }
}

fn of<'a>(written: &'a Written, name: &str) -> &'a [String] {
    &written.iter().find(|(found, _)| *found == name).unwrap().1
}

fn moving() -> Definition {
    Definition { mappings: vec!["export".to_owned()], ..definition("moving") }
}

/// Asks for one approval, which is late after a day, exports something and rings after two days.
fn script(
    _: Option<&str>,
    event: &Event,
) -> Result<signalsync_core::contract::workflow::Decision, signalsync_core::Failure> {
    let text = str::to_owned;
    match event {
        Event::Started(_) => go_on(vec![
            Action::OpenTask(OpenTask {
                id: text("first"),
                step: text("approve"),
                people: vec![],
                due: Some(Moment::After(DAY)),
                priority: Priority::Normal,
                data: text("null"),
            }),
            Action::RunMapping(RunMapping { id: text("e"), mapping: text("export"), input: text("1") }),
            Action::SetTimer(Timer { id: text("t"), at: Moment::After(2 * DAY) }),
        ]),
        Event::TaskDone(_) => finish(),
        _ => go_on(vec![]),
    }
}

/// A tenant in which a run waits for everything that there is to wait for, and who has to approve.
async fn here() -> (Lab, RunId, UserId) {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.deploy(&"export".parse().unwrap()).await;
    lab.publish(moving(), &[boss], script).await;
    *lab.mapped.fails.lock() = Some((usize::MAX, true));
    let run = lab.start_as(&lab.host(), "moving", Some("one")).await.run;
    let driving = lab.drive();
    lab.task(run, "first").await;
    while driving.figures.set_back() < 1 {
        tokio::task::yield_now().await;
    }
    lab.settled().await;
    driving.end().await;
    (lab, run, boss)
}

async fn there(boss: UserId) -> Lab {
    let lab = Lab::new().await;
    lab.let_in(boss, &[]).await;
    lab.deploy(&"export".parse().unwrap()).await;
    lab.mend("moving", script);
    lab
}

#[tokio::test]
async fn what_a_run_waits_for_comes_where_the_run_goes() {
    let (here, run, boss) = here().await;
    let written = out(&here, true).await;
    let waits = of(&written, "waits");
    assert_eq!(waits.len(), 3, "a timer, a due date and an effect: {waits:?}");
    let there = there(boss).await;
    take(&there, &written, true).await;
    assert_eq!(out(&there, true).await, written, "it is the same tenant");
    let again = there.start_as(&there.host(), "moving", Some("one")).await;
    assert_eq!((again.run, again.created), (run, false), "the key is taken");

    let driving = there.drive();
    there.clock.advance(MINUTE);
    there.until(run, |run| run.effects.is_empty()).await;
    assert_eq!(there.mapped.keys()[0], here.mapped.keys()[0], "the other side sees that it is the same");
    there.clock.advance(DAY);
    there.until(run, |run| run.steps >= 3).await;
    there.clock.advance(DAY);
    there.until(run, |run| run.steps >= 4).await;
    assert_eq!(there.story(run).await, ["step started", "step effect-done", "step task-due", "step timer"]);
    let task = there.inbox(boss).await[0].id;
    there.choose(boss, task, "yes").await.unwrap();
    there.until_state(run, RunState::Completed).await;
    there.clock.advance(MINUTE);
    there.settled().await;
    let figures = there.runs.figures(&there.host(), &"moving".parse().unwrap()).await.unwrap();
    assert_eq!((figures.began, figures.running, figures.steps["approve"].done), (1, 0, 1));
    driving.end().await;
}

#[tokio::test]
async fn nothing_happens_by_itself_where_nothing_reaches_outside() {
    let (here, run, boss) = here().await;
    let written = out(&here, true).await;
    let there = there(boss).await;
    there.neutral.store(true, Ordering::SeqCst);
    take(&there, &written, true).await;
    let driving = there.drive();
    there.clock.advance(3 * DAY);
    there.settled().await;
    assert_eq!(there.story(run).await, ["step started"]);
    assert!(there.mapped.calls.lock().is_empty());
    assert_eq!(out(&there, true).await, written, "and what waits is what waited");
    let task = there.inbox(boss).await[0].id;
    there.choose(boss, task, "yes").await.unwrap();
    there.until_state(run, RunState::Completed).await;
    driving.end().await;
}

#[tokio::test]
async fn a_run_that_has_not_taken_its_first_step_takes_it_where_it_goes() {
    let (here, _, boss) = here().await;
    let two = here.start_as(&here.host(), "moving", Some("two")).await.run;
    let written = out(&here, true).await;
    let there = there(boss).await;
    take(&there, &written, true).await;
    assert_eq!(out(&there, true).await, written);
    let driving = there.drive();
    there.until(two, |run| run.steps >= 1).await;
    assert_eq!(there.story(two).await[0], "step started");
    driving.end().await;
    let nowhere = of(&written, "items").iter().map(|line| line.replace("\"place\":\"0\"", "\"place\":\"1\""));
    let changed: Vec<_> = nowhere.filter(|line| line.contains("\"place\":\"1\"")).collect();
    assert_eq!(changed.len(), 1, "the start of the run");
    let refused =
        there.change(|tx| archive::items().take(tx, changed[0].as_bytes()).map_err(|unfit| unfit.to_string()));
    assert_eq!(refused.await, Err("no event waits at such a place".to_owned()));
}

#[tokio::test]
async fn what_was_begun_ends_where_it_goes() {
    let (here, run, boss) = here().await;
    let ended = here.start("moving").await;
    let driving = here.drive();
    let task = here.task(ended, "first").await;
    here.choose(boss, task, "yes").await.unwrap();
    here.until_state(ended, RunState::Completed).await;
    let early = Signal {
        workflow: "moving".parse().unwrap(),
        key: "two".to_owned(),
        name: "paid".to_owned(),
        data: "1".to_owned(),
    };
    assert!(!here.runs.signal(&here.host(), &early, None).await.unwrap());
    let absence = Absence { from: START, until: Timestamp(START.0 + 9 * DAY), deputy: here.person(&[]).await };
    here.absences.set(&here.of(boss), Some(&absence)).await.unwrap();
    here.runs.act(&here.host(), run, &RunAct::Cancel("moved".to_owned())).await.unwrap();
    here.until(run, |run| run.steps >= 2).await;
    driving.end().await;
    // An event that nobody has taken.
    here.runs.act(&here.host(), run, &RunAct::Suspend).await.unwrap();
    let paid = Signal { key: "one".to_owned(), ..early.clone() };
    assert!(here.runs.signal(&here.host(), &paid, None).await.unwrap());

    let written = out(&here, true).await;
    let there = there(boss).await;
    take(&there, &written, true).await;
    assert_eq!(out(&there, true).await, written);
    assert_eq!(there.absences.get(&there.of(boss)).await.unwrap(), absence);
    assert_eq!(there.run(ended).await.state, RunState::Completed);
    let driving = there.drive();
    there.runs.act(&there.host(), run, &RunAct::Resume).await.unwrap();
    there.until(run, |run| run.steps >= 3).await;
    let two = there.start_as(&there.host(), "moving", Some("two")).await.run;
    there.until(two, |run| run.steps >= 2).await;
    assert_eq!(there.story(two).await[..2], ["step started", "step signal"], "it had come before the run");
    // A run that was asked to end has its day, from when it was asked.
    there.clock.advance(DAY);
    there.until_state(run, RunState::Cancelled).await;
    driving.end().await;
}

#[tokio::test]
async fn a_template_starts_by_the_clock_from_when_it_is_taken() {
    let (here, _, boss) = here().await;
    let daily =
        json!({ "schedule": { "zone": "UTC", "rule": { "cron": "0 9 * * *" } }, "what": { "workflow": "moving" } });
    let daily = || serde_json::from_value(daily.clone()).unwrap();
    let time = |lab: &Lab| Arc::new(lab.clock.clone()) as Arc<dyn Clock>;
    let (desk, name) = (here.schedules(&time(&here)), "daily".parse().unwrap());
    let (kept, ..) = desk.put(&here.host(), &name, daily(), Precondition::None).await.unwrap();
    let written = out(&here, false).await;
    assert!(!written.iter().flat_map(|(_, lines)| lines).any(|line| line.contains("usr_")), "{written:?}");
    let there = there(boss).await;
    there.clock.advance(30 * DAY);
    take(&there, &written, false).await;
    let driving = there.drive();
    there.settled().await;
    let (taken, _) = there.schedules(&time(&there)).get(&there.host(), &name).await.unwrap();
    assert_eq!((taken.next, taken.last), (kept.next.map(|next| Timestamp(next.0 + 30 * DAY)), None));
    driving.end().await;
}

#[tokio::test]
async fn a_line_is_checked_like_what_somebody_enters() {
    let (here, run, boss) = here().await;
    let written = out(&here, true).await;
    let there = there(boss).await;
    take(&there, &written, true).await;
    let line = |part: &str, find: &str| {
        let lines = of(&written, part).iter();
        lines
            .clone()
            .find(|line| line.contains(find))
            .unwrap_or_else(|| panic!("{find}: {:?}", of(&written, part)))
            .clone()
    };
    let (other, nobody) = (RunId::new().to_string(), UserId::new());
    let moved = |part: &str, find: &str| line(part, find).replace(&run.to_string(), &other);
    let absence = |deputy: UserId, until: Timestamp| {
        json!({ "user": boss, "what": { "from": START, "until": until, "deputy": deputy } }).to_string()
    };
    let later = Timestamp(START.0 + DAY);
    for (part, line, why) in [
        ("versions", line("versions", "moving"), "two with this number"),
        ("versions", line("versions", "moving").replacen("\"moving\"", "\"other\"", 1), "something else"),
        ("versions", line("versions", "moving").replace("\"number\":1", "\"number\":0"), "counted from 1"),
        (
            "versions",
            line("versions", "moving").replace("\"settings\":\"{}\"", "\"settings\":\"[]\""),
            "no JSON object",
        ),
        ("workflows", line("workflows", "moving"), "two workflows"),
        ("workflows", line("workflows", "moving").replace("\"moving\"", "\"other\""), "version 1 is missing"),
        ("roles", line("roles", "boss").replace("\"moving\"", "\"other\""), "workflow is missing"),
        ("templates", line("templates", "please").replace("{{ n }}", "{% if %}"), "text in `en`"),
        ("runs", line("runs", "moving"), "two runs"),
        ("runs", moved("runs", "moving"), "business key"),
        ("runs", moved("runs", "moving").replace("\"status\":\"open\"", "\"status\":\"lost\""), "status `lost`"),
        ("runs", moved("runs", "moving").replace("\"version\":1", "\"version\":7"), "version 7"),
        ("tasks", line("tasks", "first"), "two tasks"),
        ("items", moved("items", "history"), "run is missing"),
        ("items", line("items", "history"), "two with this id or number"),
        ("items", line("items", "history").replace("\"number\":1", "\"number\":9"), "has 1 entries"),
        ("absences", absence(boss, later), "themselves"),
        ("absences", absence(nobody, START), "lies behind"),
        ("waits", line("waits", "timer"), "work with this id"),
        ("waits", "{\"wakes\":1}".to_owned(), "unknown variant"),
    ] {
        let (_, lines) = parts(true).into_iter().find(|(name, _)| *name == part).unwrap();
        let mut tx = there.store().await.begin().await.unwrap();
        let unfit = lines.take(&mut tx, line.as_bytes()).err().map(|unfit| unfit.to_string());
        assert!(unfit.as_ref().is_some_and(|unfit| unfit.contains(why)), "{part}: {unfit:?} of {line}");
    }
    // What nobody waits for is passed over.
    let mut tx = there.store().await.begin().await.unwrap();
    archive::waits().take(&mut tx, moved("waits", "timer").as_bytes()).unwrap();
}
