//! Stored payment methods in DynamoDB, one row for each user.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{from_item, s, to_item};
use aws_sdk_dynamodb::Client;
use domain::UserId;
use domain::ports::{Answer, PaymentMethod, PaymentMethods};

/// [`PaymentMethods`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoPaymentMethods {
    client: Client,
    table: String,
}

impl DynamoPaymentMethods {
    /// Payment methods in the table of this name, by `user_id`.
    pub fn new(connections: &Connections, table: impl Into<String>) -> Self {
        Self {
            client: connections.dynamodb(),
            table: table.into(),
        }
    }
}

impl PaymentMethods for DynamoPaymentMethods {
    fn get<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, Option<PaymentMethod>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .key("user_id", s(user_id.as_str()))
                // What was removed is not charged from the next order on.
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem payment method", &error))?;
            answer
                .item
                .map(|item| from_item("payment method", item))
                .transpose()
        })
    }

    fn put<'a>(&'a self, method: &'a PaymentMethod) -> Answer<'a, ()> {
        Box::pin(async move {
            // Without a condition: whoever stores last has the last word, and storing twice is storing once.
            self.client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(to_item("payment method", method)?))
                .send()
                .await
                .map_err(|error| fault("PutItem payment method", &error))?;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, user_id: &'a UserId) -> Answer<'a, ()> {
        Box::pin(async move {
            self.client
                .delete_item()
                .table_name(&self.table)
                .key("user_id", s(user_id.as_str()))
                .send()
                .await
                .map_err(|error| fault("DeleteItem payment method", &error))?;
            Ok(())
        })
    }
}
