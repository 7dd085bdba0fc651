//! People from outside: in by a link, out again, and what a browser's cookie may do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_core::{Clock as _, SystemClock};

use crate::server::{Ask, Reply, Server};

const PASSWORD: &str = "fleeting blue moons";
const OURS: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

/// Somebody with a browser, at a tenant's address.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    host: &'a str,
    cookie: String,
}

impl Browser<'_> {
    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let ours = [("Cookie", self.cookie.as_str()), ("Content-Type", "application/json")];
        let headers: Vec<_> = ours.into_iter().chain(headers.iter().copied()).collect();
        self.server.ask(Ask { line, host: self.host, headers: &headers, body: &body, key: None }).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path}"), &[], &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask(&format!("POST {path}"), &[OURS], body).await
    }

    /// Sets up a second factor.
    pub(crate) async fn set_up_factor(&mut self) {
        let set_up = self.post("/v1/me/second-factor", &json!({"password": PASSWORD})).await.json();
        let secret = totp_rs::Secret::try_from_base32(set_up["secret"].as_str().unwrap()).unwrap();
        let seconds = SystemClock.now().0 / 1_000;
        let code = totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(seconds).to_string();
        let confirmed = self.post("/v1/me/second-factor/confirm", &json!({"code": code})).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
        self.cookie = cookie(&confirmed);
    }

    pub(crate) async fn act(&self, line: &str, body: &Value) -> Reply {
        self.ask(line, &[OURS], body).await
    }
}

impl Server {
    /// The secret that comes in as an administrator.
    async fn open(&self, tenant: &str, mail: &str) -> String {
        let body = json!({"mail": mail}).to_string();
        let line = format!("POST /v1/tenants/{tenant}/break-glass");
        let headers = [("Content-Type", "application/json")];
        let ask = Ask { line: &line, host: "console", key: Some(&self.operator), headers: &headers, body: &body };
        let reply = self.ask(ask).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let link = reply.json()["link"].as_str().unwrap().to_owned();
        assert!(link.starts_with(&format!("http://{tenant}.localhost:{}/", self.address.port())), "{link}");
        link.split_once('#').unwrap().1.to_owned()
    }

    async fn guest(&self, path: &str, body: &Value) -> Reply {
        let (line, headers) = (format!("POST {path}"), [("Content-Type", "application/json")]);
        self.ask(Ask { line: &line, host: "acme", headers: &headers, body: &body.to_string(), key: None }).await
    }

    fn browser<'a>(&'a self, host: &'a str, reply: &Reply) -> Browser<'a> {
        Browser { server: self, host, cookie: cookie(reply) }
    }

    /// An administrator of acme.
    pub(crate) async fn boss(&self) -> Browser<'_> {
        self.activated("boss@example.org").await
    }

    /// Somebody whom the operator let into acme, as an administrator.
    pub(crate) async fn activated(&self, mail: &str) -> Browser<'_> {
        let token = self.open("acme", mail).await;
        let reply = self.guest("/v1/activate", &json!({"token": token, "password": PASSWORD})).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        self.browser("acme", &reply)
    }
}

fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-session=ses_"), "{set}");
    assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_comes_in_by_a_link_signs_out_and_signs_in_again() {
    let server = Server::start().await;
    let boss = server.boss().await;
    let me = boss.get("/v1/me").await.json();
    assert_eq!(
        (&me["mail"], &me["state"], &me["roles"]),
        (&json!("boss@example.org"), &json!("active"), &json!(["administrator"]))
    );
    let renamed = boss.act("PATCH /v1/me", &json!({"name": "The Boss", "language": "de"})).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("The Boss")));
    assert_eq!(boss.act("PATCH /v1/me", &json!({"roles": []})).await.code(), "unknown-field");
    assert_eq!(boss.get("/v1/sessions").await.json()["items"].as_array().unwrap().len(), 1);

    let out = boss.post("/v1/sign-out", &Value::Null).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(boss.get("/v1/me").await.code(), "unauthenticated");

    let wrong = server.guest("/v1/sign-in", &json!({"mail": "boss@example.org", "password": "wrong"})).await;
    let nobody = server.guest("/v1/sign-in", &json!({"mail": "nobody@example.org", "password": PASSWORD})).await;
    assert_eq!((wrong.status, wrong.code(), &wrong.body), (401, "sign-in-refused".to_owned(), &nobody.body));
    let back = server.guest("/v1/sign-in", &json!({"mail": "Boss@example.org", "password": PASSWORD})).await;
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(server.browser("acme", &back).get("/v1/me").await.status, 200);
}

