//! The layouts of earlier records, so that a record like one of them is read without looking its names up.
//!
//! Records of one kind have the same members in the same order: between their values stand the same bytes. A layout
//! is that: a row of such bytes (brackets, names, colons), each with what to do with the value behind them. Layouts
//! share their beginnings and form a tree. Where the bytes of a record leave the tree, the record is read the general
//! way from its start, and its layout is added.
//!
//! Values that were the same in all records so far (names of logs, versions of agents) are taken for a part of the
//! layout, so that a comparison passes over several members at once. Where one turns out to differ, the record has
//! another layout.

use std::any::TypeId;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};

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
/// Records that are looked at before there is any layout.
const TRAINING: u32 = 32;
/// Bytes of a value that may be a part of a layout, and of a row of such values.
const LONGEST_VALUE: usize = 64;
const LONGEST_TEXT: usize = 1_024;
/// Values that are watched.
const MOST_WATCHED: usize = 1_024;

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
    /// Values within the bytes of nodes that are kept.
    inside: Vec<Inside>,
    watched: FxHashMap<u64, Watched>,
    trained: u32,
    credit: i32,
    pause: u32,
}

/// A text within the bytes of a node that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inside {
    pub(super) slot: Slot,
    /// Where it lies, from the start of the node's bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) replace: bool,
}

/// What was seen of one member's values.
#[derive(Debug, Clone, Copy)]
struct Watched {
    last: u64,
    varies: bool,
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
    /// Its texts among those inside of nodes.
    inside: (u32, u32),
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
        self.pause == 0 && self.trained >= TRAINING
    }

    /// The texts within the bytes of a node that are kept.
    #[inline]
    pub(super) fn inside(&self, node: usize) -> &[Inside] {
        let Some(Node { inside: (start, end), .. }) = self.nodes.get(node) else { return &[] };
        self.inside.get(*start as usize..*end as usize).unwrap_or_default()
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
        if self.trained < TRAINING {
            self.trained += 1;
            if self.fixed {
                self.watch(record);
            }
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
            self.inside.clear();
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::new(&[], 0, Action::Skip, (0, 0)));
        }
        self.watch(record);
        let marks = std::mem::take(&mut self.marks);
        self.add(record, &marks);
        self.marks = marks;
    }

    /// Adds the layout of a record.
    fn add(&mut self, record: &[u8], marks: &[Mark]) -> Option<()> {
        let mut at = 0;
        let mut start = 0;
        let mut inside = Vec::new();
        for (place, mark) in marks.iter().enumerate() {
            let Some(next) = marks.get(place + 1) else {
                self.child(at, record.get(start..mark.end)?, mark.action, &inside)?;
                break;
            };
            let value = record.get(mark.end..next.start)?;
            if next.start - start <= LONGEST_TEXT && self.is_fixed(record.get(mark.start..mark.end)?, value) {
                let kept = match mark.action {
                    Action::Take(slot) | Action::TakeScalar(slot) => Some((slot, false)),
                    Action::Replace(slot) => Some((slot, true)),
                    Action::Skip | Action::SkipScalar | Action::End => None,
                };
                if let Some((slot, replace)) = kept {
                    let (start, end) = (mark.end + 1 - start, next.start - 1 - start);
                    inside.push(Inside { slot, start, end, replace });
                }
                continue;
            }
            at = self.child(at, record.get(start..mark.end)?, mark.action, &inside)?;
            inside.clear();
            start = next.start;
        }
        Some(())
    }

    /// Sees which values stay the same.
    fn watch(&mut self, record: &[u8]) {
        if self.watched.len() > MOST_WATCHED {
            self.watched.clear();
        }
        for pair in self.marks.windows(2) {
            let [mark, next] = pair else { continue };
            let (Some(name), Some(value)) =
                (record.get(mark.start..mark.end), record.get(mark.end..next.start))
            else {
                continue;
            };
            let hash = hash(value);
            let simple = is_simple(value);
            self.watched
                .entry(self::hash(name))
                .and_modify(|watched| watched.varies |= watched.last != hash)
                .or_insert(Watched { last: hash, varies: !simple });
        }
    }

    /// Whether a value of this member may be a part of a layout.
    fn is_fixed(&self, name: &[u8], value: &[u8]) -> bool {
        let watched = self.watched.get(&hash(name));
        is_simple(value) && watched.is_some_and(|watched| !watched.varies && watched.last == hash(value))
    }

    /// The child of a node with these bytes, which is added where there is none.
    fn child(&mut self, parent: usize, text: &[u8], action: Action, inside: &[Inside]) -> Option<usize> {
        let siblings = self.nodes.get(parent)?.child;
        let mut place = siblings;
        while place != 0 {
            let node = self.nodes.get(place)?;
            if node.action == action && self.text(node) == text && self.inside(place) == inside {
                return Some(place);
            }
            place = node.sibling;
        }
        let new = self.nodes.len();
        let first = self.inside.len() as u32;
        self.inside.extend_from_slice(inside);
        self.nodes.push(Node::new(text, self.bytes.len(), action, (first, self.inside.len() as u32)));
        self.bytes.extend_from_slice(text);
        // The newest is tried first: older ones may be of values that no longer are what they were.
        self.nodes.get_mut(new)?.sibling = siblings;
        self.nodes.get_mut(parent)?.child = new;
        Some(new)
    }

    fn text(&self, node: &Node) -> &[u8] {
        self.bytes.get(node.start..node.start + node.length).unwrap_or_default()
    }

    fn forget(&mut self) {
        self.nodes.clear();
        self.bytes.clear();
        self.inside.clear();
        self.watched.clear();
        (self.credit, self.pause, self.trained) = (0, 0, 0);
    }
}

impl Node {
    fn new(text: &[u8], start: usize, action: Action, inside: (u32, u32)) -> Self {
        let mut first = [0; 8];
        let mut mask = [0; 8];
        for ((to, mask), from) in first.iter_mut().zip(&mut mask).zip(text) {
            (*to, *mask) = (*from, u8::MAX);
        }
        let last = text.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let (first, mask) = (u64::from_le_bytes(first), u64::from_le_bytes(mask));
        Self { first, mask, last, start, length: text.len(), action, inside, child: 0, sibling: 0 }
    }
}

/// A short string without escapes.
fn is_simple(value: &[u8]) -> bool {
    matches!(value, [b'"', inside @ .., b'"'] if value.len() <= LONGEST_VALUE && !inside.contains(&b'\\'))
}

fn hash(bytes: &[u8]) -> u64 {
    FxBuildHasher.hash_one(bytes)
}
