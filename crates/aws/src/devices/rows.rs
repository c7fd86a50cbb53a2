//! What the tables of devices hold, and the writes by which anything in them changes.
//!
//! Three kinds of rows stand in the table of devices, told apart by how their key begins: `dev_` is a device; `mac#` an
//! address that is taken, and by whom; `of#` the set of one owner's devices, which is what the cap counts. Only devices have
//! an `owner_id`, so only they stand in the index `by_owner`.

use super::DeviceTables;
use crate::items::{Item, n, s, to_item, unsigned};
use crate::write_id::{self, WriteId};
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
};
use domain::device::{DEVICES_MAX, DeviceChange};
use domain::order::Arrival;
use domain::{Device, DeviceId, DeviceStock, Fault, ProductId, Timestamp, UserId};
use std::collections::HashMap;

/// Hash key of the index `due`: the row's shard while it has a `due_at`.
pub(super) const DUE: &str = "due_shard";

/// What one item of a transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Device,
    /// The row of its address.
    Address,
    /// The set of its owner's devices.
    Owner,
    /// What there is of one product.
    Stock,
}

/// The condition of a write, with its names and values.
pub(super) struct Condition {
    pub(super) expression: &'static str,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Item>,
}

/// The condition that a row still has the version that was read, or is not there.
pub(super) fn as_read(before: Option<u64>) -> Condition {
    match before {
        None => Condition {
            expression: "attribute_not_exists(device_id)",
            names: None,
            values: None,
        },
        Some(version) => Condition {
            expression: "#version = :version",
            names: Some(HashMap::from([("#version".to_owned(), "version".to_owned())])),
            values: Some(Item::from([(":version".to_owned(), unsigned(version))])),
        },
    }
}

/// The primary key of a device.
pub(super) fn device_key(device_id: &DeviceId) -> Item {
    key(device_id.as_str())
}

fn key(text: &str) -> Item {
    Item::from([("device_id".to_owned(), s(text))])
}

/// The primary key of what there is of one product at one device.
pub(super) fn stock_key(device_id: &DeviceId, product_id: &ProductId) -> Item {
    Item::from([
        ("device_id".to_owned(), s(device_id.as_str())),
        ("product_id".to_owned(), s(product_id.as_str())),
    ])
}

/// A row of stock as stored: in the index `due` exactly when it has a `due_at`.
pub(super) fn stock_item(row: &DeviceStock, write: &WriteId) -> Result<Item, Fault> {
    let mut item = to_item("stock of a device", row)?;
    item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
    if row.due_at.is_some() {
        item.insert(DUE.to_owned(), n(row.due_shard()));
    }
    Ok(item)
}

/// A fresh device: itself, its address, its place among its owner's, and a row for each product that it watches.
pub(super) fn registration(
    tables: &DeviceTables,
    device: &Device,
    write: &WriteId,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let mut address = key(&format!("mac#{}", device.mac_address));
    address.insert("taken_by".to_owned(), s(device.device_id.as_str()));
    let this = AttributeValue::Ss(vec![device.device_id.to_string()]);
    let owner = Update::builder()
        .table_name(&tables.devices)
        .key("device_id", s(format!("of#{}", device.owner_id)))
        .update_expression("ADD devices :this")
        .condition_expression(
            "attribute_not_exists(devices) OR size(devices) < :max OR contains(devices, :device)",
        )
        .expression_attribute_values(":this", this)
        .expression_attribute_values(":max", n(DEVICES_MAX))
        .expression_attribute_values(":device", s(device.device_id.as_str()))
        .build()
        .map_err(|_| unbuilt())?;
    let mut items = vec![
        (
            Part::Device,
            put(&tables.devices, device_item(device, write)?, as_read(None))?,
        ),
        (Part::Address, put(&tables.devices, address, as_read(None))?),
        (Part::Owner, TransactWriteItem::builder().update(owner).build()),
    ];
    for row in device.empty_stock() {
        let item = stock_item(&row, write)?;
        items.push((Part::Stock, put(&tables.stock, item, as_read(None))?));
    }
    Ok(items)
}

/// A device that watches other products from now on.
pub(super) fn rewatching(
    tables: &DeviceTables,
    change: &DeviceChange,
    write: &WriteId,
) -> Result<Vec<(Part, TransactWriteItem)>, Fault> {
    let device = device_item(&change.after, write)?;
    let condition = as_read(Some(u64::from(change.before)));
    let mut items = vec![(Part::Device, put(&tables.devices, device, condition)?)];
    for row in &change.rows {
        let item = stock_item(&row.after, write)?;
        items.push((Part::Stock, put(&tables.stock, item, as_read(row.before))?));
    }
    Ok(items)
}

/// What was delivered, added to what is there, whatever it is; where there is nothing, that makes a row. Without a
/// condition: the order beside it, which completes once, is the condition.
///
/// The index `due` is left alone: more stock is no reason to look earlier.
pub(crate) fn arrival_update(
    table: &str,
    arrival: &Arrival,
    owner_id: &UserId,
    at: Timestamp,
) -> Result<TransactWriteItem, Fault> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(stock_key(&arrival.device_id, &arrival.product_id)))
        .update_expression(
            "ADD quantity :quantity, #version :one SET updated_at = :at, owner_id = if_not_exists(owner_id, :owner)",
        )
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":quantity", n(arrival.quantity))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":at", n(at.as_ms()))
        .expression_attribute_values(":owner", s(owner_id.as_str()))
        .build()
        .map_err(|_| unbuilt())?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn device_item(device: &Device, write: &WriteId) -> Result<Item, Fault> {
    let mut item = to_item("device", device)?;
    item.insert(write_id::ATTRIBUTE.to_owned(), write.attribute());
    Ok(item)
}

fn put(table: &str, item: Item, condition: Condition) -> Result<TransactWriteItem, Fault> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition.expression)
        .set_expression_attribute_names(condition.names)
        .set_expression_attribute_values(condition.values)
        .return_values_on_condition_check_failure(OnFailure::AllOld)
        .build()
        .map_err(|_| unbuilt())?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn unbuilt() -> Fault {
    Fault::Defect("TransactWriteItems device: a write could not be built".to_owned())
}
