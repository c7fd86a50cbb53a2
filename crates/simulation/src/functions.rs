//! The functions, each with the in-memory ports, called as Lambda calls them: JSON in, JSON or a named error out.

use crate::memory::{
    MemoryCategories, MemoryDevices, MemoryDishes, MemoryLedgers, MemoryMarket, MemoryOrders,
    MemoryPaymentMethods, MemoryProducts, MemoryRequests, MemorySessions, MemorySource, MemorySupplies,
    MemoryTickets, SharedTables, SimulatedClock, SimulatedEntropy,
};
use crate::provider::{Ledger, MemoryEvents, MemoryProvider};
use crate::wire::Wire;
use crate::workflows::SimulatedWorkflows;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use contract::Gate;
use contract::session::SessionSecret;
use domain::device::Reorders;
use domain::market::SimulatedMarket;
use domain::ports::{
    Clock, Devices, Dishes, Entropy, Ledgers, Orders, PaymentProvider, Products, Requests, Supplies, Tickets,
    Workflows,
};
use domain::truth::Truth;
use domain::{Currency, Fault};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use states::execution::LambdaReply;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// A function at work.
pub type Working<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the functions are made of.
#[derive(Debug)]
pub struct Parts {
    /// Everything stored.
    pub tables: SharedTables,
    /// The provider's books.
    pub ledger: Arc<Mutex<Ledger>>,
    /// The state machines.
    pub workflows: SimulatedWorkflows,
    /// The way to all of them.
    pub wire: Wire,
    /// How long a hold lives, seconds.
    pub hold_ttl_s: u32,
    /// How long a minute of supplier and delivery is, milliseconds.
    pub minute_ms: u32,
    /// The money.
    pub currency: Currency,
    /// Where the warehouse buys.
    pub market: SimulatedMarket,
    /// How many rounds one supply request may buy.
    pub rounds_max: u32,
    /// What signs sessions.
    pub secret: SessionSecret,
    /// For fresh ids.
    pub seed: u64,
}

/// Every function there is.
#[derive(Clone)]
pub struct Functions {
    lock_ticket: lock_ticket::LockTicket,
    unlock_ticket: unlock_ticket::UnlockTicket,
    request_payment: request_payment::RequestPayment,
    charge_payment: charge_payment::ChargePayment,
    complete_order: complete_order::CompleteOrder,
    ask_supplier: ask_supplier::AskSupplier,
    ship_products: ship_products::ShipProducts,
    expire_order: expire_order::ExpireOrder,
    mark_order_stuck: mark_order_stuck::MarkOrderStuck,
    reconcile_orders: reconcile_orders::ReconcileOrders,
    stock_kitchen: stock_kitchen::StockKitchen,
    reserve_ingredients: reserve_ingredients::ReserveIngredients,
    release_ingredients: release_ingredients::ReleaseIngredients,
    supply_ingredient: supply_ingredient::SupplyIngredient,
    give_ingredient: give_ingredient::GiveIngredient,
    buy_from_market: buy_from_market::BuyFromMarket,
    release_supply: release_supply::ReleaseSupply,
    receive_ingredient: receive_ingredient::ReceiveIngredient,
    serve_dish: serve_dish::ServeDish,
    reserve_products: reserve_products::ReserveProducts,
    release_products: release_products::ReleaseProducts,
    refund_payment: refund_payment::RefundPayment,
    import_page: import_page::ImportPage,
    reorder_products: reorder_products::ReorderProducts,
    devices_api: axum::Router,
    place_order: axum::Router,
    take_payment: axum::Router,
    cancel_order: axum::Router,
    request_refund: axum::Router,
    receive_webhook: axum::Router,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Functions(..)")
    }
}

/// How long a function may run before Lambda ends it, milliseconds: `Timeout` in the template.
#[must_use]
pub fn limit_ms(function: &str) -> u64 {
    match function {
        "import-page" => 300_000,
        "reconcile-orders" | "reorder-products" => 60_000,
        "charge-payment" | "refund-payment" | "request-payment" | "stock-kitchen" => 30_000,
        "devices-api" | "place-order" | "take-payment" | "request-refund" | "receive-webhook" => 29_000,
        "expire-order" => 25_000,
        "supply-ingredient" | "receive-ingredient" => 20_000,
        "cancel-order" | "unlock-ticket" | "release-ingredients" | "release-products" => 20_000,
        _ => 10_000,
    }
}

