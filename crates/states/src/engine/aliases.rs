//! Names that lead to one or two versions of a machine.

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

use super::shelf::Shelf;
use super::{Engine, EngineError};

/// Aliases of one machine ("Quotas related to state machines").
const ALIASES_MAX: usize = 100;
/// What the weights of an alias add up to.
const WEIGHTS: u64 = 100;

/// Part of the starts, in percent, and the version they run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The version's ARN.
    pub version_arn: String,
    /// Percent of the starts.
    pub weight: u64,
}

/// A name for versions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it leads: one or two versions.
    pub routes: Vec<Route>,
    /// When it was created, milliseconds since 1970.
    pub created_ms: u64,
    /// When it was changed last, milliseconds since 1970.
    pub updated_ms: u64,
    /// Counts an engine's aliases, so that those of one moment have an order.
    pub number: u64,
}

impl Alias {
    /// The number of the version that a start runs.
    pub(super) fn draw(&self, chance: &mut Chance) -> Option<u64> {
        let drawn = match self.routes.len() {
            1 => 0,
            _ => chance.up_to(WEIGHTS - 1),
        };
        let mut below = 0;
        self.routes
            .iter()
            .find(|route| {
                below += route.weight;
                drawn < below
            })
            .and_then(|route| version_number(&route.version_arn))
    }

    pub(super) fn leads_to(&self, number: u64) -> bool {
        self.routes
            .iter()
            .any(|route| version_number(&route.version_arn) == Some(number))
    }
}

fn version_number(arn: &str) -> Option<u64> {
    arn.rsplit(':').next()?.parse().ok()
}

impl Engine {
    /// Makes an alias of the machine whose versions the routes name. Doing the same again is the same. Returns the
    /// alias's ARN and time.
    ///
    /// # Errors
    ///
    /// [`EngineError::Routing`], [`EngineError::ResourceNotFound`] if a version does not exist,
    /// [`EngineError::Conflict`] if one of that name differs, [`EngineError::ServiceQuotaExceeded`], or
    /// [`EngineError::StateMachineDeleting`].
    pub fn create_alias(
        &mut self,
        name: &str,
        description: Option<String>,
        routes: Vec<Route>,
        now_ms: u64,
    ) -> Result<(String, u64), EngineError> {
        let machine_arn = self.routed_machine(&routes)?;
        let number = self.alias_last + 1;
        let shelf = self.active_shelf_mut(&machine_arn).map_err(|error| match error {
            EngineError::StateMachineDoesNotExist(_) => no_such_resource(),
            error => error,
        })?;
        check_routes(shelf, &routes)?;
        if let Some(existing) = shelf.aliases.get(name) {
            return match existing.description == description && existing.routes == routes {
                true => Ok((existing.arn.clone(), existing.created_ms)),
                false => Err(EngineError::Conflict(
                    "Failed to create alias because an alias with the same name and a different routing \
                     configuration already exists."
                        .to_owned(),
                )),
            };
        }
        if shelf.aliases.len() >= ALIASES_MAX {
            let message = format!("A state machine can have at most {ALIASES_MAX} aliases");
            return Err(EngineError::ServiceQuotaExceeded(message));
        }
        let arn = format!("{machine_arn}:{name}");
        let alias = Alias {
            arn: arn.clone(),
            name: name.to_owned(),
            description,
            routes,
            created_ms: now_ms,
            updated_ms: now_ms,
            number,
        };
        shelf.aliases.insert(name.to_owned(), alias);
        self.alias_last = number;
        Ok((arn, now_ms))
    }

    /// Changes an alias's description, routes or both. Returns when it was changed last.
    ///
    /// # Errors
    ///
    /// [`EngineError::ResourceNotFound`] if the alias or a version does not exist, [`EngineError::Routing`],
    /// [`EngineError::InvalidArn`] or [`EngineError::StateMachineDeleting`].
    pub fn update_alias(
        &mut self,
        arn: &str,
        description: Option<String>,
        routes: Option<Vec<Route>>,
        now_ms: u64,
    ) -> Result<u64, EngineError> {
        let (machine_arn, name) = {
            let alias = self.alias(arn)?;
            let machine_arn = arn.rsplit_once(':').map_or(arn, |(machine, _)| machine);
            (machine_arn.to_owned(), alias.name.clone())
        };
        if let Some(routes) = &routes {
            self.routed_machine(routes)?;
        }
        let shelf = self.active_shelf_mut(&machine_arn)?;
        if let Some(routes) = &routes {
            check_routes(shelf, routes)?;
        }
        let alias = shelf.aliases.get_mut(&name).ok_or_else(no_such_resource)?;
        if let Some(description) = description {
            alias.description = Some(description);
        }
        if let Some(routes) = routes {
            alias.routes = routes;
        }
        alias.updated_ms = now_ms;
        Ok(now_ms)
    }

