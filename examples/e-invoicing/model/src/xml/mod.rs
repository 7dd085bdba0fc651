//! A small XML tree, read under limits.

mod read;
mod tree;

pub(crate) use read::{BYTES_MAX, read};
pub(crate) use tree::{Namespace, Node};
