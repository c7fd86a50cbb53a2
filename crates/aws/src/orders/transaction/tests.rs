use super::*;
use crate::cancellation::tests::{CONFLICT, FAILED, OK, failed_on, reason};
use crate::items::tests::{NOW, change, placing, ticket};
use crate::items::{UNFINISHED, ticket_item, unsigned};
use crate::ledgers::samples::{ingredient, stocked};
use domain::inventory::Shard;
use domain::ledger::{MovementKind, Wanted};
use domain::{ProductId, TaskToken};

fn tables() -> OrderTables {
    OrderTables {
        orders: "orders".to_owned(),
        tickets: "tickets".to_owned(),
        holders: "holders".to_owned(),
        ledgers: "ledgers".to_owned(),
        inventory: "inventory".to_owned(),
        money: "money".to_owned(),
        device_stock: "device-stock".to_owned(),
    }
}

fn write() -> WriteId {
    WriteId::draw().unwrap()
}

/// The items of a decision that moves nothing that is counted.
fn items_of(decision: &Decision) -> Vec<TransactWriteItem> {
    let items = items(&tables(), decision, &Moved::default(), &write()).unwrap();
    items.into_iter().map(|(_, item)| item).collect()
}

fn parts(decision: &Decision, moved: &Moved) -> Vec<Part> {
    let items = items(&tables(), decision, moved, &write()).unwrap();
    items.into_iter().map(|(part, _)| part).collect()
}

/// The verdict on placing an order of two tickets: order, ticket, ticket, holder.
fn verdict_on(codes: [&str; 4]) -> CommitError {
    verdict(
        &parts(&placing(2), &Moved::default()),
        &write(),
        &codes.map(reason),
    )
    .unwrap_err()
}

fn stock(index: usize) -> CommitError {
    CommitError::Stock(Box::new(StockRefusal { index, present: None }))
}

#[test]
fn placing_writes_order_tickets_and_holder_in_that_order() {
    let decision = placing(2);
    let items = items_of(&decision);
    let put = items[0].put().unwrap();
    assert_eq!(put.table_name(), "orders");
    assert_eq!(put.condition_expression(), Some("attribute_not_exists(order_id)"));
    assert!(put.item().contains_key(UNFINISHED));
    for (index, change) in decision.stock.iter().enumerate() {
        let StockChange::HoldTicket { ticket_id, .. } = change else {
            panic!("placing holds");
        };
        let update = items[1 + index].update().unwrap();
        assert_eq!(update.table_name(), "tickets");
        assert_eq!(
            update.condition_expression(),
            Some("#state = :available AND #version = :seen")
        );
        assert_eq!(update.key()["ticket_id"], s(ticket_id.as_str()));
        assert_eq!(
            update.return_values_on_condition_check_failure(),
            Some(&OnFailure::AllOld)
        );
    }
    let holder = items[3].update().unwrap();
    assert_eq!(holder.table_name(), "holders");
    assert!(holder.condition_expression().is_some());
    assert_eq!(items.len(), 4);
}

#[test]
fn ending_releases_under_the_version_and_status_that_were_read() {
    let decision = change(placing(1).after.cancel(NOW).unwrap());
    let items = items_of(&decision);
    let put = items[0].put().unwrap();
    let values = put.expression_attribute_values().unwrap();
    assert_eq!((&values[":version"], &values[":status"]), (&n(1), &s("held")));
    assert!(!put.item().contains_key(UNFINISHED));
    let release = items[1].update().unwrap();
    assert_eq!(
        release.condition_expression(),
        Some("#state = :held AND #hold.#hold_id = :hold_id AND #hold.#hold_version = :hold_version")
    );
    assert!(release.update_expression().ends_with("REMOVE #hold"));
    let holder = items[2].update().unwrap();
    assert_eq!(holder.update_expression(), "DELETE live_orders :this");
    assert_eq!(holder.condition_expression(), None);
}

#[test]
fn every_placeholder_is_declared_and_every_declared_one_is_used() {
    let cancelling = change(placing(1).after.cancel(NOW).unwrap());
    let hold = placing(1).after.ticket_hold();
    let mut posting = cancelling.clone();
    posting.stock = vec![StockChange::PostTicket {
        ticket_id: ticket(0).ticket_id,
        hold,
    }];
    for decision in [placing(1), cancelling, posting] {
        for item in items_of(&decision).iter().skip(1) {
            let update = item.update().unwrap();
            let text = format!(
                "{} {}",
                update.update_expression(),
                update.condition_expression().unwrap_or_default()
            );
            let mut used: Vec<&str> = text
                .split(|c: char| !(c.is_ascii_alphanumeric() || "_#:".contains(c)))
                .filter(|word| word.starts_with(['#', ':']))
                .collect();
            let declared = update
                .expression_attribute_names()
                .into_iter()
                .flat_map(|names| names.keys())
                .chain(
                    update
                        .expression_attribute_values()
                        .into_iter()
                        .flat_map(|values| values.keys()),
                );
            let mut declared: Vec<&str> = declared.map(String::as_str).collect();
            used.sort_unstable();
            used.dedup();
            declared.sort_unstable();
            assert_eq!(used, declared, "{text}");
        }
    }
}

