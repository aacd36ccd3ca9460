//! A proof as people read it: holes last and complete.

use crate::verb::prove::{GateProof, Proof, ProofStanding};
use std::fmt::Write as _;
use tollgate_core::report::text::terminal;

/// Unnoticed leaves of a gate that are named; the others are counted.
const UNNOTICED: usize = 12;

/// The text; ends in a newline.
pub fn human(proof: &Proof) -> String {
    let mut out = String::new();
    let width = proof.gates.iter().map(|g| g.gate.len()).max().unwrap_or(0);
    // Writing into a string cannot fail.
    for gate in &proof.gates {
        let word = match gate.standing {
            ProofStanding::Proven => "PROVEN",
            ProofStanding::Holes => "HOLES",
            ProofStanding::NotApplicable => "SKIP",
            ProofStanding::NotPassing | ProofStanding::BadException | ProofStanding::NoMutation => "FAIL",
        };
        let _ = writeln!(out, "{word:<6} {:<width$}  {}", terminal(&gate.gate), terminal(&gate.detail));
    }
    // What a pack excepts may be of no use here and of use elsewhere: nobody can take it out of the pack.
    let needless = |g: &GateProof| g.own && !g.unused_exceptions.is_empty();
    for gate in proof.gates.iter().filter(|g| !g.excepted.is_empty() || needless(g)) {
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
        for pattern in gate.unused_exceptions.iter().filter(|_| gate.own) {
            let _ = writeln!(out, "  the exception `{}` covers nothing: remove it", terminal(pattern));
        }
    }
    for gate in proof.gates.iter().filter(|g| !g.unnoticed.is_empty()) {
        let _ = writeln!(out, "\n{}: no check and no schema notices", terminal(&gate.gate));
        for leaf in gate.unnoticed.iter().take(UNNOTICED) {
            let _ = writeln!(out, "  {}", terminal(leaf));
        }
        if let Some(more) = gate.unnoticed.len().checked_sub(UNNOTICED).filter(|n| *n > 0) {
            let _ = writeln!(out, "  and {more} more (--format json)");
        }
    }
    for gate in proof.gates.iter().filter(|g| !g.holes.is_empty()) {
        let _ = writeln!(out, "\n{}: LETS THROUGH", terminal(&gate.gate));
        for hole in &gate.holes {
            let _ = writeln!(out, "  {}  ({})", terminal(&hole.mutation), terminal(&hole.note));
        }
    }
    let proven = proof.gates.iter().filter(|g| g.standing == ProofStanding::Proven).count();
    let idle = proof.gates.iter().filter(|g| g.standing == ProofStanding::NotApplicable).count();
    let (of, rest) = match (idle, proof.asked) {
        (0, _) | (_, true) => (proof.gates.len(), String::new()),
        (idle, false) => (proof.gates.len() - idle, format!(", {idle} not applicable here")),
    };
    let _ = writeln!(
        out,
        "\n{proven} of {of} gates proven{rest}, {} mutations, {} let through",
        proof.mutations, proof.holes
    );
    out
}
