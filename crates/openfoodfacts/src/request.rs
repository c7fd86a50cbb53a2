//! What is asked of the search API, and how politely.
//!
//! Sources: <https://openfoodfacts.github.io/openfoodfacts-server/api/> (limits, `User-Agent`),
//! <https://openfoodfacts.github.io/openfoodfacts-server/api/ref-v2/> (the search).

/// The path of the search, below the API's base, which is <https://world.openfoodfacts.org> for the real one.
pub const SEARCH_PATH: &str = "/api/v2/search";

/// Products a page.
pub const PAGE_SIZE: u32 = 100;

/// Pages of one import, at most. Who wants more takes a dump: Open Food Facts asks for that.
pub const PAGES_MAX: u32 = 100;

/// Searches a minute from one address, as Open Food Facts publishes it. Whoever asks faster is answered 503 and may be
/// shut out.
pub const SEARCHES_PER_MINUTE_MAX: u32 = 10;

/// The fields that are asked for: exactly those that [`Row`](crate::Row) reads. Without a list the API answers with
/// hundreds of fields a product.
pub const FIELDS: [&str; 9] = [
    "code",
    "product_name",
    "quantity",
    "brands",
    "image_url",
    "nova_group",
    "nutriscore_score",
    "nutriscore_grade",
    "categories_tags",
];

/// The query of one page, from 1: the products that most people scan come first. People edit the database while it is
/// being read, so a product can be on two pages or on none; what is stored is replaced by itself, and the next import
/// finds the others.
#[must_use]
pub fn search_query(page: u32) -> String {
    format!(
        "fields={}&page={page}&page_size={PAGE_SIZE}&sort_by=unique_scans_n",
        FIELDS.join(",")
    )
}

/// The `User-Agent` that Open Food Facts requires: name, version, and where to reach whoever runs this, an e-mail or web
/// address. Whatever cannot stand in a header is left out of `contact`.
#[must_use]
pub fn user_agent(version: &str, contact: &str) -> String {
    let contact: String = contact
        .chars()
        .filter(|letter| letter.is_ascii_graphic() && !matches!(letter, '(' | ')'))
        .collect();
    format!("Holdfast/{version} ({contact})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_with_its_number_its_size_and_its_fields() {
        assert_eq!(
            search_query(7),
            "fields=code,product_name,quantity,brands,image_url,nova_group,nutriscore_score,nutriscore_grade,\
             categories_tags&page=7&page_size=100&sort_by=unique_scans_n"
        );
    }

    #[test]
    fn a_contact_cannot_add_a_header() {
        assert_eq!(
            user_agent("1.0", "me@example.com"),
            "Holdfast/1.0 (me@example.com)"
        );
        assert_eq!(user_agent("1.0", "a)\r\nX: y"), "Holdfast/1.0 (aX:y)");
    }
}
