use super::*;
use domain::inventory::Take;
use domain::ledger::Balance;
use domain::order::{NewOrder, OrderEvent};
use domain::{Currency, DishId, OrderId, PriceMinor, ProductId, Ruling, TicketId, UserId};

fn at(second: i64) -> Timestamp {
    Timestamp::from_ms(second * 1_000)
}

fn placed(thing: Thing) -> Written {
    let line = Line {
        thing,
        title: "Seat".to_owned(),
        quantity: 1,
        price_minor: PriceMinor::new(2_500).unwrap(),
    };
    let new = NewOrder {
        order_id: OrderId::from_random([9; 16]),
        user_id: UserId::from_random([8; 16]),
        lines: vec![line],
        currency: Currency::parse("usd").unwrap(),
        hold_ttl_s: 900,
        device_id: None,
        request_fingerprint: "f".to_owned(),
        run: domain::HoldRun::of_execution("run"),
    };
    Written {
        order: Order::place(new, at(0)).unwrap().after,
        money: Vec::new(),
        supplies: Vec::new(),
        postings: Vec::new(),
        movements: Vec::new(),
    }
}

fn ticket() -> Thing {
    Thing::Ticket {
        ticket_id: TicketId::from_random([1; 16]),
        version: 1,
    }
}

fn money(kind: MoneyKind, number: u32, amount: u64, second: i64) -> MoneyMovement {
    MoneyMovement {
        order_id: OrderId::from_random([9; 16]),
        kind,
        number,
        amount_minor: PriceMinor::new(amount).unwrap(),
        currency: Currency::parse("usd").unwrap(),
        provider_id: "x".to_owned(),
        at: at(second),
    }
}

fn moved_in(shard: u8, seq: u64, kind: MovementKind) -> ShardMovement {
    ShardMovement {
        product_id: ProductId::from_random([3; 16]),
        shard,
        seq,
        kind,
        quantity: 2,
        balance: Balance::default(),
        cause: "ord".to_owned(),
        reason: None,
        at: at(i64::try_from(seq).unwrap()),
    }
}

/// The kinds of the effects with what undid them.
fn undone(written: &Written, wanted: EffectKind) -> Vec<Option<EffectKind>> {
    let effects = told(written);
    let of = |wanted| {
        effects
            .iter()
            .filter(move |effect: &&EffectBody| effect.kind == wanted)
    };
    of(wanted)
        .map(|effect| effect.undone_by.map(|place| effects[place].kind))
        .collect()
}

#[test]
fn a_held_ticket_is_undone_by_the_end_of_its_order() {
    let mut written = placed(ticket());
    assert_eq!(undone(&written, EffectKind::Hold), [None]);
    let Ok(Ruling::Change(decision)) = written.order.expire(at(901)) else {
        panic!("it expires");
    };
    written.order = decision.after;
    assert_eq!(undone(&written, EffectKind::Hold), [Some(EffectKind::Order)]);
    let effects = told(&written);
    assert_eq!(
        effects.last().and_then(|effect| effect.state),
        Some("ExpireOrder")
    );
}

#[test]
fn what_happened_is_told_of_the_state_that_does_it_for_this_kind() {
    let states = |thing: Thing| {
        let mut order = placed(thing).order;
        // Handed over, and then somebody asks for the money back.
        for second in [5, 6] {
            order.events.push(OrderEvent {
                at: at(second),
                status: Status::Completed,
                what: "Done.".to_owned(),
            });
        }
        let rows = of_order(&order).into_iter();
        let told = rows.filter(|row| row.body.kind == EffectKind::Order);
        told.map(|row| row.body.state).collect::<Vec<_>>()
    };
    assert_eq!(
        states(ticket()),
        [Some("LockTicket"), Some("CompleteOrder"), None]
    );
    let dish = Thing::Dish {
        dish_id: DishId::from_random([4; 16]),
    };
    assert_eq!(
        states(dish),
        [Some("ReserveIngredients"), Some("ServeDish"), None]
    );
}

#[test]
fn a_charge_is_undone_when_all_of_it_is_back_and_stays_back() {
    let mut written = placed(ticket());
    written.money = vec![money(MoneyKind::Charged, 1, 2_500, 10)];
    assert_eq!(undone(&written, EffectKind::Charge), [None]);
    written.money.push(money(MoneyKind::Refunded, 1, 1_000, 20));
    assert_eq!(undone(&written, EffectKind::Charge), [None]);
    written.money.push(money(MoneyKind::Refunded, 2, 1_500, 30));
    assert_eq!(undone(&written, EffectKind::Charge), [Some(EffectKind::Refund)]);
    // The bank returns the first one: that refund is undone, and the charge is not any more.
    written.money.push(money(MoneyKind::RefundReturned, 1, 1_000, 40));
    assert_eq!(undone(&written, EffectKind::Charge), [None]);
    assert_eq!(
        undone(&written, EffectKind::Refund),
        [Some(EffectKind::Refund), None, None]
    );
}

#[test]
fn a_claim_is_undone_in_its_own_shard() {
    let mut written = placed(Thing::Product {
        product_id: ProductId::from_random([3; 16]),
        takes: vec![
            Take {
                shard: 0,
                quantity: 2,
            },
            Take {
                shard: 1,
                quantity: 2,
            },
        ],
    });
    written.movements = vec![
        moved_in(0, 1, MovementKind::Held),
        moved_in(1, 1, MovementKind::Held),
        moved_in(1, 5, MovementKind::Released),
        moved_in(0, 6, MovementKind::Sold),
        moved_in(0, 7, MovementKind::Returned),
    ];
    assert_eq!(
        undone(&written, EffectKind::Hold),
        [None, Some(EffectKind::Movement)]
    );
    // Released, sold (and returned), returned.
    assert_eq!(
        undone(&written, EffectKind::Movement),
        [None, Some(EffectKind::Movement), None]
    );
}
