//! Devices in DynamoDB, what there is at them, and what their owners pay with.

mod payment_methods;
mod rows;
#[cfg(test)]
mod tests;

pub use payment_methods::DynamoPaymentMethods;
pub(crate) use rows::arrival_update;

use crate::cancellation::{first_false, is_contention};
use crate::connections::Connections;
use crate::cursor::Position;
use crate::due::Due;
use crate::faults::fault;
use crate::items::{Item, from_item, s};
use crate::listing::List;
use crate::write_id::WriteId;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
};
use domain::device::{DEVICES_MAX, DeviceChange, StockWrite};
use domain::ports::{Answer, DeviceError, Devices};
use domain::{
    Device, DeviceId, DeviceStock, Fault, Page, PageRequest, ProductId, Refusal, Timestamp, UserId,
};
use rows::{DUE, Part};
use std::time::Duration;

/// Tries of a registration that meets another one's transaction.
const TRIES_MAX: u32 = 8;
/// The pause after the first such meeting; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The tables behind devices.
#[derive(Clone, Debug)]
pub struct DeviceTables {
    /// Devices by `device_id`, with the index `by_owner`; beside them a row for each address and one for each owner.
    pub devices: String,
    /// What there is, by `device_id` and `product_id`, with the index `due`.
    pub stock: String,
}

/// [`Devices`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDevices {
    client: Client,
    tables: DeviceTables,
}

/// What came of one try of a transaction.
enum Try {
    Done,
    /// Another transaction had one of the items in hand.
    Contended,
}

impl DynamoDevices {
    /// Devices in these tables.
    #[must_use]
    pub fn new(connections: &Connections, tables: DeviceTables) -> Self {
        Self {
            client: connections.dynamodb(),
            tables,
        }
    }

    async fn item(&self, table: &str, key: Item) -> Result<Option<Item>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("GetItem device", &error))?;
        Ok(answer.item)
    }

    async fn try_register(&self, device: &Device) -> Result<Try, Fault> {
        let write = WriteId::draw()?;
        let items = rows::registration(&self.tables, device, &write)?;
        let (parts, items): (Vec<Part>, Vec<TransactWriteItem>) = items.into_iter().unzip();
        let sent = self
            .client
            .transact_write_items()
            .client_request_token(write.as_str())
            .set_transact_items(Some(items))
            .send()
            .await;
        let Err(error) = sent else { return Ok(Try::Done) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                registered(&parts, device, cancelled.cancellation_reasons())
            }
            _ => Err(fault("TransactWriteItems device", &error)),
        }
    }
}

/// What a cancelled registration means.
fn registered(parts: &[Part], device: &Device, reasons: &[CancellationReason]) -> Result<Try, Fault> {
    let Some(failed) = first_false(parts, reasons) else {
        is_contention("TransactWriteItems device", reasons)?;
        return Ok(Try::Contended);
    };
    match failed.part {
        Part::Device => {
            let present: Option<Device> = match failed.present.filter(|item| !item.is_empty()) {
                Some(item) => Some(from_item("device", item.clone())?),
                None => None,
            };
            let is_same = |present: Device| {
                (present.owner_id, present.mac_address)
                    == (device.owner_id.clone(), device.mac_address.clone())
            };
            if present.is_some_and(is_same) {
                return Ok(Try::Done);
            }
            // The id is made of an Idempotency-Key, whose record is gone after a day.
            Err(Refusal::KeyReused.into())
        }
        Part::Address => Err(Refusal::MacAddressTaken {
            mac_address: device.mac_address.to_string(),
        }
        .into()),
        Part::Owner => Err(Refusal::TooManyDevices {
            devices_max: DEVICES_MAX,
        }
        .into()),
        Part::Stock => Err(Fault::Defect(format!(
            "{} had stock before it was registered",
            device.device_id
        ))),
    }
}

