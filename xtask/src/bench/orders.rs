//! What orders cost the processes of a whole local stack, and how many there can be in a second: each alone, many at once, all at
//! one thing or each at their own.

use std::fmt::Write as _;

use super::load::{Answered, buy};
use super::processor::Worked;
use super::shop::{Line, SHARDS_MAX, Shop};
use crate::failure::{Failure, Result};
use crate::stack::Stack;

/// Buyers at the same time.
const BUYERS: usize = 8;
/// Orders before anything is counted: processes start and connections open.
const WARM_UP: usize = 24;
/// Products for those who order each their own.
const PRODUCTS: usize = 16;
/// Loads that are compared take turns so often.
const TURNS: usize = 4;

/// Measures with so many orders of each kind.
///
/// # Errors
/// The shop does not do what was asked.
pub fn tables(stack: &Stack, orders: usize, tell: impl Fn(&str)) -> Result<String> {
    let engine = stack
        .engine_process()
        .ok_or_else(|| Failure::new("The processes of this engine are somebody else's."))?;
    let worked = || Worked::now(engine, stack.states_process());
    let shop = Shop::open(stack.addresses())?;
    let buyers = (0..BUYERS).map(|_| shop.buyer()).collect::<Result<Vec<_>>>()?;
    let alone = buyers.get(..1).unwrap_or_default();
    let popular = shop.product(SHARDS_MAX)?;
    let quiet = shop.product(1)?;
    let products = (0..PRODUCTS)
        .map(|_| shop.product(1))
        .collect::<Result<Vec<_>>>()?;

    let mut text = "| one after the other | orders | functions, ms of processor | Step Functions | engine | p50 ms | p95 | p99 |\n\
        |---|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let kinds = [
        ("ticket", shop.tickets(WARM_UP + orders)?),
        ("dish", vec![shop.dish.clone(); WARM_UP + orders]),
        ("product", vec![quiet; WARM_UP + orders]),
    ];
    for (kind, lines) in &kinds {
        tell(&format!("{orders} orders of a {kind}, one after the other"));
        let (first, rest) = lines.split_at(WARM_UP.min(lines.len()));
        buy(&buyers, first)?;
        let before = worked();
        let answered = buy(alone, rest)?;
        let cost = worked().since(before);
        check(kind, answered.bought, orders)?;
        #[expect(clippy::cast_precision_loss)]
        let each_ms = |seconds: f64| seconds * 1e3 / orders as f64;
        let _ = writeln!(
            text,
            "| {kind} | {orders} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} |",
            each_ms(cost.functions_s),
            each_ms(cost.states_s),
            each_ms(cost.engine_s),
            answered.ms(0.5),
            answered.ms(0.95),
            answered.ms(0.99)
        );
    }

    text += "\n| eight buyers | answers a second | bought | refused | p50 ms | p95 | p99 | to spread |\n\
        |---|---:|---:|---:|---:|---:|---:|---:|\n";
    let each = orders / TURNS;
    let mut hot_lines = shop.tickets(TURNS)?.into_iter();
    let mut own_lines = shop.tickets(TURNS * each)?;
    let own_products: Vec<Line> = products.iter().cycle().take(each).cloned().collect();
    let mut spread = Loads::default();
    let mut hot = Loads::default();
    for turn in 1..=TURNS {
        tell(&format!("eight buyers at once, turn {turn} of {TURNS}"));
        let own = own_lines.split_off(own_lines.len() - each);
        spread.tickets.push(buy(&buyers, &own)?);
        if let Some(line) = hot_lines.next() {
            hot.tickets.push(buy(&buyers, &vec![line; each])?);
        }
        spread.products.push(buy(&buyers, &own_products)?);
        hot.products.push(buy(&buyers, &vec![popular.clone(); each])?);
    }
    for (what, spread, hot, sold) in [
        ("ticket", spread.tickets, hot.tickets, TURNS),
        ("product", spread.products, hot.products, TURNS * each),
    ] {
        let (spread, hot) = (together(spread), together(hot));
        check(what, spread.bought, TURNS * each)?;
        check(what, hot.bought, sold)?;
        for (name, load) in [
            (format!("each their own {what}"), &spread),
            (format!("all the same {what}"), &hot),
        ] {
            let _ = writeln!(
                text,
                "| {name} | {:.1} | {} | {} | {:.0} | {:.0} | {:.0} | {:.2} |",
                load.per_s(),
                load.bought,
                load.refused,
                load.ms(0.5),
                load.ms(0.95),
                load.ms(0.99),
                load.per_s() / spread.per_s()
            );
        }
    }
    Ok(text)
}

#[derive(Default)]
struct Loads {
    tickets: Vec<Answered>,
    products: Vec<Answered>,
}

fn together(loads: Vec<Answered>) -> Answered {
    loads.into_iter().fold(Answered::default(), Answered::and)
}

/// A bench of what did not happen is none.
fn check(what: &str, bought: usize, due: usize) -> Result<()> {
    if bought == due {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{bought} orders of a {what} were sold, and there should be {due}."
    )))
}
