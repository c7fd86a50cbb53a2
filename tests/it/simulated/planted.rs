//! The invariants themselves: whatever is wrong is found at the very step at which it goes wrong.
//!
//! A small shop stands with an order of each kind under way. Then one row is changed behind everybody's back, each kind of
//! row once, and the next step must say what does not hold.

use super::{KEY, held, order_of, world};
use domain::dish::Recipe;
use domain::inventory::Take;
use domain::ledger::{Ingredient, Place};
use domain::order::Thing;
use domain::{Order, OrderId, PriceMinor, ProductId, Status, Timestamp};
use simulation::memory::{OrderChange, Tables};
use simulation::provider::Ledger;
use simulation::{Ask, Broken, Setup, World};

/// Who has bought what. The last two have not paid.
const TICKET: u8 = 1;
const PRODUCTS: u8 = 2;
const DISH: u8 = 3;
const UNPAID_TICKET: u8 = 4;
const UNPAID_DISH: u8 = 5;

fn of(buyer: u8) -> OrderId {
    order_of(&World::buyer(buyer), KEY)
}

/// A ticket, products and a dish that were bought, a ticket and a dish that are held, and a device that was filled up.
fn shop() -> World {
    let mut world = world(Setup::calm(3));
    let (sold, free) = (world.list_ticket(1), world.list_ticket(2));
    let product = world.stock_product(1, 40, 2).unwrap();
    let lettuce = Ingredient::parse("lechuga").unwrap();
    for (place, quantity) in [(Place::Kitchen, 3), (Place::Warehouse, 5)] {
        world
            .stock(place, &[(lettuce.clone(), quantity)], "seed")
            .unwrap();
    }
    let salad = world.put_on_menu(1, Recipe::from_iter([(lettuce, 2)])).unwrap();
    let owner = World::buyer(PRODUCTS);
    let watches = [(product.clone(), 5, 4)];
    let device = world.register_device(1, &owner, &watches).unwrap();
    let card = Some("tok_visa");
    for (buyer, ask) in [
        (TICKET, Ask::place(&[sold], card, Some(KEY))),
        (
            PRODUCTS,
            Ask::place_products(&[(product.clone(), 3)], card, Some(KEY)),
        ),
        (DISH, Ask::place_dishes(&[(salad.clone(), 2)], card, Some(KEY))),
        (UNPAID_TICKET, Ask::place(&[free], None, Some(KEY))),
    ] {
        held(world.ask(&World::buyer(buyer), ask));
        held(world.run_for_s(60));
    }
    held(world.ask(&owner, Ask::store_card("tok_visa")));
    held(world.ask(&owner, Ask::reading(&device, &product, 1, None)));
    held(world.run_for_s(600));
    let hungry = World::buyer(UNPAID_DISH);
    held(world.ask(&hungry, Ask::place_dishes(&[(salad, 1)], None, Some(KEY))));
    held(world.run_for_s(60));
    for (buyer, status) in [
        (TICKET, Status::Completed),
        (PRODUCTS, Status::Completed),
        (DISH, Status::Completed),
        (UNPAID_TICKET, Status::Held),
        (UNPAID_DISH, Status::Held),
    ] {
        let order = world.order(&of(buyer)).unwrap();
        assert_eq!(order.status, status, "{}", world.trace());
    }
    world
}

type Plant = fn(&mut Tables, &mut Ledger);
type Finds = fn(&Broken) -> bool;

