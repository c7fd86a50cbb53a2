//! The menu in DynamoDB. All dishes are one partition, so that the whole menu is one query; there are hundreds at most.

use crate::connections::Connections;
use crate::cursor::Position;
use crate::faults::fault;
use crate::items::{Item, from_item, s, to_item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use domain::dish::Dish;
use domain::ports::{Answer, Dishes};
use domain::{DishId, Fault, Page, PageRequest};

/// The only menu.
const ALL: &str = "all";

/// [`Dishes`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDishes {
    client: Client,
    table: String,
}

impl DynamoDishes {
    /// Dishes in the table of this name, by `menu` and `dish_id`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

fn key(dish_id: &str) -> Item {
    Item::from([("menu".to_owned(), s(ALL)), ("dish_id".to_owned(), s(dish_id))])
}

fn dish_item(dish: &Dish) -> Result<Item, Fault> {
    let mut item = to_item("dish", dish)?;
    item.insert("menu".to_owned(), s(ALL));
    Ok(item)
}

/// Whether it is the same dish. When it was put on the menu is left out: seeding again is later, and the same.
fn same_dish(one: &Dish, other: &Dish) -> bool {
    (&one.dish_id, &one.name, one.price_minor, &one.recipe)
        == (&other.dish_id, &other.name, other.price_minor, &other.recipe)
}

fn is_id(text: &str) -> bool {
    DishId::parse(text).is_ok()
}

impl Dishes for DynamoDishes {
    fn create<'a>(&'a self, dish: &'a Dish) -> Answer<'a, ()> {
        Box::pin(async move {
            let sent = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(dish_item(dish)?))
                .condition_expression("attribute_not_exists(dish_id)")
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let present: Dish = from_item("dish", failed.item().cloned().unwrap_or_default())?;
                    if same_dish(&present, dish) {
                        return Ok(());
                    }
                    Err(Fault::Defect(format!(
                        "{} was put on the menu before with other contents",
                        dish.dish_id
                    )))
                }
                _ => Err(fault("PutItem dish", &error)),
            }
        })
    }

    fn get<'a>(&'a self, dish_id: &'a DishId) -> Answer<'a, Option<Dish>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .set_key(Some(key(dish_id.as_str())))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem dish", &error))?;
            answer.item.map(|item| from_item("dish", item)).transpose()
        })
    }

    /// In the order of their ids, which is no order that a reader would know.
    fn list<'a>(&'a self, page: &'a PageRequest) -> Answer<'a, Page<Dish>> {
        Box::pin(async move {
            let limit = page.limit.clamp(1, PageRequest::LIMIT_MAX);
            let after = match &page.cursor {
                Some(cursor) => Some(key(&Position::from_cursor(cursor, is_id)?.id)),
                None => None,
            };
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("menu = :all")
                .expression_attribute_values(":all", s(ALL))
                // One more than asked for tells whether there is a next page.
                .limit(i32::from(limit) + 1)
                .set_exclusive_start_key(after)
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("Query dishes", &error))?;
            let items = answer.items.unwrap_or_default();
            let cut_short = answer.last_evaluated_key.is_some_and(|key| !key.is_empty());
            let more = items.len() > usize::from(limit) || cut_short;
            let mut rows = Vec::with_capacity(items.len());
            for item in items.into_iter().take(usize::from(limit)) {
                rows.push(from_item::<Dish>("dish", item)?);
            }
            let next = match rows.last() {
                Some(last) if more => Some(position(last).to_cursor()?),
                _ => None,
            };
            Ok(Page { rows, next })
        })
    }
}

fn position(dish: &Dish) -> Position {
    Position {
        at: dish.created_at.as_ms(),
        id: dish.dish_id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::tests::NOW;
    use crate::ledgers::samples::ingredient;
    use domain::PriceMinor;
    use domain::dish::Recipe;

    fn dish() -> Dish {
        Dish {
            dish_id: DishId::from_random([1; 16]),
            name: "Ensalada César".to_owned(),
            price_minor: PriceMinor::new(850).unwrap(),
            recipe: Recipe::from([(ingredient("lechuga"), 5), (ingredient("pollo"), 2)]),
            created_at: NOW,
        }
    }

    #[test]
    fn a_dish_comes_back_as_it_was_and_stands_on_the_menu() {
        let item = dish_item(&dish()).unwrap();
        for (name, value) in key(dish().dish_id.as_str()) {
            assert_eq!(item[&name], value);
        }
        assert_eq!(from_item::<Dish>("dish", item), Ok(dish()));
    }

    #[test]
    fn a_dish_seeded_again_is_the_same_and_one_with_another_recipe_is_not() {
        let mut again = dish();
        again.created_at = NOW.plus_s(86_400);
        assert!(same_dish(&dish(), &again));
        again.recipe.insert(ingredient("queso"), 1);
        assert!(!same_dish(&dish(), &again));
    }
}
