//! What every implementation of the ports keeps, whatever it stores things in.
//!
//! [`hold_for`] runs the whole contract against one set of ports; it needs an executor, but no database of its own.
//! It may run again and again over the same store: each [`Ports`] draws its ids from a seed, and no check counts on
//! being alone except where a list must be walked to its end, or a ledger must not move in between. Every run leaves
//! some two dozen ingredients of its own in the ledgers, which have room for 500.

mod catalogue;
mod devices;
mod dishes;
mod documents;
mod gathering;
mod inventory;
mod kitchen;
mod ledgers;
mod links;
mod live;
mod money;
mod orders;
mod people;
mod products;
mod races;
mod requests;
mod rows;
mod shards;
mod supplies;
mod tickets;

pub use products::Still;

use domain::order::{Line, NewOrder, Thing};
use domain::ports::{
    Accounts, AllRows, Devices, Dishes, Documents, Ledgers, Links, LiveConnections, Orders, PaymentMethods,
    Products, Reports, Requests, Sessions, Supplies, Tickets,
};
use domain::{
    Currency, Cursor, Decision, Fault, Order, OrderId, Page, PageRequest, PriceMinor, Refusal, Ruling,
    Ticket, TicketId, TicketState, Timestamp, UserId,
};
use reserve_products::ReserveProducts;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

/// The ports under test.
pub struct Ports<'a> {
    pub orders: &'a dyn Orders,
    pub tickets: &'a dyn Tickets,
    pub accounts: &'a dyn Accounts,
    pub sessions: &'a dyn Sessions,
    pub requests: &'a dyn Requests,
    pub documents: &'a dyn Documents,
    pub links: &'a dyn Links,
    pub connections: &'a dyn LiveConnections,
    pub dishes: &'a dyn Dishes,
    pub ledgers: &'a dyn Ledgers,
    pub supplies: &'a dyn Supplies,
    pub products: &'a dyn Products,
    pub devices: &'a dyn Devices,
    pub payment_methods: &'a dyn PaymentMethods,
    pub rows: &'a dyn AllRows,
    pub reports: &'a dyn Reports,
    /// Holds products, over these ports.
    pub reserve_products: &'a ReserveProducts,
    /// Makes the ids of this run its own.
    pub seed: u64,
}

