//! From a draft to a gate: every expression compiled and linted, every message split.

use crate::config::gate_file::{CheckDraft, GateDraft};
use crate::config::lint::{self, ExprRole, LintContext, point};
use crate::config::message::{self, RawPiece};
use crate::config::raw::RawTold;
use std::sync::Arc;
use tollgate_core::model::gate::{Gate, GateCheck, Piece, ToldByCheck};
use tollgate_lang::cel::Expr;
use tollgate_text::toml_text::{TomlFault, TomlText};

/// Compiles and lints a draft; the gate, or everything that is wrong.
pub fn gate(draft: &GateDraft, known: &LintContext<'_>) -> Result<Gate, Vec<TomlFault>> {
    let mut compiler = Compiler { draft, known, faults: Vec::new() };
    lint::artifacts(draft, known, &mut compiler.faults);
    let applies_when = draft.applies_when.as_ref().map(|text| compiler.expression(text, ExprRole::Outer));
    let checks: Vec<Option<GateCheck>> = draft.checks.iter().map(|check| compiler.check(check)).collect();
    if !compiler.faults.is_empty() {
        return Err(compiler.faults);
    }
    Ok(Gate {
        id: draft.id.clone(),
        name: draft.name.clone(),
        why: draft.why.clone(),
        owner: draft.owner.clone(),
        blocking: draft.blocking,
        lanes: draft.lanes.clone(),
        runbook: draft.runbook.clone(),
        reproduce: draft.reproduce.clone(),
        applies_when: applies_when.flatten(),
        artifacts: draft.artifacts.iter().map(|a| (a.spec.name.clone(), a.spec.clone())).collect(),
        checks: checks.into_iter().flatten().collect(),
        except: draft.except.clone(),
        origin: draft.origin.clone(),
        region: draft.region.clone(),
        digest: draft.digest.clone(),
        replaces: None,
    })
}

struct Compiler<'c> {
    draft: &'c GateDraft,
    known: &'c LintContext<'c>,
    faults: Vec<TomlFault>,
}

impl Compiler<'_> {
    fn check(&mut self, check: &CheckDraft) -> Option<GateCheck> {
        let each = check.for_each.is_some();
        let for_each = check.for_each.as_ref().map(|text| self.expression(text, ExprRole::Outer));
        let when = check.when.as_ref().map(|text| self.expression(text, ExprRole::Decides { each }));
        let assert = check.assert.as_ref().and_then(|text| self.expression(text, ExprRole::Decides { each }));
        let each = each || check.told.findings.is_some();
        let message = check.message.as_ref().map(|text| self.message(text, each));
        let told = self.told(&check.told, each);
        Some(GateCheck {
            id: check.id.clone(),
            when: match when {
                Some(compiled) => Some(compiled?),
                None => None,
            },
            for_each: match for_each {
                Some(compiled) => Some(compiled?),
                None => None,
            },
            empty_ok: check.empty_ok,
            assert: assert?,
            message,
            told,
            region: check.region.clone(),
        })
    }

    /// What is told of findings: shown, so that nothing of it decides.
    fn told(&mut self, raw: &RawTold, each: bool) -> ToldByCheck {
        let mut shown = |text: &Option<TomlText>, each| {
            text.as_ref().and_then(|text| self.expression(text, ExprRole::Shown { each }))
        };
        ToldByCheck {
            findings: shown(&raw.findings, false),
            title: shown(&raw.title, each),
            at: shown(&raw.at, each),
            reproduce: shown(&raw.reproduce, each),
        }
    }

    fn expression(&mut self, text: &TomlText, role: ExprRole) -> Option<Arc<Expr>> {
        self.part(text, 0..text.value.len(), role)
    }

    /// Compiles a byte range of a string of the gate file.
    fn part(&mut self, text: &TomlText, range: std::ops::Range<usize>, role: ExprRole) -> Option<Arc<Expr>> {
        match Expr::compile(&text.value[range.clone()]) {
            Ok(expr) => {
                lint::expression(&expr, self.draft, role, self.known, text, range.start, &mut self.faults);
                Some(Arc::new(expr))
            }
            Err(error) => {
                let message = format!("the expression does not compile: {}", error.message);
                self.faults.push(point(self.draft, text, range.start + error.offset, 1, message));
                None
            }
        }
    }

    fn message(&mut self, text: &TomlText, each: bool) -> Vec<Piece> {
        let pieces = match message::split(&text.value) {
            Ok(pieces) => pieces,
            Err((why, offset)) => {
                let fault = point(self.draft, text, offset, 1, format!("the message holds {why}"));
                self.faults.push(fault);
                return Vec::new();
            }
        };
        pieces
            .into_iter()
            .filter_map(|piece| match piece {
                RawPiece::Text(text) => Some(Piece::Text(text)),
                RawPiece::Expr(range) => self.part(text, range, ExprRole::Shown { each }).map(Piece::Expr),
            })
            .collect()
    }
}
