//! Definitions: drafts, kinds, formulas, what is refused, what a change would do.

use serde_json::{Value, json};
use signalsync_core::contract::Violation;
use signalsync_data::{Compiled, DataError, Definition, Kind};

use crate::lab::{Lab, fields, id, name};

fn faults(definition: Value) -> Vec<String> {
    let definition: Definition = serde_json::from_value(definition).unwrap();
    Compiled::of(&definition).err().unwrap_or_default().into_iter().map(|violation| violation.path).collect()
}

fn violations(error: DataError) -> Vec<Violation> {
    match error {
        DataError::NotValid { violations } | DataError::BadDefinition { violations } => violations,
        other => panic!("{other}"),
    }
}

fn every_kind() -> Value {
    fields(json!({
        "text": {"x-kind": "text"},
        "long-text": {"x-kind": "long-text"},
        "number": {"x-kind": "number"},
        "decimal": {"x-kind": "decimal"},
        "money": {"x-kind": "money"},
        "date": {"x-kind": "date"},
        "time": {"x-kind": "time"},
        "date-time": {"x-kind": "date-time"},
        "yes-no": {"x-kind": "yes-no"},
        "select": {"x-kind": "select", "enum": ["a", "b"]},
        "multi-select": {"x-kind": "multi-select", "items": {"enum": ["a", "b"]}},
        "reference": {"x-kind": "reference", "x-collection": "things"},
        "user": {"x-kind": "user"},
        "file": {"x-kind": "file"},
        "calculated": {"x-kind": "calculated", "x-formula": "number * 2"},
        "rating": {"x-kind": "rating"},
        "signature": {"x-kind": "signature"},
        "table": {"x-kind": "table", "items": {"properties": {"n": {"x-kind": "number"}}}},
    }))
}

#[tokio::test]
async fn every_kind_takes_what_it_is_for_and_nothing_else() {
    let lab = Lab::new().await;
    lab.define("things", every_kind()).await;
    let host = lab.host();
    lab.put(&host, "things", "other", json!({})).await.unwrap();
    let cases = [
        ("text", json!("a line"), json!("two\nlines")),
        ("long-text", json!("two\nlines"), json!(1)),
        ("number", json!(-1.5), json!("1")),
        ("decimal", json!("-12.50"), json!("1,5")),
        ("money", json!({"amount": "1.50", "currency": "EUR"}), json!({"amount": "1.50", "currency": "euro"})),
        ("date", json!("2024-02-29"), json!("2023-02-29")),
        ("time", json!("23:59"), json!("24:00")),
        ("date-time", json!("2024-02-29T23:00:00+02:00"), json!("2024-02-29T23:00:00")),
        ("yes-no", json!(true), json!("true")),
        ("select", json!("a"), json!("c")),
        ("multi-select", json!(["b", "a"]), json!(["a", "a"])),
        ("reference", json!("other"), json!("missing")),
        ("user", json!("usr_0123456789abcdef0123456789abcdef"), json!("usr_1")),
        ("file", json!({"path": "a/b.pdf", "name": "b.pdf", "size": 3}), json!("b.pdf")),
        ("rating", json!(5), json!(6)),
        ("signature", json!({"name": "Ann", "at": "2024-02-29T23:00:00Z"}), json!({"name": "Ann"})),
        ("table", json!([{"n": 1}, {}]), json!([{"n": "1"}])),
    ];
    for kind in Kind::ALL {
        let word = serde_json::to_value(kind).unwrap();
        assert!(word == "calculated" || cases.iter().any(|(tested, ..)| word == *tested), "{word} has no case");
    }
    for (field, good, bad) in cases {
        let (good, bad) = (json!({field: good}), json!({field: bad}));
        lab.put(&host, "things", "a", good.clone()).await.unwrap_or_else(|error| panic!("{field}: {error}"));
        let kept = lab.get(&host, "things", "a").await.unwrap();
        assert_eq!(kept[field], good[field], "kept as it was written: no day shifts, no digit is lost");
        let found = violations(lab.put(&host, "things", "a", bad).await.unwrap_err());
        assert!(found.iter().all(|violation| violation.path.starts_with(&format!("/{field}"))), "{found:?}");
    }
}

#[tokio::test]
async fn what_is_required_can_depend_on_other_fields() {
    let lab = Lab::new().await;
    let mut definition = fields(json!({"paid": {"x-kind": "yes-no"}, "iban": {"x-kind": "text"}}));
    definition["schema"]["if"] = json!({"properties": {"paid": {"const": false}}, "required": ["paid"]});
    definition["schema"]["then"] = json!({"required": ["iban"]});
    definition["schema"]["additionalProperties"] = json!(false);
    lab.define("things", definition).await;
    let host = lab.host();
    lab.put(&host, "things", "a", json!({"paid": true})).await.unwrap();
    let missing = violations(lab.put(&host, "things", "a", json!({"paid": false})).await.unwrap_err());
    assert_eq!((missing[0].path.as_str(), missing[0].code.as_str()), ("/iban", "required"));
    let unknown = violations(lab.put(&host, "things", "a", json!({"other": 1})).await.unwrap_err());
    assert_eq!((unknown[0].path.as_str(), unknown[0].code.as_str()), ("/other", "additionalProperties"));
}