/// Runs the whole contract; panics at the first promise that is not kept.
pub async fn hold_for(ports: &Ports<'_>) {
    orders::placing_holds_every_line(ports).await;
    orders::an_order_that_cannot_hold_one_line_holds_none(ports).await;
    orders::the_refused_ticket_is_shown_as_it_stood(ports).await;
    orders::a_decision_about_an_order_that_moved_writes_nothing(ports).await;
    orders::ending_gives_everything_back(ports).await;
    orders::completing_turns_claims_into_sales(ports).await;
    orders::an_older_hold_cannot_touch_a_ticket(ports).await;
    orders::a_buyer_has_so_many_live_holds_and_no_more(ports).await;
    orders::due_orders_are_found_until_they_end(ports).await;
    orders::a_buyers_orders_come_newest_first(ports).await;
    money::a_row_of_money_is_written_once(ports).await;
    money::a_returned_ticket_was_sold_to_its_own_order(ports).await;
    tickets::a_listing_can_be_repeated(ports).await;
    tickets::another_listing_under_the_same_id_is_refused(ports).await;
    tickets::an_edit_names_what_was_not_so(ports).await;
    tickets::only_what_was_never_held_can_be_deleted(ports).await;
    tickets::lists_lose_nothing_between_pages(ports).await;
    tickets::a_forged_cursor_is_refused(ports).await;
    people::an_address_has_one_account(ports).await;
    people::a_role_is_given_to_accounts_that_are_there(ports).await;
    people::sign_ins_are_counted_per_window(ports).await;
    people::an_ended_session_stays_ended(ports).await;
    requests::a_key_is_claimed_once(ports).await;
    requests::an_answer_is_given_again(ports).await;
    requests::a_claim_left_behind_is_free_after_a_minute(ports).await;
    requests::a_key_is_forgotten_after_a_day(ports).await;
    documents::a_document_changes_only_under_its_revision(ports).await;
    links::a_link_is_written_once_and_keeps_its_first_owner(ports).await;
    links::an_address_whose_id_is_taken_has_the_next(ports).await;
    links::a_link_that_is_taken_down_keeps_its_id_and_the_first_moment(ports).await;
    links::many_who_shorten_one_address_get_one_link(ports).await;
    links::where_every_id_is_taken_nothing_is_written(ports).await;
    live::a_connection_is_found_by_what_it_watches_and_by_its_user(ports).await;
    live::a_connection_that_is_forgotten_is_found_nowhere_and_watches_nothing(ports).await;
    live::an_audience_is_read_to_its_end_and_each_connection_once(ports).await;
    live::a_block_takes_so_many_and_no_more_until_one_leaves_or_is_over(ports).await;
    live::whoever_has_expired_watches_nothing_and_takes_no_place(ports).await;
    dishes::a_dish_can_be_put_on_the_menu_again(ports).await;
    dishes::the_menu_is_read_to_its_end(ports).await;
    ledgers::stock_is_booked_once_under_its_cause(ports).await;
    ledgers::stock_booked_at_one_moment_is_all_booked(ports).await;
    kitchen::a_dish_order_holds_exactly_what_there_is(ports).await;
    kitchen::an_order_that_finds_nothing_moves_nothing(ports).await;
    kitchen::of_two_decisions_from_one_head_one_is_late(ports).await;
    kitchen::an_order_that_moved_comes_before_its_ingredients(ports).await;
    kitchen::a_claim_that_is_not_there_is_a_defect(ports).await;
    kitchen::ending_frees_what_was_held(ports).await;
    kitchen::completing_serves_what_was_held(ports).await;
    kitchen::many_orders_hold_what_there_is_and_no_more(ports).await;
    gathering::what_arrives_is_booked_and_held_at_once(ports).await;
    gathering::what_arrives_too_late_is_free(ports).await;
    gathering::many_arrivals_are_all_booked(ports).await;
    supplies::a_request_takes_buys_and_gives(ports).await;
    supplies::of_two_decisions_about_one_request_one_is_late(ports).await;
    supplies::of_two_requests_at_one_head_one_is_late(ports).await;
    supplies::a_request_that_moved_comes_before_its_claim(ports).await;
    supplies::giving_up_frees_what_was_claimed_and_keeps_what_was_bought(ports).await;
    supplies::many_requests_share_what_there_is_and_no_more(ports).await;
    rows::every_row_is_read_once(ports).await;
    rows::rows_of_one_page_are_not_on_the_next(ports).await;
    rows::an_older_report_never_replaces_a_later_one(ports).await;
    ledgers::movements_have_no_gaps_and_add_up(ports).await;
    products::a_product_is_made_once_and_written_from_the_version_that_was_read(ports).await;
    catalogue::products_are_found_by_the_beginnings_of_all_wanted_words(ports).await;
    catalogue::products_of_a_category_come_newest_first_and_each_once(ports).await;
    catalogue::what_is_found_follows_each_write(ports).await;
    catalogue::a_page_goes_on_behind_what_has_gone(ports).await;
    catalogue::balances_are_told_of_what_has_an_inventory(ports).await;
    inventory::an_inventory_is_set_once(ports).await;
    inventory::an_inventory_of_nothing_is_set_all_the_same(ports).await;
    inventory::an_adjustment_is_booked_once(ports).await;
    inventory::shards_are_opened_and_closed_and_what_is_free_is_levelled(ports).await;
    products::an_order_of_products_holds_from_shards_and_ending_frees_them(ports).await;
    products::asking_the_supplier_sells_what_was_held_of_products(ports).await;
    products::a_hold_needs_the_number_and_the_terms_that_were_read(ports).await;
    products::an_edit_is_written_whatever_was_held_since(ports).await;
    products::a_claim_on_a_shard_that_is_not_there_is_a_defect(ports).await;
    products::what_was_sold_and_comes_back_is_free(ports).await;
    shards::a_hold_of_products_names_what_cannot_be_had(ports).await;
    shards::a_hold_of_products_that_is_repeated_is_answered_the_same(ports).await;
    shards::a_buyer_holds_products_up_to_the_cap(ports).await;
    shards::of_the_last_units_exactly_all_are_held(ports).await;
    shards::several_of_a_product_come_from_as_many_shards_as_it_takes(ports).await;
    shards::crossing_orders_of_products_hold_all_or_nothing(ports).await;
    shards::what_lies_in_too_many_shards_is_drawn_together(ports).await;
    shards::nothing_is_lost_while_everything_is_done_at_once(ports).await;
    devices::an_address_is_registered_once(ports).await;
    devices::an_owner_has_so_many_devices_and_no_more(ports).await;
    devices::stock_is_written_from_the_version_that_was_read(ports).await;
    devices::what_is_watched_changes_whole_or_not_at_all(ports).await;
    devices::what_is_delivered_is_added_once_with_its_order(ports).await;
    devices::a_stored_payment_method_is_the_latest(ports).await;
    races::one_ticket_has_one_buyer(ports).await;
    races::crossing_orders_do_not_share_tickets(ports).await;
    races::an_edit_and_a_hold_never_both_win(ports).await;
    races::paying_and_expiring_never_both_win(ports).await;
    races::sign_ins_at_one_moment_are_all_counted(ports).await;
    races::one_of_many_claims_goes_on(ports).await;
}

/// The moment of the contract.
const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

static DRAWN: AtomicU64 = AtomicU64::new(0);

