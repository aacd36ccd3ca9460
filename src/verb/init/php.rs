//! PHPUnit, and Pest on top of it.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// What has a `composer.json` is installed by itself.
pub(super) fn own(place: &ProjectFolder<'_>) -> bool {
    place.has("composer.json")
}

/// A suite for a folder with PHPUnit's configuration, or that asks for PHPUnit and has tests.
pub(super) fn find(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let configured = place.first(&["phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"]).is_some();
    let composer = place.text("composer.json").unwrap_or_default();
    let pest = composer.contains("\"pestphp/pest\"");
    let asked = pest || composer.contains("\"phpunit/phpunit\"");
    let tests = place.files().find(|path| path.ends_with("Test.php"));
    let found = configured || (asked && tests.is_some());
    if !found {
        return Vec::new();
    }
    let program = match (pest, asked) {
        (true, _) => "vendor/bin/pest",
        (false, true) => "vendor/bin/phpunit",
        (false, false) => "phpunit",
    };
    // Without a configuration it must be told where tests are.
    let top = tests.and_then(|path| path.split_once('/')).map_or(".", |(folder, _)| folder);
    let more = if configured { String::new() } else { format!(" {}", tollgate_text::command::quote(top)) };
    let run = format!("{program} --log-junit {{out}}/junit.xml");
    let found = Proposal::new(if pest { "pest" } else { "phpunit" }, place.folder, format!("{run}{more}"))
        .reading(ResultReader::Junit, "{out}/junit.xml");
    let found = if pest {
        found.saying("Pest, by its JUnit log. No `single`: a replay runs the suite whole.")
    } else {
        found
            .single(format!("{run} --filter '^{{class_regex}}::{{name_regex}}$'{more}"))
            .saying("PHPUnit, by its JUnit log.")
    };
    vec![if asked {
        found.needing(Need::Program("php", "https://www.php.net, then composer install"))
    } else {
        found.needing(Need::Program("phpunit", "https://phpunit.de"))
    }]
}
