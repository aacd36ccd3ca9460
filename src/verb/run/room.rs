//! The folder of a run, and whether there is room in it.

use super::request::RunRequest;
use tollgate_flow::error::Error;
use tollgate_flow::ground::Ground;
use tollgate_host::machine;
use tollgate_host::record::Folder;

/// Bytes that must be free where the run folder stands.
const HEADROOM: u64 = 64 << 20;

/// The folder of a new run, where there is room for one.
pub(super) fn new_folder(ground: &Ground, request: &RunRequest<'_>) -> Result<Folder, Error> {
    let made = request.out.is_none_or(|out| !out.exists());
    let folder = match request.out {
        Some(out) => Folder::create(&ground.root, out),
        None => Folder::create_default(&ground.root, &ground.settings.results, request.now),
    };
    let folder = folder.map_err(|e| Error::of_folder(&e))?;
    let free = machine::free_bytes(folder.dir()).ok();
    with_headroom(folder, made, free)
}

/// The folder where there is room for a run; else it is taken away again, if it was made for this one.
fn with_headroom(folder: Folder, made: bool, free: Option<u64>) -> Result<Folder, Error> {
    let room = headroom(free);
    if room.is_err() && made {
        folder.discard();
    }
    room.map(|()| folder)
}

/// A full disk in the middle of a run leaves logs cut short: better to say so before.
pub(super) fn headroom(free: Option<u64>) -> Result<(), Error> {
    match free {
        Some(free) if free < HEADROOM => Err(Error::Work(format!(
            "{} MiB are free where the run folder stands, fewer than the {} that a run needs",
            free >> 20,
            HEADROOM >> 20
        ))),
        // Where the system does not say, the first failing write will.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_flow::error::exit;
    use tollgate_host::files::Root;

    #[test]
    fn a_folder_without_room_is_taken_away_again_if_it_was_made_for_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let folder = |name: &str| Folder::create(&root, &dir.path().join(name)).unwrap();
        assert!(with_headroom(folder("a"), true, Some(HEADROOM)).is_ok());
        assert!(with_headroom(folder("b"), true, None).is_ok());
        let error = with_headroom(folder("c"), true, Some(HEADROOM - 1)).unwrap_err();
        assert_eq!(error.exit_code(), exit::WORK);
        assert!(with_headroom(folder("d"), false, Some(0)).is_err());
        let there = |name: &str| dir.path().join(name).exists();
        assert_eq!(["a", "b", "c", "d"].map(there), [true, true, false, true]);
    }
}
