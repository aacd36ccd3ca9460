//! Room `runbook` (see ARCHITECTURE.md).
