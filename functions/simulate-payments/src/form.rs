//! Request bodies: `application/x-www-form-urlencoded` with brackets, e.g. `metadata[order_id]=ord_1`.
//!
//! A form is emptied by whoever reads it; what is left at the end is a parameter that nobody knows, which Stripe
//! refuses (`parameter_unknown`).

use crate::errors::ApiError;
use domain::ids::fingerprint;
use std::collections::BTreeMap;

/// Parameters in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads a body or a query.
    pub fn parse(text: &str) -> Self {
        let fields = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        Self { fields }
    }

    /// What tells two requests apart, whatever the order of their parameters.
    pub fn fingerprint(&self) -> String {
        let mut fields = self.fields.clone();
        fields.sort();
        let parts: Vec<&str> = fields
            .iter()
            .flat_map(|(name, value)| [name.as_str(), value.as_str()])
            .collect();
        fingerprint(&parts)
    }

    /// Takes out a parameter; given twice, the last one counts.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let taken = self.take_where(|field| field == name).pop();
        match taken {
            Some((_, value)) if value.is_empty() => Err(ApiError::invalid(format!(
                "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value."
            ))
            .code("parameter_invalid_empty")
            .param(name)),
            taken => Ok(taken.map(|(_, value)| value)),
        }
    }

    /// Takes out a parameter that must be there.
    pub fn take_required(&mut self, name: &str) -> Result<String, ApiError> {
        self.take(name)?.ok_or_else(|| {
            ApiError::invalid(format!("Missing required param: {name}."))
                .code("parameter_missing")
                .param(name)
        })
    }

    /// Takes out a parameter that is `true` or `false`.
    pub fn take_flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.take(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid(format!("Invalid boolean: {other}")).param(name)),
        }
    }

    /// Takes out a parameter that is one of a few words.
    pub fn take_word(&mut self, name: &str, words: &[&str]) -> Result<Option<String>, ApiError> {
        match self.take(name)? {
            Some(word) if !words.contains(&word.as_str()) => Err(ApiError::invalid(format!(
                "Invalid {name}: must be one of {}",
                words.join(", ")
            ))
            .param(name)),
            word => Ok(word),
        }
    }

    /// Takes out a list: `name[]=a&name[]=b` or `name[0]=a&name[1]=b`.
    pub fn take_list(&mut self, name: &str) -> Vec<String> {
        let taken = self.take_where(|field| {
            inside(field, name).is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        });
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// Whether a list of this name is there.
    pub fn has_list(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| inside(field, name).is_some())
    }

    /// Takes out a table of texts: `metadata[order_id]=ord_1`.
    ///
    /// Limits: 50 keys of up to 40 characters, values of up to 500.
    /// Source: <https://docs.stripe.com/api/metadata>.
    pub fn take_metadata(&mut self) -> Result<BTreeMap<String, String>, ApiError> {
        let mut metadata = BTreeMap::new();
        for (field, value) in self.take_where(|field| inside(field, "metadata").is_some()) {
            let key = inside(&field, "metadata").unwrap_or_default().to_owned();
            if key.is_empty() || key.chars().count() > 40 || value.chars().count() > 500 {
                return Err(ApiError::invalid(
                    "Metadata keys have 1 to 40 characters, and values at most 500.",
                )
                .param(&field));
            }
            metadata.insert(key, value);
        }
        if metadata.len() > 50 {
            return Err(ApiError::invalid("Metadata can have up to 50 keys.").param("metadata"));
        }
        Ok(metadata)
    }

    /// Refuses what nobody has taken.
    pub fn finish(self) -> Result<(), ApiError> {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        let (Some(first), plural) = (names.first(), if names.len() == 1 { "" } else { "s" }) else {
            return Ok(());
        };
        Err(ApiError::invalid(format!(
            "Received unknown parameter{plural}: {}",
            names.join(", ")
        ))
        .code("parameter_unknown")
        .param(first))
    }

    fn take_where(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let (taken, left) = std::mem::take(&mut self.fields)
            .into_iter()
            .partition(|(name, _)| wanted(name));
        self.fields = left;
        taken
    }
}

/// What stands in the one pair of brackets after `name`.
fn inside<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    let key = field.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
    (!key.contains(['[', ']'])).then_some(key)
}

