//! The ports on DynamoDB keep the contract that the ones in memory keep.
//!
//! They get tables of their own beside those of a running shop, made like them: a ledger that a shop's functions write
//! at the same time would not stand still where the contract looks twice.

use crate::engine::{Shop, fresh};
use crate::ports_contract::{Ports, Still, hold_for};
use aws::{
    AccountTables, Connections, DeviceTables, DynamoAccounts, DynamoDevices, DynamoDishes, DynamoDocuments,
    DynamoLedgers, DynamoLinks, DynamoLiveConnections, DynamoOrders, DynamoPaymentMethods, DynamoProducts,
    DynamoReports, DynamoRequests, DynamoRows, DynamoSessions, DynamoSupplies, DynamoTickets, OrderTables,
    ProductTables, RowTables, SupplyTables,
};
use domain::Currency;
use reserve_products::ReserveProducts;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Copies of a shop's tables, without what is in them, by the variable that names each.
struct Tables(BTreeMap<String, String>);

impl Tables {
    async fn like_those_of(shop: &Shop) -> Self {
        let suffix = fresh();
        let mut copies = BTreeMap::new();
        // Between them they know every table.
        for function in ["place-order", "simulate-payments"] {
            let configuration = shop.aws.configuration(function).await;
            let variables = configuration["Environment"]["Variables"].as_object().cloned();
            for (variable, table) in variables.unwrap_or_default() {
                if variable.starts_with("TABLE_") && !copies.contains_key(&variable) {
                    let copy = format!("{}-{suffix}", variable.to_lowercase());
                    make_like(shop, &table, &copy).await;
                    copies.insert(variable, copy);
                }
            }
        }
        Self(copies)
    }

    fn name(&self, variable: &str) -> String {
        let name = self.0.get(variable).cloned();
        name.unwrap_or_else(|| panic!("no function knows {variable}"))
    }
}

async fn make_like(shop: &Shop, table: &Value, copy: &str) {
    let described = shop
        .aws
        .dynamodb("DescribeTable", &json!({ "TableName": table }))
        .await;
    let like = &described["Table"];
    let mut wanted = json!({
        "TableName": copy,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": like["KeySchema"],
        "AttributeDefinitions": like["AttributeDefinitions"],
    });
    if let Some(indexes) = like["GlobalSecondaryIndexes"].as_array() {
        let only_what_is_asked = |index: &Value| {
            json!({
                "IndexName": index["IndexName"],
                "KeySchema": index["KeySchema"],
                "Projection": index["Projection"],
            })
        };
        wanted["GlobalSecondaryIndexes"] = indexes.iter().map(only_what_is_asked).collect();
    }
    shop.aws.dynamodb("CreateTable", &wanted).await;
}

fn orders(connections: &Connections, tables: &Tables) -> DynamoOrders {
    let tables = OrderTables {
        orders: tables.name("TABLE_ORDERS"),
        tickets: tables.name("TABLE_TICKETS"),
        holders: tables.name("TABLE_HOLDERS"),
        ledgers: tables.name("TABLE_LEDGERS"),
        inventory: tables.name("TABLE_INVENTORY"),
        money: tables.name("TABLE_MONEY"),
        device_stock: tables.name("TABLE_DEVICE_STOCK"),
    };
    DynamoOrders::new(connections, tables)
}

fn products(connections: &Connections, tables: &Tables) -> DynamoProducts {
    let tables = ProductTables {
        products: tables.name("TABLE_PRODUCTS"),
        inventory: tables.name("TABLE_INVENTORY"),
        catalogue: tables.name("TABLE_CATALOGUE"),
    };
    DynamoProducts::new(connections, tables)
}

#[tokio::test]
async fn the_ports_on_dynamodb_keep_the_contract() {
    let shop = Shop::patient();
    let tables = Tables::like_those_of(&shop).await;
    let connections = aws::connect_locally(shop.aws.engine()).await;
    let (orders, products) = (orders(&connections, &tables), products(&connections, &tables));
    let reserve_products = ReserveProducts {
        orders: Arc::new(orders.clone()),
        products: Arc::new(products.clone()),
        clock: Arc::new(Still),
        hold_ttl_s: 900,
        currency: Currency::parse("usd").unwrap(),
    };
    let accounts = AccountTables {
        accounts: tables.name("TABLE_ACCOUNTS"),
        sessions: tables.name("TABLE_SESSIONS"),
    };
    let supplies = SupplyTables {
        supplies: tables.name("TABLE_SUPPLIES"),
        ledgers: tables.name("TABLE_LEDGERS"),
    };
    let devices = DeviceTables {
        devices: tables.name("TABLE_DEVICES"),
        stock: tables.name("TABLE_DEVICE_STOCK"),
    };
    let rows = RowTables {
        orders: tables.name("TABLE_ORDERS"),
        tickets: tables.name("TABLE_TICKETS"),
        supplies: tables.name("TABLE_SUPPLIES"),
        holders: tables.name("TABLE_HOLDERS"),
        products: tables.name("TABLE_PRODUCTS"),
    };
    let ports = Ports {
        orders: &orders,
        tickets: &DynamoTickets::new(&connections, tables.name("TABLE_TICKETS")),
        accounts: &DynamoAccounts::new(&connections, accounts),
        sessions: &DynamoSessions::new(&connections, tables.name("TABLE_SESSIONS")),
        requests: &DynamoRequests::new(&connections, tables.name("TABLE_REQUESTS")),
        documents: &DynamoDocuments::new(&connections, tables.name("TABLE_SIMULATED_PAYMENTS")),
        links: &DynamoLinks::new(&connections, tables.name("TABLE_LINKS")),
        connections: &DynamoLiveConnections::new(&connections, tables.name("TABLE_CONNECTIONS")),
        dishes: &DynamoDishes::new(&connections, tables.name("TABLE_DISHES")),
        ledgers: &DynamoLedgers::new(&connections, tables.name("TABLE_LEDGERS")),
        supplies: &DynamoSupplies::new(&connections, supplies),
        products: &products,
        devices: &DynamoDevices::new(&connections, devices),
        payment_methods: &DynamoPaymentMethods::new(&connections, tables.name("TABLE_PAYMENT_METHODS")),
        rows: &DynamoRows::new(&connections, rows),
        reports: &DynamoReports::new(&connections, tables.name("TABLE_REPORTS")),
        reserve_products: &reserve_products,
        seed: 7,
    };
    hold_for(&ports).await;
}
