//! Carrying out what a device has decided: the order is placed, paid and followed to its end.
//!
//! Whoever takes a reading does it at once; `reorder-products` does it for whoever died on the way. Both may do it at the
//! same time: the order has one id, holding is done once under an id, and only one of them closes the reorder.

use super::{DeviceStock, Ending, Reorder, StockWrite};
use crate::checkout::{begin_payment, wake};
use crate::fault::Fault;
use crate::ids::{DeviceId, IdempotencyKey, ProductId, fingerprint};
use crate::order::{Kind, Order, Status};
use crate::payment::{AttemptStatus, CardToken};
use crate::ports::{
    Clock, DeviceError, Devices, HoldAnswer, HoldRequest, Orders, PaymentMethods, PaymentProvider,
    WantedProduct, Workflows, decide_and_commit,
};
use crate::refusal::Refusal;
use crate::truth::ask_before_release;
use std::sync::Arc;

/// Reads and decisions per call before the caller is told that the row kept moving.
const TRIES_MAX: u32 = 30;
/// Reorders that one call follows: the one it finds, and the one that is due when that turns out to have ended.
const ROUNDS_MAX: u32 = 2;
/// Holds that one call asks for. A hold may take nearly as long as whoever calls may ([`Workflows::hold_order`]); what is
/// decided after one is carried out by the next look.
const HOLDS_MAX: u32 = 1;

/// Where the reorder that was followed stands.
enum Progress {
    /// Its order is on its way.
    UnderWay,
    /// It has ended.
    Over(Ending),
}

