//! Which commit a name stands for. One short name can be that of a tag, of branches here and elsewhere, of a file in the git
//! folder and the beginning of an object's name, and git takes the first without asking. What a change or a clone brings must
//! not come before what was meant: a name that can mean two commits means none.

use super::error::GitError;
use super::{Repository, hex, line, start};
use tollgate_text::show::show;

/// Digits that the name of an object may be cut down to.
const SHORTEST: usize = 4;
/// How many digits whole names of objects have: SHA-1, SHA-256.
const WHOLE: [usize; 2] = [40, 64];
/// What `for-each-ref` says of each ref: its name, what it leads to, and what a tag leads to.
const SAID: &str = "--format=%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)";

/// What a name can mean.
struct Meaning {
    /// The whole name of a ref, or what else it is.
    what: String,
    /// `None` where it is no commit.
    commit: Option<String>,
}

impl Repository {
    /// The commit that `name` stands for, as hex: a branch or tag that nothing else is called, the whole name of a ref, a whole
    /// or abbreviated commit, `HEAD`; behind it `~` and `^`.
    pub fn resolve(&self, name: &str) -> Result<String, GitError> {
        let refuse = |why: String| GitError::Ref { name: shortened(name), why };
        let (base, steps) = split(name).map_err(|why| refuse(why.into()))?;
        let unknown = || refuse("no commit is known by that name; was it fetched?".into());
        let commit = self.meant(name, base)?.ok_or_else(unknown)?;
        if steps.is_empty() {
            return Ok(commit);
        }
        self.commit_of(&format!("{commit}{steps}"))?.ok_or_else(unknown)
    }

    fn commit_of(&self, what: &str) -> Result<Option<String>, GitError> {
        let found = self.quiet(&["rev-parse", "--verify", "--quiet", &format!("{what}^{{commit}}")])?;
        found.map(|text| hex(line(text)?)).transpose()
    }

    /// The one commit that `base` can mean; `None` where it means none.
    fn meant(&self, name: &str, base: &str) -> Result<Option<String>, GitError> {
        let is_hex = base.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex && WHOLE.contains(&base.len()) {
            // It is that commit or none: no ref of the same spelling is looked at, by git neither.
            let found = self.objects(&base.to_ascii_lowercase())?;
            return Ok(found.into_iter().next().and_then(|meaning| meaning.commit));
        }
        let mut meanings = self.refs(base)?;
        if base == "HEAD" {
            meanings.push(Meaning { what: base.into(), commit: self.commit_of(base)? });
        }
        if is_hex && base.len() >= SHORTEST {
            meanings.extend(self.objects(&base.to_ascii_lowercase())?);
        }
        let Some(first) = meanings.first().map(|meaning| meaning.commit.clone()) else {
            // `FETCH_HEAD` and its like: files that git itself writes into its folder.
            let is_gits = base.ends_with("HEAD") && base.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            return if is_gits { self.commit_of(base) } else { Ok(None) };
        };
        if meanings.iter().all(|meaning| meaning.commit == first) {
            // What git itself would take: a file of the git folder comes before every ref.
            let own = self.commit_of(base)?;
            if own.is_none() || own == first {
                return Ok(first);
            }
            meanings.push(Meaning { what: format!("{} of the git folder", show(base)), commit: own });
        }
        Err(ambiguous(name, &meanings))
    }

