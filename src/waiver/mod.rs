//! Room `waiver` (see ARCHITECTURE.md).
