//! What goes wrong: drawn from the seed at given rates, or written down call by call.
//!
//! There are two places where something can go wrong. A *call of a port* ([`Verdict`]): the function dies before or
//! after the effect, is turned away, or never hears the answer. An *invocation* ([`Mishap`]): what a state machine
//! asks of a function, a queue or another machine is lost before or after the effect, or happens twice.
//!
//! The local Step Functions can be told to do the same by hand (`/_local/faults`). Its `double_message` is
//! [`Mishap::Twice`] at a state that sends a message. Its `lose_message` is none of these: it says that a message was sent
//! which never was, while here nothing that was not done is ever said to be done. A queue keeps that promise, so no history
//! is drawn in which it does not; by hand it shows what a time limit or the reconciler is for.

use crate::wire::Access;
use states::chance::Chance;

/// What comes in the way of one call of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Pass,
    /// The function dies; nothing was changed.
    DieBefore,
    /// The function dies; the change is there.
    DieAfter,
    /// The service is busy; nothing was changed.
    Throttled,
    /// Another transaction has the same items in hand; nothing was changed.
    Conflict,
    /// The change is there; the caller is told that there was no answer in time.
    AnswerLost,
    /// It takes seconds.
    Slow,
}

impl Verdict {
    /// What happened, for counting.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pass => "call that passed",
            Self::DieBefore => "function dead before a call",
            Self::DieAfter => "function dead after a call",
            Self::Throttled => "call throttled",
            Self::Conflict => "transaction conflict",
            Self::AnswerLost => "answer of a call lost",
            Self::Slow => "call that took seconds",
        }
    }
}

/// What comes in the way of one invocation by a state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// Nothing.
    None,
    /// It fails and was never begun.
    FailsBefore,
    /// It was carried out, and then fails all the same.
    FailsAfter,
    /// It was carried out, and no answer ever comes.
    NoAnswer,
    /// It never began, and no answer ever comes.
    NeverBegun,
    /// It is carried out twice, one after the other; the second answer counts.
    Twice,
    /// It is carried out twice at the same time; the first answer counts.
    TwiceAtOnce,
}

impl Mishap {
    /// Every one that is one.
    pub const ALL: [Self; 6] = [
        Self::FailsBefore,
        Self::FailsAfter,
        Self::NoAnswer,
        Self::NeverBegun,
        Self::Twice,
        Self::TwiceAtOnce,
    ];

    /// What happened, for counting.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "invocation without trouble",
            Self::FailsBefore => "invocation failed before it began",
            Self::FailsAfter => "invocation failed after its effect",
            Self::NoAnswer => "invocation without an answer",
            Self::NeverBegun => "invocation lost",
            Self::Twice => "invocation twice",
            Self::TwiceAtOnce => "invocation twice at once",
        }
    }
}

/// A fault at one call of a port, written down.
#[derive(Clone, Debug)]
pub struct PortFault {
    /// In this function; `None` in any.
    pub function: Option<String>,
    /// At this call, e.g. `Orders.commit`.
    pub call: String,
    /// Calls that pass before.
    pub after: u32,
    /// How many calls it meets from then on.
    pub times: u32,
    /// What happens.
    pub verdict: Verdict,
}

/// A fault at one invocation, written down.
#[derive(Clone, Debug)]
pub struct InvocationFault {
    /// In this machine.
    pub machine: String,
    /// In this state.
    pub state: String,
    /// Invocations that pass before.
    pub after: u32,
    /// How many invocations it meets from then on.
    pub times: u32,
    /// What happens.
    pub mishap: Mishap,
}

/// How often chance strikes, per mille of the calls it can strike.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// A function dies at a call of a port.
    pub death: u64,
    /// A call is turned away, meets a conflict, or loses its answer.
    pub trouble: u64,
    /// A call takes seconds.
    pub slow: u64,
    /// An invocation is lost or doubled.
    pub mishap: u64,
    /// A message is delivered twice.
    pub doubled: u64,
    /// A message is late, by up to minutes.
    pub late: u64,
}

impl Rates {
    /// Rough weather: about every tenth function does not end as it should.
    pub const ROUGH: Self = Self {
        death: 15,
        trouble: 30,
        slow: 8,
        mishap: 60,
        doubled: 150,
        late: 150,
    };
}

/// How the provider's webhooks travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Webhooks {
    /// Whether there are any. Without them nobody is told anything, and everything has to be asked.
    pub are_sent: bool,
    /// Lost for good, per mille.
    pub lost: u64,
    /// Sent twice, per mille.
    pub doubled: u64,
    /// Late by up to `late_ms_max`, per mille; the others take seconds, or come before the call's own answer.
    pub late: u64,
    /// How late, milliseconds.
    pub late_ms_max: u64,
}

impl Webhooks {
    /// They come, and come soon.
    pub const PLAIN: Self = Self {
        are_sent: true,
        lost: 0,
        doubled: 0,
        late: 0,
        late_ms_max: 0,
    };
}

