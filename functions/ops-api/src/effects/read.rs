//! Everything that is stored of one order, within bounds.
//!
//! Ledgers are found by number, not by cause. So the first movement of the order's time is looked for by halving, and what
//! comes then is read up to the order's last change.

use super::told::Written;
use domain::conservation::Sources;
use domain::inventory::ShardMovement;
use domain::ledger::{Place, Posting};
use domain::order::{Order, Thing};
use domain::{Fault, ProductId, SupplyId, Timestamp};
use std::collections::BTreeSet;

/// Rows of one reading.
const PAGE: u16 = 200;
/// Readings of one ledger, once its beginning is found.
const PAGES_MAX: usize = 10;
/// Shards of one order that are read.
const SHARDS_MAX: usize = 16;
/// Clocks of functions differ a little.
const SLACK_MS: i64 = 60_000;

/// Reads it, and says what it left out.
pub(super) async fn written(sources: &Sources, order: Order) -> Result<(Written, Vec<String>), Fault> {
    let mut notes = Vec::new();
    let from = Timestamp::from_ms(order.created_at.as_ms().saturating_sub(SLACK_MS));
    let until = Timestamp::from_ms(order.updated_at.as_ms().saturating_add(SLACK_MS));
    let money = sources.money.of_order(&order.order_id).await?;
    let mut supplies = Vec::new();
    for ingredient in order.needs.keys() {
        let supply_id = SupplyId::of_order(&order.order_id, ingredient.as_str());
        supplies.extend(sources.supplies.get(&supply_id).await?);
    }
    let mut causes: Vec<&str> = supplies.iter().map(|supply| supply.supply_id.as_str()).collect();
    causes.push(order.order_id.as_str());
    // A purchase is booked under its request's id and the round.
    let is_ours = |cause: &str| causes.iter().any(|ours| cause.starts_with(ours));

    let mut postings = Vec::new();
    let places: &[Place] = match (order.needs.is_empty(), supplies.is_empty()) {
        (true, _) => &[],
        (false, true) => &[Place::Kitchen],
        (false, false) => &[Place::Kitchen, Place::Warehouse],
    };
    for &place in places {
        let (read, is_whole) = of_place(sources, place, from, until).await?;
        postings.extend(read.into_iter().filter(|posting| is_ours(&posting.cause)));
        if !is_whole {
            notes.push(format!(
                "So much moved in the {place} meanwhile that not all of it was read."
            ));
        }
    }
    let shards: BTreeSet<(ProductId, u8)> = order
        .lines
        .iter()
        .filter_map(|line| match &line.thing {
            Thing::Product { product_id, takes } => {
                Some(takes.iter().map(|take| (product_id.clone(), take.shard)))
            }
            _ => None,
        })
        .flatten()
        .collect();
    if shards.len() > SHARDS_MAX {
        notes.push(format!(
            "Of {} shards the first {SHARDS_MAX} were read.",
            shards.len()
        ));
    }
    let mut movements = Vec::new();
    for (product_id, shard) in shards.iter().take(SHARDS_MAX) {
        let (read, is_whole) = of_shard(sources, product_id, *shard, from, until).await?;
        movements.extend(read.into_iter().filter(|movement| is_ours(&movement.cause)));
        if !is_whole {
            notes.push(format!(
                "So much moved in shard {shard} of {product_id} meanwhile that not all of it was read."
            ));
        }
    }
    let written = Written {
        order,
        money,
        supplies,
        postings,
        movements,
    };
    Ok((written, notes))
}

async fn of_place(
    sources: &Sources,
    place: Place,
    from: Timestamp,
    until: Timestamp,
) -> Result<(Vec<Posting>, bool), Fault> {
    let ledgers = &sources.ledgers;
    let (mut low, mut high) = (0, ledgers.head(place).await?.seq);
    while low < high {
        let middle = low + (high - low) / 2;
        match ledgers.postings_after(place, middle, 1).await?.first() {
            Some(posting) if posting.at < from => low = posting.seq.max(middle + 1),
            _ => high = middle,
        }
    }
    let mut read = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = ledgers.postings_after(place, low, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok((read, true));
        };
        low = last.seq;
        let is_over = last.at > until || page.len() < usize::from(PAGE);
        read.extend(page);
        if is_over {
            return Ok((read, true));
        }
    }
    Ok((read, false))
}

async fn of_shard(
    sources: &Sources,
    product_id: &ProductId,
    shard: u8,
    from: Timestamp,
    until: Timestamp,
) -> Result<(Vec<ShardMovement>, bool), Fault> {
    let products = &sources.products;
    let stocked = products.stocked(product_id).await?;
    let head = stocked.and_then(|stocked| {
        let head = stocked.shards.iter().find(|head| head.number == shard)?;
        Some(head.seq)
    });
    let (mut low, mut high) = (0, head.unwrap_or_default());
    while low < high {
        let middle = low + (high - low) / 2;
        match products
            .movements_after(product_id, shard, middle, 1)
            .await?
            .first()
        {
            Some(movement) if movement.at < from => low = movement.seq,
            _ => high = middle,
        }
    }
    let mut read = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = products.movements_after(product_id, shard, low, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok((read, true));
        };
        low = last.seq;
        let is_over = last.at > until || page.len() < usize::from(PAGE);
        read.extend(page);
        if is_over {
            return Ok((read, true));
        }
    }
    Ok((read, false))
}
