//! What one write of a product is made of, and what its cancellation means.

use super::*;
use crate::cancellation::tests::{CONFLICT, FAILED, OK, failed_on, reason};
use crate::items::tests::NOW;
use domain::PriceMinor;
use domain::UserId;
use domain::ledger::MovementKind;
use domain::product::ProductState;
use std::collections::BTreeSet;

fn tables() -> ProductTables {
    ProductTables {
        products: "products".to_owned(),
        inventory: "inventory".to_owned(),
        catalogue: "catalogue".to_owned(),
    }
}

fn product(shards: u8) -> Product {
    Product {
        product_id: ProductId::from_random([7; 16]),
        owner_id: UserId::from_random([1; 16]),
        title: "Oat drink".to_owned(),
        description: None,
        price_minor: PriceMinor::new(250).unwrap(),
        categories: BTreeSet::new(),
        version: 4,
        state: ProductState::Listed,
        shards,
        shards_ever: shards,
        food: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn stocked(shards: u8) -> Stocked {
    let product = product(shards);
    let heads = (0..shards).map(|number| Shard::empty(&product.product_id, number, product.version));
    Stocked {
        shards: heads.collect(),
        product,
    }
}

/// An edit that also opens one shard with stock, under a name: every kind of part once or more.
fn everything() -> ProductDecision {
    let stocked = stocked(2);
    let mut decision = stocked.rewrite(stocked.product.clone(), NOW);
    let fresh = Shard::empty(&stocked.product.product_id, 2, 5);
    decision.opened = vec![fresh.post(MovementKind::Set, 3, "cause", NOW).unwrap()];
    decision.once = Some("name".to_owned());
    decision
}

fn parts(decision: &ProductDecision) -> Vec<Part> {
    let items = items(&tables(), decision, &WriteId::draw().unwrap()).unwrap();
    let parts = items.into_iter().map(|(part, _)| part);
    parts.filter(|part| *part != Part::Index).collect()
}

#[test]
fn an_edit_writes_the_product_and_the_terms_of_every_shard() {
    let expected = [
        Part::Once,
        Part::Product,
        Part::Head,
        Part::Head,
        Part::Head,
        Part::Movement,
    ];
    assert_eq!(parts(&everything()), expected);
    let items = items(&tables(), &everything(), &WriteId::draw().unwrap()).unwrap();
    let put = items[1].1.put().unwrap();
    assert_eq!(put.expression_attribute_values().unwrap()[":version"], n(4));
    assert_eq!(put.item()["version"], n(5));
    for (_, head) in &items[2..4] {
        let values = head.update().unwrap().expression_attribute_values().unwrap();
        assert_eq!((&values[":terms"], &values[":new"]), (&n(4), &n(5)));
    }
    let opened = items[4].1.put().unwrap();
    assert_eq!(opened.condition_expression(), Some("attribute_not_exists(shelf)"));
    assert_eq!(opened.item()["terms"], n(5));
}

#[test]
fn a_fresh_product_must_not_exist_yet() {
    let decision = ProductDecision {
        before: None,
        after: Some(product(0)),
        changes: Vec::new(),
        opened: Vec::new(),
        once: None,
    };
    let items = items(&tables(), &decision, &WriteId::draw().unwrap()).unwrap();
    let put = items[0].1.put().unwrap();
    assert_eq!(
        put.condition_expression(),
        Some("attribute_not_exists(product_id)")
    );
    assert_eq!(
        from_item::<Product>("product", put.item().clone()),
        Ok(product(0))
    );
}

#[test]
fn stock_that_moves_leaves_the_product_alone() {
    let head = &stocked(1).shards[0];
    let change = head.post(MovementKind::Received, 2, "cause", NOW).unwrap();
    let decision = ProductDecision {
        before: None,
        after: None,
        changes: vec![change],
        opened: Vec::new(),
        once: None,
    };
    assert_eq!(parts(&decision), [Part::Head, Part::Movement]);
}

#[test]
fn what_was_done_before_comes_first_and_what_moved_is_read_again() {
    let parts = parts(&everything());
    let write = WriteId::draw().unwrap();
    let verdict_on = |codes: [&str; 6]| verdict(&parts, &write, &codes.map(reason));
    assert_eq!(
        verdict_on([FAILED, FAILED, FAILED, OK, OK, FAILED]),
        Err(ProductError::DoneBefore)
    );
    for codes in [
        [OK, FAILED, FAILED, OK, OK, OK],
        [OK, OK, OK, FAILED, OK, FAILED],
        [OK, OK, CONFLICT, OK, OK, OK],
    ] {
        assert_eq!(verdict_on(codes), Err(ProductError::Moved));
    }
    for codes in [
        [OK, OK, OK, OK, OK, FAILED],
        [OK, OK, OK, OK, OK, "ValidationError"],
    ] {
        assert!(matches!(
            verdict_on(codes),
            Err(ProductError::Fault(Fault::Defect(_)))
        ));
    }
}

#[test]
fn a_write_whose_answer_was_lost_knows_itself() {
    let decision = everything();
    let write = WriteId::draw().unwrap();
    let (parts, items): (Vec<Part>, Vec<_>) =
        items(&tables(), &decision, &write).unwrap().into_iter().unzip();
    let written = items[0].put().unwrap().item().clone();
    let mut reasons = vec![failed_on(written)];
    reasons.resize_with(parts.len(), || reason(OK));
    assert_eq!(verdict(&parts, &write, &reasons), Ok(()));
    let other = WriteId::draw().unwrap();
    assert_eq!(verdict(&parts, &other, &reasons), Err(ProductError::DoneBefore));
}
