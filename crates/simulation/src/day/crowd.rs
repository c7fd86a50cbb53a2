//! What people and devices do on a day, drawn beforehand: they order, click twice, pay with one card or several, cancel, and
//! ask for their money back.

use super::shop::{Home, Shop};
use super::{Failed, pick, up_to};
use crate::world::{Ask, BEGIN_MS, World};
use domain::{OrderId, UserId};
use states::chance::Chance;

/// Cards as buyers have them: most are good. What the provider makes of the plain ones is drawn.
const CARDS: [&str; 15] = [
    "tok_visa",
    "tok_visa",
    "tok_visa",
    "tok_visa",
    "tok_visa",
    "tok_mastercard",
    "tok_mastercard",
    "tok_insufficient_funds",
    "tok_chargeDeclined",
    "tok_chargeDeclinedStolenCard",
    "tok_timeout_after",
    "tok_timeout_before",
    "tok_unavailable",
    "tok_pendingRefund",
    "tok_refund_timeout_after",
];

/// The bank returns what was given back to it, after the provider has said that it succeeded. Only a message of the provider
/// tells of it, so nobody has this card where such messages are lost for good.
const RETURNED: &str = "tok_refundFail";

/// The cards of a day on which every message of the provider comes, or not.
pub(super) fn cards(is_told: bool) -> Vec<&'static str> {
    let returned = is_told.then_some(RETURNED);
    CARDS.into_iter().chain(returned).collect()
}

/// Of sixteen orders, so many are of tickets, of products, and of dishes; the rest is what devices ask for.
const MIX: [u64; 3] = [5, 9, 14];

/// When so many want to buy at the same instant.
const RUSHES: u64 = 4;
/// How close together they come in a rush, milliseconds.
const RUSH_MS: u64 = 400;

fn card(shop: &Shop, chance: &mut Chance) -> &'static str {
    pick(&shop.cards, chance).copied().unwrap_or("tok_visa")
}

/// Lets so many orders be wanted within this time.
///
/// # Errors
/// [`Failed`] when a key is no key any more.
pub(super) fn let_in(
    world: &mut World,
    shop: &Shop,
    orders: u32,
    span_ms: u64,
    chance: &mut Chance,
) -> Result<(), Failed> {
    let rushes: Vec<u64> = (0..RUSHES).map(|_| chance.up_to(span_ms)).collect();
    for home in &shop.homes {
        settle_in(world, shop, home, span_ms, chance);
    }
    for number in 0..orders {
        let begins_ms = BEGIN_MS
            + match pick(&rushes, chance).filter(|_| chance.up_to(2) == 0) {
                Some(rush_ms) => rush_ms + chance.up_to(RUSH_MS),
                None => chance.up_to(span_ms),
            };
        let kind = chance.up_to(15);
        if kind >= MIX[2] {
            read_out(world, shop, begins_ms, chance);
            continue;
        }
        let drawn = chance.up_to(u64::from(shop.buyers) - 1);
        let buyer = World::buyer(1 + u8::try_from(drawn).unwrap_or_default());
        let key = format!("order-{number}");
        let order_id = World::order_of(&buyer, &key)?;
        let card = (chance.up_to(1) == 0).then(|| card(shop, chance));
        if let Some(ask) = wanted(shop, kind, card, &key, chance) {
            // Who hears nothing, or is impatient, sends the same request again.
            for repeat in 0..=chance.up_to(1) {
                let at_ms = begins_ms + repeat * chance.up_to(70_000);
                world.ask_at(at_ms, &buyer, ask.clone());
            }
            // And some click in a second window, which knows nothing of the first one's key.
            if chance.up_to(3) == 0 {
                world.ask_at(
                    begins_ms + chance.up_to(15_000),
                    &buyer,
                    Ask {
                        key: None,
                        ..ask.clone()
                    },
                );
            }
            think_twice(world, shop, (&buyer, &order_id), begins_ms, chance);
        }
    }
    Ok(())
}

