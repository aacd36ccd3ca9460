//! A proof as people read it: holes last and complete.

use super::prove::{Proof, Standing};
use crate::report::text::terminal;
use std::fmt::Write as _;

/// The text; ends in a newline.
pub fn human(proof: &Proof) -> String {
    let mut out = String::new();
    let width = proof.gates.iter().map(|g| g.gate.len()).max().unwrap_or(0);
    // Writing into a string cannot fail.
    for gate in &proof.gates {
        let word = match gate.standing {
            Standing::Proven => "PROVEN",
            Standing::Holes => "HOLES",
            Standing::NotPassing | Standing::BadException | Standing::NoMutation => "FAIL",
        };
        let _ = writeln!(out, "{word:<6} {:<width$}  {}", terminal(&gate.gate), terminal(&gate.detail));
    }
    for gate in proof.gates.iter().filter(|g| !g.excepted.is_empty() || !g.unused_exceptions.is_empty()) {
        let _ = writeln!(out, "\n{}: stays green by its gate file", terminal(&gate.gate));
        for survivor in &gate.excepted {
            let why = survivor.why.as_deref().unwrap_or("");
            let _ = writeln!(
                out,
                "  {}  ({})\n    {}",
                terminal(&survivor.mutation),
                terminal(&survivor.note),
                terminal(why)
            );
        }
        for pattern in &gate.unused_exceptions {
            let _ = writeln!(out, "  the exception `{}` covers nothing: remove it", terminal(pattern));
        }
    }
    for gate in proof.gates.iter().filter(|g| !g.unnoticed.is_empty()) {
        let _ = writeln!(out, "\n{}: no check and no schema notices", terminal(&gate.gate));
        for leaf in &gate.unnoticed {
            let _ = writeln!(out, "  {}", terminal(leaf));
        }
    }
    for gate in proof.gates.iter().filter(|g| !g.holes.is_empty()) {
        let _ = writeln!(out, "\n{}: LETS THROUGH", terminal(&gate.gate));
        for hole in &gate.holes {
            let _ = writeln!(out, "  {}  ({})", terminal(&hole.mutation), terminal(&hole.note));
        }
    }
    let proven = proof.gates.iter().filter(|g| g.standing == Standing::Proven).count();
    let _ = writeln!(
        out,
        "\n{proven} of {} gates proven, {} mutations, {} let through",
        proof.gates.len(),
        proof.mutations,
        proof.holes
    );
    out
}
