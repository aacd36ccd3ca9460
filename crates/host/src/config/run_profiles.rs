//! `[profiles.*]` over the four embedded profiles (`docs/tollgate-toml.md`).

use crate::config::gate_file::is_id;
use tollgate_core::model::plan::Profile;
use tollgate_core::model::suite::SuiteRole;
use tollgate_text::toml_text::{TableReader, TomlText, suggestion};

/// What `ci` leaves out: suites that reach live services do not give the same answer twice.
const LIVE: &str = "*_live";

/// The embedded profiles for a file that has these kinds.
///
/// `quick` runs the kind `unit`, or where there is none every kind of unit targets. The others run every kind: `focused`
/// what is chosen on the command line, `ci` all but live suites, `full` all.
fn embedded(kinds: &[String], roles: &[(&str, SuiteRole)]) -> Vec<Profile> {
    let unit: Vec<String> = match kinds.iter().find(|kind| *kind == "unit") {
        Some(unit) => vec![unit.clone()],
        None => roles
            .iter()
            .filter(|(_, role)| *role == SuiteRole::Unit)
            .map(|(kind, _)| (*kind).to_string())
            .collect(),
    };
    let profile = |name: &str, lint, kinds: &[String], skip: &[&str], chosen| Profile {
        name: name.into(),
        lint,
        kinds: kinds.to_vec(),
        skip: skip.iter().map(|s| (*s).to_string()).collect(),
        chosen,
    };
    vec![
        profile("quick", true, &unit, &[], false),
        profile("focused", false, kinds, &[], true),
        profile("ci", true, kinds, &[LIVE], false),
        profile("full", true, kinds, &[], false),
    ]
}

/// Every profile: the embedded four, then those that the file adds, by name. A section of an embedded profile's name
/// changes the keys it gives; in one of another name lint runs, every kind is selected and nothing is skipped unless it
/// says so.
pub fn read(top: &TableReader<'_, '_>, kinds: &[String], roles: &[(&str, SuiteRole)]) -> Vec<Profile> {
    let mut profiles = embedded(kinds, roles);
    for (name, section) in top.tables("profiles", "profiles") {
        named(&section, &name, "a profile");
        let at = profiles.iter().position(|p| p.name == name.value).unwrap_or_else(|| {
            profiles.push(Profile {
                name: name.value.clone(),
                lint: true,
                kinds: kinds.to_vec(),
                skip: Vec::new(),
                chosen: false,
            });
            profiles.len() - 1
        });
        overlay(&mut profiles[at], section, kinds);
    }
    profiles
}

/// A kind, profile or lint step is named on command lines and in file names: its name is an id.
pub(super) fn named(section: &TableReader<'_, '_>, name: &TomlText, what: &str) {
    if !is_id(&name.value) {
        let shown = name.value.escape_debug().to_string();
        section.fault(
            name.span.clone(),
            format!("`{shown}` is no name for {what}: letters, digits, `_`, `-` and `.`, beginning with a letter, a digit or `_`"),
        );
    }
}

fn overlay(profile: &mut Profile, section: TableReader<'_, '_>, known: &[String]) {
    if let Some(lint) = section.boolean("lint") {
        profile.lint = lint;
    }
    if let Some(kinds) = section.texts("kinds") {
        profile.kinds = Vec::new();
        for kind in kinds {
            add_kind(profile, &section, &kind, known);
        }
    }
    if let Some(skip) = section.texts("skip") {
        for entry in &skip {
            if let Err(error) = glob::Pattern::new(&entry.value) {
                let shown = entry.value.escape_debug();
                section.fault(
                    entry.span.clone(),
                    format!("`skip` of {}: `{shown}` is no glob: {}", section.what(), error.msg),
                );
            }
        }
        profile.skip = skip.into_iter().map(|entry| entry.value).collect();
    }
    section.finish();
}

