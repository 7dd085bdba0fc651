//! Names of tenants that look like each other: whoever reads an address must not take one tenant for another.

use signalsync_core::TenantSlug;

/// What is left of a name when signs that look alike are one. Two tenants never have the same.
pub(crate) fn skeleton(slug: &TenantSlug) -> String {
    let plain: String = slug.as_str().chars().filter(|sign| *sign != '-').map(plain).collect();
    plain.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

fn plain(sign: char) -> char {
    match sign {
        '0' => 'o',
        '1' | 'i' => 'l',
        '5' => 's',
        other => other,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        let same = |one: &str, other: &str| skeleton(&one.parse().unwrap()) == skeleton(&other.parse().unwrap());
        for (one, other) in [
            ("globex", "gl0bex"),
            ("paypal", "paypa1"),
            ("acme", "ac-me"),
            ("modern", "modem"),
            ("sales", "sale5"),
            ("wave", "vvave"),
            ("fill", "fi1l"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        assert!(!same("acme", "acne") && !same("tenant-1", "tenant-2"));
    }
}
