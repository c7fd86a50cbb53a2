//! `ReserveProducts`: holds every product in full, or none. Undone by `ReleaseProducts`.
//!
//! What is held depends on the shards that were read and on their terms, which are the price; so the write has the
//! condition that both are still the same. If they are not, everything is decided anew, from another shard if it can be.

use domain::inventory::{Asked, DoubleCollect, Holding, TRIES_MAX, draw_together, hold, luck_of, read_whole};
use domain::order::{HOLDS_MAX, NewOrder, StartInput};
use domain::ports::{Clock, CommitError, HoldRequest, HoldStep, Orders, Products};
use domain::{Currency, Decision, Fault, HoldRun, PriceMinor, ProductId, Refusal, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// What the step needs.
#[derive(Clone)]
pub struct ReserveProducts {
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Products with their inventory.
    pub products: Arc<dyn Products>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// The currency of every price.
    pub currency: Currency,
}

/// One product of a request: where it was asked for first, and how many in all.
struct Wanted<'a> {
    index: usize,
    product_id: &'a ProductId,
    quantity: u32,
    seen: Option<u32>,
    max_price_minor: Option<PriceMinor>,
}

/// What one try came to.
enum Try {
    /// Everything is held.
    Held(Box<Decision>, Timestamp),
    /// An order of this id is there.
    OrderIsThere,
    /// Lost a race, or was not sure yet.
    Again,
}

impl ReserveProducts {
    /// Holds everything.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] naming the line of a product that is unknown or withdrawn, [`Refusal::ProductUnavailable`],
    /// [`Refusal::PriceAboveLimit`], [`Refusal::OutOfStock`], [`Refusal::TooManyHolds`], [`Refusal::InvalidInput`] when the sum is more than money or
    /// stock can say, [`Refusal::OrderAlreadyExists`] when the id belongs to another request; [`Fault::Transient`]
    /// when the inventory kept moving.
    pub async fn handle(&self, step: HoldStep) -> Result<StartInput, Fault> {
        let (input, run) = (step.request, HoldRun::of_execution(&step.run));
        let wanted = summed(&input)?;
        let mut short = HashMap::new();
        for attempt in 0..TRIES_MAX {
            match self.attempt(&input, &run, &wanted, attempt, &mut short).await {
                Ok(Try::Held(decision, now)) => return Ok(decision.after.start_input(now)),
                Ok(Try::OrderIsThere) => return self.held_before(&input, &run).await,
                Ok(Try::Again) => {}
                // Whoever repeats a request that was carried out must not be refused for what it took itself.
                Err(Fault::Refused(refusal)) => {
                    return match self.orders.get(&input.order_id).await? {
                        Some(_) => self.held_before(&input, &run).await,
                        None => Err(refusal.into()),
                    };
                }
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::Transient("the inventory kept moving".to_owned()))
    }

    async fn attempt(
        &self,
        input: &HoldRequest,
        run: &HoldRun,
        wanted: &[Wanted<'_>],
        attempt: u32,
        short: &mut HashMap<ProductId, DoubleCollect>,
    ) -> Result<Try, Fault> {
        let asked = self.read(wanted).await?;
        let now = self.clock.now();
        let luck = luck_of(&input.order_id, attempt);
        let decision = match hold(self.new_order(input, run), &asked, luck, now) {
            Ok(Holding::Held(decision)) => decision,
            Ok(Holding::Scattered { product_id, quantity }) => {
                draw_together(&*self.products, &*self.clock, &product_id, quantity).await?;
                return Ok(Try::Again);
            }
            Err(Refusal::OutOfStock {
                product_id,
                wanted,
                available,
            }) => {
                let of_it = |asked: &&Asked| asked.stocked.product.product_id == product_id;
                let collect = short.entry(product_id.clone()).or_default();
                if asked
                    .iter()
                    .find(of_it)
                    .is_some_and(|asked| !collect.confirms(&asked.stocked))
                {
                    return Ok(Try::Again);
                }
                return Err(Refusal::OutOfStock {
                    product_id,
                    wanted,
                    available,
                }
                .into());
            }
            Err(refusal) => return Err(refusal.into()),
        };
        match self.orders.commit(&decision).await {
            Ok(()) => Ok(Try::Held(decision, now)),
            Err(CommitError::OrderMoved) => Ok(Try::OrderIsThere),
            Err(CommitError::LedgerMoved | CommitError::Contended) => Ok(Try::Again),
            Err(CommitError::TooManyHolds) => Err(Refusal::TooManyHolds { holds_max: HOLDS_MAX }.into()),
            Err(CommitError::Stock(refusal)) => Err(Fault::Defect(format!(
                "an order of products was refused a ticket: {refusal:?}"
            ))),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    async fn read(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Asked>, Fault> {
        let mut asked = Vec::with_capacity(wanted.len());
        for Wanted {
            index,
            product_id,
            quantity,
            seen,
            max_price_minor,
        } in wanted
        {
            let stocked = read_whole(&*self.products, product_id).await?;
            let stocked = stocked
                .filter(|stocked| stocked.product.is_listed())
                .ok_or_else(|| Refusal::NotFound {
                    what: "product".to_owned(),
                    field: Some(format!("lines[{index}].productId")),
                })?;
            asked.push(Asked {
                stocked,
                quantity: *quantity,
                seen: *seen,
                max_price_minor: *max_price_minor,
            });
        }
        Ok(asked)
    }

    fn new_order(&self, input: &HoldRequest, run: &HoldRun) -> NewOrder {
        NewOrder {
            order_id: input.order_id.clone(),
            user_id: input.user_id.clone(),
            lines: Vec::new(),
            currency: self.currency.clone(),
            hold_ttl_s: self.hold_ttl_s,
            device_id: input.device_id.clone(),
            request_fingerprint: input.request_fingerprint.clone(),
            run: run.clone(),
        }
    }

    /// The same request was carried out before: the same answer. Another request with this id is refused.
    async fn held_before(&self, input: &HoldRequest, run: &HoldRun) -> Result<StartInput, Fault> {
        domain::checkout::held_before(&*self.orders, &*self.clock, input, run).await
    }
}

/// Each product once, in the order in which they were asked for first.
fn summed(input: &HoldRequest) -> Result<Vec<Wanted<'_>>, Refusal> {
    let mut summed: Vec<Wanted<'_>> = Vec::with_capacity(input.products.len());
    for (index, asked) in input.products.iter().enumerate() {
        if asked.quantity == 0 {
            let field = format!("lines[{index}].quantity");
            return Err(Refusal::invalid(field, "Order at least 1."));
        }
        let same = summed
            .iter_mut()
            .find(|wanted| *wanted.product_id == asked.product_id);
        let Some(same) = same else {
            summed.push(Wanted {
                index,
                product_id: &asked.product_id,
                quantity: asked.quantity,
                seen: asked.version,
                max_price_minor: asked.max_price_minor,
            });
            continue;
        };
        // Whichever says less: one order has one price of it.
        let limits = same.max_price_minor.iter().chain(&asked.max_price_minor);
        same.max_price_minor = limits.min().copied();
        let sum = same.quantity.checked_add(asked.quantity);
        same.quantity = sum.ok_or_else(|| {
            let field = format!("lines[{index}].quantity");
            Refusal::invalid(field, "This is more than can be counted.")
        })?;
    }
    Ok(summed)
}
