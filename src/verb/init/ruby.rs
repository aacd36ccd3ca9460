//! RSpec and minitest.

use super::place::{ProjectFolder, base};
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// What has a `Gemfile` is installed by itself.
pub(super) fn own(place: &ProjectFolder<'_>) -> bool {
    place.has("Gemfile")
}

/// The suites of a folder with specs, tests of minitest, or both.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let gems = ["Gemfile", "Gemfile.lock"].iter().filter_map(|name| place.text(name)).collect::<String>();
    let bundle = if place.has("Gemfile") { "bundle exec " } else { "" };
    let program = if place.has("Gemfile") {
        Need::Program("bundle", "gem install bundler")
    } else {
        Need::Program("ruby", "https://www.ruby-lang.org")
    };
    let mut found = Vec::new();
    if place.files().any(|path| path.starts_with("spec/") && path.ends_with("_spec.rb")) {
        found.push(rspec(place, &gems, bundle).needing(program));
    }
    if place.files().any(|path| path.starts_with("test/") && is_test(path)) {
        found.push(minitest(place, &gems, bundle).needing(program));
    }
    found
}

fn is_test(path: &str) -> bool {
    let name = base(path);
    name.ends_with("_test.rb")
        || (name.starts_with("test_") && name.ends_with(".rb") && name != "test_helper.rb")
}

fn rspec(place: &ProjectFolder<'_>, gems: &str, bundle: &str) -> Proposal {
    if !gems.contains("rspec_junit_formatter") {
        return Proposal::new("rspec", place.folder, format!("{bundle}rspec"))
            .saying("RSpec is judged by its exit code. For names of tests add the gem rspec_junit_formatter to the Gemfile,")
            .saying("then `tollgate init --force`.");
    }
    let run = format!("{bundle}rspec --format progress --format RspecJunitFormatter --out {{out}}/rspec.xml");
    Proposal::new("rspec", place.folder, run)
        .reading(ResultReader::Junit, "{out}/rspec.xml")
        .saying("RSpec, by rspec_junit_formatter. No `single`: a replay runs the suite whole.")
}

fn minitest(place: &ProjectFolder<'_>, gems: &str, bundle: &str) -> Proposal {
    let helper = place.text("test/test_helper.rb").unwrap_or_default();
    let command = if place.has("bin/rails") {
        "bin/rails test".to_string()
    } else if place.text("Rakefile").is_some_and(|text| text.contains("TestTask")) {
        format!("{bundle}rake test")
    } else {
        let load = "Dir.glob(\"test/**/{test_*,*_test}.rb\").sort.each { |f| require \"./\" + f }";
        format!("{bundle}ruby -Ilib -Itest -e '{load}'")
    };
    if gems.contains("minitest-reporters") && helper.contains("JUnitReporter") {
        return Proposal::new("minitest", place.folder, command)
            .reading(ResultReader::Junit, "test/reports/TEST-*.xml")
            .saying("minitest, by the JUnitReporter of minitest-reporters. No `single`: a replay runs the suite whole.");
    }
    Proposal::new("minitest", place.folder, command)
        .saying("minitest is judged by its exit code. For names of tests add the gem minitest-reporters, and its JUnitReporter to")
        .saying("test/test_helper.rb, then `tollgate init --force`.")
}
