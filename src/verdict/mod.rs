//! Room `verdict` (see ARCHITECTURE.md).
