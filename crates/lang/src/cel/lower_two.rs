//! The lowering of macros that bind two names. They walk lists of two (`Node::Pairs`), and each name is an element of the one
//! that is bound.

use super::ast::{CelNode, Fold, Literal, NodeId};
use super::cursor::Extent;
use super::lower::{Lower, Lowered};
use super::parse::{Kind, error};
use super::two_names::TwoNames;

impl Lower<'_> {
    /// One of two names that a macro binds in one slot.
    pub(super) fn one_of_two(&mut self, slot: usize, name: &str, at: usize) -> Lowered {
        let nth = self.bound[slot].iter().position(|n| n == name).unwrap_or(0);
        let (pair, _) = self.add(CelNode::Slot(slot as u32), at, at)?;
        let (nth, _) = self.add(CelNode::Literal(Literal::Int(nth as i64)), at, at)?;
        self.add(CelNode::Index(pair, nth), at, at)
    }

    /// The macro over the range `of`, from the parenthesis at `open` on.
    pub(super) fn fold_of_two(
        &mut self,
        two: &TwoNames<'_>,
        of: NodeId,
        extent: Extent,
        open: usize,
    ) -> Lowered {
        let (range, _) = self.add(CelNode::Pairs(of), extent.first, extent.last)?;
        for (nth, name) in two.names.iter().enumerate() {
            if nth > 0 {
                self.cursor.take(Kind::TokComma)?;
            }
            self.cursor.open_groups(false);
            if self.cursor.word(self.cursor.at) != *name {
                return Err(self.cursor.astray());
            }
            self.cursor.at += 1;
        }
        let [first, second] = two.names;
        if first == second {
            return error(self.cursor.offset(open), "the two names of a macro must differ");
        }
        let slot = self.bound.len() as u32;
        self.bound.push(two.names.map(str::to_string).to_vec());
        self.ast.slots = self.ast.slots.max(self.bound.len());
        let mut when = None;
        if let Some(filter) = two.when {
            self.cursor.take(Kind::TokComma)?;
            when = Some(self.node(filter)?.0);
        }
        self.cursor.take(Kind::TokComma)?;
        let (body, _) = self.node(two.body)?;
        self.bound.pop();
        let last = self.cursor.close(open)?;
        let name = format!("{first}, {second}").into();
        self.add(CelNode::Fold(Fold { kind: two.kind, range, slot, name, when, body }), extent.first, last)
    }
}
