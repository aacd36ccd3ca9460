//! What cargo may still say of a binary that is over.

/// What is known of the end of the last binary, until another one begins: cargo may still say more of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Last {
    /// It came to its end, or there was none.
    #[default]
    Ended,
    /// It broke off.
    BrokeOff,
    /// Cargo's last word was that it failed. `broke_off`: it broke off before.
    Failed { broke_off: bool },
}

impl Last {
    fn broke_off(self) -> bool {
        matches!(self, Last::BrokeOff | Last::Failed { broke_off: true })
    }

    /// Cargo says that it failed.
    pub(super) fn failed(self) -> Last {
        Last::Failed { broke_off: self.broke_off() }
    }

    /// Cargo goes on to something else.
    pub(super) fn passed_over(self) -> Last {
        if self.broke_off() { Last::BrokeOff } else { Last::Ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_it_broke_off_is_known_until_another_one_begins() {
        assert_eq!(Last::Ended.failed().passed_over(), Last::Ended);
        assert_eq!(Last::BrokeOff.failed().failed().passed_over(), Last::BrokeOff);
        assert_eq!(Last::BrokeOff.passed_over(), Last::BrokeOff);
    }
}
