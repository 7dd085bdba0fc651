//! Workflows, played through natively: the shapes that many processes need, each as a whole run, and what the player does
//! not let pass.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_sdk::testing::{self, MockHost, Run};
use signalsync_sdk::workflow::{
    Approval, Color, Deadline, Decision, Definition, Event, Join, Late, Levels, Moment, OpenTask, Progress, Rounds,
    Saga, ServiceLevel, Started, Step, Verdict, Who, Workflow,
};
use signalsync_sdk::{Error, context};

fn role(name: &str) -> Who {
    Who::Role(name.to_owned())
}

/// A purchase: approved in levels by its amount, and taken back by whoever asked for it at most twice.
mod purchase {
    use super::*;

    struct Purchase;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum State {
        Asking { amount: u64, approval: Approval, rounds: Rounds },
        Mending { amount: u64, rounds: Rounds },
        Settled,
    }

    fn ask(amount: u64, mut rounds: Rounds) -> Result<Decision<State>, String> {
        rounds.again()?;
        let levels = Levels::new().above(100, role("lead")).above(10_000, role("board"));
        let approval = Approval::new("approve", "yes", levels.of(amount));
        let Some(task) = approval.task() else { return settle("approved", amount) };
        let task = task.data(&amount)?;
        Ok(Decision::new(State::Asking { amount, approval, rounds }, "asking").open(task))
    }

    fn settle(status: &str, amount: u64) -> Result<Decision<State>, String> {
        Ok(Decision::new(State::Settled, status).complete(&json!({ status: amount }))?)
    }

    impl Workflow for Purchase {
        type State = State;
        type Error = String;

        fn definition() -> Definition {
            Definition::new("purchase", "Purchase")
                .status("asking", "Waits for approval", Color::Yellow)
                .status("mending", "Sent back", Color::Orange)
                .status("approved", "Approved", Color::Green)
                .role("lead", "Team lead")
                .role("board", "Board")
                .step(
                    Step::new("approve", "Approve the purchase", "lead")
                        .positive("yes", "Approve")
                        .negative("no", "Send back")
                        .not_by("start"),
                )
                .step(Step::new("mend", "Mend the purchase", "lead").neutral("again", "Ask again"))
                .transition("asking", "mending", "Send back")
                .transition("mending", "asking", "Ask again")
                .transition("asking", "approved", "Approve")
        }

        fn start(started: Started) -> Result<Decision<State>, String> {
            ask(started.data()?, Rounds::at_most(2))
        }

        fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
            match state {
                State::Asking { amount, mut approval, rounds } => match approval.heard(&event) {
                    Some(Verdict::Next(task)) => {
                        let task = task.data(&amount)?;
                        Ok(Decision::new(State::Asking { amount, approval, rounds }, "asking").open(task))
                    }
                    Some(Verdict::Approved) => settle("approved", amount),
                    Some(Verdict::Rejected) => {
                        let mend = OpenTask::new("mend").ask(Who::Starter);
                        Ok(Decision::new(State::Mending { amount, rounds }, "mending").open(mend))
                    }
                    None => Ok(Decision::new(State::Asking { amount, approval, rounds }, "asking")),
                },
                State::Mending { amount, rounds } => match &event {
                    Event::TaskDone(done) => ask(done.data::<Option<u64>>()?.unwrap_or(amount), rounds),
                    _ => Ok(Decision::new(State::Mending { amount, rounds }, "mending")),
                },
                State::Settled => Err("a settled purchase hears nothing".to_owned()),
            }
        }
    }

    #[test]
    fn the_amount_says_who_is_asked() {
        let mut run = Run::<Purchase>::new();
        run.start(&100).unwrap();
        assert_eq!(run.result(), Some(json!({ "approved": 100 })));
        let mut run = Run::<Purchase>::new();
        run.start(&20_000).unwrap();
        assert_eq!(run.task("approve-1").unwrap().people, [role("lead")]);
        run.finish("approve-1", "yes", &()).unwrap();
        assert_eq!(run.task("approve-2").unwrap().people, [role("board")]);
        assert_eq!(run.tasks(), ["approve-2"]);
        run.finish("approve-2", "yes", &()).unwrap();
        assert_eq!((run.status(), run.has_ended()), ("approved", true));
    }

    #[test]
    fn nobody_approves_their_own_and_only_the_starter_mends() {
        let mut run = Run::<Purchase>::new();
        let (ann, bob) = (testing::user(1), testing::user(2));
        run.start_by(&ann, &500).unwrap();
        assert!(run.choose("approve-1", &ann, "yes", &()).unwrap_err().contains("may not do this one"));
        assert!(run.choose("approve-1", &bob, "no", &()).unwrap());
        assert!(run.choose("mend", &bob, "again", &()).unwrap_err().contains("is not asked"));
        run.finish("mend", "again", &400).unwrap();
        assert_eq!(run.task("approve-1").unwrap().data, "400");
    }

    #[test]
    fn a_loop_ends() {
        let mut run = Run::<Purchase>::new();
        run.start(&500).unwrap();
        run.finish("approve-1", "no", &()).unwrap();
        run.finish("mend", "again", &()).unwrap();
        run.finish("approve-1", "no", &()).unwrap();
        let error = run.finish("mend", "again", &()).unwrap_err();
        assert_eq!(error, "it was done 2 times, and may not be done again");
        assert_eq!((run.status(), run.tasks()), ("mending", vec!["mend"]), "the run stands where it stood");
    }

    #[test]
    fn an_input_of_another_shape_is_an_error() {
        let error = Run::<Purchase>::new().start(&"much").unwrap_err();
        assert!(error.contains("invalid type: string \"much\""), "{error}");
    }
}

/// A repair: answered in time, or given to others; with a service level.
mod repair {
    use super::*;

    struct Repair;

    const HOUR_MS: u64 = 3_600_000;

    impl Workflow for Repair {
        type State = Deadline;
        type Error = Error;

        fn definition() -> Definition {
            Definition::new("repair", "Repair")
                .status("open", "Open", Color::Yellow)
                .status("paused", "Waits for a part", Color::Gray)
                .status("done", "Done", Color::Green)
                .role("engineer", "Engineer")
                .role("head", "Head of maintenance")
                .step(
                    Step::new("repair", "Repair", "engineer")
                        .positive("done", "Done")
                        .neutral("wait", "Wait for a part")
                        .due(Moment::working_hours(3)),
                )
                .transition("open", "paused", "Wait")
                .transition("paused", "open", "Go on")
                .transition("open", "done", "Done")
                .service_level(ServiceLevel::new("repaired", "Repaired in time", 240, &["open"]).alert(50).alert(100))
                .templates(&["late"])
                .signals(&["part-came"])
        }

        fn start(_: Started) -> Result<Decision<Deadline>, Error> {
            let deadline = Deadline::new("answer", Moment::hours(10)).then(role("head"), Moment::hours(5));
            let timer = deadline.begin();
            Ok(Decision::new(deadline, "open").open(OpenTask::new("repair")).with(timer))
        }

        fn advance(mut deadline: Deadline, event: Event) -> Result<Decision<Deadline>, Error> {
            match deadline.heard(&event) {
                Some(Late::Escalate(who, timer)) => {
                    return Decision::new(deadline, "open").with(timer).notify(vec![who], "late", &());
                }
                Some(Late::Over) => return Ok(Decision::new(deadline, "open").fail("nobody repaired it")),
                None => {}
            }
            match event {
                Event::TaskDone(done) if done.choice == "wait" => Ok(Decision::new(deadline, "paused")),
                Event::TaskDone(_) => {
                    let met = deadline.met();
                    Decision::new(deadline, "done").with(met).complete(&())
                }
                Event::Signal(_) => Ok(Decision::new(deadline, "open").open(OpenTask::new("repair"))),
                Event::TaskDue(_) => Decision::new(deadline, "open").notify(vec![Who::Starter], "late", &"task"),
                Event::ServiceLevel(reached) => {
                    Decision::new(deadline, "open").notify(vec![role("head")], "late", &reached.percent)
                }
                Event::Cancel(reason) => Ok(Decision::new(deadline, "open").fail(reason)),
                _ => Ok(Decision::new(deadline, "open")),
            }
        }
    }