#[tokio::test]
async fn a_session_does_nothing_for_foreign_pages_and_nothing_elsewhere() {
    let server = Server::start().await;
    let boss = server.boss().await;
    let (name, none) = (json!({"name": "Evil"}), Value::Null);
    for headers in [
        &[][..],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "http://globex.localhost")],
        &[("Origin", "null")],
        &[("Origin", "http://acme.localhost.evil.example")],
    ] {
        for (line, body) in [("PATCH /v1/me", &name), ("POST /v1/sign-out", &none), ("DELETE /v1/sessions", &none)] {
            assert_eq!(boss.ask(line, headers, body).await.code(), "cross-origin", "{line} {headers:?}");
        }
    }
    assert_eq!(boss.ask("PATCH /v1/me", &[("Origin", "http://acme.localhost")], &json!({})).await.status, 200);
    for host in ["globex", "console"] {
        let elsewhere = Browser { server: &server, host, cookie: boss.cookie.clone() };
        assert_eq!(elsewhere.get("/v1/people").await.code(), "unauthenticated", "{host}");
    }
    let twice = Browser { cookie: format!("{}; {}", boss.cookie, boss.cookie), ..boss };
    assert_eq!(twice.get("/v1/me").await.code(), "unauthenticated", "somebody else may have set one of the two");
    let foreign = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "cross-site")];
    let body = json!({"mail": "boss@example.org", "password": PASSWORD}).to_string();
    let ask = Ask { line: "POST /v1/sign-in", host: "acme", headers: &foreign, body: &body, key: None };
    assert_eq!(server.ask(ask).await.code(), "cross-origin", "nobody is signed in by a foreign page");
}

#[tokio::test]
async fn an_administrator_manages_people_and_what_they_lose_they_lose_at_once() {
    let server = Server::start().await;
    let boss = server.boss().await;
    let invited = boss.post("/v1/invitations", &json!({"mail": "ann@example.org", "roles": ["member"]})).await;
    assert_eq!((invited.status, &invited.json()["state"]), (201, &json!("invited")));
    let path = invited.header("location").unwrap().to_owned();
    let again = boss.post("/v1/invitations", &json!({"mail": "ANN@example.org"})).await;
    assert_eq!(again.code(), "mail-taken");
    assert_eq!(boss.post("/v1/invitations", &json!({"mail": "no"})).await.code(), "invalid-body");
    let unknown = boss.post("/v1/invitations", &json!({"mail": "x@example.org", "roles": ["nothing"]})).await;
    assert_eq!(unknown.code(), "no-such-reference");
    let found = boss.get("/v1/people?search=ann&state=invited").await.json();
    assert_eq!(found["items"][0]["mail"], "ann@example.org");

    let token = server.open("acme", "ann@example.org").await;
    let ann = server.guest("/v1/activate", &json!({"token": token, "password": "short"})).await;
    assert_eq!((ann.code(), ann.status), ("password-refused".to_owned(), 422));
    let ann = server.guest("/v1/activate", &json!({"token": token, "password": "seven tall ladders"})).await;
    let ann = server.browser("acme", &ann);
    assert_eq!(
        server.guest("/v1/activate", &json!({"token": token, "password": PASSWORD})).await.code(),
        "link-invalid"
    );
    assert_eq!(ann.get("/v1/people").await.status, 200);

    let changed = boss.act(&format!("PATCH {path}"), &json!({"roles": ["member"], "break-glass": false})).await;
    assert_eq!((changed.status, &changed.json()["break-glass"]), (200, &json!(false)), "{changed:?}");
    let refused = ann.get("/v1/people").await;
    assert_eq!(refused.code(), "not-allowed", "with the next request");
    let renewed = server.browser("acme", &refused);
    assert_ne!(renewed.cookie, ann.cookie, "new rights, new secret");
    assert_eq!(renewed.get("/v1/me").await.status, 200);
    let boss_path = format!("PATCH /v1/people/{}", boss.get("/v1/me").await.json()["id"].as_str().unwrap());
    assert_eq!(renewed.act(&boss_path, &json!({"name": "x"})).await.code(), "not-allowed");

    assert_eq!(boss.post(&format!("{path}/deactivate"), &Value::Null).await.status, 200);
    assert_eq!(renewed.get("/v1/me").await.code(), "unauthenticated", "at once");
    let back = json!({"mail": "ann@example.org", "password": "seven tall ladders"});
    assert_eq!(server.guest("/v1/sign-in", &back).await.code(), "sign-in-refused");
    assert_eq!(boss.post(&format!("{path}/reactivate"), &Value::Null).await.status, 200);
    assert_eq!(server.guest("/v1/sign-in", &back).await.status, 200);
}

