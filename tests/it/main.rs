//! Tests that need more than one room: the house rules, the definitions, the simulation, the running engine.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod api;
mod bad_input;
mod browser;
mod catalogue;
mod conservation;
mod costs;
mod dashboard;
mod definitions;
mod deployed;
mod door;
mod effects;
mod engine;
mod errors;
mod events;
mod executions;
mod generator;
mod hazards;
mod hurried;
mod imports;
mod independent_client;
mod kitchen;
mod layout;
mod links;
mod live;
mod logs;
mod mutations;
mod openapi;
mod operators;
mod paths;
mod permissions;
mod ports_contract;
mod ports_in_dynamodb;
mod ports_in_memory;
mod project;
mod proof;
mod python;
mod queues;
mod scale;
mod simulate;
mod simulated;
mod site;
mod template;
mod torment;
mod torn_reads;
mod uninvited;
mod unlucky;
mod unwind;
mod watched;
