//! Records behind their gate against rows of the bare store, in collections of a thousand to a million.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::json;
use signalsync_core::rights::{Person, RecordRule};
use signalsync_core::{
    Authority, Caller, CollectionName, Origin, Principal, RecordId, Rights, TenantId, Tier, Timestamp, UserId,
};
use signalsync_data::{Change, Definition, Filter, Gate, Query, Schemas, Sort};
use signalsync_store::{EngineKind, Key, Precondition, Store, Stores, StoresConfig, Table as Rows, Transaction};

use crate::Options;
use crate::measure::compare;
use crate::table::{Table, short};

/// Records in the collections.
const SIZES: [u64; 3] = [1_000, 100_000, 1_000_000];

/// Records that one commit writes while a collection is filled.
const BATCH: u64 = 500;

/// Records on a page.
const PAGE: usize = 50;

/// Pages whose times are put in order, so that the slowest hundredth is ten of them.
const PAGES: usize = 1_000;

/// Two tenants with the same documents: one behind the gate, one as bare rows.
struct House {
    tokio: tokio::runtime::Runtime,
    gated: Store,
    bare: Store,
    gate: Gate,
    name: CollectionName,
    size: u64,
    next: u64,
    _stores: Arc<Stores>,
}

impl House {
    fn build(options: &Options, size: u64) -> Result<(tempfile::TempDir, Self)> {
        let folder = tempfile::tempdir_in(&options.memory)?;
        let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let authority = Authority::ambient();
        let config = StoresConfig {
            root: folder.path().to_owned(),
            engine: EngineKind::Redb,
            open_max: NonZeroUsize::new(8).context("eight")?,
        };
        let tier = Tier { disk_bytes_max: u64::MAX, ..Tier::default() };
        let [gated, bare] = [TenantId::new(), TenantId::new()];
        let scope = |tenant, caller| authority.scope(tenant, Arc::new(tier.clone()), caller);
        let (host, person) = (scope(gated, Caller::host()), scope(gated, clerk()?));
        let schemas = Arc::new(Schemas::default());
        let name: CollectionName = "orders".parse()?;
        let stores = Stores::open(config)?;
        let (gated, bare) = tokio.block_on(async {
            for tenant in [gated, bare] {
                stores.create_tenant(&authority, tenant).await?;
            }
            let store = stores.tenant(&host).await?;
            let mut tx = store.begin().await?;
            define(&Gate::of(&schemas, &host, Timestamp(1)), &mut tx, &name)?;
            tx.commit().await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
            anyhow::Ok((store, stores.tenant(&scope(bare, Caller::host())).await?))
        })?;
        let gate = Gate::of(&schemas, &person, Timestamp(1_700_000_000_000));
        let mut house = Self { tokio, gated, bare, gate, name, size, next: 0, _stores: stores };
        house.fill()?;
        Ok((folder, house))
    }

    fn fill(&mut self) -> Result<()> {
        while self.next < self.size {
            let numbers = self.next..self.next + BATCH;
            let (gate, name) = (&self.gate, &self.name);
            self.tokio.block_on(async {
                let (mut gated, mut bare) = (self.gated.begin().await?, self.bare.begin().await?);
                for number in numbers {
                    gate.put(&mut gated, &change(name, number))?;
                    bare.put(row(name, number), body(number));
                }
                gated.commit().await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
                bare.commit().await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
                anyhow::Ok(())
            })?;
            self.next += BATCH;
        }
        Ok(())
    }

    /// Does something in a transaction of its own, so many times.
    fn read(&self, store: &Store, times: u64, mut act: impl FnMut(&mut Transaction, u64)) {
        self.tokio.block_on(async {
            for time in 0..times {
                let mut tx = store.begin().await.expect("the store is open");
                // A large odd step goes through the collection without order.
                act(&mut tx, time.wrapping_mul(7_919) % self.size);
            }
        });
    }

    fn write(&self, store: &Store, from: u64, times: u64, act: impl Fn(&mut Transaction, u64)) {
        self.tokio.block_on(async {
            for number in from..from + times {
                let mut tx = store.begin().await.expect("the store is open");
                act(&mut tx, number);
                tx.commit().await.expect("nobody else writes");
            }
        });
    }

    fn page(&self, tx: &mut Transaction, query: &Query) {
        let found = self.gate.query(tx, &self.name, query).expect("it is a good question");
        assert_eq!(found.items.len(), PAGE, "a full page");
        std::hint::black_box(found);
    }
}

/// Somebody who sees everything, and is asked for it each time.
fn clerk() -> Result<Caller> {
    let rule: RecordRule = serde_json::from_value(json!({"see": "all", "create": true, "change": "all"}))?;
    let person = Person { user: Some(UserId::new()), ..Person::default() };
    let rights = Rights::of([].into(), vec![("clerk".parse()?, rule)], person);
    Ok(Caller { principal: Principal::host(), rights: Arc::new(rights), origin: Origin::default() })
}

