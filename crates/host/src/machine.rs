//! Facts about the machine: what a run's record and the checks before a start need.

use crate::files::{ReadError, io_error};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tollgate_text::show::show;

/// The operating system: `linux`, `macos`.
pub fn os_name() -> &'static str {
    std::env::consts::OS
}

/// The processor: `x86_64`, `aarch64`.
pub fn arch() -> &'static str {
    std::env::consts::ARCH
}

/// The kernel's release, as `uname -r` shows it.
pub fn kernel_release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

/// Cores that tollgate may use: affinity and control groups counted, at least 1.
pub fn cpus() -> u64 {
    std::thread::available_parallelism().map_or(1, |n| n.get() as u64)
}

/// Bytes that an ordinary user may still write to the file system of a folder. A folder that is not there yet is judged by
/// the nearest one above it.
pub fn free_bytes(dir: &Path) -> Result<u64, ReadError> {
    let mut at = dir;
    loop {
        let here = if at.as_os_str().is_empty() { Path::new(".") } else { at };
        match rustix::fs::statvfs(here) {
            Ok(found) => return Ok(found.f_bavail.saturating_mul(found.f_frsize)),
            Err(rustix::io::Errno::NOENT) if at.parent().is_some() => at = at.parent().unwrap_or(here),
            Err(error) => return Err(io_error(&show(&dir.display().to_string()), &error.into())),
        }
    }
}

/// Where a program stands: the first executable regular file of that name in the folders of `path` (the value of `PATH`);
/// a name with a `/` is looked up from `dir`.
pub fn find_program(name: &str, path: &OsStr, dir: &Path) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if name.contains('/') {
        return Some(dir.join(name)).filter(|p| is_executable(p));
    }
    // An empty entry is the current folder (POSIX), and so is one that is relative.
    std::env::split_paths(path).map(|folder| dir.join(folder).join(name)).find(|p| is_executable(p))
}

/// The folders of `path` (the value of `PATH`) that are absolute and do not lie in `dir`, links resolved: in the others
/// whoever writes to `dir` decides what a name stands for. A folder that is not there is left out.
pub fn outside_folders(path: &OsStr, dir: &Path) -> Vec<PathBuf> {
    let outside = |folder: &PathBuf| {
        folder.is_absolute() && std::fs::canonicalize(folder).is_ok_and(|real| !real.starts_with(dir))
    };
    std::env::split_paths(path).filter(outside).collect()
}

/// Whether it is a regular file that may be executed.
pub fn is_executable(path: &Path) -> bool {
    let file = std::fs::metadata(path).is_ok_and(|m| m.is_file());
    file && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_there() {
        assert!(!kernel_release().is_empty() && cpus() >= 1 && !arch().is_empty());
        assert!(["linux", "macos"].contains(&os_name()));
        assert!(free_bytes(Path::new("/")).is_ok());
        let dir = tempfile::tempdir().unwrap();
        assert!(free_bytes(&dir.path().join("not/there/yet")).is_ok());
    }

    #[test]
    fn a_program_is_an_executable_file_in_the_order_of_the_path() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        for (name, mode) in [("a/tool", 0o644), ("b/tool", 0o755), ("c/tool", 0o755)] {
            let file = dir.path().join(name);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(&file, "").unwrap();
            fs_err::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        fs_err::create_dir_all(dir.path().join("a/folder")).unwrap();
        let path = std::env::join_paths(["a", "b", "c"].map(|n| dir.path().join(n))).unwrap();
        let find = |name| find_program(name, &path, dir.path());
        assert_eq!(find("tool"), Some(dir.path().join("b/tool")));
        assert_eq!(find("./c/tool"), Some(dir.path().join("./c/tool")));
        assert_eq!(find("a/tool"), None);
        assert_eq!((find("folder"), find("nothing"), find("")), (None, None, None));
    }
}
