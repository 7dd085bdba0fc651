//! Whole runs of both processes in both versions, with the test player of the SDK and the seeds of the example.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use maintenance::{corrective, preventive};
use serde_json::{Value, json};
use signalsync_sdk::testing::{Installed, MockHost, Run, user};
use signalsync_sdk::workflow::{Event, Moment, Priority, Started, Who, Workflow};

const NORDLIFT: &str = "team of Nordlift";
const KLIMA: &str = "team of Klima";

/// A tenant with the seeds of the example.
fn tenant() -> Installed {
    let mut host = MockHost::new().collection("work-orders");
    for collection in ["assets", "contractors", "maintenance-plans"] {
        let path = format!("../data/records/{collection}.json");
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let text = text.replace("@nordlift-people", &team(NORDLIFT)).replace("@klima-people", &team(KLIMA));
        for (id, record) in serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap() {
            host = host.record(collection, id, record);
        }
    }
    host.read_only("assets").read_only("contractors").read_only("maintenance-plans").install()
}

fn team(name: &str) -> String {
    format!("tea_{:032x}", if name == NORDLIFT { 1 } else { 2 })
}

fn reported<W: Workflow>(asset: &str, urgency: &str) -> (Installed, Run<W>) {
    let host = tenant();
    let mut run = Run::new();
    run.start(&json!({ "asset": asset, "title": "It makes a noise", "urgency": urgency })).unwrap();
    (host, run)
}

/// Reported, assigned and begun.
fn begun<W: Workflow>(asset: &str, urgency: &str) -> (Installed, Run<W>) {
    let (host, mut run) = reported(asset, urgency);
    run.finish("dispatch", "assign", &json!({ "contractor": "nordlift" })).unwrap();
    run.finish("begin", "start", &json!({})).unwrap();
    (host, run)
}

fn order<W: Workflow>(host: &Installed, _: &Run<W>) -> Value {
    host.record("work-orders", &format!("run_{:032x}", 1)).unwrap()
}

fn shown<W: Workflow>(run: &Run<W>, task: &str) -> Value {
    serde_json::from_str(&run.task(task).unwrap().data).unwrap()
}

mod repairs {
    use corrective::v1::CorrectiveMaintenance;
    use corrective::v2;

    use super::*;

    type Repair = Run<CorrectiveMaintenance>;

    #[test]
    fn what_is_reported_is_dispatched_repaired_verified_and_closed() {
        let (host, mut run): (_, Repair) = reported("lift-1", "high");
        assert_eq!((run.status(), run.tasks()), ("reported", vec!["dispatch"]));
        assert_eq!(run.task("dispatch").unwrap().priority, Priority::High);
        run.finish("dispatch", "assign", &json!({ "contractor": "nordlift", "note": "Ask for Rita." })).unwrap();
        assert_eq!((run.status(), run.tasks()), ("assigned", vec!["begin", "oversee"]));
        assert_eq!(run.task("begin").unwrap().people, [Who::Team(team(NORDLIFT))]);
        assert_eq!(shown(&run, "begin")["remark"], "Ask for Rita.");
        run.finish("begin", "start", &json!({})).unwrap();
        run.finish("work", "estimate", &json!({ "cost": "250.00" })).unwrap();
        assert_eq!((run.status(), shown(&run, "work")["cost"].clone()), ("working", json!("250.00")));
        assert_eq!(order(&host, &run)["cost"], "250.00");
        run.finish("work", "hold", &json!({ "note": "Waits for a part." })).unwrap();
        assert_eq!((run.status(), run.tasks()), ("on-hold", vec!["oversee", "resume"]));
        run.finish("resume", "resume", &json!({})).unwrap();
        run.finish("work", "complete", &json!({ "cost": "420.00" })).unwrap();
        assert_eq!((run.status(), run.tasks()), ("verifying", vec!["verify"]));
        run.finish("verify", "approve", &json!({})).unwrap();
        let repaired = json!({ "outcome": "closed", "contractor": "nordlift", "cost": "420.00", "overdue": false });
        assert_eq!((run.status(), run.result::<Value>()), ("closed", Some(repaired)));
        assert_eq!(order(&host, &run)["status"], "closed");
    }

