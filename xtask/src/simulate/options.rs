//! What was asked of `cargo xtask simulate`, checked: each thing that is wrong is told with the option it was said in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use lexopt::prelude::*;

use super::plan::{Habits, Kind, Mix, Pace};

/// More orders than this are not remembered, and so could not be checked at the end.
const ORDERS_MAX: u64 = 200_000;
const RATE_MAX_PER_S: f64 = 200.0;
const TIME_MAX: Duration = Duration::from_secs(24 * 3_600);
const WEIGHT_MAX: u32 = 1_000;
/// Buyers at one thing. Each is a socket here, at the front and at the engine.
const CROWD_MAX: u32 = 5_000;
const TICKETS_MAX: u32 = 1_000;

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What happens in it.
    pub scene: Scene,
    /// Where its choices begin.
    pub seed: u64,
    /// The shop; none: the stack that runs on this machine.
    pub url: Option<String>,
    /// Whether only things are ordered that the run itself has put on sale.
    pub own_things: bool,
    /// How long to wait, after the last arrival, for orders that are still under way.
    pub settle_max: Duration,
}

/// What happens in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Scene {
    /// A day in the shop: orders at a rate.
    Day(Day),
    /// A crowd at one thing at one moment.
    OnSale(OnSale),
}

/// Orders at a rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// When they are begun.
    pub pace: Pace,
    /// For what.
    pub mix: Mix,
    /// By what sort of buyers.
    pub habits: Habits,
}

/// A crowd at one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnSale {
    /// How many buyers.
    pub buyers: u32,
    /// At a ticket, or at a product.
    pub of: Kind,
    /// How many there are of it; 1 of a ticket.
    pub stock: u32,
}

/// What is wrong with an option, in a sentence that begins with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOption(pub String);

impl std::fmt::Display for BadOption {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for BadOption {}

type Checked<T> = Result<T, BadOption>;

/// The words as they came; absent where nothing was said.
type Said = BTreeMap<&'static str, String>;

const VALUED: [&str; 11] = [
    "rate", "for", "mix", "seed", "url", "declines", "leavers", "doubles", "settle", "on-sale", "of",
];
/// Options of a day that mean nothing to a crowd at one thing.
const OF_A_DAY: [&str; 6] = ["rate", "for", "mix", "declines", "leavers", "doubles"];

impl Options {
    /// Reads what follows `simulate`. `draw` gives a seed when none was said.
    ///
    /// # Errors
    /// A sentence that names the option.
    pub fn parse(
        words: impl IntoIterator<Item = OsString>,
        draw: impl FnOnce() -> u64,
    ) -> Result<Self, BadOption> {
        let mut said = Said::new();
        let mut own_things = false;
        let mut parser = lexopt::Parser::from_args(words);
        let unreadable = |error: lexopt::Error| BadOption(format!("{error}"));
        while let Some(word) = parser.next().map_err(unreadable)? {
            let name = match &word {
                Long("own") => {
                    own_things = true;
                    continue;
                }
                Long("stock") => "stock",
                Long(name) => VALUED
                    .into_iter()
                    .find(|known| known == name)
                    .ok_or_else(|| BadOption(format!("--{name} is not an option of `simulate`")))?,
                other => return Err(unreadable(other.clone().unexpected())),
            };
            let value = parser.value().map_err(unreadable)?;
            let value = value
                .into_string()
                .map_err(|_| BadOption(format!("--{name}: is not text")))?;
            if said.insert(name, value).is_some() {
                return Err(BadOption(format!("--{name}: was said twice")));
            }
        }
        Self::check(&said, own_things, draw)
    }

