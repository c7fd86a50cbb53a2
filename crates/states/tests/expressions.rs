//! Expressions that would take the process down, and that the guards against them change nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use states::definition::MachineType;
use states::engine::Call;
use states::{Answer, Outside, World};

/// As much stack as a server's threads have.
const STACK_BYTES: usize = 2 * 1024 * 1024;
/// Far more than the limit of one evaluation, for a busy machine and builds without optimization.
const PATIENCE: Duration = Duration::from_secs(60);

struct Nobody;

impl Outside for Nobody {
    fn call(&mut self, _: Call, _: &mut World) -> Answer {
        Answer::Later
    }
}

/// What a state's output is, or why there is none.
fn evaluate(expression: &str) -> Result<Value, String> {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Output": format!("{{% {expression} %}}"), "End": true } } });
    let mut world = World::new(1_700_000_000_000, 1);
    let machine = world
        .create_machine("m", &definition.to_string(), MachineType::Standard)
        .map_err(|error| error.to_string())?;
    let input = json!({ "big": "x".repeat(200_000), "n": [1, 2, 3], "text": "a-b-c", "one": [7],
        "lines": [{ "sku": "p", "count": 2, "price": 3.5 }, { "sku": "q", "count": 1, "price": 10 }] });
    let arn = world.start_execution(&machine, None, &input).unwrap();
    world.run_until_idle(&mut Nobody);
    let ended = world.execution(&arn).unwrap().ended().unwrap();
    world
        .output(&arn)
        .ok_or_else(|| ended.failure.clone().unwrap().cause.unwrap_or_default())
}

