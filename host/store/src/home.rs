//! Where a store lies on disk. Blocking.
//!
//! ```text
//! <root>/keys/master.key        wraps the tenants' keys
//! <root>/platform/              what belongs to no tenant, laid out like a tenant
//! <root>/tenants/<id>/key       the tenant's key, wrapped; without it the files are noise
//! <root>/tenants/<id>/data.redb its rows; or the folder `sled`
//! <root>/tenants/<id>/files/    contents of its files, encrypted
//! <root>/destroyed/<id>         on its way out
//! ```

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use parking_lot::Mutex;
use signalsync_core::TenantId;

use crate::blob::Blobs;
use crate::cipher::SecretKey;
use crate::engine::{Engine, MemoryEngine, RedbEngine, SledEngine};
use crate::error::StoreError;
use crate::files::used_blobs;
use crate::room::Room;
use crate::stores::EngineKind;

/// Whose store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Home {
    Platform,
    Tenant(TenantId),
}

impl Home {
    fn name(self) -> String {
        match self {
            Self::Platform => "platform".to_owned(),
            Self::Tenant(tenant) => tenant.to_string(),
        }
    }
}

/// What a store is made of.
pub(crate) struct Opened {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) room: Option<Room>,
}

/// The folders of all stores.
pub(crate) struct Homes {
    root: PathBuf,
    kind: EngineKind,
    master: SecretKey,
    /// Rows in memory outlive the closing of their store.
    memory: Mutex<HashMap<Home, Arc<MemoryEngine>>>,
}

impl Homes {
    /// Makes the folders that are not there, and ends destructions that a crash interrupted.
    pub(crate) fn new(root: PathBuf, kind: EngineKind) -> Result<Self, StoreError> {
        for folder in ["keys", "tenants", "destroyed"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let master = SecretKey::in_file(&root.join("keys/master.key"))?;
        let homes = Self { root, kind, master, memory: Mutex::default() };
        homes.create(Home::Platform)?;
        sync(&homes.root)?;
        for destroyed in fs::read_dir(homes.root.join("destroyed"))? {
            erase(&destroyed?.path())?;
        }
        Ok(homes)
    }

    /// Makes an empty home with a key of its own, durably. Does nothing when it is there.
    pub(crate) fn create(&self, home: Home) -> Result<(), StoreError> {
        let folder = self.folder(home);
        fs::create_dir_all(folder.join("files"))?;
        self.master.make_tenant_key(&folder.join("key"), &home.name())?;
        sync(folder.parent().unwrap_or(&self.root))
    }

    /// Opens the rows and the contents of a home.
    pub(crate) fn open(&self, home: Home) -> Result<Opened, StoreError> {
        let folder = self.folder(home);
        let key = self.master.tenant_key(&folder.join("key"), &home.name())?;
        let dir = Dir::open_ambient_dir(folder.join("files"), ambient_authority())?;
        let blobs = Blobs::new(dir, key, home.name(), folder.clone());
        let engine: Arc<dyn Engine> = match self.kind {
            EngineKind::Redb => self.database(&folder, "data.redb", "sled", &blobs, RedbEngine::open)?,
            EngineKind::Sled => self.database(&folder, "sled", "data.redb", &blobs, SledEngine::open)?,
            EngineKind::Memory => Arc::clone(self.memory.lock().entry(home).or_default()) as _,
        };
        let swept = blobs.sweep(&used_blobs(&*engine.snapshot()?)?)?;
        if swept > 0 {
            tracing::info!(swept, "contents without a file were removed");
        }
        let room = (self.kind != EngineKind::Memory).then(|| Room::around(folder));
        Ok(Opened { engine, blobs: Arc::new(blobs), room })
    }

    /// Opens a database that is there, or a new one where no other one and no content is: an empty
    /// database in place of a lost one would have all contents swept.
    fn database<E: Engine>(
        &self,
        folder: &Path,
        ours: &str,
        other: &str,
        blobs: &Blobs,
        open: impl FnOnce(&Path) -> Result<E, StoreError>,
    ) -> Result<Arc<dyn Engine>, StoreError> {
        let path = folder.join(ours);
        if path.exists() {
            return Ok(Arc::new(open(&path)?));
        }
        if folder.join(other).exists() {
            return Err(StoreError::Engine(format!("the rows are in `{other}`: choose the engine that wrote them")));
        }
        if !blobs.is_empty()? {
            return Err(StoreError::Corrupt(format!("contents of files are there, but not the rows in `{ours}`")));
        }
        let engine = open(&path)?;
        sync(folder)?;
        Ok(Arc::new(engine))
    }

    /// Destroys a home: first its name, so that nobody finds it, then its key, then the rest. Interrupted
    /// behind the first step, it goes on when the folders are opened the next time.
    pub(crate) fn destroy(&self, home: Home) -> Result<(), StoreError> {
        self.memory.lock().remove(&home);
        let (folder, destroyed) = (self.folder(home), self.root.join("destroyed").join(home.name()));
        match fs::rename(&folder, &destroyed) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !destroyed.exists() => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        sync(&self.root.join("destroyed"))?;
        sync(&self.root.join("tenants"))?;
        erase(&destroyed)
    }

    fn folder(&self, home: Home) -> PathBuf {
        match home {
            Home::Platform => self.root.join("platform"),
            Home::Tenant(tenant) => self.root.join("tenants").join(tenant.to_string()),
        }
    }
}

fn erase(folder: &Path) -> Result<(), StoreError> {
    overwrite(&folder.join("key"))?;
    Ok(fs::remove_dir_all(folder)?)
}

fn overwrite(key: &Path) -> Result<(), StoreError> {
    let length = match fs::metadata(key) {
        Ok(found) => usize::try_from(found.len()).unwrap_or(0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut file = fs::OpenOptions::new().write(true).open(key)?;
    file.write_all(&vec![0; length])?;
    file.sync_all()?;
    Ok(fs::remove_file(key)?)
}

/// Makes the names in a folder durable.
pub(crate) fn sync(folder: &Path) -> Result<(), StoreError> {
    Ok(fs::File::open(folder)?.sync_all()?)
}
