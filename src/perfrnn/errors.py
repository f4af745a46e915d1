"""Errors that a user can mend; everything else is a bug and keeps its traceback."""


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
