//! Nobody sees what belongs to somebody else, however names are chosen.

use signalsync_core::{FilePath, FolderName};
use signalsync_store::{Key, Table};

use crate::lab::{Lab, all, put, record};

pub(crate) async fn tenants_do_not_see_each_other(lab: Lab) {
    let (folder, path): (FolderName, FilePath) = ("f".parse().unwrap(), "p".parse().unwrap());
    let mut tenants = Vec::new();
    for n in 0..3 {
        let (_, store) = lab.tenant().await;
        put(&store, "c", "same", format!("{n}")).await;
        let mut tx = store.begin().await.unwrap();
        tx.put(record("c", &format!("own-{n}")), "x");
        tx.write_file(&folder, &path, "text/plain", format!("{n}").into()).unwrap();
        tx.commit().await.unwrap();
        tenants.push(store);
    }
    for (n, store) in tenants.iter().enumerate() {
        let mut tx = store.begin().await.unwrap();
        let rows = [(format!("own-{n}"), "x".into()), ("same".to_owned(), n.to_string().into())];
        assert_eq!(all(&mut tx, "c"), rows);
        assert_eq!(tx.read_file(&folder, &path, 0, 9).unwrap().unwrap(), n.to_string());
        assert_eq!(tx.list_files(&folder, None, 10).unwrap().len(), 1);
        assert_eq!(tx.commit().await.unwrap().version, 2, "each store counts for itself");
    }
    let mut platform = lab.stores.platform(&lab.authority).await.unwrap().begin().await.unwrap();
    assert_eq!(all(&mut platform, "c"), []);
}

pub(crate) async fn neighbouring_names_do_not_see_each_other(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let names = ["a", "ab", "b", "a\u{1}", "\u{1}a", "\u{2}aa", "", "a\0", "\u{10ffff}", &"x".repeat(255)];
    let mut tx = store.begin().await.unwrap();
    for collection in names {
        for id in names {
            tx.put(record(collection, id), format!("{collection}|{id}"));
            tx.put(Key::new(Table::DeploymentVersions, &[collection, id]), "another table");
        }
    }
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    for collection in names {
        let mut expected: Vec<_> =
            names.iter().map(|id| ((*id).to_owned(), format!("{collection}|{id}").into())).collect();
        expected.sort();
        assert_eq!(all(&mut tx, collection), expected, "{collection:?}");
    }
    assert_eq!(all(&mut tx, "abs"), []);
}
