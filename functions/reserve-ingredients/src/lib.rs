//! `ReserveIngredients`: holds what the kitchen has of everything that is needed, exactly. Undone by
//! `ReleaseIngredients`.
//!
//! What is short is left to the `order` machine to gather. How much is held depends on the ledger that was read, so
//! the write has the condition that the ledger has not moved since; if it has, everything is decided anew.

use domain::dish::ingredients_of;
use domain::ledger::Place;
use domain::order::{HOLDS_MAX, Line, NewOrder, StartInput, Thing};
use domain::ports::{Clock, CommitError, Dishes, HoldRequest, HoldStep, Ledgers, Orders};
use domain::{Currency, Fault, HoldRun, Order, Refusal};
use std::sync::Arc;

/// Races lost for the ledger before the workflow retries. Each costs one read and one write; with many cooks one of
/// them wins every round.
const TRIES_MAX: u32 = 30;

/// What the step needs.
#[derive(Clone)]
pub struct ReserveIngredients {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The menu.
    pub dishes: Arc<dyn Dishes>,
    /// The kitchen's ledger.
    pub ledgers: Arc<dyn Ledgers>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// The currency of every price.
    pub currency: Currency,
}

impl ReserveIngredients {
    /// Holds what there is and says what is missing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] naming the line of an unknown dish, [`Refusal::TooManyHolds`],
    /// [`Refusal::OrderAlreadyExists`] when the id belongs to another request; [`Fault::Transient`] when the ledger
    /// kept moving.
    pub async fn handle(&self, step: HoldStep) -> Result<StartInput, Fault> {
        let (input, run) = (step.request, HoldRun::of_execution(&step.run));
        let mut lines = Vec::with_capacity(input.dishes.len());
        let mut recipes = Vec::with_capacity(input.dishes.len());
        for (index, wanted) in input.dishes.iter().enumerate() {
            let dish = self
                .dishes
                .get(&wanted.dish_id)
                .await?
                .ok_or_else(|| Refusal::NotFound {
                    what: "dish".to_owned(),
                    field: Some(format!("lines[{index}].dishId")),
                })?;
            recipes.push((dish.recipe, wanted.quantity));
            lines.push(Line {
                thing: Thing::Dish {
                    dish_id: dish.dish_id,
                },
                title: dish.name,
                quantity: wanted.quantity,
                price_minor: dish.price_minor,
            });
        }
        let needed = ingredients_of(recipes.iter().map(|(recipe, quantity)| (recipe, *quantity)))
            .ok_or_else(|| Refusal::invalid("lines", "more ingredients than can be counted"))?;
        for _ in 0..TRIES_MAX {
            let kitchen = self.ledgers.head(Place::Kitchen).await?;
            let now = self.clock.now();
            let decision = Order::place_dishes(
                self.new_order(&input, &run, lines.clone()),
                &needed,
                &kitchen,
                now,
            )?;
            match self.orders.commit(&decision).await {
                Ok(()) => return Ok(decision.after.start_input(now)),
                Err(CommitError::OrderMoved) => return self.held_before(&input, &run).await,
                Err(CommitError::TooManyHolds) => {
                    return Err(Refusal::TooManyHolds { holds_max: HOLDS_MAX }.into());
                }
                Err(CommitError::LedgerMoved | CommitError::Contended) => {}
                Err(CommitError::Stock(refusal)) => {
                    return Err(Fault::Defect(format!(
                        "a dish order was refused a ticket: {refusal:?}"
                    )));
                }
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::Transient("the kitchen's ledger kept moving".to_owned()))
    }

    fn new_order(&self, input: &HoldRequest, run: &HoldRun, lines: Vec<Line>) -> NewOrder {
        NewOrder {
            order_id: input.order_id.clone(),
            user_id: input.user_id.clone(),
            lines,
            currency: self.currency.clone(),
            hold_ttl_s: self.hold_ttl_s,
            device_id: None,
            request_fingerprint: input.request_fingerprint.clone(),
            run: run.clone(),
        }
    }

    /// The same request was carried out before: the same answer. Another request with this id is refused.
    async fn held_before(&self, input: &HoldRequest, run: &HoldRun) -> Result<StartInput, Fault> {
        domain::checkout::held_before(&*self.orders, &*self.clock, input, run).await
    }
}
