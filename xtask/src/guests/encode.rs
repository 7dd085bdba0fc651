//! A core module becomes a component.

use anyhow::{Result, bail};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::workspace::root;

/// What Rust made: a module with its world described in a section, or a component already.
pub(crate) fn component(bytes: &[u8]) -> Result<Vec<u8>> {
    match bytes.get(4..8) {
        Some([0x01, 0x00, 0x00, 0x00]) => encode(bytes),
        Some([0x0d, 0x00, 0x01, 0x00]) => Ok(bytes.to_vec()),
        _ => bail!("it is not WebAssembly"),
    }
}

/// A module that does not say which world it is for.
pub(crate) fn component_of_world(mut module: Vec<u8>, world: &str) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (plugin, _) = resolve.push_path(root().join("wit/0.1.0"))?;
    let (workflow, _) = resolve.push_path(root().join("wit/workflow/0.1.0"))?;
    let package = if world == "workflow" { workflow } else { plugin };
    let world = resolve.select_world(&[package], Some(world))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    encode(&module)
}

fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default().validate(true).module(module)?.encode()
}
