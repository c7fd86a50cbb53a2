//! Wiring of `describe-shop`.

use describe_shop::DescribeShop;
use shell::{Settings, StartError, run_http, start};

fn main() -> Result<(), StartError> {
    start(async {
        let settings = Settings;
        let function = DescribeShop {
            currency: settings.currency()?,
            hold_ttl_s: settings.value("HOLD_TTL_S", "a whole number of seconds")?,
            stripe_publishable_key: settings.text_if_any("STRIPE_PUBLISHABLE_KEY")?,
        };
        run_http("describe-shop", describe_shop::router(function)).await
    })
}
