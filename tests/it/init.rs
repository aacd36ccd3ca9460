//! What `init` proposes for what stands in a folder: a minimal tree of each ecosystem, without its tools, and the file that is
//! written for it. The tools themselves are driven by `real_tools.rs`.

use crate::support::{Run, Ws, finish};
use std::os::unix::fs::PermissionsExt as _;

/// Every program that a recipe may ask for.
const PROGRAMS: [&str; 21] = [
    "bats",
    "bun",
    "bundle",
    "cargo",
    "cargo-nextest",
    "cmake",
    "dotnet",
    "go",
    "gradle",
    "mix",
    "mvn",
    "node",
    "npm",
    "php",
    "phpunit",
    "pnpm",
    "python3",
    "ruby",
    "sbt",
    "swift",
    "yarn",
];

/// A workspace with nothing but those files.
fn tree(files: &[(&str, &str)]) -> Ws {
    let ws = Ws::new();
    ws.remove("tollgate.toml").remove("schemas/e.v1.json");
    std::fs::remove_dir(ws.at("schemas")).unwrap();
    for (path, text) in files {
        ws.put(path, text);
    }
    ws
}

/// `init` where exactly those programs are installed; each of them ends with 0 and says nothing.
fn init_with(ws: &Ws, programs: &[&str], args: &[&str]) -> Run {
    for name in programs {
        let path = ws.outside(&format!("bin/{name}"));
        std::fs::create_dir_all(ws.outside("bin")).unwrap();
        std::fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = ws.command(&[&["init"], args].concat());
    command.env("PATH", ws.outside("bin"));
    finish(command)
}

fn init(ws: &Ws) -> Run {
    init_with(ws, &PROGRAMS, &[]).expect(0)
}

/// The sections of suites that are written; the file must load.
fn suites(ws: &Ws) -> String {
    let text = ws.text("tollgate.toml");
    let listed = ws.run(&["gate", "list"]);
    assert_eq!(listed.code, 0, "{text}\n{}{}", listed.stdout, listed.stderr);
    let (_, suites) = text.split_once("\n\n").unwrap().1.split_once("\n\n").unwrap();
    let (_, suites) = suites.split_once("writes.\n\n").unwrap_or(("", suites));
    suites.to_string()
}

/// A case each: its name, and the files.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

fn snapshots(group: &str, cases: &[Case]) {
    let mut all = String::new();
    for (name, files) in cases {
        let ws = tree(files);
        let run = init(&ws);
        assert_eq!(run.stderr, "", "{name}");
        all.push_str(&format!("==== {name}\n{}", suites(&ws)));
        if let Some((_, notes)) = run.stdout.split_once("\nplease note\n") {
            all.push_str(&format!("NOTES\n{}", notes.split_once("\n\nnext").unwrap().0));
            all.push('\n');
        }
        all.push('\n');
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("init_{group}"), all);
    });
}

#[test]
fn rust_and_go() {
    snapshots(
        "rust_go",
        &[
            (
                "cargo",
                &[
                    ("Cargo.toml", "[workspace]\n"),
                    ("a/Cargo.toml", "[package]\n"),
                    ("fuzz/Cargo.toml", "[workspace]\n"),
                ],
            ),
            ("nextest", &[("Cargo.toml", ""), (".config/nextest.toml", "")]),
            (
                "nextest of a CI",
                &[("Cargo.toml", ""), (".github/workflows/ci.yml", "- run: cargo nextest run --all\n")],
            ),
            (
                "go",
                &[
                    ("go.mod", "module a\n"),
                    ("tools/go.mod", "module b\n"),
                    ("more/go.mod", "module c\n"),
                    ("more/a_test.go", ""),
                ],
            ),
        ],
    );
}

