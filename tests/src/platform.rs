//! A running host with a folder of its own; it ends with the test.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client};
use crate::clock::HostClock;

/// A running host.
pub struct Platform {
    folder: TempDir,
    process: Option<Child>,
    address: SocketAddr,
    operator: String,
    clock: Option<HostClock>,
}

/// A tenant with a key of its own.
pub struct Tenant {
    pub slug: String,
    pub client: Client,
}

/// The bytes of a component that `cargo xtask guests` built.
pub fn component(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask guests` first", path.display()))
}

/// The host's program: what `cargo xtask test` built, or the one beside the tests.
fn program() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "cargo xtask test speaks to the tests in a variable")]
    let named = std::env::var_os("SIGNALSYNC_PROGRAM").map(PathBuf::from);
    let beside = || {
        let test = std::env::current_exe().expect("a path");
        test.ancestors().nth(2).expect("target/debug").join("signalsync")
    };
    let program = named.unwrap_or_else(beside);
    assert!(program.exists(), "{} is not built; run `cargo xtask test`", program.display());
    program
}

impl Platform {
    /// Starts a host with default limits.
    pub fn start() -> Self {
        Self::with("")
    }

    /// Starts a host with this text added to its configuration.
    pub fn with(configuration: &str) -> Self {
        Self::open(configuration, |_| None)
    }

    /// Starts a host with this text added to its configuration, and a clock that the test sets.
    pub fn timed(configuration: &str) -> Self {
        Self::open(configuration, |folder| Some(HostClock::in_folder(folder)))
    }

    fn open(configuration: &str, clock: impl FnOnce(&Path) -> Option<HostClock>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let data = folder.path().join("data");
        let text = format!("data = {data:?}\nbase_domain = \"localhost\"\nlisten = \"127.0.0.1:0\"\n{configuration}\n");
        std::fs::write(folder.path().join("signalsync.toml"), text).expect("a file");
        let key = run(folder.path(), &["operator-key", "--name", "tests"]);
        let clock = clock(folder.path());
        let mut platform = Self { folder, process: None, address: ([127, 0, 0, 1], 0).into(), operator: key, clock };
        platform.resume();
        platform
    }

    /// Starts the program again, on the same data.
    pub fn resume(&mut self) {
        let mut command = command(self.folder.path(), &["serve"]);
        if let Some(clock) = &self.clock {
            clock.lend(&mut command);
        }
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(self.folder.path().join("log")).expect("a file"))
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.strip_prefix("listening on http://").map(|address| address.parse().expect("an address"))
        });
        self.process = Some(process);
        self.address = address.unwrap_or_else(|| panic!("the host did not start:\n{}", self.log()));
    }

    /// Ends the program as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Asks the program to end, and waits for it.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        let mut process = self.process.take().expect("it runs");
        send(&process, rustix::process::Signal::TERM);
        process.wait().expect("it ends")
    }

    /// Stops the program where it is, without its knowing, as a machine that is suspended does.
    pub fn freeze(&self) {
        send(self.process.as_ref().expect("it runs"), rustix::process::Signal::STOP);
    }

    /// Lets a frozen program go on.
    pub fn thaw(&self) {
        send(self.process.as_ref().expect("it runs"), rustix::process::Signal::CONT);
    }

    /// The clock of a host that was started with one.
    pub fn clock(&mut self) -> &mut HostClock {
        self.clock.as_mut().expect("the host was started with `Platform::timed`")
    }

    /// What the program does beside a server that is not running: whether it could, and what it said.
    pub fn command(&self, arguments: &[&str]) -> (bool, String) {
        let output = command(self.folder.path(), arguments).output().expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("text"))
    }

    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the host told its operator.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The platform's own address, with the operator's key.
    pub fn console(&self) -> Client {
        Client::new(self.address, "console.localhost", &self.operator)
    }

    /// A new tenant.
    pub fn tenant(&self, slug: &str) -> Tenant {
        self.tenant_of_tier(slug, "standard")
    }

    /// A new tenant of this tier.
    pub fn tenant_of_tier(&self, slug: &str, tier: &str) -> Tenant {
        self.console().post("/v1/tenants", &json!({ "slug": slug, "tier": tier })).expect(201);
        let answer = self
            .console()
            .post(&format!("/v1/tenants/{slug}/keys"), &json!({ "name": "tests", "roles": ["administrator"] }))
            .expect(201);
        let key = answer.json()["secret"].as_str().expect("a key").to_owned();
        Tenant { slug: slug.to_owned(), client: Client::new(self.address, format!("{slug}.localhost"), key) }
    }

    /// Gives a tenant another tier.
    pub fn set_tier(&self, tenant: &Tenant, tier: &str) {
        let change = json!({ "tier": tier }).to_string();
        let path = format!("/v1/tenants/{}", tenant.slug);
        self.console().send("PATCH", &path, &[("content-type", "application/json")], change.as_bytes()).expect(200);
    }

    /// The tenant's client after the program was started again.
    pub fn again(&self, tenant: &Tenant) -> Tenant {
        let host = format!("{}.localhost", tenant.slug);
        Tenant { slug: tenant.slug.clone(), client: Client::new(self.address, host, tenant.client.key()) }
    }

    /// The host's own figures.
    pub fn health(&self) -> Value {
        self.console().get("/v1/health").expect(200).json()
    }

    /// Resident memory of the host in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
        line.split_whitespace().next().and_then(|figure| figure.parse().ok()).expect("a figure")
    }

    /// What must hold after every attack: the same process, no fault of the host, no instance left behind,
    /// and the memory of guests given back.
    #[track_caller]
    pub fn assert_unharmed(&mut self) {
        let process = self.process.as_mut().expect("it runs");
        assert!(process.try_wait().expect("a state").is_none(), "the host ended:\n{}", self.log());
        let gone = ["live-instances", "live-stacks", "guest-memory-bytes"];
        let is_idle = |health: &Value| gone.iter().all(|figure| health["runtime"][figure] == 0);
        let health = wait_for(|| Some(self.health()).filter(is_idle));
        assert_eq!(health["panics"], 0, "{health}\n{}", self.log());
        assert_eq!(health["runtime"]["host-faults"], 0, "{health}\n{}", self.log());
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.kill();
    }
}

fn send(process: &Child, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(process), signal).expect("it runs");
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).arg("--config").arg(folder.join("signalsync.toml")).stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().expect("the program runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// Asks again until there is an answer, at most for ten seconds: for what the host does a moment later.
#[track_caller]
pub fn wait_for<T>(ask: impl FnMut() -> Option<T>) -> T {
    wait_at_most(10, ask)
}

/// Asks again until there is an answer, at most for so many seconds.
#[track_caller]
pub fn wait_at_most<T>(seconds: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "it did not happen within {seconds} seconds");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Tenant {
    /// Uploads a component and waits until it is settled.
    pub fn upload(&self, wasm: &[u8]) -> Answer {
        self.client.send("POST", "/v1/components", &[("content-type", "application/wasm")], wasm)
    }

    /// Uploads a component that is ready afterwards; its digest.
    #[track_caller]
    pub fn ready(&self, path: &str) -> String {
        let answer = self.upload(&component(path)).expect(201);
        answer.json()["digest"].as_str().expect("a digest").to_owned()
    }

    /// Creates a collection.
    #[track_caller]
    pub fn collection(&self, name: &str) {
        self.client.put(&format!("/v1/collections/{name}"), &json!({ "title": name })).expect(201);
    }

    /// Adds a version of a deployment.
    pub fn deploy(&self, name: &str, draft: &Value) -> Answer {
        self.client.post(&format!("/v1/deployments/{name}/versions"), draft)
    }

    /// Deploys a guest as a validation of the collection `data`, with access to `data` and to nowhere outside.
    #[track_caller]
    pub fn validation(&self, path: &str) {
        let component = self.ready(path);
        self.collection("data");
        let grants = json!({ "storage": { "data": "read-write" }, "files": { "data": "read-write" }, "http": [] });
        let draft = json!({ "component": component, "grants": grants, "validates": ["data"], "on-failure": "closed" });
        self.deploy("guest", &draft).expect(201);
    }

    /// Deploys a guest as a mapping, with access to the collection and the folder `data`.
    #[track_caller]
    pub fn mapping(&self, path: &str) {
        let component = self.ready(path);
        self.collection("data");
        let grants = json!({ "storage": { "data": "read-write" }, "files": { "data": "read-write" }, "http": [] });
        self.deploy("guest", &json!({ "component": component, "grants": grants })).expect(201);
    }

    /// Runs the deployment `guest` on this document without keeping anything; how it went.
    #[track_caller]
    pub fn judge(&self, document: &Value) -> Value {
        let subject = json!({ "collection": "data", "id": "1", "before": null, "after": document.to_string() });
        self.trial(&json!({ "validate": subject }))
    }

    /// Runs the deployment `guest` on this input without keeping anything; how it went.
    #[track_caller]
    pub fn trial(&self, input: &Value) -> Value {
        self.client.post("/v1/deployments/guest/trial", &json!({ "input": input })).expect(200).json()
    }

    /// Sends a message to the mapping `guest`.
    pub fn message(&self, media_type: &str, body: &[u8]) -> Answer {
        self.client.send("POST", "/v1/mappings/guest", &[("content-type", media_type)], body)
    }

    /// Writes a record into the collection `data`.
    pub fn write(&self, id: &str, document: &Value) -> Answer {
        self.client.put(&format!("/v1/collections/data/records/{id}"), document)
    }
}
