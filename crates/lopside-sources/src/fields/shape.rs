//! Which members of an object are wanted.

/// A place in [`super::Fields`] for one wanted value; a source numbers its own from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u16);

/// What to do with one member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<S> {
    /// Nobody wants it.
    Skip,
    /// Keep it, if it is a scalar or an array of scalars. Where several members go to one slot, the first that is
    /// not null wins.
    Take(Slot),
    /// Keep it in place of what the slot holds.
    Replace(Slot),
    /// Go on inside, if it is an object or an array of objects.
    Enter(S),
    /// Keep it if it is a scalar, go on inside if it is an object.
    Either(Slot, S),
}

/// The members that a source wants, as a small automaton: a state stands for a place in the nesting.
/// The steps are the same whenever and of whichever value of the type they are asked for: [`super::Fields`] remembers them.
pub trait Shape: 'static {
    /// A place in the nesting.
    type State: Copy;

    /// The state at the outermost object.
    fn root(&self) -> Self::State;

    /// What to do with the member of this name (unescaped, as bytes: `b"EventID"`).
    fn step(&self, state: Self::State, key: &[u8]) -> Step<Self::State>;
}
