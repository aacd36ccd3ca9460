//! git, asked through its command line; nothing of a repository is ever executed.
