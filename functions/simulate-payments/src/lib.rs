//! simulate-payments
