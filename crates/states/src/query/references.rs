//! What an expression refers to that Step Functions does not have: there is no context item, so neither `$`, `$$` nor
//! a bare name leads anywhere at the top level. AWS refuses such a definition, and says which name it is.

use jsonata_core::ast::AstNode;

/// The first reference to the context item, or nothing. Only the first step of a path is taken from it; later steps,
/// predicates and terms of sorting see what the step before them yielded.
pub(super) fn to_context_item(node: &AstNode) -> Option<String> {
    let any = |nodes: &[AstNode]| nodes.iter().find_map(to_context_item);
    let any_pair = |pairs: &[(AstNode, AstNode)]| {
        pairs
            .iter()
            .find_map(|(key, value)| to_context_item(key).or_else(|| to_context_item(value)))
    };
    match node {
        AstNode::Name(name) => Some(name.clone()),
        AstNode::Variable(name) if name.is_empty() => Some("$".to_owned()),
        AstNode::Variable(name) if name == "$" => Some("$$".to_owned()),
        AstNode::ParentVariable(_) => Some("$$".to_owned()),
        AstNode::Path { steps } => steps.first().and_then(|step| to_context_item(&step.node)),
        AstNode::Binary { lhs, rhs, .. } => to_context_item(lhs).or_else(|| to_context_item(rhs)),
        AstNode::Unary { operand, .. } => to_context_item(operand),
        AstNode::Function { args, .. } => any(args),
        AstNode::Call { procedure, args } => to_context_item(procedure).or_else(|| any(args)),
        AstNode::Lambda { body, .. } => to_context_item(body),
        AstNode::Array(items) | AstNode::Block(items) => any(items),
        AstNode::Object(pairs) => any_pair(pairs),
        AstNode::ObjectTransform { input, .. } | AstNode::Sort { input, .. } => to_context_item(input),
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => to_context_item(condition)
            .or_else(|| to_context_item(then_branch))
            .or_else(|| else_branch.as_deref().and_then(to_context_item)),
        _ => None,
    }
}