    fn check(said: &Said, own_things: bool, draw: impl FnOnce() -> u64) -> Checked<Self> {
        let seed = match said.get("seed") {
            Some(text) => text
                .parse()
                .map_err(|_| bad("seed", text, "a whole number from 0 to 18446744073709551615"))?,
            None => draw(),
        };
        let settle_max = match said.get("settle") {
            Some(text) => length("settle", text)?,
            // A delivery of four and four minutes, on a machine that is busy.
            None => Duration::from_secs(12 * 60),
        };
        let url = match said.get("url") {
            Some(text) if !text.starts_with("http://") => {
                return Err(bad(
                    "url",
                    text,
                    "an address that begins with http://, such as http://localhost:8080",
                ));
            }
            Some(text) => Some(text.trim_end_matches('/').to_owned()),
            None => None,
        };
        let scene = match said.get("on-sale") {
            Some(buyers) => Scene::OnSale(on_sale(said, buyers)?),
            None => Scene::Day(day(said)?),
        };
        Ok(Self {
            scene,
            seed,
            url,
            own_things,
            settle_max,
        })
    }
}

fn on_sale(said: &Said, buyers: &str) -> Checked<OnSale> {
    if let Some(name) = OF_A_DAY.into_iter().find(|name| said.contains_key(name)) {
        return Err(BadOption(format!(
            "--{name}: means nothing together with --on-sale"
        )));
    }
    let buyers = number("on-sale", buyers, 1, CROWD_MAX)?;
    let of = match said.get("of").map(String::as_str) {
        None | Some("ticket") => Kind::Tickets,
        Some("product") => Kind::Products,
        Some(other) => return Err(bad("of", other, "ticket or product")),
    };
    let most = if of == Kind::Tickets {
        TICKETS_MAX
    } else {
        1_000_000
    };
    let stock = match said.get("stock") {
        Some(text) => number("stock", text, 1, most)?,
        None => 1,
    };
    Ok(OnSale { buyers, of, stock })
}

fn day(said: &Said) -> Checked<Day> {
    if let Some(name) = ["of", "stock"].into_iter().find(|name| said.contains_key(name)) {
        return Err(BadOption(format!("--{name}: means nothing without --on-sale")));
    }
    let text = |name: &str, default: &str| said.get(name).map_or(default, String::as_str).to_owned();
    let pace = Pace {
        per_second: rate(&text("rate", "5/s"))?,
        lasts: length("for", &text("for", "2m"))?,
    };
    if pace.orders() == 0 {
        return Err(BadOption(
            "--for: is too short for a single order at this --rate".to_owned(),
        ));
    }
    if pace.orders() > ORDERS_MAX {
        return Err(BadOption(format!(
            "--for: {} orders are more than the {ORDERS_MAX} that one run can remember and check; make it shorter, or --rate lower",
            pace.orders()
        )));
    }
    let habits = Habits {
        declines: share("declines", &text("declines", "15%"))?,
        leavers: share("leavers", &text("leavers", "8%"))?,
        doubles: share("doubles", &text("doubles", "10%"))?,
    };
    if habits.declines + habits.leavers + habits.doubles > 100 {
        return Err(BadOption(
            "--declines: together with --leavers and --doubles these are more than all buyers (100%)"
                .to_owned(),
        ));
    }
    let mix = mix(&text("mix", "tickets=3,dishes=2,products=4,devices=1"))?;
    Ok(Day { pace, mix, habits })
}

/// `5/s` or `300/m`.
fn rate(text: &str) -> Checked<f64> {
    let wanted = "a rate such as 5/s or 300/m, at most 200/s";
    let (count, unit) = text.split_once('/').ok_or_else(|| bad("rate", text, wanted))?;
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(bad("rate", text, wanted)),
    };
    let per_second = count.parse::<f64>().map_err(|_| bad("rate", text, wanted))? / seconds;
    if per_second.is_finite() && per_second > 0.0 && per_second <= RATE_MAX_PER_S {
        Ok(per_second)
    } else {
        Err(bad("rate", text, wanted))
    }
}

/// `90s`, `2m` or `1h`.
fn length(name: &str, text: &str) -> Checked<Duration> {
    let wanted = "a length of time such as 90s, 2m or 1h, at most 24h";
    let unit = text.chars().last().unwrap_or_default();
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(bad(name, text, wanted)),
    };
    let count: u64 = text
        .trim_end_matches(unit)
        .parse()
        .map_err(|_| bad(name, text, wanted))?;
    let length = Duration::from_secs(count.saturating_mul(seconds));
    // `1ss` would have lost both letters above.
    let is_plain = text.len() == count.to_string().len() + 1;
    if is_plain && !length.is_zero() && length <= TIME_MAX {
        Ok(length)
    } else {
        Err(bad(name, text, wanted))
    }
}

/// `15%`.
fn share(name: &str, text: &str) -> Checked<u8> {
    let percent = text.strip_suffix('%').and_then(|number| number.parse().ok());
    percent
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| bad(name, text, "a share such as 15%, from 0% to 100%"))
}

