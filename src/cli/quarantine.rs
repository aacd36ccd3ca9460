//! `tollgate quarantine`.

use super::args::{Global, Quarantine};
use super::env::Env;
use super::output;
use super::request::open_request;
use super::verbs::{masked, show};
use tollgate_core::waiver::NewQuarantine;
use tollgate_flow::error::{Error, exit};
use tollgate_text::time::Now;

pub(super) fn quarantine(global: &Global, now: Now, env: &Env, verb: &Quarantine) -> Result<u8, Error> {
    let targets = output::json_or_human(&global.format)?;
    let open = open_request(global, now, env, None, &[], None);
    let edit = match verb {
        Quarantine::List | Quarantine::Audit => {
            let list = crate::verb::waiver::quarantine::quarantine_list(&open)?;
            let audits = matches!(verb, Quarantine::Audit);
            let exit = if audits { list.exit_code() } else { list.list_exit_code() };
            let list = masked(list, global, now, env)?;
            return show(
                &targets,
                &list,
                &|list, _| crate::verb::waiver::quarantine::list_human(list),
                env,
                exit,
            );
        }
        Quarantine::Add(new) => {
            let new = NewQuarantine {
                id: new.id.clone(),
                category: new.category.clone(),
                owner: new.owner.clone(),
                reason: new.reason.clone(),
                issue: new.issue.clone(),
                evidence: new.evidence.clone(),
                reproduce: new.reproduce.clone(),
                exit_criteria: new.exit_criteria.clone(),
                signature: new.signature.clone(),
                days: new.days,
            };
            crate::verb::waiver::quarantine::quarantine_add(&open, &new)?
        }
        Quarantine::Remove { id } => crate::verb::waiver::quarantine::quarantine_remove(&open, id)?,
    };
    let edit = masked(edit, global, now, env)?;
    show(&targets, &edit, &|edit, _| crate::verb::waiver::quarantine::edit_human(edit), env, exit::PASS)
}
