//! Whose word a line of a test binary is: its own, or that of a harness that one of its tests ran or printed.

use crate::ingest::collect::{Room, case};
use crate::ingest::fault::ReadFault;
use crate::ingest::libtest::binary::{Binary, Phase};
use crate::ingest::libtest::line::HarnessEnd;
use crate::model::test::{Failure, TestCase, TestStatus};

impl Binary {
    /// Leaves out what a harness within said, where this is its result line: it counts exactly what stands there since it began.
    pub(in crate::ingest) fn ends_inner(&mut self, summary: &HarnessEnd) -> bool {
        let Some(inner) = self.inner.last().copied() else { return false };
        let own = self.draft.reading.cases.get(inner.before..).unwrap_or_default();
        let count = |status| own.iter().filter(|case| case.status == status).count() as u64;
        let agrees = own.len() as u64 == inner.announced
            && summary.fine() == Some(count(TestStatus::Passed))
            && summary.failed == count(TestStatus::Failed)
            && summary.ignored == count(TestStatus::Ignored);
        if agrees {
            self.inner.pop();
            self.draft.keep_only(|nth, _| nth < inner.before);
            (self.phase, self.lists_failures) = (Phase::Running, false);
            self.listed.clear();
        }
        agrees
    }

    /// Leaves out results that a test itself printed, of files that it went through (trybuild: `test tests/ui/a.rs ... ok`): where none
    /// of them failed, and the result line counts exactly the others.
    pub(in crate::ingest) fn leave_out_foreign(&mut self, summary: &HarnessEnd) -> bool {
        let foreign = |case: &TestCase| case.name.contains(['/', '\\']) && !case.name.contains(" - ");
        let own = || self.draft.reading.cases.iter().filter(|case| !foreign(case));
        let count = |status| own().filter(|case| case.status == status).count() as u64;
        let agrees = own().count() as u64 == self.announced
            && summary.fine() == Some(count(TestStatus::Passed))
            && summary.failed == count(TestStatus::Failed)
            && summary.ignored == count(TestStatus::Ignored);
        let failed = |case: &TestCase| foreign(case) && case.status == TestStatus::Failed;
        let fine = agrees && !self.draft.reading.cases.iter().any(failed);
        if fine {
            self.draft.keep_only(|_, case| !foreign(case));
        }
        fine
    }

    /// What the harness lists as failed has failed, whatever its other lines say of it; and so has a binary that it calls failed.
    pub(in crate::ingest) fn hold_to_its_word(
        &mut self,
        room: &mut Room,
        word: Option<bool>,
    ) -> Result<(), ReadFault> {
        for name in std::mem::take(&mut self.listed) {
            let known = self.draft.named(&name);
            let status = known.and_then(|nth| self.draft.reading.cases.get(nth)).map(|case| case.status);
            let shown: String = name.chars().take(200).collect();
            let failure = match status {
                Some(TestStatus::Failed) => continue,
                Some(other) => {
                    self.draft.fault(format!(
                        "it lists `{shown}` among its failures, and shows it as {}",
                        other.name()
                    ));
                    Failure::new("the harness lists it among its failures", "", None)
                }
                None => Failure::new(
                    "the harness lists it among its failures, and shows no result of it",
                    "",
                    None,
                ),
            };
            let nth = match known {
                Some(nth) => nth,
                None => self.draft.push(room, case(name, TestStatus::Failed))?,
            };
            if let Some(case) = self.draft.reading.cases.get_mut(nth) {
                case.status = TestStatus::Failed;
            }
            self.draft.explain(room, nth, failure);
        }
        let red = self.draft.count(&[TestStatus::Failed]) > 0;
        match word {
            Some(false) if !red => {
                self.draft.fault("its result line says FAILED, and none of its tests is shown to fail");
            }
            Some(true) if red => self.draft.fault("its result line says ok, and tests of it failed"),
            _ => {}
        }
        Ok(())
    }
}
