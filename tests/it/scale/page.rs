//! The tables of docs/scale.md.

use super::counted::Path;
use super::keys::{Key, keys};
use super::quotas::{ENVIRONMENTS_PER_S, QUOTAS, RATES, Source};

/// The quotas themselves.
pub fn of_quotas() -> String {
    let mut text = table(["", "a second", "of what", "at once", "is raised", "source"]);
    for quota in QUOTAS {
        let Source(title, address) = &quota.source;
        text.push_str(&row([
            quota.name.to_owned(),
            number((quota.amount)()),
            quota.unit.to_owned(),
            quota.bucket.map_or_else(String::new, number),
            quota.raised.to_owned(),
            format!("[{title}]({address})"),
        ]));
    }
    text
}

/// How many orders of a path something allows in a second.
struct Limit {
    name: &'static str,
    orders_per_s: f64,
}

/// What every order of a path meets, the narrowest first.
fn limits_of(path: &Path) -> Vec<Limit> {
    let quotas = QUOTAS.iter().map(|quota| (quota.name, quota.orders_per_s(path)));
    let keys = keys().into_iter().filter(|key| key.is_shared);
    let keys = keys.map(|key| (key.name, key.orders_per_s(path)));
    let mut limits: Vec<Limit> = quotas
        .chain(keys)
        .filter_map(|(name, limit)| limit.map(|orders_per_s| Limit { name, orders_per_s }))
        .collect();
    limits.sort_by(|one, other| one.orders_per_s.total_cmp(&other.orders_per_s));
    limits
}

/// The narrowest of what every order of a path meets: its name, and the orders a second.
pub fn narrowest(path: &Path) -> (&'static str, f64) {
    let first = limits_of(path).into_iter().next();
    first
        .map(|limit| (limit.name, limit.orders_per_s))
        .expect("everything has a limit")
}

/// Orders a second that each quota allows of each path.
pub fn by_quotas(paths: &[Path]) -> String {
    let mut text = header("orders a second", paths);
    for quota in QUOTAS {
        let cells = paths.iter().map(|path| (path, quota.orders_per_s(path)));
        text.push_str(&line(quota.name, quota.name, cells));
    }
    text
}

/// Orders a second that each key allows of each path.
pub fn by_keys(paths: &[Path]) -> String {
    let mut text = header("orders a second", paths);
    for key in keys() {
        let cells = paths
            .iter()
            .map(|path| (path, key.orders_per_s(path).filter(|_| is_meant(&key, path))));
        let said = match key.keys {
            1.0 => format!("{} (`{}`)", key.name, key.place),
            keys => format!("{} (`{}`, {keys} keys)", key.name, key.place),
        };
        text.push_str(&line(&said, key.name, cells));
    }
    text
}

/// A ticket is sold once, so only those who lose it meet at it again and again.
fn is_meant(key: &Key, path: &Path) -> bool {
    key.place != "tickets" || path.name == "lost the race"
}

fn line<'a>(said: &str, name: &str, cells: impl Iterator<Item = (&'a Path, Option<f64>)>) -> String {
    let cells = cells.map(|(path, limit)| match limit {
        None => "—".to_owned(),
        Some(limit) if narrowest(path).0 == name => format!("**{}**", number(limit)),
        Some(limit) => number(limit),
    });
    row(std::iter::once(said.to_owned()).chain(cells))
}

/// What is too little at each rate and by how much, and how long Lambda takes to grow.
pub fn short_at_rates(paths: &[Path]) -> String {
    let rates = RATES.map(|rate| format!("{} a second", number(rate)));
    let mut text = table(std::iter::once("").chain(rates.iter().map(String::as_str)));
    for path in paths {
        let cells = RATES.map(|rate| short(path, rate));
        text.push_str(&row(std::iter::once(path.name.clone()).chain(cells)));
    }
    let grown = RATES.map(|rate| {
        let busiest = paths.iter().flat_map(Path::busy).map(|(_, busy)| busy);
        let seconds = rate * busiest.fold(0.0, f64::max) / ENVIRONMENTS_PER_S;
        format!("{} s", number(seconds))
    });
    let said = "Lambda, from nothing, has its environments after";
    text.push_str(&row(std::iter::once(said.to_owned()).chain(grown)));
    text
}

fn short(path: &Path, rate: f64) -> String {
    let short: Vec<String> = limits_of(path)
        .iter()
        .filter(|limit| limit.orders_per_s < rate)
        .map(|limit| format!("{} ×{:.1}", limit.name, rate / limit.orders_per_s))
        .collect();
    match short.is_empty() {
        true => "nothing".to_owned(),
        false => short.join(", "),
    }
}

fn header(first: &str, paths: &[Path]) -> String {
    table(std::iter::once(first).chain(paths.iter().map(|path| path.name.as_str())))
}

fn table<'a>(head: impl IntoIterator<Item = &'a str>) -> String {
    let head: Vec<String> = head.into_iter().map(str::to_owned).collect();
    let lines = vec!["---".to_owned(); head.len()];
    format!("{}{}", row(head), row(lines))
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Rounded down, with commas between thousands.
fn number(value: f64) -> String {
    let digits = format!("{:.0}", value.floor());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
