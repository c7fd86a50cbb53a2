//! Keeping an inventory: read, decide, commit under the condition that nothing moved, and again if it did.
//!
//! Nothing is waited for between two tries. Of those who meet at one shard one gets through each time, so everybody
//! does after some; who does not is told that it is busy, with nothing changed.

use super::{next_transfer, transfer_for};
use crate::fault::Fault;
use crate::ids::{ProductId, UserId};
use crate::ports::{Clock, ProductError, Products};
use crate::product::{ProductDecision, Stocked};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

/// Reads and decisions per call before the caller is told that it is busy.
pub const TRIES_MAX: u32 = 30;
/// Reads per call until product and shards are of one edit.
const WHOLE_TRIES_MAX: u32 = 10;
/// Transfers that one levelling tries. Without others in between fewer than there are shards are needed.
const TRANSFERS_MAX: u32 = 48;
/// Lost races after which an adjustment goes to half as many shards.
const LOST_BEFORE_NARROWER: u32 = 3;

/// An inventory that is to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetInventory {
    /// Of what.
    pub product_id: ProductId,
    /// Who asks; only the owner may.
    pub by: UserId,
    /// How many there are.
    pub quantity: u32,
    /// Into how many shards they go, 1 to [`super::SHARDS_MAX`].
    pub shards: u8,
    /// The name under which this is done once (see [`super::once_of`]).
    pub once: String,
}

/// What came in or is to be taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Of what.
    pub product_id: ProductId,
    /// Who asks; only the owner may.
    pub by: UserId,
    /// How many: came in above zero, taken out below.
    pub delta: i32,
    /// Why, 1 to [`super::REASON_MAX`] characters.
    pub reason: String,
    /// The name under which this is done once (see [`super::once_of`]).
    pub once: String,
}

/// Tells whether what was read was so at one moment.
///
/// Shards are read one after the other. Two reads that find every shard at the same number and under the same terms
/// prove that all of them stood so between the end of the first and the start of the second: numbers never come back.
/// Only then "not enough" is a fact; before, stock may have moved from a shard not yet read to one already read.
#[derive(Clone, Debug, Default)]
pub struct DoubleCollect(Option<Stocked>);

impl DoubleCollect {
    /// Whether this read equals the one before it.
    #[must_use]
    pub fn confirms(&mut self, read: &Stocked) -> bool {
        let is_same = self.0.as_ref() == Some(read);
        self.0 = Some(read.clone());
        is_same
    }
}

/// The product and its shards as of one edit; `None` when there is no such product.
///
/// # Errors
/// What the port reports; [`Fault::Transient`] when it kept being edited.
pub async fn read_whole(products: &dyn Products, product_id: &ProductId) -> Result<Option<Stocked>, Fault> {
    for _ in 0..WHOLE_TRIES_MAX {
        match products.stocked(product_id).await? {
            Some(stocked) if !stocked.is_whole() => {}
            found => return Ok(found),
        }
    }
    Err(kept_moving(product_id))
}

/// Sets the inventory, once. The same request again finds it done. Returns what there is afterwards.
///
/// # Errors
/// What [`Stocked::set`] refuses; [`Refusal::NotFound`], [`Refusal::NotYours`]; [`Fault::Transient`] when it kept
/// moving.
pub async fn set(products: &dyn Products, clock: &dyn Clock, wish: &SetInventory) -> Result<Stocked, Fault> {
    let decide = |stocked: &Stocked, _: u32, now: Timestamp| {
        let decision = stocked.set(wish.quantity, wish.shards, &wish.once, now)?;
        Ok(Some(decision))
    };
    decide_and_keep(
        products,
        clock,
        (&wish.product_id, &wish.by),
        Some(&wish.once),
        &decide,
    )
    .await
}

/// Adjusts the inventory, once. The same request again finds it done. Returns what there is afterwards.
///
/// # Errors
/// What [`Stocked::adjust`] refuses; [`Refusal::NotFound`], [`Refusal::NotYours`]; [`Fault::Transient`] when it kept
/// moving.
pub async fn adjust(
    products: &dyn Products,
    clock: &dyn Clock,
    adjustment: &Adjustment,
) -> Result<Stocked, Fault> {
    let decide = |stocked: &Stocked, lost: u32, now: Timestamp| {
        let Adjustment {
            delta, reason, once, ..
        } = adjustment;
        let breadth = stocked.product.shards >> (lost / LOST_BEFORE_NARROWER).min(7);
        match stocked.adjust(*delta, reason, once, breadth, now) {
            // So much does not fit into so few: then it has to go to all of them.
            Err(Refusal::InvalidInput { .. }) if breadth < stocked.product.shards => stocked
                .adjust(*delta, reason, once, stocked.product.shards, now)
                .map(Some),
            adjusted => adjusted.map(Some),
        }
    };
    let (product_id, by) = (&adjustment.product_id, &adjustment.by);
    decide_and_keep(products, clock, (product_id, by), Some(&adjustment.once), &decide).await
}

