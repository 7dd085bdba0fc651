//! `files`: the tenant's files, narrowed to the folders that were granted.

use bytes::Bytes;
use signalsync_core::{Access, FilePath, FolderName};
use wasmtime::component::{HasData, Resource};

use super::storage::ask;
use super::{Host, answer, enter, spend, unavailable};
use crate::generated::files::{self, Info};
use crate::generated::types::Denied;
use crate::meter::STORE_CALL_FUEL;
use crate::state::CallState;
use crate::transcript::{Question, Raw};

/// Files in one page.
const PAGE_FILES_MAX: u32 = 1_000;
/// Bytes of one read, and of a file that a component writes.
const CHUNK_BYTES_MAX: usize = 1 << 20;
/// Bytes of a media type.
const MEDIA_TYPE_BYTES_MAX: usize = 255;
/// Folders that a call can have open.
const OPEN_MAX: usize = 64;

/// A folder that was granted; there is no other way to have one.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenFolder {
    name: FolderName,
    access: Access,
}

pub(crate) struct Files;

impl HasData for Files {
    type Data<'a> = &'a mut CallState;
}

impl files::Host for &mut CallState {}
impl files::HostFolder for &mut CallState {}

type Answer<T> = wasmtime::Result<Result<T, Denied>>;

impl files::HostFolderWithStore<CallState> for Files {
    fn open(mut host: Host<'_, Self>, name: String) -> Answer<Resource<OpenFolder>> {
        enter(&mut host, STORE_CALL_FUEL, name.len())?;
        let state = host.get();
        let folder = ask!(granted(state, name));
        if state.handles.iter_mut().count() >= OPEN_MAX {
            return Ok(Err(Denied::OverLimit(format!("{OPEN_MAX} folders are open; close one first"))));
        }
        Ok(Ok(state.handles.push(folder)?))
    }

    fn list(
        mut host: Host<'_, Self>,
        this: Resource<OpenFolder>,
        after: Option<String>,
        limit: u32,
    ) -> Answer<Vec<Info>> {
        enter(&mut host, STORE_CALL_FUEL, after.as_ref().map_or(0, String::len))?;
        let files = host.get().list_folder(&this, after, limit)?;
        if let Ok(files) = &files {
            answer(&mut host, files.iter().map(|info| 1_000 + info.path.len() + info.media_type.len()).sum())?;
        }
        Ok(files)
    }

    fn read(
        mut host: Host<'_, Self>,
        this: Resource<OpenFolder>,
        path: String,
        offset: u64,
        length: u32,
    ) -> Answer<Vec<u8>> {
        enter(&mut host, STORE_CALL_FUEL, path.len())?;
        let bytes = host.get().read_part(&this, path, offset, length)?;
        if let Ok(bytes) = &bytes {
            answer(&mut host, bytes.len())?;
        }
        Ok(bytes)
    }

    fn write(
        mut host: Host<'_, Self>,
        this: Resource<OpenFolder>,
        path: String,
        media_type: String,
        body: Vec<u8>,
    ) -> Answer<()> {
        enter(&mut host, STORE_CALL_FUEL, path.len() + media_type.len() + body.len())?;
        host.get().write_whole(&this, path, &media_type, body)
    }

    fn delete(mut host: Host<'_, Self>, this: Resource<OpenFolder>, path: String) -> Answer<bool> {
        enter(&mut host, STORE_CALL_FUEL, path.len())?;
        host.get().delete_path(&this, path)
    }

    fn drop(mut host: Host<'_, Self>, this: Resource<OpenFolder>) -> wasmtime::Result<()> {
        host.get().handles.delete(this)?;
        Ok(())
    }
}

fn granted(state: &CallState, name: String) -> Result<OpenFolder, Denied> {
    let name = FolderName::try_from(name).map_err(|error| Denied::Invalid(error.to_string()))?;
    let access = state.context.deployed.grants.files.as_ref().and_then(|grants| grants.get(&name)).copied();
    access.map(|access| OpenFolder { name, access }).ok_or(Denied::NotGranted)
}

fn file_path(path: String) -> Result<FilePath, Denied> {
    FilePath::try_from(path).map_err(|error| Denied::Invalid(error.to_string()))
}