#[tokio::test]
async fn passwords_change_and_the_other_sessions_end() {
    let server = Server::start().await;
    let boss = server.boss().await;
    let other = server.guest("/v1/sign-in", &json!({"mail": "boss@example.org", "password": PASSWORD})).await;
    let other = server.browser("acme", &other);
    let wrong = boss.post("/v1/password/change", &json!({"old": "wrong", "new": "seven tall ladders"})).await;
    assert_eq!(wrong.code(), "password-wrong");
    let done = boss.post("/v1/password/change", &json!({"old": PASSWORD, "new": "seven tall ladders"})).await;
    assert_eq!(done.status, 204, "{done:?}");
    assert_eq!(other.get("/v1/me").await.code(), "unauthenticated");
    assert_eq!(server.browser("acme", &done).get("/v1/me").await.status, 200);
    for mail in ["boss@example.org", "nobody@example.org"] {
        let asked = server.guest("/v1/password/forgot", &json!({"mail": mail})).await;
        assert_eq!((asked.status, asked.body.len()), (202, 0));
    }
    let reset = json!({"token": "A".repeat(43), "password": PASSWORD});
    assert_eq!(server.guest("/v1/password/reset", &reset).await.code(), "link-invalid");
}

#[tokio::test]
async fn guessing_is_slowed_down_with_a_time_to_wait() {
    let server = Server::start().await;
    server.boss().await;
    let wrong = json!({"mail": "boss@example.org", "password": "wrong"});
    // However slow the machine is: the wait doubles, so that it catches up.
    for _ in 0..20 {
        let reply = server.guest("/v1/sign-in", &wrong).await;
        if reply.status == 429 {
            assert_eq!(reply.code(), "too-many-attempts");
            assert!(reply.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
            return;
        }
        assert_eq!(reply.code(), "sign-in-refused");
    }
    panic!("nobody was slowed down");
}

#[tokio::test]
async fn a_key_is_no_person_and_the_tenant_sets_its_policy() {
    let server = Server::start().await;
    assert_eq!(server.acme("GET /v1/me", &[], "").await.code(), "person-needed");
    let policy = server.acme("GET /v1/sign-in-policy", &[], "").await.json();
    assert_eq!(policy["password-length-min"], 12);
    let set = server.acme("PUT /v1/sign-in-policy", &[], "{\"password-length-min\":20}").await;
    assert_eq!((set.status, &set.json()["password-length-min"]), (200, &json!(20)));
    assert_eq!(server.acme("PUT /v1/sign-in-policy", &[], "{\"password-length-min\":7}").await.code(), "invalid-body");
    let token = server.open("acme", "boss@example.org").await;
    let short = server.guest("/v1/activate", &json!({"token": token, "password": PASSWORD})).await;
    assert_eq!(short.json()["flaws"], json!([{"too-short": 20}]));
}

#[tokio::test]
async fn a_tenant_can_demand_a_second_factor() {
    let server = Server::start().await;
    let mut boss = server.boss().await;
    let policy = json!({"second-factor-required": true});
    assert_eq!(boss.act("PUT /v1/sign-in-policy", &policy).await.status, 200);
    let refused = boss.get("/v1/people").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "second-factor-needed"));
    assert_eq!(boss.act("PATCH /v1/me", &json!({"name": "Boss"})).await.code(), "second-factor-needed");
    assert_eq!(boss.get("/v1/me").await.json()["owes-second-factor"], true);
    let program = server.acme("GET /v1/people", &[], "").await;
    assert_eq!(program.status, 200, "keys have no second factor");

    boss.set_up_factor().await;
    assert_eq!(boss.get("/v1/people").await.status, 200);
    assert_eq!(boss.get("/v1/me").await.json()["owes-second-factor"], false);
}

