//! What is wrong with a definition, before a version with it can be published.

use std::collections::BTreeSet;

use signalsync_core::contract::{Definition, Severity, Signing, Step, Violation};

/// Votes that a step may need.
const VOTES_MAX: u32 = 100;

const COLORS: [&str; 6] = ["gray", "blue", "green", "yellow", "orange", "red"];

/// All that is wrong with a definition in itself. Paths lead into it.
pub fn faults(definition: &Definition) -> Vec<Violation> {
    let mut faults = Faults(Vec::new());
    faults.names(definition);
    faults.statuses(definition);
    for (number, step) in definition.steps.iter().enumerate() {
        faults.step(definition, number, step);
    }
    faults.levels(definition);
    faults.0
}

struct Faults(Vec<Violation>);

impl Faults {
    fn add(&mut self, code: &str, path: String, message: String) {
        self.0.push(Violation { path, code: code.to_owned(), severity: Severity::Error, message });
    }

    fn names(&mut self, definition: &Definition) {
        let steps: Vec<_> = definition.steps.iter().map(|step| &step.id).collect();
        let statuses: Vec<_> = definition.statuses.iter().map(|status| &status.name).collect();
        let roles: Vec<_> = definition.roles.iter().map(|role| &role.name).collect();
        let levels: Vec<_> = definition.service_levels.iter().map(|level| &level.id).collect();
        let lists = [("steps", steps), ("statuses", statuses), ("roles", roles), ("service-levels", levels)];
        for (list, names) in lists {
            let mut seen = BTreeSet::new();
            for (number, name) in names.into_iter().enumerate() {
                if let Err(fault) = super::check::id("name", name) {
                    self.add("bad-name", format!("/{list}/{number}"), fault.detail);
                }
                if !seen.insert(name) {
                    self.add("name-twice", format!("/{list}/{number}"), format!("`{name}` stands twice"));
                }
            }
        }
    }

    fn statuses(&mut self, definition: &Definition) {
        if definition.statuses.is_empty() {
            self.add("no-status", "/statuses".to_owned(), "a run has to stand somewhere; give it a status".to_owned());
        }
        for (number, status) in definition.statuses.iter().enumerate() {
            if !COLORS.contains(&status.color.as_str()) {
                let message = format!("`{}` is none of {}", status.color, COLORS.join(", "));
                self.add("bad-color", format!("/statuses/{number}/color"), message);
            }
        }
        let known = |name: &str| definition.statuses.iter().any(|status| status.name == name);
        for (number, transition) in definition.transitions.iter().enumerate() {
            for (end, name) in [("from", &transition.from), ("to", &transition.to)] {
                if !known(name) {
                    let path = format!("/transitions/{number}/{end}");
                    self.add("unknown-status", path, format!("there is no status `{name}`"));
                }
            }
        }
        let reached = reached(definition);
        for (number, status) in definition.statuses.iter().enumerate() {
            if !reached.contains(status.name.as_str()) {
                let message = format!("no way leads from the first status to `{}`", status.name);
                self.add("unreachable-status", format!("/statuses/{number}"), message);
            }
        }
    }

    fn step(&mut self, definition: &Definition, number: usize, step: &Step) {
        let at = |field: &str| format!("/steps/{number}/{field}");
        if !definition.roles.iter().any(|role| role.name == step.role) {
            self.add("unknown-role", at("role"), format!("there is no role `{}`", step.role));
        }
        if step.choices.is_empty() {
            self.add("no-choice", at("choices"), "somebody who is asked needs at least one choice".to_owned());
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = step.choices.iter().find(|choice| !seen.insert(&choice.id)) {
            self.add("name-twice", at("choices"), format!("`{}` stands twice", twice.id));
        }
        if let Signing::Votes(votes) = step.signing
            && !(1..=VOTES_MAX).contains(&votes)
        {
            self.add("bad-votes", at("signing"), format!("1 to {VOTES_MAX} votes can be needed"));
        }
        for name in &step.not_by {
            if name != Step::START && !definition.steps.iter().any(|step| step.id == *name) {
                self.add("unknown-step", at("not-by"), format!("there is no step `{name}`"));
            }
        }
    }

    fn levels(&mut self, definition: &Definition) {
        let known = |name: &String| definition.statuses.iter().any(|status| status.name == *name);
        for (number, level) in definition.service_levels.iter().enumerate() {
            if let Some(name) = level.counts_in.iter().find(|name| !known(name)) {
                let path = format!("/service-levels/{number}/counts-in");
                self.add("unknown-status", path, format!("there is no status `{name}`"));
            }
        }
    }
}

/// Statuses to which a way leads from the first one.
fn reached(definition: &Definition) -> BTreeSet<&str> {
    let mut next: Vec<_> = definition.statuses.first().map(|status| status.name.as_str()).into_iter().collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = next.pop() {
        if reached.insert(name) {
            let ways = definition.transitions.iter().filter(|transition| transition.from == name);
            next.extend(ways.map(|transition| transition.to.as_str()));
        }
    }
    reached
}
