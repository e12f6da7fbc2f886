//! Documents that really parse: images, archives, office documents, sound, mail.

mod image;

pub(crate) use image::png;
