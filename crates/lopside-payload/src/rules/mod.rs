//! The rules, one a file. Each says what it speaks for, when it is silent and what its minimum is; `docs/payload.md` lists them.

mod after_frames;
mod among_texts;
mod around_data;
mod around_text;
mod before_start;
mod behind_end;
mod behind_members;
mod behind_nul;
mod belied;
mod belied_values;
mod beside_bencode;
mod beside_document;
mod beside_parts;
mod beside_records;
mod beside_text;
mod between_lines;
mod beyond_clock;
mod beyond_length;
mod beyond_protocol;
mod beyond_text;
mod blocks_within;
mod broken_images;
mod broken_markup;
mod broken_percent;
mod bytes_behind_end;
mod careless_letters;
mod character_sets;
mod chunk_extensions;
mod client_values;
mod constant_frame;
mod counted_padding;
mod counted_records;
mod counted_texts;
mod cut_words;
mod decoys;
mod drawn_blanks;
mod drawn_characters;
mod drawn_space;
mod drawn_words;
mod drowned;
mod encodings;
mod erased;
mod escaped_characters;
mod file_endings;
mod fill;
mod filled_values;
mod fixed_fields;
mod flat_sizes;
mod foreign_characters;
mod glued;
mod half_byte_letters;
mod half_read;
mod identifiers;
mod idle_commands;
mod idle_pieces;
mod in_script;
mod inner_lengths;
mod inserted;
mod interleaved;
mod labels;
mod letters;
mod letters_beyond;
mod line_ends;
mod loose_column;
mod loose_lines;
mod marks;
mod masked_texts;
mod media_padding;
mod misaligned;
mod mixed_bodies;
mod no_characters;
mod no_such_code;
mod noise_columns;
mod noise_comments;
mod noise_groups;
mod noise_lines;
mod noise_parts;
mod noise_words;
mod odd_alphabet;
mod odd_base64;
mod odd_halves;
mod odd_hex;
mod pad_lengths;
mod padded_fields;
mod passing_names;
mod passing_tags;
mod periods;
mod polluted_values;
mod printable_ends;
mod query_names;
mod repeated_block;
mod runs_between;
mod said_base64;
mod said_lengths;
mod same_between;
mod same_key;
mod same_sentence;
mod scattered;
mod senseless_words;
mod shared_ends;
mod short_values;
mod sieved;
mod skipped_places;
mod strangers;
mod strewn_words;
mod tagged_values;
mod tags_in_words;
mod text_answers;
mod texts;
mod undecodable;
mod unmarked_text;
mod unrelated_hosts;
mod web_socket_text;
mod wide_rows;
mod within_code;
mod within_encodings;
mod within_records;
mod within_words;
mod word_tails;
mod woven;
mod wrapped;
mod zeros_before_text;
mod zeros_in_values;

use std::collections::BTreeSet;

use crate::evidence::Evidence;
use crate::reading::Reading;
use crate::statistics::even;

/// What a rule is given: one direction, and the other one for what was asked or set there.
pub(crate) struct Look<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) other: &'a Reading<'a>,
    /// `PayloadEntropyThreshold` in standard deviations.
    pub(crate) limit: f64,
    /// A framing with lengths accounts for the messages.
    pub(crate) framed: bool,
    /// Datagrams carry a counter: a protocol with a header.
    pub(crate) counted: bool,
    /// Sizes of messages, from the first on.
    pub(crate) sizes: &'a [u32],
    /// Those of the other direction.
    pub(crate) other_sizes: &'a [u32],
}

/// A rule: what it found in one direction.
type Rule = fn(&Look<'_>) -> Vec<Evidence>;

/// All rules, in the order in which they are told.
const ALL: &[Rule] = &[
    beside_document::find,
    beside_bencode::find,
    beyond_protocol::find,
    beyond_text::find,
    beyond_clock::find,
    media_padding::find,
    before_start::find,
    behind_members::find,
    counted_texts::find,
    counted_records::find,
    beyond_length::find,
    beside_parts::find,
    broken_markup::find,
    broken_images::find,
    skipped_places::find,
    belied::find,
    belied_values::find,
    undecodable::find,
    character_sets::find,
    mixed_bodies::find,
    in_script::find,
    no_such_code::find,
    no_characters::find,
    within_code::find,
    around_data::find,
    wrapped::find,
    around_text::find,
    interleaved::find,
    odd_halves::find,
    same_between::find,
    woven::find,
    drowned::find,
    inserted::find,
    foreign_characters::find,
    escaped_characters::find,
    tags_in_words::find,
    erased::find,
    web_socket_text::find,
    encodings::find,
    said_base64::find,
    misaligned::find,
    within_encodings::find,
    cut_words::find,
    sieved::find,
    idle_pieces::find,
    idle_commands::find,
    identifiers::find,
    polluted_values::find,
    broken_percent::find,
    file_endings::find,
    runs_between::find,
    blocks_within::find,
    chunk_extensions::find,
    letters::find,
    odd_alphabet::find,
    loose_column::find,
    noise_words::find,
    noise_lines::find,
    noise_comments::find,
    noise_groups::find,
    passing_tags::find,
    noise_columns::find,
    loose_lines::find,
    drawn_space::find,
    drawn_blanks::find,
    same_key::find,
    fill::find,
    zeros_before_text::find,
    fixed_fields::find,
    behind_nul::find,
    repeated_block::find,
    same_sentence::find,
    constant_frame::find,
    beside_text::find,
    unmarked_text::find,
    masked_texts::find,
    printable_ends::find,
    between_lines::find,
    scattered::find,
    within_words::find,
    pad_lengths::find,
    counted_padding::find,
    glued::find,
    padded_fields::find,
    short_values::find,
    tagged_values::find,
    client_values::find,
    flat_sizes::find,
    decoys::find,
    unrelated_hosts::find,
    query_names::find,
    passing_names::find,
    odd_base64::find,
    odd_hex::find,
    labels::find,
    text_answers::find,
    word_tails::find,
    senseless_words::find,
    drawn_words::find,
    careless_letters::find,
    marks::find,
    strangers::find,
    strewn_words::find,
    behind_end::find,
    bytes_behind_end::find,
    line_ends::find,
    wide_rows::find,
    noise_parts::find,
    letters_beyond::find,
    drawn_characters::find,
    inner_lengths::find,
    within_records::find,
    beside_records::find,
    after_frames::find,
    among_texts::find,
    half_byte_letters::find,
    half_read::find,
    filled_values::find,
    zeros_in_values::find,
];

/// What all rules find.
pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    ALL.iter().flat_map(|rule| rule(look)).collect()
}

