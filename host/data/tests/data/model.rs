//! Indexes against a model: after any changes, every question has the answer that looking at all records gives.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use signalsync_data::{Query, Sort};

use crate::lab::{Lab, ask};

const C: &str = "things";

#[derive(Debug, Clone)]
enum Step {
    Put(u8, Value),
    Patch(u8, Value),
    Delete(u8),
    Restore(u8),
    Publish(bool),
    Build,
}

fn definition(full: bool) -> Value {
    let schema = json!({"properties": {
        "name": {"x-kind": "text"},
        "n": {"x-kind": "number"},
        "amount": {"x-kind": "decimal"},
        "day": {"x-kind": "date"},
        "open": {"x-kind": "yes-no"},
        "tags": {"x-kind": "multi-select", "items": {"enum": ["a", "b", "c"]}},
    }});
    if !full {
        return json!({"schema": schema, "indexes": [{"fields": ["n"]}]});
    }
    json!({"schema": schema, "search": ["name"], "indexes": [
        {"fields": ["name"]}, {"fields": ["n"]}, {"fields": ["amount"]}, {"fields": ["tags", "day"]},
        {"fields": ["open", "day", "n"]},
    ]})
}

const NAMES: &[&str] = &["Ann Lee", "ann", "Bob", "bob lee", "Émile", "emile"];
const AMOUNTS: &[&str] = &["-1.5", "0", "0.50", "0.5", "12", "100.01"];
const DAYS: &[&str] = &["2024-02-29", "2024-03-01", "2025-01-01"];
const TAGS: &[&str] = &["a", "b", "c"];