    fn told(run: &Run<Repair>) -> Vec<&str> {
        run.notified().iter().map(|notify| notify.data.as_str()).collect()
    }

    #[test]
    fn what_is_due_happens_in_its_order_and_at_its_time() {
        let _host = MockHost::new().now(1_000).install();
        let mut run = Run::<Repair>::new();
        run.start(&()).unwrap();
        assert_eq!(run.due("repair"), Some(1_000 + 3 * HOUR_MS));
        assert_eq!(run.wait(Moment::hours(2)), Ok(1));
        assert_eq!(told(&run), ["50"]);
        assert_eq!(run.wait(Moment::hours(20)), Ok(4));
        assert_eq!(told(&run), ["50", "\"task\"", "100", "null"]);
        let hours: Vec<_> = run.history().iter().map(|happened| (happened.at - 1_000) / HOUR_MS).collect();
        assert_eq!(hours, [0, 2, 3, 4, 10, 15]);
        assert_eq!(run.failure(), Some("nobody repaired it"));
        assert_eq!(run.now(), 1_000 + 22 * HOUR_MS);
    }

    #[test]
    fn a_service_level_pauses_with_its_status() {
        let mut run = Run::<Repair>::new();
        run.start(&()).unwrap();
        assert_eq!(run.wait(Moment::hours(1)), Ok(0));
        run.finish("repair", "wait", &()).unwrap();
        assert_eq!(run.wait(Moment::hours(8)), Ok(0), "an hour is used, and no more");
        run.signal("part-came", &()).unwrap();
        assert_eq!(run.wait(Moment::minutes(59)), Ok(0));
        assert_eq!((run.wait(Moment::minutes(1)), told(&run)), (Ok(2), vec!["null", "50"]), "after the deadline");
    }

    #[test]
    fn what_is_done_in_time_is_not_late() {
        let mut run = Run::<Repair>::new();
        run.start(&()).unwrap();
        run.finish("repair", "done", &()).unwrap();
        assert_eq!((run.wait(Moment::days(30)), run.timers().len()), (Ok(0), 0));
        assert!(run.has_ended() && run.notified().is_empty());
    }

    #[test]
    fn only_signals_of_the_definition_reach_a_run() {
        let mut run = Run::<Repair>::new();
        run.start(&()).unwrap();
        assert_eq!(run.signal("gone", &()).unwrap_err(), "the definition has no signal `gone`");
    }

    #[test]
    fn what_ends_hears_nothing_more() {
        let mut run = Run::<Repair>::new();
        assert_eq!(run.cancel("early").unwrap_err(), "the run was not started");
        run.start(&()).unwrap();
        run.cancel("enough").unwrap();
        assert_eq!((run.failure(), run.tasks().len()), (Some("enough"), 0));
        assert_eq!(run.cancel("again").unwrap_err(), "the run has ended");
    }
}

/// An order: two checks side by side, then effects that are undone when one fails, or when it is cancelled.
mod order {
    use super::*;

    struct Order;

    #[derive(Debug, Serialize, Deserialize)]
    enum State {
        Checking(Join),
        Doing(Saga),
    }

    fn go_on(saga: Saga, progress: Option<Progress>) -> Result<Decision<State>, Error> {
        let decision = Decision::new(State::Doing(saga), "doing");
        match progress {
            Some(Progress::Next(action)) => Ok(decision.with(action)),
            Some(Progress::Done) => decision.complete(&"delivered"),
            Some(Progress::Undone { reason, left }) => Ok(decision.fail(format!("{reason}; left: {left:?}"))),
            None => Ok(decision),
        }
    }