#[test]
fn python() {
    let pytest = "import pytest\n\ndef test_a():\n    pass\n";
    let unittest = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n";
    let requirements = ("requirements-dev.txt", "pytest==8\npytest-xdist\n");
    let workflow = (".github/workflows/ci.yml", "- run: pytest -n auto tests\n");
    let cases: [(&str, Vec<(&str, &str)>); 9] = [
        ("pytest configured", vec![("pyproject.toml", "[tool.pytest.ini_options]\n")]),
        ("pytest by its tests", vec![("tests/test_a.py", pytest)]),
        ("pytest asked for", vec![("tests/test_a.py", unittest), ("requirements.txt", "pytest\n")]),
        ("pytest with xdist", vec![("tests/test_a.py", pytest), requirements]),
        ("pytest with xdist in CI", vec![("tests/test_a.py", pytest), requirements, workflow]),
        ("unittest", vec![("tests/test_a.py", unittest)]),
        ("unittest in a package", vec![("tests/test_a.py", unittest), ("tests/__init__.py", "")]),
        ("django", vec![("manage.py", ""), ("app/tests.py", unittest)]),
        ("a package without tests", vec![("pyproject.toml", "[project]\nname = 'x'\n"), ("x.py", "")]),
    ];
    for (nth, (name, files)) in cases.iter().enumerate() {
        let ws = tree(files);
        init(&ws);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, description => *name }, {
            insta::assert_snapshot!(format!("init_python_{nth}"), suites(&ws));
        });
    }
}

const VITEST: &str = r#"{"scripts": {"test": "vitest"}, "devDependencies": {"vitest": "4"}}"#;