fn body() -> impl Strategy<Value = Value> {
    let text = |texts: &'static [&'static str]| proptest::option::of(proptest::sample::select(texts));
    let tags = proptest::option::of(proptest::sample::subsequence(TAGS, 0..=3));
    let open = proptest::option::of(any::<bool>());
    (text(NAMES), proptest::option::of(-2_i64..3), text(AMOUNTS), text(DAYS), open, tags).prop_map(
        |(name, n, amount, day, open, tags)| {
            let all = json!({"name": name, "n": n, "amount": amount, "day": day, "open": open, "tags": tags});
            let present = all.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
            present.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0_u8..12;
    prop_oneof![
        8 => (id.clone(), body()).prop_map(|(id, body)| Step::Put(id, body)),
        3 => (id.clone(), body()).prop_map(|(id, body)| Step::Patch(id, body)),
        2 => id.clone().prop_map(Step::Delete),
        1 => id.prop_map(Step::Restore),
        1 => any::<bool>().prop_map(Step::Publish),
        1 => Just(Step::Build),
    ]
}

type Model = BTreeMap<String, Value>;

async fn apply(lab: &Lab, model: &mut Model, bin: &mut Model, step: Step) {
    let host = lab.host();
    match step {
        Step::Put(n, body) => {
            let id = n.to_string();
            lab.put(&host, C, &id, body.clone()).await.unwrap();
            if model.insert(id.clone(), body).is_none() {
                bin.remove(&id);
            }
        }
        Step::Patch(n, patch) => {
            let id = n.to_string();
            let done = lab.patch(&host, C, &id, patch.clone()).await;
            assert_eq!(done.is_ok(), model.contains_key(&id));
            if let Some(body) = model.get_mut(&id) {
                body.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
            }
        }
        Step::Delete(n) => {
            let id = n.to_string();
            assert_eq!(lab.delete(&host, C, &id).await.is_ok(), model.contains_key(&id));
            bin.extend(model.remove(&id).map(|body| (id, body)));
        }
        Step::Restore(n) => {
            let id = n.to_string();
            let can = !model.contains_key(&id) && bin.contains_key(&id);
            assert_eq!(lab.restore(&host, C, &id).await.is_ok(), can);
            if can {
                model.extend(bin.remove(&id).map(|body| (id, body)));
            }
        }
        Step::Publish(full) => lab.publish(C, definition(full)).await.unwrap(),
        Step::Build => lab.build(C).await,
    }
}

/// Compares as the kinds of the fields say.
fn compare(field: &str, one: &Value, other: &Value) -> std::cmp::Ordering {
    let text = |value: &Value| value.as_str().unwrap().to_lowercase();
    match field {
        "n" => one.as_i64().cmp(&other.as_i64()),
        "amount" => text(one).parse::<Decimal>().unwrap().cmp(&text(other).parse().unwrap()),
        "open" => one.as_bool().cmp(&other.as_bool()),
        _ => text(one).cmp(&text(other)),
    }
}

fn same(field: &str, one: &Value, other: &Value) -> bool {
    if field == "amount" { compare(field, one, other).is_eq() } else { one == other }
}

fn holds(filter: &Value, body: &Value) -> bool {
    for (word, every) in [("all", true), ("any", false)] {
        if let Some(parts) = filter.get(word) {
            let mut parts = parts.as_array().unwrap().iter();
            return if every { parts.all(|part| holds(part, body)) } else { parts.any(|part| holds(part, body)) };
        }
    }
    let (field, value) = (filter["field"].as_str().unwrap(), &filter["value"]);
    let found = body.get(field);
    let op = filter["op"].as_str().unwrap();
    match (op, found) {
        ("empty", found) => found.is_none() == value.as_bool().unwrap(),
        ("ne", None) => true,
        (_, None) => false,
        ("eq", Some(Value::Array(items))) => items.contains(value),
        ("eq", Some(found)) => same(field, found, value),
        ("ne", Some(found)) => !same(field, found, value),
        ("in", Some(found)) => value.as_array().unwrap().iter().any(|value| same(field, found, value)),
        ("starts", Some(found)) => {
            found.as_str().unwrap().to_lowercase().starts_with(&value.as_str().unwrap().to_lowercase())
        }
        (op, Some(found)) => {
            let order = compare(field, found, value);
            match op {
                "lt" => order.is_lt(),
                "le" => order.is_le(),
                "gt" => order.is_gt(),
                _ => order.is_ge(),
            }
        }
    }
}

fn filters() -> Vec<Value> {
    let is = |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    let mut filters = vec![
        is("name", "eq", json!("Ann Lee")),
        is("name", "starts", json!("ANN")),
        is("name", "ge", json!("bob")),
        is("n", "empty", json!(true)),
        is("n", "empty", json!(false)),
        is("n", "ne", json!(1)),
        is("n", "in", json!([0, 2])),
        is("tags", "eq", json!("b")),
        is("open", "eq", json!(true)),
        is("day", "lt", json!("2024-03-01")),
        json!({"all": [is("open", "eq", json!(true)), is("day", "ge", json!("2024-03-01"))]}),
        json!({"all": [is("open", "in", json!([true, false])), is("day", "eq", json!("2024-02-29")), is("n", "gt", json!(-1))]}),
        json!({"any": [is("n", "eq", json!(1)), is("amount", "gt", json!("10"))]}),
        json!({"all": [is("tags", "eq", json!("a")), {"any": [is("n", "lt", json!(0)), is("open", "eq", json!(false))]}]}),
    ];
    filters.extend(["lt", "le", "gt", "ge", "eq"].map(|op| is("amount", op, json!("0.5"))));
    filters.extend(["lt", "le", "gt", "ge", "eq"].map(|op| is("n", op, json!(1))));
    filters
}

fn expected(model: &Model, filter: &Value) -> Vec<String> {
    model.iter().filter(|(_, body)| holds(filter, body)).map(|(id, _)| id.clone()).collect()
}

/// What a list in order is: by value, empty first, then by id.
fn in_order(model: &Model, mut ids: Vec<String>, field: &str, backwards: bool) -> Vec<String> {
    ids.sort_by(|one, other| {
        let (a, b) = (model[one].get(field), model[other].get(field));
        let order = match (a, b) {
            (Some(a), Some(b)) => compare(field, a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        order.then_with(|| one.cmp(other))
    });
    if backwards {
        ids.reverse();
    }
    ids
}

async fn check(lab: &Lab, model: &Model, full: bool) {
    let host = lab.host();
    for filter in filters() {
        let wanted = expected(model, &filter);
        let mut found = lab.all(&host, C, &ask(filter.clone())).await;
        let count = lab.count(&host, C, &ask(filter.clone())).await;
        assert_eq!((count.count, count.exact), (wanted.len(), true), "{filter}");
        found.sort();
        assert_eq!(found, wanted, "{filter}");
        for (field, backwards) in [("n", false), ("n", true), ("amount", false), ("amount", true), ("name", true)] {
            if !full && field != "n" {
                continue;
            }
            let sort = Some(Sort { field: Some(field.to_owned()), backwards });
            let found = lab.all(&host, C, &Query { sort, ..ask(filter.clone()) }).await;
            assert_eq!(found, in_order(model, wanted.clone(), field, backwards), "{filter} by {field} {backwards}");
        }
        let by_id = Query { sort: Some(Sort { field: None, backwards: true }), ..ask(filter.clone()) };
        assert_eq!(lab.all(&host, C, &by_id).await, wanted.into_iter().rev().collect::<Vec<_>>(), "{filter} by id");
    }
    if full {
        check_search(lab, model).await;
    }
}

async fn check_search(lab: &Lab, model: &Model) {
    for search in ["ann", "LEE", "bo l", "é", "zzz"] {
        let query = Query { search: Some(search.to_owned()), limit: 2, ..Query::default() };
        let mut found = lab.all(&lab.host(), C, &query).await;
        found.sort();
        let has = |body: &Value| {
            let name = body.get("name").map_or(String::new(), |name| name.as_str().unwrap().to_lowercase());
            search.to_lowercase().split(' ').all(|word| name.split(' ').any(|found| found.starts_with(word)))
        };
        let wanted: Vec<_> = model.iter().filter(|(_, body)| has(body)).map(|(id, _)| id.clone()).collect();
        assert_eq!(found, wanted, "{search}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_question_is_answered_as_by_looking_at_all(steps in proptest::collection::vec(step(), 1..40), full in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lab = Lab::new().await;
            lab.define(C, definition(true)).await;
            let (mut model, mut bin) = (Model::new(), Model::new());
            for step in steps {
                apply(&lab, &mut model, &mut bin, step).await;
            }
            lab.publish(C, definition(full)).await.unwrap();
            lab.build(C).await;
            check(&lab, &model, full).await;
        });
    }
}
