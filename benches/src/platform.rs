//! The real program on a folder of its own, and what its operator does.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use signalsync_core::TenantId;
use tempfile::TempDir;

use crate::client::Client;
use crate::machine;

/// The running program.
pub struct Platform {
    program: PathBuf,
    folder: TempDir,
    process: Child,
    address: SocketAddr,
    operator: String,
}

impl Platform {
    /// Starts the program on a new folder below `root`, with this text in its configuration.
    pub fn start(program: &Path, root: &Path, configuration: &str) -> Result<Self> {
        let folder = TempDir::new_in(root)?;
        let data = folder.path().join("data");
        let text = format!("data = {data:?}\nbase_domain = \"localhost\"\nlisten = \"127.0.0.1:0\"\n{configuration}\n");
        std::fs::write(folder.path().join("signalsync.toml"), text)?;
        let key = command(program, folder.path(), &["operator-key", "--name", "benches"]).output()?;
        ensure!(key.status.success(), "no operator key: {}", String::from_utf8_lossy(&key.stderr));
        let operator = String::from_utf8(key.stdout)?.trim().to_owned();
        let (process, address) = serve(program, folder.path())?;
        Ok(Self { program: program.to_owned(), folder, process, address, operator })
    }

    /// Ends the program in good order and starts it again on the same data; how long until it is ready.
    pub fn restart(&mut self) -> Result<Duration> {
        self.stop()?;
        self.go_on()
    }

    /// Ends the program in good order.
    pub fn stop(&mut self) -> Result<()> {
        let id = self.process.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "the program cannot be ended");
        ensure!(self.process.wait()?.success(), "the program did not end in good order");
        Ok(())
    }

    /// Starts the program again on the same data; how long until it is ready.
    pub fn go_on(&mut self) -> Result<Duration> {
        let start = Instant::now();
        (self.process, self.address) = serve(&self.program, self.folder.path())?;
        let mut client = self.console()?;
        ensure!(client.send("GET", "/readyz", "text/plain", "".into())?.0.is_success(), "it is not ready");
        Ok(start.elapsed())
    }

    /// Where everything is that the program keeps.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Bytes that the data takes on disk.
    pub fn disk_bytes(&self) -> Result<u64> {
        let told = Command::new("du").args(["-s", "--block-size=1"]).arg(self.data()).output()?;
        let told = String::from_utf8(told.stdout)?;
        Ok(told.split_whitespace().next().context("`du` says a number")?.parse()?)
    }

    /// The platform's own address, with the operator's key.
    pub fn console(&self) -> Result<Client> {
        Client::connect(self.address, "console.localhost", &self.operator)
    }

    /// A new tenant and a key of its administrator.
    pub fn tenant(&self, slug: &str) -> Result<Tenant> {
        let mut console = self.console()?;
        let tenant = console.json("POST", "/v1/tenants", &json!({"slug": slug, "tier": "standard"}))?;
        let id = tenant["id"].as_str().context("a tenant has an id")?.parse()?;
        let key = console.json(
            "POST",
            &format!("/v1/tenants/{slug}/keys"),
            &json!({"name": "benches", "roles": ["administrator"]}),
        )?;
        let key = key["secret"].as_str().context("a key has a secret")?.to_owned();
        Ok(Tenant { id, slug: slug.to_owned(), key })
    }

    /// A connection as this tenant.
    pub fn client(&self, tenant: &Tenant) -> Result<Client> {
        Client::connect(self.address, &format!("{}.localhost", tenant.slug), &tenant.key)
    }

    /// Resident memory in KiB: all of it, and the part that no file backs.
    pub fn memory_kib(&self) -> Result<(u64, u64)> {
        let of = |name| machine::memory_kib(self.process.id(), name);
        Ok((of("VmRSS:")?, of("RssAnon:")?))
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A tenant and its key.
pub struct Tenant {
    pub id: TenantId,
    slug: String,
    key: String,
}

/// Uploads a component; its digest.
pub fn upload(client: &mut Client, wasm: &[u8]) -> Result<String> {
    let component = client.expect("POST", "/v1/components", "application/wasm", wasm.to_vec().into())?;
    Ok(component["digest"].as_str().context("a component has a digest")?.to_owned())
}

/// Makes a collection and has a component validate it.
pub fn validated_collection(client: &mut Client, name: &str, digest: &str) -> Result<()> {
    collection(client, name)?;
    let draft = json!({"component": digest, "validates": [name], "on-failure": "closed"});
    client.json("POST", &format!("/v1/deployments/{name}/versions"), &draft).map(drop)
}

/// Makes a collection.
pub fn collection(client: &mut Client, name: &str) -> Result<()> {
    client.json("PUT", &format!("/v1/collections/{name}"), &json!({})).map(drop)
}

fn serve(program: &Path, folder: &Path) -> Result<(Child, SocketAddr)> {
    let log = std::fs::File::create(folder.join("log"))?;
    let mut process = command(program, folder, &["serve"]).stdout(Stdio::piped()).stderr(log).spawn()?;
    let lines = BufReader::new(process.stdout.take().context("a pipe")?).lines();
    let found =
        lines.map_while(Result::ok).find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()));
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let address = found.with_context(|| format!("the program did not start:\n{}", log()))?;
    Ok((process, address.parse()?))
}

fn command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg("--config").arg(folder.join("signalsync.toml")).env("RUST_LOG", "warn");
    command
}
