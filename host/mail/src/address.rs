//! A mail address, checked once.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::MailError;

/// Bytes of an address (RFC 5321, 4.5.3.1).
const BYTES_MAX: usize = 254;

/// One mailbox. A mail goes to one; whoever writes to many queues many, and nobody learns of the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AnyMailAddress")]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(Address);

impl MailAddress {
    pub(crate) fn inner(&self) -> &Address {
        &self.0
    }
}

impl FromStr for MailAddress {
    type Err = MailError;

    fn from_str(text: &str) -> Result<Self, MailError> {
        let invalid = || MailError::InvalidAddress(text.chars().take(100).collect());
        // Outside of ASCII there is more than one spelling of what looks the same.
        if text.len() > BYTES_MAX || !text.is_ascii() || text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(invalid());
        }
        text.parse().map(Self).map_err(|_| invalid())
    }
}

impl TryFrom<String> for MailAddress {
    type Error = MailError;

    fn try_from(text: String) -> Result<Self, MailError> {
        text.parse()
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> String {
        address.to_string()
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_more_than_an_address_is_refused() {
        let long =
            |bytes: usize| format!("a@{}.example", ["x".repeat(49).as_str(); 5].join(".")[..bytes - 10].to_owned());
        for bad in
            ["", "a", "a@", "@b", "a b@c.d", "a@b.c\r\nBcc: x@y.z", "a@b.c, d@e.f", "<a@b.c>", "ä@b.c", &long(255)]
        {
            assert!(bad.parse::<MailAddress>().is_err(), "{bad:?}");
        }
        for good in ["a@b.c", "first.last+tag@sub.example.com", &long(254)] {
            assert!(good.parse::<MailAddress>().is_ok(), "{good:?}");
        }
    }
}
