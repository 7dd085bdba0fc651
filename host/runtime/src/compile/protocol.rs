//! What the host and its compiler say to each other over two pipes.
//!
//! A request is a fixed head and the component; a reply is a fixed head and the image, or a refusal as JSON.

use std::io::{self, Read};

use super::CompileLimits;

/// What a request starts with. Another build of the program has another one.
const REQUEST: [u8; 8] = *b"SSC-ask1";
/// What a reply starts with.
const REPLY: [u8; 8] = *b"SSC-ans1";

/// Bytes of a refusal. It is a sentence.
pub(crate) const REFUSAL_BYTES_MAX: u64 = 4 << 10;

/// What the compiler may use, and how long the component behind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestHead {
    pub(crate) cpu_seconds: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) nice: i32,
    pub(crate) component_bytes: u64,
}

impl RequestHead {
    pub(crate) const BYTES: usize = 40;

    pub(crate) fn new(limits: &CompileLimits, component_bytes: u64) -> Self {
        let CompileLimits { memory_bytes, nice, .. } = *limits;
        Self { cpu_seconds: limits.cpu_seconds_for(component_bytes), memory_bytes, nice, component_bytes }
    }

    pub(crate) fn encode(self) -> [u8; Self::BYTES] {
        let mut head = [0; Self::BYTES];
        head[..8].copy_from_slice(&REQUEST);
        head[8..16].copy_from_slice(&self.cpu_seconds.to_le_bytes());
        head[16..24].copy_from_slice(&self.memory_bytes.to_le_bytes());
        head[24..32].copy_from_slice(&i64::from(self.nice).to_le_bytes());
        head[32..].copy_from_slice(&self.component_bytes.to_le_bytes());
        head
    }

    /// # Errors
    /// The pipe broke, or something else than this build of the host talks.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; Self::BYTES];
        from.read_exact(&mut head)?;
        if head[..8] != REQUEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this command is started by the host only"));
        }
        Ok(Self {
            cpu_seconds: number(&head, 8),
            memory_bytes: number(&head, 16),
            nice: i32::try_from(number(&head, 24)).unwrap_or(0),
            component_bytes: number(&head, 32),
        })
    }
}

/// What follows in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The image.
    Image,
    /// A `Refusal` as JSON.
    Refused,
}

/// What the compiler answers, and how long the body behind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReplyHead {
    pub(crate) verdict: Verdict,
    /// Whether the kernel enforced everything that the compiler asked for.
    pub(crate) sandboxed: bool,
    pub(crate) body_bytes: u64,
}

impl ReplyHead {
    pub(crate) const BYTES: usize = 24;

    pub(crate) fn encode(self) -> [u8; Self::BYTES] {
        let mut head = [0; Self::BYTES];
        head[..8].copy_from_slice(&REPLY);
        head[8] = match self.verdict {
            Verdict::Image => 1,
            Verdict::Refused => 2,
        };
        head[9] = u8::from(self.sandboxed);
        head[16..].copy_from_slice(&self.body_bytes.to_le_bytes());
        head
    }

    /// None when it is not a reply.
    pub(crate) fn decode(head: &[u8; Self::BYTES]) -> Option<Self> {
        let verdict = match head[8] {
            1 => Verdict::Image,
            2 => Verdict::Refused,
            _ => return None,
        };
        let rest_is_zero = head[10..16].iter().all(|byte| *byte == 0);
        (head[..8] == REPLY && head[9] <= 1 && rest_is_zero).then(|| Self {
            verdict,
            sandboxed: head[9] == 1,
            body_bytes: number(head, 16),
        })
    }
}

fn number(head: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&head[at..at + 8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn heads_round_trip_and_nothing_else_is_one() {
        let request = RequestHead::new(&CompileLimits::default(), 7);
        assert_eq!(RequestHead::read(&mut request.encode().as_slice()).unwrap(), request);
        assert!(RequestHead::read(&mut [0_u8; 64].as_slice()).is_err());
        assert!(RequestHead::read(&mut &request.encode()[..39]).is_err());

        let reply = ReplyHead { verdict: Verdict::Refused, sandboxed: true, body_bytes: 9 };
        assert_eq!(ReplyHead::decode(&reply.encode()), Some(reply));
        for byte in 0..16 {
            let mut changed = reply.encode();
            changed[byte] ^= 0x80;
            assert_eq!(ReplyHead::decode(&changed), None, "byte {byte}");
        }
    }
}
