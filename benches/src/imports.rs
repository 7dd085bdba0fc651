//! A file of records on its way in, against bare rows.

use std::cell::Cell;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use signalsync_core::{Authority, Caller, TenantId};
use signalsync_store::{EngineKind, Key, Store, Stores, StoresConfig, Table as Rows};

use crate::Options;
use crate::client::Client;
use crate::measure::compare_in;
use crate::platform::Platform;
use crate::table::Table;

const ROWS: u64 = 20_000;

/// Rows of one commit, as an import has them.
const CHUNK: u64 = 200;

/// An import takes seconds.
const TURNS: usize = 5;

const UNHURRIED: &str = "[tiers.standard]\nrequests_per_minute = 1000000000\n";

const STATUSES: [&str; 4] = ["open", "approved", "paid", "closed"];

/// Rows of an import ÷ bare rows.
pub fn imports(options: &Options, table: &mut Table) -> Result<()> {
    let platform = Platform::start(&options.program, &options.disk, UNHURRIED)?;
    let tenant = platform.tenant("acme")?;
    let mut client = platform.client(&tenant)?;
    let (csv, bare, times) = (csv(), Bare::open(options)?, Cell::new(0));
    let found = compare_in(
        TURNS,
        |turns| bare.write(turns),
        |turns| {
            for _ in 0..turns {
                let collection = format!("orders-{}", times.replace(times.get() + 1));
                import(&mut client, &collection, &csv).expect("the rows are good");
            }
        },
    );
    let note = "CSV of 20,000 rows over HTTP: each row read, tried, then written with definition, three indexes, words, \
                history and audit, in chunks of 200; the bare side writes 200 rows a commit; on disk, five turns";
    table.rates("imported rows/s ÷ bare rows/s", found, ROWS, note);
    Ok(())
}

fn import(client: &mut Client, collection: &str, csv: &str) -> Result<()> {
    let definition = json!({
        "schema": {"type": "object", "required": ["number"], "properties": {
            "number": {"x-kind": "text"}, "status": {"x-kind": "select", "enum": STATUSES},
            "total": {"x-kind": "number"}, "note": {"x-kind": "long-text"},
        }},
        "indexes": [{"fields": ["number"], "unique": true}, {"fields": ["status", "total"]}, {"fields": ["total"]}],
        "search": ["note"],
    });
    let path = format!("/v1/collections/{collection}");
    client.json("PUT", &path, &json!({}))?;
    client.json("PUT", &format!("{path}/draft"), &definition)?;
    client.json("POST", &format!("{path}/publish"), &json!({}))?;
    let job = client.expect("POST", &format!("{path}/import"), "text/csv", csv.to_owned().into())?;
    let job = format!("/v1/jobs/{}", job["id"].as_str().context("a job has an id")?);
    loop {
        let found = client.json("GET", &job, &Value::Null)?;
        match found["state"].as_str() {
            Some("waiting" | "running") => std::thread::sleep(Duration::from_millis(5)),
            Some("done") => return Ok(()),
            _ => anyhow::bail!("the import ended otherwise: {found}"),
        }
    }
}

fn csv() -> String {
    let mut text = "number,status,total,note\n".to_owned();
    for number in 0..ROWS {
        let (status, total) = (STATUSES[(number % 4) as usize], number.wrapping_mul(2_654_435_761) % 1_000_000);
        // Writing to memory does not fail.
        let _ = writeln!(text, "PO-{number:08},{status},{total},{}", note(number));
    }
    text
}

fn note(number: u64) -> String {
    format!("ordered by desk {} for building {}", number % 97, number % 1_009)
}

/// A store of the same kind on the same disk.
struct Bare {
    tokio: tokio::runtime::Runtime,
    store: Store,
    next: Cell<u64>,
    _folder: tempfile::TempDir,
}

impl Bare {
    fn open(options: &Options) -> Result<Self> {
        let folder = tempfile::tempdir_in(&options.disk)?;
        let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (authority, tenant) = (Authority::ambient(), TenantId::new());
        let store = tokio.block_on(async {
            let config = StoresConfig {
                root: folder.path().to_owned(),
                engine: EngineKind::Redb,
                open_max: NonZeroUsize::new(8).context("eight")?,
            };
            let stores = Stores::open(config)?;
            stores.create_tenant(&authority, tenant).await?;
            anyhow::Ok(stores.tenant(&authority.scope(tenant, Default::default(), Caller::host())).await?)
        })?;
        Ok(Self { tokio, store, next: Cell::new(0), _folder: folder })
    }

    fn write(&self, turns: u64) {
        for _ in 0..turns * ROWS / CHUNK {
            let from = self.next.replace(self.next.get() + CHUNK);
            self.tokio.block_on(async {
                let mut tx = self.store.begin().await.expect("the store is open");
                for number in from..from + CHUNK {
                    let body = json!({
                        "number": format!("PO-{number:08}"), "status": STATUSES[(number % 4) as usize],
                        "total": number.wrapping_mul(2_654_435_761) % 1_000_000, "note": note(number),
                    });
                    tx.put(Key::new(Rows::Records, &["bare", &format!("{number:010}")]), body.to_string());
                }
                tx.commit().await.expect("nobody else writes");
            });
        }
    }
}
