//! What people say about a run.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{EventId, RunId, Timestamp, UserId};
use signalsync_people::circle;
use signalsync_store::{Listing, Table, Transaction};

use crate::error::WorkflowError;
use crate::machine::Run;
use crate::notices;
use crate::rows::{self, COMMENT, write};

/// Bytes of a comment.
const TEXT_BYTES_MAX: usize = 10_000;

/// People that one comment mentions.
const MENTIONS_MAX: usize = 20;

/// Most comments in one part of a list.
const PAGE_MAX: usize = 100;

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Comment {
    pub at: Timestamp,
    pub by: UserId,
    pub text: String,
    /// Who is told.
    pub mentions: BTreeSet<UserId>,
}

/// What somebody wants to say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "CommentDraft")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Draft {
    /// 1 to 10,000 bytes.
    pub text: String,
    /// At most 20; they see the run from now on.
    #[serde(default)]
    pub mentions: BTreeSet<UserId>,
}

pub(super) fn add(
    tx: &mut Transaction,
    run: &Run,
    by: UserId,
    draft: &Draft,
    at: Timestamp,
) -> Result<Comment, WorkflowError> {
    if draft.text.trim().is_empty() || draft.text.len() > TEXT_BYTES_MAX {
        return Err(WorkflowError::Invalid(format!("a comment is 1 to {TEXT_BYTES_MAX} bytes")));
    }
    if draft.mentions.len() > MENTIONS_MAX {
        return Err(WorkflowError::TooMany { what: "people that a comment mentions", limit: MENTIONS_MAX });
    }
    for user in &draft.mentions {
        if !circle::is_active(tx, *user)? {
            return Err(WorkflowError::NoSuchPerson(*user));
        }
        rows::note_person(tx, run.id, *user);
    }
    rows::note_person(tx, run.id, by);
    let comment = Comment { at, by, text: draft.text.clone(), mentions: draft.mentions.clone() };
    notices::mention(tx, run, &comment, at)?;
    write(tx, rows::item_key(run.id, COMMENT, &EventId::new().to_string()), &comment)?;
    Ok(comment)
}

pub(super) fn list(
    tx: &mut Transaction,
    run: RunId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Comment>, WorkflowError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let page = tx.scan(Table::RunItems, &[&run.to_string(), COMMENT], "", after, limit, 2 << 20)?;
    Ok(Listing::of(page)?)
}
