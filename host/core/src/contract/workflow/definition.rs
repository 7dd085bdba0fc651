//! Whether a definition holds together. What it names of the tenant (forms, templates, mappings, children) is not looked
//! at: that can change from one day to the next, and is checked when the workflow is published.

use std::collections::{BTreeMap, BTreeSet};

use super::flaws::{Flaws, shown};
use super::{Definition, Moment, ServiceLevel, Signing, Status, Step, Transition};
use crate::contract::Violation;

/// Entries in a list of a definition: more than that nobody can look at.
pub const ENTRIES_MAX: usize = 200;
/// Choices of a step: each is a button.
pub const CHOICES_MAX: usize = 20;
/// Alerts of a service level: each is an event of each run.
pub const ALERTS_MAX: usize = 10;
/// Bytes of a label.
pub const LABEL_BYTES_MAX: usize = 200;
/// Votes that a step can ask for.
pub const VOTES_MAX: u32 = 100;
/// Minutes of working time that a service level can have as its target.
pub const TARGET_MINUTES_MAX: u32 = Moment::WORKING_MINUTES_MAX;
/// Percent of a target at which an alert can be.
const PERCENT_MAX: u32 = 1_000;
/// Bytes of a whole definition as JSON: it is read with every event of every run.
pub const DEFINITION_BYTES_MAX: usize = 256 << 10;
/// Flaws that are listed.
pub const FLAWS_MAX: usize = 100;
/// Colours of statuses.
pub const COLORS: [&str; 6] = ["gray", "blue", "green", "yellow", "orange", "red"];

impl Definition {
    /// All reasons, at most [`FLAWS_MAX`], why runs of this definition could not work: names and labels, lists that are too
    /// long, what stands twice, names that lead nowhere, statuses that no run can come to.
    ///
    /// That a run can end is not asked: the component ends it, in whatever status that is.
    pub fn flaws(&self) -> Vec<Violation> {
        let mut flaws = Flaws::default();
        self.heads(&mut flaws);
        self.check_statuses(&mut flaws);
        self.check_roles(&mut flaws);
        self.check_steps(&mut flaws);
        self.check_transitions(&mut flaws);
        self.check_service_levels(&mut flaws);
        let names = [&self.templates, &self.mappings, &self.children, &self.signals];
        for (list, names) in ["templates", "mappings", "children", "signals"].into_iter().zip(names) {
            flaws.names(list, names);
        }
        if flaws.0.is_empty() {
            self.check_size(&mut flaws);
        }
        flaws.0
    }

    fn heads(&self, flaws: &mut Flaws) {
        flaws.name("/name", &self.name);
        flaws.label("/label", &self.label);
        self.input_form.iter().for_each(|form| flaws.name("/input-form", form));
    }

    fn check_statuses(&self, flaws: &mut Flaws) {
        flaws.unless(!self.statuses.is_empty(), "/statuses", "no-status", || {
            "there is no status for a run to begin in; name at least one".to_owned()
        });
        let statuses = flaws.list("/statuses", &self.statuses, ENTRIES_MAX);
        for (index, Status { name, label, color }) in statuses.iter().enumerate() {
            let at = format!("/statuses/{index}");
            flaws.name(&format!("{at}/name"), name);
            flaws.label(&format!("{at}/label"), label);
            flaws.unless(COLORS.contains(&color.as_str()), &format!("{at}/color"), "color", || {
                format!("{} is none of {}", shown(color), COLORS.join(", "))
            });
        }
        flaws.once(placed("/statuses", "name", statuses, |status| &status.name));
        if statuses.len() == self.statuses.len() {
            self.check_reachable(flaws);
        }
    }

    fn check_reachable(&self, flaws: &mut Flaws) {
        let reachable = self.reachable();
        for (index, Status { name, .. }) in self.statuses.iter().enumerate() {
            flaws.unless(reachable.contains(name.as_str()), &format!("/statuses/{index}"), "unreachable", || {
                format!("no way leads from the first status to {}; add a transition, or leave it out", shown(name))
            });
        }
    }

