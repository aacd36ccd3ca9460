//! A type name that others than its file can use stands for one type: who reads it need not look where it comes from.

use crate::sources::{is_of_tests, program, top};
use std::collections::BTreeMap;
use syn::visit::{self, Visit};

#[derive(Default)]
struct Names(Vec<String>);

fn is_seen(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (visibility, name) = match item {
            syn::Item::Struct(item) => (&item.vis, &item.ident),
            syn::Item::Enum(item) => (&item.vis, &item.ident),
            syn::Item::Union(item) => (&item.vis, &item.ident),
            syn::Item::Trait(item) => (&item.vis, &item.ident),
            syn::Item::Type(item) => (&item.vis, &item.ident),
            _ => return visit::visit_item(self, item),
        };
        if is_seen(visibility) {
            self.0.push(name.to_string());
        }
    }
}

#[test]
fn no_type_name_stands_twice() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in program() {
        let mut names = Names::default();
        names.visit_file(&syn::parse_file(&file.text).expect("it compiles"));
        let shown = file.path.strip_prefix(top()).expect("below").display().to_string();
        names.0.into_iter().for_each(|name| found.entry(name).or_default().push(shown.clone()));
    }
    assert!(found.len() > 500, "the sources were not found");
    let twice: Vec<String> = found
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(
        twice.is_empty(),
        "a name for two types; give the one that is less general a longer name\n{}",
        twice.join("\n")
    );
}