#[test]
fn javascript() {
    snapshots(
        "javascript",
        &[
            ("vitest, npm", &[("package.json", VITEST), ("package-lock.json", "{}")]),
            ("vitest, pnpm", &[("package.json", VITEST), ("pnpm-lock.yaml", "")]),
            ("vitest, yarn", &[("package.json", VITEST), ("yarn.lock", "")]),
            ("vitest, bun", &[("package.json", VITEST), ("bun.lock", "")]),
            ("bun test", &[("package.json", r#"{"scripts": {"test": "bun test"}}"#), ("bun.lock", "")]),
            ("jest", &[("package.json", r#"{"scripts": {"test": "jest"}}"#), ("yarn.lock", "")]),
            ("mocha", &[("package.json", r#"{"scripts": {"test": "tsc && c8 mocha"}}"#), ("yarn.lock", "")]),
            ("ava", &[("package.json", r#"{"scripts": {"test": "ava"}}"#), ("package-lock.json", "{}")]),
            (
                "node",
                &[("package.json", r#"{"scripts": {"test": "node --test"}}"#), ("package-lock.json", "{}")],
            ),
            (
                "node without a script",
                &[("package.json", "{}"), ("test/a.js", ""), ("package-lock.json", "{}")],
            ),
            (
                "vitest without a script",
                &[
                    (
                        "package.json",
                        r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}, "devDependencies": {"vitest": "4"}}"#,
                    ),
                    ("src/a.test.ts", ""),
                    ("package-lock.json", "{}"),
                ],
            ),
            (
                "vitest and Playwright",
                &[
                    (
                        "package.json",
                        r#"{"scripts": {"test": "vitest run", "test:e2e": "playwright test"}, "devDependencies": {"@playwright/test": "1"}}"#,
                    ),
                    ("package-lock.json", "{}"),
                    ("playwright.config.ts", ""),
                ],
            ),
            (
                "Cypress without a script",
                &[
                    ("package.json", r#"{"devDependencies": {"cypress": "15"}}"#),
                    ("package-lock.json", "{}"),
                    ("cypress.config.js", ""),
                ],
            ),
            (
                "a script that leads to others",
                &[
                    (
                        "package.json",
                        r#"{"scripts": {"test": "npm run lint && npm run test:unit && npm run test:integration", "lint": "eslint .", "test:unit": "vitest run", "test:integration": "jest -c i.js", "test:watch": "mocha -w"}}"#,
                    ),
                    ("package-lock.json", "{}"),
                ],
            ),
            (
                "a script of something else",
                &[
                    ("package.json", r#"{"scripts": {"test": "lerna run test"}}"#),
                    ("package-lock.json", "{}"),
                ],
            ),
            (
                "no tests",
                &[(
                    "package.json",
                    r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#,
                )],
            ),
        ],
    );
}

#[test]
fn java_and_dotnet() {
    let logged = "<PackageReference Include=\"xunit\" /><PackageReference Include=\"JunitXml.TestLogger\" />";
    let cases: [Case; 8] = [
        ("Maven", &[("pom.xml", ""), ("src/test/java/ATest.java", "")]),
        (
            "Maven in modules, with a wrapper",
            &[("pom.xml", ""), ("mvnw", ""), ("a/pom.xml", ""), ("a/src/test/java/ATest.java", "")],
        ),
        ("Maven without tests", &[("pom.xml", "")]),
        ("Gradle", &[("build.gradle.kts", ""), ("gradlew", ""), ("src/test/kotlin/ATest.kt", "")]),
        (
            "Gradle in modules",
            &[
                ("settings.gradle", ""),
                ("a/build.gradle", ""),
                ("b/build.gradle", ""),
                ("a/src/test/java/ATest.java", ""),
            ],
        ),
        ("sbt", &[("build.sbt", "name := \"a\"\n")]),
        (
            ".NET",
            &[("a.sln", ""), ("tests/A.Tests/A.Tests.csproj", "<PackageReference Include=\"xunit\" />")],
        ),
        (
            ".NET with a logger",
            &[("a.sln", ""), ("tests/A.Tests/A.Tests.csproj", ""), ("src/A/A.csproj", "")],
        ),
    ];
    snapshots("java_dotnet", &cases[..7]);
    let ws = tree(cases[7].1);
    ws.put("tests/A.Tests/A.Tests.csproj", logged).put("tests/B.Tests/B.Tests.csproj", logged);
    init(&ws);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("init_dotnet_logger", suites(&ws));
    });
}

#[test]
fn php_and_ruby() {
    snapshots(
        "php_ruby",
        &[
            (
                "PHPUnit",
                &[
                    ("phpunit.xml.dist", ""),
                    ("composer.json", r#"{"require-dev": {"phpunit/phpunit": "*"}}"#),
                ],
            ),
            ("PHPUnit that is installed apart", &[("phpunit.xml", "")]),
            (
                "PHPUnit without a configuration",
                &[("composer.json", r#"{"require-dev": {"phpunit/phpunit": "*"}}"#), ("tests/ATest.php", "")],
            ),
            ("Pest", &[("phpunit.xml", ""), ("composer.json", r#"{"require-dev": {"pestphp/pest": "*"}}"#)]),
            ("RSpec", &[("spec/a_spec.rb", ""), ("Gemfile", "gem 'rspec'\n")]),
            (
                "RSpec with its JUnit formatter",
                &[("spec/a_spec.rb", ""), ("Gemfile", "gem 'rspec_junit_formatter'\n")],
            ),
            ("minitest", &[("test/a_test.rb", ""), ("test/test_helper.rb", "")]),
            (
                "minitest by rake, with reporters",
                &[
                    ("test/a_test.rb", ""),
                    (
                        "test/test_helper.rb",
                        "Minitest::Reporters.use! [Minitest::Reporters::JUnitReporter.new]\n",
                    ),
                    ("Rakefile", "Rake::TestTask.new\n"),
                    ("Gemfile", "gem 'minitest-reporters'\n"),
                ],
            ),
        ],
    );
}

#[test]
fn others() {
    snapshots(
        "others",
        &[
            ("CTest", &[("CMakeLists.txt", "enable_testing()\nadd_test(NAME a COMMAND a)\n")]),
            (
                "GoogleTest that CTest does not know",
                &[
                    ("CMakeLists.txt", "# enable_testing()\nadd_subdirectory(tests)\n"),
                    (
                        "tests/CMakeLists.txt",
                        "add_executable(unit a.cpp)\ntarget_link_libraries(unit\n  PRIVATE GTest::gtest_main)\n",
                    ),
                ],
            ),
            (
                "Catch2",
                &[(
                    "CMakeLists.txt",
                    "add_executable(unit a.cpp)\ntarget_link_libraries(unit Catch2::Catch2WithMain)\n",
                )],
            ),
            ("CMake without tests", &[("CMakeLists.txt", "add_executable(a a.cpp)\n")]),
            ("bats", &[("test/a.bats", ""), ("test/more/b.bats", "")]),
            ("Swift", &[("Package.swift", ""), ("Tests/ATests/ATests.swift", "")]),
            ("ExUnit", &[("mix.exs", "app: :tiny,\n"), ("test/a_test.exs", "")]),
            (
                "ExUnit with junit_formatter",
                &[("mix.exs", "app: :tiny,\n{:junit_formatter, \"~> 3.4\"}"), ("test/a_test.exs", "")],
            ),
            ("nothing", &[("README", "")]),
        ],
    );
}

#[test]
fn several_in_one_repository() {
    const PACKAGE: &str =
        r#"{"scripts": {"test": "vitest run"}, "devDependencies": {"@playwright/test": "1"}}"#;
    snapshots(
        "several",
        &[
            (
                "folders",
                &[
                    ("backend/pyproject.toml", "[tool.pytest.ini_options]\n"),
                    ("frontend/package.json", PACKAGE),
                    ("frontend/package-lock.json", "{}"),
                    ("frontend/playwright.config.js", ""),
                    ("go.mod", "module a\n"),
                    ("node_modules/x/package.json", VITEST),
                    ("vendor/y/go.mod", ""),
                ],
            ),
            (
                "packages of a workspace belong to its root",
                &[
                    ("package.json", VITEST),
                    ("pnpm-lock.yaml", ""),
                    ("packages/a/package.json", VITEST),
                    ("site/package.json", VITEST),
                    ("site/yarn.lock", ""),
                ],
            ),
            (
                "packages below a root without tests",
                &[
                    ("package.json", "{}"),
                    ("package-lock.json", "{}"),
                    ("packages/a/package.json", VITEST),
                    ("packages/b b/package.json", VITEST),
                ],
            ),
        ],
    );
}

#[test]
fn what_is_printed() {
    let ws = tree(&[
        ("backend/pytest.ini", ""),
        ("frontend/package.json", r#"{"scripts": {"test": "./run.sh"}}"#),
        ("pnpm-lock.yaml", ""),
    ]);
    ws.git(&["init", "-q"]);
    let run = init_with(&ws, &["pnpm"], &[]).expect(0);
    insta::assert_snapshot!(run.stdout, @r#"
    wrote .tollgate/.gitignore
    wrote tollgate.toml

    suites
      backend   pytest  in backend: python3 -m pytest -o junit_family=xunit1 --junitxml={out}/junit.xml
      frontend  pnpm    in frontend: pnpm run test   (judged by its exit code)

    please note
      python3 is not installed here, and [suites.backend] needs it, with pytest: python3 -m pip install pytest

    next
      git add tollgate.toml && git commit -m "Add tollgate"
      tollgate run
      tollgate check
    "#);
    assert_eq!(ws.text(".tollgate/.gitignore"), "*\n");
    let again = init_with(&ws, &[], &[]).expect(2);
    insta::assert_snapshot!(again.stderr, @"error: tollgate.toml is there already, and nothing was written; its suites are backend, frontend; --force overwrites it");
    let forced = init_with(&ws, &[], &["--force", "--format", "json"]).expect(0);
    let value: serde_json::Value = serde_json::from_str(&forced.stdout).unwrap();
    assert_eq!(value["detected"], serde_json::json!(["pytest", "pnpm"]));
    assert_eq!(value["written"], serde_json::json!(["tollgate.toml"]));
    assert_eq!(value["suites"][1]["names_tests"], false);
}

/// A tool that is asked for and not there is said; one that stands in for another is taken.
#[test]
fn what_is_not_installed() {
    let ws = tree(&[("Cargo.toml", ""), (".config/nextest.toml", ""), ("go.mod", "")]);
    let run = init_with(&ws, &["cargo"], &[]).expect(0);
    assert!(run.stdout.contains("go is not installed here, and [suites.go] needs it"), "{}", run.stdout);
    let text = ws.text("tollgate.toml");
    assert!(
        text.contains("cargo test --workspace") && text.contains("cargo install --locked cargo-nextest"),
        "{text}"
    );

    // A Python that says that it has no such module; it is asked outside of the workspace.
    let ws = tree(&[("pytest.ini", ""), ("importlib/util.py", "raise SystemExit(0)\n")]);
    let run = init_with(&ws, &[], &[]).expect(0);
    assert!(
        run.stdout.contains("python3 is not installed here, and [suites.unit] needs it, with pytest"),
        "{}",
        run.stdout
    );
    let python = ws.outside("bin/python3");
    std::fs::create_dir_all(ws.outside("bin")).unwrap();
    std::fs::write(&python, "#!/bin/sh\n[ \"$PWD\" = / ] || exit 0\nexit 7\n").unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = init_with(&ws, &[], &["--force"]).expect(0);
    let said = "python3 has no pytest here, and [suites.unit] needs it: python3 -m pip install pytest";
    assert!(run.stdout.contains(said), "{}", run.stdout);
}

/// What a person may have left, and what somebody means ill by: a sentence, a file that can be edited, exit 0.
#[test]
fn odd_input_is_a_sentence() {
    let lock_files: &[(&str, &str)] =
        &[("package.json", VITEST), ("yarn.lock", ""), ("package-lock.json", "{}")];
    const STATED: &str = r#"{"packageManager": "npm@10.1.0", "scripts": {"test": "vitest"}}"#;
    let cases: [Case; 6] = [
        ("two lock files", lock_files),
        (
            "two lock files and a word for one",
            &[("package.json", STATED), ("yarn.lock", ""), ("package-lock.json", "{}")],
        ),
        ("a broken package.json", &[("package.json", "{\"scripts\": {\"test\": \"vitest\",}}")]),
        ("a package.json that is a list", &[("package.json", "[1]")]),
        ("a package.json that is empty", &[("package.json", "")]),
        (
            "scripts that no command can name",
            &[
                (
                    "package.json",
                    "{\"scripts\": {\"test\": \"npm run '; rm -rf /'\", \"test:\\u0000x\": \"vitest\", \"-e test\": \"vitest\", \"test:{out}\": \"jest\"}}",
                ),
                ("yarn.lock", ""),
            ],
        ),
    ];
    snapshots("odd", &cases);
}

#[test]
fn files_that_are_none() {
    // A link that leads out of the workspace, one that leads nowhere, a FIFO, a folder, one that is far too large.
    let makers: [(&str, fn(&Ws)); 5] = [
        ("a symbolic link leads out of it", |ws| {
            std::fs::write(ws.outside("p.json"), VITEST).unwrap();
            std::os::unix::fs::symlink(ws.outside("p.json"), ws.at("package.json")).unwrap();
        }),
        ("", |ws| std::os::unix::fs::symlink("gone", ws.at("package.json")).unwrap()),
        ("FIFO", |ws| {
            let made = std::process::Command::new("mkfifo").arg(ws.at("package.json")).status().unwrap();
            assert!(made.success());
        }),
        ("no tests were found", |ws| std::fs::create_dir(ws.at("package.json")).unwrap()),
        ("more than the limit", |ws| {
            std::fs::File::create(ws.at("package.json")).unwrap().set_len(1 << 30).unwrap();
        }),
    ];
    for (said, make) in makers {
        let ws = tree(&[]);
        make(&ws);
        let run = init(&ws);
        assert!(run.stdout.contains(said), "{said}: {}", run.stdout);
        assert!(suites(&ws).starts_with("# No tests were found"), "{said}");
    }
}

#[test]
fn names_that_are_no_words() {
    let ws = tree(&[
        ("a\u{1b}[31m/package.json", VITEST),
        ("{name}/pytest.ini", ""),
        ("it's \"x\" [y] #/pytest.ini", ""),
    ]);
    use std::os::unix::ffi::OsStrExt as _;
    std::fs::create_dir(ws.dir().join(std::ffi::OsStr::from_bytes(b"\xff\n"))).unwrap();
    let run = init(&ws);
    assert!(
        !run.stdout.contains('\u{1b}')
            && run.stdout.contains("not looked at, for the characters in their names"),
        "{}",
        run.stdout
    );
    insta::assert_snapshot!(suites(&ws), @r##"
    # pytest.
    [suites.unit]
    names   = ["pytest"]
    cwd     = "it's \"x\" [y] #"
    command = "python3 -m pytest -o junit_family=xunit1 --junitxml={out}/junit.xml"
    single  = "python3 -m pytest -o junit_family=xunit1 --junitxml={out}/junit.xml {test}"   # one test, for replays
    reader  = "pytest"
    results = "{out}/junit.xml"
    timeout = "10m"
    "##);
}
