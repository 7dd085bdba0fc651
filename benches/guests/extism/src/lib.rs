//! The rule as a plugin of Extism.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn validate(invoice: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(serde_json::to_vec(&bench_rule::judge(&invoice)?)?)
}
