//! Writes of records over HTTP: real program, real connections, real commits.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::Options;
use crate::client::Client;
use crate::measure::compare;
use crate::platform::{Platform, Tenant, collection, upload, validated_collection};
use crate::table::Table;

/// With validation ÷ without, one writer and several, on disk and in memory.
pub fn writes(options: &Options, table: &mut Table) -> Result<()> {
    let places = [
        ("on disk", &options.disk, "acknowledged after fsync"),
        ("in memory", &options.memory, "a file system in memory, where fsync costs nothing"),
    ];
    for (place, root, note) in places {
        let host = Validated::start(options, root)?;
        for connections in [1, 8] {
            let mut with = Load::new(connections, || host.client(), |client, number| host.write(client, number))?;
            let mut without = Load::new(connections, || host.client(), |client, number| host.plain(client, number))?;
            let found = compare(|times| with.run(times), |times| without.run(times));
            let what = format!("HTTP write with validation ÷ without, {connections} connection(s), {place}");
            table.times(&what, found, note);
        }
    }
    Ok(())
}

/// A host with a collection that the small validation judges, and one that nothing judges.
pub struct Validated {
    platform: Platform,
    tenant: Tenant,
    document: Value,
}

/// What is measured is the work and not the limit.
const UNHURRIED: &str = "[tiers.standard]\nrequests_per_minute = 1000000000\n";

impl Validated {
    pub fn start(options: &Options, root: &Path) -> Result<Self> {
        let platform = Platform::start(&options.program, root, UNHURRIED)?;
        let tenant = platform.tenant("acme")?;
        let mut client = platform.client(&tenant)?;
        let digest = upload(&mut client, &options.component("bench-guest-component.wasm")?)?;
        validated_collection(&mut client, "judged", &digest)?;
        collection(&mut client, "plain")?;
        let mut document: Value = serde_json::from_str(&bench_rule::input())?;
        document["total"] = json!(document["net"].as_i64().unwrap_or(0) + document["vat"].as_i64().unwrap_or(0));
        Ok(Self { platform, tenant, document })
    }

    pub fn client(&self) -> Result<Client> {
        self.platform.client(&self.tenant)
    }

    /// Writes one of a thousand records of the judged collection.
    pub fn write(&self, client: &mut Client, number: u64) -> Result<()> {
        self.put(client, "judged", number)
    }

    /// The same where nothing judges.
    pub fn plain(&self, client: &mut Client, number: u64) -> Result<()> {
        self.put(client, "plain", number)
    }

    fn put(&self, client: &mut Client, collection: &str, number: u64) -> Result<()> {
        let path = format!("/v1/collections/{collection}/records/{}", number % 1_000);
        let body = self.document.to_string().into();
        let (status, answer) = client.send("PUT", &path, "application/json", body)?;
        ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&answer));
        Ok(())
    }
}

/// Clients that share a number of operations.
pub struct Load<'a> {
    clients: Vec<Client>,
    operation: Box<dyn Fn(&mut Client, u64) -> Result<()> + Sync + 'a>,
    next: AtomicU64,
}

impl<'a> Load<'a> {
    pub fn new(
        connections: usize,
        connect: impl Fn() -> Result<Client>,
        operation: impl Fn(&mut Client, u64) -> Result<()> + Sync + 'a,
    ) -> Result<Self> {
        let clients = (0..connections).map(|_| connect()).collect::<Result<_>>()?;
        Ok(Self { clients, operation: Box::new(operation), next: AtomicU64::new(0) })
    }

    /// Does so many operations in total, each client one after the other.
    pub fn run(&mut self, times: u64) {
        let (next, operation) = (&self.next, &self.operation);
        let end = next.load(Ordering::Relaxed) + times;
        std::thread::scope(|scope| {
            for client in &mut self.clients {
                scope.spawn(move || {
                    while let Ok(number) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |number| {
                        (number < end).then_some(number + 1)
                    }) {
                        operation(client, number).expect("the server answers");
                    }
                });
            }
        });
    }
}
