//! The free text of what is shown: every report and answer says itself which of its fields hold any, so that masking knows no
//! document and forgets no field.

use super::masker::{Masker, Masks};
use std::collections::BTreeMap;
use std::ops::Deref;

/// What holds text that came from elsewhere: evidence, commands, waivers, what a person typed.
pub trait FreeText {
    /// Shows each text. Keys, ids, names of suites, statuses, digests and numbers are our own and stay.
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String));
}

impl FreeText for String {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        see(self);
    }
}

impl<T: FreeText> FreeText for Option<T> {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|text| text.each_text(see));
    }
}

impl<T: FreeText> FreeText for Vec<T> {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|text| text.each_text(see));
    }
}

impl<T: FreeText, const N: usize> FreeText for [T; N] {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|text| text.each_text(see));
    }
}

/// Keys stay: they are ids.
impl<K, T: FreeText> FreeText for BTreeMap<K, T> {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        self.values_mut().for_each(|text| text.each_text(see));
    }
}

impl<A: FreeText, B: FreeText> FreeText for (A, B) {
    fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
        self.0.each_text(see);
        self.1.each_text(see);
    }
}

/// `FreeText` for a struct: the fields that hold text, then those that are its own. Each field must stand in one of the lists, so
/// that a new one is thought about.
#[macro_export]
macro_rules! free_text {
    ($type:ty { $($text:ident),* $(,)? ; $($own:ident),* $(,)? }) => {
        impl $crate::redact::FreeText for $type {
            fn each_text(&mut self, see: &mut dyn FnMut(&mut String)) {
                let Self { $($text,)* $($own: _,)* } = self;
                $($crate::redact::FreeText::each_text($text, see);)*
                // Of what holds no text nothing is shown.
                let _ = see;
            }
        }
    };
}

/// A report or an answer whose free text is masked. What is shown takes one of these, and nothing else makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked<T> {
    value: T,
    masks: Masks,
}

impl<T: FreeText> Masked<T> {
    /// Masks every text of it.
    pub fn new(mut value: T, masker: &Masker) -> Masked<T> {
        let mut masks = Masks::default();
        value.each_text(&mut |text| masks += masker.hide_shown(text));
        Masked { value, masks }
    }
}

impl<T> Masked<T> {
    /// How much was masked.
    pub fn masks(&self) -> Masks {
        self.masks
    }

    /// Adds what is our own word and holds no text of others.
    pub fn adding(mut self, add: impl FnOnce(&mut T, Masks)) -> Masked<T> {
        add(&mut self.value, self.masks);
        self
    }
}

impl<T> Deref for Masked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row {
        id: String,
        said: Vec<Option<String>>,
        more: BTreeMap<String, (String, String)>,
    }

    free_text!(Row { said, more; id });

    #[test]
    fn texts_are_masked_and_ids_stay() {
        let masker = Masker::new([("A_TOKEN", "hunter2")], |_| false).unwrap();
        let text = || "hunter2".to_string();
        let more = BTreeMap::from([(text(), (text(), "x".into()))]);
        let row = Masked::new(Row { id: text(), said: vec![None, Some(text())], more }, &masker);
        assert_eq!((row.id.as_str(), &row.said), ("hunter2", &vec![None, Some("[masked]".to_string())]));
        assert_eq!(row.more[&text()], ("[masked]".to_string(), "x".to_string()));
        assert_eq!(row.masks(), Masks { masked: 2, allowed: 0 });
        let added = row.adding(|row, masks| row.id = masks.masked.to_string());
        assert_eq!(added.id, "2");
    }
}
