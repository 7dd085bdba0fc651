//! The store of images, when somebody else writes to it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use signalsync_core::{Admitted, Digest, Output};
use signalsync_generated as make;

use super::compilation::Gate;
use super::fixture::{HONEST, Host, block_on, config, start};

impl Host {
    fn image_of(&self, digest: Digest) -> PathBuf {
        let name = self
            .list("data/components")
            .into_iter()
            .find(|name| name.starts_with(&digest.to_string()) && name.ends_with(".image"));
        self.components().join(name.expect("an image"))
    }

    /// Restarts, asks for the component, and says how many compilers that took.
    async fn again(self, wasm: &[u8]) -> (Self, usize) {
        let before = self.started().len();
        let host = self.restart();
        host.ready(wasm).await;
        let started = host.started().len() - before;
        (host, started)
    }
}

pub(crate) fn a_changed_image_is_compiled_again() {
    block_on(async {
        let mut host = Host::start();
        let wasm = make::numbered(10);
        let digest = host.ready(&wasm).await.digest;
        let image = host.image_of(digest);
        let good = fs::read(&image).unwrap();
        let positions = [
            0,
            1,
            17,
            64,
            good.len() / 3,
            good.len() / 2,
            good.len() - 41,
            good.len() - 40,
            good.len() - 33,
            good.len() - 32,
            good.len() - 1,
        ];
        let mut damaged: Vec<Vec<u8>> = positions
            .iter()
            .map(|at| {
                let mut image = good.clone();
                image[*at] ^= 1;
                image
            })
            .collect();
        damaged.extend([vec![], good[..20].to_vec(), good[..good.len() - 1].to_vec(), [&good[..], b"x"].concat()]);
        for (case, damage) in damaged.into_iter().enumerate() {
            fs::write(&image, damage).unwrap();
            let (again, started) = host.again(&wasm).await;
            assert_eq!(started, 1, "case {case}");
            host = again;
        }
        let (host, started) = host.again(&wasm).await;
        assert_eq!(started, 0, "the new image is good");
        host.is_clean();
    });
}

pub(crate) fn a_loaded_image_may_be_overwritten() {
    block_on(async {
        let host = Host::start();
        let wasm = make::numbered(16);
        let digest = host.ready(&wasm).await.digest;
        // In place, under the eyes of the host that has it loaded.
        fs::write(host.image_of(digest), b"").unwrap();
        host.ready(&wasm).await;
        fs::write(host.image_of(digest), vec![0xcc; 100_000]).unwrap();
        host.ready(&wasm).await;
        host.is_clean();
    });
}

pub(crate) fn swapped_images_are_compiled_again() {
    block_on(async {
        let host = Host::start();
        let (mine, theirs) = (make::numbered(11), make::numbered(12));
        let (a, b) = (host.ready(&mine).await.digest, host.ready(&theirs).await.digest);
        let (a, b) = (host.image_of(a), host.image_of(b));
        let (image_a, image_b) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
        fs::write(&a, image_b).unwrap();
        fs::write(&b, image_a).unwrap();
        let (host, started) = host.again(&mine).await;
        assert_eq!(started, 1);
        let (_, started) = host.again(&theirs).await;
        assert_eq!(started, 1);
    });
}

pub(crate) fn an_image_of_another_engine_is_compiled_again() {
    block_on(async {
        let host = Host::start();
        let wasm = make::numbered(13);
        let digest = host.ready(&wasm).await.digest;
        let image = host.image_of(digest);
        let old = host.components().join(format!("{digest}-0000000000000000.image"));
        fs::rename(&image, &old).unwrap();
        let (host, started) = host.again(&wasm).await;
        assert_eq!(started, 1);
        assert!(!old.exists(), "what another engine made is deleted");
        drop(host);
    });
}

pub(crate) fn a_new_key_compiles_everything_again() {
    block_on(async {
        let host = Host::start();
        let wasm = make::numbered(14);
        host.ready(&wasm).await;
        let key = host.path("data/keys/image.key");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(&key).unwrap();
        let (host, started) = host.again(&wasm).await;
        assert_eq!(started, 1);
        assert_eq!(fs::read(host.path("data/keys/image.key")).unwrap().len(), 32);
    });
}