    #[test]
    fn what_is_not_chosen_is_asked_for_again() {
        let (_host, mut run): (_, Repair) = reported("ahu-3", "low");
        run.finish("dispatch", "assign", &json!({})).unwrap();
        assert_eq!(shown(&run, "dispatch")["remark"], "Choose a contractor to assign it.");
        run.finish("dispatch", "assign", &json!({ "contractor": "klima" })).unwrap();
        run.finish("oversee", "reassign", &json!({})).unwrap();
        assert_eq!(run.tasks(), ["begin", "oversee"]);
        run.finish("begin", "start", &json!({})).unwrap();
        run.finish("work", "complete", &json!({})).unwrap();
        assert_eq!((run.status(), &shown(&run, "work")["remark"]), ("working", &json!("Say what it costs.")));
    }

    #[test]
    fn a_supervisor_reassigns_or_cancels_whatever_the_contractor_does() {
        for stage in ["begin", "work", "resume"] {
            let (_host, mut run): (_, Repair) = reported("ahu-3", "normal");
            run.finish("dispatch", "assign", &json!({ "contractor": "nordlift" })).unwrap();
            if stage != "begin" {
                run.finish("begin", "start", &json!({})).unwrap();
            }
            if stage == "resume" {
                run.finish("work", "hold", &json!({})).unwrap();
            }
            run.finish("oversee", "reassign", &json!({ "contractor": "klima" })).unwrap();
            assert_eq!((run.status(), run.tasks()), ("assigned", vec!["begin", "oversee"]));
            assert_eq!(run.task("begin").unwrap().people, [Who::Team(team(KLIMA))]);
            run.finish("oversee", "cancel", &json!({})).unwrap();
            assert_eq!(run.result::<Value>().unwrap()["outcome"], "cancelled");
        }
    }

    #[test]
    fn the_cost_decides_how_many_approve_it() {
        let levels = [("500.00", 0), ("500.01", 1), ("5000.01", 2), ("20000.01", 3), ("900000000000000000", 3)];
        let tasks = ["approve-cost-1", "approve-cost-finance-2", "approve-cost-director-3"];
        for (cost, count) in levels {
            let (_host, mut run): (_, Repair) = begun("ahu-3", "normal");
            run.finish("work", "complete", &json!({ "cost": cost })).unwrap();
            run.finish("verify", "approve", &json!({})).unwrap();
            for (number, task) in tasks.into_iter().take(count).enumerate() {
                assert_eq!((run.status(), run.tasks()), ("approving", vec![task]), "{cost}");
                run.choose(task, &user(10 + number as u32), "approve", &json!({})).unwrap();
            }
            assert_eq!(run.status(), "closed", "{cost}");
        }
    }

    #[test]
    fn who_worked_on_it_neither_verifies_nor_approves_and_nobody_approves_twice() {
        let (_host, mut run): (_, Repair) = begun("ahu-3", "normal");
        run.choose("work", &user(7), "complete", &json!({ "cost": "9000" })).unwrap();
        run.choose("verify", &user(7), "approve", &json!({})).unwrap_err();
        run.choose("verify", &user(8), "approve", &json!({})).unwrap();
        run.choose("approve-cost-1", &user(7), "approve", &json!({})).unwrap_err();
        run.choose("approve-cost-1", &user(8), "approve", &json!({})).unwrap();
        run.choose("approve-cost-finance-2", &user(8), "approve", &json!({})).unwrap_err();
        run.choose("approve-cost-finance-2", &user(9), "reject", &json!({ "comment": "Too much." })).unwrap();
        assert_eq!((run.status(), run.tasks()), ("working", vec!["work", "oversee"]));
        assert_eq!(shown(&run, "work")["remark"], "Too much.");
        // The same people decide about the next one.
        run.choose("work", &user(7), "complete", &json!({ "cost": "6000" })).unwrap();
        run.choose("verify", &user(8), "approve", &json!({})).unwrap();
        run.choose("approve-cost-1", &user(8), "approve", &json!({})).unwrap();
        run.choose("approve-cost-finance-2", &user(9), "approve", &json!({})).unwrap();
        assert_eq!(run.status(), "closed");
    }

