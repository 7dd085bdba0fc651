//! A server of its own for each test, and a client that sends exactly the bytes it is told to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use serde_json::Value;
use signalsync_core::{TenantScope, UserId};
use signalsync_people::key::KeyDraft;
use signalsync_people::standing::{self, Standing};
use signalsync_server::config::{Authored, Resolved};
use signalsync_server::{offline_directory, run};
use signalsync_store::Stores;
use signalsync_tenancy::TenantDraft;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::contract;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) operator: String,
    pub(crate) acme: String,
    pub(crate) globex: String,
    /// A key of acme that is a plain member's.
    pub(crate) member: String,
    /// A person of acme who is a member and a developer.
    pub(crate) person: UserId,
    pub(crate) shutdown: Option<oneshot::Sender<()>>,
    pub(crate) done: JoinHandle<()>,
    _data: TempDir,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem's code, after a look at what all problems have.
    pub(crate) fn code(&self) -> String {
        let problem = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], self.status);
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("/problems/{code}"));
        code
    }
}

/// A request: a line like `GET /v1/collections`, and what comes with it.
#[derive(Clone, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) line: &'a str,
    pub(crate) host: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a str,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With settings of the listener.
    pub(crate) async fn with(listener: &str) -> Self {
        Self::configured("", listener).await
    }

    /// With settings of the program, and of the listener.
    pub(crate) async fn configured(program: &str, listener: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = config(&data, program, listener);
        let directory = offline_directory(&config).unwrap();
        let operator = directory.issue_operator_key("test").await.unwrap();
        let tenant = async |name: &str| {
            let tenant =
                directory.create(TenantDraft::new(name.parse().unwrap(), "standard"), None, None).await.unwrap();
            directory.visit(&tenant.slug, operator.info).await.unwrap()
        };
        let (acme, globex) = (tenant("acme").await, tenant("globex").await);
        let key = async |scope, role| directory.issue_key(scope, &draft(role), None).await.unwrap().token.unwrap();
        let (member, globex) = (key(&acme, "member").await, key(&globex, "administrator").await);
        let administrator = key(&acme, "administrator").await;
        drop(directory);
        let person = person(&config, &acme).await;
        let (ready, address) = oneshot::channel();
        let (shutdown, ended) = oneshot::channel::<()>();
        let done = tokio::spawn(async {
            run(config, ready, async { drop(ended.await) }).await.unwrap();
        });
        let address = address.await.unwrap();
        let (operator, acme, shutdown) = (operator.token, administrator, Some(shutdown));
        Self { address, operator, acme, globex, member, person, shutdown, done, _data: data }
    }

    pub(crate) async fn ask(&self, ask: Ask<'_>) -> Reply {
        let mut text = format!("{} HTTP/1.1\r\nHost: {}.localhost\r\nConnection: close\r\n", ask.line, ask.host);
        if let Some(key) = ask.key {
            text += &format!("Authorization: Bearer {key}\r\n");
        }
        for (name, value) in ask.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{}", ask.body.len(), ask.body);
        self.send(&text).await
    }

    /// As the tenant `acme`, with a JSON body where there is one.
    pub(crate) async fn acme(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let json = [("Content-Type", "application/json")];
        let headers = if body.is_empty() || headers.iter().any(|(name, _)| *name == "Content-Type") {
            headers.to_vec()
        } else {
            [&json[..], headers].concat()
        };
        self.ask(Ask { line, host: "acme", key: Some(&self.acme), headers: &headers, body }).await
    }

    /// As the tenant `acme`, with a body that is no text.
    pub(crate) async fn raw(&self, line: &str, media_type: &str, body: &[u8]) -> Reply {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            self.acme,
            body.len()
        );
        self.send_bytes(&[head.as_bytes(), body].concat()).await
    }

    /// Exactly this text; the answer ends with the connection.
    pub(crate) async fn send(&self, text: &str) -> Reply {
        self.send_bytes(text.as_bytes()).await
    }

    async fn send_bytes(&self, sent: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that refuses early may close before all is written.
        let _ = stream.write_all(sent).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        let reply = reply(&bytes);
        contract::check(sent, &reply);
        reply
    }
}

fn draft(role: &str) -> KeyDraft {
    KeyDraft { name: "test".to_owned(), roles: [role.parse().unwrap()].into(), ..KeyDraft::default() }
}

async fn person(config: &Resolved, tenant: &TenantScope) -> UserId {
    let (person, roles) = (UserId::new(), ["member", "developer"].map(|role| role.parse().unwrap()).into());
    let standing = Standing { active: true, roles, ..Standing::default() };
    let stores = Stores::open(config.stores.clone()).unwrap();
    let mut tx = stores.tenant(tenant).await.unwrap().begin().await.unwrap();
    standing::put(&mut tx, tenant.caller(), person, Some(&standing)).unwrap();
    tx.commit().await.unwrap();
    person
}

pub(crate) fn reply(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = &bytes[end + 4..];
    let body =
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_vec() };
    Reply { status, head, body }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
    whole
}

fn config(data: &TempDir, program: &str, listener: &str) -> Resolved {
    let listen = if program.contains("listen") { "" } else { "listen = \"127.0.0.1:0\"" };
    let text = format!(
        "{listen}\ndata = {:?}\n{program}\n[listener]\n{listener}\n[runtime]\nguest_threads = 1\n[runtime.pool]\ncalls = 8\n",
        data.path()
    );
    toml::from_str::<Authored>(&text).unwrap().resolve().unwrap()
}
