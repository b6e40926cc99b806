"""Which program this is: whatever another one worked out before is worked out again."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import schemas
from pipeline.cache import key_of

_LEFT_OUT = ("__pycache__",)


@cache
def program_key() -> bytes:
    """A key of this program's own files, of Python, and of the packages that it uses.

    The content of its files, not its version: who mends a rule on his own machine must not see what the old one found.
    """
    parts: list[bytes | str] = [sys.version, sys.platform]
    for folder in (Path(__file__).parent, Path(schemas.__file__).parent):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not set(_LEFT_OUT) & set(path.parts):
                parts += [path.relative_to(folder).as_posix(), path.read_bytes()]
    return key_of(*parts, *_installed())


def _installed() -> list[str]:
    """The packages beside Python with their versions, by the names of the folders that describe them."""
    places = (Path(place) for place in sys.path if place)
    return sorted(path.name for place in places if place.is_dir() for path in place.glob("*.dist-info"))
