//! Every ecosystem that `init` knows, in the order in which suites are proposed.

use super::place::ProjectFolder;
use super::proposal::Proposal;
use super::tree::ProjectTree;
use super::{bats, cpp, dotnet, elixir, golang, java, javascript, php, python, ruby, rust, swift};

/// Folders below the root in which projects are looked for.
const DEPTH: usize = 3;
/// Suites that are proposed at most: more are better written by a person.
const MOST: usize = 16;

/// An ecosystem.
struct Recipe {
    /// The suites that suit what stands in a folder.
    find: fn(&ProjectFolder<'_>) -> Vec<Proposal>,
    /// Whether what stands in a folder is a project of its own, though one above it has suites already.
    own: fn(&ProjectFolder<'_>) -> bool,
}

/// The tests of one above run what stands deeper too.
fn never(_: &ProjectFolder<'_>) -> bool {
    false
}

const RECIPES: [Recipe; 14] = [
    Recipe { find: rust::find, own: rust::own },
    Recipe { find: golang::find, own: golang::own },
    Recipe { find: python::find, own: never },
    Recipe { find: javascript::find, own: javascript::own },
    Recipe { find: java::maven, own: never },
    Recipe { find: java::gradle, own: never },
    Recipe { find: java::sbt, own: never },
    Recipe { find: dotnet::find, own: never },
    Recipe { find: php::find, own: php::own },
    Recipe { find: ruby::find, own: ruby::own },
    Recipe { find: cpp::find, own: never },
    Recipe { find: swift::find, own: never },
    Recipe { find: elixir::find, own: never },
    Recipe { find: bats::find, own: never },
];

/// The suites for everything that is found, those of the root first.
pub(super) fn all(tree: &ProjectTree<'_>) -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    for recipe in &RECIPES {
        let mut covered: Vec<&str> = Vec::new();
        let near = |folder: &&String| folder.is_empty() || folder.matches('/').count() < DEPTH;
        for folder in tree.folders.iter().filter(near) {
            let place = ProjectFolder { tree, folder };
            let inside = |above: &&str| {
                above.is_empty() || folder.strip_prefix(*above).is_some_and(|rest| rest.starts_with('/'))
            };
            if folder.starts_with('.') || (covered.iter().any(inside) && !(recipe.own)(&place)) {
                continue;
            }
            let here = (recipe.find)(&place);
            if !here.is_empty() {
                covered.push(folder);
                found.extend(here);
            }
        }
    }
    found.sort_by_key(|proposal| !proposal.folder.is_empty());
    if found.len() > MOST {
        let left = found.split_off(MOST);
        let folders: Vec<&str> = left.iter().map(|proposal| proposal.folder.as_str()).take(3).collect();
        tree.note(format!(
            "{} more could have a suite, in {} and others: add those that matter",
            left.len(),
            folders.join(", ")
        ));
    }
    found
}