impl Ports<'_> {
    fn bytes16(&self) -> [u8; 16] {
        let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
        ((u128::from(self.seed) << 64) | u128::from(drawn)).to_be_bytes()
    }

    fn user(&self) -> UserId {
        UserId::from_random(self.bytes16())
    }

    fn word(&self, prefix: &str) -> String {
        format!("{prefix}-{:032x}", u128::from_be_bytes(self.bytes16()))
    }

    /// A ticket that is not listed yet.
    fn ticket(&self, owner_id: &UserId, created_at: Timestamp) -> Ticket {
        Ticket {
            ticket_id: TicketId::from_random(self.bytes16()),
            owner_id: owner_id.clone(),
            title: "Row 1, seat 2".to_owned(),
            price_minor: price(4_500),
            event: Some("Brass Night".to_owned()),
            venue: None,
            starts_at: Some(NOW.plus_s(86_400)),
            version: 1,
            state: TicketState::Available,
            hold: None,
            holds_ever: 0,
            created_at,
        }
    }

    /// Lists so many tickets of a fresh owner.
    async fn listed(&self, count: usize) -> Vec<Ticket> {
        let owner = self.user();
        let mut tickets = Vec::new();
        for _ in 0..count {
            let ticket = self.ticket(&owner, NOW);
            assert_eq!(self.tickets.create(&ticket).await, Ok(()));
            tickets.push(ticket);
        }
        tickets
    }

    /// The decision to place an order of these tickets at this moment.
    fn placing(&self, user_id: &UserId, tickets: &[Ticket], now: Timestamp) -> Decision {
        let lines = tickets.iter().map(|ticket| Line {
            thing: Thing::Ticket {
                ticket_id: ticket.ticket_id.clone(),
                version: ticket.version,
            },
            title: ticket.title.clone(),
            quantity: 1,
            price_minor: ticket.price_minor,
        });
        let new = NewOrder {
            order_id: OrderId::from_random(self.bytes16()),
            user_id: user_id.clone(),
            lines: lines.collect(),
            currency: Currency::parse("usd").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "fingerprint".to_owned(),
            run: domain::HoldRun::of_execution("run"),
        };
        Order::place(new, now).unwrap()
    }

    /// Places an order of fresh tickets for a fresh buyer.
    async fn placed(&self, tickets: usize) -> Order {
        let tickets = self.listed(tickets).await;
        let decision = self.placing(&self.user(), &tickets, NOW);
        assert_eq!(self.orders.commit(&decision).await, Ok(()));
        decision.after
    }

    async fn read_ticket(&self, ticket_id: &TicketId) -> Ticket {
        self.tickets
            .get(ticket_id)
            .await
            .unwrap()
            .expect("the ticket is there")
    }

    async fn read_order(&self, order_id: &OrderId) -> Order {
        self.orders
            .get(order_id)
            .await
            .unwrap()
            .expect("the order is there")
    }

    /// The tickets of an order, as they stand.
    async fn tickets_of(&self, order: &Order) -> Vec<Ticket> {
        let mut tickets = Vec::new();
        for (ticket_id, _) in order.tickets() {
            tickets.push(self.read_ticket(ticket_id).await);
        }
        tickets
    }
}

fn price(minor: u64) -> PriceMinor {
    PriceMinor::new(minor).unwrap()
}

/// What a ruling asks to be written.
fn change<E: std::fmt::Debug>(ruling: Result<Ruling, E>) -> Decision {
    match ruling.unwrap() {
        Ruling::Change(decision) => *decision,
        Ruling::AlreadyDone => panic!("there is nothing to write"),
    }
}

fn first_page(limit: u16) -> PageRequest {
    PageRequest { limit, cursor: None }
}

/// A way to read one page of a list.
type ReadPage<'a, T> = dyn Fn(PageRequest) -> Pin<Box<dyn Future<Output = Page<T>> + 'a>> + 'a;

/// Every row of a list, a page of `limit` rows at a time.
async fn walk<T>(limit: u16, read: &ReadPage<'_, T>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut cursor: Option<Cursor> = None;
    for _ in 0..10_000 {
        let page = read(PageRequest { limit, cursor }).await;
        assert!(
            page.rows.len() <= usize::from(limit),
            "a page is longer than asked for"
        );
        rows.extend(page.rows);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return rows,
        }
    }
    panic!("the list does not end");
}

/// Asks again until the answer is right: lists may lag a little behind.
async fn soon<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..50 {
        if let Some(answer) = ask().await {
            return answer;
        }
    }
    panic!("{what} did not come true");
}

fn is_refusal<T>(answer: &Result<T, Fault>, is: fn(&Refusal) -> bool) -> bool {
    matches!(answer, Err(Fault::Refused(refusal)) if is(refusal))
}

/// Runs all of them at once, on this task.
async fn all_at_once<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures
        .into_iter()
        .map(|future| (Some(Box::pin(future)), None))
        .collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, answer) in &mut running {
            match future.as_mut().map(|future| future.as_mut().poll(context)) {
                Some(Poll::Ready(ready)) => (*future, *answer) = (None, Some(ready)),
                Some(Poll::Pending) => pending = true,
                None => {}
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, answer)| answer).collect()
}
