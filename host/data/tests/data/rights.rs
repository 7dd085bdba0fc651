//! One rule, many doors: what a caller does not see, no door shows.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signalsync_core::rights::{Person, RecordAction};
use signalsync_core::{DepartmentId, UserId};
use signalsync_data::{DataError, Gate, Query, Sort};
use signalsync_store::Precondition;

use crate::lab::{Lab, ask, change, fields, id, name, user};

const C: &str = "people";

/// Something that can be done with a record, named for the message of a failure.
type Door = (&'static str, fn(&Gate, &mut signalsync_store::Transaction, &str) -> Option<String>);

fn is(field: &str, op: &str, value: Value) -> Query {
    ask(json!({"field": field, "op": op, "value": value}))
}

fn found(gate: &Gate, tx: &mut signalsync_store::Transaction, query: &Query) -> Option<String> {
    let page = gate.query(tx, &name(C), query).ok()?;
    let shown: Vec<_> = page.items.iter().map(|record| format!("{} {}", record.id, record.body)).collect();
    Some(shown.join("\n"))
}

/// Every way to read. Each answers with all that it shows, as text.
const READING: &[Door] = &[
    ("get", |gate, tx, at| Some(gate.get(tx, &name(C), &id(at)).ok()?.body)),
    ("versions", |gate, tx, at| {
        let versions = gate.versions(tx, &name(C), &id(at), None, 10).ok()?.items;
        serde_json::to_string(&versions).ok()
    }),
    ("list", |gate, tx, at| {
        let page = gate.list(tx, &name(C), at, None, (10, 1 << 20)).ok()?;
        page.items.iter().find(|record| record.id == id(at)).map(|record| record.body.clone())
    }),
    ("filter", |gate, tx, at| {
        found(gate, tx, &is("name", "eq", json!(format!("Name {at}")))).filter(|text| !text.is_empty())
    }),
    ("sort", |gate, tx, at| {
        let sort = Some(Sort { field: Some("name".to_owned()), backwards: false });
        found(gate, tx, &Query { sort, limit: 100, ..Query::default() })
            .filter(|text| text.contains(&format!("Name {at}")))
    }),
    ("search", |gate, tx, at| {
        let query = Query { search: Some(format!("name {at}")), limit: 100, ..Query::default() };
        found(gate, tx, &query).filter(|text| !text.is_empty())
    }),
    ("count", |gate, tx, at| {
        let count = gate.count(tx, &name(C), &is("name", "eq", json!(format!("Name {at}")))).ok()?;
        (count.count > 0).then(|| "1".to_owned())
    }),
    ("why", |gate, tx, at| gate.why(tx, &name(C), &id(at), RecordAction::See).ok().map(|_| String::new())),
];

struct Cast {
    lab: Lab,
    me: Person,
    mine: DepartmentId,
}

/// Records `own`, `dept`, `open` and `other`, each seen by another rule only, with a salary in each.
async fn cast() -> Cast {
    let lab = Lab::new().await;
    let mut definition = fields(json!({
        "name": {"x-kind": "text"}, "status": {"x-kind": "text"}, "salary": {"x-kind": "number"},
    }));
    definition["indexes"] = json!([{"fields": ["name"]}, {"fields": ["salary"]}]);
    definition["search"] = json!(["name"]);
    lab.define(C, definition).await;
    let (mine, host) = (DepartmentId::new(), lab.host());
    let me = Person { user: Some(UserId::new()), home: Some(mine), departments: BTreeSet::from([mine]) };
    for (number, at) in ["dept", "open", "other", "own"].into_iter().enumerate() {
        let status = if at == "open" { "open" } else { "closed" };
        let body = json!({"name": format!("Name {at}"), "status": status, "salary": 1_000 + number});
        lab.put(&host, C, at, body).await.unwrap();
        lab.patch(&host, C, at, json!({"salary": 7_000 + number})).await.unwrap();
        let to = match at {
            "own" => (me.user, None),
            "dept" => (Some(UserId::new()), Some(mine)),
            _ => (Some(UserId::new()), Some(DepartmentId::new())),
        };
        lab.write(|tx| host.hand_over(tx, &name(C), &id(at), to, Precondition::None)).await.unwrap();
    }
    Cast { lab, me, mine }
}

#[tokio::test]
async fn no_door_shows_a_record_that_the_rules_do_not_show() {
    let Cast { lab, me, .. } = cast().await;
    let open = json!({"where": {"field": "status", "equals": "open"}});
    for (reach, seen) in [
        (json!("none"), vec![]),
        (json!("own"), vec!["own"]),
        (json!("department"), vec!["dept"]),
        (open, vec!["open"]),
        (json!("all"), vec!["dept", "open", "other", "own"]),
    ] {
        let gate = lab.person(me.clone(), &[json!({"see": reach, "create": true})]);
        for (door, shows) in READING {
            for at in ["dept", "open", "other", "own"] {
                let shown = lab.read(|tx| shows(&gate, tx, at)).await;
                assert_eq!(shown.is_some(), seen.contains(&at), "{door} shows {at} by {reach}: {shown:?}");
            }
        }
        let all = Query { limit: 2, ..Query::default() };
        assert_eq!(lab.all(&gate, C, &all).await, seen, "{reach}");
        assert_eq!(lab.count(&gate, C, &all).await.count, seen.len(), "{reach}");
    }
}

#[tokio::test]
async fn several_rules_add_up_in_one_list() {
    let Cast { lab, me, .. } = cast().await;
    let rules = [
        json!({"see": "own"}),
        json!({"see": "department"}),
        json!({"see": {"where": {"field": "name", "equals": "Name other"}}}),
    ];
    let gate = lab.person(me, &rules);
    for limit in 1..4 {
        let query = Query { limit, ..Query::default() };
        assert_eq!(lab.all(&gate, C, &query).await, ["dept", "other", "own"]);
        let backwards = Query { sort: Some(Sort { field: None, backwards: true }), ..query };
        assert_eq!(lab.all(&gate, C, &backwards).await, ["own", "other", "dept"]);
    }
}

#[tokio::test]
async fn no_door_shows_or_tells_of_a_hidden_field() {
    let Cast { lab, me, .. } = cast().await;
    let gate = lab.person(me, &[json!({"see": "all", "change": "all", "delete": "all", "hidden": ["salary"]})]);
    for (door, shows) in READING {
        let shown = lab.read(|tx| shows(&gate, tx, "own")).await.unwrap();
        assert!(!shown.contains("salary") && !shown.contains("7003") && !shown.contains("1003"), "{door}: {shown}");
    }
    let by_salary = Query {
        sort: Some(Sort { field: Some("salary".to_owned()), backwards: false }),
        ..ask(json!({"field": "name", "op": "empty", "value": false}))
    };
    let mut probes = ["eq", "ne", "lt", "ge"].map(|op| is("salary", op, json!(7_003))).to_vec();
    probes.extend([is("salary", "in", json!([7_003])), is("salary", "empty", json!(false)), by_salary]);
    probes.push(ask(json!({"any": [{"field": "salary", "op": "gt", "value": 0}]})));
    for probe in probes {
        let hidden = lab.query(&gate, C, &probe).await.unwrap_err().to_string();
        assert!(lab.read(|tx| gate.count(tx, &name(C), &probe)).await.is_err(), "{probe:?}");
        let unknown = serde_json::to_string(&probe.filter).unwrap().replace("salary", "nothing");
        let sort = probe.sort.clone().map(|sort| Sort { field: Some("nothing".to_owned()), ..sort });
        let unknown = Query { filter: serde_json::from_str(&unknown).unwrap(), sort, ..probe };
        let unknown = lab.query(&gate, C, &unknown).await.unwrap_err().to_string();
        assert_eq!(hidden.replace("salary", "nothing"), unknown, "as if there were no such field");
    }
    lab.delete(&gate, C, "own").await.unwrap();
    let bin = lab.read(|tx| gate.bin(tx, &name(C), None, 10)).await.unwrap().items;
    assert!(bin.len() == 1 && !bin[0].body.contains("salary"));
    lab.restore(&gate, C, "own").await.unwrap();
    assert_eq!(lab.get(&lab.host(), C, "own").await.unwrap()["salary"], json!(7_003));
}

#[tokio::test]
async fn hidden_fields_survive_a_change_and_cannot_be_set() {
    let Cast { lab, me, .. } = cast().await;
    let rule = json!({"see": "all", "change": "all", "create": true, "hidden": ["salary"], "fixed": ["status"]});
    let gate = lab.person(me, &[rule]);
    lab.put(&gate, C, "own", json!({"name": "New", "status": "closed"})).await.unwrap();
    lab.patch(&gate, C, "own", json!({"name": "Newer"})).await.unwrap();
    let kept = lab.get(&lab.host(), C, "own").await.unwrap();
    assert_eq!(kept, json!({"name": "Newer", "status": "closed", "salary": 7_003}));
    for body in [json!({"salary": 7_003}), json!({"salary": 1}), json!({"status": "open"}), json!({"status": null})] {
        assert!(matches!(lab.patch(&gate, C, "own", body.clone()).await, Err(DataError::Forbidden(_))), "{body}");
    }
    assert!(
        matches!(lab.put(&gate, C, "own", json!({"name": "x"})).await, Err(DataError::Forbidden(_))),
        "status is gone"
    );
    lab.patch(&gate, C, "own", json!({"salary": null})).await.unwrap();
    assert_eq!(lab.get(&lab.host(), C, "own").await.unwrap()["salary"], json!(7_003));
    assert!(matches!(lab.put(&gate, C, "new", json!({"salary": 1})).await, Err(DataError::Forbidden(_))));
    lab.put(&gate, C, "new", json!({"status": "open"})).await.unwrap();
}

#[tokio::test]
async fn what_is_not_seen_is_not_there_for_any_change() {
    let Cast { lab, me, .. } = cast().await;
    let all = json!({"see": "own", "change": "all", "delete": "all"});
    let gate = lab.person(me.clone(), &[all]);
    let (other, missing) = ("other", "missing");
    for at in [other, missing] {
        assert!(matches!(lab.put(&gate, C, at, json!({})).await, Err(DataError::NotFound)), "{at}");
        assert!(matches!(lab.patch(&gate, C, at, json!({})).await, Err(DataError::NotFound)), "{at}");
        assert!(matches!(lab.delete(&gate, C, at).await, Err(DataError::NotFound)), "{at}");
        assert!(matches!(lab.restore(&gate, C, at).await, Err(DataError::NotFound)), "{at}");
        let handed = lab.write(|tx| gate.hand_over(tx, &name(C), &id(at), (None, None), Precondition::None)).await;
        assert!(matches!(handed, Err(DataError::NotFound)), "{at}");
        let absent = signalsync_data::Change { precondition: Precondition::Absent, ..change(C, at, &json!({})) };
        assert!(matches!(lab.write(|tx| gate.put(tx, &absent)).await, Err(DataError::NotFound)), "{at}");
    }
    let creator = lab.person(me, &[json!({"see": "own", "create": true, "change": "own"})]);
    assert!(matches!(lab.put(&creator, C, other, json!({})).await, Err(DataError::NotFound)), "nothing is overwritten");
    lab.put(&creator, C, "mine", json!({"name": "Mine"})).await.unwrap();
    assert!(lab.get(&creator, C, "mine").await.is_some(), "who creates it owns it");
}

#[tokio::test]
async fn a_change_does_not_lead_outside() {
    let Cast { lab, me, mine } = cast().await;
    let closed = json!({"where": {"field": "status", "equals": "closed"}});
    let gate = lab.person(me.clone(), &[json!({"see": "all", "change": closed, "delete": "none"})]);
    assert!(matches!(lab.patch(&gate, C, "open", json!({"name": "x"})).await, Err(DataError::Forbidden(_))));
    assert!(matches!(lab.patch(&gate, C, "own", json!({"status": "open"})).await, Err(DataError::Forbidden(_))));
    lab.patch(&gate, C, "own", json!({"name": "x"})).await.unwrap();
    assert!(matches!(lab.delete(&gate, C, "own").await, Err(DataError::Forbidden(_))));

    let own = lab.person(me.clone(), &[json!({"see": "own", "change": "own"})]);
    let give = |gate: Gate, to: (Option<UserId>, Option<DepartmentId>)| {
        let lab = &lab;
        async move { lab.write(|tx| gate.hand_over(tx, &name(C), &id("own"), to, Precondition::None)).await }
    };
    assert!(matches!(give(own, (Some(UserId::new()), None)).await, Err(DataError::Forbidden(_))));
    let colleague = Some(UserId::new());
    let lead = lab.person(
        me.clone(),
        &[json!({"see": "own", "change": "own"}), json!({"see": "department", "change": "department"})],
    );
    give(lead, (colleague, Some(mine))).await.unwrap();
    let theirs = lab.person(Person { user: colleague, ..Person::default() }, &[json!({"see": "own"})]);
    assert_eq!(lab.all(&theirs, C, &Query { limit: 9, ..Query::default() }).await, ["own"]);
}

#[tokio::test]
async fn a_cursor_shows_nothing_and_belongs_to_its_question() {
    let Cast { lab, me, .. } = cast().await;
    let gate = lab.person(me, &[json!({"see": "own"})]);
    let by_name = |backwards| Query {
        sort: Some(Sort { field: Some("name".to_owned()), backwards }),
        limit: 1,
        ..Query::default()
    };
    for (at, body) in [("zz", json!({"name": "Zz secret"})), ("zy", json!({"name": "Zy secret"}))] {
        lab.put(&lab.host(), C, at, body).await.unwrap();
    }
    let next = lab.query(&gate, C, &by_name(false)).await.unwrap().next.unwrap();
    assert!(!next.contains("ame"));
    let reused = Query { after: Some(next.clone()), ..by_name(true) };
    assert!(matches!(lab.query(&gate, C, &reused).await, Err(DataError::BadQuery(_))));
    let mut forged = next.into_bytes();
    forged[40] ^= 1;
    let forged = Query { after: Some(String::from_utf8(forged).unwrap()), ..by_name(false) };
    assert!(matches!(lab.query(&gate, C, &forged).await, Err(DataError::BadQuery(_))));
}

#[tokio::test]
async fn collections_are_known_to_those_who_can_do_something_in_them() {
    let lab = Lab::new().await;
    for collection in ["orders", "salaries"] {
        lab.collection(collection).await;
    }
    let gate =
        lab.person(user(), &[json!({"collection": "orders", "create": true}), json!({"collection": "salaries"})]);
    let seen = lab.read(|tx| signalsync_data::list(&gate, tx, None, 10)).await.unwrap().items;
    assert_eq!(seen.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["orders"]);
    assert!(matches!(
        lab.query(&gate, "salaries", &Query { limit: 1, ..Query::default() }).await,
        Err(DataError::NoCollection)
    ));
    assert!(lab.all(&gate, "orders", &Query { limit: 1, ..Query::default() }).await.is_empty());
    lab.put(&gate, "orders", "a", json!({})).await.unwrap();
    assert_eq!(lab.get(&gate, "orders", "a").await, None, "a letter box: what goes in is not seen again");
}
