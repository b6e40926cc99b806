"""Files read apart from this process: a batch at a time, by whoever is asked to."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pipeline.cache_program import program_key
from pipeline.cluster import NotTheSameError
from pipeline.collecting import seldom_collected
from pipeline.packed import Packet, dumped, packed
from pipeline.read_files import File, archive_of, refused
from pipeline.stores import Stored
from pipeline.submission import Submission
from schemas.form import Forms

Read = Callable[[File], list[Submission]]
"""Reads one file; a function of a module, so that another process knows it by its name."""

Answer = list[bytes | None]
"""What :func:`read_batch` made of a batch, or of each of its files; ``None`` for one that no process survived."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the files: the path, or place in a store, and the name of each, its size and time in whoever asks.

    ``forms`` are pickled and deflated; ``program`` is the key of the program that asks, empty where there is no other.
    """

    files: tuple[tuple[str | Stored, str], ...]
    seen: tuple[tuple[int, int], ...]
    forms: bytes
    read: Read
    program: bytes = b""

    def here(self) -> Batch:
        """The same for a process of this machine and program."""
        return replace(self, program=b"")


def batches(files: Sequence[File], read: Read, size: int, program: bytes = b"") -> list[Batch]:
    """These files, at most ``size`` at a time, in their order. None of them lies in memory."""
    if not files:
        return []
    forms = zlib.compress(dumped(files[0].forms), 1)
    return [_batch(files[i : i + size], forms, read, program) for i in range(0, len(files), size)]


def alone(batch: Batch) -> list[Batch]:
    """Its files one by one."""
    return [
        Batch((file,), (seen,), batch.forms, batch.read, batch.program)
        for file, seen in zip(batch.files, batch.seen, strict=True)
    ]


def read_batch(batch: Batch) -> bytes:
    """What stands in its files, packed. Raises :class:`pipeline.cluster.NotTheSameError`."""
    if batch.program and batch.program != program_key():
        raise NotTheSameError
    if batch.program and batch.seen != tuple(_seen(_now(_place(path))) for path, _ in batch.files):
        raise NotTheSameError
    forms = _forms(batch.forms)
    with seldom_collected():
        return dumped(packed([batch.read(File(_place(path), name, forms)) for path, name in batch.files]))


def received_back(answer: bytes) -> Packet:
    """What :func:`read_batch` packed; it comes from a process of ours."""
    packet: Packet = pickle.loads(answer)
    return packet


def stopped(file: File) -> list[Submission]:
    """A file that no process survived, quarantined."""
    whole = replace(file, path=archive_of(file.path)) if isinstance(file.path, Path) else file
    return [refused(whole, _content(whole), "reader-stopped")]


def _batch(files: Sequence[File], forms: bytes, read: Read, program: bytes) -> Batch:
    # A path of one system is none of another; a place in a store is the same everywhere.
    named = tuple((file.path if isinstance(file.path, Stored) else str(file.path), file.name) for file in files)
    return Batch(named, tuple(_seen(file.path) for file in files), forms, read, program)


def _place(path: str | Stored) -> Path | Stored:
    return path if isinstance(path, Stored) else Path(path)


def _now(place: Path | Stored) -> Path | Stored:
    """What can be asked how it is at this moment; a store is asked, and what it does not answer for is gone."""
    if isinstance(place, Path):
        return place
    try:
        return place.now()
    except OSError:
        return replace(place, size=-1, changed=-1)


def _seen(path: Path | Stored) -> tuple[int, int]:
    if isinstance(path, Stored):
        return (path.size, path.changed)
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)


def _content(file: File) -> bytes:
    try:
        return file.read()
    except OSError:
        return b""


@lru_cache(maxsize=2)
def _forms(deflated: bytes) -> Forms:
    forms: Forms = pickle.loads(zlib.decompress(deflated))
    return forms
