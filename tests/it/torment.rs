//! The processes of a running shop are killed, stopped and started under load, and everything it has promised is true all the
//! same. A small one of what `cargo xtask torment` does for as long as one likes.

use crate::engine::{Shop, start};
use crate::simulate::furnished;
use std::time::Duration;
use xtask::test_stacks::Kind;
use xtask::torment::options::Options;
use xtask::torment::run;

/// Hazards 25, 26 and 29, for real. Protection: every decision is the condition of a write, every step finds in the database what
/// was done, executions are journalled before they are answered for, and the reconciler carries on what nobody works on any more.
#[tokio::test]
async fn whatever_is_ended_at_any_moment_no_order_is_lost_and_none_is_charged_twice() {
    let mut stack = start(Kind::Tormented, |_| {});
    let shop = furnished(&Shop::at(stack.addresses())).await;
    let options = Options {
        blows: 12,
        seed: 5,
        per_second: 1.5,
        mix: "tickets=2,dishes=2,products=3".to_owned(),
        settle_max: Duration::from_secs(240),
        hurries: true,
    };
    // The pieces of a stack are looked after without waiting, so on a thread of their own.
    let campaign = std::thread::scope(|scope| {
        let tormenting = scope.spawn(|| run(stack.stack(), &shop, &options, |line| println!("{line}")));
        tormenting.join().expect("the thread does not panic")
    })
    .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(campaign.is_right(), "{}", campaign.text);
    assert_eq!(
        campaign.struck.values().sum::<u32>(),
        options.blows,
        "{}",
        campaign.text
    );
    assert!(campaign.struck.len() >= 3, "{}", campaign.text);
    assert!(!campaign.report.orders.is_empty(), "{}", campaign.text);
}
