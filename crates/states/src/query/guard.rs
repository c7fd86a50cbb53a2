//! Guards in an expression: calls of the [`super::meter`] at every place where a value becomes one that can be used
//! twice, and in front of functions that make much of little.
//!
//! The evaluator limits time, depth and the length of sequences, but not memory: `$s & $s` in a loop, `$pad` or a list
//! that holds itself twice, forty times over, would end the process. What grows without bound must take a value twice,
//! so it comes by here: as an argument, a variable, what a function yields or a step of a path.
//!
//! Time is counted here too, in steps, for what a clock says is not the same twice. What takes long must do something
//! again and again, so each place that is come by more than once counts: a function's body, a step of a path, a
//! condition on items, a term of a sort; and in those, how much the built-in functions and paths go through.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage, StepId};

use super::bound::Bound;
use super::builtins::{checked, goes_through};
use super::meter::{DEEP, LITTLE, METER, PICTURE, REPLACEABLE, SEPARATOR, SHORT, TICK, VALUE, WIDTH};
use super::nodes::{is_function, is_metered, is_partial, is_placeholder, is_plain, settle};

/// Longer list constructors are charged for their length at once.
const SHORT_LIST: usize = 8;

/// Puts guards into an expression. Says whether any were needed.
pub(super) fn guard(ast: &mut AstNode, bound: &Bound) -> bool {
    let mut guards = Guards {
        bound,
        any: false,
        repeated: 0,
    };
    guards.walk(ast);
    guards.any
}

struct Guards<'a> {
    bound: &'a Bound,
    any: bool,
    /// Within how many things that may be done again and again.
    repeated: usize,
}

