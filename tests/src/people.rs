//! People of a tenant: let in through the operator's door, and then with a key that acts as them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::Client;
use crate::platform::{Platform, Tenant};

const PASSWORD: &str = "fleeting blue moons";

/// Somebody of a tenant.
pub struct Person {
    pub id: String,
    pub mail: String,
    /// Acts as them.
    pub client: Client,
}

impl Platform {
    /// Somebody who can come in, and has these roles alone. The first one of a tenant that is asked for is not its only
    /// administrator: `root` is.
    #[track_caller]
    pub fn person(&self, tenant: &Tenant, name: &str, roles: &[&str]) -> Person {
        if tenant.client.get("/v1/people?search=root@").expect(200).json()["items"][0].is_null() {
            self.let_in(tenant, "root", &[]);
        }
        let (mail, client) = self.let_in(tenant, name, roles);
        let id = id_of(tenant, &mail);
        let change = json!({ "roles": roles }).to_string();
        tenant.client.send("PATCH", &format!("/v1/people/{id}"), JSON, change.as_bytes()).expect(200);
        Person { id, mail, client }
    }

    /// An administrator who has these roles too, with a key that acts as them and keeps what roles they keep.
    #[track_caller]
    fn let_in(&self, tenant: &Tenant, name: &str, roles: &[&str]) -> (String, Client) {
        let (mail, slug) = (format!("{name}@{}.example", tenant.slug), &tenant.slug);
        let opened = self.console().post(&format!("/v1/tenants/{slug}/break-glass"), &json!({ "mail": mail }));
        let link = opened.expect(201).json()["link"].as_str().expect("a link").to_owned();
        let (_, token) = link.split_once('#').expect("the link ends with its secret");
        let guest = tenant.client.with_key("");
        let activated = guest.post("/v1/activate", &json!({ "token": token, "password": PASSWORD })).expect(201);
        let cookie =
            activated.header("set-cookie").and_then(|set| set.split(';').next()).expect("a session").to_owned();
        let headers = [JSON[0], ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
        let roles: BTreeSet<_> = ["administrator", "member", "developer"].iter().chain(roles).collect();
        let draft = json!({ "name": name, "personal": true, "roles": roles });
        let patched = json!({ "roles": roles }).to_string();
        let path = format!("/v1/people/{}", id_of(tenant, &mail));
        tenant.client.send("PATCH", &path, JSON, patched.as_bytes()).expect(200);
        let key = guest.send("POST", "/v1/keys", &headers, draft.to_string().as_bytes()).expect(201).json();
        (mail, tenant.client.with_key(key["secret"].as_str().expect("a key")))
    }
}

#[track_caller]
fn id_of(tenant: &Tenant, mail: &str) -> String {
    let found = tenant.client.get(&format!("/v1/people?search={mail}")).expect(200).json();
    found["items"][0]["id"].as_str().expect("an id").to_owned()
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
