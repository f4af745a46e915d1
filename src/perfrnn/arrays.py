"""Arrays in one uncompressed .npz, of which the large ones stay on the disk.

A mapped file's pages count as memory of the process that has touched them, until the system wants
them back: random access would make a training as large as its corpus. So slices are read.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
import weakref
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from perfrnn.files import atomic

_LOCAL_HEADER = 30
"""Bytes of a member's header in a zip file before its name (PKWARE, "APPNOTE.TXT", 4.3.7)."""


class Sliced(Protocol):
    """A one-dimensional array, or what reads as one slice by slice."""

    def __len__(self) -> int:
        """Return the number of values."""

    def __getitem__(self, part: slice, /) -> np.ndarray:
        """Return the values of a slice whose step is 1."""


class _Shared:
    """An open file that is closed when the last of those who read it is gone."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        weakref.finalize(self, file.close)


class StoredArray:
    """A one-dimensional array in a file, of which only what is asked for is read."""

    def __init__(self, shared: _Shared, place: int, dtype: np.dtype, length: int) -> None:
        """Take an open file, where in it the array begins (bytes), and what it holds."""
        self._shared, self._place = shared, place
        self._dtype, self._length = dtype, length

    def __len__(self) -> int:
        """Return the number of values."""
        return self._length

    def __getitem__(self, part: slice) -> np.ndarray:
        """Return the values of a slice whose step is 1.

        Raises
        ------
        ValueError
            If the file ends before the slice.
        """
        start, stop, _ = part.indices(self._length)
        count, size = max(0, stop - start), self._dtype.itemsize
        # Any thread may read, at any place: the file's own position takes no part.
        data = os.pread(self._shared.file.fileno(), count * size, self._place + start * size)
        if len(data) < count * size:
            raise ValueError("it ends too soon")
        return np.frombuffer(data, self._dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process open the file for itself."""
        return _open_again, (self._shared.file.name, self._place, self._dtype, self._length)

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """Return all of it."""
        return self[:].astype(dtype or self._dtype)


def _open_again(path: str, place: int, dtype: np.dtype, length: int) -> StoredArray:
    return StoredArray(_Shared(Path(path).open("rb")), place, dtype, length)


class Spool:
    """An array that is made piece by piece, in a temporary file until it is saved."""

    def __init__(self, folder: Path, dtype: np.dtype | type) -> None:
        """Take the folder for the temporary file, which nobody else sees."""
        folder.mkdir(parents=True, exist_ok=True)
        self._shared = _Shared(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - _Shared closes it
        self._file = self._shared.file
        self.dtype = np.dtype(dtype)
        self._length = 0

    def __len__(self) -> int:
        """Return the number of values so far."""
        return self._length

    def append(self, values: np.ndarray) -> None:
        """Add values at the end."""
        self._file.write(np.ascontiguousarray(values, self.dtype).tobytes())
        self._length += len(values)

    def stored(self) -> StoredArray:
        """Return what is there, to be read slice by slice."""
        self._file.flush()
        return StoredArray(self._shared, 0, self.dtype, self._length)

    def copy_to(self, file: IO[bytes]) -> None:
        """Write what is there as numpy writes an array."""
        header = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self._length,),
        }
        np.lib.format.write_array_header_1_0(file, header)
        self._file.seek(0)
        shutil.copyfileobj(self._file, file, 1 << 20)
        self._file.seek(0, os.SEEK_END)


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray | Spool]) -> None:
    """Write arrays by name as an uncompressed .npz; equal arrays give equal bytes."""
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, values in arrays.items():
            # An entry of this name alone has no time in it.
            member = zipfile.ZipInfo(f"{name}.npy")
            with archive.open(member, "w", force_zip64=True) as file:
                if isinstance(values, Spool):
                    values.copy_to(file)
                else:
                    np.lib.format.write_array(file, np.asarray(values), allow_pickle=False)


def open_arrays(path: str | Path, *, stored: str) -> dict[str, np.ndarray | StoredArray]:
    """Return the arrays of an .npz by name; the one called `stored` is left on the disk.

    A compressed array is loaded.

    Raises
    ------
    ValueError, zipfile.BadZipFile
        If the file is damaged.
    """
    arrays: dict[str, np.ndarray | StoredArray] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name == stored and member.compress_type == zipfile.ZIP_STORED:
                arrays[name] = _stored(Path(path), archive, member)
            else:
                with archive.open(member) as file:
                    arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays


def _stored(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> StoredArray:
    with archive.open(member) as content:
        if np.lib.format.read_magic(content) != (1, 0):
            raise ValueError(f"{member.filename} is of another version of numpy's format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(content)
        header = content.tell()
    file = path.open("rb")
    lengths = os.pread(file.fileno(), 4, member.header_offset + _LOCAL_HEADER - 4)
    name, extra = struct.unpack("<HH", lengths)
    place = member.header_offset + _LOCAL_HEADER + name + extra + header
    return StoredArray(_Shared(file), place, dtype, *shape)