#[tokio::test]
async fn whoever_leaves_hands_over_what_they_own_and_lead_and_their_keys_stop() {
    let server = Server::start().await;
    let (boss, ann) = (server.boss().await, server.activated("ann@example.org").await);
    let id = async |browser: &Browser<'_>| browser.get("/v1/me").await.json()["id"].as_str().unwrap().to_owned();
    let (boss_id, ann_id) = (id(&boss).await, id(&ann).await);
    for collection in ["bills", "orders"] {
        assert_eq!(boss.act(&format!("PUT /v1/collections/{collection}"), &json!({})).await.status, 201);
    }
    // More than one chunk of one collection, some of another, and one that is not hers.
    for n in 0..230 {
        let line = format!("PUT /v1/collections/bills/records/{n}");
        assert_eq!(ann.act(&line, &json!({"n": n})).await.status, 201);
    }
    assert_eq!(ann.act("PUT /v1/collections/orders/records/hers", &json!({})).await.status, 201);
    assert_eq!(boss.act("PUT /v1/collections/orders/records/his", &json!({})).await.status, 201);
    let team = json!({"name": "Rollout", "lead": ann_id, "members": [ann_id]});
    let team = boss.post("/v1/teams", &team).await.header("location").unwrap().to_owned();
    let mine = json!({"name": "mine", "personal": true, "roles": ["administrator"]});
    let mine = ann.post("/v1/keys", &mine).await.json();
    let (key_path, secret) = (format!("/v1/keys/{}", mine["id"].as_str().unwrap()), mine["secret"].as_str().unwrap());

    let leave = format!("/v1/people/{ann_id}/deactivate");
    for nobody in [json!(ann_id), json!(format!("usr_{}", "0".repeat(32)))] {
        let refused = boss.post(&leave, &json!({"hand-over-to": nobody})).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid-body"), "nothing has happened");
    }
    let left = boss.post(&leave, &json!({"hand-over-to": boss_id})).await;
    assert_eq!((left.status, &left.json()["state"]), (200, &json!("deactivated")), "{left:?}");
    let job = format!("/v1/jobs/{}", left.json()["hand-over"].as_str().unwrap());
    let ended = crate::imports::ended(&server, &job).await;
    assert_eq!((&ended["state"], &ended["result"]), (&json!("done"), &json!({"records": 231})), "{ended}");
    assert_eq!((&ended["done"], &ended["failed"], &ended["total"]), (&json!(231), &json!(0), &json!(231)));

    let owners = async |collection: &str| {
        let listed = boss.get(&format!("/v1/collections/{collection}/records?limit=1000")).await.json();
        let items = listed["items"].as_array().unwrap().clone();
        (items.len(), items.iter().filter(|record| record["about"]["owner"] == json!(boss_id)).count())
    };
    assert_eq!((owners("bills").await, owners("orders").await), ((230, 230), (2, 2)));
    let history = boss.get("/v1/collections/orders/records/hers/versions").await.json();
    assert_eq!((&history["items"][0]["act"], &history["items"][0]["by"]), (&json!("handed-over"), &json!(boss_id)));
    assert_eq!(boss.get(&team).await.json()["lead"], json!(boss_id));
    assert_eq!(boss.get(&key_path).await.json()["enabled"], false);
    let with_key = Ask { line: "GET /v1/people", host: "acme", key: Some(secret), ..Ask::default() };
    assert_eq!(server.ask(with_key.clone()).await.status, 401);
    let audited = boss.get("/v1/audit?action=key.change").await.json();
    assert_eq!(audited["items"][0]["after"]["value"]["enabled"], false);

    assert_eq!(boss.post(&format!("/v1/people/{ann_id}/reactivate"), &Value::Null).await.status, 200);
    assert_eq!(
        server.ask(with_key).await.status,
        401,
        "a key that somebody else may have does not come back by itself"
    );
}

