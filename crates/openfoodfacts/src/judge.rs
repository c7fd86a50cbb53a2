//! Which rows become products: the import's rules, all of them, in one order.

use crate::barcode::Barcode;
use crate::row::Row;
use crate::text::{plain, whole};
use domain::product::food::Grade;
use domain::product::{CATEGORIES_MAX, CATEGORY_NAME_MAX, TITLE_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// Longest text of a quantity, in characters. The longest of the sample has 23.
pub const QUANTITY_MAX: usize = 100;
/// Longest text of brands that is kept, in characters; what goes on is cut off.
pub const BRANDS_MAX: usize = 100;
/// Longest address of a picture, in characters.
pub const IMAGE_URL_MAX: usize = 500;
/// The groups of NOVA, from unprocessed to ultra-processed: <https://world.openfoodfacts.org/nova>.
pub const NOVA: RangeInclusive<i64> = 1..=4;
/// The points of a Nutri-Score that are believed. The scale of 2017 ends there; the sample has a few above.
pub const NUTRISCORE: RangeInclusive<i64> = -15..=40;
/// The site whose pictures are shown, with everything below it. A picture from anywhere else would tell that place who
/// looks at which product.
const IMAGE_SITE: &str = "openfoodfacts.org";
/// A category that is none: a program once wrote its missing value out. 78 of the 127 products that the sample keeps
/// have it.
const NO_CATEGORY: &str = "null";

/// A product as an import keeps it. Every text is on one line and fit to be shown as text, never as markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its key. Importing the same key again replaces it.
    pub code: Barcode,
    /// Its name, 1 to [`TITLE_MAX`] characters.
    pub title: String,
    /// How much is in it, as written, 1 to [`QUANTITY_MAX`] characters, e.g. `350 g`. Not a number, not a stock.
    pub quantity_text: String,
    /// Its brands, comma-separated, at most [`BRANDS_MAX`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brands: Option<String>,
    /// Its picture, over HTTPS, at Open Food Facts; at most [`IMAGE_URL_MAX`] characters.
    pub image_url: String,
    /// How far it is processed, within [`NOVA`].
    pub nova: u8,
    /// The points of its Nutri-Score, within [`NUTRISCORE`]; fewer are better.
    pub nutriscore: i8,
    /// The letter of its Nutri-Score.
    pub grade: Grade,
    /// Names of its categories, from broad to narrow, at most [`CATEGORIES_MAX`], each at most [`CATEGORY_NAME_MAX`]
    /// characters. Often none.
    pub categories: Vec<String>,
}

/// Why a row was not kept. Of several reasons the first in this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No code.
    MissingCode,
    /// The code is no barcode; see [`Barcode`].
    CodeMalformed,
    /// No name, or one without a letter or digit.
    MissingName,
    /// More than [`TITLE_MAX`] characters. It is not cut: a name of that length is an advertisement or a mistake.
    NameTooLong,
    /// No quantity, or one without a letter or digit.
    MissingQuantity,
    /// More than [`QUANTITY_MAX`] characters.
    QuantityTooLong,
    /// No picture.
    MissingImage,
    /// The picture's address is not a plain `https://host/path`, or has more than [`IMAGE_URL_MAX`] characters.
    ImageNotHttps,
    /// The picture is not at Open Food Facts.
    ImageElsewhere,
    /// No NOVA group.
    MissingNova,
    /// The NOVA group is not within [`NOVA`].
    NovaOutOfRange,
    /// No Nutri-Score points.
    MissingNutriscore,
    /// The points are not within [`NUTRISCORE`].
    NutriscoreOutOfRange,
    /// No Nutri-Score letter, or it says `unknown` or `not-applicable`.
    MissingGrade,
    /// The letter is none of `a` to `e`.
    GradeMalformed,
}

impl Reason {
    /// Every reason, in the order in which they are looked for.
    pub const ALL: [Self; 15] = [
        Self::MissingCode,
        Self::CodeMalformed,
        Self::MissingName,
        Self::NameTooLong,
        Self::MissingQuantity,
        Self::QuantityTooLong,
        Self::MissingImage,
        Self::ImageNotHttps,
        Self::ImageElsewhere,
        Self::MissingNova,
        Self::NovaOutOfRange,
        Self::MissingNutriscore,
        Self::NutriscoreOutOfRange,
        Self::MissingGrade,
        Self::GradeMalformed,
    ];

    /// Its name in counts and logs: the same that serde writes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingCode => "missing_code",
            Self::CodeMalformed => "code_malformed",
            Self::MissingName => "missing_name",
            Self::NameTooLong => "name_too_long",
            Self::MissingQuantity => "missing_quantity",
            Self::QuantityTooLong => "quantity_too_long",
            Self::MissingImage => "missing_image",
            Self::ImageNotHttps => "image_not_https",
            Self::ImageElsewhere => "image_elsewhere",
            Self::MissingNova => "missing_nova",
            Self::NovaOutOfRange => "nova_out_of_range",
            Self::MissingNutriscore => "missing_nutriscore",
            Self::NutriscoreOutOfRange => "nutriscore_out_of_range",
            Self::MissingGrade => "missing_grade",
            Self::GradeMalformed => "grade_malformed",
        }
    }

    /// The same in plain words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::MissingCode => "no code",
            Self::CodeMalformed => "the code is no barcode of 8 to 14 digits",
            Self::MissingName => "no name",
            Self::NameTooLong => "the name is too long",
            Self::MissingQuantity => "no quantity",
            Self::QuantityTooLong => "the quantity is too long",
            Self::MissingImage => "no picture",
            Self::ImageNotHttps => "the picture has no plain https address",
            Self::ImageElsewhere => "the picture is not at Open Food Facts",
            Self::MissingNova => "no NOVA group",
            Self::NovaOutOfRange => "the NOVA group is not 1 to 4",
            Self::MissingNutriscore => "no Nutri-Score points",
            Self::NutriscoreOutOfRange => "the Nutri-Score points are not -15 to 40",
            Self::MissingGrade => "no Nutri-Score letter",
            Self::GradeMalformed => "the Nutri-Score letter is none of a to e",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning())
    }
}

