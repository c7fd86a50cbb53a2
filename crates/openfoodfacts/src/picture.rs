//! The address of a product's picture, where only its parts are given.
//!
//! The API and the TAB-separated dump name `image_url`. The JSON dump is the database as it lies: it has `images`, and
//! whoever wants an address puts it together. Source:
//! <https://openfoodfacts.github.io/openfoodfacts-server/api/how-to-download-images/>; every address of the sample is
//! made of the same parts.

use serde_json::Value;
use std::collections::BTreeMap;

/// Where the pictures lie.
const IMAGES: &str = "https://images.openfoodfacts.org/images/products";
/// The size that `image_url` names: at most so many pixels to a side.
const SIZE_PX: u16 = 400;
/// The length to which a barcode is filled with zeros before it is cut into folders.
const FOLDER_DIGITS: usize = 13;

/// The address of the front's picture: in language `lang` (two letters) if there is one, else in English, else in the
/// language that comes first in the alphabet, so that it is the same on every run. `None` if there is no picture of the
/// front, or if `code` is not 4 to 24 digits, for which Open Food Facts has no folder.
///
/// `images` is read as it was until June 2025 (`{"front_fr": {"rev": "4"}}`) and as it is since then
/// (`{"selected": {"front": {"fr": {"rev": "4"}}}}`).
#[must_use]
pub fn front_image_url(code: &str, lang: &str, images: &Value) -> Option<String> {
    let fronts = fronts(images);
    let (language, revision) = [lang, "en"]
        .into_iter()
        .find_map(|language| fronts.get_key_value(language))
        .or_else(|| fronts.first_key_value())?;
    let folder = folder(code)?;
    Some(format!(
        "{IMAGES}/{folder}/front_{language}.{revision}.{SIZE_PX}.jpg"
    ))
}

/// The revisions of the front's pictures by language.
fn fronts(images: &Value) -> BTreeMap<&str, u64> {
    let before = images
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, image)| Some((key.strip_prefix("front_")?, image)));
    let since = images
        .pointer("/selected/front")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(language, image)| (language.as_str(), image));
    before
        .chain(since)
        .filter(|(language, _)| is_language(language))
        .filter_map(|(language, image)| Some((language, revision(image.get("rev")?)?)))
        .collect()
}

/// A revision is written as a number or as a text of digits.
fn revision(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// What becomes part of an address is nothing but letters.
fn is_language(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn folder(code: &str) -> Option<String> {
    if !(4..=24).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{code:0>FOLDER_DIGITS$}");
    let (first, rest) = padded.split_at_checked(3)?;
    let (second, rest) = rest.split_at_checked(3)?;
    let (third, rest) = rest.split_at_checked(3)?;
    Some(format!("{first}/{second}/{third}/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_of_images_give_the_same_address() {
        let expected = "https://images.openfoodfacts.org/images/products/343/566/076/8163/front_fr.4.400.jpg";
        let before =
            json!({"1": {"uploader": "x"}, "front_fr": {"rev": "4"}, "ingredients_fr": {"rev": "7"}});
        let since = json!({"uploaded": {"1": {}}, "selected": {"front": {"fr": {"rev": 4}}}});
        for images in [before, since] {
            assert_eq!(
                front_image_url("3435660768163", "fr", &images).as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn a_short_code_is_filled_with_zeros_for_its_folder() {
        let images = json!({"front_en": {"rev": 9}});
        assert_eq!(
            front_image_url("00012444", "en", &images).as_deref(),
            Some("https://images.openfoodfacts.org/images/products/000/000/001/2444/front_en.9.400.jpg")
        );
        assert_eq!(front_image_url("123", "en", &images), None);
        assert_eq!(front_image_url("../../etc", "en", &images), None);
    }

    #[test]
    fn the_products_language_comes_first_then_english_then_the_alphabet() {
        let images = json!({"front_fr": {"rev": 1}, "front_en": {"rev": 2}, "front_de": {"rev": 3}});
        let named = |lang| front_image_url("3435660768163", lang, &images).unwrap_or_default();
        assert!(named("fr").ends_with("/front_fr.1.400.jpg"));
        assert!(named("es").ends_with("/front_en.2.400.jpg"));
        let images = json!({"front_fr": {"rev": 1}, "front_de": {"rev": 3}});
        assert!(
            front_image_url("3435660768163", "", &images)
                .is_some_and(|url| url.ends_with("front_de.3.400.jpg"))
        );
    }

    #[test]
    fn garbage_in_images_is_no_picture() {
        for images in [
            json!(null),
            json!([]),
            json!({"front_fr": {"rev": "../4"}}),
            json!({"front_../x": {"rev": "4"}}),
            json!({"front_fr": {"rev": -1}}),
            json!({"selected": {"front": []}}),
        ] {
            assert_eq!(front_image_url("3435660768163", "fr", &images), None, "{images}");
        }
    }
}
