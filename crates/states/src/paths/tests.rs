//! Paths, functions and tests against the values they must yield.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::query::Variables;

use super::{Against, PathQuery, Sight};

fn evaluate(source: &str, root: &Value) -> Result<Value, String> {
    let variables = Variables::new([("list".to_owned(), Arc::new(json!([{ "a": 7 }])))].into());
    let context = || json!({ "Execution": { "Input": { "n": 5 } } });
    let sight = Sight {
        root,
        context: &context,
        variables: &variables,
    };
    let query = PathQuery::path_or_call(source, "Parameters/x.$")?;
    query
        .evaluate(&sight, &mut Chance::new(1))
        .map_err(|error| error.message)
}

fn yields(source: &str, root: Value, expected: Value) {
    assert_eq!(evaluate(source, &root), Ok(expected), "{source} of {root}");
}

fn fails(source: &str, root: Value, reason: &str) {
    let outcome = evaluate(source, &root);
    assert!(
        outcome.as_ref().is_err_and(|message| message.contains(reason)),
        "{source} of {root}: {outcome:?}"
    );
}

#[test]
fn a_path_to_one_place_yields_what_is_there() {
    let root = json!({
        "foo": 123, "bar": ["a", "b", "c"], "car": { "cdr": true }, "detail-type": "x", "def ghi": 1, "a.b": 2,
        "none": null, "&Ж中": 3,
    });
    for (path, expected) in [
        ("$", root.clone()),
        ("$.foo", json!(123)),
        ("$.bar", json!(["a", "b", "c"])),
        ("$.car.cdr", json!(true)),
        ("$['car']['cdr']", json!(true)),
        ("$[\"car\"].cdr", json!(true)),
        ("$.bar[0]", json!("a")),
        ("$.bar[-1]", json!("c")),
        ("$.detail-type", json!("x")),
        ("$.['def ghi']", json!(1)),
        ("$.a\\.b", json!(2)),
        ("$.none", json!(null)),
        ("$.&Ж中", json!(3)),
        ("$$.Execution.Input.n", json!(5)),
        ("$list[0].a", json!(7)),
        ("$list", json!([{ "a": 7 }])),
        (
            "$['foo', 'nope', 'car']",
            json!({ "foo": 123, "car": { "cdr": true } }),
        ),
        (
            "$$['Execution', 'State']",
            json!({ "Execution": { "Input": { "n": 5 } } }),
        ),
    ] {
        yields(path, root.clone(), expected);
    }
    for path in [
        "$.nope",
        "$.foo.bar",
        "$.bar[3]",
        "$.bar[-4]",
        "$.car[0]",
        "$$.Nope",
        "$nope",
        "$.nope[*]",
    ] {
        fails(path, root.clone(), "could not be found in the input");
    }
}

#[test]
fn a_path_to_many_places_yields_a_list_even_of_one_or_none() {
    let root = json!({
        "a": [1, 2, 3, 4],
        "jar": [{ "a": 1 }, { "a": 5 }, { "a": 2 }, { "a": 7 }, { "a": 3 }, 9],
        "deep": { "b": { "b": 1 }, "c": [{ "b": 2 }] },
    });
    for (path, expected) in [
        ("$.a[0,1]", json!([1, 2])),
        ("$.a[2:]", json!([3, 4])),
        ("$.a[-3:]", json!([2, 3, 4])),
        ("$.a[:2]", json!([1, 2])),
        ("$.a[1:-1]", json!([2, 3])),
        ("$.a[9:]", json!([])),
        ("$.a[*]", json!([1, 2, 3, 4])),
        ("$.jar[*].a", json!([1, 5, 2, 7, 3])),
        ("$.jar[0:1]", json!([{ "a": 1 }])),
        ("$.jar[?(@.a >= 5)]", json!([{ "a": 5 }, { "a": 7 }])),
        ("$.jar[?(@.a >= 5)].a", json!([5, 7])),
        ("$.jar[?(@.a > 1 && @.a < 4 || @.a == 7)].a", json!([2, 7, 3])),
        ("$.jar[?(!(@.a > 2))].a", json!([1, 2])),
        ("$.jar[?(@.b)]", json!([])),
        ("$.jar[?(@.a != 1)].a", json!([5, 2, 7, 3])),
        ("$.jar[?(@.a == '5')]", json!([])),
        ("$..b", json!([{ "b": 1 }, 1, 2])),
        ("$..c[?(@.b)].b", json!([2])),
        ("$..[?(@.b == 2)]", json!([{ "b": 2 }])),
        ("$.jar[0:2]['a','b']", json!([{ "a": 1 }, { "a": 5 }])),
        ("$.deep['b','c'][*]", json!([1, { "b": 2 }])),
        ("$.deep.*", json!([{ "b": 1 }, [{ "b": 2 }]])),
    ] {
        yields(path, root.clone(), expected);
    }
}