#[test]
fn no_expression_takes_all_memory_all_stack_or_all_time() {
    let run = || {
        for expression in include_str!("expressions/hostile.txt").lines() {
            let began = Instant::now();
            let outcome = evaluate(expression);
            assert!(outcome.is_err(), "{expression} yielded something");
            assert!(
                began.elapsed() < PATIENCE,
                "{expression} took {:?}",
                began.elapsed()
            );
        }
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    thread.unwrap().join().unwrap();
}

#[test]
fn what_an_expression_may_take_is_counted_in_steps_and_not_in_time() {
    // Each takes long in another way, and each says so in the words of the count, which no clock has a part in.
    for expression in [
        "($f := function($n){ $f($n + 1) }; $f(0))",
        "[1..200000][$count([1..1000][$ = 5]) = 2]",
        "[1..5000].($count($states.input.big.$split('')))",
        "$map([1..100000], function($i){ $sum([1..1000]) })",
        "($x := [1..100000]; $map($x, function($i){ $sum($x) }))",
        "($x := [1..100000]; $map($x, function($i){ $x.nope }))",
        "($x := [1..100000]; $map($x, function($i){ $x = $i or $x != $x }))",
        "($x := [1..100000]; $map($x, function($i){ $i in $x }))",
        "($x := [1..9000]; $map([1..9], function($i){ $distinct($x) }))",
        "$reduce([1..100000], function($a, $v){ $append($a, $v) }, [])",
    ] {
        let cause = evaluate(expression).map(drop).expect_err(expression);
        assert!(
            cause.contains("takes more than 1000000 steps"),
            "{expression}: {cause}"
        );
    }
}

#[test]
fn a_large_number_in_a_picture_is_refused_by_name() {
    for (expression, reason) in [
        ("$formatInteger(1000000000000000, 'I')", "Roman numerals"),
        ("$formatInteger(-1000000000000000, 'i')", "Roman numerals"),
        ("[1000000000000000].$formatInteger('I')", "Roman numerals"),
        (
            "$map([1000000000000000], $formatInteger(?, 'I'))",
            "Roman numerals",
        ),
        ("$formatInteger(1000000000000000, ?)('I')", "limit exceeded"),
        (
            "[1000000000000000, 'I'] ~> $reduce($formatInteger)",
            "Roman numerals",
        ),
        ("$fromMillis(1, '[Y,*-999999999]')", "width"),
        ("$fromMillis(1, '[Y,99999999999]')", "width"),
        ("$now('[Y,*-999999999]')", "width"),
        ("$formatNumber(1, $pad('0', 1000000, '0'))", "picture"),
        ("$toMillis('1', '[Y,*-999999999]')", "width"),
    ] {
        let cause = evaluate(expression).expect_err(expression);
        assert!(cause.contains(reason), "{expression}: {cause}");
    }
    for (expression, expected) in [
        ("$formatInteger(1999, 'I')", "MCMXCIX"),
        ("$formatInteger(1000000000000000, 'w')", "one thousand trillion"),
        (
            "$formatInteger(1000000000000000, '#,##0')",
            "1,000,000,000,000,000",
        ),
        ("$fromMillis(1700000000000, '[Y0001]-[M01]-[D,2]')", "2023-11-14"),
        ("$fromMillis(1700000000000)", "2023-11-14T22:13:20.000Z"),
        ("$formatNumber(1234.5, '#,##0.00')", "1,234.50"),
        ("$string($toMillis('2023', '[Y0001]'))", "1672531200000"),
    ] {
        assert_eq!(evaluate(expression), Ok(json!(expected)), "{expression}");
    }
}

#[test]
fn parentheses_and_operators_nest_without_end_only_until_they_are_refused() {
    let run = || {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{'a':", "1", "}"),
            ("-", "1", ""),
            ("$string(", "1", ")"),
            ("function($x){", "$x", "}"),
            ("1 ? ", "1", " : 1"),
            ("$states.input[", "1", "]"),
            ("1 & ", "1", ""),
            ("$join([", "'a'", "], 'b')"),
        ] {
            for depth in [10, 300, 990, 20_000] {
                let expression = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                let outcome = evaluate(&expression);
                assert!(depth < 20_000 || outcome.is_err(), "{open} {depth}");
            }
        }
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    thread.unwrap().join().unwrap();
}

#[test]
fn guards_change_nothing_about_what_expressions_mean() {
    let mut differ = Vec::new();
    for (expression, expected) in [
        ("[[1], [2]]", json!([[1], [2]])),
        ("($a := [1, 2]; [$a, $a])", json!([1, 2, 1, 2])),
        ("($a := [1, 2]; [[$a], [$a]])", json!([[1, 2], [1, 2]])),
        ("$states.input.n.[$, 1]", json!([[1, 1], [2, 1], [3, 1]])),
        (
            "$states.input.lines.{'k': sku, 'sum': count * price}",
            json!([{ "k": "p", "sum": 7 }, { "k": "q", "sum": 10 }]),
        ),
        ("$states.input.lines{sku: count}", json!({ "p": 2, "q": 1 })),
        ("$states.input.lines[price > 5].sku", json!("q")),
        ("$states.input.lines^(>price).sku", json!(["q", "p"])),
        (
            "$states.input.lines.(count > 1 ? sku & '!' : 'few')",
            json!(["p!", "few"]),
        ),
        ("$states.input.lines[0].sku & $states.input.nope & 1", json!("p1")),
        ("$states.input.one", json!([7])),
        ("$states.input.one.$", json!(7)),
        ("[$states.input.one.$string()]", json!(["7"])),
        ("$states.input.n.$string()", json!(["1", "2", "3"])),
        ("$join($split($states.input.text, '-'), '+')", json!("a+b+c")),
        ("$split($states.input.text, '-') ~> $join", json!("abc")),
        ("$split($states.input.text, '-') ~> $join('.')", json!("a.b.c")),
        ("$reduce([['a', 'b'], '-'], $join)", json!("a-b")),
        (
            "$map($states.input.n, function($v, $i) { $v * $i })",
            json!([0, 2, 6]),
        ),
        ("$reduce($states.input.n, function($a, $v) { $a + $v })", json!(6)),
        ("$reduce($states.input.n, $append)", json!([1, 2, 3])),
        (
            "$states.input.n ~> $map($string) ~> $join(', ')",
            json!("1, 2, 3"),
        ),
        ("$distinct([1, 1, 2])", json!([1, 2])),
        ("[1, 1, 2] ~> $distinct ~> $count", json!(2)),
        ("$map([[1, 1], [2]], $distinct)", json!([[1], [2]])),
        ("$pad('a', 3) & '|' & $pad('a', -3, '#')", json!("a  |##a")),
        ("$states.input.one.$string().$pad(3, '-')", json!("7--")),
        ("$map(['a', 'b'], $pad(?, 2, '.'))", json!(["a.", "b."])),
        ("$replace($states.input.text, '-', '+')", json!("a+b+c")),
        ("$replace($states.input.text, /-(.)/, '<$1>', 1)", json!("a<b>-c")),
        (
            "$replace($states.input.text, /[a-c]/, function($m) { $uppercase($m.match) })",
            json!("A-B-C"),
        ),
        ("$states.input.text.$replace('-', '')", json!("abc")),
        (
            "($r := $replace(?, '-', '_'); $r($states.input.text))",
            json!("a_b_c"),
        ),
        ("($distinct := 5; $distinct + 1)", json!(6)),
        ("($join := function($x) { $x & '!' }; $join('a'))", json!("a!")),
        ("function($pad) { $pad * 2 }(4)", json!(8)),
        (
            "($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))",
            json!(3_628_800),
        ),
        // A loop of calls in tail position needs no stack.
        (
            "($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, $a + 1) }; $f(20000, 0))",
            json!(20_000),
        ),
        (
            "($f := function($n) { ($m := $n - 1; $m < 0 ? 'done' : $f($m)) }; $f(20000))",
            json!("done"),
        ),
        (
            "{'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': 8, 'i': 9}.i",
            json!(9),
        ),
        ("$sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])", json!(55)),
        (
            "$merge([{'a': 1}, {'b': 2}]) ~> |$|{'c': 3}|",
            json!({ "a": 1, "b": 2, "c": 3 }),
        ),
        (
            "$each({'a': 1}, function($v, $k) { $k & '=' & $v })",
            json!("a=1"),
        ),
        ("$exists($states.input.nope) or $exists(null)", json!(true)),
        (
            "($x := function($a, $b) { $a & $b }; $y := $x(?, 'z'); $y('a'))",
            json!("az"),
        ),
        (
            "$sort($states.input.n, function($l, $r) { $l < $r })",
            json!([3, 2, 1]),
        ),
        (
            "$states.input.lines#$i.{'i': $i, 'sku': sku}",
            json!([{ "i": 0, "sku": "p" }, { "i": 1, "sku": "q" }]),
        ),
        (
            "$states.input.lines@$l.{'sku': $l.sku}",
            json!([{ "sku": "p" }, { "sku": "q" }]),
        ),
        ("$states.input.(lines.sku ~> $join)", json!("pq")),
        (
            "$map($states.input.lines, function($l){ $states.input.lines[sku = $l.sku].count })",
            json!([2, 1]),
        ),
        (
            "$map($states.input.lines, function($l){ $l.(sku & price) })",
            json!(["p3.5", "q10"]),
        ),
        ("$states.input.n[-1] + $states.input.n[0]", json!(4)),
        ("$states.input.n[[0, 2]]", json!([1, 3])),
        ("($i := 1; $states.input.n[$i])", json!(2)),
        ("$states.input.n[$ > 1]", json!([2, 3])),
        ("$states.input.lines.sku[0]", json!(["p", "q"])),
        ("$states.input.lines.(sku)[0]", json!(["p", "q"])),
        ("$states.input.lines^(price * -1, sku).sku", json!(["q", "p"])),
        ("$states.input.lines.{'n': %.one}[0].n", json!(7)),
        (
            "$states.input ~> |lines|{'price': price * 2}| ~> $lookup('lines') ~> $map(function($l){ $l.price })",
            json!([7, 20]),
        ),
        (
            "$map([1..3], function($i){ [1..$i] })",
            json!([[1], [1, 2], [1, 2, 3]]),
        ),
        (
            "$map(['a', 'b'], function($s){ [[$s]] })",
            json!([[["a"]], [["b"]]]),
        ),
        ("$count($shuffle([1..10]))", json!(10)),
        ("$sum($shuffle([1..10]))", json!(55)),
    ] {
        let outcome = evaluate(expression);
        if outcome != Ok(expected) {
            differ.push(format!("{expression}: {outcome:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Expressions that are almost right, within a definition: accepted or refused, and if accepted they end.
#[test]
fn a_damaged_expression_yields_something_or_says_why_not() {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let damaged = damaged::text([
        "$states.input.lines[sku = 'p'].count",
        "$sum($map($states.input.list, function($n) { $n * 2 }))",
        "{ 'a': $states.input.text ~> $uppercase(), 'b': [1..5] }",
        "$states.input.list[0] > 1 ? $partition([1, 2, 3], 2) : $error('no')",
        "($x := $parse('{}'); $merge([$x, { 'at': $states.context.State.EnteredTime }]))",
        "$replace('a-b-c', /([a-z])-/, '$1+') & $string($states.input)",
    ]);
    for _ in 0..400 {
        let expression = damaged.new_tree(&mut runner).unwrap().current();
        if let Err(reason) = evaluate(&expression) {
            assert!(!reason.is_empty(), "{expression}");
        }
    }
}
