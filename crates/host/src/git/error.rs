//! Why git gave no answer.

/// Why git gave no answer. `Display` is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// The folder is in no repository.
    #[error("{0} is in no git repository")]
    NoRepository(String),
    /// The repository belongs to another user, so git refuses to look at it.
    #[error(
        "{top} belongs to another user, and git looks into no such repository; where you trust it: {command}"
    )]
    Owner {
        /// The repository's top folder.
        top: String,
        /// The command that makes git trust it.
        command: String,
    },
    /// The ref is not one, or names nothing.
    #[error("`{name}` is not a ref of the repository: {why}")]
    Ref {
        /// As it was given, escaped.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The name is that of several commits.
    #[error("`{name}` is the name of more than one thing: {meanings}; write {whole}")]
    Ambiguous {
        /// As it was given, escaped.
        name: String,
        /// What it can mean, and the commit of each.
        meanings: String,
        /// What to write instead.
        whole: String,
    },
    /// git is not there, or refuses.
    #[error("git {0}")]
    Failed(String),
    /// What is called `.git` is no repository that can be believed.
    #[error("{path} is not taken for a repository: {why}")]
    Unbelieved {
        /// The `.git` meant.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A symbolic link or a submodule of the commit, at a path or on the way to it.
    #[error(
        "{path} is {what}, and what it leads to is not of that commit; the files themselves must stand there"
    )]
    LeadsAway {
        /// The link or submodule, from the repository's top folder.
        path: String,
        /// What it is.
        what: &'static str,
    },
}
