//! What can go wrong with a step of a process.

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What was sent comes again.
    Repeated,
    /// The call needs more instructions than it may use.
    OutOfFuel,
    /// The component asks for memory, gets none, and traps.
    OutOfMemory,
    /// The call takes longer than it may, and is tried again later by itself.
    OutOfTime,
    /// There is no place for the call, and it is tried again later by itself.
    NoPlace,
    /// The program is killed as soon as what was sent is acknowledged, mostly before the step commits.
    KilledBefore,
    /// The program is killed as soon as a step has committed.
    KilledAfter,
}

impl Fault {
    pub(crate) const ALL: [Self; 7] = [
        Self::Repeated,
        Self::OutOfFuel,
        Self::OutOfMemory,
        Self::OutOfTime,
        Self::NoPlace,
        Self::KilledBefore,
        Self::KilledAfter,
    ];

    /// As the history of a run calls it, where it does.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfMemory => "out-of-memory",
            Self::OutOfTime => "out-of-time",
            Self::NoPlace => "too-many-calls",
            Self::KilledBefore => "killed-before",
            Self::KilledAfter => "killed-after",
        }
    }

    /// The tier in which workflows fail like that.
    pub(crate) fn tier(self) -> Option<&'static str> {
        let is_tier = matches!(self, Self::OutOfFuel | Self::OutOfMemory | Self::OutOfTime | Self::NoPlace);
        is_tier.then(|| self.name())
    }

    /// Whether the host tries again by itself, so that nobody has to retry an incident.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Self::OutOfTime | Self::NoPlace)
    }

    /// The tiers, as a configuration has them.
    pub(crate) fn tiers() -> String {
        let tier = |name: &str, fuel: u64, memory: u64, wall_ms: u64| {
            format!("[tiers.{name}.workflow]\nfuel = {fuel}\nmemory_bytes = {memory}\nwall_ms = {wall_ms}\n")
        };
        let patient = "[tiers.standard.mapping]\nfuel = 500000000\nmemory_bytes = 67108864\nwall_ms = 100000\n";
        [
            patient.to_owned(),
            tier("out-of-fuel", 1_000, 64 << 20, 5_000),
            tier("out-of-memory", 500_000_000, 1 << 10, 5_000),
            tier("out-of-time", 500_000_000, 64 << 20, 1),
            "[tiers.too-many-calls]\nlive_calls_max = 0\nwaiting_calls_max = 0\n".to_owned(),
        ]
        .concat()
    }
}
