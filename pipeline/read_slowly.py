"""The second reader, openpyxl: fifty times slower than the first, it looks at every part and keeps all it finds."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook


class SlowError(Exception):
    """The second reader cannot open the workbook, or must not."""


def open_slowly(data: bytes, most: int, **options: Any) -> Workbook:
    """The workbook as openpyxl gives it with these options; of more than ``most`` bytes of parts it is not opened.

    Raises :class:`SlowError`.
    """
    import openpyxl

    _bound(data, most)
    try:
        with warnings.catch_warnings():
            # What it thinks of the file is not for the screen of whoever consolidates.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(data), **options)
    # Whatever it stumbles over, this file is not for it.
    except Exception as fault:
        raise SlowError(str(fault)) from fault


def _bound(data: bytes, most: int) -> None:
    """Refuse what would inflate or expand too far; no more of a part is ever read than it states."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > most:
                raise SlowError("too large for the second reader")
            for part in archive.infolist():
                content = archive.open(part).read(part.file_size)
                if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                    raise SlowError("entities")
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as fault:
        raise SlowError(str(fault)) from fault
