//! What the guards ask of a node of an expression.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep};

use super::meter::METER;

/// Lets the arguments of a call be evaluated once, before it, into variables that no expression can name.
pub(super) fn settle(args: &mut [AstNode]) -> Vec<AstNode> {
    let mut settled = Vec::new();
    for (index, argument) in args.iter_mut().enumerate() {
        if is_settled(argument) || is_function(argument) {
            continue;
        }
        let variable = AstNode::Variable(format!("!{index}"));
        settled.push(AstNode::Binary {
            op: BinaryOp::ColonEqual,
            lhs: Box::new(variable.clone()),
            rhs: Box::new(std::mem::replace(argument, variable)),
        });
    }
    settled
}

/// A path that only goes into one value: what it yields is part of something that was looked at already.
pub(super) fn is_plain(steps: &[PathStep]) -> bool {
    let is_part = |step: &PathStep| matches!(step.node, AstNode::Name(_)) && step.stages.is_empty();
    steps.split_first().is_some_and(|(first, rest)| {
        matches!(first.node, AstNode::Variable(_) | AstNode::Name(_)) && rest.iter().all(is_part)
    })
}

pub(super) fn is_metered(node: &AstNode) -> bool {
    matches!(node, AstNode::Function { name, .. } if name == METER)
}

/// Whether it costs nothing to evaluate it twice.
pub(super) fn is_settled(node: &AstNode) -> bool {
    matches!(
        node,
        AstNode::Variable(_) | AstNode::String(_) | AstNode::Number(_) | AstNode::Regex { .. }
    )
}

pub(super) fn is_function(node: &AstNode) -> bool {
    matches!(node, AstNode::Lambda { .. } | AstNode::Transform { .. }) || is_placeholder(node)
}

pub(super) fn is_placeholder(node: &AstNode) -> bool {
    matches!(node, AstNode::Placeholder)
}

/// A call that leaves arguments open yields a function.
pub(super) fn is_partial(node: &AstNode) -> bool {
    match node {
        AstNode::Function { args, .. } | AstNode::Call { args, .. } => args.iter().any(is_placeholder),
        _ => false,
    }
}