/// What is done behind everybody's back, and what is said of it.
const PLANTED: [(&str, Plant, Finds); 27] = [
    (
        "a held ticket is free",
        |tables, _| free(tables, UNPAID_TICKET),
        |broken| matches!(broken, Broken::HoldMissing { .. }),
    ),
    (
        "a sold ticket is free",
        |tables, _| free(tables, TICKET),
        |broken| matches!(broken, Broken::HoldMissing { .. }),
    ),
    (
        "a ticket is taken away",
        |tables, _| {
            let ticket_id = tables.orders[&of(TICKET)].tickets().next().unwrap().0.clone();
            tables.tickets.remove(&ticket_id);
        },
        |broken| matches!(broken, Broken::HoldMissing { .. }),
    ),
    (
        "a ticket is held by an order that has ended",
        |tables, _| {
            let order = tables.orders.get_mut(&of(UNPAID_TICKET)).unwrap();
            order.status = Status::Expired;
            let user = order.user_id.clone();
            tables.holders.get_mut(&user).unwrap().clear();
        },
        |broken| matches!(broken, Broken::HeldByNobody { .. }),
    ),
    (
        "a sold ticket belongs to an order that was not completed",
        |tables, _| status(tables, TICKET, Status::Cancelled),
        |broken| matches!(broken, Broken::SoldWrongly { .. }),
    ),
    (
        "two orders have one ticket",
        |tables, _| {
            let mut twin = tables.orders[&of(TICKET)].clone();
            twin.order_id = OrderId::from_random([9; 16]);
            tables.orders.insert(twin.order_id.clone(), twin);
        },
        |broken| matches!(broken, Broken::HoldMissing { .. }),
    ),
    (
        "a buyer's hold is forgotten",
        |tables, _| {
            tables
                .holders
                .get_mut(&World::buyer(UNPAID_TICKET))
                .unwrap()
                .clear();
        },
        |broken| matches!(broken, Broken::HoldersDiffer { .. }),
    ),
    (
        "a buyer's hold stays behind",
        |tables, _| {
            let holds = tables.holders.get_mut(&World::buyer(TICKET)).unwrap();
            holds.insert(of(TICKET));
        },
        |broken| matches!(broken, Broken::HoldersDiffer { .. }),
    ),
    (
        "a charge is made twice",
        |_, ledger| ledger.intents.values_mut().for_each(|intent| intent.charges = 2),
        |broken| matches!(broken, Broken::ChargedWrongly { times: 2, .. }),
    ),
    (
        "an order is paid for which nothing was charged",
        |_, ledger| ledger.intents.values_mut().for_each(|intent| intent.charges = 0),
        |broken| matches!(broken, Broken::ChargedWrongly { times: 0, .. }),
    ),
    (
        "money was taken for an order that is not there",
        |_, ledger| {
            let (id, mut intent) = charged(ledger);
            intent.order_id = OrderId::from_random([9; 16]);
            ledger.intents.insert(format!("{id}x"), intent);
        },
        |broken| matches!(broken, Broken::MoneyNotConserved { .. }),
    ),
    (
        "an order with its money is gone",
        |tables, _| {
            // The tickets are not asked for: they are checked first.
            tables.orders.remove(&of(DISH));
        },
        |broken| {
            matches!(
                broken,
                Broken::NotConserved { .. } | Broken::MoneyNotConserved { .. }
            )
        },
    ),
    (
        "a row of money is lost",
        |tables, _| {
            let key = tables
                .money
                .keys()
                .find(|(id, _)| *id == of(PRODUCTS))
                .unwrap()
                .clone();
            tables.money.remove(&key);
        },
        |broken| matches!(broken, Broken::MoneyWrong { .. }),
    ),
    (
        "a row of money says more",
        |tables, _| {
            for row in tables.money.values_mut() {
                row.amount_minor = PriceMinor::new(2 * row.amount_minor.as_minor()).unwrap();
            }
        },
        |broken| matches!(broken, Broken::MoneyWrong { .. }),
    ),
    (
        "a shard says less than its movements",
        |tables, _| {
            tables
                .shelves
                .values_mut()
                .for_each(|shelf| shelf.head.balance.on_hand -= 1);
        },
        |broken| matches!(broken, Broken::ShelfWrong { .. }),
    ),
    (
        "an order believes to have bought more products",
        |tables, _| {
            let order = tables.orders.get_mut(&of(PRODUCTS)).unwrap();
            takes_of(order).for_each(|takes| takes[0].quantity += 1);
        },
        |broken| matches!(broken, Broken::ShelfWrong { .. }),
    ),
    (
        "a shard is gone",
        |tables, _| {
            let key = (ProductId::from_random([1; 16]), 0);
            tables.shelves.remove(&key);
        },
        |broken| matches!(broken, Broken::ShelfWrong { .. }),
    ),
    (
        "a device has more than was delivered",
        |tables, _| tables.device_stock.values_mut().for_each(|row| row.quantity += 1),
        |broken| matches!(broken, Broken::HomeWrong { .. }),
    ),
    (
        "an order for a device has brought less than it took",
        |tables, _| {
            let mut orders = tables.orders.values_mut();
            let order = orders.find(|order| order.device_id.is_some()).unwrap();
            takes_of(order).for_each(|takes| takes[0].quantity += 1);
        },
        |broken| matches!(broken, Broken::HomeWrong { .. }),
    ),
    (
        "a balance is not the sum of its movements",
        |tables, _| {
            let head = &mut tables.ledgers.get_mut(&Place::Kitchen).unwrap().head;
            head.balances
                .values_mut()
                .for_each(|balance| balance.on_hand += 1);
        },
        |broken| matches!(broken, Broken::LedgerWrong { .. }),
    ),
    (
        "a movement was lost",
        |tables, _| tables.ledgers.get_mut(&Place::Warehouse).unwrap().head.seq += 1,
        |broken| matches!(broken, Broken::LedgerWrong { .. }),
    ),
    (
        "a live order claims nothing",
        |tables, _| status(tables, UNPAID_DISH, Status::Cancelled),
        |broken| matches!(broken, Broken::ClaimsDiffer { .. }),
    ),
    (
        "an order has fewer ingredients than it needs",
        |tables, _| {
            let order = tables.orders.get_mut(&of(UNPAID_DISH)).unwrap();
            order.needs.values_mut().for_each(|need| need.held -= 1);
        },
        |broken| matches!(broken, Broken::GatheredWrongly { .. }),
    ),
    (
        "a dish is served that was not",
        |tables, _| {
            let order = tables.orders.get_mut(&of(DISH)).unwrap();
            for need in order.needs.values_mut() {
                need.needed += 1;
                need.held += 1;
            }
        },
        |broken| matches!(broken, Broken::NotConserved { how: "dishes", .. }),
    ),
    (
        "a supply has not arrived after all",
        |tables, _| {
            let order = tables.orders.get_mut(&of(DISH)).unwrap();
            order.needs.values_mut().for_each(|need| need.arrived = false);
        },
        |broken| matches!(broken, Broken::NotConserved { .. }),
    ),
    (
        "an order is stuck and nobody says why",
        |tables, _| status(tables, UNPAID_TICKET, Status::Stuck),
        |broken| matches!(broken, Broken::StuckInSilence { .. }),
    ),
    (
        "an order is written from an old version",
        |tables, _| {
            let before = tables.orders[&of(UNPAID_TICKET)].clone();
            let after = before.clone();
            let before = Some(before);
            tables.changes.push(OrderChange { before, after });
        },
        |broken| matches!(broken, Broken::VersionSkipped { .. }),
    ),
];

