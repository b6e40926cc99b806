"""What was worked out before, kept in ``.tonghop/``: it saves time and means nothing.

A file that is broken, of another program or about something else is ignored; one that cannot be written is not.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from pipeline.files import beside

FOLDER = ".tonghop"
_MARK = b"tonghop-cache-1\n"
_DIGEST = 32


def kept(path: Path, key: bytes) -> bytes | None:
    """What was kept there under this key of 32 bytes; ``None`` for anything else, and for what is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = len(_MARK) + 2 * _DIGEST
    head, digest, of = data[: len(_MARK)], data[len(_MARK) : start - _DIGEST], data[start - _DIGEST : start]
    if head != _MARK or of != key or _digest(memoryview(data)[start - _DIGEST :]) != digest:
        return None
    return data[start:]


def keep(path: Path, key: bytes, payload: bytes) -> None:
    """Keep it there in one step in the place of what was; nothing happens where the disk does not let it."""
    # The disk is not waited for: what a power cut makes of it has another digest, and is worked out again.
    temporary, body = beside(path), key + payload
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(_MARK + _digest(body) + body)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def key_of(*parts: bytes | str) -> bytes:
    """A key of 32 bytes that is another one as soon as one of these parts is."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()


def _digest(data: bytes | memoryview) -> bytes:
    return hashlib.sha256(data).digest()
