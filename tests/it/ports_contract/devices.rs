//! Devices are registered once, their stock is written from the version that was read, and what is delivered is added to
//! whatever is there, in the transaction of its order.

use super::{NOW, Ports, all_at_once, change, first_page, is_refusal, soon, walk};
use domain::device::{DEVICES_MAX, DUE_SHARDS, StockWrite, Watch};
use domain::order::Arrival;
use domain::ports::{CommitError, DeviceError, PaymentMethod};
use domain::{
    CardToken, ChargeOutcome, Decision, Device, DeviceId, DeviceStock, Fault, MacAddress, PriceMinor,
    ProductId, Refusal, UserId,
};
use std::collections::BTreeMap;

const WATCH: Watch = Watch {
    threshold: 5,
    order_quantity: 10,
    max_price_minor: price(750),
};

const fn price(minor: u64) -> PriceMinor {
    match PriceMinor::new(minor) {
        Ok(price) => price,
        Err(_) => panic!("a price"),
    }
}

impl Ports<'_> {
    fn mac_address(&self) -> MacAddress {
        let drawn = u128::from_be_bytes(self.bytes16());
        // The second bit says that it was given by hand, the first that it is no group's.
        let bytes = (drawn ^ drawn >> 64) as u64 & 0x00ff_ffff_ffff;
        MacAddress::parse(&format!("02{bytes:010x}")).unwrap()
    }

    fn device(&self, owner_id: &UserId, products: &[ProductId]) -> Device {
        Device {
            device_id: DeviceId::from_random(self.bytes16()),
            owner_id: owner_id.clone(),
            mac_address: self.mac_address(),
            watches: products.iter().map(|product| (product.clone(), WATCH)).collect(),
            version: 1,
            created_at: NOW,
        }
    }

    fn product_id(&self) -> ProductId {
        ProductId::from_random(self.bytes16())
    }

    /// A device that watches one product.
    async fn watching(&self) -> (Device, ProductId) {
        let product = self.product_id();
        let device = self.device(&self.user(), std::slice::from_ref(&product));
        assert_eq!(self.devices.register(&device).await, Ok(()));
        (device, product)
    }

    async fn device_stock(&self, device: &Device, product: &ProductId) -> DeviceStock {
        let row = self.devices.stock(&device.device_id, product).await.unwrap();
        row.expect("the row is there")
    }

    /// The decision to complete a paid order, which brings this to a device.
    async fn bringing(&self, arrivals: Vec<Arrival>) -> Decision {
        let order = self.placed(1).await;
        let card = CardToken::parse("tok_visa").unwrap();
        let paying = change(order.begin_payment(card, NOW));
        assert_eq!(self.orders.commit(&paying).await, Ok(()));
        let paid = change(paying.after.record_outcome(1, &ChargeOutcome::Succeeded, 0, NOW));
        assert_eq!(self.orders.commit(&paid).await, Ok(()));
        let mut completing = change(paid.after.complete(NOW));
        completing.arrivals = arrivals;
        completing
    }
}

fn arrival(device: &Device, product: &ProductId, quantity: u32) -> Arrival {
    Arrival {
        device_id: device.device_id.clone(),
        product_id: product.clone(),
        quantity,
    }
}

fn write(before: &DeviceStock, after: DeviceStock) -> StockWrite {
    StockWrite {
        before: Some(before.version),
        after,
    }
}

pub async fn an_address_is_registered_once(ports: &Ports<'_>) {
    let (device, product) = ports.watching().await;
    assert_eq!(
        ports.devices.get(&device.device_id).await,
        Ok(Some(device.clone()))
    );
    assert_eq!(
        ports.device_stock(&device, &product).await,
        device.empty_stock()[0]
    );
    // Again is success, by whoever it was.
    assert_eq!(ports.devices.register(&device).await, Ok(()));
    let other = Device {
        mac_address: device.mac_address.clone(),
        ..ports.device(&ports.user(), &[])
    };
    let refused = ports.devices.register(&other).await;
    assert!(is_refusal(&refused, |refusal| matches!(
        refusal,
        Refusal::MacAddressTaken { .. }
    )));
    assert_eq!(ports.devices.get(&other.device_id).await, Ok(None));
    let renamed = Device {
        mac_address: ports.mac_address(),
        ..device.clone()
    };
    assert_eq!(
        ports.devices.register(&renamed).await,
        Err(Fault::Refused(Refusal::KeyReused)),
        "one Idempotency-Key was used for two"
    );
    // Of many at one moment exactly one has it.
    let address = ports.mac_address();
    let rivals: Vec<Device> = (0..8)
        .map(|_| Device {
            mac_address: address.clone(),
            ..ports.device(&ports.user(), &[])
        })
        .collect();
    let answers = all_at_once(rivals.iter().map(|rival| ports.devices.register(rival))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.is_ok()).count(),
        1,
        "{answers:?}"
    );
}