    /// Statuses that a run can come to.
    fn reachable(&self) -> BTreeSet<&str> {
        let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Transition { from, to, .. } in self.transitions.iter().take(ENTRIES_MAX) {
            ways.entry(from).or_default().push(to);
        }
        let mut found = BTreeSet::new();
        let mut next: Vec<&str> = self.statuses.first().map(|status| status.name.as_str()).into_iter().collect();
        while let Some(status) = next.pop() {
            if found.insert(status) {
                next.extend(ways.get(status).into_iter().flatten());
            }
        }
        found
    }

    fn check_roles(&self, flaws: &mut Flaws) {
        let roles = flaws.list("/roles", &self.roles, ENTRIES_MAX);
        for (index, role) in roles.iter().enumerate() {
            flaws.name(&format!("/roles/{index}/name"), &role.name);
            flaws.label(&format!("/roles/{index}/label"), &role.label);
        }
        flaws.once(placed("/roles", "name", roles, |role| &role.name));
    }

    fn check_steps(&self, flaws: &mut Flaws) {
        let steps = flaws.list("/steps", &self.steps, ENTRIES_MAX);
        let roles = self.roles.iter().take(ENTRIES_MAX).map(|role| role.name.as_str()).collect();
        let ids: BTreeSet<_> = steps.iter().map(|step| step.id.as_str()).collect();
        for (index, step) in steps.iter().enumerate() {
            let at = format!("/steps/{index}");
            flaws.known(&format!("{at}/role"), &step.role, &roles, "role");
            check_step(flaws, &at, step);
            check_not_by(flaws, &format!("{at}/not-by"), step, &ids);
        }
        flaws.once(placed("/steps", "id", steps, |step| &step.id));
    }

    fn check_transitions(&self, flaws: &mut Flaws) {
        let statuses = self.status_names();
        let transitions = flaws.list("/transitions", &self.transitions, ENTRIES_MAX);
        let mut seen = BTreeSet::new();
        for (index, Transition { from, to, label }) in transitions.iter().enumerate() {
            let at = format!("/transitions/{index}");
            flaws.known(&format!("{at}/from"), from, &statuses, "status");
            flaws.known(&format!("{at}/to"), to, &statuses, "status");
            flaws.label(&format!("{at}/label"), label);
            flaws.unless(seen.insert((from, to, label)), &at, "twice", || {
                format!("the way from {} to {} stands here a second time", shown(from), shown(to))
            });
        }
    }

    fn check_service_levels(&self, flaws: &mut Flaws) {
        let statuses = self.status_names();
        let levels = flaws.list("/service-levels", &self.service_levels, ENTRIES_MAX);
        for (index, level) in levels.iter().enumerate() {
            check_service_level(flaws, &format!("/service-levels/{index}"), level, &statuses);
        }
        flaws.once(placed("/service-levels", "id", levels, |level| &level.id));
    }

    fn status_names(&self) -> BTreeSet<&str> {
        self.statuses.iter().take(ENTRIES_MAX).map(|status| status.name.as_str()).collect()
    }

    fn check_size(&self, flaws: &mut Flaws) {
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |text| text.len());
        flaws.unless(bytes <= DEFINITION_BYTES_MAX, "", "too-large", || {
            format!("the definition has {bytes} bytes as JSON; at most {DEFINITION_BYTES_MAX} are allowed")
        });
    }
}

/// Names of entries, each with its path.
fn placed<'a, T>(
    list: &str,
    field: &str,
    items: &'a [T],
    name: fn(&T) -> &String,
) -> impl Iterator<Item = (String, &'a str)> {
    items.iter().enumerate().map(move |(index, item)| (format!("{list}/{index}/{field}"), name(item).as_str()))
}

