//! One captured frame, as a container holds it.

use lopside_model::Micros;

/// One captured frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// When it was captured; absent where the container does not say (simple packets).
    pub(super) time: Option<Micros>,
    /// Its link layer, a number of the registry of link types.
    pub(super) link: u16,
    /// The bytes that were captured.
    pub(super) data: &'a [u8],
    /// How long it was on the wire, by the container's word.
    pub(super) original: u32,
}

/// Where frames go, and what a container says beside them.
pub(super) trait Frames {
    /// A frame.
    fn frame(&mut self, frame: &Frame<'_>);
    /// The name of an address, from a block of names.
    fn name(&mut self, address: u128, name: &str);
    /// Something that could not be read, after so many frames.
    fn damage(&mut self, number: u64, reason: &str);
}

/// Bytes of the longest frame that is believed: more than any link and any offload make.
pub(super) const LONGEST_FRAME: u32 = 16 << 20;