pub async fn an_owner_has_so_many_devices_and_no_more(ports: &Ports<'_>) {
    let owner = ports.user();
    for _ in 0..DEVICES_MAX {
        let device = ports.device(&owner, &[]);
        assert_eq!(ports.devices.register(&device).await, Ok(()));
    }
    let one_more = ports.device(&owner, &[]);
    let refused = ports.devices.register(&one_more).await;
    assert!(is_refusal(&refused, |refusal| matches!(
        refusal,
        Refusal::TooManyDevices { .. }
    )));
    assert_eq!(ports.devices.get(&one_more.device_id).await, Ok(None));
    // Its address was not taken by what was refused.
    let elsewhere = Device {
        owner_id: ports.user(),
        ..one_more
    };
    assert_eq!(ports.devices.register(&elsewhere).await, Ok(()));
    let count = soon("all devices are listed", async || {
        let read = |page| {
            let owner = owner.clone();
            Box::pin(async move { ports.devices.list_of(&owner, &page).await.unwrap() }) as _
        };
        let devices = walk(7, &read).await;
        (devices.len() == DEVICES_MAX as usize).then_some(devices.len())
    })
    .await;
    assert_eq!(count, DEVICES_MAX as usize);
}

pub async fn stock_is_written_from_the_version_that_was_read(ports: &Ports<'_>) {
    let (device, product) = ports.watching().await;
    let empty = ports.device_stock(&device, &product).await;
    let low = empty.measure(2, None, true, NOW).unwrap().unwrap();
    assert_eq!(ports.devices.restock(&write(&empty, low.clone())).await, Ok(()));
    let late = empty.measure(3, None, true, NOW).unwrap().unwrap();
    assert_eq!(
        ports.devices.restock(&write(&empty, late)).await,
        Err(DeviceError::Moved)
    );
    assert_eq!(ports.device_stock(&device, &product).await, low);
    // It is found when it is due, and not before.
    let (shard, due_at) = (low.due_shard(), low.due_at.unwrap());
    assert!(shard < DUE_SHARDS);
    let key = (device.device_id.clone(), product.clone());
    let early = ports.devices.list_due(shard, NOW, 1_000).await.unwrap();
    assert!(!early.contains(&key));
    soon("what is due is found", async || {
        let due = ports.devices.list_due(shard, due_at, 1_000).await.unwrap();
        due.contains(&key).then_some(())
    })
    .await;
    let closed = low
        .close(1, &domain::device::Ending::Delivered, false, NOW)
        .unwrap();
    let enough = closed.measure(9, None, false, NOW).unwrap().unwrap();
    assert_eq!(enough.due_at, None);
    assert_eq!(ports.devices.restock(&write(&low, enough)).await, Ok(()));
    soon("what is not due is not found", async || {
        let due = ports.devices.list_due(shard, due_at, 1_000).await.unwrap();
        (!due.contains(&key)).then_some(())
    })
    .await;
}