impl Devices for DynamoDevices {
    fn register<'a>(&'a self, device: &'a Device) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut pause = FIRST_PAUSE;
            for _ in 0..TRIES_MAX {
                match self.try_register(device).await? {
                    Try::Done => return Ok(()),
                    Try::Contended => tokio::time::sleep(pause).await,
                }
                pause *= 2;
            }
            Err(Fault::Transient(
                "others kept registering the same device".to_owned(),
            ))
        })
    }

    fn get<'a>(&'a self, device_id: &'a DeviceId) -> Answer<'a, Option<Device>> {
        Box::pin(async move {
            let item = self
                .item(&self.tables.devices, rows::device_key(device_id))
                .await?;
            item.map(|item| from_item("device", item)).transpose()
        })
    }

    fn list_of<'a>(&'a self, owner_id: &'a UserId, page: &'a PageRequest) -> Answer<'a, Page<Device>> {
        Box::pin(async move {
            let list = List {
                client: &self.client,
                table: &self.tables.devices,
                index: "by_owner",
                of: ("owner_id", owner_id.as_str()),
                id: "device_id",
                is_id: |text| DeviceId::parse(text).is_ok(),
            };
            let page = list.page_of_whole(page).await?;
            let rows = page.rows.into_iter().map(|item| from_item("device", item));
            Ok(Page {
                rows: rows.collect::<Result<_, _>>()?,
                next: page.next,
            })
        })
    }

    fn stock<'a>(
        &'a self,
        device_id: &'a DeviceId,
        product_id: &'a ProductId,
    ) -> Answer<'a, Option<DeviceStock>> {
        Box::pin(async move {
            let key = rows::stock_key(device_id, product_id);
            let item = self.item(&self.tables.stock, key).await?;
            item.map(|item| from_item("stock of a device", item)).transpose()
        })
    }

    fn stock_of<'a>(
        &'a self,
        device_id: &'a DeviceId,
        page: &'a PageRequest,
    ) -> Answer<'a, Page<DeviceStock>> {
        Box::pin(async move {
            let limit = page.limit.clamp(1, PageRequest::LIMIT_MAX);
            let after = match &page.cursor {
                Some(cursor) => {
                    let is_product = |text: &str| ProductId::parse(text).is_ok();
                    let last = Position::from_cursor(cursor, is_product)?;
                    let mut key = rows::device_key(device_id);
                    key.insert("product_id".to_owned(), s(last.id));
                    Some(key)
                }
                None => None,
            };
            let answer = self
                .client
                .query()
                .table_name(&self.tables.stock)
                .key_condition_expression("device_id = :device")
                .expression_attribute_values(":device", s(device_id.as_str()))
                .consistent_read(true)
                // One more than asked for tells whether there is a next page. A row is far below a kilobyte or two, so a
                // page is never cut short at a megabyte.
                .limit(i32::from(limit) + 1)
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(|error| fault("Query stock of a device", &error))?;
            let rows = answer.items.unwrap_or_default().into_iter();
            let mut rows = rows
                .map(|item| from_item("stock of a device", item))
                .collect::<Result<Vec<DeviceStock>, _>>()?;
            let more = rows.len() > usize::from(limit);
            rows.truncate(usize::from(limit));
            let next = match rows.last() {
                Some(last) if more => Some(
                    Position {
                        at: 0,
                        id: last.product_id.to_string(),
                    }
                    .to_cursor()?,
                ),
                _ => None,
            };
            Ok(Page { rows, next })
        })
    }

    fn restock<'a>(&'a self, write: &'a StockWrite) -> Answer<'a, (), DeviceError> {
        Box::pin(async move {
            let id = WriteId::draw().map_err(DeviceError::Fault)?;
            let condition = rows::as_read(write.before);
            let sent = self
                .client
                .put_item()
                .table_name(&self.tables.stock)
                .set_item(Some(
                    rows::stock_item(&write.after, &id).map_err(DeviceError::Fault)?,
                ))
                .condition_expression(condition.expression)
                .set_expression_attribute_names(condition.names)
                .set_expression_attribute_values(condition.values)
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) if id.wrote(failed.item()) => {
                    Ok(())
                }
                // In a conflict a delivery has the row in hand: it will have moved.
                Some(
                    PutItemError::ConditionalCheckFailedException(_)
                    | PutItemError::TransactionConflictException(_),
                ) => Err(DeviceError::Moved),
                _ => Err(DeviceError::Fault(fault("PutItem stock of a device", &error))),
            }
        })
    }

    fn rewatch<'a>(&'a self, change: &'a DeviceChange) -> Answer<'a, (), DeviceError> {
        Box::pin(async move {
            let write = WriteId::draw().map_err(DeviceError::Fault)?;
            let items = rows::rewatching(&self.tables, change, &write).map_err(DeviceError::Fault)?;
            let (parts, items): (Vec<Part>, Vec<TransactWriteItem>) = items.into_iter().unzip();
            let sent = self
                .client
                .transact_write_items()
                .client_request_token(write.as_str())
                .set_transact_items(Some(items))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let reasons = cancelled.cancellation_reasons();
                    match first_false(&parts, reasons) {
                        Some(failed) if failed.part == Part::Device && write.wrote(failed.present) => Ok(()),
                        Some(_) => Err(DeviceError::Moved),
                        None => {
                            is_contention("TransactWriteItems device", reasons)
                                .map_err(DeviceError::Fault)?;
                            Err(DeviceError::Moved)
                        }
                    }
                }
                _ => Err(DeviceError::Fault(fault("TransactWriteItems device", &error))),
            }
        })
    }

    fn list_due(&self, shard: u8, now: Timestamp, limit: u16) -> Answer<'_, Vec<(DeviceId, ProductId)>> {
        Box::pin(async move {
            let due = Due {
                client: &self.client,
                table: &self.tables.stock,
                index: "due",
                shard_name: DUE,
            };
            let rows = due.rows(shard, now, limit).await?;
            let keys = rows.iter().map(|row| {
                let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok());
                let device_id = text("device_id").and_then(|text| DeviceId::parse(text).ok());
                let product_id = text("product_id").and_then(|text| ProductId::parse(text).ok());
                device_id
                    .zip(product_id)
                    .ok_or_else(|| Fault::Defect("a row of the index due lacks its keys".to_owned()))
            });
            keys.collect()
        })
    }
}
