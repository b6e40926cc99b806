"""What looking at the parts of a workbook gives: its error cells, and a package of what was looked at and no more."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pipeline.guard_inspection import Filled
from pipeline.guard_traits import Traits
from pipeline.looks import NOTHING, Looks
from pipeline.zip_parts import stored


class Scanned(NamedTuple):
    """The error cells by sheet; ``clean`` makes what the reader gets instead of the file, empty for the file itself.

    ``looks`` and ``traits`` are what the way through the parts told of how the cells look, ``filled`` what stands in
    them.
    """

    errors: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    clean: Callable[[], bytes] = bytes
    looks: Looks = NOTHING
    traits: Traits | None = None
    filled: Filled | None = None


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A plain zip of these parts."""
    return stored((name, content, zlib.crc32(content)) for name, content in parts.items())