pub async fn what_is_watched_changes_whole_or_not_at_all(ports: &Ports<'_>) {
    let (device, old) = ports.watching().await;
    let empty = ports.device_stock(&device, &old).await;
    let new = ports.product_id();
    let stock = BTreeMap::from([(old.clone(), empty.clone())]);
    let change = device
        .rewatch(
            device.version,
            BTreeMap::from([(new.clone(), WATCH)]),
            &stock,
            NOW,
        )
        .unwrap();
    // One row has moved, so nothing is written.
    let said = empty.measure(7, None, false, NOW).unwrap().unwrap();
    assert_eq!(ports.devices.restock(&write(&empty, said.clone())).await, Ok(()));
    assert_eq!(ports.devices.rewatch(&change).await, Err(DeviceError::Moved));
    assert_eq!(ports.devices.stock(&device.device_id, &new).await, Ok(None));
    assert_eq!(
        ports.devices.get(&device.device_id).await,
        Ok(Some(device.clone()))
    );
    let stock = BTreeMap::from([(old.clone(), said)]);
    let change = device
        .rewatch(
            device.version,
            BTreeMap::from([(new.clone(), WATCH)]),
            &stock,
            NOW,
        )
        .unwrap();
    assert_eq!(ports.devices.rewatch(&change).await, Ok(()));
    assert_eq!(
        ports.devices.get(&device.device_id).await,
        Ok(Some(change.after.clone()))
    );
    let (before, after) = (
        ports.device_stock(&device, &old).await,
        ports.device_stock(&device, &new).await,
    );
    assert_eq!(
        (before.watch, before.quantity, after.watch, after.quantity),
        (None, 7, Some(WATCH), 0)
    );
    // From the version before that, nothing more is written.
    assert_eq!(ports.devices.rewatch(&change).await, Err(DeviceError::Moved));
    // A page at a time, by product.
    let read = |page| {
        let device_id = device.device_id.clone();
        Box::pin(async move { ports.devices.stock_of(&device_id, &page).await.unwrap() }) as _
    };
    let mut products = vec![old, new];
    products.sort();
    let walked: Vec<ProductId> = walk(1, &read)
        .await
        .into_iter()
        .map(|row: DeviceStock| row.product_id)
        .collect();
    assert_eq!(walked, products);
    let whole = ports.devices.stock_of(&device.device_id, &first_page(2)).await;
    assert!(whole.unwrap().next.is_none());
}

pub async fn what_is_delivered_is_added_once_with_its_order(ports: &Ports<'_>) {
    let (device, product) = ports.watching().await;
    let other = ports.product_id();
    let empty = ports.device_stock(&device, &product).await;
    let said = empty.measure(7, None, false, NOW).unwrap().unwrap();
    assert_eq!(ports.devices.restock(&write(&empty, said.clone())).await, Ok(()));
    let both = vec![arrival(&device, &product, 3), arrival(&device, &other, 4)];
    let completing = ports.bringing(both).await;
    assert_eq!(ports.orders.commit(&completing).await, Ok(()));
    // The order completes once, so what it brings is added once.
    assert_eq!(
        ports.orders.commit(&completing).await,
        Err(CommitError::OrderMoved)
    );
    let row = ports.device_stock(&device, &product).await;
    assert_eq!(
        (row.quantity, row.version, row.watch, row.measured_at),
        (10, said.version + 1, Some(WATCH), Some(NOW))
    );
    // Where there was no row there is one, which is watched by nobody.
    let owner = &completing.after.user_id;
    let made = ports.device_stock(&device, &other).await;
    assert_eq!(
        made,
        DeviceStock::arrived(&device.device_id, &other, owner, 4, NOW)
    );
    // A second delivery is added to the first; of many at one moment none is lost.
    let mut deliveries = Vec::new();
    for _ in 0..4 {
        deliveries.push(ports.bringing(vec![arrival(&device, &other, 2)]).await);
    }
    let answers = all_at_once(deliveries.iter().map(|delivery| async move {
        loop {
            match ports.orders.commit(delivery).await {
                Err(CommitError::Contended) => {}
                answer => return answer,
            }
        }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(ports.device_stock(&device, &other).await.quantity, 12);
    // Whoever read the row before a delivery writes nothing over it.
    let stale = said.measure(1, None, false, NOW).unwrap().unwrap();
    assert_eq!(
        ports.devices.restock(&write(&said, stale)).await,
        Err(DeviceError::Moved)
    );
}

pub async fn a_stored_payment_method_is_the_latest(ports: &Ports<'_>) {
    let user = ports.user();
    assert_eq!(ports.payment_methods.get(&user).await, Ok(None));
    assert_eq!(ports.payment_methods.remove(&user).await, Ok(()));
    for token in ["tok_visa", "tok_mastercard"] {
        let method = PaymentMethod {
            user_id: user.clone(),
            card: CardToken::parse(token).unwrap(),
            stored_at: NOW,
        };
        assert_eq!(ports.payment_methods.put(&method).await, Ok(()));
        assert_eq!(ports.payment_methods.get(&user).await, Ok(Some(method)));
    }
    assert_eq!(ports.payment_methods.remove(&user).await, Ok(()));
    assert_eq!(ports.payment_methods.get(&user).await, Ok(None));
}