#[tokio::test]
async fn calculated_fields_are_the_hosts() {
    let lab = Lab::new().await;
    lab.define(
        "orders",
        fields(json!({
            "lines": {"x-kind": "table", "items": {"properties": {
                "qty": {"x-kind": "number"}, "price": {"x-kind": "decimal"},
                "sum": {"x-kind": "calculated", "x-formula": "qty * price"},
            }}},
            "gross": {"x-kind": "calculated", "x-formula": "round(net * 1.19, 2)"},
            "net": {"x-kind": "calculated", "x-formula": "sum(lines.sum)"},
            "many": {"x-kind": "calculated", "x-formula": "count(lines.qty) > 1", "x-result": "yes-no"},
        })),
    )
    .await;
    let host = lab.host();
    let lines = json!([{"qty": 3, "price": "0.10", "sum": "1000"}, {"qty": 1, "price": "9.99"}]);
    lab.put(&host, "orders", "a", json!({"lines": lines, "net": "0", "gross": "-5"})).await.unwrap();
    let kept = lab.get(&host, "orders", "a").await.unwrap();
    assert_eq!(
        (&kept["lines"][0]["sum"], &kept["net"], &kept["gross"]),
        (&json!("0.3"), &json!("10.29"), &json!("12.25"))
    );
    assert_eq!(kept["many"], json!(true));
    lab.patch(&host, "orders", "a", json!({"lines": []})).await.unwrap();
    let kept = lab.get(&host, "orders", "a").await.unwrap();
    assert_eq!((&kept["net"], &kept["many"]), (&json!("0"), &json!(false)));
}

#[test]
fn what_is_wrong_with_a_definition_is_said_with_its_place() {
    let at = |field: &str| format!("/schema/properties/{field}");
    let one = |name: &str, schema: Value| faults(fields(json!({name: schema})));
    assert_eq!(one("a b", json!({})), [at("a b")]);
    assert_eq!(one("a", json!({"x-kind": "blob"})), [at("a/x-kind")]);
    assert_eq!(one("a", json!({"x-other": 1})), [at("a/x-other")]);
    assert_eq!(one("a", json!({"x-kind": "select"})), [at("a")]);
    assert_eq!(one("a", json!({"x-kind": "reference"})), [at("a/x-collection")]);
    assert_eq!(
        one("a", json!({"x-kind": "reference", "x-collection": "b", "x-on-delete": "burn"})),
        [at("a/x-on-delete")]
    );
    assert_eq!(one("a", json!({"x-kind": "calculated", "x-formula": "1 +"})), [at("a/x-formula")]);
    assert_eq!(one("a", json!({"x-kind": "table"})), [at("a")]);
    assert_eq!(one("a", json!({"type": "nothing"})), [at("a/type")]);
    assert_eq!(one("a", json!({"pattern": "(?=look)"})).len(), 1);
    assert_eq!(faults(json!({"schema": {"type": "object"}})), ["/schema/properties"]);
    assert_eq!(faults(json!({"schema": {"properties": {"a": {"$ref": "http://x/"}}}})), [at("a/$ref")]);
    let circle =
        json!({"a": {"x-kind": "calculated", "x-formula": "b"}, "b": {"x-kind": "calculated", "x-formula": "a"}});
    assert_eq!(faults(fields(circle)), ["/schema/properties"]);
    let with = |more: &str, value: Value| {
        let mut definition = fields(json!({"a": {"x-kind": "text"}, "f": {"x-kind": "file"}}));
        definition[more] = value;
        faults(definition)
    };
    assert_eq!(with("indexes", json!([{"fields": ["f"]}])), ["/indexes/0/fields/0"]);
    assert_eq!(with("indexes", json!([{"fields": []}])), ["/indexes/0/fields"]);
    assert_eq!(with("indexes", json!([{"fields": ["a"]}, {"fields": ["a"]}])), ["/indexes"]);
    assert_eq!(with("search", json!(["a", "f"])), ["/search/1"]);
    assert_eq!(with("layout", json!({"type": "Control", "scope": "#/properties/b"})), ["/layout/scope"]);
    assert!(with("layout", json!({"type": "Control", "scope": "#/properties/a"})).is_empty());
}

