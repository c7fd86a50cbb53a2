//! What buyers were told stays true: a hold that was answered ends by its deadline, its buyer or its payment, and by
//! nothing else.

use super::Broken;
use crate::memory::Tables;
use crate::world::Reply;
use domain::{OrderId, Status};

/// Whether some answer was taken back.
///
/// # Errors
/// The first order of which its buyer was told that everything is held, and which could then not be had after all. A dish of
/// which something must still be gathered is told as that, and may then not be had.
pub(crate) fn check<'a>(replies: impl Iterator<Item = &'a Reply>, tables: &Tables) -> Result<(), Broken> {
    for order in replies.filter_map(|reply| told_held(reply, tables)) {
        if order.status == Status::Unavailable {
            return Err(Broken::TakenBack {
                order: order.order_id.clone(),
            });
        }
    }
    Ok(())
}

/// The order that this answer says is held: placed or read, or kept although a card was declined (402).
fn told_held<'a>(reply: &Reply, tables: &'a Tables) -> Option<&'a domain::Order> {
    let name = match (reply.status, reply.body["status"].as_str()) {
        (200 | 201, Some("held" | "paying" | "paid" | "shipped" | "completed")) => "id",
        (402, _) => "orderId",
        _ => return None,
    };
    let order_id = OrderId::parse(reply.body[name].as_str()?).ok()?;
    tables.orders.get(&order_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::NewOrder;
    use domain::{Currency, HoldRun, Order, Timestamp, UserId};
    use serde_json::json;

    fn tables(status: Status) -> (Tables, OrderId) {
        let order_id = OrderId::from_random([1; 16]);
        let new = NewOrder {
            order_id: order_id.clone(),
            user_id: UserId::from_random([2; 16]),
            lines: Vec::new(),
            currency: Currency::parse("eur").unwrap(),
            hold_ttl_s: 900,
            device_id: None,
            request_fingerprint: "f".to_owned(),
            run: HoldRun::of_execution("run"),
        };
        let mut order = Order::place(new, Timestamp::from_ms(0)).unwrap().after;
        order.status = status;
        let mut tables = Tables::default();
        tables.orders.insert(order_id.clone(), order);
        (tables, order_id)
    }

    #[test]
    fn what_was_told_as_held_must_not_be_unavailable_and_what_was_to_be_gathered_may_be() {
        let (unavailable, id) = tables(Status::Unavailable);
        let (expired, _) = tables(Status::Expired);
        for (status, body, breaks) in [
            (201, json!({ "id": id, "status": "held" }), true),
            (200, json!({ "id": id, "status": "held" }), true),
            (402, json!({ "code": "PaymentDeclined", "orderId": id }), true),
            (201, json!({ "id": id, "status": "gathering" }), false),
            (200, json!({ "id": id, "status": "unavailable" }), false),
            (409, json!({ "code": "OrderEnded", "orderId": id }), false),
        ] {
            let reply = Reply { status, body };
            let told = check(std::iter::once(&reply), &unavailable);
            assert_eq!(told.is_err(), breaks, "{reply:?}");
            assert_eq!(check(std::iter::once(&reply), &expired), Ok(()), "{reply:?}");
        }
    }
}