    impl Workflow for Order {
        type State = State;
        type Error = Error;

        fn definition() -> Definition {
            Definition::new("order", "Order")
                .status("checking", "Being checked", Color::Yellow)
                .status("doing", "Being done", Color::Blue)
                .role("clerk", "Clerk")
                .step(Step::new("price", "Check the price", "clerk").positive("ok", "OK"))
                .step(Step::new("stock", "Check the stock", "clerk").positive("ok", "OK"))
                .transition("checking", "doing", "Checked")
                .mappings(&["reserve", "release", "charge", "refund", "ship"])
        }

        fn start(_: Started) -> Result<Decision<State>, Error> {
            let join = Join::all(["price", "stock"]);
            let decision = Decision::new(State::Checking(join), "checking");
            Ok(decision.open(OpenTask::new("price")).open(OpenTask::new("stock")))
        }

        fn advance(state: State, event: Event) -> Result<Decision<State>, Error> {
            match (state, event) {
                (State::Checking(mut join), Event::TaskDone(done)) => {
                    if !join.arrived(&done.id) {
                        return Ok(Decision::new(State::Checking(join), "checking"));
                    }
                    let mut saga = Saga::new()
                        .step("reserve", "reserve", &1)?
                        .undo("release", &1)?
                        .step("charge", "charge", &2)?
                        .undo("refund", &2)?
                        .step("ship", "ship", &3)?;
                    let progress = saga.begin();
                    go_on(saga, Some(progress))
                }
                (State::Doing(mut saga), Event::Cancel(reason)) => {
                    let progress = saga.give_up(reason);
                    go_on(saga, progress)
                }
                (State::Doing(mut saga), event) => {
                    let progress = saga.heard(&event);
                    go_on(saga, progress)
                }
                (state, _) => Ok(Decision::new(state, "checking")),
            }
        }
    }

    fn doing() -> Run<Order> {
        let mut run = Run::<Order>::new();
        run.start(&()).unwrap();
        assert_eq!(run.tasks(), ["price", "stock"]);
        run.finish("stock", "ok", &()).unwrap();
        assert_eq!((run.status(), run.tasks()), ("checking", vec!["price"]));
        run.finish("price", "ok", &()).unwrap();
        run
    }

    #[test]
    fn all_is_done_in_order() {
        let mut run = doing();
        for id in ["reserve", "charge", "ship"] {
            assert_eq!(run.effects(), [id]);
            run.effect_done(id, &()).unwrap();
        }
        assert_eq!(run.result::<String>().as_deref(), Some("delivered"));
    }

    #[test]
    fn what_was_done_is_undone_last_first() {
        let mut run = doing();
        run.effect_done("reserve", &()).unwrap();
        run.effect_done("charge", &()).unwrap();
        run.effect_failed("ship", "no lorry").unwrap();
        assert_eq!(
            (run.effects(), run.effect("undo-charge").unwrap().mapping.as_str()),
            (vec!["undo-charge"], "refund")
        );
        run.effect_failed("undo-charge", "bank closed").unwrap();
        run.effect_done("undo-reserve", &()).unwrap();
        assert_eq!(run.failure(), Some("no lorry; left: [\"charge\"]"));
    }

    #[test]
    fn a_cancelled_saga_waits_for_its_effect_and_undoes_it_too() {
        let mut run = doing();
        run.effect_done("reserve", &()).unwrap();
        run.cancel("not needed").unwrap();
        assert_eq!(run.effects(), ["charge"], "it may have an effect yet");
        run.effect_done("charge", &()).unwrap();
        run.effect_done("undo-charge", &()).unwrap();
        run.effect_done("undo-reserve", &()).unwrap();
        assert_eq!(run.failure(), Some("not needed; left: []"));
    }