#[test]
fn a_definition_is_bounded() {
    let many = |count: usize| {
        let fields_of = (0..count).map(|n| (format!("f{n}"), json!({"x-kind": "text"})));
        fields(Value::Object(fields_of.collect()))
    };
    assert!(faults(many(200)).is_empty() && faults(many(201)) == ["/schema/properties"]);
    let indexed = |count: usize| {
        let mut definition = many(count);
        definition["indexes"] = (0..count).map(|n| json!({"fields": [format!("f{n}")]})).collect();
        definition
    };
    assert!(faults(indexed(10)).is_empty() && faults(indexed(11)) == ["/indexes"]);
    let searched = |count: usize| {
        let mut definition = many(count);
        definition["search"] = (0..count).map(|n| json!(format!("f{n}"))).collect();
        definition
    };
    assert!(faults(searched(8)).is_empty() && faults(searched(9)) == ["/search"]);
    let long = |bytes: usize| {
        let mut definition = many(1);
        definition["schema"]["description"] = json!("x".repeat(bytes));
        definition
    };
    assert!(faults(long(250_000)).is_empty() && faults(long(270_000)) == [""]);
}

#[tokio::test]
async fn a_draft_becomes_the_definition_that_holds() {
    let lab = Lab::new().await;
    let (host, things) = (lab.host(), name("things"));
    lab.collection("things").await;
    lab.put(&host, "things", "a", json!([1, "anything"])).await.unwrap();
    assert!(matches!(lab.write(|tx| signalsync_data::publish(&host, tx, &things)).await, Err(DataError::NoDefinition)));

    let bad: Definition = serde_json::from_value(fields(json!({"n": {"x-kind": "blob"}}))).unwrap();
    let found = lab.write(|tx| signalsync_data::save(&host, tx, &things, &bad)).await.unwrap();
    assert_eq!(found.len(), 1, "a draft may be unfinished");
    let refused = lab.write(|tx| signalsync_data::publish(&host, tx, &things)).await;
    assert!(matches!(refused, Err(DataError::BadDefinition { .. })));
    lab.put(&host, "things", "b", json!("still anything")).await.unwrap();

    let missing = lab.publish("things", fields(json!({"to": {"x-kind": "reference", "x-collection": "gone"}}))).await;
    assert_eq!(violations(missing.unwrap_err())[0].path, "/schema/properties/to/x-collection");
    for number in 1..=2 {
        lab.publish("things", fields(json!({"n": {"x-kind": "number"}}))).await.unwrap();
        let (version, _) = lab.read(|tx| signalsync_data::published(&host, tx, &things, None)).await.unwrap();
        assert_eq!(version, number);
    }
    assert!(matches!(lab.read(|tx| signalsync_data::draft(tx, &things)).await, Err(DataError::NoDefinition)));
    assert!(lab.put(&host, "things", "b", json!("anything")).await.is_err());
    assert_eq!(lab.get(&host, "things", "a").await, Some(json!([1, "anything"])), "what is there stays readable");
}

#[tokio::test]
async fn a_change_is_previewed_and_its_uses_are_named() {
    let lab = Lab::new().await;
    let (host, things) = (lab.host(), name("things"));
    let mut definition = fields(json!({
        "n": {"x-kind": "number"}, "code": {"x-kind": "text"}, "twice": {"x-kind": "calculated", "x-formula": "n * 2"},
    }));
    definition["indexes"] = json!([{"fields": ["n"]}]);
    definition["search"] = json!(["code"]);
    lab.define("things", definition).await;
    lab.define("others", fields(json!({"to": {"x-kind": "reference", "x-collection": "things"}}))).await;
    for (id, body) in [("a", json!({"n": 1, "code": "x"})), ("b", json!({"code": "X"})), ("c", json!({"n": 2}))] {
        lab.put(&host, "things", id, body).await.unwrap();
    }
    let mut other = fields(json!({"n": {"x-kind": "text"}, "code": {"x-kind": "text"}}));
    other["indexes"] = json!([{"fields": ["code"], "unique": true}]);
    let other: Definition = serde_json::from_value(other).unwrap();
    let preview = lab.read(|tx| host.preview(tx, &things, &other)).await.unwrap();
    assert_eq!((preview.looked_at, preview.complete, preview.invalid, preview.doubles), (3, true, 2, 1));
    assert_eq!(preview.examples[0].id, id("a"));
    assert!(preview.changed["twice"].gone && preview.changed["n"].becomes == Some(Kind::Text));

    let uses = |field: Option<&'static str>| {
        let (host, things) = (&host, &things);
        lab.read(move |tx| serde_json::to_value(signalsync_data::usages(host, tx, things, field).unwrap()).unwrap())
    };
    assert_eq!(
        uses(Some("n")).await,
        json!([{"what": "index", "field": "n"}, {"what": "formula", "field": "n", "calculated": "twice"}])
    );
    assert_eq!(uses(Some("code")).await, json!([{"what": "search", "field": "code"}]));
    assert_eq!(uses(None).await[0], json!({"what": "reference", "collection": "others"}));
    let refused = lab.write(|tx| signalsync_data::delete(&host, tx, &name("things"))).await;
    assert!(matches!(refused, Err(DataError::NotEmpty(_))));
}
