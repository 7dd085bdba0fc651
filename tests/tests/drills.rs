//! Many at once: clients that go away, tenants that take all they can get, names that look like paths.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant};

/// Rounds of the drills that repeat something; the nightly run asks for more.
fn rounds(few: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "the nightly run speaks to the tests in a variable")]
    let asked = std::env::var("SIGNALSYNC_DRILL_ROUNDS").ok();
    asked.and_then(|rounds| rounds.parse().ok()).unwrap_or(few)
}

fn raw(platform: &Platform, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(platform.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn head(line: &str, tenant: &Tenant, length: usize) -> String {
    format!(
        "{line} HTTP/1.1\r\nHost: {}.localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n",
        tenant.slug,
        tenant.client.key()
    )
}

/// R16: what was begun is done or not done, never half, and nothing is left of it in the host.
#[test]
fn r16_clients_that_go_away_in_the_middle() {
    let mut platform = Platform::start();
    let tenant = platform.tenant("acme");
    tenant.validation(BURNS);
    let body = json!({ "turns": 200_000 }).to_string();
    for round in 0..rounds(200) {
        let line = format!("PUT /v1/collections/data/records/{round}");
        // Gone after the request, or in the middle of its body.
        let sent = if round % 2 == 0 { body.as_str() } else { &body[..body.len() / 2] };
        drop(raw(&platform, &(head(&line, &tenant, body.len()) + sent)));
    }
    platform.assert_unharmed();
    let list = tenant.client.get("/v1/collections/data/records?limit=1000").expect(200).json();
    for record in list["items"].as_array().unwrap() {
        assert_eq!(record["body"].to_string(), body, "{record}");
        let round: usize = record["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(round % 2, 0, "half a body is no record");
    }
    tenant.write("after", &json!({ "turns": 1 })).expect(201);
}

/// R18: nobody waits for a guest that sleeps, not even for the same collection.
#[test]
fn r18_a_guest_that_sleeps_holds_nothing() {
    let platform =
        Platform::with("[tiers.standard.validation]\nfuel = 50000000\nmemory_bytes = 33554432\nwall_ms = 60000\n");
    let tenant = platform.tenant("acme");
    tenant.collection("data");
    tenant.collection("other");
    let digest = tenant.ready(WASI_SLEEP);
    let grants = json!({ "storage": { "other": "read-write" } });
    let draft = json!({ "component": digest, "grants": grants, "validates": ["data"], "on-failure": "closed" });
    tenant.deploy("sleeper", &draft).expect(201);
    let sleeping = AtomicBool::new(true);
    let request = head("PUT /v1/collections/data/records/1", &tenant, 2) + "{}";
    let sleeper = raw(&platform, &request);
    let waiter = sleeper.try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            answer(waiter);
            sleeping.store(false, Ordering::Release);
        });
        for number in 0..20 {
            tenant.client.put(&format!("/v1/collections/other/records/{number}"), &json!({})).expect(201);
        }
        tenant.client.delete("/v1/collections/other/records/0").expect(204);
        assert!(sleeping.load(Ordering::Acquire), "the guest still sleeps");
        sleeper.shutdown(std::net::Shutdown::Both).unwrap();
    });
}

/// F1: whoever asks for more does not get it from those who ask for little.
#[test]
fn f1_a_greedy_tenant_takes_nothing_from_a_modest_one() {
    let platform = Platform::start();
    let (greedy, modest) = (platform.tenant("greedy"), platform.tenant("modest"));
    greedy.validation(BURNS);
    modest.validation(BURNS);
    let work = json!({ "turns": 3_000_000 });
    let (over, taken) = (AtomicBool::new(false), AtomicU64::new(0));
    const CALLS: u64 = 20;
    thread::scope(|scope| {
        for client in 0..12 {
            let (greedy, work, over, taken) = (&greedy, &work, &over, &taken);
            scope.spawn(move || {
                while !over.load(Ordering::Acquire) {
                    let answer = greedy.write(&format!("g{client}"), work);
                    assert!([200, 201, 429, 503].contains(&answer.status), "{}", answer.text());
                    taken.fetch_add(u64::from(answer.status < 300), Ordering::AcqRel);
                }
            });
        }
        let modest: Vec<_> = (0..4)
            .map(|client| {
                let (modest, work) = (&modest, &work);
                scope.spawn(move || (0..CALLS / 4).all(|_| modest.write(&format!("m{client}"), work).status < 300))
            })
            .collect();
        let served = modest.into_iter().all(|client| client.join().unwrap());
        over.store(true, Ordering::Release);
        assert!(served, "every call of the modest tenant is answered");
    });
    // Without fairness it would be three times as much: twelve ask for what four ask for.
    let taken = taken.load(Ordering::Acquire);
    assert!(taken < CALLS * 2 + 12, "the greedy tenant had {taken} calls while the modest one had {CALLS}");
}

