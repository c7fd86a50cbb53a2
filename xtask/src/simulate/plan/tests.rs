//! A day is its seed's day.

use super::*;
use proptest::prelude::*;

fn habits() -> Habits {
    Habits {
        declines: 15,
        leavers: 8,
        doubles: 10,
    }
}

fn day(seed: u64, per_second: f64, seconds: u64, mix: &Mix) -> Vec<Arrival> {
    let pace = Pace {
        per_second,
        lasts: Duration::from_secs(seconds),
    };
    Arrivals::new(seed, pace, mix.clone(), habits()).collect()
}

fn even() -> Mix {
    Mix::new(Kind::ALL.into_iter().map(|kind| (kind, 1)).collect()).unwrap()
}

proptest! {
    #[test]
    fn the_same_seed_is_the_same_day(seed: u64, per_second in 0.5..50.0, seconds in 2_u64..60) {
        prop_assert_eq!(day(seed, per_second, seconds, &even()), day(seed, per_second, seconds, &even()));
    }

    #[test]
    fn another_seed_is_another_day(seed in 0..u64::MAX) {
        prop_assert_ne!(day(seed, 10.0, 10, &even()), day(seed + 1, 10.0, 10, &even()));
    }

    #[test]
    fn as_many_come_as_the_rate_says_in_their_order_and_within_the_time(
        seed: u64, per_second in 1.0..50.0, seconds in 1_u64..60,
    ) {
        let all = day(seed, per_second, seconds, &even());
        prop_assert!((all.len() as f64 - per_second * seconds as f64).abs() <= 1.0);
        prop_assert!(all.windows(2).all(|pair| pair[0].at <= pair[1].at));
        // No second is empty and none has a heap of them: one comes in each slot.
        let slot = 1.0 / per_second;
        for (number, arrival) in all.iter().enumerate() {
            let nth = (arrival.at.as_secs_f64() / slot) - number as f64;
            prop_assert!((-0.001..1.001).contains(&nth), "{nth}");
            prop_assert!(arrival.at < Duration::from_secs(seconds));
        }
    }

    #[test]
    fn the_beginning_of_a_day_does_not_depend_on_how_long_it_lasts(seed: u64) {
        let (short, long) = (day(seed, 5.0, 10, &even()), day(seed, 5.0, 60, &even()));
        prop_assert_eq!(&short[..], &long[..short.len()]);
    }

    #[test]
    fn nothing_comes_that_has_no_weight(seed: u64, tickets in 0_u32..5, products in 1_u32..5) {
        let mix = Mix::new(BTreeMap::from([(Kind::Tickets, tickets), (Kind::Products, products)])).unwrap();
        let all = day(seed, 20.0, 20, &mix);
        let count = |kind| all.iter().filter(|arrival| arrival.kind == kind).count();
        prop_assert_eq!(count(Kind::Dishes) + count(Kind::Devices), 0);
        prop_assert_eq!(count(Kind::Tickets) == 0, tickets == 0);
        prop_assert!(count(Kind::Products) > 0);
    }
}

#[test]
fn weights_and_shares_are_what_comes() {
    let mix = Mix::new(BTreeMap::from([(Kind::Tickets, 3), (Kind::Products, 1)])).unwrap();
    let all = day(1, 100.0, 100, &mix);
    let share =
        |is: &dyn Fn(&Arrival) -> bool| all.iter().filter(|arrival| is(arrival)).count() * 100 / all.len();
    assert!((73..=77).contains(&share(&|arrival| arrival.kind == Kind::Tickets)));
    let leaves = |arrival: &Arrival| matches!(arrival.habit, Habit::Cancels | Habit::NeverPays);
    assert!((6..=10).contains(&share(&leaves)));
    for habit in Habit::ALL {
        assert!(
            all.iter().any(|arrival| arrival.habit == habit),
            "nobody {}",
            habit.name()
        );
    }
}

#[test]
fn a_mix_of_nothing_is_none() {
    assert_eq!(Mix::new(BTreeMap::from([(Kind::Tickets, 0)])), None);
    assert!(!even().without(Kind::Devices).unwrap().has(Kind::Devices));
    assert_eq!(
        Mix::new(BTreeMap::from([(Kind::Tickets, 2)]))
            .unwrap()
            .without(Kind::Tickets),
        None
    );
}
