//! `GenerateOrders`: on a schedule, does one small thing that a user would do, so that a shop that nobody visits yet shows life.
//!
//! It registers a user with one to three devices, or orders one to four of a random product for a random device of a user
//! that it registered. There are at most [`USERS_MAX`] such users, each under an address of its own, so that whoever looks at
//! the books tells them from people; whoever has signed up with one of these addresses is left alone. What they order stays in
//! the books like anybody's orders. No undo: what it does is undone like what any user does.

mod draw;

use domain::checkout::begin_payment;
use domain::device::{Device, Watch};
use domain::ids::fingerprint;
use domain::order::Kind;
use domain::ports::{
    Accounts, Clock, Devices, Entropy, HoldAnswer, HoldRequest, Orders, PaymentMethod, PaymentMethods,
    Products, WantedProduct, Wish, Workflows,
};
use domain::product::Product;
use domain::user::{Account, Email, Role};
use domain::{CardToken, DeviceId, Fault, OrderId, PageRequest, ProductId, Refusal, UserId};
use draw::Draw;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Users that it registers, at most.
pub const USERS_MAX: u64 = 20;
/// Devices of one of them, at most.
const DEVICES_MAX: u64 = 3;
/// Of one product in one order, at most.
const QUANTITY_MAX: u64 = 4;
/// A generated device orders when fewer than so many are left.
const THRESHOLD: u32 = 2;
/// No password has this hash: nobody signs in as a generated user.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// The test card that always pays.
const CARD: &str = "tok_visa";

/// What the step needs.
#[derive(Clone)]
pub struct GenerateOrders {
    /// Who is registered.
    pub accounts: Arc<dyn Accounts>,
    /// Their devices.
    pub devices: Arc<dyn Devices>,
    /// What their devices pay with.
    pub payment_methods: Arc<dyn PaymentMethods>,
    /// What there is to order.
    pub products: Arc<dyn Products>,
    /// Orders.
    pub orders: Arc<dyn Orders>,
    /// The state machines.
    pub workflows: Arc<dyn Workflows>,
    /// What is drawn.
    pub entropy: Arc<dyn Entropy>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// The schedule's event. Nothing in it matters.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Input {}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Output {
    /// A user was registered.
    Registered {
        /// Who.
        user_id: UserId,
        /// Their devices.
        devices: Vec<DeviceId>,
    },
    /// Something was ordered and paid.
    Ordered {
        /// The order.
        order_id: OrderId,
        /// For this device.
        device_id: DeviceId,
        /// What.
        product_id: ProductId,
        /// How many.
        quantity: u32,
    },
    /// Something was to be ordered and cannot be had.
    Refused {
        /// The refusal's name.
        code: String,
    },
    /// A person has signed up with the address that was drawn; nothing is done in their name.
    AddressTaken,
    /// There is no product that could be watched or ordered.
    NothingForSale,
}

impl GenerateOrders {
    /// Does one thing.
    ///
    /// # Errors
    /// What the ports report. Half of it may be done then, as with a user who closes the page.
    pub async fn handle(&self, _: Input) -> Result<Output, Fault> {
        let everything = Wish {
            words: BTreeSet::new(),
            category: None,
        };
        let page = PageRequest {
            limit: PageRequest::LIMIT_MAX,
            cursor: None,
        };
        let products = self.products.list(&everything, &page).await?.rows;
        let mut draw = Draw::from(self.entropy.bytes16()?);
        let email = Email::parse(&format!("generated-{}@example.com", draw.one_to(USERS_MAX)))
            .map_err(|error| Fault::Defect(error.to_string()))?;
        let Some(product) = draw.pick(&products) else {
            return Ok(Output::NothingForSale);
        };
        let Some(user_id) = self.user(email).await? else {
            return Ok(Output::AddressTaken);
        };
        let devices = self.devices.list_of(&user_id, &page).await?.rows;
        match draw.pick(&devices) {
            Some(device) => self.order(device, product, draw.one_to(QUANTITY_MAX)).await,
            None => self.register(user_id, &products, &mut draw).await,
        }
    }

    /// The generated user of this address, made if there is none yet; `None` when it is a person's.
    async fn user(&self, email: Email) -> Result<Option<UserId>, Fault> {
        let account = Account {
            email: email.clone(),
            user_id: UserId::from_random(self.entropy.bytes16()?),
            password_hash: NOBODY.to_owned(),
            role: Role::Buyer,
            created_at: self.clock.now(),
        };
        match self.accounts.create(&account).await {
            Ok(()) => Ok(Some(account.user_id)),
            Err(Fault::Refused(Refusal::EmailTaken)) => {
                let found = self.accounts.find(&email).await?;
                let generated = found.filter(|found| found.password_hash == NOBODY);
                Ok(generated.map(|found| found.user_id))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Registers one to three devices, each watching a product, and stores the card that they pay with.
    async fn register(
        &self,
        user_id: UserId,
        products: &[Product],
        draw: &mut Draw,
    ) -> Result<Output, Fault> {
        let now = self.clock.now();
        let method = PaymentMethod {
            user_id: user_id.clone(),
            card: card()?,
            stored_at: now,
        };
        self.payment_methods.put(&method).await?;
        let mut devices = Vec::new();
        for _ in 0..draw.one_to(DEVICES_MAX) {
            let bytes = self.entropy.bytes16()?;
            let order_quantity = quantity(draw.one_to(QUANTITY_MAX));
            let watched = draw.pick(products).map(|product| {
                let watch = Watch {
                    threshold: THRESHOLD,
                    order_quantity,
                    max_price_minor: product.price_minor,
                };
                (product.product_id.clone(), watch)
            });
            let device = Device {
                device_id: DeviceId::from_random(bytes),
                owner_id: user_id.clone(),
                mac_address: draw::mac_address(bytes)?,
                watches: watched.into_iter().collect::<BTreeMap<_, _>>(),
                version: 1,
                created_at: now,
            };
            self.devices.register(&device).await?;
            devices.push(device.device_id);
        }
        Ok(Output::Registered { user_id, devices })
    }

    /// Orders for the device, and pays. An order that is held and not paid, because this died in between, expires by itself.
    async fn order(&self, device: &Device, product: &Product, number: u64) -> Result<Output, Fault> {
        let order_id = OrderId::from_random(self.entropy.bytes16()?);
        let quantity = quantity(number);
        let request = HoldRequest {
            order_id: order_id.clone(),
            user_id: device.owner_id.clone(),
            kind: Kind::Product,
            tickets: Vec::new(),
            dishes: Vec::new(),
            products: vec![WantedProduct {
                product_id: product.product_id.clone(),
                quantity,
                version: None,
                max_price_minor: None,
            }],
            device_id: Some(device.device_id.clone()),
            request_fingerprint: fingerprint(&["generated", order_id.as_str()]),
        };
        if let HoldAnswer::Refused(refusal) = self.workflows.hold_order(&request).await? {
            return Ok(Output::Refused {
                code: refusal.name().to_owned(),
            });
        }
        begin_payment(&*self.orders, &*self.workflows, &*self.clock, &order_id, &card()?).await?;
        Ok(Output::Ordered {
            order_id,
            device_id: device.device_id.clone(),
            product_id: product.product_id.clone(),
            quantity,
        })
    }
}

fn card() -> Result<CardToken, Fault> {
    CardToken::parse(CARD).map_err(|error| Fault::Defect(error.to_string()))
}

/// Small numbers that were drawn.
fn quantity(drawn: u64) -> u32 {
    u32::try_from(drawn).unwrap_or(1)
}
