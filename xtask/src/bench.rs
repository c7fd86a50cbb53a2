//! What is measured on a machine: how functions start, and what orders cost a whole local stack.
//!
//! Seconds depend on the machine and on who else works on it. So what is compared is measured in turns in one run, and told as a
//! ratio; `benches/RESULTS.md` keeps what came out, with date and machine.

mod load;
pub mod orders;
mod processor;
mod shop;
pub mod starts;

/// The value in the middle.
fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value that this share of all does not exceed; 0 of nothing.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let place = (values.len().saturating_sub(1) as f64 * share).round() as usize;
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values = [9.0, 1.0, 5.0, 3.0, 7.0];
        assert!((median(&mut values) - 5.0).abs() < f64::EPSILON);
        assert!((quantile(&mut values, 0.99) - 9.0).abs() < f64::EPSILON);
        assert!(quantile(&mut [], 0.5).abs() < f64::EPSILON);
    }
}
