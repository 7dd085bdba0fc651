//! Components that no tenant keeps any more.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant, component, wait_for};

/// How many files the host keeps of a component: its bytes, and what was compiled from them.
fn kept(platform: &Platform, digest: &str) -> usize {
    let folder = platform.folder().join("data/components/components");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with(digest)).count()
}

fn forget(tenant: &Tenant, digest: &str) {
    tenant.client.delete(&format!("/v1/components/{digest}")).expect(204);
}

fn is_judged(tenant: &Tenant) {
    tenant.write("1", &json!({ "total": 1 })).problem(422, "not-valid");
}

#[test]
fn a_component_goes_when_the_last_tenant_has_deleted_it() {
    let mut platform = Platform::with("[sweep]\npause_ms = 20\ntenants_per_round = 1");
    let (acme, globex) = (platform.tenant("acme"), platform.tenant("globex"));
    globex.validation(REJECT);
    let (shared, own) = (acme.ready(REJECT), acme.ready(NEEDS_UNIQUE_NUMBER));
    assert_eq!((kept(&platform, &shared), kept(&platform, &own)), (2, 2));

    forget(&acme, &shared);
    forget(&acme, &own);
    wait_for(|| (kept(&platform, &own) == 0).then_some(()));
    assert_eq!(kept(&platform, &shared), 2, "another tenant keeps it");
    acme.upload(&component(NEEDS_UNIQUE_NUMBER)).expect(201);
    assert_eq!(kept(&platform, &own), 2);

    // Nothing is left in memory.
    platform.kill();
    platform.resume();
    let globex = platform.again(&globex);
    is_judged(&globex);

    globex.client.delete("/v1/deployments/guest").expect(204);
    forget(&globex, &shared);
    wait_for(|| (kept(&platform, &shared) == 0).then_some(()));
    let again = globex.ready(REJECT);
    assert_eq!((again.as_str(), kept(&platform, &again)), (shared.as_str(), 2));
    let draft = json!({ "component": again, "validates": ["data"], "on-failure": "closed" });
    globex.deploy("guest", &draft).expect(201);
    is_judged(&globex);
    platform.assert_unharmed();
}
