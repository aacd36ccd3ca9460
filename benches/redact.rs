//! `cargo bench --bench redact`: masking of output without secrets, and of output full of what almost are some.
#![expect(clippy::unwrap_used, reason = "a bench that cannot prepare its input has nothing to measure")]

use divan::{Bencher, black_box, counter::BytesCount};
use tollgate::base::redact::Masker;

fn masker() -> Masker {
    let values = ["hunter2hunter2", "a-long-value-of-some-password", "0123456789abcdef0123456789abcdef"];
    Masker::new(values.map(|v| ("A_TOKEN", v))).unwrap()
}

fn run(bencher: Bencher<'_, '_>, line: &str) {
    let masker = masker();
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

fn main() {
    divan::main();
}
