//! Numbers and lengths of time as the command line of several verbs spells them.

use tollgate_flow::error::Error;
use tollgate_host::config::parse_duration;

/// `--jobs`; as many as there are cores where it is not given.
pub fn jobs(asked: Option<usize>) -> Result<usize, Error> {
    match asked {
        Some(0) => Err(Error::Usage("--jobs 0 would run nothing".into())),
        Some(n) => Ok(n),
        None => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
    }
}

/// `--fail-fast`
pub fn fail_fast(asked: Option<u32>) -> Result<Option<u32>, Error> {
    match asked {
        Some(0) => Err(Error::Usage("--fail-fast 0 would run nothing".into())),
        asked => Ok(asked),
    }
}

/// `--timeout`, in seconds.
pub fn timeout(text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(parse_duration).transpose().map_err(|why| Error::Usage(format!("--timeout: {why}")))
}

/// `--max-age`, in seconds.
pub fn max_age(text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(parse_duration).transpose().map_err(|why| Error::Usage(format!("--max-age: {why}")))
}