fn check_step(flaws: &mut Flaws, at: &str, step: &Step) {
    flaws.name(&format!("{at}/id"), &step.id);
    flaws.unless(step.id != Step::START, &format!("{at}/id"), "reserved", || {
        format!("no step is called `{}`, which stands for the start of a run in `not-by`", Step::START)
    });
    flaws.label(&format!("{at}/label"), &step.label);
    step.form.iter().for_each(|form| flaws.name(&format!("{at}/form"), form));
    check_choices(flaws, &format!("{at}/choices"), step);
    if let Signing::Votes(votes) = step.signing {
        flaws.unless((1..=VOTES_MAX).contains(&votes), &format!("{at}/signing"), "votes", || {
            format!("{votes} votes; a step asks for 1 to {VOTES_MAX}")
        });
    }
    let from_now = step.due.is_none_or(|due| due.is_near() && !matches!(due, Moment::At(_)));
    flaws.unless(from_now, &format!("{at}/due"), "due", || {
        "a step is due after at most ten years, or a year of working minutes; a task can be due at a time".to_owned()
    });
}

fn check_choices(flaws: &mut Flaws, at: &str, step: &Step) {
    flaws.unless(!step.choices.is_empty(), at, "no-choice", || {
        "nobody could finish this step; give it at least one choice".to_owned()
    });
    let choices = flaws.list(at, &step.choices, CHOICES_MAX);
    for (index, choice) in choices.iter().enumerate() {
        flaws.name(&format!("{at}/{index}/id"), &choice.id);
        flaws.label(&format!("{at}/{index}/label"), &choice.label);
    }
    flaws.once(placed(at, "id", choices, |choice| &choice.id));
}

fn check_not_by(flaws: &mut Flaws, at: &str, step: &Step, steps: &BTreeSet<&str>) {
    let others = flaws.list(at, &step.not_by, ENTRIES_MAX);
    for (index, other) in others.iter().enumerate().filter(|(_, other)| *other != Step::START) {
        flaws.known(&format!("{at}/{index}"), other, steps, "step");
    }
    flaws.once(others.iter().enumerate().map(|(index, other)| (format!("{at}/{index}"), other.as_str())));
}

fn check_service_level(flaws: &mut Flaws, at: &str, level: &ServiceLevel, statuses: &BTreeSet<&str>) {
    flaws.name(&format!("{at}/id"), &level.id);
    flaws.label(&format!("{at}/label"), &level.label);
    flaws.unless((1..=TARGET_MINUTES_MAX).contains(&level.target), &format!("{at}/target"), "target", || {
        format!("{} minutes; a target is 1 to {TARGET_MINUTES_MAX}", level.target)
    });
    let counts = format!("{at}/counts-in");
    flaws.unless(!level.counts_in.is_empty(), &counts, "no-status", || "its time would never count".to_owned());
    let counts_in = flaws.list(&counts, &level.counts_in, ENTRIES_MAX);
    for (index, status) in counts_in.iter().enumerate() {
        flaws.known(&format!("{counts}/{index}"), status, statuses, "status");
    }
    flaws.once(counts_in.iter().enumerate().map(|(index, status)| (format!("{counts}/{index}"), status.as_str())));
    check_alerts(flaws, &format!("{at}/alerts"), level);
}

