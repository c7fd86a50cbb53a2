use super::*;
use crate::inventory::total;
use crate::ledger::Balance;
use crate::money::PriceMinor;
use crate::product::edits::ProductEdit;
use crate::product::food::{FoodSource, Grade};
use crate::product::{Product, ProductState};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_000);
const LATER: Timestamp = Timestamp::from_ms(2_000);

fn food(name: &str) -> Food {
    Food {
        code: "3017624010701".to_owned(),
        name: name.to_owned(),
        quantity_text: "400 g".to_owned(),
        brands: Some("Brand".to_owned()),
        image_url: "https://images.openfoodfacts.org/1.jpg".to_owned(),
        nova_group: 4,
        nutriscore_score: 26,
        nutriscore_grade: Grade::E,
        categories: [CategoryId::of_name("spreads")].into(),
        source: FoodSource::OpenFoodFacts,
    }
}

fn owner() -> UserId {
    UserId::from_random([1; 16])
}

fn imported(name: &str) -> Imported {
    Imported {
        owner_id: owner(),
        food: food(name),
        stock_each: 100,
    }
}

/// What is stored once this was committed.
fn committed(stored: Option<&Stocked>, upsert: &Upsert) -> Stocked {
    let decision = upsert.decision().expect("something is to be written");
    let product = decision.after.clone().expect("a product");
    let before = stored.cloned().unwrap_or(Stocked {
        product,
        shards: Vec::new(),
    });
    before.after(decision)
}

fn made(name: &str) -> Stocked {
    committed(None, &imported(name).upsert(None, NOW).unwrap())
}

#[test]
fn what_is_not_there_is_made_with_its_stock_in_one_decision() {
    let upsert = imported("Spread").upsert(None, NOW).unwrap();
    assert!(matches!(upsert, Upsert::Create(_)));
    let stored = committed(None, &upsert);
    assert!(stored.is_whole() && stored.product.is_listed());
    assert_eq!(stored.product.version, 1);
    assert_eq!(stored.product.title, "Spread");
    assert_eq!(stored.product.price_minor, made_up_price("3017624010701"));
    assert_eq!(
        total(&stored.shards),
        Balance {
            on_hand: 100,
            held: 0
        }
    );
    assert_eq!(upsert.categories(), food("Spread").categories);
}

#[test]
fn without_stock_it_is_sold_out_and_not_unavailable() {
    let upsert = Imported {
        stock_each: 0,
        ..imported("Spread")
    };
    let stored = committed(None, &upsert.upsert(None, NOW).unwrap());
    assert!(stored.is_whole());
    assert_eq!(stored.product.shards_ever, 1);
    assert_eq!(total(&stored.shards), Balance::default());
}

#[test]
fn more_stock_than_can_be_counted_is_refused() {
    let too_many = Imported {
        stock_each: u32::MAX,
        ..imported("Spread")
    };
    let refused = too_many.upsert(None, NOW).unwrap_err();
    assert_eq!(refused.name(), "InvalidInput");
}

#[test]
fn the_same_again_is_no_write_whatever_stock_is_asked_for() {
    let again = Imported {
        stock_each: 5,
        ..imported("Spread")
    };
    assert_eq!(again.upsert(Some(&made("Spread")), LATER), Ok(Upsert::Unchanged));
}

#[test]
fn what_the_source_changed_follows_the_source_and_stock_stays() {
    let stored = made("Spread");
    let new = Imported {
        stock_each: 5,
        ..imported("Better spread")
    };
    let upsert = new.upsert(Some(&stored), LATER).unwrap();
    assert!(matches!(upsert, Upsert::Rewrite(_)));
    let after = committed(Some(&stored), &upsert);
    assert_eq!(after.product.title, "Better spread");
    assert_eq!((after.product.version, after.product.updated_at), (2, LATER));
    assert!(after.is_whole(), "every shard is under the new terms");
    assert_eq!(total(&after.shards), total(&stored.shards));
    assert_eq!(new.upsert(Some(&after), LATER), Ok(Upsert::Unchanged));
}

#[test]
fn what_the_owner_changed_stays_when_the_source_changes() {
    let stored = made("Spread");
    let edit = ProductEdit {
        user_id: owner(),
        seen_version: 1,
        title: "Our spread".to_owned(),
        description: Some("Tastes good".to_owned()),
        price_minor: PriceMinor::new(12_345).unwrap(),
    };
    let stored = stored.after(&stored.edit(&edit, NOW).unwrap());
    let chosen = [CategoryId::of_name("ours")].into();
    let stored = stored.after(&stored.categorise(&owner(), &chosen, NOW).unwrap().unwrap());
    // An edit alone is nothing new from the source.
    assert_eq!(
        imported("Spread").upsert(Some(&stored), LATER),
        Ok(Upsert::Unchanged)
    );
    let mut new = imported("Better spread");
    new.food.categories = [CategoryId::of_name("breakfasts")].into();
    new.food.nutriscore_grade = Grade::D;
    let after = committed(Some(&stored), &new.upsert(Some(&stored), LATER).unwrap()).product;
    assert_eq!(after.title, "Our spread");
    assert_eq!(after.description.as_deref(), Some("Tastes good"));
    assert_eq!(after.price_minor.as_minor(), 12_345);
    assert_eq!(after.categories, chosen);
    assert_eq!(after.food, Some(new.food));
}

#[test]
fn what_its_owner_took_off_stays_off() {
    let stored = made("Spread");
    let off = stored.after(&stored.withdraw(&owner(), NOW).unwrap().unwrap());
    assert_eq!(off.product.state, ProductState::Withdrawn);
    for name in ["Spread", "Better spread"] {
        assert_eq!(imported(name).upsert(Some(&off), LATER), Ok(Upsert::Withdrawn));
    }
}

#[test]
fn what_belongs_to_somebody_else_is_never_touched() {
    let mut stored = made("Spread");
    stored.product.owner_id = UserId::from_random([2; 16]);
    assert_eq!(
        imported("Better spread").upsert(Some(&stored), LATER),
        Ok(Upsert::Foreign)
    );
}

#[test]
fn a_product_stored_before_there_was_food_reads_back() {
    let mut json = serde_json::to_value(made("Spread").product).unwrap();
    json.as_object_mut().unwrap().remove("food");
    let product: Product = serde_json::from_value(json).unwrap();
    assert_eq!(product.food, None);
}

proptest! {
    /// Whatever comes in whatever order: stock is what it was at the start, the price is the first one, and the last
    /// one imported again changes nothing.
    #[test]
    fn any_series_of_imports_keeps_stock_and_price(names in proptest::collection::vec("[a-c]{1,2}", 1..8)) {
        let mut stored: Option<Stocked> = None;
        for name in &names {
            let upsert = imported(name).upsert(stored.as_ref(), NOW).unwrap();
            if upsert.decision().is_some() {
                stored = Some(committed(stored.as_ref(), &upsert));
            }
            let now = stored.as_ref().expect("made with the first");
            prop_assert!(now.is_whole());
            prop_assert_eq!(total(&now.shards).on_hand, 100);
            prop_assert_eq!(&now.product.title, name);
            prop_assert_eq!(now.product.price_minor, made_up_price("3017624010701"));
            prop_assert_eq!(imported(name).upsert(Some(now), LATER), Ok(Upsert::Unchanged));
        }
    }
}