/// What carries out reorders.
#[derive(Clone)]
pub struct Reorders {
    /// Devices and their stock.
    pub devices: Arc<dyn Devices>,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// Is asked before anything is released.
    pub provider: Arc<dyn PaymentProvider>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What orders are charged to.
    pub payment_methods: Arc<dyn PaymentMethods>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Reorders {
    /// Takes a reading, which the device may have given a name; if too little is left, the same write decides an order. Carrying that out is
    /// [`Reorders::carry_out`].
    ///
    /// # Errors
    /// [`Refusal::ProductNotWatched`]; what the ports report.
    pub async fn measure(
        &self,
        device_id: &DeviceId,
        product_id: &ProductId,
        quantity: u32,
        name: Option<&IdempotencyKey>,
    ) -> Result<DeviceStock, Fault> {
        let not_watched = || Refusal::ProductNotWatched {
            product_id: product_id.clone(),
        };
        let row = self.devices.stock(device_id, product_id).await?;
        let owner_id = row.ok_or_else(not_watched)?.owner_id;
        let can_pay = self.payment_methods.get(&owner_id).await?.is_some();
        decide_and_restock(&*self.devices, device_id, product_id, &|row| {
            row.measure(quantity, name, can_pay, self.clock.now())
        })
        .await
    }

    /// Looks at a row that is due: decides an order if one is needed by now, and carries out what was decided. Safe to
    /// repeat.
    ///
    /// # Errors
    /// What the ports report.
    pub async fn look(
        &self,
        device_id: &DeviceId,
        product_id: &ProductId,
    ) -> Result<Option<DeviceStock>, Fault> {
        let Some(row) = self.devices.stock(device_id, product_id).await? else {
            return Ok(None);
        };
        // The index may lag behind the row.
        if row.due_at.is_none_or(|due_at| self.clock.now() < due_at) {
            return Ok(None);
        }
        let can_pay = self.payment_methods.get(&row.owner_id).await?.is_some();
        let row = decide_and_restock(&*self.devices, device_id, product_id, &|row| {
            Ok(row.look(can_pay, self.clock.now()))
        })
        .await?;
        let row = self.carry_out(row).await?;
        if row.reorder.is_none() {
            return Ok(Some(row));
        }
        self.put_off(device_id, product_id).await.map(Some)
    }

    /// Puts a row behind the others, so that one that cannot be helped does not stand in their way.
    ///
    /// # Errors
    /// What the ports report.
    pub async fn put_off(&self, device_id: &DeviceId, product_id: &ProductId) -> Result<DeviceStock, Fault> {
        decide_and_restock(&*self.devices, device_id, product_id, &|row| {
            Ok(row.due_at.map(|_| row.put_off(self.clock.now())))
        })
        .await
    }

    /// Places and pays the order of the row's open reorder, as far as that is not done yet, and closes the reorder if its
    /// order has ended. At most one hold is asked for, however many reorders end meanwhile. Safe to repeat. Returns the row
    /// as it stands.
    ///
    /// # Errors
    /// What the ports report; the reorder stays open and is looked after.
    pub async fn carry_out(&self, mut row: DeviceStock) -> Result<DeviceStock, Fault> {
        let mut holds = 0;
        for _ in 0..ROUNDS_MAX {
            let Some(reorder) = row.reorder.clone() else {
                return Ok(row);
            };
            let card = self.payment_methods.get(&row.owner_id).await?;
            let card = card.map(|method| method.card);
            let ending = match self.advance(&row, &reorder, card.as_ref(), &mut holds).await? {
                Progress::UnderWay => return Ok(row),
                Progress::Over(ending) => ending,
            };
            let close =
                |row: &DeviceStock| Ok(row.close(reorder.number, &ending, card.is_some(), self.clock.now()));
            row = decide_and_restock(&*self.devices, &row.device_id, &row.product_id, &close).await?;
        }
        Ok(row)
    }

    async fn advance(
        &self,
        row: &DeviceStock,
        reorder: &Reorder,
        card: Option<&CardToken>,
        holds: &mut u32,
    ) -> Result<Progress, Fault> {
        let order = match self.orders.get(&reorder.order_id).await? {
            Some(order) => order,
            // Held and never paid it would only keep others from buying.
            None if card.is_none() => {
                return Ok(Progress::Over(Ending::NotPlaced(Refusal::NoPaymentMethod)));
            }
            None if *holds >= HOLDS_MAX => return Ok(Progress::UnderWay),
            None => {
                *holds += 1;
                match self.workflows.hold_order(&request(row, reorder)).await? {
                    HoldAnswer::Held => {
                        let order = self.orders.get(&reorder.order_id).await?;
                        order.ok_or_else(|| {
                            Fault::Defect(format!("{} was held and is not there", reorder.order_id))
                        })?
                    }
                    HoldAnswer::Refused(refusal) => return Ok(Progress::Over(Ending::NotPlaced(refusal))),
                }
            }
        };
        if order.status.is_end() {
            return Ok(ending_of(&order).map_or(Progress::UnderWay, Progress::Over));
        }
        if let Some(card) = card.filter(|card| awaits(&order, card)) {
            self.pay(&order, card).await?;
        } else if is_in_vain(&order) {
            return self.give_up(&order).await;
        }
        Ok(Progress::UnderWay)
    }

    /// Cancels an order that nothing will pay, so that what it holds is free for others and its place among its owner's
    /// unpaid orders too. Where somebody was faster, it goes on as it is.
    async fn give_up(&self, order: &Order) -> Result<Progress, Fault> {
        ask_before_release(&*self.orders, &*self.provider, &*self.clock, &order.order_id).await?;
        // Decided anew on what is there now: its owner may be paying it with another card.
        let cancel = |order: &Order| {
            if order.status == Status::Cancelled || is_in_vain(order) {
                return order.cancel(self.clock.now());
            }
            Err(Refusal::OrderBeingPaid {
                order_id: order.order_id.clone(),
            }
            .into())
        };
        match decide_and_commit(&*self.orders, &order.order_id, &cancel).await {
            Ok(cancelled) => {
                // Cancelled is cancelled; whoever waits finds out by itself if the message is lost.
                wake(&*self.workflows, &cancelled).await.ok();
                Ok(ending_of(&cancelled).map_or(Progress::UnderWay, Progress::Over))
            }
            Err(Fault::Refused(_)) => Ok(Progress::UnderWay),
            Err(fault) => Err(fault),
        }
    }

    async fn pay(&self, order: &Order, card: &CardToken) -> Result<(), Fault> {
        let (orders, workflows, clock) = (&*self.orders, &*self.workflows, &*self.clock);
        match begin_payment(orders, workflows, clock, &order.order_id, card).await {
            // Somebody was faster, or time was: what becomes of the order is seen next time.
            Ok(_) | Err(Fault::Refused(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// Whether the order waits for this card: no card was tried yet, or a declined one has been replaced since. The same card
/// is not tried twice from here; passing declines are tried again by the order's own workflow.
fn awaits(order: &Order, card: &CardToken) -> bool {
    let latest = order.attempts.last();
    order.status == Status::Held
        && order.retry_at.is_none()
        && latest.is_none_or(|attempt| attempt.card != *card)
}

/// Whether it is held though its card was declined for good. Another card is asked for first ([`awaits`]).
fn is_in_vain(order: &Order) -> bool {
    order.status == Status::Held
        && order.retry_at.is_none()
        && order
            .attempts
            .last()
            .is_some_and(|attempt| attempt.status == AttemptStatus::Declined && !attempt.retryable)
}

/// How the reorder of an order that has ended came out; `None` while late money may still bring the order back.
fn ending_of(order: &Order) -> Option<Ending> {
    if order.events.iter().any(|event| event.status == Status::Completed) {
        return Some(Ending::Delivered);
    }
    order.due_at.is_none().then(|| {
        Ending::Failed(Refusal::OrderEnded {
            order_id: order.order_id.clone(),
            status: order.status,
        })
    })
}

/// The request to hold it. Its fingerprint names the reorder and nothing else: of two who carry it out, one may have read an
/// older quantity, and both mean this order.
fn request(row: &DeviceStock, reorder: &Reorder) -> HoldRequest {
    HoldRequest {
        order_id: reorder.order_id.clone(),
        user_id: row.owner_id.clone(),
        kind: Kind::Product,
        tickets: Vec::new(),
        dishes: Vec::new(),
        products: vec![WantedProduct {
            product_id: row.product_id.clone(),
            quantity: reorder.quantity,
            version: None,
            max_price_minor: Some(reorder.max_price_minor),
        }],
        device_id: Some(row.device_id.clone()),
        request_fingerprint: fingerprint(&["reorder", reorder.order_id.as_str()]),
    }
}

/// Reads the row, asks `decide` for what it is to become and writes that under the version that was read; on a race, again
/// from the read. `decide` answers `None` when there is nothing to write. Returns the row as it stands afterwards.
///
/// # Errors
/// What `decide` refuses; [`Refusal::NotFound`] without a row; [`Fault::Transient`] when the race goes on.
pub async fn decide_and_restock(
    devices: &dyn Devices,
    device_id: &DeviceId,
    product_id: &ProductId,
    decide: &(dyn Fn(&DeviceStock) -> Result<Option<DeviceStock>, Refusal> + Send + Sync),
) -> Result<DeviceStock, Fault> {
    for _ in 0..TRIES_MAX {
        let row = devices.stock(device_id, product_id).await?;
        let row = row.ok_or_else(|| Refusal::not_found("stock of that product"))?;
        let Some(after) = decide(&row)? else {
            return Ok(row);
        };
        let write = StockWrite {
            before: Some(row.version),
            after,
        };
        match devices.restock(&write).await {
            Ok(()) => return Ok(write.after),
            Err(DeviceError::Moved) => {}
            Err(DeviceError::Fault(fault)) => return Err(fault),
        }
    }
    Err(Fault::Transient(format!(
        "stock of {product_id} at {device_id} kept moving"
    )))
}
