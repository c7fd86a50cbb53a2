//! The menu: dishes are put on it and read.

use super::{NOW, Ports, is_refusal, price, walk};
use domain::dish::{Dish, Recipe};
use domain::{Cursor, DishId, Fault, PageRequest, Refusal};

fn dish(ports: &Ports<'_>) -> Dish {
    Dish {
        dish_id: DishId::from_random(ports.bytes16()),
        name: "Ensalada César".to_owned(),
        price_minor: price(850),
        recipe: Recipe::from([(ports.ingredient(), 5), (ports.ingredient(), 2)]),
        created_at: NOW,
    }
}

pub async fn a_dish_can_be_put_on_the_menu_again(ports: &Ports<'_>) {
    let dish = dish(ports);
    assert_eq!(ports.dishes.get(&dish.dish_id).await, Ok(None));
    assert_eq!(ports.dishes.create(&dish).await, Ok(()));
    // Seeding again is later, and the same: the dish stays as it was.
    let mut again = dish.clone();
    again.created_at = NOW.plus_s(86_400);
    assert_eq!(ports.dishes.create(&again).await, Ok(()));
    let mut other = dish.clone();
    other.price_minor = price(900);
    assert!(matches!(ports.dishes.create(&other).await, Err(Fault::Defect(_))));
    assert_eq!(ports.dishes.get(&dish.dish_id).await, Ok(Some(dish)));
}

pub async fn the_menu_is_read_to_its_end(ports: &Ports<'_>) {
    let ours: Vec<Dish> = (0..5).map(|_| dish(ports)).collect();
    for dish in &ours {
        assert_eq!(ports.dishes.create(dish).await, Ok(()));
    }
    for limit in [1, 2, 5, 100] {
        let mut rows = walk(limit, &|request| {
            Box::pin(async { ports.dishes.list(&{ request }).await.unwrap() })
        })
        .await;
        rows.retain(|row| ours.iter().any(|dish| dish.dish_id == row.dish_id));
        assert_eq!(rows.len(), ours.len(), "each dish once, {limit} a page");
        assert!(ours.iter().all(|dish| rows.contains(dish)));
    }
    for text in ["", "x", "eyJ9", "../../etc", "\u{1f600}", &"A".repeat(5_000)] {
        let page = PageRequest {
            limit: 5,
            cursor: Some(Cursor(text.to_owned())),
        };
        let about_cursor = |refusal: &Refusal| match refusal {
            Refusal::InvalidInput { errors } => errors.iter().all(|error| error.field == "cursor"),
            _ => false,
        };
        assert!(
            is_refusal(&ports.dishes.list(&page).await, about_cursor),
            "{text}"
        );
    }
}
