//! Secrets in what is written: values of the environment and the known shapes of tokens become `[masked]`.

mod masker;
mod pem;
mod shape;
mod stream;
mod values;

pub use masker::{MASK, Masker};
pub use stream::Stream;
