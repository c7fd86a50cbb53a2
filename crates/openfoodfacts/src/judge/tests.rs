//! Each rule by itself.

use super::*;

fn good() -> Row {
    let some = |text: &str| Some(text.to_owned());
    Row {
        at: 1,
        code: some("3017624010701"),
        product_name: some("Nutella"),
        quantity: some("400 g"),
        brands: some("Ferrero"),
        image_url: some(
            "https://images.openfoodfacts.org/images/products/301/762/401/0701/front_en.1.400.jpg",
        ),
        nova_group: some("4"),
        nutriscore_score: some("26"),
        nutriscore_grade: some("e"),
        categories_tags: vec!["en:spreads".to_owned(), "en:sweet-spreads".to_owned()],
    }
}

/// The verdict on a good row after one change.
fn verdict(change: impl FnOnce(&mut Row)) -> Result<Kept, Reason> {
    let mut row = good();
    change(&mut row);
    judge(&row)
}

#[test]
fn a_row_that_has_everything_is_kept_as_it_is() {
    let kept = judge(&good()).expect("it is kept");
    assert_eq!(kept.code.as_str(), "3017624010701");
    assert_eq!(kept.title, "Nutella");
    assert_eq!(kept.quantity_text, "400 g");
    assert_eq!(kept.brands.as_deref(), Some("Ferrero"));
    assert_eq!((kept.nova, kept.nutriscore, kept.grade), (4, 26, Grade::E));
    assert_eq!(kept.categories, ["Spreads", "Sweet spreads"]);
    let json = serde_json::to_string(&kept).expect("it can be written");
    assert_eq!(serde_json::from_str::<Kept>(&json).expect("and read"), kept);
}

#[test]
fn each_field_that_is_asked_for_is_missed_by_its_own_name() {
    assert_eq!(verdict(|row| row.code = None), Err(Reason::MissingCode));
    assert_eq!(verdict(|row| row.product_name = None), Err(Reason::MissingName));
    assert_eq!(verdict(|row| row.quantity = None), Err(Reason::MissingQuantity));
    assert_eq!(verdict(|row| row.image_url = None), Err(Reason::MissingImage));
    assert_eq!(verdict(|row| row.nova_group = None), Err(Reason::MissingNova));
    assert_eq!(
        verdict(|row| row.nutriscore_score = None),
        Err(Reason::MissingNutriscore)
    );
    assert_eq!(
        verdict(|row| row.nutriscore_grade = None),
        Err(Reason::MissingGrade)
    );
    assert!(verdict(|row| row.brands = None).is_ok());
    assert!(verdict(|row| row.categories_tags.clear()).is_ok());
}

#[test]
fn of_several_reasons_the_first_in_the_fixed_order_counts() {
    assert_eq!(judge(&Row::default()), Err(Reason::MissingCode));
    let mut row = good();
    row.quantity = None;
    row.nova_group = Some("9".to_owned());
    row.image_url = None;
    assert_eq!(judge(&row), Err(Reason::MissingQuantity));
    assert!(
        Reason::ALL.is_sorted(),
        "the order of the list is the order of the type"
    );
}

#[test]
fn names_and_quantities_have_a_longest_length_in_characters() {
    assert!(verdict(|row| row.product_name = Some("é".repeat(TITLE_MAX))).is_ok());
    assert_eq!(
        verdict(|row| row.product_name = Some("é".repeat(TITLE_MAX + 1))),
        Err(Reason::NameTooLong)
    );
    assert!(verdict(|row| row.quantity = Some("é".repeat(QUANTITY_MAX))).is_ok());
    assert_eq!(
        verdict(|row| row.quantity = Some("é".repeat(QUANTITY_MAX + 1))),
        Err(Reason::QuantityTooLong)
    );
}

#[test]
fn a_name_of_dashes_is_no_name() {
    assert_eq!(
        verdict(|row| row.product_name = Some(" - ".to_owned())),
        Err(Reason::MissingName)
    );
    assert_eq!(
        verdict(|row| row.quantity = Some("?".to_owned())),
        Err(Reason::MissingQuantity)
    );
}

