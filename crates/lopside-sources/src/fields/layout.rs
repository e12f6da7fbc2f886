//! The layouts of earlier records, so that a record like one of them is read without looking its names up.
//!
//! Records of one kind have the same members in the same order: between their values stand the same bytes. A layout
//! is that: a row of such bytes (brackets, names, colons), each with what to do with the value behind them. Layouts
//! share their beginnings and form a tree. Where the bytes of a record leave the tree, the record is read the general
//! way from its start, and its layout is added.

use std::any::TypeId;

use super::Slot;

/// Places in all layouts.
const MOST_NODES: usize = 1_024;
/// Bytes of all layouts.
const MOST_BYTES: usize = 64 << 10;
/// What a record that fits no layout costs in records that do, before layouts are left alone for a while.
const MISS: i32 = 4;
const WORST: i32 = -64;
const BEST: i32 = 64;
/// Records that are read the general way where few fit a layout.
const PAUSE: u32 = 256;

/// What to do with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Pass over it.
    Skip,
    /// Pass over it, if it is a scalar; objects and arrays would be entered.
    SkipScalar,
    /// Keep it where the slot is open.
    Take(Slot),
    /// The same, if it is no object; one would be entered.
    TakeScalar(Slot),
    /// Keep it.
    Replace(Slot),
    /// There is none: the record ends.
    End,
}

/// One value of a record, and where the bytes before it begin and end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) action: Action,
}

/// The layouts of one shape.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    /// Whose they are.
    shape: Option<TypeId>,
    nodes: Vec<Node>,
    bytes: Vec<u8>,
    /// The record being read the general way, and whether its layout can be told.
    pub(super) marks: Vec<Mark>,
    pub(super) fixed: bool,
    credit: i32,
    pause: u32,
}

/// Bytes, what to do with the value behind them, and what may follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// The first eight bytes, or fewer, and which of them count.
    first: u64,
    mask: u64,
    /// The last eight, where there are as many.
    last: u64,
    start: usize,
    length: usize,
    pub(super) action: Action,
    /// The first that may follow, and the next that may stand here; 0 for none (the root is nobody's child).
    child: usize,
    sibling: usize,
}

impl Layouts {
    /// Whether a record of this shape should be tried; others' layouts are forgotten.
    pub(super) fn are_worth_trying(&mut self, shape: TypeId) -> bool {
        if self.shape != Some(shape) {
            self.forget();
            self.shape = Some(shape);
        }
        self.pause = self.pause.saturating_sub(1);
        self.pause == 0
    }

    /// The node below this one (0 at the start) whose bytes stand at the start of the rest, and their length.
    #[inline]
    pub(super) fn follow(&self, node: usize, rest: &[u8]) -> Option<(usize, Action, usize)> {
        let mut place = self.nodes.get(node)?.child;
        let first = rest.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
        while place != 0 {
            let node = self.nodes.get(place)?;
            let fits = match first {
                Some(first) => (first ^ node.first) & node.mask == 0 && self.ends_alike(node, rest),
                None => rest.starts_with(self.text(node)),
            };
            if fits {
                return Some((place, node.action, node.length));
            }
            place = node.sibling;
        }
        None
    }

    /// Compares what comes after the first eight bytes.
    #[inline]
    fn ends_alike(&self, node: &Node, rest: &[u8]) -> bool {
        match node.length {
            0..=8 => true,
            length @ 9..=16 => rest
                .get(length - 8..)
                .and_then(|rest| rest.first_chunk::<8>())
                .is_some_and(|bytes| u64::from_le_bytes(*bytes) == node.last),
            _ => rest.starts_with(self.text(node)),
        }
    }

    /// A record fitted.
    pub(super) fn hit(&mut self) {
        self.credit = (self.credit + 1).min(BEST);
    }

    /// A record did not fit, or was not tried. Adds its layout where that is worth it.
    pub(super) fn learn(&mut self, record: &[u8]) {
        if self.pause > 0 {
            return;
        }
        self.credit -= MISS;
        if self.credit < WORST {
            self.forget();
            self.pause = PAUSE;
            return;
        }
        if !self.fixed {
            return;
        }
        if self.nodes.len() + self.marks.len() > MOST_NODES || self.bytes.len() + record.len() > MOST_BYTES {
            self.nodes.clear();
            self.bytes.clear();
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::new(&[], 0, Action::Skip));
        }
        let mut at = 0;
        for mark in std::mem::take(&mut self.marks) {
            let Some(text) = record.get(mark.start..mark.end) else { return };
            let Some(next) = self.child(at, text, mark.action) else { return };
            at = next;
        }
    }

    /// The child of a node with these bytes, which is added where there is none.
    fn child(&mut self, parent: usize, text: &[u8], action: Action) -> Option<usize> {
        let mut last = None;
        let mut place = self.nodes.get(parent)?.child;
        while place != 0 {
            let node = self.nodes.get(place)?;
            if node.action == action && self.text(node) == text {
                return Some(place);
            }
            last = Some(place);
            place = node.sibling;
        }
        let new = self.nodes.len();
        self.nodes.push(Node::new(text, self.bytes.len(), action));
        self.bytes.extend_from_slice(text);
        match last {
            Some(last) => self.nodes.get_mut(last)?.sibling = new,
            None => self.nodes.get_mut(parent)?.child = new,
        }
        Some(new)
    }

    fn text(&self, node: &Node) -> &[u8] {
        self.bytes.get(node.start..node.start + node.length).unwrap_or_default()
    }

    fn forget(&mut self) {
        self.nodes.clear();
        self.bytes.clear();
        (self.credit, self.pause) = (0, 0);
    }
}

impl Node {
    fn new(text: &[u8], start: usize, action: Action) -> Self {
        let mut first = [0; 8];
        let mut mask = [0; 8];
        for ((to, mask), from) in first.iter_mut().zip(&mut mask).zip(text) {
            (*to, *mask) = (*from, u8::MAX);
        }
        let last = text.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let (first, mask) = (u64::from_le_bytes(first), u64::from_le_bytes(mask));
        Self { first, mask, last, start, length: text.len(), action, child: 0, sibling: 0 }
    }
}
