//! Chains: nothing is lost, nothing is changed unnoticed.

use signalsync_store::chain::{Broken, ChainHead, HASH_BYTES};
use signalsync_store::{Key, Store, Table};

use crate::lab::Lab;

async fn add(store: &Store, body: String) {
    let mut tx = store.begin().await.unwrap();
    tx.chain(Table::Audit, body);
    tx.commit().await.unwrap();
}

async fn chain_of(lab: &Lab, entries: usize) -> Store {
    let (_, store) = lab.tenant().await;
    for number in 1..=entries {
        add(&store, format!("entry {number}")).await;
    }
    store
}

async fn verify(store: &Store) -> Result<ChainHead, Broken> {
    store.begin().await.unwrap().verify_chain(Table::Audit).unwrap()
}

fn row(number: u64) -> Key {
    Key::new(Table::Audit, &[&format!("{number:016x}")])
}

pub(crate) async fn entries_are_numbered_without_gaps_whoever_writes(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    let writers = (0..8).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for turn in 0..8 {
                add(&store, format!("{writer} {turn}")).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let head = verify(&store).await.unwrap();
    assert_eq!(head.number, 64);
    drop(store);
    let lab = if matches!(lab.kind, signalsync_store::EngineKind::Memory) { lab } else { lab.restart() };
    assert_eq!(verify(&lab.open(tenant).await.unwrap()).await, Ok(head));
}

pub(crate) async fn what_is_rolled_back_is_not_in_the_chain(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let mut tx = store.begin().await.unwrap();
    tx.chain(Table::Audit, "kept");
    let here = tx.savepoint();
    tx.chain(Table::Audit, "undone");
    tx.rollback(here);
    assert!(!tx.is_read_only());
    tx.commit().await.unwrap();
    let tx = store.begin().await.unwrap();
    let links = tx.links(Table::Audit, None, 10, |_| true).unwrap().links;
    assert_eq!(links.iter().map(|link| &link.body[..]).collect::<Vec<_>>(), [b"kept"]);
    assert_eq!(tx.link(Table::Audit, 1).unwrap().as_ref(), links.first());
    assert_eq!(tx.link(Table::Audit, 2).unwrap(), None);
}

pub(crate) async fn links_come_newest_first_in_pages(lab: Lab) {
    let store = chain_of(&lab, 5).await;
    let tx = store.begin().await.unwrap();
    let page = |before, limit| {
        let links = tx.links(Table::Audit, before, limit, |link| link.number != 4).unwrap();
        (links.links.iter().map(|link| link.number).collect::<Vec<_>>(), links.next)
    };
    assert_eq!(page(None, 2), (vec![5, 3], Some(3)));
    assert_eq!(page(Some(3), 2), (vec![2, 1], None));
    assert_eq!(page(Some(1), 2), (vec![], None));
}

pub(crate) async fn every_change_behind_the_stores_back_is_found(lab: Lab) {
    for (number, found) in [(2, Broken::Changed(2)), (4, Broken::Changed(4))] {
        let store = chain_of(&lab, 4).await;
        let mut tx = store.begin().await.unwrap();
        let mut body = tx.get(&row(number)).unwrap().unwrap().body.to_vec();
        body[HASH_BYTES] ^= 1;
        tx.put(row(number), body);
        tx.commit().await.unwrap();
        assert_eq!(verify(&store).await, Err(found));
    }
    for (number, found) in
        [(1, Broken::Missing(1)), (3, Broken::Missing(3)), (4, Broken::End { expected: 4, found: 3 })]
    {
        let store = chain_of(&lab, 4).await;
        let mut tx = store.begin().await.unwrap();
        tx.delete(&row(number)).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(verify(&store).await, Err(found));
    }
    let store = chain_of(&lab, 4).await;
    let mut tx = store.begin().await.unwrap();
    let copy = tx.get(&row(4)).unwrap().unwrap().body;
    tx.put(row(5), copy);
    tx.commit().await.unwrap();
    assert_eq!(verify(&store).await, Err(Broken::Changed(5)));
}
