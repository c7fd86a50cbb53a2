use super::*;
use crate::inventory::Shard;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

fn owner() -> UserId {
    UserId::from_random([1; 16])
}

fn other() -> UserId {
    UserId::from_random([2; 16])
}

/// A product at version 1 with so many shards.
fn stocked(shards: u8) -> Stocked {
    let new = NewProduct {
        product_id: ProductId::from_random([3; 16]),
        owner_id: owner(),
        title: "Plum jam".to_owned(),
        description: None,
        price_minor: PriceMinor::new(450).unwrap(),
    };
    let mut product = new.create(NOW).after.unwrap();
    product.shards = shards;
    product.shards_ever = shards;
    let shards = (0..shards).map(|number| Shard::empty(&product.product_id, number, product.version));
    Stocked {
        shards: shards.collect(),
        product,
    }
}

fn edit(user_id: UserId, seen_version: u32) -> ProductEdit {
    ProductEdit {
        user_id,
        seen_version,
        title: "Cherry jam".to_owned(),
        description: Some("Sour cherries.".to_owned()),
        price_minor: PriceMinor::new(500).unwrap(),
    }
}

#[test]
fn a_product_is_told_from_another_under_the_same_id_until_it_is_edited() {
    let made = stocked(0).product;
    let mut again = made.clone();
    again.created_at = NOW.plus_s(90_000);
    assert!(made.is_same_creation(&again));
    for change in [
        (|product| product.title = "Cherry jam".to_owned()) as fn(&mut Product),
        |product| product.description = Some("Sour cherries.".to_owned()),
        |product| product.price_minor = PriceMinor::new(451).unwrap(),
    ] {
        let mut another = again.clone();
        change(&mut another);
        assert!(!made.is_same_creation(&another), "{another:?}");
        another.version = 2;
        assert!(
            another.is_same_creation(&again),
            "what it was made as, nobody knows any more"
        );
    }
    again.owner_id = other();
    again.version = 2;
    assert!(!again.is_same_creation(&made));
}

#[test]
fn an_edit_reaches_every_shard_and_moves_no_stock() {
    let before = stocked(16);
    let decision = before.edit(&edit(owner(), 1), NOW.plus_s(1)).unwrap();
    assert_eq!(decision.before, Some(before.product.clone()));
    assert!(decision.changes.iter().all(|change| change.movement.is_none()
        && change.before.balance == change.after.balance
        && change.before.seq == change.after.seq));
    let after = before.after(&decision);
    assert_eq!(after.product.version, 2);
    assert_eq!(after.product.title, "Cherry jam");
    assert!(after.is_whole(), "all shards have the product's version");
}

#[test]
fn a_stale_edit_is_refused_and_says_what_is_there() {
    let before = stocked(1);
    let after = before.after(&before.edit(&edit(owner(), 1), NOW).unwrap());
    let refused = after.edit(&edit(owner(), 1), NOW).unwrap_err();
    assert_eq!(
        refused,
        Refusal::ProductChanged {
            product_id: after.product.product_id,
            seen: 1,
            present: 2
        }
    );
}

#[test]
fn only_the_owner_changes_a_product() {
    let product = stocked(1);
    let some = BTreeSet::from([CategoryId::of_name("jam")]);
    assert_eq!(product.edit(&edit(other(), 1), NOW), Err(Refusal::NotYours));
    assert_eq!(product.categorise(&other(), &some, NOW), Err(Refusal::NotYours));
    assert_eq!(product.withdraw(&other(), NOW), Err(Refusal::NotYours));
}

#[test]
fn the_same_categories_again_change_nothing_and_too_many_are_refused() {
    let jam = BTreeSet::from([CategoryId::of_name("jam")]);
    let before = stocked(2);
    let decision = before.categorise(&owner(), &jam, NOW).unwrap().unwrap();
    let after = before.after(&decision);
    assert_eq!(after.product.categories, jam);
    assert!(after.is_whole());
    assert_eq!(after.categorise(&owner(), &jam, NOW), Ok(None));
    let many = (0..=CATEGORIES_MAX).map(|number| CategoryId::of_name(&number.to_string()));
    assert!(matches!(
        after.categorise(&owner(), &many.collect(), NOW),
        Err(Refusal::InvalidInput { .. })
    ));
}

#[test]
fn a_withdrawn_product_stays_so_and_is_not_there_for_anybody_else() {
    let before = stocked(1);
    let gone = before.after(&before.withdraw(&owner(), NOW).unwrap().unwrap());
    assert!(!gone.product.is_listed() && gone.is_whole());
    assert_eq!(gone.withdraw(&owner(), NOW), Ok(None), "a repeat is harmless");
    let not_found = Refusal::not_found("product");
    assert_eq!(gone.withdraw(&other(), NOW), Err(not_found.clone()));
    assert_eq!(gone.edit(&edit(owner(), 2), NOW), Err(not_found.clone()));
    assert_eq!(gone.edit(&edit(other(), 2), NOW), Err(not_found));
}

#[test]
fn one_name_is_one_category_however_it_is_written() {
    let id = |name: &str| Category::named(name, NOW).category_id;
    assert_eq!(id("Crèmes & Jams"), id("cremes  &  JAMS"));
    assert_ne!(id("Crèmes & Jams"), id("Jams & Crèmes"));
    assert_eq!(Category::named("Crèmes", NOW).name, "Crèmes");
}