/// What goes wrong in one world.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// Faults at calls of ports, written down.
    pub ports: Vec<PortFault>,
    /// Faults at invocations, written down.
    pub invocations: Vec<InvocationFault>,
    /// Faults by chance.
    pub rates: Rates,
    /// How many faults chance may still cause: every world comes to rest in the end.
    pub budget: u32,
    /// Longest time one way of a call takes, milliseconds; 0 for none at all.
    pub latency_ms_max: u64,
    /// How far a function's clock may be off, milliseconds either way.
    pub skew_ms_max: u64,
    /// How often a function runs where the clock has jumped, per mille.
    pub jumps: u64,
    /// How far such a clock is off, milliseconds either way.
    pub jump_ms_max: u64,
    /// How the provider's webhooks travel.
    pub webhooks: Webhooks,
}

/// Calls that are transactions, or conditional writes of more than one row.
const MAY_CONFLICT: [&str; 5] = [
    "Orders.commit",
    "Supplies.commit",
    "Products.commit",
    "Devices.restock",
    "Devices.rewatch",
];

/// A slow call takes up to so long, milliseconds.
const SLOW_MS_MAX: u64 = 20_000;

impl FaultPlan {
    /// Nothing goes wrong, and nothing takes time.
    #[must_use]
    pub fn calm() -> Self {
        Self::default()
    }

    /// Chance strikes at the rates of rough weather, at most `budget` times.
    #[must_use]
    pub fn rough(budget: u32) -> Self {
        Self {
            rates: Rates::ROUGH,
            budget,
            latency_ms_max: 12,
            skew_ms_max: 40,
            ..Self::default()
        }
    }

    /// From now on nothing goes wrong; the clocks stay as far off as they are.
    pub fn calm_down(&mut self) {
        self.ports.clear();
        self.invocations.clear();
        self.rates = Rates::default();
        self.jumps = 0;
        if self.webhooks.are_sent {
            self.webhooks = Webhooks::PLAIN;
        }
    }

    /// What happens to a call of a port.
    pub(crate) fn judge(
        &mut self,
        function: &str,
        call: &str,
        access: Access,
        chance: &mut Chance,
    ) -> Verdict {
        for fault in &mut self.ports {
            let here = fault.call == call && fault.function.as_deref().is_none_or(|name| name == function);
            if here && fault.after > 0 {
                fault.after -= 1;
            } else if here && fault.times > 0 {
                fault.times -= 1;
                return fault.verdict;
            }
        }
        let Rates {
            death, trouble, slow, ..
        } = self.rates;
        if self.strikes(death, chance) {
            return match (access, chance.up_to(1)) {
                (Access::Write, 1) => Verdict::DieAfter,
                _ => Verdict::DieBefore,
            };
        }
        if self.strikes(trouble, chance) {
            return match (access, call, chance.up_to(2)) {
                (Access::Write, _, 0) => Verdict::AnswerLost,
                (_, call, 1) if MAY_CONFLICT.contains(&call) => Verdict::Conflict,
                _ => Verdict::Throttled,
            };
        }
        if self.strikes(slow, chance) {
            return Verdict::Slow;
        }
        Verdict::Pass
    }

    /// What happens to an invocation.
    pub(crate) fn befall(&mut self, machine: &str, state: &str, chance: &mut Chance) -> Mishap {
        for fault in &mut self.invocations {
            let here = fault.machine == machine && fault.state == state;
            if here && fault.after > 0 {
                fault.after -= 1;
            } else if here && fault.times > 0 {
                fault.times -= 1;
                return fault.mishap;
            }
        }
        if self.strikes(self.rates.mishap, chance) {
            let index = usize::try_from(chance.up_to(5)).unwrap_or_default();
            return Mishap::ALL.get(index).copied().unwrap_or(Mishap::None);
        }
        Mishap::None
    }

    /// Whether chance strikes at this rate (per mille), which it does only while the budget lasts.
    pub(crate) fn strikes(&mut self, rate: u64, chance: &mut Chance) -> bool {
        let strikes = rate > 0 && self.budget > 0 && chance.up_to(999) < rate;
        self.budget -= u32::from(strikes);
        strikes
    }

    pub(crate) fn latency_ms(&self, verdict: Verdict, chance: &mut Chance) -> u64 {
        match verdict {
            Verdict::Slow => chance.up_to(SLOW_MS_MAX),
            _ if self.latency_ms_max == 0 => 0,
            _ => chance.up_to(self.latency_ms_max),
        }
    }

    /// How far the clock of the next function is off, milliseconds.
    pub(crate) fn skew_ms(&self, chance: &mut Chance) -> i64 {
        if self.jumps > 0 && chance.up_to(999) < self.jumps {
            return either_way(self.jump_ms_max, chance);
        }
        if self.skew_ms_max == 0 {
            return 0;
        }
        either_way(self.skew_ms_max, chance)
    }

    /// How far a function's clock can be off, milliseconds.
    pub(crate) fn off_ms_max(&self) -> u64 {
        match self.jumps {
            0 => self.skew_ms_max,
            _ => self.skew_ms_max.max(self.jump_ms_max),
        }
    }
}

fn either_way(ms_max: u64, chance: &mut Chance) -> i64 {
    let drawn = chance.up_to(2 * ms_max);
    i64::try_from(drawn).unwrap_or_default() - i64::try_from(ms_max).unwrap_or_default()
}
