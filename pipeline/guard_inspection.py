"""What the guard says of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.guard_traits import Traits
from pipeline.looks import NOTHING, Looks


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is by its bytes; ``refusal`` names why it must not be read, and is empty when it may be.

    ``params`` are what the sentence of the refusal needs. ``errors`` are the addresses of the cells that hold an error
    value, by the name of their sheet; sheets without any are left out. ``macros`` are there and never run. ``clean``
    is what the reader is given instead of the file, so that it reads what was looked at and inflates nothing twice;
    empty for the file itself. ``looks`` are how cells look, so far as it was seen on the way, ``traits`` what tells of
    a workbook of Excel whether to look closely.
    """

    kind: str
    refusal: str = ""
    params: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    macros: bool = False
    clean: bytes = field(default=b"", compare=False, repr=False)
    looks: Looks = NOTHING
    traits: Traits | None = None
