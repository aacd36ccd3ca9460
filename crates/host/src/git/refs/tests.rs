use super::*;
use tollgate_testing::git;

/// A repository with two commits: `main` is the first, the checkout the second.
fn two() -> (tempfile::TempDir, Repository, [String; 2]) {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["commit", "-q", "--allow-empty", "-m", "one"]);
    let one = git(dir.path(), &["rev-parse", "HEAD"]);
    git(dir.path(), &["checkout", "-q", "-b", "pr"]);
    git(dir.path(), &["commit", "-q", "--allow-empty", "-m", "two"]);
    let two = git(dir.path(), &["rev-parse", "HEAD"]);
    let repository = Repository::find(dir.path()).unwrap();
    (dir, repository, [one, two])
}

#[test]
fn what_has_one_meaning_is_taken() {
    let (dir, repository, [one, two]) = two();
    git(dir.path(), &["tag", "-a", "-m", "x", "v1", "main"]);
    git(dir.path(), &["tag", "-a", "-m", "x", "of-a-tag", "v1"]);
    git(dir.path(), &["update-ref", "refs/remotes/origin/dev", &one]);
    // Of the same name, and of the same commit.
    git(dir.path(), &["tag", "main", "main"]);
    for name in [
        "main",
        "heads/main",
        "refs/heads/main",
        "v1",
        "tags/v1",
        "of-a-tag",
        "v1^{}",
        "v1^{commit}~0",
        "origin/dev",
        "HEAD~1",
        "HEAD^",
        "pr^1",
        "@~",
        &one,
        &one[..8],
        &one[..8].to_uppercase(),
        &format!("{}~1", &two[..10]),
    ] {
        assert_eq!(repository.resolve(name), Ok(one.clone()), "{name}");
    }
    assert_eq!(repository.resolve("HEAD"), Ok(two.clone()));
    assert_eq!(repository.resolve(&format!("{two}^{{commit}}")), Ok(two));
}

#[test]
fn a_name_of_two_commits_is_refused_with_both() {
    let shadows: [(&str, &str, &str); 6] = [
        ("main", "refs/tags/main", "refs/heads/main"),
        ("main", "refs/main", "refs/heads/main"),
        ("main", "refs/remotes/main", "refs/heads/main"),
        ("main", "refs/remotes/main/HEAD", "refs/heads/main"),
        ("origin/main", "refs/tags/origin/main", "refs/remotes/origin/main"),
        ("origin/main", "refs/heads/origin/main", "refs/remotes/origin/main"),
    ];
    for (name, shadow, meant) in shadows {
        let (dir, repository, [one, two]) = two();
        git(dir.path(), &["update-ref", meant, &one]);
        assert_eq!(repository.resolve(name), Ok(one.clone()), "{name}");
        git(dir.path(), &["update-ref", shadow, &two]);
        let said = repository.resolve(name).unwrap_err().to_string();
        for part in [shadow, meant, &one, &two, "write `refs/"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(repository.resolve(&format!("{name}~0")).unwrap_err().to_string().contains(meant));
        assert_eq!(repository.resolve(meant), Ok(one), "by its whole name");
    }
}

#[test]
fn a_file_of_the_git_folder_is_no_ref_beside_one() {
    let (dir, repository, [one, two]) = two();
    let put = |name: &str, text: &str| {
        crate::files::write_atomic(&dir.path().join(".git").join(name), text.as_bytes()).unwrap();
    };
    for text in [format!("{two}\n"), "ref: refs/heads/pr\n".into()] {
        put("main", &text);
        let said = repository.resolve("main").unwrap_err().to_string();
        assert!(said.contains("main of the git folder") && said.contains("`refs/heads/main`"), "{said}");
        assert_eq!(repository.resolve("refs/heads/main"), Ok(one.clone()));
        put("alone", &text);
        assert!(repository.resolve("alone").unwrap_err().to_string().contains("no commit is known"));
    }
    put("FETCH_HEAD", &format!("{one}\t\tbranch 'main' of x\n"));
    assert_eq!(repository.resolve("FETCH_HEAD"), Ok(one));
    git(dir.path(), &["update-ref", "refs/tags/FETCH_HEAD", &two]);
    assert!(repository.resolve("FETCH_HEAD").unwrap_err().to_string().contains("refs/tags/FETCH_HEAD"));
}

#[test]
fn a_ref_that_is_called_like_an_object_is_neither() {
    let (dir, repository, [one, two]) = two();
    let short = &one[..9];
    git(dir.path(), &["update-ref", &format!("refs/heads/{short}"), &two]);
    let said = repository.resolve(short).unwrap_err().to_string();
    assert!(said.contains(&format!("object {one}")) && said.contains("refs/heads/"), "{said}");
    // A whole name is the object, whatever is called so, and is nothing where there is no such object.
    git(dir.path(), &["update-ref", &format!("refs/heads/{one}"), &two]);
    assert_eq!(repository.resolve(&one), Ok(one));
    let nobody = "1".repeat(40);
    git(dir.path(), &["update-ref", &format!("refs/heads/{nobody}"), &two]);
    assert!(repository.resolve(&nobody).unwrap_err().to_string().contains("no commit is known"));
}

#[test]
fn searches_logs_and_files_are_no_names() {
    let (dir, repository, _) = two();
    git(dir.path(), &["commit", "-q", "--allow-empty", "-m", "main"]);
    for name in [
        ":/main",
        "main^{/one}",
        "HEAD@{1}",
        "@{-1}",
        "main:x",
        "main..pr",
        "ma*",
        "refs/heads/ma?n",
        "^main",
        "~1",
        "main^{tree}",
        "main^{com^{}mit}",
    ] {
        let said = repository.resolve(name).unwrap_err().to_string();
        assert!(said.contains("is no name of a branch, tag or commit"), "{name}: {said}");
    }
    assert!(repository.resolve("main~7").is_err());
    assert!(repository.resolve("heads").is_err() && repository.resolve("refs/heads").is_err());
    // A tag of something else than a commit does not hide that it is there.
    let blob = git(dir.path(), &["hash-object", "-w", "-t", "blob", "/dev/null"]);
    git(dir.path(), &["update-ref", "refs/tags/main", &blob]);
    assert!(repository.resolve("main").unwrap_err().to_string().contains("refs/tags/main (no commit)"));
}