/// More tenants than places: everyone is served, or told when to come back.
#[test]
fn a_pool_that_is_full_refuses_with_a_reason() {
    let mut platform =
        Platform::with("[runtime.pool]\ncalls = 2\n[tiers.standard]\nwaiting_calls_max = 1\nlive_calls_max = 1\n");
    let tenants: Vec<_> = (0..4).map(|number| platform.tenant(&format!("t{number}"))).collect();
    tenants.iter().for_each(|tenant| tenant.validation(BURNS));
    let work = json!({ "turns": 1_000_000 });
    let served: usize = thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|client| {
                let (tenant, work) = (&tenants[client % tenants.len()], &work);
                scope.spawn(move || {
                    let answer = tenant.write(&client.to_string(), work);
                    if answer.status != 201 {
                        assert!([429, 503].contains(&answer.status), "{}", answer.text());
                        assert!(answer.header("retry-after").is_some(), "{}", answer.text());
                    }
                    usize::from(answer.status == 201)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert!(served >= 2, "{served} were served");
    platform.assert_unharmed();
    for tenant in &tenants {
        tenant.write("after", &json!({ "turns": 1 })).expect(201);
    }
}

/// What lies in a folder, by path and content.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// X7: no spelling of a path leads out of a tenant's folder.
#[test]
fn x7_paths_that_lead_outside_lead_nowhere() {
    let platform = Platform::start();
    let (attacker, victim) = (platform.tenant("evil"), platform.tenant("good"));
    let file = [("content-type", "text/plain")];
    victim.client.send("PUT", "/v1/folders/docs/files/secret.txt", &file, b"secret").expect(201);
    let configuration = || fs::read(platform.folder().join("signalsync.toml")).unwrap();
    let components = || contents(&platform.folder().join("data/components"));
    let before = (configuration(), components());
    for path in [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/%2e%2e/good/docs/secret.txt",
        "%2e%2e%2f%2e%2e%2fsignalsync.toml",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "..\\secret.txt",
        "a//b",
        "a/",
        "a/./b",
        "a%00b",
        ".",
        "..",
        "%2e",
    ] {
        for (method, body) in [("GET", ""), ("PUT", "attack"), ("DELETE", "")] {
            let line = format!("{method} /v1/folders/docs/files/{path}");
            let said = answer(raw(&platform, &(head(&line, &attacker, body.len()) + body)));
            assert!(said.starts_with("HTTP/1.1 4"), "{line}: {said}");
            assert!(!said.contains("secret\r\n") && !said.contains("root:"), "{line}: {said}");
        }
    }
    let long = format!("{}x", "a/".repeat(10_000));
    let line = format!("GET /v1/folders/docs/files/{long}");
    assert!(answer(raw(&platform, &head(&line, &attacker, 0))).starts_with("HTTP/1.1 4"));
    assert_eq!((configuration(), components()), before);
    assert_eq!(victim.client.get("/v1/folders/docs/files/secret.txt").expect(200).text(), "secret");
    assert_eq!(attacker.client.get("/v1/folders/docs/files").expect(200).json()["items"], json!([]));
}

/// X5: what a record is called leads to that record and to no other, whatever it looks like.
#[test]
fn x5_ids_that_look_like_something_else_are_ids() {
    let platform = Platform::start();
    let (acme, globex) = (platform.tenant("acme"), platform.tenant("globex"));
    for tenant in [&acme, &globex] {
        for collection in ["a", "aa", "a-b"] {
            tenant.collection(collection);
        }
    }
    let ids = ["a%2Fb", "..%2F..%2Fglobex", "a%5C", "%C3%BF", "%F4%8F%BF%BF", "a.b", "-", "%20", "a%3Fb%23c"];
    for id in ids {
        acme.client.put(&format!("/v1/collections/a/records/{id}"), &json!({ "id": id })).expect(201);
    }
    for id in ids {
        let body = acme.client.get(&format!("/v1/collections/a/records/{id}")).expect(200).json();
        assert_eq!(body, json!({ "id": id }));
        for collection in ["aa", "a-b"] {
            acme.client.get(&format!("/v1/collections/{collection}/records/{id}")).problem(404, "not-found");
        }
        globex.client.get(&format!("/v1/collections/a/records/{id}")).problem(404, "not-found");
    }
    let listed = |tenant: &Tenant, query: &str| -> Vec<Value> {
        let list = tenant.client.get(&format!("/v1/collections/a/records?{query}")).expect(200).json();
        list["items"].as_array().unwrap().clone()
    };
    assert_eq!(listed(&acme, "limit=100").len(), ids.len());
    assert_eq!(listed(&globex, "prefix=%F4%8F%BF%BF"), Vec::<Value>::new());
    for bad in ["..", ".", "%00", "a%0Ab", &"x".repeat(257)] {
        let line = format!("PUT /v1/collections/a/records/{bad}");
        let said = answer(raw(&platform, &(head(&line, &acme, 2) + "{}")));
        assert!(said.starts_with("HTTP/1.1 4"), "{bad}: {said}");
    }
}

/// X9: a name has one spelling.
#[test]
fn x9_names_in_other_unicode_forms_are_refused() {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    let file = [("content-type", "text/plain")];
    let put = |path: &str| tenant.client.send("PUT", &format!("/v1/folders/docs/files/{path}"), &file, b"x").status;
    assert_eq!(put("R%C3%A9sum%C3%A9.txt"), 201);
    assert_eq!(put("Re%CC%81sume%CC%81.txt"), 400, "the same letters, composed of two marks each");
    assert_eq!(put("a.%20"), 400);
    assert_eq!(put("a%20"), 400);
    assert_eq!(put("%EF%BC%8E%EF%BC%8E/x"), 201, "full-width dots are letters like others");
}
