//! Maven, Gradle, sbt: each leaves a file for each class.

use super::place::ProjectFolder;
use super::proposal::{Need, Proposal};
use tollgate_core::model::suite::ResultReader;

/// Whether anything below is a test of Java, Kotlin, Groovy or Scala.
fn tested(place: &ProjectFolder<'_>) -> bool {
    let kinds = [".java", ".kt", ".groovy", ".scala"];
    place.files().any(|path| {
        (path.starts_with("src/test/") || path.contains("/src/test/"))
            && kinds.iter().any(|kind| path.ends_with(kind))
    })
}

/// Where the reports stand: `**` where the build has several modules.
fn reports(several: bool, path: &str) -> String {
    if several { format!("**/{path}") } else { path.to_string() }
}

/// A suite for a `pom.xml`.
pub(super) fn maven(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    if !place.has("pom.xml") || !tested(place) {
        return Vec::new();
    }
    let wrapped = place.has("mvnw");
    let mvn = if wrapped { "./mvnw" } else { "mvn" };
    let several = place.named("pom.xml").len() > 1;
    let more = if several { " --fail-at-end" } else { "" };
    let found = Proposal::new("maven", place.folder, format!("{mvn} -B{more} test"))
        .single(format!("{mvn} -B test '-Dtest={{class}}#{{name}}' -DfailIfNoTests=false -Dsurefire.failIfNoSpecifiedTests=false"))
        .reading(ResultReader::Junit, reports(several, "target/surefire-reports/TEST-*.xml"))
        .saying("Maven, by the reports that surefire leaves, one for each class.")
        .slow();
    vec![if wrapped { found } else { found.needing(Need::Program("mvn", "https://maven.apache.org")) }]
}

/// A suite for a build of Gradle.
pub(super) fn gradle(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    let files = ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"];
    if place.first(&files).is_none() || !tested(place) {
        return Vec::new();
    }
    let wrapped = place.has("gradlew");
    let gradle = if wrapped { "./gradlew" } else { "gradle" };
    let several = place.named("build.gradle").len() + place.named("build.gradle.kts").len() > 1;
    // What was tested once is up to date for Gradle, and nothing would run.
    let found = Proposal::new("gradle", place.folder, format!("{gradle} cleanTest test --continue --no-build-cache"))
        .reading(ResultReader::Junit, reports(several, "build/test-results/test/TEST-*.xml"))
        .saying("Gradle, by the reports of its task `test`, one for each class. No `single`: it writes JUnit 5's names as `adds()`,")
        .saying("which its own --tests does not take, so a replay runs the suite whole.")
        .slow();
    vec![if wrapped { found } else { found.needing(Need::Program("gradle", "https://gradle.org")) }]
}

/// A suite for a build of sbt.
pub(super) fn sbt(place: &ProjectFolder<'_>) -> Vec<Proposal> {
    if !place.has("build.sbt") {
        return Vec::new();
    }
    let several = place.text("build.sbt").is_some_and(|text| text.matches("project").count() > 1);
    let found = Proposal::new("sbt", place.folder, "sbt -batch test")
        .reading(ResultReader::Junit, reports(several, "target/test-reports/TEST-*.xml"))
        .saying("sbt, by the reports that it leaves, one for each class. No `single`: a replay runs the suite whole.")
        .slow();
    vec![found.needing(Need::Program("sbt", "https://www.scala-sbt.org"))]
}
