"""The bytes of a submission, as they were when it was read."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from pipeline.guard_bounds import MAX_TOTAL
from pipeline.stores import is_url, stored_content
from pipeline.submission import Submission
from pipeline.workspace import Workspace

_ODD = (OSError, EOFError, BadZipFile, RuntimeError, NotImplementedError, ValueError, zlib.error)


def sent_bytes(workspace: Workspace, submission: Submission) -> bytes | None:
    """The content of a file, or of a member of an archive; ``None`` where it is gone or has become another.

    Raises :class:`pipeline.errors.StoreError` where the store that it lies in cannot be reached.
    """
    try:
        found = _found(workspace, submission)
        return next((data for data in found if hashlib.sha256(data).hexdigest() == submission.sha256), None)
    except _ODD:
        return None


def _found(workspace: Workspace, submission: Submission) -> Iterator[bytes]:
    place, file = workspace.elsewhere, submission.file.removeprefix("inbox/")
    if is_url(place):
        return _stored(place, file)
    return _candidates(Path(place) / file if place else workspace.root / submission.file)


def _candidates(path: Path) -> Iterator[bytes]:
    if path.is_file():
        yield path.read_bytes()
        return
    archive = next((parent for parent in path.parents if parent.exists()), path)
    if archive.is_file():
        yield from _members(archive, path.name)


def _stored(url: str, file: str) -> Iterator[bytes]:
    """The same of a file in a store."""
    at = file
    while at:
        data = stored_content(url, at)
        if data is not None:
            yield from _members(io.BytesIO(data), file.rsplit("/", 1)[-1]) if at != file else (data,)
            return
        at = at.rpartition("/")[0]


def _members(archive: Path | BinaryIO, called: str) -> Iterator[bytes]:
    with ZipFile(archive) as members:
        for member in members.infolist():
            # Of members of one name the later ones were given another, but none a shorter one.
            name = PurePosixPath(member.filename.replace("\\", "/")).name
            if name and called.startswith(name) and not member.flag_bits & 1 and member.file_size <= MAX_TOTAL:
                yield members.read(member)