    #[test]
    fn what_is_returned_three_times_is_dispatched_anew() {
        let (_host, mut run): (_, Repair) = begun("ahu-3", "normal");
        for _ in 0..3 {
            run.finish("work", "complete", &json!({ "cost": "10" })).unwrap();
            run.finish("verify", "return", &json!({ "comment": "It still whistles." })).unwrap();
            assert_eq!((run.status(), &shown(&run, "work")["remark"]), ("working", &json!("It still whistles.")));
        }
        run.finish("work", "complete", &json!({ "cost": "10" })).unwrap();
        run.finish("verify", "return", &json!({})).unwrap();
        assert_eq!((run.status(), run.tasks()), ("reported", vec!["dispatch"]));
    }

    #[test]
    fn the_service_level_is_of_the_urgency_and_stands_still_on_hold() {
        for (urgency, hours) in [("emergency", 4), ("high", 8), ("normal", 16), ("low", 40)] {
            let (host, mut run): (_, Repair) = begun("cold-room", urgency);
            let templates = |run: &Repair| run.notified().iter().map(|told| told.template.clone()).collect::<Vec<_>>();
            run.wait(Moment::working_hours(hours / 2)).unwrap();
            assert!(run.notified().is_empty(), "{urgency}");
            run.finish("work", "hold", &json!({})).unwrap();
            run.wait(Moment::working_hours(100)).unwrap();
            assert!(run.notified().is_empty(), "{urgency}");
            run.finish("resume", "resume", &json!({})).unwrap();
            run.wait(Moment::Working(hours * 60 / 10 * 4)).unwrap();
            assert_eq!(templates(&run), ["repair-slow"], "{urgency}");
            assert_eq!(order(&host, &run)["overdue"], false);
            run.wait(Moment::working_hours(hours)).unwrap();
            assert_eq!(templates(&run), ["repair-slow", "repair-overdue"], "{urgency}");
            assert_eq!(order(&host, &run)["overdue"], true);
        }
    }

    #[test]
    fn a_run_that_is_asked_to_end_ends_wherever_it_stands() {
        let (host, mut run): (_, Repair) = begun("ahu-3", "normal");
        run.finish("work", "complete", &json!({ "cost": "9000" })).unwrap();
        run.finish("verify", "approve", &json!({})).unwrap();
        run.cancel("sold").unwrap();
        assert_eq!((run.failure(), &order(&host, &run)["status"]), (Some("sold"), &json!("cancelled")));
        let (host, mut run) = begun::<v2::CorrectiveMaintenance>("lift-1", "high");
        run.cancel("sold").unwrap();
        assert_eq!((run.failure(), &order(&host, &run)["status"]), (Some("sold"), &json!("cancelled")));
    }

    #[test]
    fn in_version_2_a_critical_asset_needs_a_permit() {
        let (host, mut run) = begun::<v2::CorrectiveMaintenance>("lift-1", "high");
        assert_eq!((run.status(), run.tasks()), ("permit", vec!["permit"]));
        assert_eq!(order(&host, &run)["status"], "permit");
        run.finish("permit", "refuse", &json!({ "conditions": "Not while people work below." })).unwrap();
        assert_eq!(shown(&run, "dispatch")["remark"], "Not while people work below.");
        run.finish("dispatch", "assign", &json!({ "contractor": "nordlift" })).unwrap();
        run.finish("begin", "start", &json!({})).unwrap();
        run.finish("permit", "grant", &json!({})).unwrap();
        assert_eq!((run.status(), run.tasks()), ("working", vec!["work", "oversee"]));
        let (_host, run) = begun::<v2::CorrectiveMaintenance>("ahu-3", "high");
        assert_eq!(run.status(), "working", "nothing can happen there");
    }

    #[test]
    fn version_2_goes_on_where_version_1_was() {
        let (_host, run): (_, Repair) = begun("lift-1", "high");
        let memory = serde_json::to_string(&run.state().unwrap()).unwrap();
        let before: v2::State = serde_json::from_str(&memory).unwrap();
        assert_eq!(serde_json::to_string(&before).unwrap(), memory);
        let decision = v2::CorrectiveMaintenance::advance(before, Event::Timer("t".to_owned())).unwrap();
        assert_eq!(decision.status, "working", "its work goes on without a permit");
    }
}

mod services {
    use preventive::v1::PreventiveMaintenance;
    use preventive::v2;

    use super::*;

