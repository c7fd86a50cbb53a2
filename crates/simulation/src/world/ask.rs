//! What buyers ask over HTTP, and what they are told.

use axum::http::Method;
use domain::{DeviceId, DishId, OrderId, ProductId, TicketId};
use serde_json::{Value, json};

/// Names a request of a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub(super) u64);

/// What a buyer asks over HTTP.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The function that answers, e.g. `place-order`.
    pub function: &'static str,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The `Idempotency-Key`, if any.
    pub key: Option<String>,
    /// The body, if any.
    pub body: Option<Value>,
}

impl Ask {
    /// Place an order of these tickets; with `card`, pay at once.
    #[must_use]
    pub fn place(tickets: &[TicketId], card: Option<&str>, key: Option<&str>) -> Self {
        Self::place_lines(tickets.iter().map(|id| json!({ "ticketId": id })), card, key)
    }

    /// Place an order of so many of each of these dishes; with `card`, pay as soon as everything is held.
    #[must_use]
    pub fn place_dishes(dishes: &[(DishId, u32)], card: Option<&str>, key: Option<&str>) -> Self {
        let lines = dishes.iter();
        let lines = lines.map(|(id, quantity)| json!({ "dishId": id, "quantity": quantity }));
        Self::place_lines(lines, card, key)
    }

    /// Place an order of so many of each of these products; with `card`, pay at once.
    #[must_use]
    pub fn place_products(products: &[(ProductId, u32)], card: Option<&str>, key: Option<&str>) -> Self {
        let lines = products.iter();
        let lines = lines.map(|(id, quantity)| json!({ "productId": id, "quantity": quantity }));
        Self::place_lines(lines, card, key)
    }

    fn place_lines(lines: impl Iterator<Item = Value>, card: Option<&str>, key: Option<&str>) -> Self {
        let mut body = json!({ "lines": lines.collect::<Vec<_>>() });
        if let Some(card) = card {
            body["payment"] = json!({ "token": card });
        }
        Self {
            function: "place-order",
            method: Method::POST,
            path: "/api/orders".to_owned(),
            key: key.map(str::to_owned),
            body: Some(body),
        }
    }

    /// A device says how much is left of a product; with `key`, so that saying it again changes nothing.
    #[must_use]
    pub fn reading(device_id: &DeviceId, product_id: &ProductId, quantity: u32, key: Option<&str>) -> Self {
        Self {
            function: "devices-api",
            method: Method::POST,
            path: format!("/api/devices/{device_id}/readings"),
            key: key.map(str::to_owned),
            body: Some(json!({ "productId": product_id, "quantity": quantity })),
        }
    }

    /// Watch these products from now on, each below the first number, so many at a time; `version` is the device's that was
    /// seen.
    #[must_use]
    pub fn watch(device_id: &DeviceId, version: u32, watches: &[(ProductId, u32, u32)]) -> Self {
        let watches = watches.iter().map(|(id, threshold, order_quantity)| {
            json!({ "productId": id, "threshold": threshold, "orderQuantity": order_quantity })
        });
        Self {
            function: "devices-api",
            method: Method::PUT,
            path: format!("/api/devices/{device_id}/watches"),
            key: None,
            body: Some(json!({ "version": version, "watches": watches.collect::<Vec<_>>() })),
        }
    }

    /// Store what devices pay with.
    #[must_use]
    pub fn store_card(card: &str) -> Self {
        Self {
            function: "devices-api",
            method: Method::PUT,
            path: "/api/payment-method".to_owned(),
            key: None,
            body: Some(json!({ "token": card })),
        }
    }

    /// Pay an order.
    #[must_use]
    pub fn pay(order_id: &OrderId, card: &str) -> Self {
        Self {
            function: "take-payment",
            method: Method::POST,
            path: format!("/api/orders/{order_id}/payments"),
            key: None,
            body: Some(json!({ "token": card })),
        }
    }

    /// Ask for money back: for so many of these lines, or for everything that is left when there are none.
    #[must_use]
    pub fn refund(order_id: &OrderId, lines: &[(u32, u32)], key: Option<&str>) -> Self {
        let lines = lines.iter();
        let lines = lines.map(|(line, quantity)| json!({ "line": line, "quantity": quantity }));
        Self {
            function: "request-refund",
            method: Method::POST,
            path: format!("/api/orders/{order_id}/refund"),
            key: key.map(str::to_owned),
            body: Some(match lines.len() {
                0 => json!({}),
                _ => json!({ "lines": lines.collect::<Vec<_>>() }),
            }),
        }
    }

    /// Cancel an order.
    #[must_use]
    pub fn cancel(order_id: &OrderId) -> Self {
        Self {
            function: "cancel-order",
            method: Method::DELETE,
            path: format!("/api/orders/{order_id}"),
            key: None,
            body: None,
        }
    }
}

/// What a buyer was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status; 502 when the function died, 504 when it took too long.
    pub status: u16,
    /// The body; null when there was none.
    pub body: Value,
}