fn check_alerts(flaws: &mut Flaws, at: &str, level: &ServiceLevel) {
    let mut seen = BTreeSet::new();
    for (index, percent) in flaws.list(at, &level.alerts, ALERTS_MAX).iter().enumerate() {
        let good = (1..=PERCENT_MAX).contains(percent) && seen.insert(*percent);
        flaws.unless(good, &format!("{at}/{index}"), "alert", || {
            format!("{percent} percent; an alert is at 1 to {PERCENT_MAX}, and each stands once")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::workflow::{Choice, Leaning, Role, Turn};

    fn status(name: &str) -> Status {
        Status { name: name.to_owned(), label: name.to_owned(), color: "blue".to_owned() }
    }

    fn way(from: &str, to: &str) -> Transition {
        Transition { from: from.to_owned(), to: to.to_owned(), label: "On".to_owned() }
    }

    fn choice(id: &str) -> Choice {
        Choice { id: id.to_owned(), label: id.to_owned(), leaning: Leaning::Positive }
    }

    fn step(id: &str) -> Step {
        Step {
            id: id.to_owned(),
            label: "Approve".to_owned(),
            role: "manager".to_owned(),
            form: None,
            choices: vec![choice("yes"), choice("no")],
            signing: Signing::Any,
            turn: Turn::Together,
            not_by: vec![],
            due: None,
        }
    }

    fn level() -> ServiceLevel {
        ServiceLevel {
            id: "reaction".to_owned(),
            label: "Reaction".to_owned(),
            target: 60,
            counts_in: vec!["open".to_owned()],
            alerts: vec![50, 100],
        }
    }

    /// Two statuses, a step of each kind of tie, a service level.
    fn good() -> Definition {
        Definition {
            name: "approval".to_owned(),
            label: "Approval".to_owned(),
            input_form: Some("orders".to_owned()),
            statuses: vec![status("open"), status("done")],
            roles: vec![Role { name: "manager".to_owned(), label: "Manager".to_owned() }],
            steps: vec![step("first"), Step { not_by: vec!["start".to_owned(), "first".to_owned()], ..step("second") }],
            transitions: vec![way("open", "done"), way("open", "open")],
            service_levels: vec![level()],
            templates: vec!["please".to_owned()],
            mappings: vec![],
            children: vec![],
            signals: vec![],
        }
    }

    fn flaws(change: impl FnOnce(&mut Definition)) -> Vec<String> {
        let mut definition = good();
        change(&mut definition);
        definition.flaws().into_iter().map(|flaw| format!("{} {}", flaw.path, flaw.code)).collect()
    }

    #[test]
    fn what_holds_together_has_no_flaws() {
        assert_eq!(good().flaws(), []);
    }

    #[test]
    fn names_that_lead_nowhere_are_found_all_at_once() {
        let found = flaws(|d| {
            d.steps[0].role = "boss".to_owned();
            d.steps[1].not_by = vec!["third".to_owned()];
            d.transitions.push(way("done", "gone"));
            d.service_levels[0].counts_in.push("late".to_owned());
        });
        let expected = [
            "/steps/0/role unknown-role",
            "/steps/1/not-by/0 unknown-step",
            "/transitions/2/to unknown-status",
            "/service-levels/0/counts-in/1 unknown-status",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_status_can_be_reached() {
        assert_eq!(flaws(|d| d.transitions.clear()), ["/statuses/1 unreachable"]);
        assert_eq!(flaws(|d| d.statuses.push(status("island"))), ["/statuses/2 unreachable"]);
        assert_eq!(
            flaws(|d| {
                d.statuses.push(status("island"));
                d.transitions.push(way("island", "done"));
            }),
            ["/statuses/2 unreachable"]
        );
        assert_eq!(
            flaws(|d| {
                d.statuses.push(status("loop"));
                d.transitions.extend([way("done", "loop"), way("loop", "open")]);
            }),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_stands_twice_is_named_where_it_stands_again() {
        let found = flaws(|d| {
            d.statuses.push(status("done"));
            d.roles.push(d.roles[0].clone());
            d.steps[0].choices.push(choice("yes"));
            d.steps.push(step("first"));
            d.transitions.push(way("open", "done"));
            d.templates.push("please".to_owned());
        });
        let expected = [
            "/statuses/2/name twice",
            "/roles/1/name twice",
            "/steps/0/choices/2/id twice",
            "/steps/2/id twice",
            "/transitions/2 twice",
            "/templates/1 twice",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn figures_and_texts_are_checked_at_their_edges() {
        let none = Vec::<String>::new();
        for (votes, flaw) in [(1, false), (VOTES_MAX, false), (0, true), (VOTES_MAX + 1, true)] {
            assert_eq!(!flaws(|d| d.steps[0].signing = Signing::Votes(votes)).is_empty(), flaw, "{votes}");
        }
        for (target, flaw) in [(1, false), (TARGET_MINUTES_MAX, false), (0, true), (TARGET_MINUTES_MAX + 1, true)] {
            assert_eq!(!flaws(|d| d.service_levels[0].target = target).is_empty(), flaw, "{target}");
        }
        for (alerts, flaw) in
            [(vec![1, PERCENT_MAX], false), (vec![0], true), (vec![PERCENT_MAX + 1], true), (vec![5, 5], true)]
        {
            assert_eq!(!flaws(|d| d.service_levels[0].alerts = alerts.clone()).is_empty(), flaw, "{alerts:?}");
        }
        for (due, flaw) in [
            (Moment::After(Moment::AFTER_MS_MAX), false),
            (Moment::After(Moment::AFTER_MS_MAX + 1), true),
            (Moment::Working(Moment::WORKING_MINUTES_MAX), false),
            (Moment::Working(Moment::WORKING_MINUTES_MAX + 1), true),
            (Moment::At(crate::Timestamp(0)), true),
        ] {
            assert_eq!(!flaws(|d| d.steps[0].due = Some(due)).is_empty(), flaw, "{due:?}");
        }
        assert_eq!(flaws(|d| d.label = "x".repeat(LABEL_BYTES_MAX)), none);
        assert_eq!(flaws(|d| d.label = "x".repeat(LABEL_BYTES_MAX + 1)), ["/label label"]);
        assert_eq!(flaws(|d| d.label = String::new()), ["/label label"]);
        assert_eq!(flaws(|d| d.statuses[0].color = "pink".to_owned()), ["/statuses/0/color color"]);
        assert_eq!(flaws(|d| d.steps[0].choices.clear()), ["/steps/0/choices no-choice"]);
        assert_eq!(flaws(|d| d.steps[0].id = "start".to_owned())[0], "/steps/0/id reserved");
        assert_eq!(flaws(|d| d.statuses.clear())[0], "/statuses no-status");
        assert_eq!(flaws(|d| d.service_levels[0].counts_in.clear()), ["/service-levels/0/counts-in no-status"]);
    }

    #[test]
    fn lists_are_checked_at_their_edges() {
        let names = |count: usize| (0..count).map(|index| format!("n{index}")).collect::<Vec<_>>();
        assert_eq!(flaws(|d| d.signals = names(ENTRIES_MAX)), Vec::<String>::new());
        assert_eq!(flaws(|d| d.signals = names(ENTRIES_MAX + 1)), ["/signals too-many"]);
        let choices = |count| names(count).iter().map(|id| choice(id)).collect();
        assert_eq!(flaws(|d| d.steps[0].choices = choices(CHOICES_MAX)), Vec::<String>::new());
        assert_eq!(flaws(|d| d.steps[0].choices = choices(CHOICES_MAX + 1)), ["/steps/0/choices too-many"]);
        let alerts = |count: u32| (1..=count).collect::<Vec<_>>();
        assert_eq!(flaws(|d| d.service_levels[0].alerts = alerts(10)), Vec::<String>::new());
        assert_eq!(flaws(|d| d.service_levels[0].alerts = alerts(11)), ["/service-levels/0/alerts too-many"]);
    }

    #[test]
    fn a_flood_of_flaws_is_cut_and_a_large_whole_is_refused() {
        let many = |d: &mut Definition| d.statuses = vec![status("NOT A NAME"); 1_000_000];
        assert_eq!(flaws(many).len(), FLAWS_MAX);
        let large = |d: &mut Definition| {
            d.steps = (0..ENTRIES_MAX).map(|index| step(&format!("s{index}"))).collect();
            d.steps.iter_mut().for_each(|step| {
                step.choices = (0..CHOICES_MAX).map(|index| choice(&format!("{}{index}", "c".repeat(60)))).collect();
            });
        };
        assert_eq!(flaws(large), [" too-large"]);
    }

    #[test]
    fn what_a_component_wrote_is_shown_cut_and_escaped() {
        let mut definition = good();
        definition.name = format!("\u{1b}[31m{}", "x".repeat(1_000));
        let flaws = definition.flaws();
        assert!(flaws[0].message.len() < 300 && !flaws[0].message.contains('\u{1b}'), "{flaws:?}");
    }
}