/// Opens so many shards to new stock, and levels out what there is as far as others let it. Returns what there is
/// afterwards.
///
/// # Errors
/// What [`Stocked::open`] refuses; [`Refusal::NotFound`], [`Refusal::NotYours`]; [`Fault::Transient`] when it kept
/// moving.
pub async fn open(
    products: &dyn Products,
    clock: &dyn Clock,
    product_id: &ProductId,
    by: &UserId,
    shards: u8,
) -> Result<Stocked, Fault> {
    let decide = |stocked: &Stocked, _: u32, now: Timestamp| stocked.open(shards, now);
    decide_and_keep(products, clock, (product_id, by), None, &decide).await?;
    level(products, clock, product_id).await
}

/// Moves free stock until it lies evenly in the shards that are open, or until enough was tried: what is left uneven is
/// sold all the same. Returns what there is afterwards.
///
/// # Errors
/// [`Refusal::NotFound`], and what the port reports.
pub async fn level(
    products: &dyn Products,
    clock: &dyn Clock,
    product_id: &ProductId,
) -> Result<Stocked, Fault> {
    let next = |stocked: &Stocked| next_transfer(&stocked.shards, stocked.product.shards);
    transfer(products, clock, product_id, &next).await
}

/// Draws free stock together until one shard has so much by itself, or all that is free, or until enough was tried.
/// Returns what there is afterwards.
///
/// # Errors
/// [`Refusal::NotFound`], and what the port reports.
pub async fn draw_together(
    products: &dyn Products,
    clock: &dyn Clock,
    product_id: &ProductId,
    quantity: u32,
) -> Result<Stocked, Fault> {
    let next = |stocked: &Stocked| transfer_for(&stocked.shards, quantity);
    transfer(products, clock, product_id, &next).await
}

async fn transfer(
    products: &dyn Products,
    clock: &dyn Clock,
    product_id: &ProductId,
    next: &(dyn Fn(&Stocked) -> Option<super::Transfer> + Send + Sync),
) -> Result<Stocked, Fault> {
    let mut stocked = found(products, product_id).await?;
    for _ in 0..TRANSFERS_MAX {
        let Some(decision) = next(&stocked).and_then(|transfer| transfer.decide(clock.now())) else {
            break;
        };
        match products.commit(&decision).await {
            Ok(()) | Err(ProductError::Moved) => {}
            Err(ProductError::DoneBefore) => return Err(done_without_name(product_id)),
            Err(ProductError::Fault(fault)) => return Err(fault),
        }
        stocked = found(products, product_id).await?;
    }
    Ok(stocked)
}

/// What is to be done about what was read, after so many lost races; `None` when it is done already.
type Decide<'a> =
    dyn Fn(&Stocked, u32, Timestamp) -> Result<Option<ProductDecision>, Refusal> + Send + Sync + 'a;

async fn decide_and_keep(
    products: &dyn Products,
    clock: &dyn Clock,
    (product_id, by): (&ProductId, &UserId),
    once: Option<&str>,
    decide: &Decide<'_>,
) -> Result<Stocked, Fault> {
    let mut collect = DoubleCollect::default();
    for lost in 0..TRIES_MAX {
        let stocked = found(products, product_id).await?;
        stocked.product.check_owner(by)?;
        let decision = match decide(&stocked, lost, clock.now()) {
            Ok(Some(decision)) => decision,
            Ok(None) => return Ok(stocked),
            Err(Refusal::NotEnoughAvailable { .. }) if !collect.confirms(&stocked) => continue,
            Err(refusal) => {
                // Whoever repeats a request that was carried out finds what it did.
                return match once {
                    Some(once) if products.was_done(once).await? => Ok(stocked),
                    _ => Err(refusal.into()),
                };
            }
        };
        match products.commit(&decision).await {
            Ok(()) | Err(ProductError::DoneBefore) => return found(products, product_id).await,
            Err(ProductError::Moved) => {}
            Err(ProductError::Fault(fault)) => return Err(fault),
        }
    }
    Err(kept_moving(product_id))
}

async fn found(products: &dyn Products, product_id: &ProductId) -> Result<Stocked, Fault> {
    let stocked = read_whole(products, product_id).await?;
    stocked.ok_or_else(|| Refusal::not_found("product").into())
}

fn kept_moving(product_id: &ProductId) -> Fault {
    Fault::Transient(format!("the inventory of {product_id} kept moving"))
}

fn done_without_name(product_id: &ProductId) -> Fault {
    Fault::Defect(format!(
        "a transfer of {product_id} was done before, without a name"
    ))
}