fn define(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<()> {
    let definition: Definition = serde_json::from_value(json!({
        "schema": {"type": "object", "required": ["number"], "properties": {
            "number": {"x-kind": "text"}, "status": {"x-kind": "select", "enum": STATUSES},
            "total": {"x-kind": "number"}, "note": {"x-kind": "long-text"},
        }},
        "indexes": [{"fields": ["number"], "unique": true}, {"fields": ["status", "total"]}, {"fields": ["total"]}],
        "search": ["note"],
    }))?;
    signalsync_data::create(gate, tx, name, "Orders")?;
    signalsync_data::save(gate, tx, name, &definition)?;
    signalsync_data::publish(gate, tx, name)?;
    Ok(())
}

const STATUSES: [&str; 4] = ["open", "approved", "paid", "closed"];

fn body(number: u64) -> String {
    let status = STATUSES[(number % 4) as usize];
    let total = number.wrapping_mul(2_654_435_761) % 1_000_000;
    let note = format!("ordered by desk {} for building {}", number % 97, number % 1_009);
    json!({"number": format!("PO-{number:08}"), "status": status, "total": total, "note": note}).to_string()
}

fn id(number: u64) -> RecordId {
    format!("{number:08}").parse().expect("digits are an id")
}

fn change(name: &CollectionName, number: u64) -> Change {
    Change { collection: name.clone(), id: id(number), body: body(number), precondition: Precondition::None }
}

fn row(name: &CollectionName, number: u64) -> Key {
    Key::new(Rows::Records, &[name.as_str(), id(number).as_str()])
}

/// Reads, lists and writes at each size.
pub fn records(options: &Options, table: &mut Table) -> Result<()> {
    for size in SIZES {
        let (_folder, house) = House::build(options, size)?;
        at(&house, table)?;
    }
    Ok(())
}

fn at(house: &House, table: &mut Table) -> Result<()> {
    let House { gated, bare, gate, name, size, .. } = house;
    let read = compare(
        |times| house.read(gated, times, |tx, at| drop(gate.get(tx, name, &id(at)).expect("it is there"))),
        |times| house.read(bare, times, |tx, at| drop(tx.get(&row(name, at)).expect("it is there"))),
    );
    table.times(&format!("record read ÷ bare row, of {size}"), read, "rights, definition and document");

    let newest = Query { sort: by("total"), limit: PAGE, ..Query::default() };
    let rows = |times| {
        house.read(bare, times, |tx, at| {
            let after = id(at.min(size - PAGE as u64 - 1));
            let page = tx.scan(Rows::Records, &[name.as_str()], "", Some(after.as_str()), PAGE, usize::MAX);
            assert_eq!(page.expect("it is there").entries.len(), PAGE);
        });
    };
    let list = compare(|times| house.read(gated, times, |tx, _| house.page(tx, &newest)), rows);
    table.times(&format!("list page ÷ bare rows, of {size}"), list, "50 records by an indexed field ÷ 50 rows by id");
    let note = "of a thousand pages of 50 records, all over the collection";
    table.line(&format!("list pages, slowest hundredth, of {size}"), "–".to_owned(), slowest(house)?, note);

    let next = std::cell::Cell::new(house.next);
    let fresh = |times| {
        let from = next.get();
        next.set(from + times);
        from
    };
    let write = compare(
        |times| house.write(gated, fresh(times), times, |tx, at| drop(gate.put(tx, &change(name, at)).expect("fits"))),
        |times| house.write(bare, fresh(times), times, |tx, at| tx.put(row(name, at), body(at))),
    );
    let note = "a commit each: definition, three indexes, words, history, audit; no fsync to wait for";
    table.times(&format!("record write ÷ bare row, of {size}"), write, note);
    Ok(())
}

fn by(field: &str) -> Option<Sort> {
    Some(Sort { field: Some(field.to_owned()), backwards: false })
}

/// Pages of three kinds at places all over the collection.
fn slowest(house: &House) -> Result<String> {
    let filter = |field: &str, op: &str, value: serde_json::Value| -> Result<Option<Filter>> {
        Ok(Some(serde_json::from_value(json!({"field": field, "op": op, "value": value}))?))
    };
    let mut shown = Vec::new();
    for kind in ["order", "filter", "search"] {
        let mut times = Vec::with_capacity(PAGES);
        for turn in 0..PAGES {
            let place = (turn * 7_919) % 900_000;
            let base = Query { limit: PAGE, ..Query::default() };
            let query = match kind {
                "order" => Query { sort: by("total"), filter: filter("total", "ge", place.into())?, ..base },
                "filter" => {
                    Query { filter: filter("status", "eq", STATUSES[turn % 4].into())?, sort: by("total"), ..base }
                }
                _ => Query { search: Some("ordered building".to_owned()), ..base },
            };
            let start = Instant::now();
            house.read(&house.gated, 1, |tx, _| house.page(tx, &query));
            times.push(start.elapsed());
        }
        times.sort();
        shown.push(format!("{kind} {} (median {})", short(times[PAGES * 99 / 100]), short(times[PAGES / 2])));
    }
    Ok(shown.join(", "))
}