    #[test]
    fn an_effect_that_is_not_under_way_cannot_end() {
        let mut run = doing();
        assert_eq!(run.effect_done("ship", &()).unwrap_err(), "the run has no effect `ship`");
    }
}

/// Several people sign.
mod signing {
    use super::*;

    /// Decides by votes, or by all of them, as its input says.
    struct Election;

    impl Workflow for Election {
        type State = ();
        type Error = Error;

        fn definition() -> Definition {
            let choices = |step: Step| step.positive("yes", "Yes").neutral("later", "Later").negative("no", "No");
            Definition::new("election", "Election")
                .status("open", "Open", Color::Yellow)
                .role("board", "Board")
                .step(choices(Step::new("votes", "Vote", "board")).by_votes(2))
                .step(choices(Step::new("all", "Sign", "board")).by_all())
        }

        fn start(started: Started) -> Result<Decision<()>, Error> {
            Ok(Decision::new((), "open").open(OpenTask::new(&started.data::<String>()?)))
        }

        fn advance(_: (), event: Event) -> Result<Decision<()>, Error> {
            match event {
                Event::TaskDone(done) => Decision::new((), "open").complete(&json!([done.choice, done.votes.len()])),
                _ => Ok(Decision::new((), "open")),
            }
        }
    }

    fn election(step: &str, choices: &[&str]) -> Run<Election> {
        let mut run = Run::<Election>::new().with_people("board", 3);
        run.start(step).unwrap();
        for (number, choice) in (1..).zip(choices) {
            run.choose(step, &testing::user(number), choice, &()).unwrap();
        }
        run
    }

    #[test]
    fn the_rule_of_the_step_decides() {
        for (step, choices, decided) in [
            ("votes", &["yes", "yes"][..], json!(["yes", 2])),
            ("votes", &["yes", "no", "later"], json!(["no", 3])),
            ("all", &["yes", "no"], json!(["no", 2])),
            ("all", &["yes", "yes", "later"], json!(["yes", 3])),
        ] {
            assert_eq!(election(step, choices).result(), Some(decided), "{step} {choices:?}");
        }
        assert!(!election("votes", &["yes", "no"]).has_ended());
        assert!(!election("all", &["yes", "yes"]).has_ended());
    }

    #[test]
    fn everybody_chooses_once_and_one_of_the_choices() {
        let mut run = election("all", &["yes"]);
        let ann = testing::user(1);
        assert!(run.choose("all", &ann, "yes", &()).unwrap_err().contains("has chosen before"));
        assert!(run.choose("all", &testing::user(2), "perhaps", &()).unwrap_err().contains("no choice `perhaps`"));
        assert!(run.choose("votes", &ann, "yes", &()).unwrap_err().contains("no open task `votes`"));
        run.finish("all", "yes", &()).unwrap();
        assert_eq!(run.result(), Some(json!(["yes", 3])));
    }

    #[test]
    fn fewer_people_than_votes_are_an_error() {
        let error = Run::<Election>::new().start("votes").unwrap_err();
        assert!(error.contains("needs 2 votes, and 1 people"), "{error}");
    }
}

/// What the player does not let pass: the host would not either.
mod promises {
    use super::*;

    /// Does what its input says.
    struct Careless;

    static CALLS: AtomicU32 = AtomicU32::new(0);

    impl Workflow for Careless {
        type State = ();
        type Error = Error;

        fn definition() -> Definition {
            Definition::new("careless", "Careless")
                .status("open", "Open", Color::Yellow)
                .status("done", "Done", Color::Green)
                .role("clerk", "Clerk")
                .step(Step::new("work", "Work", "clerk").positive("ok", "OK"))
                .transition("open", "done", "Done")
                .children(&["delivery"])
        }

        fn start(_: Started) -> Result<Decision<()>, Error> {
            Ok(Decision::new((), "open").open(OpenTask::new("work")))
        }

