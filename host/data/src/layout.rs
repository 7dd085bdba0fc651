//! The layout of a form: a UI schema as JSON Forms has it, checked as far as the host can.
//!
//! Elements: `VerticalLayout`, `HorizontalLayout`, `Group`, `Categorization` with `Category` (steps), `Control` and
//! `Label`. A control's `scope`, and that of a rule's condition, leads to a field: `#/properties/NAME`.

use serde_json::Value;

use crate::safety::Fault;

/// Elements of a layout.
const ELEMENTS_MAX: usize = 1_000;

/// Levels of a layout.
const DEPTH_MAX: usize = 16;

/// Elements that hold others.
const LAYOUTS: &[&str] = &["VerticalLayout", "HorizontalLayout", "Group", "Categorization", "Category"];

/// What a rule does to its element.
const EFFECTS: &[&str] = &["SHOW", "HIDE", "ENABLE", "DISABLE"];

/// All that is wrong with a layout for these fields.
pub(crate) fn faults(layout: &Value, is_field: &dyn Fn(&str) -> bool) -> Vec<Fault> {
    let mut walk = Walk { is_field, elements: 0, faults: Vec::new() };
    walk.element(layout, "/layout", 0);
    walk.faults
}

struct Walk<'a> {
    is_field: &'a dyn Fn(&str) -> bool,
    elements: usize,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn fault(&mut self, at: &str, what: impl Into<String>) {
        if self.faults.len() < crate::compiled::VIOLATIONS_MAX {
            self.faults.push((at.to_owned(), what.into()));
        }
    }

    fn element(&mut self, element: &Value, at: &str, depth: usize) {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX || depth > DEPTH_MAX {
            if self.elements <= ELEMENTS_MAX + 1 {
                self.fault(at, format!("a layout has at most {ELEMENTS_MAX} elements on {DEPTH_MAX} levels"));
            }
            return;
        }
        match element.get("type").and_then(Value::as_str) {
            Some("Control") => self.scope(element, at),
            Some("Label") => {}
            Some(layout) if LAYOUTS.contains(&layout) => self.elements_of(element, at, depth),
            _ => self.fault(&format!("{at}/type"), format!("it is Control, Label or one of {}", LAYOUTS.join(", "))),
        }
        if let Some(rule) = element.get("rule") {
            self.rule(rule, &format!("{at}/rule"));
        }
    }

    fn elements_of(&mut self, layout: &Value, at: &str, depth: usize) {
        let Some(elements) = layout.get("elements").and_then(Value::as_array) else {
            return self.fault(&format!("{at}/elements"), "a layout has a list of elements");
        };
        for (index, element) in elements.iter().enumerate() {
            self.element(element, &format!("{at}/elements/{index}"), depth + 1);
        }
    }

    fn scope(&mut self, element: &Value, at: &str) {
        let scope = element.get("scope").and_then(Value::as_str).unwrap_or("");
        let field = scope.strip_prefix("#/properties/").and_then(|rest| rest.split('/').next());
        if !field.is_some_and(self.is_field) {
            self.fault(&format!("{at}/scope"), format!("`{scope}` leads to no field; write `#/properties/NAME`"));
        }
    }

    fn rule(&mut self, rule: &Value, at: &str) {
        if !rule.get("effect").and_then(Value::as_str).is_some_and(|effect| EFFECTS.contains(&effect)) {
            self.fault(&format!("{at}/effect"), format!("it is one of {}", EFFECTS.join(", ")));
        }
        let condition = rule.get("condition").unwrap_or(&Value::Null);
        self.scope(condition, &format!("{at}/condition"));
        if !condition.get("schema").is_some_and(|schema| schema.is_object() || schema.is_boolean()) {
            self.fault(&format!("{at}/condition/schema"), "a condition has a schema for the value of its scope");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(layout: &Value) -> Vec<String> {
        faults(layout, &|name| name == "name").into_iter().map(|(at, _)| at).collect()
    }

    #[test]
    fn a_layout_with_steps_and_rules_is_accepted() {
        let control = json!({"type": "Control", "scope": "#/properties/name",
            "rule": {"effect": "SHOW", "condition": {"scope": "#/properties/name", "schema": {"const": "x"}}}});
        let steps = json!({"type": "Categorization", "options": {"variant": "stepper"}, "elements": [
            {"type": "Category", "label": "One", "elements": [control]}, {"type": "Category", "elements": []}]});
        assert!(paths(&steps).is_empty());
    }

    #[test]
    fn what_leads_nowhere_is_named_by_its_place() {
        let layout = json!({"type": "VerticalLayout", "elements": [
            {"type": "Control", "scope": "#/properties/other"},
            {"type": "Blink"},
            {"type": "Group"},
            {"type": "Label", "rule": {"effect": "EXPLODE"}},
        ]});
        let at = "/layout/elements";
        let rule = format!("{at}/3/rule");
        assert_eq!(
            paths(&layout),
            [
                format!("{at}/0/scope"),
                format!("{at}/1/type"),
                format!("{at}/2/elements"),
                format!("{rule}/effect"),
                format!("{rule}/condition/scope"),
                format!("{rule}/condition/schema"),
            ]
        );
    }

    #[test]
    fn a_layout_is_bounded() {
        let wide = |count: usize| json!({"type": "Group", "elements": vec![json!({"type": "Label"}); count]});
        assert!(paths(&wide(ELEMENTS_MAX - 1)).is_empty());
        assert_eq!(paths(&wide(ELEMENTS_MAX + 10)).len(), 1);
        let deep = |levels| {
            (0..levels).fold(json!({"type": "Label"}), |inner, _| json!({"type": "Group", "elements": [inner]}))
        };
        assert!(paths(&deep(DEPTH_MAX)).is_empty());
        assert_eq!(paths(&deep(DEPTH_MAX + 1)).len(), 1);
    }
}
