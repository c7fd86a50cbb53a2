//! Tags of machines and activities.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Engine, EngineError};

/// Tags of one machine or activity.
const TAGS_MAX: usize = 50;

/// A label on a machine or an activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// What it says.
    #[serde(default)]
    pub value: String,
}

/// The tags of one machine or activity, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Adds tags to what this ARN names; one whose key there is already replaces it.
    pub fn add(&mut self, tags: Vec<Tag>, arn: &str) -> Result<(), EngineError> {
        let mut all = self.0.clone();
        all.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
        if all.len() > TAGS_MAX {
            return Err(EngineError::TooManyTags(arn.to_owned()));
        }
        self.0 = all;
        Ok(())
    }
}

impl Engine {
    /// Adds tags to a machine or an activity.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`], [`EngineError::ResourceNotFound`] or [`EngineError::TooManyTags`].
    pub fn tag(&mut self, arn: &str, tags: Vec<Tag>) -> Result<(), EngineError> {
        self.tags_mut(arn)?.add(tags, arn)
    }

    /// Removes tags from a machine or an activity; those it has not are no error.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::ResourceNotFound`].
    pub fn untag(&mut self, arn: &str, keys: &[String]) -> Result<(), EngineError> {
        self.tags_mut(arn)?.0.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    /// The tags of a machine or an activity, by key.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::ResourceNotFound`].
    pub fn tags(&self, arn: &str) -> Result<Vec<Tag>, EngineError> {
        let tags = match is_activity(arn) {
            true => &self.activity(arn).map_err(|error| not_found(error, arn))?.tags,
            false => &self.shelf(arn).map_err(|error| not_found(error, arn))?.tags,
        };
        let tag = |(key, value): (&String, &String)| Tag {
            key: key.clone(),
            value: value.clone(),
        };
        Ok(tags.0.iter().map(tag).collect())
    }

    fn tags_mut(&mut self, arn: &str) -> Result<&mut Tags, EngineError> {
        let found = match is_activity(arn) {
            true => self.activity_mut(arn).map(|activity| &mut activity.tags),
            false => self.shelf_mut(arn).map(|shelf| &mut shelf.tags),
        };
        found.map_err(|error| not_found(error, arn))
    }
}

fn is_activity(arn: &str) -> bool {
    arn.split(':').nth(5) == Some("activity")
}

fn not_found(error: EngineError, arn: &str) -> EngineError {
    match error {
        EngineError::StateMachineDoesNotExist(_) | EngineError::ActivityDoesNotExist(_) => {
            EngineError::ResourceNotFound {
                message: format!("Resource not found: '{arn}'"),
                resource: Some(arn.to_owned()),
            }
        }
        error => error,
    }
}
