"""The files of the inbox, what stands in archives too, each into a submission; none of them stops the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pipeline.cache_returns import Returns, keep_returns, read_before, returns_known
from pipeline.collecting import seldom_collected
from pipeline.engine import LOCAL, Engine, chosen
from pipeline.guard import Inspection, inspect
from pipeline.read_apart import read_apart
from pipeline.read_book import UnreadableError
from pipeline.read_files import ArchiveError, File, archive_of, inbox_files, received, refused, relative, unpacked
from pipeline.read_workbook import read_workbook
from pipeline.submission import Submission
from schemas.form import Forms

UNREACHED = "not-fetched"
_THREADS = 4


def read_inbox(
    inbox: Path, root: Path, forms: Forms, *, again: bool = True, engine: Engine = LOCAL, elsewhere: str = ""
) -> list[Submission]:
    """Every file below ``inbox``, in the order of their paths; what cannot be read is quarantined with its reason.

    Unless it is to be read ``again``, what was kept of a file of the same name and content will do. The files may lie
    ``elsewhere``, in a folder or at a store's URL. Raises :class:`pipeline.errors.StoreError`.
    """
    files, folders = inbox_files(inbox, root, forms, elsewhere)
    before = None if again else returns_known(root, inbox.name, forms)
    read = read_named(files, before, engine)
    if any(one.reason == UNREACHED for one in read):
        # The store itself may be out of reach: then nothing is known of any file.
        files, folders = inbox_files(inbox, root, forms, elsewhere)
        read = read_named(files, None if again else returns_known(root, inbox.name, forms), engine)
    return read + [refused(file, b"", "not-a-file") for file in folders]


def read_files(
    files: Iterable[Path], root: Path, forms: Forms, before: Returns | None = None, engine: Engine = LOCAL
) -> list[Submission]:
    """These files, and for an archive those in it; ``root`` is the folder that their names are relative to.

    The path of one file in an archive gives that one. What was read ``before`` is not read again.
    """
    return read_named([File(path, relative(path, root), forms) for path in files], before, engine)


def read_named(files: Sequence[File], before: Returns | None = None, engine: Engine = LOCAL) -> list[Submission]:
    """As :func:`read_files`, of files that have their names already."""
    with seldom_collected():
        if before is not None:
            apart = chosen(engine, len(files)) != "threads"
            return _read_new_apart(files, before, engine) if apart else _read_new(files, before)
        return list(chain.from_iterable(read_apart(files, _read, engine, chosen(engine, len(files)))))


def _read_new_apart(files: Sequence[File], before: Returns, engine: Engine) -> list[Submission]:
    """As :func:`_read_new`, by an engine that reads its files itself."""

    def known(file: File) -> tuple[str, list[Submission] | None]:
        try:
            content, when = file.version or hashlib.sha256(file.read()).hexdigest(), received(file)
        except OSError:
            return "", None
        return content, read_before(before, file.name, content, when)

    with ThreadPoolExecutor(_THREADS) as pool:
        seen = list(pool.map(known, files))
    new = [file for file, (_, found) in zip(files, seen, strict=True) if found is None]
    read = iter(read_apart(new, _read, engine, chosen(engine, len(new))))
    whole = [(file, content, found or next(read)) for file, (content, found) in zip(files, seen, strict=True)]
    # An archive, or what was written anew in between, is not the content that was hashed.
    same = {file.name: (content, found) for file, content, found in whole if _is_of(found, file, content)}
    fresh = {file.name: same[file.name] for file in new if file.name in same}
    keep_returns(before, fresh, {file.name for file in files})
    return [submission for _, _, found in whole for submission in found]


def _is_of(found: Sequence[Submission], file: File, content: str) -> bool:
    if file.version:
        return all(one.reason != UNREACHED for one in found)
    return [one.sha256 for one in found] == [content]


def _read_new(files: Sequence[File], before: Returns) -> list[Submission]:
    """These files, each of them whole; those that are not as they were are read, and all are kept."""
    fresh: dict[str, tuple[str, Sequence[Submission]]] = {}

    def read(file: File) -> list[Submission]:
        data = None
        try:
            if not (content := file.version):
                content = hashlib.sha256(data := file.read()).hexdigest()
            found = read_before(before, file.name, content, received(file))
            if found is None:
                data = file.read() if data is None else data
        except OSError:
            return [_unread(file)]
        if found is None:
            assert data is not None
            found = _read_content(file, data)
            fresh[file.name] = (content, found)
        return found

    with ThreadPoolExecutor(_THREADS) as pool:
        submissions = list(chain.from_iterable(pool.map(read, files)))
    keep_returns(before, fresh, {file.name for file in files})
    return submissions


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
