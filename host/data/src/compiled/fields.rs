//! What the host reads out of a definition besides the schema: kinds, formulas, references and indexes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use signalsync_core::CollectionName;

use super::{Calculation, Compiled, Field};
use crate::definition::{
    DEFINITION_BYTES_MAX, Definition, FIELDS_MAX, INDEX_FIELDS_MAX, INDEXES_MAX, REFERENCES_MAX, SEARCH_FIELDS_MAX,
    is_field_name, properties,
};
use crate::formula::Formula;
use crate::index::Index;
use crate::kind::Kind;
use crate::reference::{OnDelete, ReferenceField};
use crate::safety::{self, Fault};

/// Keywords of ours that a field may have.
const KEYWORDS: &[&str] = &["x-kind", "x-collection", "x-on-delete", "x-formula", "x-result", "x-max"];

/// What is too large or unsafe to be looked at any further.
pub(super) fn size_faults(definition: &Definition) -> Vec<Fault> {
    let bytes = serde_json::to_string(definition).map_or(usize::MAX, |text| text.len());
    if bytes > DEFINITION_BYTES_MAX {
        return vec![(String::new(), format!("a definition has at most {DEFINITION_BYTES_MAX} bytes"))];
    }
    if !definition.schema.is_object() || properties(&definition.schema).is_none() {
        return vec![("/schema/properties".to_owned(), "the schema describes an object with `properties`".to_owned())];
    }
    let faults = safety::faults(&definition.schema);
    faults.into_iter().map(|(at, what)| (format!("/schema{at}"), what)).collect()
}

/// The schema with what each kind means written out.
pub(super) fn expanded(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.values_mut().for_each(expand);
    }
    json!({"type": "object", "allOf": [schema.clone()], "$defs": schema.get("$defs").cloned().unwrap_or_else(|| json!({}))})
}

fn expand(field: &mut Value) {
    let Some((kind, map)) = kind(field) else { return };
    let means = kind.schema(map);
    if kind == Kind::Table
        && let Some(columns) = field.pointer_mut("/items/properties").and_then(Value::as_object_mut)
    {
        columns.values_mut().for_each(expand);
    }
    *field = json!({"allOf": [means, field.take()]});
}

fn kind(field: &Value) -> Option<(Kind, &Map<String, Value>)> {
    let map = field.as_object()?;
    Some((Kind::parse(map.get("x-kind")?)?, map))
}

/// Reads all fields, then what is made of them.
pub(super) fn read(definition: &Definition, faults: &mut Vec<Fault>) -> Compiled {
    let mut reader = Reader { faults, compiled: Compiled::default() };
    reader.fields(definition);
    reader.indexes(definition);
    reader.sort();
    let patterns = definition.schema.to_string().matches("\"pattern").count();
    let bytes = serde_json::to_string(definition).map_or(0, |text| text.len());
    reader.compiled.weight = (16 << 10) + 20 * bytes + patterns * 2 * super::PATTERN_BYTES_MAX;
    reader.compiled
}

struct Reader<'a> {
    faults: &'a mut Vec<Fault>,
    compiled: Compiled,
}