        fn advance(_: (), event: Event) -> Result<Decision<()>, Error> {
            let Event::Cancel(what) = event else { return Ok(Decision::new((), "done")) };
            let decision = Decision::new((), "open");
            match what.as_str() {
                "step" => Ok(decision.open(OpenTask::new("play"))),
                "again" => Ok(decision.open(OpenTask::new("work"))),
                "status" => Ok(Decision::new((), "gone")),
                "mapping" => decision.run_mapping("e", "gone", &()),
                "template" => decision.notify(vec![Who::Starter], "gone", &()),
                "child" => decision.start_child("c", "gone", None, &()),
                "family" => decision.start_child("c", "delivery", Some("d-1"), &7),
                "end" => Ok(decision.complete(&())?.close("work")),
                "random" => Ok(decision.timer("t", Moment::After(context::random() % 1_000))),
                "other" => {
                    let calls = CALLS.fetch_add(1, Ordering::Relaxed);
                    Ok(decision.timer("t", Moment::After(u64::from(calls))))
                }
                _ => Ok(decision),
            }
        }
    }

    #[test]
    fn a_broken_promise_is_an_error_and_changes_nothing() {
        let mut run = Run::<Careless>::new();
        run.start(&()).unwrap();
        for (what, named) in [
            ("step", "no step `play`"),
            ("again", "the task `work` already"),
            ("status", "no status `gone`"),
            ("mapping", "no mapping `gone`"),
            ("template", "no template `gone`"),
            ("child", "no child `gone`"),
            ("end", "behind the end"),
            ("other", "decides otherwise"),
        ] {
            let error = run.cancel(what).unwrap_err();
            assert!(error.contains(named), "{what}: {error}");
            assert_eq!((run.status(), run.tasks(), run.history().len()), ("open", vec!["work"], 1));
        }
        run.finish("work", "ok", &()).unwrap();
        assert_eq!(run.status(), "done");
        assert!(run.cancel("status").unwrap_err().contains("no status `gone`"));
        assert!(
            run.cancel("nothing").unwrap_err().contains("no transition of the definition leads from `done` to `open`")
        );
    }

    /// The host records what `context` and the other imports answered, and gives it again.
    #[test]
    fn what_the_host_knows_may_be_decided_by() {
        let mut run = Run::<Careless>::new();
        run.start(&()).unwrap();
        run.cancel("random").unwrap();
        assert_eq!(run.timers(), ["t"]);
    }

    #[test]
    fn children_end_and_are_cancelled_with_their_parent() {
        let mut run = Run::<Careless>::new();
        run.start(&()).unwrap();
        run.cancel("family").unwrap();
        assert_eq!(run.child("c").unwrap().key.as_deref(), Some("d-1"));
        assert_eq!(run.child_failed("d", "lost").unwrap_err(), "the run has no child `d`");
        run.child_done("c", &()).unwrap();
        assert_eq!((run.status(), run.children().len()), ("done", 0));
    }

    #[test]
    fn a_definition_with_flaws_does_not_start() {
        struct Flawed;

        impl Workflow for Flawed {
            type State = ();
            type Error = Error;

            fn definition() -> Definition {
                Definition::new("flawed", "Flawed")
                    .status("open", "Open", Color::Yellow)
                    .step(Step::new("work", "Work", "nobody"))
            }

            fn start(_: Started) -> Result<Decision<()>, Error> {
                Ok(Decision::new((), "open"))
            }

            fn advance(_: (), _: Event) -> Result<Decision<()>, Error> {
                Ok(Decision::new((), "open"))
            }
        }

        let error = Run::<Flawed>::new().start(&()).unwrap_err();
        assert!(error.contains("/steps/0/role: the definition has no role `nobody`"), "{error}");
        assert!(error.contains("/steps/0/choices: nobody could finish this step"), "{error}");
    }
}
