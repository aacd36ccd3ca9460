//! Secrets in what is written: values of the environment and the known shapes of tokens become `[masked]`.

mod anchors;
mod masker;
mod pem;
mod shape;
mod stream;
mod values;

pub use masker::Masker;
pub use stream::{MASK, Stream};
