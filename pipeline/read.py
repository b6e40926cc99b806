"""The files of the inbox, what stands in archives too, each into a submission; none of them stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pipeline.cache_records import Place
from pipeline.collecting import seldom_collected
from pipeline.engine import LOCAL, Engine, chosen
from pipeline.guard import Inspection, inspect
from pipeline.read_again import Reader, read_again
from pipeline.read_apart import read_apart
from pipeline.read_book import UnreadableError
from pipeline.read_files import ArchiveError, File, archive_of, inbox_files, refused, relative, unpacked
from pipeline.read_workbook import read_workbook
from pipeline.submission import Submission
from schemas.form import Forms

UNREACHED = "not-fetched"


def read_inbox(
    inbox: Path, root: Path, forms: Forms, *, again: bool = True, engine: Engine = LOCAL, elsewhere: str = ""
) -> list[Submission]:
    """Every file below ``inbox``, in the order of their paths; what cannot be read is quarantined with its reason.

    Unless it is to be read ``again``, what was kept of a file of the same name and content will do. The files may lie
    ``elsewhere``, in a folder or at a store's URL. Raises :class:`pipeline.errors.StoreError`.
    """
    files, folders = inbox_files(inbox, root, forms, elsewhere)
    place = None if again else Place(root, inbox.name, forms)
    read = read_named(files, place, engine)
    if any(one.reason == UNREACHED for one in read):
        # The store itself may be out of reach: then nothing is known of any file.
        files, folders = inbox_files(inbox, root, forms, elsewhere)
        read = read_named(files, place, engine)
    return read + [refused(file, b"", "not-a-file") for file in folders]


def read_files(
    files: Iterable[Path], root: Path, forms: Forms, place: Place | None = None, engine: Engine = LOCAL
) -> list[Submission]:
    """These files, and for an archive those in it; ``root`` is the folder that their names are relative to.

    The path of one file in an archive gives that one. What is kept in a ``place`` is not read again.
    """
    return read_named([File(path, relative(path, root), forms) for path in files], place, engine)


def read_named(files: Sequence[File], place: Place | None = None, engine: Engine = LOCAL) -> list[Submission]:
    """As :func:`read_files`, of files that have their names already."""
    with seldom_collected():
        if place is None:
            read = read_apart(files, _read, engine, chosen(engine, len(files)))
        else:
            read = read_again(files, place, Reader(_read, _read_content, _unread, _was_read), engine)
        return list(chain.from_iterable(read))


def _was_read(found: Sequence[Submission]) -> bool:
    return all(one.reason != UNREACHED for one in found)


def _read(file: File) -> list[Submission]:
    if isinstance(file.path, Path):
        archive = archive_of(file.path)
        if file.member is None and archive != file.path:
            inside = file.path.relative_to(archive).as_posix()
            whole = replace(file, path=archive, name=file.name.removesuffix(f"/{inside}"))
            return [submission for submission in _read(whole) if submission.file == file.name]
    try:
        data = file.read()
    except OSError:
        return [_unread(file)]
    return _read_content(file, data)


def _unread(file: File) -> Submission:
    """A file that is there and gives no content: one of a disk is broken, that of a store need not be."""
    return refused(file, b"", "damaged" if isinstance(file.path, Path) else UNREACHED)


def _read_content(file: File, data: bytes) -> list[Submission]:
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
