//! What an administrator asks for, and whether it can be had.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use signalsync_core::grants::NAMES_MAX;
use signalsync_core::{CollectionName, Deployed, DeploymentName, Digest, Grants, Import, Kind, Timestamp};
use signalsync_store::{Key, Table, Transaction, row};

use crate::component::{self, Component, State};
use crate::error::DeployError;
use crate::version::{OnFailure, Version};

/// Bytes of the settings.
pub(crate) const SETTINGS_BYTES_MAX: usize = 64 << 10;

/// Checks that a text is an origin that could be granted; egress knows how.
pub type OriginCheck = fn(&str) -> Result<(), String>;

/// What an administrator asks for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "DeploymentDraft")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Draft {
    /// A component that is ready.
    pub component: Digest,
    /// What it may reach, by name.
    #[serde(default)]
    pub grants: Grants,
    /// A JSON object that the component reads with `context.settings`.
    #[serde(default)]
    pub settings: Option<serde_json::Value>,
    /// For a validation: the collections whose writes it judges.
    #[serde(default)]
    pub validates: BTreeSet<CollectionName>,
    /// For a validation: what happens to a write that it could not judge.
    #[serde(default)]
    pub on_failure: Option<OnFailure>,
    /// Whether the new version is active at once.
    #[serde(default = "yes")]
    pub activate: bool,
}

fn yes() -> bool {
    true
}

impl Draft {
    /// Checks it against the component's imports and the tenant's collections.
    pub(crate) fn check(&self, tx: &mut Transaction, origin: OriginCheck) -> Result<Kind, DeployError> {
        let (kind, imports) = ready(tx, self.component)?;
        for import in imports {
            let Some(capability) = import.capability else { continue };
            let (granted, example) = match capability.as_str() {
                "storage" => (self.grants.storage.is_some(), r#"{"<collection>": "read"}"#),
                "files" => (self.grants.files.is_some(), r#"{"<folder>": "read"}"#),
                _ => (self.grants.http.is_some(), r#"["https://<host>"]"#),
            };
            if !granted {
                return Err(DeployError::NotGranted { import: import.name, capability, example });
            }
        }
        self.check_names(tx, origin)?;
        match (kind, self.on_failure, self.validates.is_empty()) {
            (Kind::Validation, None, _) => Err(DeployError::NotForKind(
                "say what happens to a write that the validation fails to judge: \"on-failure\": \"closed\" or \"open\"",
            )),
            (Kind::Validation, Some(_), _) | (_, None, true) => Ok(kind),
            _ => Err(DeployError::NotForKind("`validates` and `on-failure` are for validations only")),
        }
    }

    fn check_names(&self, tx: &mut Transaction, is_origin: OriginCheck) -> Result<(), DeployError> {
        let grants = &self.grants;
        let storage = grants.storage.iter().flatten().map(|(name, _)| name);
        let counts = [grants.storage.as_ref().map(|names| names.len()), grants.files.as_ref().map(|names| names.len())];
        let origins = grants.http.as_deref().unwrap_or_default();
        if counts.into_iter().flatten().chain([origins.len(), self.validates.len()]).any(|count| count > NAMES_MAX) {
            return Err(DeployError::BadGrant(format!("a list has more than {NAMES_MAX} names")));
        }
        for collection in storage.chain(&self.validates) {
            if tx.get(&Key::new(Table::Collections, &[collection.as_str()]))?.is_none() {
                return Err(DeployError::NoCollection(collection.clone()));
            }
        }
        origins.iter().try_for_each(|origin| is_origin(origin)).map_err(DeployError::BadGrant)
    }

    /// The settings as the component reads them.
    pub(crate) fn settings(&self) -> Result<String, DeployError> {
        let settings = match &self.settings {
            None => "{}".to_owned(),
            Some(settings) if settings.is_object() => settings.to_string(),
            Some(_) => return Err(DeployError::BadSettings("they must be a JSON object".to_owned())),
        };
        if settings.len() > SETTINGS_BYTES_MAX {
            return Err(DeployError::BadSettings(format!("they are longer than {SETTINGS_BYTES_MAX} bytes")));
        }
        Ok(settings)
    }

    /// The version that is made of it.
    pub(crate) fn version(
        &self,
        name: &DeploymentName,
        number: u32,
        kind: Kind,
        settings: String,
        now: Timestamp,
    ) -> Version {
        let deployed = Deployed {
            deployment: name.clone(),
            version: number,
            component: self.component,
            kind,
            grants: self.grants.clone(),
            settings,
        };
        Version { deployed, validates: self.validates.clone(), on_failure: self.on_failure, created_at: now }
    }
}

fn ready(tx: &mut Transaction, digest: Digest) -> Result<(Kind, Vec<Import>), DeployError> {
    let not_ready = |why: &str| DeployError::NotReady { digest, why: why.to_owned() };
    let row = tx.get(&component::key(digest))?.ok_or_else(|| not_ready("it was never uploaded; upload it first"))?;
    match row::read::<Component>(&row.body)?.state {
        State::Ready { kind, imports, .. } => Ok((kind, imports)),
        State::Refused { detail, .. } => Err(not_ready(&format!("it was refused: {detail}"))),
        State::Uploaded | State::Checking => Err(not_ready("it is not checked yet; look at its state, then try again")),
    }
}