#[test]
fn each_false_condition_has_its_own_verdict() {
    assert_eq!(verdict_on([FAILED, OK, OK, OK]), CommitError::OrderMoved);
    assert_eq!(verdict_on([OK, FAILED, OK, OK]), stock(0));
    assert_eq!(verdict_on([OK, OK, FAILED, OK]), stock(1));
    assert_eq!(verdict_on([OK, OK, OK, FAILED]), CommitError::TooManyHolds);
}

#[test]
fn of_several_reasons_the_order_comes_first_and_contention_last() {
    assert_eq!(
        verdict_on([FAILED, FAILED, FAILED, FAILED]),
        CommitError::OrderMoved
    );
    assert_eq!(verdict_on([OK, FAILED, FAILED, FAILED]), stock(0));
    assert_eq!(verdict_on([CONFLICT, CONFLICT, FAILED, FAILED]), stock(1));
    assert_eq!(verdict_on([OK, CONFLICT, OK, FAILED]), CommitError::TooManyHolds);
}

#[test]
fn contention_may_be_tried_again_and_invalid_requests_may_not() {
    for code in [CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"] {
        assert_eq!(verdict_on([OK, code, OK, OK]), CommitError::Contended);
    }
    assert_eq!(
        verdict(&parts(&placing(1), &Moved::default()), &write(), &[]),
        Err(CommitError::Contended)
    );
    assert!(matches!(
        verdict_on([OK, "ValidationError", OK, CONFLICT]),
        CommitError::Fault(Fault::Defect(text)) if text.contains("ValidationError")
    ));
}

#[test]
fn a_stock_refusal_shows_the_ticket_as_it_stood() {
    let mut sold = ticket(1);
    sold.state = domain::TicketState::Sold;
    let reasons = [reason(OK), failed_on(ticket_item(&sold).unwrap()), reason(OK)];
    assert_eq!(
        verdict(&parts(&placing(1), &Moved::default()), &write(), &reasons),
        Err(CommitError::Stock(Box::new(StockRefusal {
            index: 0,
            present: Some(sold)
        })))
    );
}

#[test]
fn a_write_that_finds_itself_has_succeeded() {
    let token = TaskToken::parse("token").unwrap();
    let decision = change(placing(1).after.keep_task_token(token, NOW, NOW));
    let (own, parts) = (write(), parts(&decision, &Moved::default()));
    let mut stored = order_item(&decision.after).unwrap();
    stored.insert(write_id::ATTRIBUTE.to_owned(), own.attribute());
    let reasons = [failed_on(stored), reason(FAILED)];
    assert_eq!(verdict(&parts, &own, &reasons), Ok(()));
    // The same order by another writer is still another writer's.
    assert_eq!(verdict(&parts, &write(), &reasons), Err(CommitError::OrderMoved));
}

/// Placing an order of one ticket that also takes from the kitchen, and what the kitchen makes of it: no order is of
/// both kinds, but every part then has its place.
fn placing_with_ingredients() -> (Decision, Moved) {
    let kitchen = stocked(Place::Kitchen, 5).after;
    let moves = vec![Wanted::new(&ingredient("pollo"), MovementKind::Held, 2)];
    let change = kitchen.post(moves.clone(), "ord", NOW).unwrap().unwrap();
    let mut decision = placing(1);
    decision.stock.push(StockChange::MoveIngredients {
        moves,
        cause: "ord".to_owned(),
        seen_seq: Some(kitchen.seq),
    });
    let moved = Moved {
        kitchen: Some(change),
        shards: Vec::new(),
    };
    (decision, moved)
}

#[test]
fn ingredients_are_moved_by_head_and_posting_before_the_holder() {
    let (decision, moved) = placing_with_ingredients();
    let items = items(&tables(), &decision, &moved, &write()).unwrap();
    let (parts, items): (Vec<Part>, Vec<_>) = items.into_iter().unzip();
    assert_eq!(
        parts,
        [
            Part::Order,
            Part::Ticket(0),
            Part::Head,
            Part::Posting,
            Part::Holder
        ]
    );
    let head = items[2].put().unwrap();
    assert_eq!(head.table_name(), "ledgers");
    assert_eq!(
        head.expression_attribute_values().unwrap()[":before"],
        unsigned(2)
    );
    assert_eq!(items[3].put().unwrap().item()["seq"], unsigned(3));
    // Movements of nothing write nothing.
    assert_eq!(
        super::tests::parts(&decision, &Moved::default()),
        [Part::Order, Part::Ticket(0), Part::Holder]
    );
}

