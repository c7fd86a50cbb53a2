use super::*;
use proptest::prelude::*;

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn wish(question: &str) -> Wish {
    Wish::parse(Some(question), None).unwrap()
}

fn fields(refusal: Result<Wish, Refusal>) -> Vec<String> {
    match refusal {
        Err(Refusal::InvalidInput { errors }) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn case_and_accents_make_no_difference() {
    assert_eq!(fold("CRÈME Brûlée"), "creme brulee");
    assert_eq!(fold("Straße, Øl, œuf"), "strasse, ol, oeuf");
    assert_eq!(fold("ﬁne №5"), "fine no5");
    assert_eq!(fold("İstanbul"), fold("istanbul"));
    // Written as one character, or as letter and accent.
    assert_eq!(fold("caf\u{e9}"), fold("cafe\u{301}"));
}

#[test]
fn a_title_is_known_by_its_words_of_two_characters_and_more() {
    assert_eq!(
        words("Jam, cherry & a 250g jar (jam!)"),
        set(&["250g", "cherry", "jam", "jar"])
    );
    assert_eq!(words("& , a - b"), set(&[]));
}

#[test]
fn a_title_of_many_words_is_known_by_the_first_of_them() {
    let title: Vec<String> = (10..70).map(|number| format!("{number}")).collect();
    let known = words(&title.join(" "));
    assert_eq!(known.len(), WORDS_MAX);
    assert!(known.contains("10") && !known.contains("69"));
}

#[test]
fn a_question_finds_titles_that_have_all_its_beginnings() {
    let known = words("Dried tomatoes in olive oil");
    let none = BTreeSet::new();
    for (question, is_found) in [
        ("tom", true),
        ("OIL tóm", true),
        ("tomatoes olive dried", true),
        ("tomatoe!", true),
        ("vitamin tom", false),
        ("matoes", false),
        ("tomatoesx", false),
        ("a tom", true),
    ] {
        assert_eq!(wish(question).is_met_by(&known, &none), is_found, "{question}");
    }
    assert!(wish("  ").is_met_by(&known, &none), "no words: any title");
}

#[test]
fn a_category_must_be_one_of_the_products() {
    let (jam, tea) = (CategoryId::of_name("jam"), CategoryId::of_name("tea"));
    let wish = Wish::parse(Some("cherry"), Some(&jam.as_str().to_uppercase())).unwrap();
    let known = words("Cherry jam");
    assert!(wish.is_met_by(&known, &BTreeSet::from([jam.clone(), tea.clone()])));
    assert!(!wish.is_met_by(&known, &BTreeSet::from([tea])));
    assert!(!wish.is_met_by(&words("Plum jam"), &BTreeSet::from([jam])));
}

#[test]
fn a_question_out_of_bounds_is_refused_by_field() {
    let long = "x".repeat(QUESTION_MAX + 1);
    let many = "aa bb cc dd ee ff gg hh ii";
    for question in ["a", "!?", "& b c", long.as_str(), many] {
        assert_eq!(fields(Wish::parse(Some(question), None)), ["q"], "{question}");
    }
    assert_eq!(fields(Wish::parse(Some("!"), Some("fruit"))), ["q", "category"]);
    assert_eq!(Wish::parse(None, None), Ok(Wish::default()));
    assert_eq!(Wish::parse(Some(" "), None), Ok(Wish::default()));
}

#[test]
fn the_longest_word_is_looked_for() {
    assert_eq!(wish("olive tomatoes oil").longest_word(), Some("tomatoes"));
    assert_eq!(Wish::default().longest_word(), None);
}

proptest! {
    #[test]
    fn whatever_is_typed_words_keep_their_bounds(title in any::<String>()) {
        let known = words(&title);
        prop_assert!(known.len() <= WORDS_MAX);
        for word in &known {
            prop_assert!((WORD_MIN..=WORD_MAX).contains(&word.chars().count()), "{word:?}");
            prop_assert!(word.chars().all(char::is_alphanumeric), "{word:?}");
            prop_assert_eq!(fold(word), word.clone(), "a folded word folds to itself");
        }
    }

    #[test]
    fn a_product_is_found_by_every_beginning_of_every_word_exactly_once(
        title in prop::collection::vec("[a-zé]{2,5}", 1..8),
        length in WORD_MIN..6_usize,
    ) {
        let known = words(&title.join(" "));
        for word in &known {
            let beginning: String = word.chars().take(length).collect();
            let answering: Vec<&String> =
                known.iter().filter(|word| answers_for(word, &beginning, &known)).collect();
            prop_assert_eq!(answering.len(), 1, "{} in {:?}", beginning, known);
            prop_assert!(wish(&beginning).is_met_by(&known, &BTreeSet::new()));
        }
    }
}