impl Functions {
    /// Wires them.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { tables, wire, .. } = &parts;
        let orders: Arc<dyn Orders> = Arc::new(MemoryOrders::new(Arc::clone(tables), wire.clone()));
        let tickets: Arc<dyn Tickets> = Arc::new(MemoryTickets::new(Arc::clone(tables), wire.clone()));
        let products: Arc<dyn Products> = Arc::new(MemoryProducts::new(Arc::clone(tables), wire.clone()));
        let requests: Arc<dyn Requests> = Arc::new(MemoryRequests::new(Arc::clone(tables), wire.clone()));
        let entropy: Arc<dyn Entropy> = Arc::new(SimulatedEntropy::new(parts.seed));
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock(wire.clone()));
        let provider: Arc<dyn PaymentProvider> =
            Arc::new(MemoryProvider::new(Arc::clone(&parts.ledger), wire.clone()));
        let workflows: Arc<dyn Workflows> = Arc::new(parts.workflows.clone());
        let dishes: Arc<dyn Dishes> = Arc::new(MemoryDishes::new(Arc::clone(tables), wire.clone()));
        let ledgers: Arc<dyn Ledgers> = Arc::new(MemoryLedgers::new(Arc::clone(tables), wire.clone()));
        let supplies: Arc<dyn Supplies> = Arc::new(MemorySupplies::new(Arc::clone(tables), wire.clone()));
        let market = Arc::new(MemoryMarket::new(parts.market.clone(), wire.clone()));
        let devices: Arc<dyn Devices> = Arc::new(MemoryDevices::new(Arc::clone(tables), wire.clone()));
        let reorders = Reorders {
            devices: Arc::clone(&devices),
            orders: Arc::clone(&orders),
            provider: Arc::clone(&provider),
            workflows: Arc::clone(&workflows),
            payment_methods: Arc::new(MemoryPaymentMethods::new(Arc::clone(tables), wire.clone())),
            clock: Arc::clone(&clock),
        };
        let gate = Gate {
            sessions: Arc::new(MemorySessions::new(Arc::clone(tables), wire.clone())),
            requests: Arc::clone(&requests),
            clock: Arc::clone(&clock),
            secret: parts.secret.clone(),
        };
        let truth = Truth {
            orders: Arc::clone(&orders),
            products: Arc::clone(&products),
            provider: Arc::clone(&provider),
            workflows: Arc::clone(&workflows),
            clock: Arc::clone(&clock),
        };
        Self {
            lock_ticket: lock_ticket::LockTicket {
                orders: Arc::clone(&orders),
                tickets: Arc::clone(&tickets),
                clock: Arc::clone(&clock),
                hold_ttl_s: parts.hold_ttl_s,
                currency: parts.currency.clone(),
            },
            unlock_ticket: unlock_ticket::UnlockTicket {
                orders: Arc::clone(&orders),
                provider: Arc::clone(&provider),
                clock: Arc::clone(&clock),
            },
            request_payment: request_payment::RequestPayment {
                orders: Arc::clone(&orders),
                workflows: Arc::clone(&workflows),
                clock: Arc::clone(&clock),
            },
            charge_payment: charge_payment::ChargePayment {
                orders: Arc::clone(&orders),
                provider: Arc::clone(&provider),
                entropy: Arc::clone(&entropy),
                clock: Arc::clone(&clock),
            },
            complete_order: complete_order::CompleteOrder {
                orders: Arc::clone(&orders),
                clock: Arc::clone(&clock),
            },
            ask_supplier: ask_supplier::AskSupplier {
                orders: Arc::clone(&orders),
                entropy: Arc::clone(&entropy),
                clock: Arc::clone(&clock),
                minute_ms: parts.minute_ms,
            },
            ship_products: ship_products::ShipProducts {
                orders: Arc::clone(&orders),
                entropy: Arc::clone(&entropy),
                clock: Arc::clone(&clock),
                minute_ms: parts.minute_ms,
            },
            expire_order: expire_order::ExpireOrder {
                orders: Arc::clone(&orders),
                provider: Arc::clone(&provider),
                clock: Arc::clone(&clock),
            },
            mark_order_stuck: mark_order_stuck::MarkOrderStuck {
                orders: Arc::clone(&orders),
                clock: Arc::clone(&clock),
            },
            reconcile_orders: reconcile_orders::ReconcileOrders {
                orders: Arc::clone(&orders),
                supplies: Arc::clone(&supplies),
                ledgers: Arc::clone(&ledgers),
                workflows: Arc::clone(&workflows),
                truth: truth.clone(),
                clock: Arc::clone(&clock),
                tell: Arc::new(|_| {}),
            },
            stock_kitchen: stock_kitchen::StockKitchen {
                dishes: Arc::clone(&dishes),
                ledgers: Arc::clone(&ledgers),
                clock: Arc::clone(&clock),
            },
            reserve_ingredients: reserve_ingredients::ReserveIngredients {
                orders: Arc::clone(&orders),
                dishes,
                ledgers: Arc::clone(&ledgers),
                clock: Arc::clone(&clock),
                hold_ttl_s: parts.hold_ttl_s,
                currency: parts.currency.clone(),
            },
            release_ingredients: release_ingredients::ReleaseIngredients {
                orders: Arc::clone(&orders),
                provider: Arc::clone(&provider),
                clock: Arc::clone(&clock),
            },
            supply_ingredient: supply_ingredient::SupplyIngredient {
                orders: Arc::clone(&orders),
                supplies: Arc::clone(&supplies),
                ledgers: Arc::clone(&ledgers),
                workflows: Arc::clone(&workflows),
                clock: Arc::clone(&clock),
            },
            give_ingredient: give_ingredient::GiveIngredient {
                supplies: Arc::clone(&supplies),
                ledgers: Arc::clone(&ledgers),
                clock: Arc::clone(&clock),
            },
            buy_from_market: buy_from_market::BuyFromMarket {
                supplies: Arc::clone(&supplies),
                ledgers: Arc::clone(&ledgers),
                market,
                clock: Arc::clone(&clock),
                rounds_max: parts.rounds_max,
            },
            release_supply: release_supply::ReleaseSupply {
                supplies: Arc::clone(&supplies),
                ledgers,
                clock: Arc::clone(&clock),
            },
            receive_ingredient: receive_ingredient::ReceiveIngredient {
                orders: Arc::clone(&orders),
                supplies,
                workflows: Arc::clone(&workflows),
                clock: Arc::clone(&clock),
            },
            serve_dish: serve_dish::ServeDish {
                orders: Arc::clone(&orders),
                clock: Arc::clone(&clock),
            },
            import_page: import_page::ImportPage {
                source: Arc::new(MemorySource::new(wire.clone())),
                products: Arc::clone(&products),
                categories: Arc::new(MemoryCategories::new(Arc::clone(tables), wire.clone())),
                clock: Arc::clone(&clock),
                pause_ms: 6_000,
            },
            reserve_products: reserve_products::ReserveProducts {
                orders: Arc::clone(&orders),
                products: Arc::clone(&products),
                clock: Arc::clone(&clock),
                hold_ttl_s: parts.hold_ttl_s,
                currency: parts.currency.clone(),
            },
            release_products: release_products::ReleaseProducts {
                orders: Arc::clone(&orders),
                provider: Arc::clone(&provider),
                clock: Arc::clone(&clock),
            },
            refund_payment: refund_payment::RefundPayment {
                orders: Arc::clone(&orders),
                provider: Arc::clone(&provider),
                clock: Arc::clone(&clock),
            },
            reorder_products: reorder_products::ReorderProducts {
                reorders: reorders.clone(),
            },
            devices_api: devices_api::router(devices_api::DevicesApi {
                gate: gate.clone(),
                reorders,
                products,
                entropy: Arc::clone(&entropy),
            }),
            place_order: place_order::router(place_order::PlaceOrder {
                gate: gate.clone(),
                orders: Arc::clone(&orders),
                devices,
                workflows: Arc::clone(&workflows),
                clock: Arc::clone(&clock),
                entropy,
            }),
            take_payment: take_payment::router(take_payment::TakePayment {
                gate: gate.clone(),
                orders: Arc::clone(&orders),
                workflows: Arc::clone(&workflows),
                clock: Arc::clone(&clock),
            }),
            cancel_order: cancel_order::router(cancel_order::CancelOrder {
                gate: gate.clone(),
                orders: Arc::clone(&orders),
                provider,
                workflows: Arc::clone(&workflows),
                clock: Arc::clone(&clock),
            }),
            request_refund: request_refund::router(request_refund::RequestRefund {
                gate,
                orders: Arc::clone(&orders),
                tickets,
                workflows,
                clock: Arc::clone(&clock),
            }),
            receive_webhook: receive_webhook::router(receive_webhook::ReceiveWebhook {
                events: Arc::new(MemoryEvents),
                requests,
                orders,
                truth,
                clock,
            }),
        }
    }

    /// Calls a step; `None` when there is no such function.
    #[must_use]
    pub fn call(&self, function: &str, payload: Value) -> Option<Working<LambdaReply>> {
        macro_rules! step {
            ($field:ident) => {{
                let step = self.$field.clone();
                Box::pin(async move {
                    answer(run(payload, |input| async move { step.handle(input).await }).await)
                })
            }};
        }
        Some(match function {
            "lock-ticket" => step!(lock_ticket),
            "unlock-ticket" => step!(unlock_ticket),
            "charge-payment" => step!(charge_payment),
            "complete-order" => step!(complete_order),
            "ask-supplier" => step!(ask_supplier),
            "ship-products" => step!(ship_products),
            "expire-order" => step!(expire_order),
            "mark-order-stuck" => step!(mark_order_stuck),
            "reconcile-orders" => step!(reconcile_orders),
            "reorder-products" => step!(reorder_products),
            "request-payment" => step!(request_payment),
            "stock-kitchen" => step!(stock_kitchen),
            "reserve-ingredients" => step!(reserve_ingredients),
            "release-ingredients" => step!(release_ingredients),
            "supply-ingredient" => step!(supply_ingredient),
            "give-ingredient" => step!(give_ingredient),
            "buy-from-market" => step!(buy_from_market),
            "release-supply" => step!(release_supply),
            "receive-ingredient" => step!(receive_ingredient),
            "serve-dish" => step!(serve_dish),
            "reserve-products" => step!(reserve_products),
            "release-products" => step!(release_products),
            "refund-payment" => step!(refund_payment),
            "import-page" => step!(import_page),
            _ => return None,
        })
    }

    /// Which function consumes a queue; `None` when there is no such queue.
    #[must_use]
    pub fn consumer_of(queue: &str) -> Option<&'static str> {
        match queue {
            "payment-requests" => Some("request-payment"),
            "warehouse" => Some("supply-ingredient"),
            "kitchen" => Some("receive-ingredient"),
            _ => None,
        }
    }

    /// Serves a request; `None` when no function answers there.
    #[must_use]
    pub fn serve(&self, function: &str, request: Request<Body>) -> Option<Working<Response>> {
        let router = match function {
            "devices-api" => &self.devices_api,
            "place-order" => &self.place_order,
            "take-payment" => &self.take_payment,
            "cancel-order" => &self.cancel_order,
            "request-refund" => &self.request_refund,
            "receive-webhook" => &self.receive_webhook,
            _ => return None,
        };
        let serving = contract::seal(router.clone()).oneshot(request);
        Some(Box::pin(async move {
            match serving.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }))
    }
}

async fn run<I, O, F>(payload: Value, handle: impl FnOnce(I) -> F) -> Result<Value, Fault>
where
    I: DeserializeOwned,
    O: Serialize,
    F: Future<Output = Result<O, Fault>>,
{
    let input = serde_json::from_value(payload)
        .map_err(|error| Fault::Defect(format!("the input is not what the step reads: {error}")))?;
    serde_json::to_value(handle(input).await?)
        .map_err(|error| Fault::Defect(format!("the answer is not JSON: {error}")))
}

/// A fault as the Lambda runtime reports it.
fn answer(outcome: Result<Value, Fault>) -> LambdaReply {
    match outcome {
        Ok(value) => LambdaReply::Returned(value),
        Err(fault) => {
            let message = match &fault {
                Fault::Refused(refusal) => {
                    serde_json::to_string(refusal).unwrap_or_else(|_| refusal.to_string())
                }
                other => other.to_string(),
            };
            LambdaReply::FunctionError(json!({ "errorType": fault.name(), "errorMessage": message }))
        }
    }
}
