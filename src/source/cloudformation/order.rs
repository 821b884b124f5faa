//! The order in which resources are evaluated: each after those it refers to.

use super::call::{self, Call, Part};
use super::evaluate::Evaluator;
use crate::syntax::Kind;

/// The nodes of a graph, each after those that its edges lead to; and one that lies on a circle, if there is any.
pub(super) fn postorder(edges: &[Vec<usize>]) -> (Vec<usize>, Option<usize>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; edges.len()];
    let (mut order, mut circle) = (Vec::with_capacity(edges.len()), None);
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            if next == 0 {
                if states[node] != State::New {
                    continue;
                }
                states[node] = State::Open;
            }
            match edges[node].get(next) {
                None => {
                    states[node] = State::Done;
                    order.push(node);
                }
                Some(target) => {
                    stack.push((node, next + 1));
                    match states[*target] {
                        State::New => stack.push((*target, 0)),
                        State::Open => circle = circle.or(Some(*target)),
                        State::Done => {}
                    }
                }
            }
        }
    }
    (order, circle)
}

impl<'s> Evaluator<'s, '_, '_> {
    /// The order of the resources in this world, where only the branches that conditions take count.
    ///
    /// CloudFormation refuses resources that need each other. Where something is assumed it may be the assumption that is
    /// wrong, and what is in the circle is not known.
    pub(super) fn order(&mut self) -> Vec<usize> {
        let template = &self.stack.template;
        if !template.circular {
            return template.order.clone();
        }
        let mut open = false;
        let edges: Vec<Vec<usize>> = (0..template.resources.len())
            .map(|resource| {
                let mut named = Vec::new();
                let body = template.body(resource).map(|(_, body)| body);
                let condition = body.and_then(|body| body.get("Condition")).and_then(|at| Some((call::text(at)?, at)));
                let there = condition.map_or(Some(true), |(name, at)| self.condition(name, at.into()));
                if let (Some(properties), false) = (body.and_then(|body| body.get("Properties")), there == Some(false))
                {
                    open |= there.is_none();
                    self.taken(properties.into(), &mut open, &mut named);
                }
                named
            })
            .collect();
        let (order, circle) = postorder(&edges);
        let circle = circle.filter(|_| self.run.world.is_certain() && !open).and_then(|at| template.body(at));
        if let Some((key, _)) = circle {
            let id = call::text(key).unwrap_or_default();
            let fault = template.source.fault(key, format!("the resource `{id}` refers to itself in a circle"));
            self.fault(fault.help("move one of the references to a resource of its own"));
        }
        order
    }

    /// Collects the resources that an expression refers to in the branches that are taken.
    fn taken(&mut self, part: Part<'s>, open: &mut bool, named: &mut Vec<usize>) {
        let inside = match part.call() {
            Some(Call { name: "If", argument }) => match argument.items() {
                Some([condition, then, otherwise]) => {
                    let holds = call::text(condition).and_then(|name| self.condition(name, condition.into()));
                    *open |= holds.is_none();
                    let branches = [(then, holds != Some(false)), (otherwise, holds != Some(true))];
                    for (branch, taken) in branches {
                        if taken {
                            self.taken(branch.into(), open, named);
                        }
                    }
                    return;
                }
                _ => argument,
            },
            Some(Call { name: "Ref" | "GetAtt" | "Sub", argument }) => {
                call::references(part, &mut |reference| {
                    if let call::Reference::Name(name) = reference {
                        named.extend(self.stack.template.resource(name));
                    }
                });
                argument
            }
            Some(call) => call.argument,
            None => part,
        };
        if inside.call().is_some() {
            return self.taken(inside, open, named);
        }
        match &inside.node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.taken(item.into(), open, named)),
            Kind::Map(entries) => entries.iter().for_each(|(_, value)| self.taken(value.into(), open, named)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_comes_after_what_it_refers_to() {
        assert_eq!(postorder(&[vec![1, 2], vec![2], vec![]]), (vec![2, 1, 0], None));
        let (order, circle) = postorder(&[vec![1], vec![0], vec![2, 2]]);
        assert_eq!((order.len(), circle), (3, Some(0)));
    }

    #[test]
    fn a_chain_of_any_length_is_ordered() {
        let edges: Vec<Vec<usize>> =
            (0..100_000).map(|node| if node < 99_999 { vec![node + 1] } else { vec![] }).collect();
        assert_eq!(postorder(&edges).0[0], 99_999);
    }
}
