//! Rows of devices as DynamoDB holds them, and what a cancelled registration means.

use super::*;
use crate::cancellation::tests::{CONFLICT, FAILED, OK, failed_on, reason};
use crate::items::n;
use crate::items::tests::NOW;
use crate::items::to_item;
use domain::MacAddress;
use domain::PriceMinor;
use domain::device::Watch;
use domain::order::Arrival;
use std::collections::BTreeMap;

fn device() -> Device {
    let watch = Watch {
        threshold: 5,
        order_quantity: 10,
        max_price_minor: PriceMinor::new(750).unwrap(),
    };
    Device {
        device_id: DeviceId::from_random([1; 16]),
        owner_id: UserId::from_random([2; 16]),
        mac_address: MacAddress::parse("02:00:00:00:00:01").unwrap(),
        watches: BTreeMap::from([(ProductId::from_random([3; 16]), watch)]),
        version: 1,
        created_at: NOW,
    }
}

#[test]
fn a_device_and_its_stock_come_back_as_they_were() {
    let write = WriteId::draw().unwrap();
    let item = to_item("device", &device()).unwrap();
    assert_eq!(from_item::<Device>("device", item).unwrap(), device());
    let empty = device().empty_stock().remove(0);
    assert!(!rows::stock_item(&empty, &write).unwrap().contains_key(DUE));
    let low = empty.measure(4, None, true, NOW).unwrap().unwrap();
    let item = rows::stock_item(&low, &write).unwrap();
    assert_eq!(item[DUE], n(low.due_shard()));
    assert_eq!(from_item::<DeviceStock>("stock", item).unwrap(), low);
}

#[test]
fn a_row_that_a_delivery_made_is_read_as_unwatched() {
    let arrival = Arrival {
        device_id: device().device_id,
        product_id: ProductId::from_random([9; 16]),
        quantity: 3,
    };
    let item = Item::from([
        ("device_id".to_owned(), s(arrival.device_id.as_str())),
        ("product_id".to_owned(), s(arrival.product_id.as_str())),
        ("owner_id".to_owned(), s(device().owner_id.as_str())),
        ("quantity".to_owned(), n(3)),
        ("version".to_owned(), n(1)),
        ("updated_at".to_owned(), n(NOW.as_ms())),
    ]);
    let (device_id, product_id) = (&arrival.device_id, &arrival.product_id);
    let expected = DeviceStock::arrived(device_id, product_id, &device().owner_id, 3, NOW);
    assert_eq!(from_item::<DeviceStock>("stock", item).unwrap(), expected);
    let update = arrival_update("stock", &arrival, &device().owner_id, NOW).unwrap();
    let update = update.update().unwrap().clone();
    assert_eq!(
        update.condition_expression(),
        None,
        "it is added, whatever is there"
    );
    assert!(
        update
            .update_expression()
            .starts_with("ADD quantity :quantity, #version :one")
    );
}

#[test]
fn a_cancelled_registration_says_what_was_taken() {
    let parts = [Part::Device, Part::Address, Part::Owner, Part::Stock];
    let of = |reasons: [CancellationReason; 4]| registered(&parts, &device(), &reasons);
    let ok = || reason(OK);
    let same = to_item("device", &device()).unwrap();
    assert!(matches!(
        of([failed_on(same), reason(FAILED), ok(), ok()]),
        Ok(Try::Done)
    ));
    let mut other = device();
    other.mac_address = domain::MacAddress::parse("02:00:00:00:00:99").unwrap();
    let other = to_item("device", &other).unwrap();
    assert!(matches!(
        of([failed_on(other), ok(), ok(), ok()]),
        Err(Fault::Refused(Refusal::KeyReused))
    ));
    assert!(matches!(
        of([ok(), reason(FAILED), reason(FAILED), ok()]),
        Err(Fault::Refused(Refusal::MacAddressTaken { .. }))
    ));
    assert!(matches!(
        of([ok(), ok(), reason(FAILED), ok()]),
        Err(Fault::Refused(Refusal::TooManyDevices { .. }))
    ));
    assert!(matches!(
        of([ok(), reason(CONFLICT), ok(), ok()]),
        Ok(Try::Contended)
    ));
}

#[test]
fn each_row_of_a_registration_stands_under_its_condition() {
    let tables = DeviceTables {
        devices: "devices".to_owned(),
        stock: "stock".to_owned(),
    };
    let items = rows::registration(&tables, &device(), &WriteId::draw().unwrap()).unwrap();
    let condition = |part: Part| {
        let (_, item) = items.iter().find(|(found, _)| *found == part).unwrap();
        match (item.put(), item.update()) {
            (Some(put), _) => put.condition_expression(),
            (None, update) => update.and_then(|update| update.condition_expression()),
        }
    };
    for part in [Part::Device, Part::Address, Part::Stock] {
        assert_eq!(
            condition(part),
            Some("attribute_not_exists(device_id)"),
            "{part:?}"
        );
    }
    assert_eq!(
        condition(Part::Owner),
        Some("attribute_not_exists(devices) OR size(devices) < :max OR contains(devices, :device)")
    );
    assert_eq!(rows::as_read(Some(3)).expression, "#version = :version");
}
