//! `cargo bench --bench redact`: masking of output without secrets, and of output full of what almost are some.
#![expect(clippy::unwrap_used, reason = "a bench that cannot prepare its input has nothing to measure")]

use divan::{Bencher, black_box, counter::BytesCount};
use tollgate_text::redact::Masker;

const VALUES: [&str; 3] =
    ["hunter2hunter2", "a-long-value-of-some-password", "0123456789abcdef0123456789abcdef"];

fn run(bencher: Bencher<'_, '_>, line: &str) {
    with(bencher, &VALUES, line);
}

fn with(bencher: Bencher<'_, '_>, values: &[&str], line: &str) {
    let masker = Masker::new(values.iter().map(|v| ("A_TOKEN", *v)), |_| false).unwrap();
    let block: Vec<u8> = line.bytes().cycle().take(64 << 10).collect();
    bencher.counter(BytesCount::new(block.len() * 64)).bench(|| {
        let mut stream = masker.stream();
        for _ in 0..64 {
            stream.push(black_box(&block), &mut |part| {
                black_box(part);
            });
        }
        stream.finish(&mut |_| {});
        black_box(stream.masked())
    });
}

#[divan::bench]
fn tests_that_pass(bencher: Bencher<'_, '_>) {
    run(bencher, "test store::tests::a_value_is_found_by_its_name_and_by_nothing_else ... ok\n");
}

#[divan::bench]
fn almost_secrets(bencher: Bencher<'_, '_>) {
    run(bencher, "task-runner disk-usage npm_config eyJust Bearer of sk-ort names ----- ghp_ hunter\n");
}

/// A value that writers escape: what holds an escape is looked at twice.
const SPECIAL: [&str; 2] = ["pa&ss<word>99", "hunter2hunter2"];

#[divan::bench]
fn passing_beside_a_value_that_is_escaped(bencher: Bencher<'_, '_>) {
    with(bencher, &SPECIAL, "test store::tests::a_value_is_found_by_its_name_and_by_nothing_else ... ok\n");
}

#[divan::bench]
fn escapes_everywhere(bencher: Bencher<'_, '_>) {
    let line = r#"{"Action":"output","Package":"a","Test":"TestA","Output":"\u003e a \u0026amp; \"b\"\n"}"#;
    with(bencher, &SPECIAL, &format!("{line}\n"));
}

fn main() {
    divan::main();
}
