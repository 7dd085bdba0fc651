//! A small client of the host's HTTP interface.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};

/// One host name at one address, with the key to it.
pub(crate) struct Api {
    agent: Agent,
    /// Where the host listens, e.g. `127.0.0.1:8080`.
    address: String,
    /// The name that is asked for, e.g. `acme.localhost:8080`.
    name: String,
    key: String,
}

/// What the host answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `null` where the answer is not JSON.
    pub(crate) body: Value,
}

impl Api {
    pub(crate) fn new(address: &str, name: &str, key: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(120)));
        Self { agent: config.build().into(), address: address.to_owned(), name: name.to_owned(), key: key.to_owned() }
    }

    /// Sends a request; every status is an answer.
    pub(crate) fn send(&self, method: Method, path: &str, media_type: &str, body: &[u8]) -> Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            // The name is not looked up: not every machine knows `*.localhost`.
            .header("host", &self.name)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", media_type)
            .body(body)?;
        let mut response = self.agent.run(request).with_context(|| format!("{} does not answer", self.address))?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string()?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default() })
    }

    /// Signs a person in; the header that proves it.
    pub(crate) fn sign_in(&self, mail: &str, password: &str) -> Result<String> {
        let body = serde_json::json!({ "mail": mail, "password": password }).to_string();
        let request = Request::post(format!("http://{}/v1/sign-in", self.address));
        let request = request.header("host", &self.name).header("content-type", "application/json").body(body)?;
        let response = self.agent.run(request)?;
        let cookie = response.headers().get("set-cookie").context("nobody was signed in")?.to_str()?;
        Ok(format!("Cookie: {}", cookie.split(';').next().unwrap_or_default()))
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, "application/json", b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, "application/json", body.to_string().as_bytes())
    }
}

impl Answer {
    /// The body, when the status is one of 200 to 299.
    pub(crate) fn good(self, what: &str) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{what}: status {}: {}", self.status, self.reason())
    }

    /// The sentence of a problem, or the whole body.
    pub(crate) fn reason(&self) -> String {
        match self.text("detail") {
            Some(detail) => detail.to_owned(),
            None => self.body.to_string(),
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }
}