fn wanted(shop: &Shop, kind: u64, card: Option<&str>, key: &str, chance: &mut Chance) -> Option<Ask> {
    let lines = 1 + u64::from(chance.up_to(2) == 0);
    Some(if kind < MIX[0] {
        let mut tickets = Vec::new();
        for _ in 0..lines {
            tickets.push(pick(&shop.tickets, chance)?.clone());
        }
        tickets.dedup();
        Ask::place(&tickets, card, Some(key))
    } else if kind < MIX[1] {
        let mut products = Vec::new();
        for _ in 0..lines {
            products.push((pick(&shop.products, chance)?.clone(), 1 + up_to(4, chance)));
        }
        Ask::place_products(&products, card, Some(key))
    } else {
        let mut dishes = Vec::new();
        for _ in 0..lines {
            dishes.push((pick(&shop.dishes, chance)?.clone(), 1 + up_to(2, chance)));
        }
        Ask::place_dishes(&dishes, card, Some(key))
    })
}

/// Pays once or more, perhaps cancels, perhaps asks for the money back.
fn think_twice(
    world: &mut World,
    shop: &Shop,
    (buyer, order_id): (&UserId, &OrderId),
    begins_ms: u64,
    chance: &mut Chance,
) {
    for _ in 0..chance.up_to(3) {
        let pay = Ask::pay(order_id, card(shop, chance));
        world.ask_at(begins_ms + chance.up_to(170_000), buyer, pay);
    }
    if chance.up_to(5) == 0 {
        let at_ms = begins_ms + chance.up_to(150_000);
        world.ask_at(at_ms, buyer, Ask::cancel(order_id));
    }
    for again in 0..chance.up_to(2) {
        // Everything, or some of the first line; the same request twice at times.
        let lines: &[(u32, u32)] = match chance.up_to(1) {
            0 => &[],
            _ => &[(0, 1)],
        };
        let key = format!("money-back-{}", again * chance.up_to(1));
        let refund = Ask::refund(order_id, lines, Some(&key));
        let at_ms = begins_ms + 20_000 + chance.up_to(700_000);
        world.ask_at(at_ms, buyer, refund.clone());
        if chance.up_to(2) == 0 {
            world.ask_at(at_ms + chance.up_to(200), buyer, refund);
        }
    }
}

/// A device's owner stores a card, and perhaps a better one later.
fn settle_in(world: &mut World, shop: &Shop, home: &Home, span_ms: u64, chance: &mut Chance) {
    let store = Ask::store_card(card(shop, chance));
    world.ask_at(BEGIN_MS + chance.up_to(30_000), &home.owner, store);
    if chance.up_to(1) == 0 {
        let better = Ask::store_card("tok_visa");
        world.ask_at(BEGIN_MS + chance.up_to(span_ms), &home.owner, better);
    }
}

/// A device says how much is left, often too little; perhaps its owner does not want what it orders then.
fn read_out(world: &mut World, shop: &Shop, at_ms: u64, chance: &mut Chance) {
    let Some(home) = pick(&shop.homes, chance) else {
        return;
    };
    let Some(product) = pick(&home.watched, chance) else {
        return;
    };
    let reading = Ask::reading(&home.device, product, up_to(7, chance), None);
    world.ask_at(at_ms, &home.owner, reading.clone());
    if chance.up_to(1) == 0 {
        world.ask_at(at_ms + chance.up_to(300), &home.owner, reading);
    }
    let order_id = OrderId::of_reorder(&home.device, product, 1 + up_to(1, chance));
    match chance.up_to(5) {
        0 => {
            let cancel = Ask::cancel(&order_id);
            world.ask_at(at_ms + chance.up_to(100_000), &home.owner, cancel);
        }
        1 => {
            let refund = Ask::refund(&order_id, &[], Some("not-wanted"));
            world.ask_at(at_ms + chance.up_to(900_000), &home.owner, refund);
        }
        _ => {}
    }
}