/// `tickets=3,dishes=2`.
fn mix(text: &str) -> Checked<Mix> {
    let wanted = "kinds with their weights, such as tickets=3,dishes=2,products=4,devices=1";
    let mut weights = BTreeMap::new();
    for part in text.split(',') {
        let (name, weight) = part.split_once('=').ok_or_else(|| bad("mix", part, wanted))?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| bad("mix", name, "tickets, dishes, products or devices"))?;
        let weight = number("mix", weight, 0, WEIGHT_MAX)?;
        if weights.insert(kind, weight).is_some() {
            return Err(BadOption(format!("--mix: {name} was said twice")));
        }
    }
    Mix::new(weights).ok_or_else(|| BadOption("--mix: at least one weight must be above 0".to_owned()))
}

fn number(name: &str, text: &str, least: u32, most: u32) -> Checked<u32> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| bad(name, text, &format!("a whole number from {least} to {most}")))
}

fn bad(name: &str, text: &str, wanted: &str) -> BadOption {
    BadOption(format!("--{name}: `{text}` is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, BadOption> {
        Options::parse(line.split_whitespace().map(OsString::from), || 7)
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let options = parse("").unwrap();
        assert_eq!((options.seed, options.url, options.own_things), (7, None, false));
        let Scene::Day(day) = options.scene else {
            panic!("a day");
        };
        assert_eq!(day.pace.orders(), 600);
    }

    #[test]
    fn a_rate_may_be_by_the_minute() {
        let Scene::Day(day) = parse("--rate 90/m --for 2m").unwrap().scene else {
            panic!("a day");
        };
        assert_eq!(day.pace.orders(), 180);
    }

    #[test]
    fn a_crowd_is_at_one_ticket_unless_told_otherwise() {
        let crowd = |line| match parse(line).unwrap().scene {
            Scene::OnSale(crowd) => (crowd.buyers, crowd.of, crowd.stock),
            Scene::Day(_) => panic!("a crowd"),
        };
        assert_eq!(crowd("--on-sale 50"), (50, Kind::Tickets, 1));
        assert_eq!(
            crowd("--on-sale 9 --of product --stock 3"),
            (9, Kind::Products, 3)
        );
        assert_eq!(crowd("--on-sale 5000 --stock 100"), (5_000, Kind::Tickets, 100));
    }

    #[test]
    fn each_bad_option_is_named() {
        for (line, named) in [
            ("--rate 5", "--rate"),
            ("--rate fast/s", "--rate"),
            ("--rate -1/s", "--rate"),
            ("--rate 0/s", "--rate"),
            ("--rate NaN/s", "--rate"),
            ("--rate 201/s", "--rate"),
            ("--rate 5/h", "--rate"),
            ("--for 2", "--for"),
            ("--for 0s", "--for"),
            ("--for 2ss", "--for"),
            ("--for 25h", "--for"),
            ("--for 1s --rate 1/m", "--for"),
            ("--for 24h --rate 200/s", "--for"),
            ("--mix tickets", "--mix"),
            ("--mix boats=1", "--mix"),
            ("--mix tickets=0", "--mix"),
            ("--mix tickets=1001", "--mix"),
            ("--mix tickets=1,tickets=2", "--mix"),
            ("--seed ten", "--seed"),
            ("--url localhost:8080", "--url"),
            ("--url https://shop.example", "--url"),
            ("--declines 15", "--declines"),
            ("--declines 101%", "--declines"),
            ("--leavers -1%", "--leavers"),
            ("--doubles many%", "--doubles"),
            ("--declines 60% --leavers 60%", "--declines"),
            ("--settle soon", "--settle"),
            ("--on-sale 0", "--on-sale"),
            ("--on-sale 5001", "--on-sale"),
            ("--on-sale 5 --of dish", "--of"),
            ("--on-sale 5 --stock 1001", "--stock"),
            ("--on-sale 5 --of product --stock 0", "--stock"),
            ("--on-sale 5 --rate 1/s", "--rate"),
            ("--on-sale 5 --mix tickets=1", "--mix"),
            ("--stock 5", "--stock"),
            ("--of product", "--of"),
            ("--rate 1/s --rate 2/s", "--rate"),
            ("--speed 5", "--speed"),
            ("--rate", "--rate"),
        ] {
            let BadOption(sentence) = parse(line).expect_err(line);
            assert!(sentence.contains(named), "{line}: {sentence}");
        }
    }
}
