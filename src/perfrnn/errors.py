"""Errors that a user can mend; everything else is a bug and keeps its traceback."""

import errno
import os


class PerfRNNError(Exception):
    """Base of all expected errors.

    The message is one line that names the file or config key at fault and says how to mend it.
    """


class ConfigError(PerfRNNError):
    """A config value is unknown, of the wrong type or out of range."""


class CorpusError(PerfRNNError):
    """A corpus as a whole cannot be used: nothing fetched, nothing converted, nothing to split."""


class BadFileError(PerfRNNError):
    """One source file cannot be used; its message is the reason given in the quarantine table."""


class SettingError(PerfRNNError):
    """A setting of samples is wrong, or not for this model."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"`{setting}`: {problem}")
        self.setting, self.problem = setting, problem


_AGAIN = "then run the same command again"

STORAGE_MENDS = {
    errno.ENOSPC: f"make room on that disk, {_AGAIN}",
    errno.EDQUOT: f"make room within your quota, {_AGAIN}",
    errno.EFBIG: f"raise the limit on the size of files (ulimit -f), {_AGAIN}",
    errno.EROFS: "nothing can be written there; choose another folder",
    errno.EACCES: f"change its permissions or choose another place, {_AGAIN}",
    errno.EPERM: f"change its permissions or choose another place, {_AGAIN}",
}
"""What the user does about an error of the file system, by its number."""


def storage_fault(error: OSError) -> str | None:
    """Return one line about a disk that is full or out of bounds; None for any other error.

    The line names the file, the reason and the mend. Of a copy it names the target.
    """
    if error.errno not in STORAGE_MENDS:
        return None
    is_copy = error.filename2 is not None and error.errno != errno.EACCES
    name = error.filename2 if is_copy else error.filename
    place = "a temporary file" if name is None else os.fsdecode(name)
    return f"{place}: {os.strerror(error.errno)}; {STORAGE_MENDS[error.errno]}"
