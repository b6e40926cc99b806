"""The bytes of a submission, as they were when it was read."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from pipeline.guard_bounds import MAX_TOTAL
from pipeline.submission import Submission

_ODD = (OSError, EOFError, BadZipFile, RuntimeError, NotImplementedError, ValueError, zlib.error)


def sent_bytes(root: Path, submission: Submission) -> bytes | None:
    """The content of a file, or of a member of an archive; ``None`` where it is gone or has become another."""
    try:
        found = _candidates(root / submission.file)
        return next((data for data in found if hashlib.sha256(data).hexdigest() == submission.sha256), None)
    except _ODD:
        return None


def _candidates(path: Path) -> Iterator[bytes]:
    if path.is_file():
        yield path.read_bytes()
        return
    archive = next((parent for parent in path.parents if parent.exists()), path)
    if not archive.is_file():
        return
    with ZipFile(archive) as members:
        for member in members.infolist():
            # Of members of one name the later ones were given another, but none a shorter one.
            name = PurePosixPath(member.filename.replace("\\", "/")).name
            if name and path.name.startswith(name) and not member.flag_bits & 1 and member.file_size <= MAX_TOTAL:
                yield members.read(member)
