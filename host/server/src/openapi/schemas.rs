//! Schemas of all types, each under one name. What is taken and what is given differ for some types, by what may be left out:
//! then the taken one is called `…Input`.

use std::collections::BTreeSet;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

const DEFINITIONS: &str = "/components/schemas";

/// What schemas are made with.
pub(crate) struct Schemas {
    pub(super) taken: SchemaGenerator,
    pub(super) given: SchemaGenerator,
    /// What refers to schemas of what is taken, to be renamed with them: the bodies of requests and parameters.
    differing: BTreeSet<String>,
}

impl Schemas {
    /// The names are the same in each run, so that references can be written before all are known.
    pub(super) fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = DEFINITIONS.into();
            settings.meta_schema = None;
            settings
        };
        let (taken, given) = (settings().for_deserialize(), settings().for_serialize());
        let mut schemas =
            Self { taken: taken.into_generator(), given: given.into_generator(), differing: BTreeSet::new() };
        for route in crate::routes::all() {
            (route.shape.takes)(&mut schemas.taken);
            (route.shape.gives)(&mut schemas.given);
            for parameter in route.parameters {
                parameter.schema(&mut schemas.taken);
            }
        }
        schemas.differing = differing(schemas.taken.definitions(), schemas.given.definitions());
        schemas
    }

    /// A schema of what is taken, with its references as they are in the document.
    pub(super) fn renamed(&self, mut taken: Value) -> Value {
        rename(&mut taken, &self.differing);
        taken
    }

    /// All that is referred to.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.given.take_definitions(true);
        for (name, schema) in self.taken.take_definitions(true) {
            let schema = self.renamed(schema);
            match self.differing.contains(&name) {
                true => components.insert(format!("{name}Input"), schema),
                false => components.insert(name, schema),
            };
        }
        components
    }
}

/// Names that stand for different schemas: by themselves, or by what they refer to.
fn differing(taken: &Map<String, Value>, given: &Map<String, Value>) -> BTreeSet<String> {
    let both = taken.iter().filter_map(|(name, schema)| Some((name, schema, given.get(name)?)));
    let mut found: BTreeSet<String> =
        both.clone().filter(|(_, taken, given)| taken != given).map(|(name, ..)| name.clone()).collect();
    loop {
        let more = both.clone().filter(|(name, taken, _)| !found.contains(*name) && refers(taken, &found));
        let more: Vec<String> = more.map(|(name, ..)| name.clone()).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn name_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("#")?.strip_prefix(DEFINITIONS)?.strip_prefix('/')
}

fn refers(schema: &Value, names: &BTreeSet<String>) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(key, value)| match (key.as_str(), value) {
            ("$ref", Value::String(to)) => name_of(to).is_some_and(|name| names.contains(name)),
            (_, value) => refers(value, names),
        }),
        Value::Array(items) => items.iter().any(|item| refers(item, names)),
        _ => false,
    }
}

fn rename(schema: &mut Value, names: &BTreeSet<String>) {
    match schema {
        Value::Object(members) => members.iter_mut().for_each(|(key, value)| match (key.as_str(), value) {
            ("$ref", Value::String(to)) => {
                if name_of(to).is_some_and(|name| names.contains(name)) {
                    to.push_str("Input");
                }
            }
            (_, value) => rename(value, names),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        _ => {}
    }
}
