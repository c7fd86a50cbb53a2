//! Lines of policies that no test of the running system needs, and why they are there.

/// Function, resource, actions, why.
pub const REASONS: &[(&str, &str, &[&str], &str)] = &[];