fn takes_of(order: &mut Order) -> impl Iterator<Item = &mut Vec<Take>> {
    order.lines.iter_mut().filter_map(|line| match &mut line.thing {
        Thing::Product { takes, .. } => Some(takes),
        _ => None,
    })
}

fn free(tables: &mut Tables, buyer: u8) {
    let ticket_id = tables.orders[&of(buyer)].tickets().next().unwrap().0.clone();
    let ticket = tables.tickets.get_mut(&ticket_id).unwrap();
    ticket.state = domain::TicketState::Available;
    ticket.hold = None;
}

fn status(tables: &mut Tables, buyer: u8, status: Status) {
    tables.orders.get_mut(&of(buyer)).unwrap().status = status;
}

fn charged(ledger: &Ledger) -> (String, simulation::provider::books::Intent) {
    let mut intents = ledger.intents.iter();
    let (id, intent) = intents.find(|(_, intent)| intent.charges > 0).unwrap();
    (id.clone(), intent.clone())
}

/// The checks look only at what a step wrote; none of these may slip through.
#[test]
fn whatever_goes_wrong_is_found_at_the_very_step() {
    for (what, plant, finds) in PLANTED {
        let mut world = shop();
        let now_ms = world.now_ms();
        assert!(held(world.step(u64::MAX)), "{what}: nothing was left to do");
        assert!(world.now_ms() >= now_ms);
        {
            let mut tables = world.tables().lock().unwrap();
            let mut ledger = world.ledger().lock().unwrap();
            plant(&mut tables, &mut ledger);
        }
        match world.step(u64::MAX) {
            Err(violation) => assert!(finds(&violation.broken), "{what}: {}", violation.broken),
            Ok(_) => panic!("{what}: nobody noticed"),
        }
    }
}

/// What is wrong with one write, and with no row that stays.
#[test]
fn a_wrong_write_is_found_at_the_very_step() {
    let broken = |what: &str, change: fn(&mut OrderChange)| {
        let mut world = shop();
        let before = world.order(&of(UNPAID_TICKET)).unwrap();
        let mut after = before.clone();
        after.version += 1;
        let before = Some(before);
        let mut written = OrderChange { before, after };
        change(&mut written);
        world.tables().lock().unwrap().changes.push(written);
        match world.step(u64::MAX) {
            Err(violation) => violation.broken,
            Ok(_) => panic!("{what}: nobody noticed\n{}", world.trace()),
        }
    };
    let early = broken("expired early", |change| change.after.status = Status::Expired);
    assert!(matches!(early, Broken::ExpiredEarly { .. }), "{early}");
    let late = broken("a hold that never ends", |change| {
        change.after.hold.expires_at = Timestamp::from_ms(0);
        change.before = None;
    });
    assert!(matches!(late, Broken::ExpiresLate { .. }), "{late}");
    let moved = broken("a deadline that moves", |change| {
        let deadline_ms = change.after.hold.expires_at.as_ms();
        change.after.hold.expires_at = Timestamp::from_ms(deadline_ms - 1_000);
    });
    assert!(matches!(moved, Broken::DeadlineBroughtForward { .. }), "{moved}");
    let illegal = broken("an illegal status", |change| {
        change.after.status = Status::Shipped
    });
    assert!(matches!(illegal, Broken::IllegalTransition { .. }), "{illegal}");
    let twice = broken("a hold that ends twice", |change| {
        let mut before = shop().order(&of(TICKET)).unwrap();
        change.after = before.clone();
        change.after.version += 1;
        before.status = Status::Paid;
        before.events.retain(|event| event.status != Status::Completed);
        change.before = Some(before);
    });
    assert!(matches!(twice, Broken::HoldEndedTwice { .. }), "{twice}");
}
