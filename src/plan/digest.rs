//! The digest of a plan: what proves that shards divide the same one.

use crate::base::digest::Running;
use crate::model::suite::Role;

/// SHA-256, lower-case hex, over the profile and every selected suite and unit with its list and kind. The order of the
/// items does not count. Each text is fed with its length before it, so that no two plans feed the same bytes.
pub fn digest<'i>(profile: &str, items: impl Iterator<Item = (Role, &'i str, &'i str)>) -> String {
    let mut items: Vec<_> = items.collect();
    items.sort();
    let mut running = Running::default();
    let mut feed = |text: &str| {
        running.update(&(text.len() as u64).to_be_bytes());
        running.update(text.as_bytes());
    };
    feed("tollgate.plan.v1");
    feed(profile);
    for (role, kind, name) in items {
        feed(match role {
            Role::Suite => "suite",
            Role::Unit => "unit",
        });
        feed(kind);
        feed(name);
    }
    running.hex()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_stays_what_it_is() {
        // A summary of an earlier version of tollgate merges with one of this version only while this holds.
        let items = [(Role::Suite, "e2e", "a"), (Role::Unit, "unit", "a")];
        assert_eq!(
            digest("ci", items.into_iter()),
            "c6cc0ea126ef3c361dd731adba181dfc2400d016853cde450fe32fb9cf7e5956"
        );
        assert_ne!(digest("quick", items.into_iter()), digest("ci", items.into_iter()));
    }

    proptest! {
        #[test]
        fn order_does_not_count_and_everything_else_does(
            items in prop::collection::btree_set(("[ab]{0,2}", "[ab]{0,3}"), 0..6),
            other in prop::collection::btree_set(("[ab]{0,2}", "[ab]{0,3}"), 0..6),
        ) {
            let of = |list: Vec<&(String, String)>| {
                digest("ci", list.into_iter().map(|(kind, name)| (Role::Unit, kind.as_str(), name.as_str())))
            };
            let forward: Vec<_> = items.iter().collect();
            let backward: Vec<_> = items.iter().rev().collect();
            prop_assert_eq!(of(forward.clone()), of(backward));
            prop_assert_eq!(of(forward) == of(other.iter().collect()), items == other);
        }
    }
}