#[test]
fn a_head_that_moved_is_named_after_the_order_and_before_the_holder() {
    let (decision, moved) = placing_with_ingredients();
    let parts = parts(&decision, &moved);
    let verdict_on = |codes: [&str; 5]| verdict(&parts, &write(), &codes.map(reason)).unwrap_err();
    assert_eq!(
        verdict_on([FAILED, OK, FAILED, FAILED, FAILED]),
        CommitError::OrderMoved
    );
    assert_eq!(verdict_on([OK, FAILED, FAILED, OK, OK]), stock(0));
    assert_eq!(
        verdict_on([OK, OK, FAILED, FAILED, FAILED]),
        CommitError::LedgerMoved
    );
    assert_eq!(verdict_on([OK, OK, CONFLICT, OK, OK]), CommitError::Contended);
    assert!(matches!(
        verdict_on([OK, OK, OK, FAILED, OK]),
        CommitError::Fault(Fault::Defect(_))
    ));
}

/// What holding one of each of two shards makes of them.
fn two_shards_held() -> Moved {
    let held = |number| {
        let empty = Shard::empty(&ProductId::from_random([7; 16]), number, 4);
        let stocked = empty.post(MovementKind::Set, 5, "seed", NOW).unwrap().after;
        stocked.post(MovementKind::Held, 1, "ord", NOW).unwrap()
    };
    Moved {
        kitchen: None,
        shards: vec![held(0), held(1)],
    }
}

#[test]
fn products_are_moved_shard_by_shard_before_the_holder() {
    let items = items(&tables(), &placing(0), &two_shards_held(), &write()).unwrap();
    let (parts, items): (Vec<Part>, Vec<_>) = items.into_iter().unzip();
    let of_shard = [Part::Shard, Part::ShardMovement];
    let expected = [&[Part::Order], &of_shard[..], &of_shard, &[Part::Holder]].concat();
    assert_eq!(parts, expected);
    for (item, seq) in items[1..5].iter().zip([0, 2, 0, 2]) {
        let put = item.put().unwrap();
        assert_eq!(put.table_name(), "inventory");
        assert_eq!(put.item()["seq"], unsigned(seq));
    }
    let values = items[1].put().unwrap().expression_attribute_values().unwrap();
    assert_eq!((&values[":seq"], &values[":terms"]), (&unsigned(1), &n(4)));
}

#[test]
fn a_shard_that_moved_is_read_again() {
    let parts = parts(&placing(0), &two_shards_held());
    let verdict_on = |codes: [&str; 6]| verdict(&parts, &write(), &codes.map(reason)).unwrap_err();
    assert_eq!(
        verdict_on([FAILED, FAILED, FAILED, OK, OK, FAILED]),
        CommitError::OrderMoved
    );
    assert_eq!(
        verdict_on([OK, OK, OK, FAILED, FAILED, FAILED]),
        CommitError::LedgerMoved
    );
    assert!(matches!(
        verdict_on([OK, OK, FAILED, OK, OK, OK]),
        CommitError::Fault(Fault::Defect(_))
    ));
}

#[test]
fn what_arrives_is_added_with_the_order_and_each_product_once() {
    let mut decision = placing(0);
    let arrival = |product: u8, quantity| Arrival {
        device_id: domain::DeviceId::from_random([5; 16]),
        product_id: ProductId::from_random([product; 16]),
        quantity,
    };
    decision.arrivals = vec![arrival(1, 2), arrival(2, 4), arrival(1, 3)];
    let items = items(&tables(), &decision, &Moved::default(), &write()).unwrap();
    let added: Vec<&AttributeValue> = items
        .iter()
        .filter(|(part, _)| *part == Part::Arrival)
        .filter_map(|(_, item)| item.update()?.expression_attribute_values()?.get(":quantity"))
        .collect();
    assert_eq!(added, [&n(5), &n(4)]);
}

/// Word for word: a condition that is weaker by one comparison writes what nobody decided.
#[test]
fn each_write_of_an_order_stands_under_its_whole_condition() {
    let cancelling = change(placing(1).after.cancel(NOW).unwrap());
    assert_eq!(
        AsRead::condition(&cancelling).expression,
        "#version = :version AND #status = :status"
    );
    let hold = placing(1).after.ticket_hold();
    let by_this_hold = "AND #hold.#hold_id = :hold_id AND #hold.#hold_version = :hold_version";
    for (change, state) in [
        (release_ticket(&hold), "held"),
        (post_ticket(&hold), "held"),
        (return_ticket(&hold), "sold"),
    ] {
        assert_eq!(change.condition, format!("#state = :{state} {by_this_hold}"));
    }
    let holder = holder_update(&tables(), &placing(1)).unwrap().unwrap();
    assert_eq!(
        holder.update().unwrap().condition_expression(),
        Some(
            "attribute_not_exists(live_orders) OR size(live_orders) < :max OR contains(live_orders, :order)"
        )
    );
}