    /// As a schedule does it.
    fn planned<W: Workflow>() -> (Installed, Run<W>) {
        let (host, mut run) = (tenant(), Run::new());
        let (input, run_id) = (json!({ "plan": "lift-1-monthly" }).to_string(), format!("run_{:032x}", 1));
        run.start_with(Started { input, by: None, key: Some("lift-1-monthly@1".to_owned()), run: run_id }).unwrap();
        (host, run)
    }

    #[test]
    fn what_is_planned_is_assigned_served_verified_and_closed() {
        let (host, mut run): (_, Run<PreventiveMaintenance>) = planned();
        assert_eq!((run.status(), &shown(&run, "assign")["contractor"]), ("planned", &json!("nordlift")));
        run.finish("assign", "assign", &json!({ "contractor": "nordlift" })).unwrap();
        assert_eq!(run.task("serve").unwrap().people, [Who::Team(team(NORDLIFT))]);
        run.choose("serve", &user(7), "done", &json!({ "findings": "1,204 trips" })).unwrap();
        run.choose("verify", &user(7), "approve", &json!({})).unwrap_err();
        run.choose("verify", &user(8), "return", &json!({ "comment": "And the brake?" })).unwrap();
        assert_eq!(shown(&run, "serve")["remark"], "And the brake?");
        run.finish("serve", "done", &json!({ "findings": "1,204 trips, brake good" })).unwrap();
        run.choose("verify", &user(8), "approve", &json!({})).unwrap();
        assert_eq!((run.status(), &order(&host, &run)["status"]), ("closed", &json!("closed")));
        assert_eq!(run.result::<Value>().unwrap()["report"]["findings"], "1,204 trips, brake good");
    }

    #[test]
    fn it_is_skipped_or_planned_again_and_supervisors_hear_of_what_is_late() {
        let (_host, mut run): (_, Run<PreventiveMaintenance>) = planned();
        run.finish("assign", "assign", &json!({})).unwrap();
        assert_eq!(shown(&run, "assign")["remark"], "Choose a contractor to assign it.");
        run.finish("assign", "assign", &json!({ "contractor": "klima" })).unwrap();
        run.wait(Moment::working_hours(40)).unwrap();
        let told = run.notified().last().unwrap();
        assert_eq!((told.template.as_str(), &told.to), ("service-late", &vec![Who::Role("supervisor".to_owned())]));
        run.finish("serve", "impossible", &json!({})).unwrap();
        assert_eq!(run.status(), "planned");
        run.finish("assign", "skip", &json!({})).unwrap();
        assert_eq!(run.result::<Value>().unwrap()["outcome"], "skipped");
    }

    /// Served and verified, with a defect.
    fn repairing() -> (Installed, Run<v2::PreventiveMaintenance>) {
        let (host, mut run) = planned();
        run.finish("assign", "assign", &json!({ "contractor": "nordlift" })).unwrap();
        run.finish("serve", "done", &json!({ "defect": "The brake is worn." })).unwrap();
        run.finish("verify", "approve", &json!({})).unwrap();
        (host, run)
    }

    #[test]
    fn in_version_2_a_defect_is_repaired_before_it_is_closed() {
        let (host, mut run) = repairing();
        assert_eq!((run.status(), &order(&host, &run)["status"]), ("repairing", &json!("repairing")));
        let report: Value = serde_json::from_str(&run.child("repair").unwrap().input).unwrap();
        assert_eq!((&report["asset"], &report["description"]), (&json!("lift-1"), &json!("The brake is worn.")));
        // What it reports is what a repair begins with.
        Run::<corrective::v1::CorrectiveMaintenance>::new().start(&report).unwrap();
        run.child_done("repair", &json!({})).unwrap();
        assert_eq!(run.status(), "closed");
    }

    #[test]
    fn with_the_service_its_repair_is_cancelled() {
        let (host, mut run) = repairing();
        run.cancel("sold").unwrap();
        assert_eq!((run.failure(), run.cancelled()), (Some("sold"), &["repair".to_owned()][..]));
        assert_eq!(order(&host, &run)["status"], "skipped");
    }

    #[test]
    fn version_2_goes_on_where_version_1_was() {
        let (_host, run): (_, Run<PreventiveMaintenance>) = planned();
        let memory = serde_json::to_string(&run.state().unwrap()).unwrap();
        assert!(matches!(serde_json::from_str(&memory).unwrap(), v2::State::Before(_)));
    }
}
