"""A disk that is full, for tests: a file system of a few kilobytes where one may be mounted."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest


@contextmanager
def tiny_disk(folder, kilobytes, files=1000):
    """Mount a file system of so many kilobytes and files; skip where that is not allowed."""
    folder.mkdir()
    size = f"size={kilobytes}k,nr_inodes={files + 1}"
    options = ["-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a tiny disk needs Linux and root")
    mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no tiny disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