    /// The refs that can be meant by it.
    fn refs(&self, base: &str) -> Result<Vec<Meaning>, GitError> {
        let whole: Vec<String> = match base.starts_with("refs/") {
            true => vec![base.into()],
            false => ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
                .iter()
                .map(|folder| format!("{folder}{base}"))
                .chain([format!("refs/remotes/{base}/HEAD")])
                .collect(),
        };
        let mut arguments = vec!["for-each-ref", SAID, "--"];
        arguments.extend(whole.iter().map(String::as_str));
        let asked = start::ask(&self.top, &arguments)?;
        if let Some(broken) = asked.complaint.lines().find(|said| said.contains("ignoring")) {
            return Err(GitError::Failed(format!(
                "cannot read a ref of that name: {}",
                broken.escape_debug()
            )));
        }
        let mut found = Vec::new();
        for said in line(asked.success(&self.top)?)?.lines() {
            let words: Vec<&str> = said.split(' ').collect();
            let Some(what) = words.first().filter(|what| whole.iter().any(|whole| whole == *what)) else {
                continue;
            };
            let commit = match &words[..] {
                [_, "commit", commit, ..] | [_, "tag", _, "commit", commit] => Some(hex((*commit).into())?),
                [_, "tag", ..] => self.commit_of(what)?,
                _ => None,
            };
            found.push(Meaning { what: (*what).into(), commit });
        }
        Ok(found)
    }

    /// The commits, and tags of commits, whose names begin so.
    fn objects(&self, digits: &str) -> Result<Vec<Meaning>, GitError> {
        let listed = start::ask(&self.top, &["rev-parse", &format!("--disambiguate={digits}")])?;
        let listed = listed.success(&self.top)?;
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let told = start::ask_of(&self.top, &["cat-file", "--batch-check"], listed)?.success(&self.top)?;
        let mut found = Vec::new();
        for said in line(told)?.lines() {
            let words: Vec<&str> = said.split(' ').collect();
            let commit = match words[..] {
                [object, "commit", _] => Some(hex(object.into())?),
                [object, "tag", _] => self.commit_of(object)?,
                _ => None,
            };
            if let (Some(object), true) = (words.first(), commit.is_some()) {
                found.push(Meaning { what: format!("object {object}"), commit });
            }
        }
        Ok(found)
    }
}

fn ambiguous(name: &str, meanings: &[Meaning]) -> GitError {
    let say = |meaning: &Meaning| {
        let commit =
            meaning.commit.as_deref().map_or("no commit".into(), |commit| format!("commit {commit}"));
        format!("{} ({commit})", show(&meaning.what))
    };
    let named = |folder: &str| meanings.iter().find(|m| m.what.starts_with(folder));
    let whole = ["refs/heads/", "refs/remotes/", "refs/"].iter().find_map(|folder| named(folder));
    let whole =
        whole.map_or_else(|| "the whole name of the commit".into(), |m| format!("`{}`", show(&m.what)));
    let meanings = meanings.iter().map(say).collect::<Vec<_>>().join(", ");
    GitError::Ambiguous { name: shortened(name), meanings, whole }
}

fn shortened(name: &str) -> String {
    name.chars().take(100).collect::<String>().escape_debug().to_string()
}

/// A name, and the steps from there: `~`, `^`, each with a number, `^{}` and `^{commit}`. A name that begins with `-` is refused, for
/// git would take it for an option, and so is what searches (`:/text`, `^{/text}`), goes by a log (`@{1}`) or names a file.
fn split(name: &str) -> Result<(&str, &str), &'static str> {
    if name.trim().is_empty() {
        return Err("it is empty");
    }
    if name.starts_with('-') {
        return Err("it begins with `-`");
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it holds a space or control character");
    }
    let (base, steps) = name.split_at(name.find(['~', '^']).unwrap_or(name.len()));
    let left = steps.replace("^{commit}", "").replace("^{}", "");
    let is_no_name = base.is_empty() || base.contains("..") || base.contains("@{");
    if is_no_name || base.contains(['*', '?', '[', '\\', ':']) || !left.bytes().all(is_step) {
        return Err("it is no name of a branch, tag or commit with `~` and `^` behind it");
    }
    Ok((if base == "@" { "HEAD" } else { base }, steps))
}

fn is_step(byte: u8) -> bool {
    matches!(byte, b'~' | b'^' | b'0'..=b'9')
}

#[cfg(test)]
mod tests;
