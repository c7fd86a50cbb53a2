//! Accounts in DynamoDB, and the count of sign-in attempts.

use crate::connections::Connections;
use crate::faults::fault;
use crate::items::{from_attribute, from_item, n, s, to_item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use domain::ports::{Accounts, Answer};
use domain::user::{Account, Email, Role, SIGN_IN_WINDOW_S, SIGN_INS_PER_WINDOW};
use domain::{Refusal, Timestamp};

/// The tables behind accounts.
#[derive(Clone, Debug)]
pub struct AccountTables {
    /// Accounts by `email`.
    pub accounts: String,
    /// Sessions by `key`; sign-in attempts are counted in it.
    pub sessions: String,
}

/// [`Accounts`] in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoAccounts {
    client: Client,
    tables: AccountTables,
}

impl DynamoAccounts {
    /// Accounts in these tables.
    #[must_use]
    pub fn new(connections: &Connections, tables: AccountTables) -> Self {
        Self {
            client: connections.dynamodb(),
            tables,
        }
    }
}

impl Accounts for DynamoAccounts {
    fn create<'a>(&'a self, account: &'a Account) -> Answer<'a, ()> {
        Box::pin(async move {
            let sent = self
                .client
                .put_item()
                .table_name(&self.tables.accounts)
                .set_item(Some(to_item("account", account)?))
                .condition_expression("attribute_not_exists(email)")
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                // The same user id: the SDK repeated this very write after a lost answer.
                Some(PutItemError::ConditionalCheckFailedException(failed))
                    if failed.item().and_then(|item| item.get("user_id"))
                        == Some(&s(account.user_id.as_str())) =>
                {
                    Ok(())
                }
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(Refusal::EmailTaken.into()),
                _ => Err(fault("PutItem account", &error)),
            }
        })
    }

    fn find<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Account>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.tables.accounts)
                .key("email", s(email.as_str()))
                // Whoever has just signed up must be able to sign in.
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem account", &error))?;
            answer.item.map(|item| from_item("account", item)).transpose()
        })
    }

    fn role_of<'a>(&'a self, email: &'a Email) -> Answer<'a, Option<Role>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_item()
                .table_name(&self.tables.accounts)
                .key("email", s(email.as_str()))
                // Nothing else is asked for: whoever checks a role has no business with password hashes.
                .projection_expression("email, #role")
                .expression_attribute_names("#role", "role")
                // A role that was taken away is gone from the next request on.
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| fault("GetItem role", &error))?;
            let Some(mut item) = answer.item else {
                return Ok(None);
            };
            match item.remove("role") {
                Some(role) => from_attribute("role", role).map(Some),
                // Written before there were roles.
                None => Ok(Some(Role::default())),
            }
        })
    }

    fn appoint<'a>(&'a self, email: &'a Email, role: Role) -> Answer<'a, ()> {
        Box::pin(async move {
            let sent = self
                .client
                .update_item()
                .table_name(&self.tables.accounts)
                .key("email", s(email.as_str()))
                .update_expression("SET #role = :role")
                // Or this would make an account without a password.
                .condition_expression("attribute_exists(email)")
                .expression_attribute_names("#role", "role")
                .expression_attribute_values(":role", s(role.as_str()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                    Err(Refusal::not_found("account").into())
                }
                _ => Err(fault("UpdateItem role", &error)),
            }
        })
    }

    /// A call that the SDK repeated may count twice, which errs on the safe side.
    fn count_sign_in<'a>(&'a self, email: &'a Email, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            let window = Window::at(now);
            let sent = self
                .client
                .update_item()
                .table_name(&self.tables.sessions)
                .key("key", s(format!("sign-ins#{}#{}", email.as_str(), window.number)))
                .update_expression("ADD attempts :one SET ttl_s = :ttl")
                .condition_expression("attribute_not_exists(attempts) OR attempts < :max")
                .expression_attribute_values(":one", n(1))
                .expression_attribute_values(":ttl", n(window.ends_s))
                .expression_attribute_values(":max", n(SIGN_INS_PER_WINDOW))
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Err(Refusal::TooManyAttempts {
                    retry_after_s: window.left_s,
                }
                .into()),
                _ => Err(fault("UpdateItem sign-ins", &error)),
            }
        })
    }
}

/// The window of time in which sign-in attempts are counted together.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    number: i64,
    /// Its end, seconds since 1970.
    ends_s: i64,
    /// Whole seconds until its end, rounded up, at least 1.
    left_s: u32,
}

impl Window {
    fn at(now: Timestamp) -> Self {
        let length_s = i64::from(SIGN_IN_WINDOW_S);
        let number = now.as_ms().div_euclid(1000 * length_s);
        let ends_s = (number + 1) * length_s;
        Self {
            number,
            ends_s,
            left_s: now.seconds_until(Timestamp::from_ms(ends_s * 1000)).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_without_gap() {
        let at = |ms| Window::at(Timestamp::from_ms(ms));
        let window = |number, left_s| Window {
            number,
            ends_s: (number + 1) * 60,
            left_s,
        };
        assert_eq!(at(0), window(0, 60));
        assert_eq!(at(1), window(0, 60));
        assert_eq!(at(59_001), window(0, 1));
        assert_eq!(at(59_999), window(0, 1));
        assert_eq!(at(60_000), window(1, 60));
    }
}
