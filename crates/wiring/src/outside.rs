//! What is not ours to keep: the payment provider, the market, sources of products, machines, queues, open pages; and what
//! needs them to get on.

use crate::{ConditionsFile, SqsOutbox, World};
use aws::{Account, ApiGatewayPages, LocalEngine, Machines, StepFunctionsWorkflows};
use domain::device::Reorders;
use domain::market::SimulatedMarket;
use domain::ports::{LivePages, Market, PaymentProvider, ProviderEvents, Workflows};
use domain::truth::Truth;
use laptop::LaptopMarket;
use openfoodfacts::{ProductSource, user_agent};
use openfoodfacts_http::HttpProductSource;
use shell::SettingError;
use std::sync::Arc;
use std::time::Duration;
use stripe::{StripeEvents, StripeProvider, WebhookSecret};

impl World {
    /// What carries out the orders that devices decide.
    ///
    /// # Errors
    /// A missing name.
    pub fn reorders(&self) -> Result<Reorders, SettingError> {
        Ok(Reorders {
            devices: self.devices()?,
            orders: self.orders()?,
            provider: self.payment_provider()?,
            workflows: self.workflows()?,
            payment_methods: self.payment_methods()?,
            clock: self.clock(),
        })
    }

    /// The payment provider.
    ///
    /// # Errors
    /// A missing or malformed setting.
    pub fn payment_provider(&self) -> Result<Arc<dyn PaymentProvider>, SettingError> {
        let base_url = self.settings.text("PAYMENT_BASE_URL")?;
        let secret_key = self.settings.text("PAYMENT_SECRET_KEY")?;
        let timeout_s = self
            .settings
            .value("PAYMENT_TIMEOUT_S", "a whole number of seconds")?;
        let provider = StripeProvider::new(&base_url, &secret_key, Duration::from_secs(timeout_s));
        // Which of them is wrong is not repeated: one is a secret.
        let provider = provider.map_err(|_| SettingError::Malformed {
            name: "PAYMENT_BASE_URL".to_owned(),
            expected: "an address that this build can speak to, beside a secret key",
        })?;
        Ok(Arc::new(provider))
    }

    /// What asks the payment provider what is true, and acts on it.
    ///
    /// # Errors
    /// A missing or malformed setting.
    pub fn truth(&self) -> Result<Truth, SettingError> {
        Ok(Truth {
            orders: self.orders()?,
            products: self.products()?,
            provider: self.payment_provider()?,
            workflows: self.workflows()?,
            clock: self.clock(),
        })
    }

    /// What the payment provider says by itself.
    ///
    /// # Errors
    /// A missing secret.
    pub fn webhook_events(&self) -> Result<Arc<dyn ProviderEvents>, SettingError> {
        let name = "WEBHOOK_SECRET";
        let secret = WebhookSecret::new(&self.settings.text(name)?).map_err(|_| SettingError::Malformed {
            name: name.to_owned(),
            expected: "a signing secret",
        })?;
        Ok(Arc::new(StripeEvents::new(secret)))
    }

    /// Where products are imported from.
    ///
    /// # Errors
    /// A missing name.
    pub fn product_source(&self) -> Result<Arc<dyn ProductSource>, SettingError> {
        let contact = self.settings.text("IMPORT_CONTACT")?;
        let source = HttpProductSource::new(&user_agent(env!("CARGO_PKG_VERSION"), &contact));
        let source = source.map_err(|_| SettingError::Malformed {
            name: "IMPORT_CONTACT".to_owned(),
            expected: "an e-mail or web address",
        })?;
        Ok(Arc::new(source))
    }

    /// The queue of what the provider simulator tells.
    ///
    /// # Errors
    /// A missing name.
    pub fn provider_events(&self) -> Result<SqsOutbox, SettingError> {
        let queue_url = self.settings.text("PROVIDER_EVENTS_QUEUE_URL")?;
        Ok(SqsOutbox::new(&self.connections, queue_url))
    }

    /// Step Functions on this machine, whose time can be let pass, from `LOCAL_STATES_URL`. Only what starts a stack here sets it;
    /// template.yaml does not.
    #[must_use]
    pub fn local_engine(&self) -> Option<LocalEngine> {
        let url = self.settings.text("LOCAL_STATES_URL").ok()?;
        Some(LocalEngine::new(&self.connections, url))
    }

    /// What is made to go wrong around a local stack. Only what starts a stack here names its folder; template.yaml does not.
    #[must_use]
    pub fn conditions(&self) -> Option<ConditionsFile> {
        self.local_world.as_deref().map(laptop::conditions_file)
    }

    /// The simulated market. A real supplier's API takes its place by another adapter, here.
    ///
    /// # Errors
    /// A missing or malformed setting.
    pub fn market(&self) -> Result<Arc<dyn Market>, SettingError> {
        let market: Arc<dyn Market> = Arc::new(SimulatedMarket {
            seed: self.settings.text("MARKET_SEED")?,
            scarcity_percent: self
                .settings
                .value("MARKET_SCARCITY_PERCENT", "a whole number from 0 to 100")?,
        });
        Ok(match self.conditions() {
            Some(conditions) => Arc::new(LaptopMarket { market, conditions }),
            None => market,
        })
    }

    /// The way to open pages.
    ///
    /// # Errors
    /// A missing address.
    pub fn live_pages(&self) -> Result<Arc<dyn LivePages>, SettingError> {
        let endpoint = self.settings.text("LIVE_ENDPOINT")?;
        Ok(Arc::new(ApiGatewayPages::new(&self.connections, &endpoint)))
    }

    /// The account that all of this runs in, to look into.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::new(&self.connections)
    }

    /// The state machines.
    ///
    /// # Errors
    /// A missing name.
    pub fn workflows(&self) -> Result<Arc<dyn Workflows>, SettingError> {
        let machines = Machines {
            hold_order: self.settings.text("HOLD_ORDER_MACHINE_ARN")?,
            order: self.settings.text("ORDER_MACHINE_ARN")?,
            supply_ingredient: self.settings.text("SUPPLY_INGREDIENT_MACHINE_ARN")?,
            refund_order: self.settings.text("REFUND_ORDER_MACHINE_ARN")?,
        };
        Ok(Arc::new(StepFunctionsWorkflows::new(
            &self.connections,
            machines,
            self.clock(),
        )))
    }
}
