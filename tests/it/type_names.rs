//! A type name that others than its file can use stands for one type: who reads it need not look where it comes from.

use std::collections::BTreeMap;
use std::path::Path;
use syn::visit::{self, Visit};

#[derive(Default)]
struct Names(Vec<String>);

fn is_seen(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| matches!(&a.meta, syn::Meta::List(list) if a.path().is_ident("cfg") && list.tokens.to_string() == "test"))
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
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_tests =
        ["tests.rs", "sample.rs", "bounds.rs", "properties.rs", "run_tests.rs", "embedded_in_tests.rs"];
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for dir in ["src", "crates"] {
        for entry in walkdir::WalkDir::new(top.join(dir)).sort_by_file_name() {
            let entry = entry.expect("readable");
            let name = entry.file_name().to_str().expect("UTF-8");
            let within_tests = entry.path().components().any(|part| part.as_os_str() == "tests");
            if !name.ends_with(".rs") || of_tests.contains(&name) || within_tests {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).expect("readable");
            let mut names = Names::default();
            names.visit_file(&syn::parse_file(&text).expect("it compiles"));
            let shown = entry.path().strip_prefix(top).expect("below").display().to_string();
            names.0.into_iter().for_each(|name| found.entry(name).or_default().push(shown.clone()));
        }
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
