//! Documents bound otherwise than they were written: a run says of itself what it made of its failures, and whoever judges it
//! may know better. Each document's schema was asked of what was written.

use super::documents::Documents;
use super::fault::FileFault;
use std::collections::BTreeSet;
use tollgate_core::model::gate::{Demand, Format};
use tollgate_text::json::Json;

impl<'s> Documents<'s> {
    /// Binds what `judge` makes of a document in place of it: each JSON document that names one of these schemas, or of which a
    /// gate demands it, with its path and the schema; and the run's summary, with the first. What it makes nothing of stays.
    pub fn rebind(
        &mut self,
        schemas: &[&'static str],
        mut judge: impl FnMut(&str, &str, &Json<'s>) -> Option<Json<'s>>,
    ) {
        let demanded: BTreeSet<(&str, &str)> = self
            .sources
            .wanted()
            .iter()
            .filter_map(|(path, format, demand)| match demand {
                Demand::Schema(id) | Demand::Shape(id) if *format == Format::Json => {
                    Some((path.as_str(), id.as_str()))
                }
                _ => None,
            })
            .collect();
        let summary = self.sources.summary();
        let mut changed = false;
        for (path, formats) in &mut self.parsed {
            let documents = formats.iter_mut().filter(|(format, _)| *format == Format::Json);
            for document in documents.filter_map(|(_, document)| document.as_mut().ok()) {
                let named = document.get("schema").and_then(Json::as_str);
                let is = |id: &&&'static str| {
                    named == Some(**id)
                        || demanded.contains(&(*path, **id))
                        || (summary == Some(*path) && schemas.first() == Some(*id))
                };
                if let Some(judged) = schemas.iter().find(is).and_then(|id| judge(path, id, document)) {
                    (*document, changed) = (judged, true);
                }
            }
        }
        if changed {
            self.build_lists();
        }
    }

    /// States a fault of the files in the run's folder that `is` names: as they are called below it, and in the format in which
    /// a gate asks for them.
    pub fn distrust(&mut self, is: impl Fn(&str, Format) -> bool, fault: &FileFault) {
        let Some(folder) = self.sources.summary().and_then(|path| path.strip_suffix("summary.json")) else {
            return;
        };
        for ((path, format, _), faults) in &mut self.breaches {
            if path.strip_prefix(folder).is_some_and(|name| is(name, *format)) {
                faults.push(fault.clone());
            }
        }
    }
}