impl CallState {
    fn list_folder(&mut self, this: &Resource<OpenFolder>, after: Option<String>, limit: u32) -> Answer<Vec<Info>> {
        let folder = self.handles.get(this)?.name.clone();
        ask!(spend(&mut self.budget.reads, 1, "10,000 reads in a call"));
        if !(1..=PAGE_FILES_MAX).contains(&limit) {
            return Ok(Err(Denied::Invalid(format!("limit must be 1 to {PAGE_FILES_MAX}"))));
        }
        let after = ask!(after.map(file_path).transpose());
        let from = after.as_ref().map_or("", FilePath::as_str);
        let question =
            Question::new("files.list", &[folder.as_str().as_bytes(), from.as_bytes(), &limit.to_le_bytes()]);
        let found = self.observe(question, |state| {
            let found = state.tx.list_files(&folder, after.as_ref(), limit as usize);
            let files = found.map_err(|error| unavailable(&error))?.into_iter();
            Ok(files.map(|file| (file.path.into(), file.size, file.media_type)).collect::<Vec<(String, u64, String)>>())
        })?;
        let info = |(path, size, media_type)| Info { path, size, media_type };
        Ok(found.map(|files| files.into_iter().map(info).collect()))
    }

    fn read_part(&mut self, this: &Resource<OpenFolder>, path: String, offset: u64, length: u32) -> Answer<Vec<u8>> {
        let folder = self.handles.get(this)?.name.clone();
        ask!(spend(&mut self.budget.reads, 1, "10,000 reads in a call"));
        if length as usize > CHUNK_BYTES_MAX {
            return Ok(Err(Denied::OverLimit("1 MiB for one read".to_owned())));
        }
        let path = ask!(file_path(path));
        let given =
            [folder.as_str().as_bytes(), path.as_str().as_bytes(), &offset.to_le_bytes(), &length.to_le_bytes()];
        let bytes = self.observe(Question::new("files.read", &given), |state| {
            let found = state.tx.read_file(&folder, &path, offset, length).map_err(|error| unavailable(&error))?;
            let missing = || Denied::Invalid(format!("there is no file {path} in the folder {folder}"));
            found.map(|bytes| Raw(bytes.into())).ok_or_else(missing)
        })?;
        Ok(bytes.map(|Raw(bytes)| bytes))
    }

    fn write_whole(
        &mut self,
        this: &Resource<OpenFolder>,
        path: String,
        media_type: &str,
        body: Vec<u8>,
    ) -> Answer<()> {
        let (folder, path) = ask!(self.writable_path(this, path)?);
        let printable = media_type.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if media_type.is_empty() || media_type.len() > MEDIA_TYPE_BYTES_MAX || !printable {
            return Ok(Err(Denied::Invalid("a media type is 1 to 255 bytes of printable ASCII".to_owned())));
        }
        if body.len() > CHUNK_BYTES_MAX {
            return Ok(Err(Denied::OverLimit("1 MiB for a file that a component writes".to_owned())));
        }
        ask!(spend(&mut self.budget.file_writes, 1, "64 files written in a call"));
        ask!(spend(&mut self.budget.write_bytes, body.len(), "8 MiB of writes in a call"));
        let given = [folder.as_str().as_bytes(), path.as_str().as_bytes(), media_type.as_bytes(), &body];
        let question = Question::new("files.write", &given);
        self.observe(question, |state| {
            let written = state.tx.write_file(&folder, &path, media_type, Bytes::from(body));
            written.map_err(|error| unavailable(&error))
        })
    }

    fn delete_path(&mut self, this: &Resource<OpenFolder>, path: String) -> Answer<bool> {
        let (folder, path) = ask!(self.writable_path(this, path)?);
        let question = Question::new("files.delete", &[folder.as_str().as_bytes(), path.as_str().as_bytes()]);
        self.observe(question, |state| state.tx.delete_file(&folder, &path).map_err(|error| unavailable(&error)))
    }

    fn writable_path(&mut self, this: &Resource<OpenFolder>, path: String) -> Answer<(FolderName, FilePath)> {
        let folder = self.handles.get(this)?;
        if !folder.access.may_write() {
            return Ok(Err(Denied::NotGranted));
        }
        let name = folder.name.clone();
        let path = ask!(file_path(path));
        ask!(spend(&mut self.budget.writes, 1, "1,000 writes in a call"));
        Ok(Ok((name, path)))
    }
}
