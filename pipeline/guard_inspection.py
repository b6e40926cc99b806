"""What the guard says of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.guard_traits import Traits
from pipeline.looks import NOTHING, Looks
from pipeline.sheet_cells import SheetCells


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the cells of a workbook of Excel that is written as usual, by the names of its sheets; the list of
    its texts, and that of its styles, as they are written."""

    sheets: Mapping[str, SheetCells]
    texts: bytes
    styles: bytes


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is by its bytes; ``refusal`` names why it must not be read, and is empty when it may be.

    ``params`` are what the sentence of the refusal needs. ``errors`` are the addresses of the cells that hold an error
    value, by the name of their sheet; sheets without any are left out. ``macros`` are there and never run. ``kept``
    makes what is ``clean``. ``looks`` are how cells look, so far as it was seen on the way, ``traits`` what tells of a
    workbook of Excel whether to look closely; ``filled`` is what stands in its cells, where its bytes tell that.
    """

    kind: str
    refusal: str = ""
    params: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    macros: bool = False
    kept: Callable[[], bytes] = field(default=bytes, compare=False, repr=False)
    looks: Looks = NOTHING
    traits: Traits | None = None
    filled: Filled | None = field(default=None, compare=False, repr=False)

    @property
    def clean(self) -> bytes:
        """What the reader is given instead of the file, so that it reads what was looked at and inflates nothing twice;
        empty for the file itself."""
        return self.kept()