impl Guards<'_> {
    fn walk(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Path { .. } => {
                self.walk_path(node);
                self.go_through(node, METER);
            }
            AstNode::Binary { op, lhs, rhs } => {
                if *op != BinaryOp::ColonEqual {
                    self.walk(lhs);
                }
                let is_bare = *op == BinaryOp::ChainPipe && matches!(**rhs, AstNode::Path { .. });
                match op {
                    _ if is_bare => self.walk_path(rhs),
                    BinaryOp::ChainPipe => self.callee(rhs),
                    _ => self.walk(rhs),
                }
                match op {
                    BinaryOp::ColonEqual => self.value(rhs),
                    BinaryOp::ChainPipe => self.value(lhs),
                    BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::In => {
                        self.value(lhs);
                        self.value(rhs);
                        self.go_through(lhs, DEEP);
                        self.go_through(rhs, DEEP);
                    }
                    BinaryOp::Concatenate | BinaryOp::Range => self.wrap(METER, node, &[]),
                    _ => {}
                }
            }
            AstNode::Unary { operand, .. } => self.walk(operand),
            AstNode::Function { name, args, .. } => {
                args.iter_mut().for_each(|argument| {
                    self.callee(argument);
                    self.value(argument);
                });
                let name = name.clone();
                if let (Some(meter), false) = (goes_through(&name), self.bound.holds(&name)) {
                    // Those that work on two lists go through both.
                    let count = if matches!(name.as_str(), "append" | "zip") {
                        args.len()
                    } else {
                        1
                    };
                    args.iter_mut()
                        .take(count)
                        .for_each(|argument| self.go_through(argument, meter));
                }
                self.check(&name, node);
            }
            AstNode::Call { procedure, args } => {
                self.walk(procedure);
                args.iter_mut().for_each(|argument| {
                    self.walk(argument);
                    self.value(argument);
                });
            }
            AstNode::Lambda { body, .. } => {
                self.repeated += 1;
                self.walk(body);
                self.repeated -= 1;
                self.yielded(body);
                self.tick(body);
            }
            AstNode::Array(items) | AstNode::ArrayGroup(items) => self.list(items),
            AstNode::Object(pairs) => self.members(pairs),
            AstNode::ObjectTransform { input, pattern } => {
                self.walk_bare(input);
                self.repeated += 1;
                self.members(pattern);
                pattern.iter_mut().for_each(|(name, _)| self.turn(name));
                self.repeated -= 1;
            }
            AstNode::Block(items) => items.iter_mut().for_each(|item| self.walk(item)),
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => {
                self.walk(condition);
                self.walk(then_branch);
                if let Some(else_branch) = else_branch {
                    self.walk(else_branch);
                }
            }
            AstNode::FunctionApplication(inner) => self.walk(inner),
            AstNode::Sort { input, terms } => {
                self.walk_bare(input);
                self.repeated += 1;
                terms.iter_mut().for_each(|(term, _)| {
                    self.walk(term);
                    self.turn(term);
                });
                self.repeated -= 1;
            }
            AstNode::Transform {
                location,
                update,
                delete,
            } => {
                self.repeated += 1;
                self.walk_bare(location);
                self.walk(update);
                self.turn(update);
                if let Some(delete) = delete {
                    self.walk(delete);
                    self.turn(delete);
                }
                self.repeated -= 1;
            }
            AstNode::Variable(name) if checked(name).is_some() => self.wrap(VALUE, node, &[]),
            _ => {}
        }
    }

    /// Walks what may be called. A checked function that is handed on becomes a lambda that calls it, so that its
    /// arguments are seen.
    fn callee(&mut self, node: &mut AstNode) {
        let function = match node {
            AstNode::Variable(name) if !self.bound.holds(name) => checked(name),
            _ => None,
        };
        let Some((name, count)) = function else {
            return self.walk(node);
        };
        let params: Vec<String> = (0..count).map(|index| format!("!p{index}")).collect();
        let mut body = AstNode::Function {
            name: name.to_owned(),
            args: params.iter().cloned().map(AstNode::Variable).collect(),
            is_builtin: true,
        };
        self.check(name, &mut body);
        *node = AstNode::Lambda {
            params,
            body: Box::new(body),
            signature: None,
            thunk: false,
        };
    }

    /// Walks what must stay as it is.
    fn walk_bare(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Path { .. } => self.walk_path(node),
            node => self.walk(node),
        }
    }

    fn walk_path(&mut self, node: &mut AstNode) {
        if let AstNode::Path { steps } = node {
            self.path(steps);
        }
    }

    /// Counts the calls of a function. What it calls last stays so.
    fn tick(&mut self, body: &mut AstNode) {
        self.any = true;
        let tick = AstNode::Function {
            name: TICK.to_owned(),
            args: Vec::new(),
            is_builtin: true,
        };
        *body = AstNode::Block(vec![tick, std::mem::replace(body, AstNode::Null)]);
    }

    /// Counts an expression that is evaluated for each item.
    fn turn(&mut self, node: &mut AstNode) {
        let is_constant = matches!(
            node,
            AstNode::Number(_) | AstNode::String(_) | AstNode::Boolean(_)
        );
        let is_position =
            matches!(node, AstNode::Unary { operand, .. } if matches!(**operand, AstNode::Number(_)));
        if !is_constant && !is_position && !is_function(node) {
            self.wrap(METER, node, &[]);
        }
    }

    /// Counts what a function or an operator goes through, where that may happen again and again.
    fn go_through(&mut self, node: &mut AstNode, meter: &str) {
        if self.repeated == 0 {
            return;
        }
        match node {
            AstNode::Path { steps } => {
                // A path that yields nothing may have gone through much.
                let from = match steps.first().map(|step| &step.node) {
                    Some(AstNode::Variable(name)) => AstNode::Variable(name.clone()),
                    _ => AstNode::Variable(String::new()),
                };
                self.wrap(METER, node, &[from]);
            }
            AstNode::Variable(name) if checked(name).is_none() && !self.bound.is_lambda(name) => {
                self.wrap(meter, node, &[]);
            }
            AstNode::Function { .. } if meter == DEEP => self.wrap(DEEP, node, &[]),
            _ => {}
        }
    }

    fn path(&mut self, steps: &mut [PathStep]) {
        for (index, step) in steps.iter_mut().enumerate() {
            self.repeated += usize::from(index > 0);
            self.walk_bare(&mut step.node);
            self.repeated -= usize::from(index > 0);
            self.repeated += 1;
            for stage in &mut step.stages {
                if let Stage::Filter(condition) = stage {
                    self.walk(condition);
                    self.turn(condition);
                }
            }
            self.repeated -= 1;
            // A step is done once for each value before it. One that a `%` goes through is no plain value.
            if index > 0 && !step.inner_tuple {
                self.yielded(&mut step.node);
            }
            step.id = StepId::default();
        }
    }

    /// Guards what a lambda or a step yields. A call of a lambda in tail position must stay one, or a loop would need a
    /// stack; what comes of it in the end is guarded in there.
    fn yielded(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Function { name, .. } if self.bound.is_lambda(name) => {}
            AstNode::FunctionApplication(inner) => match &mut **inner {
                call @ (AstNode::Function { .. } | AstNode::Call { .. }) => self.value(call),
                inner => self.yielded(inner),
            },
            AstNode::Block(items) => {
                if let Some(last) = items.last_mut() {
                    self.yielded(last);
                }
            }
            AstNode::Conditional {
                then_branch,
                else_branch,
                ..
            } => {
                self.yielded(then_branch);
                if let Some(else_branch) = else_branch {
                    self.yielded(else_branch);
                }
            }
            // Lists behind a dot are constructors of their own kind; their items are guarded.
            AstNode::Array(_) | AstNode::ArrayGroup(_) | AstNode::Sort { .. } => {}
            node => self.value(node),
        }
    }

    /// Guards an expression whose value may be used twice.
    fn value(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Path { steps } if is_plain(steps) => {}
            AstNode::Path { .. }
            | AstNode::Function { .. }
            | AstNode::Call { .. }
            | AstNode::Array(_)
            | AstNode::Object(_)
            | AstNode::ObjectTransform { .. }
            | AstNode::Block(_)
            | AstNode::Conditional { .. }
            | AstNode::Sort { .. }
            | AstNode::Descendant
            | AstNode::Binary {
                op: BinaryOp::ChainPipe | BinaryOp::Coalesce | BinaryOp::Default | BinaryOp::Range,
                ..
            } if !is_partial(node) => self.wrap(METER, node, &[]),
            _ => {}
        }
    }

    /// A list in a list is spread out, unless it was written there.
    fn list(&mut self, items: &mut [AstNode]) {
        let length = AstNode::Number(items.len() as f64);
        let mut is_charged = items.len() <= SHORT_LIST;
        for item in items.iter_mut() {
            self.walk(item);
            let is_spread = matches!(
                item,
                AstNode::Variable(_)
                    | AstNode::Path { .. }
                    | AstNode::Function { .. }
                    | AstNode::Call { .. }
                    | AstNode::Block(_)
                    | AstNode::Conditional { .. }
            ) && !is_partial(item);
            let is_constant = matches!(
                item,
                AstNode::Number(_) | AstNode::String(_) | AstNode::Boolean(_)
            );
            if !is_charged && (is_spread || is_constant) {
                self.wrap(METER, item, std::slice::from_ref(&length));
                is_charged = true;
            } else if is_spread {
                self.wrap(METER, item, &[]);
            }
        }
    }

    fn members(&mut self, pairs: &mut [(AstNode, AstNode)]) {
        for (name, member) in pairs.iter_mut() {
            self.walk(name);
            self.walk(member);
        }
        let length = AstNode::Number(pairs.len() as f64);
        if pairs.len() > SHORT_LIST
            && let Some((_, member)) = pairs.iter_mut().find(|(_, member)| !is_function(member))
        {
            self.wrap(METER, member, &[length]);
        }
    }

    /// Checks the arguments of functions that make much of little.
    fn check(&mut self, name: &str, node: &mut AstNode) {
        if checked(name).is_none() {
            return;
        }
        let AstNode::Function { args, .. } = node else {
            return;
        };
        if args.iter().any(is_placeholder) {
            // What the rest will be is not seen.
            for (index, argument) in args.iter_mut().enumerate() {
                match (name, index) {
                    _ if is_function(argument) => {}
                    ("pad", 1) | ("formatInteger", 0) => self.wrap(WIDTH, argument, &[]),
                    ("formatInteger", _) => self.wrap(PICTURE, argument, &[AstNode::Null]),
                    ("formatNumber" | "fromMillis" | "toMillis" | "parseInteger", 1) => {
                        self.wrap(PICTURE, argument, &[]);
                    }
                    ("formatNumber" | "fromMillis" | "toMillis" | "parseInteger", _) => {}
                    ("pad", _) => {}
                    _ => self.wrap(LITTLE, argument, &[]),
                }
            }
            return;
        }
        let mut settled = Vec::new();
        if matches!(name, "join" | "replace" | "formatInteger") && args.len() > 1 {
            settled = settle(args);
        }
        match (name, args.as_mut_slice()) {
            ("pad", [width] | [_, width, ..]) => self.wrap(WIDTH, width, &[]),
            ("formatInteger", [picture]) => {
                self.wrap(PICTURE, picture, &[AstNode::Variable(String::new())]);
            }
            ("formatInteger", [number, picture, ..]) => {
                self.wrap(PICTURE, picture, std::slice::from_ref(number));
            }
            ("formatNumber" | "fromMillis" | "toMillis" | "parseInteger", [picture] | [_, picture, ..]) => {
                self.wrap(PICTURE, picture, &[]);
            }
            ("distinct", [list]) => self.wrap(SHORT, list, &[]),
            ("join", [list, separator]) => self.wrap(SEPARATOR, separator, std::slice::from_ref(list)),
            ("replace", [pattern, replacement]) if !is_function(replacement) => {
                let context = AstNode::Variable(String::new());
                self.wrap(REPLACEABLE, replacement, &[context, pattern.clone()]);
            }
            ("replace", [text, pattern, replacement, ..]) if !is_function(replacement) => {
                self.wrap(REPLACEABLE, replacement, &[text.clone(), pattern.clone()]);
            }
            _ => {}
        }
        if !settled.is_empty() {
            settled.push(std::mem::replace(node, AstNode::Null));
            *node = AstNode::Block(settled);
        }
    }

    /// Puts a call of a host function around an expression.
    fn wrap(&mut self, name: &str, node: &mut AstNode, more: &[AstNode]) {
        self.any = true;
        if name == METER && more.is_empty() && is_metered(node) {
            return;
        }
        let mut args = vec![std::mem::replace(node, AstNode::Null)];
        args.extend(more.iter().cloned());
        *node = AstNode::Function {
            name: name.to_owned(),
            args,
            is_builtin: true,
        };
    }
}