/// Percent-decoding; a percent sign that begins no code stands for itself.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = tail;
        match (first, code) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn brackets_plus_and_percent_are_read() {
        let mut form = Form::parse(
            "metadata%5Border_id%5D=ord_1&description=two+words%21&types[]=a&types[1]=b&odd=100%",
        );
        assert_eq!(form.take("description").unwrap().as_deref(), Some("two words!"));
        assert_eq!(form.take("odd").unwrap().as_deref(), Some("100%"));
        assert_eq!(form.take_list("types"), ["a", "b"]);
        assert_eq!(form.take_metadata().unwrap()["order_id"], "ord_1");
        assert_eq!(form.finish(), Ok(()));
    }

    #[test]
    fn what_nobody_takes_is_refused_by_name() {
        let refused = Form::parse("amout=5&metadata[a][b]=c").finish().unwrap_err();
        assert_eq!(refused.body()["error"]["code"], "parameter_unknown");
        assert_eq!(
            refused.body()["error"]["message"],
            "Received unknown parameters: amout, metadata[a][b]"
        );
    }

    #[test]
    fn the_order_of_parameters_tells_no_requests_apart_and_values_do() {
        assert_eq!(
            Form::parse("a=1&b=2").fingerprint(),
            Form::parse("b=2&a=1").fingerprint()
        );
        assert_ne!(
            Form::parse("a=1&b=2").fingerprint(),
            Form::parse("a=1&b=3").fingerprint()
        );
        assert_ne!(
            Form::parse("a=1&b=2").fingerprint(),
            Form::parse("a=1b&=2").fingerprint()
        );
    }

    const REAL: &str = "amount=1999&currency=usd&payment_method_types[]=card&metadata[order_id]=ord_1&confirm=true\
        &payment_method_data%5Bcard%5D%5Btoken%5D=tok_visa&description=two+words%21&expand[0]=latest_charge";

    fn encoded(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    proptest! {
        /// Whoever reads a form has all of it: each parameter is taken, or refused by its name.
        #[test]
        fn of_a_damaged_form_nothing_is_lost(text in damaged::text([REAL, "", "a=1&a=2", "metadata[a][b]=c"])) {
            let mut form = Form::parse(&text);
            let all = form.fields.len();
            prop_assert_eq!(all, text.split('&').filter(|pair| !pair.is_empty()).count());
            let fingerprint = form.fingerprint();
            let mut turned = form.clone();
            turned.fields.reverse();
            prop_assert_eq!(turned.fingerprint(), fingerprint);

            let types = form.take_list("payment_method_types");
            let left = form.fields.len();
            prop_assert_eq!(all - left, types.len());
            let names: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
            for name in ["amount", "currency", "description"] {
                let last = form.fields.iter().rfind(|(field, _)| field == name).map(|(_, value)| value.clone());
                match form.take(name) {
                    Ok(taken) => prop_assert_eq!(taken, last),
                    Err(refused) => {
                        prop_assert_eq!(last.as_deref(), Some(""));
                        prop_assert_eq!(&refused.body()["error"]["param"], name);
                    }
                }
                prop_assert!(form.fields.iter().all(|(field, _)| field != name));
            }
            if let Ok(flag) = form.clone().take_flag("confirm") {
                prop_assert_eq!(flag.is_some(), names.iter().any(|name| name == "confirm"));
            }
            match form.take_metadata() {
                Ok(metadata) => {
                    prop_assert!(metadata.len() <= 50);
                    let fits = |(key, value): (&String, &String)| {
                        (1..=40).contains(&key.chars().count()) && value.chars().count() <= 500
                    };
                    prop_assert!(metadata.iter().all(fits));
                }
                Err(refused) => prop_assert_eq!(refused.status, 400),
            }
            let left: Vec<String> = form.fields.iter().map(|(name, _)| name.clone()).collect();
            match form.finish() {
                Ok(()) => prop_assert!(left.is_empty()),
                Err(refused) => {
                    let body = refused.body();
                    let sentence = body["error"]["message"].as_str().unwrap_or_default();
                    prop_assert!(left.iter().all(|name| sentence.contains(name.as_str())));
                }
            }
        }

        #[test]
        fn what_was_encoded_is_read_as_it_was(name in ".{1,20}", value in ".{1,40}", fields in 1..60_usize) {
            let text = vec![format!("{}={}", encoded(&name), encoded(&value)); fields].join("&");
            let mut form = Form::parse(&text);
            prop_assert_eq!(form.fields.len(), fields);
            prop_assert_eq!(form.take(&name).unwrap(), Some(value));
            prop_assert_eq!(form.finish(), Ok(()));
        }
    }
}