/// Pieces of the same kind, put together over messages: one alone is often too short to say anything.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// The pieces, one after the other, up to a bound.
    pub(crate) bytes: Vec<u8>,
    /// The first piece.
    pub(crate) first: Vec<u8>,
    /// All pieces are the same.
    pub(crate) same: bool,
    /// Their lengths.
    pub(crate) lengths: Vec<u32>,
    /// How many.
    pub(crate) count: usize,
    /// Their bytes.
    pub(crate) total: usize,
    /// Bytes of the messages they were found in.
    pub(crate) around: usize,
    /// At least one stood in content whose extent and type are declared.
    pub(crate) declared: bool,
}

impl Pool {
    /// Adds a piece of a message of `around` bytes.
    pub(crate) fn put(&mut self, piece: &[u8], around: usize, declared: bool) {
        if self.count == 0 {
            self.first = piece.to_vec();
            self.same = true;
        }
        self.same &= self.first == piece;
        if self.bytes.len() < 64 << 10 {
            self.bytes.extend_from_slice(piece);
        }
        self.lengths.push(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        self.count += 1;
        self.total += piece.len();
        self.around += around;
        self.declared |= declared;
    }

    /// Adds all pieces of another pool, as far as it kept them.
    pub(crate) fn put_all(&mut self, other: &Pool) {
        let mut rest = other.bytes.as_slice();
        for length in &other.lengths {
            let Some((piece, more)) = rest.split_at_checked(*length as usize) else { return };
            self.put(piece, 0, other.declared);
            rest = more;
        }
    }

    /// Whether there are so many pieces of as many lengths or more, drawn evenly all together, that are no blocks of a cipher.
    pub(crate) fn is_unsealed_noise(&self, least: usize, limit: f64) -> bool {
        const BLOCK: u32 = 16;
        let lengths: BTreeSet<u32> = self.lengths.iter().copied().collect();
        let blocks = lengths.iter().all(|length| length.is_multiple_of(BLOCK));
        self.count >= least && lengths.len() >= least && !blocks && even(&self.bytes, limit).is_some()
    }

    /// The same pieces without the line end with which each of them begins; `None` where one does not.
    pub(crate) fn behind_line_ends(&self) -> Option<Pool> {
        let end: &[u8] = if self.first.starts_with(b"\r\n") { b"\r\n" } else { b"\n" };
        let mut pool = Pool { around: self.around, declared: self.declared, ..Pool::default() };
        let mut rest = self.bytes.as_slice();
        for length in &self.lengths {
            let (piece, more) = rest.split_at_checked(*length as usize)?;
            pool.put(piece.strip_prefix(end)?, 0, self.declared);
            rest = more;
        }
        Some(pool)
    }

    /// The same pieces without the line end that nearly all of them end with; `None` where they do not.
    pub(crate) fn before_line_ends(&self) -> Option<Pool> {
        let mut pool = Pool { around: self.around, declared: self.declared, ..Pool::default() };
        let (mut rest, mut ended) = (self.bytes.as_slice(), 0);
        for length in &self.lengths {
            let (piece, more) = rest.split_at_checked(*length as usize)?;
            let bare = piece.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            ended += usize::from(bare.is_some());
            pool.put(bare.unwrap_or(piece), 0, self.declared);
            rest = more;
        }
        (self.count > 1 && ended * 10 >= self.count * 9).then_some(pool)
    }

    /// The pieces, one after the other, each once: of those that start alike the first.
    pub(crate) fn distinct(&self) -> Vec<u8> {
        const ALIKE: usize = 12;
        let (mut seen, mut bytes, mut rest) = (BTreeSet::new(), Vec::new(), self.bytes.as_slice());
        for length in &self.lengths {
            let Some((piece, more)) = rest.split_at_checked(*length as usize) else { break };
            if seen.insert(piece.get(..ALIKE.min(piece.len())).unwrap_or(piece)) {
                bytes.extend_from_slice(piece);
            }
            rest = more;
        }
        bytes
    }

    /// The share of the pieces in their messages.
    pub(crate) fn share(&self) -> f64 {
        self.total as f64 / self.around.max(1) as f64
    }
}

/// Lengths of signatures, checksums, nonces and message authentication codes, as bytes or encoded (22 and 27 are 16 and 20 bytes in base64
/// without its fill).
pub(crate) fn is_signature(length: usize) -> bool {
    length <= 16
        || length.is_multiple_of(8) && length <= 96
        || matches!(
            length,
            20 | 22 | 27 | 28 | 33 | 36 | 43 | 44 | 54 | 65 | 70
                ..=73 | 86 | 128 | 132 | 172 | 256 | 344 | 384 | 512
        )
}
