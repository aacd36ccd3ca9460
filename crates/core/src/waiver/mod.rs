//! Judgement: waivers, quarantine entries and the rollback record. Text in, values out; reads no file, no clock.

mod apply;
mod dates;
mod edit;
mod new_entry;
mod parse;
mod state;
mod template;

pub use apply::{Needs, covering, covers, mark_narrowed, mark_unused, needs, shortfall};
pub use dates::{QUARANTINE_DAYS, ROLLBACK_DAYS, WAIVER_DAYS, parse_day};
pub use edit::{EditError, add, add_quarantine, noun, remove, renew};
pub use new_entry::{NewQuarantine, NewWaiver};
pub use parse::{ClassificationFile, ParseFault, RawEntry, RawRollback, SuiteTable, parse};
pub use state::{CATEGORIES, EntryContext, UNWAIVABLE, entries, rollback};
pub use template::{command, template};