    /// Removes an alias; no error if there is none. Its versions stay.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`].
    pub fn delete_alias(&mut self, arn: &str) -> Result<(), EngineError> {
        let (name, qualifier) = self.place.machine_parts(arn)?;
        if let (Some(shelf), Some(alias)) = (self.machines.get_mut(name), qualifier) {
            shelf.aliases.remove(alias);
        }
        Ok(())
    }

    /// An alias by its ARN.
    ///
    /// # Errors
    ///
    /// [`EngineError::InvalidArn`] or [`EngineError::ResourceNotFound`].
    pub fn alias(&self, arn: &str) -> Result<&Alias, EngineError> {
        let (name, qualifier) = self.place.machine_parts(arn)?;
        let found = self
            .machines
            .get(name)
            .zip(qualifier)
            .and_then(|(shelf, alias)| shelf.aliases.get(alias));
        found
            .filter(|alias| alias.arn == arn)
            .ok_or_else(no_such_resource)
    }

    /// Aliases of a machine, or those that lead to a version, the latest first.
    ///
    /// # Errors
    ///
    /// As [`Engine::machine`], and [`EngineError::StateMachineDeleting`].
    pub fn aliases(&self, arn: &str) -> Result<Vec<&Alias>, EngineError> {
        let (name, qualifier) = self.place.machine_parts(arn)?;
        let absent = || EngineError::StateMachineDoesNotExist(arn.to_owned());
        let shelf = self.machines.get(name).ok_or_else(absent)?;
        let number = match qualifier {
            None => None,
            Some(qualifier) => Some(qualifier.parse::<u64>().map_err(|_| absent())?),
        };
        if number.is_some_and(|number| !shelf.versions.contains_key(&number)) {
            return Err(no_such_resource());
        }
        if shelf.deleting {
            return Err(EngineError::StateMachineDeleting(arn.to_owned()));
        }
        let mut aliases: Vec<&Alias> = shelf
            .aliases
            .values()
            .filter(|alias| number.is_none_or(|number| alias.leads_to(number)))
            .collect();
        aliases.sort_by_key(|alias| std::cmp::Reverse(alias.number));
        Ok(aliases)
    }

    /// The machine of the versions that routes name; the routes themselves must make sense.
    fn routed_machine(&self, routes: &[Route]) -> Result<String, EngineError> {
        let arns: Vec<&str> = routes.iter().map(|route| route.version_arn.as_str()).collect();
        let received = format!("Received: [{}]", arns.join(", "));
        let mut machines = Vec::new();
        for arn in &arns {
            let is_version = self
                .place
                .machine_parts(arn)
                .is_ok_and(|(_, qualifier)| qualifier.is_some_and(|number| number.parse::<u64>().is_ok()));
            match arn.rsplit_once(':') {
                Some((machine, _)) if is_version => machines.push(machine),
                _ => {
                    return Err(EngineError::Routing(format!(
                        "Routing configuration must contain state machine version ARNs. {received}"
                    )));
                }
            }
        }
        let [first, rest @ ..] = machines.as_slice() else {
            return Err(EngineError::Routing(
                "Routing configuration must not be empty".to_owned(),
            ));
        };
        if arns.len() > 1 && arns.first() == arns.last() {
            return Err(EngineError::Routing(format!(
                "Routing configuration must contain distinct state machine version ARNs. {received}"
            )));
        }
        if rest.iter().any(|machine| machine != first) {
            return Err(EngineError::Routing(format!(
                "Routing configuration must contain versions of the same state machine. {received}"
            )));
        }
        let weights: Vec<String> = routes.iter().map(|route| route.weight.to_string()).collect();
        if routes.iter().map(|route| route.weight).sum::<u64>() != WEIGHTS {
            return Err(EngineError::Routing(format!(
                "Sum of routing configuration weights must equal 100. Received: [{}]",
                weights.join(", ")
            )));
        }
        Ok((*first).to_owned())
    }
}

fn check_routes(shelf: &Shelf, routes: &[Route]) -> Result<(), EngineError> {
    let exists = |route: &Route| {
        version_number(&route.version_arn)
            .and_then(|number| shelf.versions.get(&number))
            .is_some_and(|version| version.arn == route.version_arn)
    };
    match routes.iter().all(exists) {
        true => Ok(()),
        false => Err(no_such_resource()),
    }
}

fn no_such_resource() -> EngineError {
    EngineError::ResourceNotFound {
        message: "Request references a resource that does not exist.".to_owned(),
        resource: None,
    }
}
