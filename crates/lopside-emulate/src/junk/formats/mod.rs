//! Documents that really parse: images, archives, office documents, PDF, sound, and values of RPC encodings.

mod archive;
mod image;
mod paper;
mod sound;
mod values;

pub(crate) use archive::{docx, tar, zip};
pub(crate) use image::{jpeg, png};
pub(crate) use paper::pdf;
pub(crate) use sound::{mp3_frame, mulaw, ogg_page, samples, wav};
pub(crate) use values::{Shape, bson, msgpack, protobuf, thrift};
