//! How paths and the system's errors are worded.

/// A path for a message: what moves the cursor or cannot be seen is escaped, so that a name cannot forge a line.
pub fn show(path: &str) -> String {
    crate::escape::visible(path).into_owned()
}

/// The system's words without Rust's "(os error 2)".
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}