pub(crate) fn a_call_finds_a_tampered_image() {
    block_on(async {
        let host = Host::start();
        let wasm = make::numbered(17);
        let admitted = host.ready(&wasm).await;
        let image = host.image_of(admitted.digest);
        let mut tampered = fs::read(&image).unwrap();
        let middle = tampered.len() / 2;
        tampered[middle] ^= 1;
        fs::write(&image, tampered).unwrap();
        let host = host.restart();
        assert_eq!(host.validate(&admitted).await, Ok(Output::Violations(vec![])));
        assert_eq!(host.started().len(), 2, "compiled again for the call");

        fs::remove_file(host.image_of(admitted.digest)).unwrap();
        fs::write(host.components().join(format!("{}.wasm", admitted.digest)), make::numbered(18)).unwrap();
        let host = host.restart();
        assert!(host.validate(&admitted).await.is_err(), "another component never runs in its place");
        assert_eq!(host.started().len(), 2);
    });
}

pub(crate) fn a_damaged_component_is_stored_again() {
    block_on(async {
        let host = Host::start();
        let wasm = make::numbered(15);
        let digest = host.ready(&wasm).await.digest;
        let path = host.components().join(format!("{digest}.wasm"));
        fs::remove_file(host.image_of(digest)).unwrap();
        fs::write(&path, b"something else").unwrap();
        let (host, started) = host.again(&wasm).await;
        assert_eq!(started, 1);
        assert_eq!(fs::read(&path).unwrap(), wasm);
        drop(host);
    });
}

pub(crate) fn refused_components_leave_nothing_behind() {
    block_on(async {
        let host = Host::start();
        // It compiles, and cannot be instantiated: the start function traps.
        let refusal = host.refused(&make::validation_with("(func $s (unreachable)) (start $s)")).await;
        assert_eq!(refusal.code, "traps-at-start", "{refusal}");
        assert_eq!(host.list("data/components"), Vec::<String>::new());
    });
}

/// Names of files of these components.
fn stored(host: &Host, admitted: &Admitted) -> usize {
    let digest = admitted.digest.to_string();
    host.list("data/components").iter().filter(|name| name.starts_with(&digest)).count()
}

pub(crate) fn what_nobody_vouches_for_goes() {
    block_on(async {
        let host = Host::start();
        let (kept, lost) = (host.ready(&make::numbered(20)).await, host.ready(&make::numbered(21)).await);
        assert_eq!(host.runtime.doubt(None).await.unwrap(), None, "there are no more");
        host.runtime.vouch(kept.digest);
        assert_eq!(host.runtime.remove_doubted().await, 1);
        assert_eq!((stored(&host, &kept), stored(&host, &lost)), (2, 0));
        assert_eq!(host.runtime.remove_doubted().await, 0, "nothing is doubted any more");
        assert!(host.validate(&kept).await.is_ok());
        assert!(host.validate(&lost).await.is_err(), "neither on disk nor in memory");
        let again = host.ready(&make::numbered(21)).await;
        assert_eq!((stored(&host, &again), host.started().len()), (2, 3));
        assert!(host.validate(&again).await.is_ok());
    });
}

pub(crate) fn an_admission_ends_the_doubt() {
    block_on(async {
        let gate = Gate::new();
        let host = &gate.0;
        let wasm = make::numbered(22);
        let (admitted, ()) = tokio::join!(host.ready(&wasm), gate.let_one_go());
        host.runtime.doubt(None).await.unwrap();
        host.ready(&wasm).await;
        assert_eq!(host.runtime.remove_doubted().await, 0, "it was admitted again");

        let slow = make::numbered(23);
        let meanwhile = async {
            while host.started().len() < 2 {
                tokio::task::yield_now().await;
            }
            host.runtime.doubt(None).await.unwrap();
            host.runtime.vouch(admitted.digest);
            let removed = host.runtime.remove_doubted().await;
            gate.let_one_go().await;
            removed
        };
        let (ready, removed) = tokio::join!(host.ready(&slow), meanwhile);
        assert_eq!(removed, 0, "it is being compiled");
        assert!(host.validate(&ready).await.is_ok());
    });
}

pub(crate) fn half_written_files_go_at_the_start() {
    block_on(async {
        let host = Host::start();
        fs::write(host.components().join(".tmp-half"), b"half").unwrap();
        host.restart().is_clean();
    });
}

pub(crate) fn a_key_that_others_can_read_is_refused() {
    block_on(async {
        let host = Host::start();
        let key = host.path("data/keys/image.key");
        for (mode, body) in [(0o644, vec![0; 32]), (0o600, vec![0; 31])] {
            fs::write(&key, body).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
            let refused = start(config(host.dir.path(), HONEST, Default::default())).err().expect("no start");
            assert!(refused.to_string().contains("image.key"), "{refused}");
        }
    });
}
