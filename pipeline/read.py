"""The files of the inbox, what stands in archives too, each into a submission; none of them stops the others."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pipeline.guard import Inspection, inspect
from pipeline.read_book import UnreadableError
from pipeline.read_files import ArchiveError, File, archive_of, paths, refused, relative, unpacked
from pipeline.read_workbook import read_workbook
from pipeline.submission import Submission
from schemas.form import Forms

_THREADS = 4
_OBJECTS = 100_000


def read_inbox(inbox: Path, root: Path, forms: Forms) -> list[Submission]:
    """Every file below ``inbox``, in the order of their paths; what cannot be read is quarantined with its reason."""
    found = list(paths(inbox))
    return read_files([path for path in found if path.is_file()], root, forms) + [
        refused(File(path, relative(path, root), forms), b"", "not-a-file") for path in found if path.is_dir()
    ]


def read_files(files: Iterable[Path], root: Path, forms: Forms) -> list[Submission]:
    """These files, and for an archive those in it; ``root`` is the folder that their names are relative to.

    The path of one file in an archive gives that one.
    """
    named = [File(path, relative(path, root), forms) for path in files]
    with _seldom_collected():
        if len(named) < 2:
            return [submission for file in named for submission in _read(file)]
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(chain.from_iterable(pool.map(_read, named)))


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What is read grows and holds no cycles: to look through it for garbage every few hundred objects finds none."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _read(file: File) -> list[Submission]:
    archive = archive_of(file.path)
    if file.member is None and archive != file.path:
        inside = file.path.relative_to(archive).as_posix()
        whole = replace(file, path=archive, name=file.name.removesuffix(f"/{inside}"))
        return [submission for submission in _read(whole) if submission.file == file.name]
    try:
        data = file.read()
    except OSError:
        return [refused(file, b"", "damaged")]
    looked = inspect(data)
    if looked.kind == "zip" and looked.refusal == "not-a-workbook" and file.member is None:
        return _read_archive(file, data, looked)
    if looked.refusal:
        return [refused(file, data, looked.refusal, looked.params)]
    try:
        return [read_workbook(file, data, looked)]
    except UnreadableError:
        return [refused(file, data, "damaged")]


def _read_archive(file: File, data: bytes, looked: Inspection) -> list[Submission]:
    """What stands in a zip of returns; one that holds none, and nothing that is kept beside one, is one fault."""
    try:
        read = [submission for member in unpacked(file, data) for submission in _read(member)]
    except ArchiveError as fault:
        return [refused(file, data, str(fault))]
    known = any(submission.unit or submission.status == "set-aside" for submission in read)
    return read if known else [refused(file, data, looked.refusal, looked.params)]
