//! `cargo xtask simulate`: buyers by the second, or a crowd at one thing, against the running stack.

use std::fs;
use std::process::ExitCode;

use serde_json::Value;

use super::session::running;
use xtask::failure::{Failure, Result, While};
use xtask::project::Project;
use xtask::simulate::audit::Operator;
use xtask::simulate::client::Weather;
use xtask::simulate::options::{Options, Scene};
use xtask::simulate::plan::Kind;
use xtask::simulate::things::Whose;
use xtask::simulate::{self, Shop};
use xtask::steps::Steps;

/// Who may see the count of a shop that is not this machine's: `address:password`. Not an option, because what is written
/// on a command line is seen by everybody on the machine.
const OPERATOR: &str = "HOLDFAST_OPERATOR";

/// Runs it; the exit code says whether everything was as it should be.
pub fn run(options: &Options) -> Result<ExitCode> {
    let shop = Shop {
        url: url(options)?,
        operator: operator(options)?,
        whose: if options.own_things {
            Whose::Own { dishes: Vec::new() }
        } else {
            Whose::Anybodys
        },
        weather: Weather::Calm,
    };
    println!("{}", what(options, &shop));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .while_doing("start a runtime")?;
    let report = runtime.block_on(simulate::run(options, &shop, Steps::Shown))?;
    print!("{}", report.text);
    if report.is_right() {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "Each request id above is in the shop's logs; the same choices again: --seed {}",
        options.seed
    );
    Ok(ExitCode::FAILURE)
}

fn url(options: &Options) -> Result<String> {
    if let Some(url) = &options.url {
        return Ok(url.clone());
    }
    let Some(stack) = running(&Project::here()?)? else {
        return Err(Failure::new(
            "No stack is running: start one with `cargo xtask up` and run this in another terminal, or name a shop with --url.",
        ));
    };
    let addresses = stack.addresses.ok_or_else(|| {
        Failure::new(
            "The stack is still starting: wait until `cargo xtask up` says what to try, then run this again.",
        )
    })?;
    Ok(addresses.front)
}

/// The operator of the environment, or the one whom `up` has appointed.
fn operator(options: &Options) -> Result<Option<Operator>> {
    if let Ok(said) = std::env::var(OPERATOR) {
        let (email, password) = said
            .split_once(':')
            .ok_or_else(|| Failure::new(format!("{OPERATOR} is not of the form address:password.")))?;
        return Ok(Some(Operator {
            email: email.to_owned(),
            password: password.to_owned(),
        }));
    }
    if options.url.is_some() {
        return Ok(None);
    }
    let path = Project::here()?.path("localstack/seed.json");
    let doing = format!("read {}", path.display());
    let seed: Value =
        serde_json::from_str(&fs::read_to_string(&path).while_doing(&doing)?).while_doing(&doing)?;
    let text = |name: &str| seed["operator"][name].as_str().unwrap_or_default().to_owned();
    Ok(Some(Operator {
        email: text("email"),
        password: text("password"),
    }))
}

fn what(options: &Options, shop: &Shop) -> String {
    match &options.scene {
        Scene::Day(day) => format!(
            "{} orders at {}/s against {}, seed {}",
            day.pace.orders(),
            day.pace.per_second,
            shop.url,
            options.seed
        ),
        Scene::OnSale(sale) => {
            let thing = match sale.of {
                Kind::Tickets if sale.stock == 1 => "one ticket".to_owned(),
                Kind::Tickets => format!("{} tickets", sale.stock),
                _ => format!("a product of which there are {}", sale.stock),
            };
            format!("{} buyers at {thing}, against {}", sale.buyers, shop.url)
        }
    }
}