#[test]
fn scores_are_kept_up_to_their_bounds_and_not_beyond() {
    for (nova, is_kept) in [
        ("0", false),
        ("1", true),
        ("4", true),
        ("4.0", true),
        ("5", false),
        ("x", false),
    ] {
        let verdict = verdict(|row| row.nova_group = Some(nova.to_owned()));
        assert_eq!(
            verdict.err(),
            (!is_kept).then_some(Reason::NovaOutOfRange),
            "{nova}"
        );
    }
    for (score, is_kept) in [
        ("-16", false),
        ("-15", true),
        ("40", true),
        ("41", false),
        ("1.5", false),
    ] {
        let verdict = verdict(|row| row.nutriscore_score = Some(score.to_owned()));
        assert_eq!(
            verdict.err(),
            (!is_kept).then_some(Reason::NutriscoreOutOfRange),
            "{score}"
        );
    }
}

#[test]
fn a_grade_is_one_of_five_letters() {
    for unset in ["unknown", "not-applicable"] {
        assert_eq!(
            verdict(|row| row.nutriscore_grade = Some(unset.to_owned())),
            Err(Reason::MissingGrade)
        );
    }
    assert_eq!(
        verdict(|row| row.nutriscore_grade = Some("f".to_owned())),
        Err(Reason::GradeMalformed)
    );
    assert!(verdict(|row| row.nutriscore_grade = Some("A".to_owned())).is_ok());
}

#[test]
fn a_picture_is_shown_only_over_https_and_only_from_open_food_facts() {
    let picture = |url: &str| verdict(|row| row.image_url = Some(url.to_owned())).err();
    for url in [
        "http://images.openfoodfacts.org/a.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//images.openfoodfacts.org/a.jpg",
        "https://",
        "https://images.openfoodfacts.org",
        "https://images.openfoodfacts.org/",
        "https:///a.jpg",
        "https://images.openfoodfacts.org:444/a.jpg",
        "https://me@images.openfoodfacts.org/a.jpg",
        "https://images.openfoodfacts.org/a\".jpg",
        "https://images.openfoodfacts.org/a b.jpg",
        "https://evil.example\\.openfoodfacts.org/a.jpg",
        "https://evil.example?.openfoodfacts.org/a.jpg",
    ] {
        assert_eq!(picture(url), Some(Reason::ImageNotHttps), "{url}");
    }
    for url in [
        "https://evil.example/a.jpg",
        "https://evilopenfoodfacts.org/a.jpg",
        "https://openfoodfacts.org.evil.example/a.jpg",
    ] {
        assert_eq!(picture(url), Some(Reason::ImageElsewhere), "{url}");
    }
    for url in [
        "https://openfoodfacts.org/a.jpg",
        "https://STATIC.OpenFoodFacts.org/a.jpg",
    ] {
        assert_eq!(picture(url), None, "{url}");
    }
    let long = format!("https://images.openfoodfacts.org/{}", "a".repeat(IMAGE_URL_MAX));
    assert_eq!(picture(&long), Some(Reason::ImageNotHttps));
}

#[test]
fn categories_are_the_broadest_ones_that_the_taxonomy_knows() {
    let kept = |tags: &[&str]| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        verdict(|row| row.categories_tags = tags)
            .expect("categories refuse nothing")
            .categories
    };
    assert_eq!(kept(&["en:null"]), [""; 0]);
    assert_eq!(
        kept(&[
            "en:snacks",
            "fr:pates-a-tartiner",
            "en:sweet-snacks",
            "en:snacks",
            "snacks",
            "en:",
            "en:--"
        ]),
        ["Snacks", "Sweet snacks"]
    );
    assert_eq!(
        kept(&[&format!("en:{}", "x".repeat(CATEGORY_NAME_MAX + 1))]),
        [""; 0]
    );
    let many: Vec<String> = (0..30).map(|n| format!("en:c{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(kept(&many).len(), CATEGORIES_MAX);
    assert_eq!(kept(&many)[0], "C0");
}

#[test]
fn brands_are_cut_and_refuse_nothing() {
    let kept = verdict(|row| row.brands = Some("é".repeat(1_000))).expect("it is kept");
    assert_eq!(kept.brands.map(|brands| brands.chars().count()), Some(BRANDS_MAX));
    assert_eq!(
        verdict(|row| row.brands = Some("-".to_owned())).map(|kept| kept.brands),
        Ok(None)
    );
}

#[test]
fn the_name_of_a_reason_is_what_serde_writes() {
    for reason in Reason::ALL {
        assert_eq!(
            serde_json::to_value(reason).expect("it can be written"),
            reason.name()
        );
    }
}
