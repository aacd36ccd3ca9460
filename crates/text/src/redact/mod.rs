//! Secrets in what is written: values that settings hold, and the known shapes of tokens, become `[masked]`.

mod allowed;
mod anchors;
mod escaped;
mod masker;
mod names;
mod pem;
mod search;
mod shape;
mod stream;
mod texts;
mod unescape;
mod url;
mod values;

pub use crate::free_text;
pub use masker::{Masker, Masks};
pub use names::{MASK, tell_apart};
pub use stream::MaskingStream;
pub use texts::{FreeText, Masked};
pub use values::{IsThere, is_secret_name};