/// Keeps a row, or says why not. The same row has the same result on every run.
///
/// # Errors
/// The first [`Reason`] in the order of [`Reason::ALL`].
pub fn judge(row: &Row) -> Result<Kept, Reason> {
    // The order of these checks is the order of the reasons.
    let code = row.code.as_deref().ok_or(Reason::MissingCode)?;
    let code = Barcode::parse(code).map_err(|_| Reason::CodeMalformed)?;
    let title = text(
        &row.product_name,
        TITLE_MAX,
        Reason::MissingName,
        Reason::NameTooLong,
    )?;
    let quantity_text = text(
        &row.quantity,
        QUANTITY_MAX,
        Reason::MissingQuantity,
        Reason::QuantityTooLong,
    )?;
    let image_url = image(row.image_url.as_deref().ok_or(Reason::MissingImage)?)?;
    let nova = number(
        &row.nova_group,
        &NOVA,
        Reason::MissingNova,
        Reason::NovaOutOfRange,
    )?;
    let nutriscore = number(
        &row.nutriscore_score,
        &NUTRISCORE,
        Reason::MissingNutriscore,
        Reason::NutriscoreOutOfRange,
    )?;
    let grade = grade(row.nutriscore_grade.as_deref())?;
    Ok(Kept {
        code,
        title,
        quantity_text,
        brands: row.brands.as_deref().and_then(plain).map(|brands| cut(&brands)),
        image_url,
        nova,
        nutriscore,
        grade,
        categories: categories(&row.categories_tags),
    })
}

fn text(field: &Option<String>, max: usize, missing: Reason, too_long: Reason) -> Result<String, Reason> {
    let text = field.as_deref().and_then(plain).ok_or(missing)?;
    if text.chars().count() > max {
        return Err(too_long);
    }
    Ok(text)
}

fn number<T: TryFrom<i64>>(
    field: &Option<String>,
    range: &RangeInclusive<i64>,
    missing: Reason,
    out_of_range: Reason,
) -> Result<T, Reason> {
    let written = field.as_deref().ok_or(missing)?;
    whole(written)
        .filter(|number| range.contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or(out_of_range)
}

fn grade(written: Option<&str>) -> Result<Grade, Reason> {
    match written.map(str::trim) {
        None | Some("unknown" | "not-applicable") => Err(Reason::MissingGrade),
        Some("a" | "A") => Ok(Grade::A),
        Some("b" | "B") => Ok(Grade::B),
        Some("c" | "C") => Ok(Grade::C),
        Some("d" | "D") => Ok(Grade::D),
        Some("e" | "E") => Ok(Grade::E),
        Some(_) => Err(Reason::GradeMalformed),
    }
}

/// An address that a browser and we understand in the same way: no user, no port, no blanks, no backslash, nothing that
/// ends an attribute.
fn image(written: &str) -> Result<String, Reason> {
    let url = written.trim();
    let is_plain = url.len() <= IMAGE_URL_MAX
        && url.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`')
        });
    let (host, path) = url
        .strip_prefix("https://")
        .filter(|_| is_plain)
        .and_then(|rest| rest.split_once('/'))
        .ok_or(Reason::ImageNotHttps)?;
    let is_host = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if host.is_empty() || !is_host || path.is_empty() {
        return Err(Reason::ImageNotHttps);
    }
    let host = host.to_ascii_lowercase();
    let is_at_home = host
        .strip_suffix(IMAGE_SITE)
        .is_some_and(|below| below.is_empty() || below.ends_with('.'));
    if is_at_home {
        Ok(url.to_owned())
    } else {
        Err(Reason::ImageElsewhere)
    }
}

fn cut(brands: &str) -> String {
    let start: String = brands.chars().take(BRANDS_MAX).collect();
    start.trim_end().to_owned()
}

/// The names of categories by their ids: `en:sweet-snacks` is `Sweet snacks`. All three shapes have the ids, only one of
/// them has names. Ids in other languages are what contributors wrote and the taxonomy does not know; they are left out.
/// Of many the broadest are taken: a shop's categories are to be shared by products, not one for each.
fn categories(tags: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for tag in tags {
        let name = tag
            .strip_prefix("en:")
            .filter(|id| *id != NO_CATEGORY)
            .and_then(|id| plain(&id.replace('-', " ")))
            .map(|name| capitalised(&name))
            .filter(|name| name.chars().count() <= CATEGORY_NAME_MAX);
        if let Some(name) = name
            && !names.contains(&name)
        {
            names.push(name);
        }
        if names.len() == CATEGORIES_MAX {
            break;
        }
    }
    names
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