impl Reader<'_> {
    fn fault(&mut self, at: &str, what: impl Into<String>) {
        self.faults.push((at.to_owned(), what.into()));
    }

    fn fields(&mut self, definition: &Definition) {
        if definition.fields().count() > FIELDS_MAX {
            self.fault("/schema/properties", format!("a collection has at most {FIELDS_MAX} fields"));
        }
        for (name, schema) in definition.fields() {
            let at = format!("/schema/properties/{}", safety::escaped(name));
            let kind = self.field(name, schema, &at, None);
            let order = order(schema);
            self.compiled.fields.insert(name.clone(), Field { kind, order });
            if kind == Some(Kind::Table) {
                self.columns(name, schema, &at);
            }
        }
        if self.compiled.references.len() > REFERENCES_MAX {
            self.fault("/schema/properties", format!("a collection has at most {REFERENCES_MAX} references"));
        }
    }

    fn columns(&mut self, table: &str, schema: &Value, at: &str) {
        let columns = schema.get("items").and_then(properties);
        if columns.is_none_or(|columns| columns.len() > FIELDS_MAX) {
            return self.fault(at, format!("a table has `items` with 1 to {FIELDS_MAX} `properties`"));
        }
        for (name, schema) in columns.into_iter().flatten() {
            let at = format!("{at}/items/properties/{}", safety::escaped(name));
            if self.field(name, schema, &at, Some(table)) == Some(Kind::Table) {
                self.fault(&at, "a table has no tables in it");
            }
        }
    }

    /// Looks at one field; answers its kind.
    fn field(&mut self, name: &str, schema: &Value, at: &str, table: Option<&str>) -> Option<Kind> {
        if !is_field_name(name) {
            self.fault(at, "a field's name is 1 to 63 letters, digits, `_` and `-`, starting with a letter");
        }
        let map = schema.as_object()?;
        for keyword in map.keys().filter(|keyword| keyword.starts_with("x-") && !KEYWORDS.contains(&keyword.as_str())) {
            self.fault(&format!("{at}/{keyword}"), format!("known are {}", KEYWORDS.join(", ")));
        }
        let word = map.get("x-kind")?;
        let Some(kind) = Kind::parse(word) else {
            let known: Vec<_> = Kind::ALL.iter().filter_map(|kind| serde_json::to_value(kind).ok()).collect();
            self.fault(&format!("{at}/x-kind"), format!("there is no kind {word}; there are {}", json!(known)));
            return None;
        };
        match kind {
            Kind::Reference => self.reference(name, map, at, table),
            Kind::Calculated => self.calculation(name, map, at, table),
            Kind::Select if !lists_values(schema) => {
                self.fault(at, "a select lists its values with `enum` or `oneOf`");
            }
            Kind::MultiSelect if !schema.get("items").is_some_and(lists_values) => {
                self.fault(at, "a multi-select lists the values of its `items` with `enum` or `oneOf`");
            }
            _ => {}
        }
        Some(kind)
    }

    fn reference(&mut self, name: &str, map: &Map<String, Value>, at: &str, table: Option<&str>) {
        let collection =
            map.get("x-collection").and_then(Value::as_str).and_then(|name| name.parse::<CollectionName>().ok());
        let on_delete =
            map.get("x-on-delete").map_or(Some(OnDelete::Refuse), |word| serde_json::from_value(word.clone()).ok());
        match (collection, on_delete) {
            (None, _) => self.fault(&format!("{at}/x-collection"), "a reference names the collection that it leads to"),
            (_, None) => self.fault(&format!("{at}/x-on-delete"), "it is `refuse`, `clear` or `cascade`"),
            (_, Some(OnDelete::Cascade)) if table.is_some() => {
                self.fault(&format!("{at}/x-on-delete"), "a row of a table cannot delete its record");
            }
            (Some(collection), Some(on_delete)) => {
                let (table, field) = (table.map(ToOwned::to_owned), name.to_owned());
                self.compiled.references.push(ReferenceField { table, field, collection, on_delete });
            }
        }
    }

    fn calculation(&mut self, name: &str, map: &Map<String, Value>, at: &str, table: Option<&str>) {
        let Some(text) = map.get("x-formula").and_then(Value::as_str) else {
            return self.fault(&format!("{at}/x-formula"), "a calculated field has a formula");
        };
        if map.get("x-result").is_some_and(|word| !Kind::parse(word).is_some_and(|kind| Kind::RESULTS.contains(&kind)))
        {
            self.fault(&format!("{at}/x-result"), "it is `decimal`, `number`, `text`, `date` or `yes-no`");
        }
        match Formula::parse(text) {
            Err(what) => self.fault(&format!("{at}/x-formula"), what),
            Ok(formula) => self.compiled.calculations.push(Calculation {
                table: table.map(ToOwned::to_owned),
                field: name.to_owned(),
                result: Kind::result(map),
                formula,
            }),
        }
    }

    fn indexes(&mut self, definition: &Definition) {
        if definition.indexes.len() > INDEXES_MAX {
            self.fault("/indexes", format!("a collection has at most {INDEXES_MAX} indexes"));
        }
        for (number, draft) in definition.indexes.iter().enumerate() {
            let at = format!("/indexes/{number}/fields");
            if !(1..=INDEX_FIELDS_MAX).contains(&draft.fields.len()) {
                self.fault(&at, format!("an index has 1 to {INDEX_FIELDS_MAX} fields"));
            }
            if let Some(fields) = self.ordered(&draft.fields, &at) {
                self.compiled.indexes.push(Index::over(fields, draft.unique));
            }
        }
        let names: BTreeSet<_> = self.compiled.indexes.iter().map(|index| index.name.clone()).collect();
        if names.len() < self.compiled.indexes.len() {
            self.fault("/indexes", "an index stands here twice");
        }
        self.search(&definition.search);
    }

    /// The fields with their orders and whether they have several values.
    fn ordered(&mut self, names: &[String], at: &str) -> Option<Vec<(String, Kind, crate::encode::Order)>> {
        let mut fields = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let found = self.compiled.fields.get(name).copied();
            match found.and_then(|field| Some((field.kind?, field.order?))) {
                Some((Kind::MultiSelect, _)) if place > 0 => {
                    self.fault(&format!("{at}/{place}"), "a multi-select can only be the first field of an index");
                    return None;
                }
                Some((kind, order)) => fields.push((name.clone(), kind, order)),
                None => {
                    self.fault(
                        &format!("{at}/{place}"),
                        format!("`{name}` is no field with an `x-kind` that can be put in order"),
                    );
                    return None;
                }
            }
        }
        Some(fields)
    }

    fn search(&mut self, names: &[String]) {
        if names.len() > SEARCH_FIELDS_MAX {
            self.fault("/search", format!("at most {SEARCH_FIELDS_MAX} fields are searched"));
        }
        let unknown = names.iter().position(|name| {
            let kind = self.compiled.fields.get(name).and_then(|field| field.kind);
            !matches!(kind, Some(Kind::Text | Kind::LongText | Kind::Select | Kind::Calculated))
        });
        if let Some(place) = unknown {
            return self.fault(
                &format!("/search/{place}"),
                "only fields of the kinds text, long-text, select and calculated are searched",
            );
        }
        self.compiled.search = (!names.is_empty()).then(|| Index::words(names));
    }

    /// Puts calculations into an order in which each one finds what it looks at; those in tables come first.
    fn sort(&mut self) {
        let mut waiting = std::mem::take(&mut self.compiled.calculations);
        let calculated: BTreeMap<_, _> = waiting.iter().map(|one| (full_name(one), ())).collect();
        let mut done = BTreeSet::new();
        while !waiting.is_empty() {
            let ready = |one: &Calculation| {
                one.formula.names().iter().all(|name| {
                    let name = one.table.as_ref().map_or_else(|| (*name).to_owned(), |table| format!("{table}.{name}"));
                    !calculated.contains_key(&name) || done.contains(&name)
                })
            };
            let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
            waiting = later;
            if now.is_empty() {
                let names: Vec<_> = waiting.iter().map(full_name).collect();
                return self
                    .fault("/schema/properties", format!("these formulas need each other: {}", names.join(", ")));
            }
            done.extend(now.iter().map(full_name));
            self.compiled.calculations.extend(now);
        }
    }
}

fn full_name(calculation: &Calculation) -> String {
    match &calculation.table {
        Some(table) => format!("{table}.{}", calculation.field),
        None => calculation.field.clone(),
    }
}

fn lists_values(schema: &Value) -> bool {
    ["enum", "oneOf"].iter().any(|keyword| schema.get(keyword).is_some_and(Value::is_array))
}

fn order(schema: &Value) -> Option<crate::encode::Order> {
    match kind(schema)? {
        (Kind::Calculated, map) => Kind::result(map).order(),
        (kind, _) => kind.order(),
    }
}