#[tokio::test]
async fn why_somebody_sees_a_record_of_a_department_is_answered_with_the_rule() {
    let server = Server::start().await;
    let (boss, ann) = (server.boss().await, server.activated("ann@example.org").await);
    let ann = ann.get("/v1/me").await.json()["id"].as_str().unwrap().to_owned();
    let made = async |name: &str, parent: Value| {
        boss.post("/v1/departments", &json!({"name": name, "parent": parent})).await.json()["id"].clone()
    };
    let sales = made("Sales", Value::Null).await;
    let (north, purchase) = (made("North", sales.clone()).await, made("Purchase", Value::Null).await);
    assert_eq!(boss.act("PUT /v1/roles/head", &json!({"records": [{"see": "department"}]})).await.status, 201);
    let stands = json!({"roles": ["head"], "departments": [sales]});
    assert_eq!(boss.act(&format!("PATCH /v1/people/{ann}"), &stands).await.status, 200);
    assert_eq!(boss.act("PUT /v1/collections/things", &json!({})).await.status, 201);
    for (id, department, allowed) in [("below", &north, true), ("elsewhere", &purchase, false)] {
        let record = format!("/v1/collections/things/records/{id}");
        assert_eq!(boss.act(&format!("PUT {record}"), &json!({})).await.status, 201);
        let to = json!({"department": department});
        assert_eq!(boss.post(&format!("{record}/hand-over"), &to).await.status, 204);
        let why = boss.get(&format!("/v1/why?person={ann}&collection=things&record={id}")).await.json();
        assert_eq!(why["allowed"], allowed, "{why}");
        assert_eq!(why["because"][0]["rule"]["see"] == "department", allowed, "{why}");
    }
}

#[tokio::test]
async fn what_a_tenant_demands_of_passwords_holds_and_who_is_to_be_told_is_told() {
    let server = Server::start().await;
    let boss = server.boss().await;
    let policy = json!({"password-history": 2, "attempts-alert": 3, "alert-address": "security@example.org"});
    assert_eq!(boss.act("PUT /v1/sign-in-policy", &policy).await.status, 200);
    let same = boss.post("/v1/password/change", &json!({"old": PASSWORD, "new": PASSWORD})).await;
    assert_eq!((same.code().as_str(), &same.json()["flaws"]), ("password-refused", &json!(["used-before"])));
    for _ in 0..3 {
        let wrong = json!({"mail": "boss@example.org", "password": "wrong"});
        assert_eq!(server.guest("/v1/sign-in", &wrong).await.code(), "sign-in-refused");
    }
    let mails = boss.get("/v1/mails").await.json();
    let alerts = mails["items"].as_array().unwrap().iter().filter(|mail| mail["to"] == "security@example.org");
    assert_eq!(alerts.map(|mail| mail["template"].clone()).collect::<Vec<_>>(), [json!("security-alert")], "{mails}");
}
