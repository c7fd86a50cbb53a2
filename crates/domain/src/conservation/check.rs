//! One run: read every row, find suspects, read those again, and report.

use super::inventory::Shelves;
use super::orders::{Found, OrderSays, TicketSays, of_order, of_ticket};
use super::read::{Counted, Reader};
use super::supplies::{moved_for, of_supply, supply_of};
use super::{Difference, LookedAt, Report, SUSPECTS_MAX, TRIES_MAX};
use crate::fault::Fault;
use crate::ids::{OrderId, SupplyId, TicketId, UserId};
use crate::ledger::Place;
use crate::money_ledger::MoneyMovement;
use crate::ports::{AllRows, Clock, Ledgers, Money, Orders, Products, Supplies, Tickets};
use crate::supply::{Supply, SupplyStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a run reads.
#[derive(Clone)]
pub struct Sources {
    /// Every row.
    pub rows: Arc<dyn AllRows>,
    /// One order.
    pub orders: Arc<dyn Orders>,
    /// One ticket.
    pub tickets: Arc<dyn Tickets>,
    /// One supply request.
    pub supplies: Arc<dyn Supplies>,
    /// The ledgers.
    pub ledgers: Arc<dyn Ledgers>,
    /// Products and their shards.
    pub products: Arc<dyn Products>,
    /// The ledger of money.
    pub money: Arc<dyn Money>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Checks everything, within `limit_s` seconds.
///
/// # Errors
/// [`Fault::Transient`] when there is more to read than the time allows; what the ports report.
pub async fn check(sources: &Sources, limit_s: u32) -> Result<Report, Fault> {
    let at = sources.clock.now();
    let mut run = Run {
        reader: Reader::new(sources, at, limit_s),
        kitchen: Counted::new(Place::Kitchen),
        warehouse: Counted::new(Place::Warehouse),
        orders: BTreeMap::new(),
        tickets: BTreeMap::new(),
        tickets_of: BTreeMap::new(),
        supplies: BTreeMap::new(),
        listed_by: BTreeMap::new(),
        shelves: Shelves::default(),
        money: BTreeMap::new(),
        looked_at: LookedAt::default(),
    };
    run.read().await?;
    let (mut differences, unsettled) = run.settle().await?;
    let checks = run.summary(&mut differences);
    let took_ms = u64::try_from(sources.clock.now().as_ms() - at.as_ms()).unwrap_or_default();
    Ok(Report::of(
        (at, took_ms),
        run.looked_at,
        checks,
        differences,
        unsettled,
    ))
}

/// What one run knows.
pub(super) struct Run<'a> {
    reader: Reader<'a>,
    pub(super) kitchen: Counted,
    pub(super) warehouse: Counted,
    pub(super) orders: BTreeMap<OrderId, OrderSays>,
    /// Those that are held or sold, or claimed although they are free.
    pub(super) tickets: BTreeMap<TicketId, TicketSays>,
    /// The tickets that name an order.
    tickets_of: BTreeMap<OrderId, BTreeSet<TicketId>>,
    supplies: BTreeMap<SupplyId, Supply>,
    /// The buyers whose set of live holds names an order.
    listed_by: BTreeMap<OrderId, BTreeSet<UserId>>,
    pub(super) shelves: Shelves,
    pub(super) money: BTreeMap<OrderId, Vec<MoneyMovement>>,
    pub(super) looked_at: LookedAt,
}

impl Run<'_> {
    /// Every row of everything, once.
    async fn read(&mut self) -> Result<(), Fault> {
        let reader = self.reader;
        reader.read_ledger(&mut self.kitchen).await?;
        reader.read_ledger(&mut self.warehouse).await?;
        let rows = &*reader.sources.rows;
        let seen = &mut self.looked_at;
        seen.supplies = reader
            .every(&|after| rows.supplies(after), |supply| {
                self.supplies.insert(supply.supply_id.clone(), supply);
            })
            .await?;
        seen.tickets = reader
            .every(&|after| rows.tickets(after), |ticket| {
                let says = TicketSays::from(&ticket);
                if let Some((order_id, _, _)) = &says.hold {
                    let named = self.tickets_of.entry(order_id.clone()).or_default();
                    named.insert(ticket.ticket_id.clone());
                }
                // A free ticket says nothing of any order, and there may be very many of them.
                if says.hold.is_some() || of_ticket(&ticket.ticket_id, &says).is_some() {
                    self.tickets.insert(ticket.ticket_id, says);
                }
            })
            .await?;
        seen.holders = reader
            .every(&|after| rows.holders(after), |holder| {
                for order_id in holder.live_orders {
                    let listed = self.listed_by.entry(order_id).or_default();
                    listed.insert(holder.user_id.clone());
                }
            })
            .await?;
        let mut stocked = Vec::new();
        reader
            .every(&|after| rows.products(after), |product| {
                // One whose inventory was never set has no shards, and there may be very many of them.
                if product.shards_ever > 0 {
                    stocked.push(product.product_id);
                }
            })
            .await?;
        for product_id in &stocked {
            self.shelves.read(reader, product_id).await?;
        }
        for row in reader.every_money().await? {
            seen.money += 1;
            self.money.entry(row.order_id.clone()).or_default().push(row);
        }
        seen.orders = reader
            .every(&|after| rows.orders(after), |order| {
                self.orders.insert(order.order_id.clone(), (&order).into());
            })
            .await?;
        Ok(())
    }

    /// What the first pass knows of an order's things.
    fn found(&self, order_id: &OrderId, says: Option<&OrderSays>) -> Found {
        let own = says.into_iter().flat_map(|says| &says.tickets);
        let named = self.tickets_of.get(order_id).into_iter().flatten();
        let tickets = own.chain(named).filter_map(|ticket_id| {
            let ticket = self.tickets.get(ticket_id)?;
            Some((ticket_id.clone(), ticket.clone()))
        });
        let needs = says.into_iter().flat_map(|says| says.needs.keys());
        let given = needs.filter_map(|item| {
            let supply = self.supplies.get(&SupplyId::of_order(order_id, item));
            Some((item.clone(), given(supply?)?))
        });
        Found {
            tickets: tickets.collect(),
            kitchen: self.kitchen.books.of_cause(order_id.as_str()),
            given: given.collect(),
            listed_by: self.listed_by.get(order_id).cloned().unwrap_or_default(),
            shelves: self.shelves.of_order(order_id),
            money: self.money.get(order_id).cloned().unwrap_or_default(),
        }
    }

    /// Orders about which the first pass found something that differs, whether there is such an order or not.
    fn suspected_orders(&self) -> Vec<OrderId> {
        let named = self
            .kitchen
            .books
            .causes()
            .filter_map(|cause| OrderId::parse(cause).ok());
        let mut all: BTreeSet<OrderId> = named.collect();
        all.extend(self.orders.keys().cloned());
        all.extend(self.tickets_of.keys().cloned());
        all.extend(self.listed_by.keys().cloned());
        all.extend(self.shelves.orders());
        all.extend(self.money.keys().cloned());
        all.retain(|order_id| {
            let says = self.orders.get(order_id);
            !of_order(order_id, says, &self.found(order_id, says)).is_empty()
        });
        all.into_iter().collect()
    }

    fn suspected_supplies(&self) -> Vec<SupplyId> {
        let books = &self.warehouse.books;
        let mut all: BTreeSet<SupplyId> = books.causes().filter_map(|cause| supply_of(cause)).collect();
        all.extend(self.supplies.keys().cloned());
        all.retain(|supply_id| {
            let says = self.supplies.get(supply_id);
            !of_supply(supply_id, says, &moved_for(books, supply_id)).is_empty()
        });
        all.into_iter().collect()
    }

    /// Reads every suspect again, and says what differs for certain, and how many never held still.
    async fn settle(&mut self) -> Result<(Vec<Difference>, u64), Fault> {
        let (orders, supplies) = (self.suspected_orders(), self.suspected_supplies());
        let mut differences = self.shelves.settle_shifts(self.reader).await?;
        let mut unsettled = 0;
        let beyond = |suspects: usize| suspects.saturating_sub(SUSPECTS_MAX);
        let beyond = beyond(orders.len()) + beyond(supplies.len());
        for order_id in orders.iter().take(SUSPECTS_MAX) {
            match self.settle_order(order_id).await? {
                Some(found) => differences.extend(found),
                None => unsettled += 1,
            }
        }
        for supply_id in supplies.iter().take(SUSPECTS_MAX) {
            match self.settle_supply(supply_id).await? {
                Some(found) => differences.extend(found),
                None => unsettled += 1,
            }
        }
        Ok((differences, unsettled + u64::try_from(beyond).unwrap_or(u64::MAX)))
    }

    /// What differs between an order and its things at one version of the order; `None` when it kept moving.
    async fn settle_order(&mut self, order_id: &OrderId) -> Result<Option<Vec<Difference>>, Fault> {
        let reader = self.reader;
        let Sources {
            rows,
            orders,
            tickets,
            supplies,
            money,
            ..
        } = reader.sources;
        for _ in 0..TRIES_MAX {
            reader.in_time()?;
            let order = orders.get(order_id).await?;
            let says = order.as_ref().map(OrderSays::from);
            reader.read_ledger(&mut self.kitchen).await?;
            let own = says.iter().flat_map(|says| &says.products);
            let named = self.shelves.products_of(order_id);
            for product_id in own.chain(named).cloned().collect::<BTreeSet<_>>() {
                self.shelves.read(reader, &product_id).await?;
            }
            let mut found = Found {
                kitchen: self.kitchen.books.of_cause(order_id.as_str()),
                shelves: self.shelves.of_order(order_id),
                money: money.of_order(order_id).await?,
                ..Found::default()
            };
            let own = says.iter().flat_map(|says| &says.tickets);
            let named = self.tickets_of.get(order_id).into_iter().flatten();
            for ticket_id in own.chain(named).collect::<BTreeSet<_>>() {
                if let Some(ticket) = tickets.get(ticket_id).await? {
                    found.tickets.insert(ticket_id.clone(), (&ticket).into());
                }
            }
            for item in says.iter().flat_map(|says| says.needs.keys()) {
                let supply = supplies.get(&SupplyId::of_order(order_id, item)).await?;
                if let Some(given) = supply.as_ref().and_then(given) {
                    found.given.insert(item.clone(), given);
                }
            }
            let own = says.iter().map(|says| &says.user_id);
            let listed = self.listed_by.get(order_id).into_iter().flatten();
            for user_id in own.chain(listed).collect::<BTreeSet<_>>() {
                if rows.holder(user_id).await?.live_orders.contains(order_id) {
                    found.listed_by.insert(user_id.clone());
                }
            }
            let again = orders.get(order_id).await?;
            if again.map(|order| order.version) == says.as_ref().map(|says| says.version) {
                return Ok(Some(of_order(order_id, says.as_ref(), &found)));
            }
        }
        Ok(None)
    }

    /// The same for a supply request and the warehouse.
    async fn settle_supply(&mut self, supply_id: &SupplyId) -> Result<Option<Vec<Difference>>, Fault> {
        let reader = self.reader;
        let supplies = &reader.sources.supplies;
        for _ in 0..TRIES_MAX {
            reader.in_time()?;
            let supply = supplies.get(supply_id).await?;
            reader.read_ledger(&mut self.warehouse).await?;
            let moved = moved_for(&self.warehouse.books, supply_id);
            let again = supplies.get(supply_id).await?;
            if again.map(|supply| supply.version) == supply.as_ref().map(|supply| supply.version) {
                return Ok(Some(of_supply(supply_id, supply.as_ref(), &moved)));
            }
        }
        Ok(None)
    }
}

/// What has left the warehouse for the order.
fn given(supply: &Supply) -> Option<u32> {
    (supply.status == SupplyStatus::Given).then_some(supply.wanted)
}
