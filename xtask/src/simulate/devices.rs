//! Devices: some people have one. Half of the devices are filled by orders of their owners, the others tell what is left
//! and order by themselves.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use super::client::{Answer, Call, Client};
use super::orders::GOOD_CARD;
use super::people::{People, Person};
use super::things::{Things, Wish};
use crate::failure::{Failure, Result};

/// Owners of a device.
const OWNERS_MAX: usize = 6;
/// A device that has less of its product orders by itself.
const THRESHOLD: u64 = 5;
/// So many: enough at once, so that one order is the end of it.
const ORDER_QUANTITY: u64 = 6;

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// The product that is in it.
    pub product_id: String,
    /// Whether it tells what is left and orders by itself; otherwise its owner orders for it.
    pub watches: bool,
}

/// The devices of a run.
#[derive(Clone, Debug)]
pub struct Devices(Vec<Device>);

impl Devices {
    /// Registers one for each of the first few people; none where the shop has no devices.
    ///
    /// # Errors
    /// The shop has devices, and does not let people register theirs.
    pub async fn register(
        client: &Client,
        people: &People,
        things: &Things,
        rng: &mut Rng,
    ) -> Result<Option<Self>> {
        let Some(product) = things.plenty() else {
            return Ok(None);
        };
        let mut devices = Vec::new();
        for person in people.all().take(OWNERS_MAX) {
            let watches = person.index % 2 == 1;
            let watched =
                json!([{ "productId": product.id, "threshold": THRESHOLD, "orderQuantity": ORDER_QUANTITY }]);
            let body = json!({ "macAddress": mac_address(rng), "watches": if watches { watched } else { json!([]) } });
            let call = Call::post("register a device", "/api/devices", body).by(&person.token);
            let answer = said(client, &call).await?;
            if answer.status == 404 {
                return Ok(None);
            }
            if answer.status != 201 {
                return Err(Failure::new(format!(
                    "No device can be registered: {}",
                    answer.in_words()
                )));
            }
            devices.push(Device {
                id: answer.text("/id").to_owned(),
                product_id: product.id.clone(),
                watches,
            });
            if watches {
                let card = Call::put(
                    "store a card",
                    "/api/payment-method",
                    json!({ "token": GOOD_CARD }),
                );
                let stored = said(client, &card.by(&person.token)).await?;
                if stored.status >= 300 {
                    return Err(Failure::new(format!(
                        "No card can be stored: {}",
                        stored.in_words()
                    )));
                }
            }
        }
        Ok(Some(Self(devices)))
    }

    /// How many there are; their owners are the first people.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Somebody's device.
    #[must_use]
    pub fn of(&self, person: usize) -> Option<&Device> {
        self.0.get(person)
    }

    /// Whether it is one of these.
    #[must_use]
    pub fn has(&self, device_id: &str) -> bool {
        self.0.iter().any(|device| device.id == device_id)
    }

    /// Each device with its owner's place.
    pub fn all(&self) -> impl Iterator<Item = (usize, &Device)> {
        self.0.iter().enumerate()
    }

    /// What an owner orders for a device.
    #[must_use]
    pub fn wish(&self, things: &Things, rng: &mut Rng) -> Option<Wish> {
        Some(Wish::of_product(things.plenty()?, rng.u64(1..=4)))
    }

    /// A device tells that little is left, so that it orders.
    pub async fn reads(&self, client: &Client, owner: &Person, device: &Device, rng: &mut Rng) {
        let body = json!({ "productId": device.product_id, "quantity": rng.u64(0..THRESHOLD) });
        let call = Call::post(
            "report a reading",
            format!("/api/devices/{}/readings", device.id),
            body,
        )
        .by(&owner.token)
        .once(format!("{}-reading-{}", client.run(), rng.u64(..)));
        let Ok(answer) = client.insist(&call).await else {
            return;
        };
        match answer.status {
            200..=299 => {
                let promised = answer.text("/reorder/orderId");
                if !promised.is_empty() {
                    client.board().known().promised.insert(promised.to_owned());
                }
            }
            409 => client.board().refused(answer.code()),
            _ => {
                let what = format!(
                    "a reading was answered with what it cannot be: {}",
                    answer.in_words()
                );
                client.board().wrong(what, &answer.request_id);
            }
        }
    }

    /// How much of its product is in a device that its owner fills; none when the shop does not tell.
    pub async fn stock(client: &Client, owner: &Person, device: &Device) -> Option<u64> {
        let path = format!("/api/devices/{}/stock", device.id);
        let answer = client
            .insist(&Call::get("read a device", path).by(&owner.token))
            .await
            .ok()?;
        if answer.status != 200 {
            return None;
        }
        let by_product: BTreeMap<String, u64> = rows(&answer.body)
            .iter()
            .map(|row| {
                let product_id = row["productId"].as_str().unwrap_or_default().to_owned();
                (product_id, row["quantity"].as_u64().unwrap_or_default())
            })
            .collect();
        Some(by_product.get(&device.product_id).copied().unwrap_or_default())
    }
}

async fn said(client: &Client, call: &Call) -> Result<Answer> {
    let answer = client.insist(call).await;
    answer.map_err(|lost| Failure::new(format!("Nothing can be learned of devices: {}.", lost.why)))
}

/// The first list of an answer, whatever it is called.
fn rows(body: &Value) -> &[Value] {
    let list = match body {
        Value::Array(list) => Some(list),
        Value::Object(fields) => fields.values().find_map(Value::as_array),
        _ => None,
    };
    list.map(Vec::as_slice).unwrap_or_default()
}

/// A locally administered address, which no manufacturer gives out.
fn mac_address(rng: &mut Rng) -> String {
    let bytes: Vec<String> = (0..5).map(|_| format!("{:02X}", rng.u8(..))).collect();
    format!("02:{}", bytes.join(":"))
}