#[test]
fn functions_yield_what_the_documents_show() {
    let root = json!({
        "name": "Ada", "n": 111, "arr": [1, 2, 3, 3, 1], "empty": [], "text": "{\"number\": 20}", "some": { "k": 1 },
        "x": { "a": { "b": 1 }, "c": 2 }, "y": { "a": { "d": 3 } }, "template": "Hello {}",
    });
    for (call, expected) in [
        ("States.Format('Hello {}', $.name)", json!("Hello Ada")),
        ("States.Format($.template, 'you')", json!("Hello you")),
        (
            "States.Format('{} {} {}', 1.5, null, true)",
            json!("1.5 null true"),
        ),
        (
            "States.Format('Name: \\'{}\\', \"\\{\\}\" \\\\', $.name)",
            json!("Name: 'Ada', \"{}\" \\"),
        ),
        ("States.StringToJson($.text)", json!({ "number": 20 })),
        ("States.JsonToString($.some)", json!("{\"k\":1}")),
        (
            "States.Array('Foo', 2020, $.some, null)",
            json!(["Foo", 2020, { "k": 1 }, null]),
        ),
        ("States.Array()", json!([])),
        ("States.ArrayPartition($.arr, 2)", json!([[1, 2], [3, 3], [1]])),
        ("States.ArrayPartition($.arr, 2.6)", json!([[1, 2], [3, 3], [1]])),
        ("States.ArrayContains($.arr, 3)", json!(true)),
        ("States.ArrayContains($.arr, '3')", json!(false)),
        ("States.ArrayRange(1, 9, 2)", json!([1, 3, 5, 7, 9])),
        ("States.ArrayRange(5, 1, -2)", json!([5, 3, 1])),
        ("States.ArrayRange(3, 3, -1)", json!([3])),
        ("States.ArrayRange(5, 1, 1)", json!([])),
        ("States.ArrayRange(1.6, 1.4, 1)", json!([1])),
        ("States.ArrayRange(5.4, -0.6, -2.4)", json!([5, 3, 1])),
        ("States.ArrayGetItem($.arr, 2)", json!(3)),
        ("States.ArrayLength($.arr)", json!(5)),
        ("States.ArrayUnique($.arr)", json!([1, 2, 3])),
        (
            "States.Base64Encode('Data to encode')",
            json!("RGF0YSB0byBlbmNvZGU="),
        ),
        (
            "States.Base64Decode('RGF0YSB0byBlbmNvZGU=')",
            json!("Data to encode"),
        ),
        (
            "States.Hash('input data', 'SHA-1')",
            json!("aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ),
        (
            "States.JsonMerge($.x, $.y, false)",
            json!({ "a": { "d": 3 }, "c": 2 }),
        ),
        ("States.MathAdd($.n, -1)", json!(110)),
        ("States.MathAdd(1.6, 2.7)", json!(5)),
        (
            "States.StringSplit('1,2,3,4,5', ',')",
            json!(["1", "2", "3", "4", "5"]),
        ),
        (
            "States.StringSplit('This.is+a,test=string', '.+,=')",
            json!(["This", "is", "a", "test", "string"]),
        ),
        ("States.StringSplit(', , ,', ',')", json!([" ", " "])),
        (
            "States.ArrayGetItem(States.StringSplit(States.Format('{}/{}', 'a', 'b'), '/'), 1)",
            json!("b"),
        ),
    ] {
        yields(call, root.clone(), expected);
    }
}

#[test]
fn chance_comes_from_its_port() {
    let drawn = evaluate("States.MathRandom(1, 3)", &json!({})).unwrap_or_default();
    assert!(matches!(drawn.as_i64(), Some(1 | 2)), "{drawn}");
    let seeded = || evaluate("States.MathRandom(1, 1000, 42)", &json!({}));
    assert_eq!(seeded(), seeded());
    assert_eq!(
        evaluate("States.UUID()", &json!({})),
        Ok(json!(Chance::new(1).uuid()))
    );
}

#[test]
fn functions_refuse_what_they_cannot_do() {
    let root = json!({ "arr": [1], "long": "a".repeat(10_001), "o": {} });
    for call in [
        "States.ArrayPartition('no list', 2)",
        "States.ArrayPartition($.arr, 0)",
        "States.ArrayPartition($.arr, 0.49)",
        "States.ArrayRange(1, 10, 0)",
        "States.ArrayRange(1, 1001, 1)",
        "States.ArrayGetItem($.arr, 1)",
        "States.ArrayGetItem($.arr, -1)",
        "States.Base64Encode($.long)",
        "States.Base64Decode('%')",
        "States.Hash('a', 'CRC')",
        "States.JsonMerge($.o, $.o, true)",
        "States.JsonMerge($.o, $.arr, false)",
        "States.MathAdd(2147483647, 1)",
        "States.MathAdd('1', 1)",
        "States.MathRandom(3, 3)",
        "States.StringToJson('{')",
        "States.Format($.arr)",
    ] {
        let name = call.split('(').next().unwrap_or_default();
        fails(
            call,
            root.clone(),
            &format!("The function '{call}' had the following error: Invalid arguments in {name}"),
        );
    }
    fails(
        "States.Format('{} {}', 1)",
        root.clone(),
        "do not match the occurrences of {}",
    );
    fails(
        "States.Format('Hello {', 1)",
        root.clone(),
        "matching '}' not found",
    );
    fails(
        "States.Format('{}', $.nope)",
        json!({ "other": 1 }),
        "The function 'States.Format('{}', $.nope)' had the following error: The JsonPath argument for the field \
         '$.nope' could not be found in the input '{\"other\":1}'",
    );
}

#[test]
fn patterns_match_whole_texts_with_wildcards_and_escapes() {
    let matches = |pattern: &str, text: &str| {
        let variables = Variables::default();
        let root = json!(text);
        let sight = Sight {
            root: &root,
            context: &|| Value::Null,
            variables: &variables,
        };
        let test = super::Test::Compare(Box::new(super::Comparison {
            variable: PathQuery::path("$", "Variable").map_err(|reason| reason.to_string())?,
            against: Against::pattern(pattern)?,
        }));
        test.holds(&sight).map_err(|error| error.message)
    };
    for (pattern, text, expected) in [
        ("log-*.txt", "log-2026.txt", true),
        ("log-*.txt", "log-.txt", true),
        ("log-*.txt", "log-2026.txt.gz", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbYbZ", false),
        ("foo\\*bar", "foo*bar", true),
        ("foo\\*bar", "fooXbar", false),
        ("a\\\\*", "a\\b", true),
        ("*aab", "aaaaaab", true),
        ("a?c", "abc", false),
    ] {
        assert_eq!(matches(pattern, text), Ok(expected), "{pattern} and {text}");
    }
}

proptest::proptest! {
    /// Whatever stands where a path or a call may stand: it leads somewhere or fails with a reason.
    #[test]
    fn a_damaged_path_or_call_leads_somewhere_or_says_why_not(source in damaged::text([
        "$.a.b[0]", "$..a[?(@.b == 'x' && @.c > 1)]", "$$.Execution.Input.n", "$list[0].a", "$.a[-1:]", "$['a b'][*]", "$.a[1,2]",
        "States.Format('{} of {}', $.a, 'x\\\\'y')", "States.ArrayPartition($.list, 2)", "States.StringToJson($.text)",
        "States.ArrayRange(0, 9, 3)", "States.MathAdd($.n, -1)", "States.Base64Decode($.text)", "States.Hash($.a, 'SHA-1')",
    ])) {
        let root = json!({ "a": { "b": [1, { "c": "x" }], "a b": null }, "list": [1, 2, 3], "n": 2, "text": "{}" });
        if let Err(reason) = evaluate(&source, &root) {
            proptest::prop_assert!(!reason.is_empty(), "{}", source);
        }
    }
}