fn add_kind(profile: &mut Profile, section: &TableReader<'_, '_>, kind: &TomlText, known: &[String]) {
    let shown = kind.value.escape_debug();
    let what = section.what();
    if !known.contains(&kind.value) {
        let hint = suggestion(&kind.value, known.iter().map(String::as_str));
        section.fault(kind.span.clone(), format!("`kinds` of {what}: there is no [suites.{shown}]{hint}"));
    } else if profile.kinds.contains(&kind.value) {
        section.fault(kind.span.clone(), format!("`{shown}` stands twice in `kinds` of {what}"));
    } else {
        profile.kinds.push(kind.value.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::config::problem::SourceText;
    use crate::config::resolve::{FILE, workspace};
    use crate::embedded_in_tests::EMBEDDED;
    use tollgate_core::model::plan::Profile;

    const SUITES: &str =
        "[suites.unit]\nnames = ['a']\ncommand = 'x'\n[suites.e2e]\nnames = ['b']\ncommand = 'x'\n";

    fn load(text: &str) -> (Vec<Profile>, Vec<String>) {
        let (found, faults) = workspace(&EMBEDDED, &SourceText { path: FILE.into(), text: text.into() });
        (found.runs.profiles, faults.into_iter().map(|f| f.message).collect())
    }

    fn line(p: &Profile) -> String {
        format!(
            "{} lint={} kinds={} skip={} chosen={}",
            p.name,
            p.lint,
            p.kinds.join("+"),
            p.skip.join("+"),
            p.chosen
        )
    }

    #[test]
    fn four_profiles_are_embedded() {
        let (profiles, faults) = load(SUITES);
        assert_eq!(faults, [""; 0]);
        insta::assert_snapshot!(profiles.iter().map(line).collect::<Vec<_>>().join("\n"), @"
        quick lint=true kinds=unit skip= chosen=false
        focused lint=false kinds=e2e+unit skip= chosen=true
        ci lint=true kinds=e2e+unit skip=*_live chosen=false
        full lint=true kinds=e2e+unit skip= chosen=false
        ");
        let (profiles, _) = load(&SUITES.replace("suites.unit", "suites.fast"));
        assert_eq!(profiles[0].kinds, ["fast"]);
        let (profiles, _) = load("");
        assert!(profiles.iter().all(|p| p.kinds.is_empty()));
    }

    #[test]
    fn the_file_changes_what_it_names() {
        let (profiles, faults) = load(&format!(
            "{SUITES}[profiles.ci]\nkinds = ['unit', 'e2e']\n[profiles.quick]\nlint = false\n\
             [profiles.night]\nskip = ['e2e_live', 'slow_*']\n"
        ));
        assert_eq!(faults, [""; 0]);
        insta::assert_snapshot!(profiles.iter().map(line).collect::<Vec<_>>().join("\n"), @"
        quick lint=false kinds=unit skip= chosen=false
        focused lint=false kinds=e2e+unit skip= chosen=true
        ci lint=true kinds=unit+e2e skip=*_live chosen=false
        full lint=true kinds=e2e+unit skip= chosen=false
        night lint=true kinds=e2e+unit skip=e2e_live+slow_* chosen=false
        ");
    }

    #[test]
    fn slips_are_faults() {
        for (text, wanted) in [
            (
                "[profiles.ci]\nkinds = ['unti']",
                "`kinds` of `[profiles.ci]`: there is no [suites.unti]; did you mean `unit`?",
            ),
            ("[profiles.ci]\nkinds = ['unit', 'unit']", "`unit` stands twice in `kinds` of `[profiles.ci]`"),
            ("[profiles.ci]\nskip = ['a[']", "`skip` of `[profiles.ci]`: `a[` is no glob"),
            ("[profiles.'a b']\n", "`a b` is no name for a profile"),
            ("[profiles.ci]\nlint = 'x'", "`lint` of `[profiles.ci]` must be true or false"),
        ] {
            let (_, faults) = load(&format!("{SUITES}{text}\n"));
            assert_eq!(faults.len(), 1, "{text} {faults:?}");
            assert!(faults[0].contains(wanted), "{faults:?}");
        }
    }
}
