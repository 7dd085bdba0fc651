//! Which imports exist for a deployment: what was not granted is not linked.

use signalsync_core::{Grants, Kind};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::capability::{context, files, http, log, storage, wasi};
use crate::generated::mapping::MappingPre;
use crate::generated::validation::ValidationPre;
use crate::generated::workflow::WorkflowPre;
use crate::generated::{self, types, workflow_types};
use crate::state::CallState;

/// The capabilities that a deployment was granted, whatever the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Capabilities {
    storage: bool,
    files: bool,
    http: bool,
}

impl Capabilities {
    /// Everything, for a dry run: it grants no name, so each request is still refused.
    pub(crate) const ALL: Self = Self { storage: true, files: true, http: true };

    pub(crate) fn of(grants: &Grants) -> Self {
        Self { storage: grants.storage.is_some(), files: grants.files.is_some(), http: grants.http.is_some() }
    }

    fn index(self) -> usize {
        usize::from(self.storage) | usize::from(self.files) << 1 | usize::from(self.http) << 2
    }

    fn from_index(index: usize) -> Self {
        Self { storage: index & 1 != 0, files: index & 2 != 0, http: index & 4 != 0 }
    }
}

/// One linker for each set of capabilities.
pub(crate) struct Linkers([Linker<CallState>; 8]);

impl Linkers {
    /// Links every set.
    ///
    /// # Errors
    /// When two definitions collide: a mistake of ours.
    pub(crate) fn new(engine: &Engine) -> wasmtime::Result<Self> {
        let mut linkers = Vec::with_capacity(8);
        for index in 0..8 {
            linkers.push(link(engine, Capabilities::from_index(index))?);
        }
        let linkers = linkers.try_into().map_err(|_| wasmtime::format_err!("there are eight sets"))?;
        Ok(Self(linkers))
    }

    /// Binds a component to these capabilities.
    ///
    /// # Errors
    /// An import that is not linked or has another type, or an export that is missing or has another type.
    pub(crate) fn prepare(&self, component: &Component, kind: Kind, set: Capabilities) -> wasmtime::Result<Prepared> {
        let pre = self.0[set.index()].instantiate_pre(component)?;
        Ok(match kind {
            Kind::Validation => Prepared::Validation(ValidationPre::new(pre)?),
            Kind::Mapping => Prepared::Mapping(MappingPre::new(pre)?),
            Kind::Workflow => Prepared::Workflow(WorkflowPre::new(pre)?),
        })
    }
}

/// A component that is compiled, linked and type-checked: all that can be done before a call.
pub(crate) enum Prepared {
    Validation(ValidationPre<CallState>),
    Mapping(MappingPre<CallState>),
    Workflow(WorkflowPre<CallState>),
}

fn link(engine: &Engine, set: Capabilities) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    types::add_to_linker::<_, Types>(l, |state| state)?;
    workflow_types::add_to_linker::<_, Types>(l, |state| state)?;
    generated::context::add_to_linker::<_, context::Context>(l, |state| state)?;
    generated::log::add_to_linker::<_, log::Log>(l, |state| state)?;
    wasi::link(l)?;
    if set.storage {
        generated::storage::add_to_linker::<_, storage::Storage>(l, |state| state)?;
    }
    if set.files {
        generated::files::add_to_linker::<_, files::Files>(l, |state| state)?;
    }
    if set.http {
        generated::http::add_to_linker::<_, http::Http>(l, |state| state)?;
    } else {
        // Types without the function: a mapping names the header type whether it sends or not.
        l.instance("signalsync:plugin/http@0.1.0")?;
    }
    Ok(linker)
}

struct Types;

impl wasmtime::component::HasData for Types {
    type Data<'a> = &'a mut CallState;
}
