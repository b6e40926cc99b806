"""What a returned file's bytes are, and whether the reader may open them.

The reader sizes its memory by the bounding box of a sheet's cells and inflates whatever a zip holds; one stray cell or
one crafted file can therefore end the whole process. Nothing gets to the reader that has not passed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from xml.parsers import expat

from pipeline.guard_bounds import (
    MAX_FILE,
    MAX_KEPT,
    MAX_PART,
    MAX_TEXT,
    MAX_TOTAL,
    MIB,
    RefusedError,
)
from pipeline.guard_cells import Extent as Extent
from pipeline.guard_inspection import Filled
from pipeline.guard_inspection import Inspection as Inspection
from pipeline.guard_kinds import has_macros, loose_zip_kind, plain_kind, zip_kind
from pipeline.guard_layout import Layout, layout, read_part
from pipeline.guard_ods import scan_ods
from pipeline.guard_ole import inspect_ole
from pipeline.guard_scanned import Scanned
from pipeline.guard_sheets import LookedSheet, look_at
from pipeline.guard_traits import Traits, formats_changed, has_legacy_font
from pipeline.guard_xlsb import scan_xlsb
from pipeline.zip_parts import LOCAL, DamagedError, Parts, TooLargeError, directory

# No cell that shows a shared text takes fewer bytes.
_SMALLEST_CELL = 20
_OLD = frozenset({"xml2003", "xl4"})
_ARCHIVES = frozenset({"rar", "7z"})


def inspect(data: bytes) -> Inspection:
    """Say what ``data`` is and whether it is safe to read; never raises."""
    if not data.startswith(LOCAL):
        return _not_zip(data)
    if len(data) > MAX_FILE:
        return Inspection("zip", "too-large", MappingProxyType({"size": MAX_FILE // MIB}))
    kind = "zip"
    try:
        members = directory(data)
        kind = zip_kind(data, members.keys())
        scan = _SCANS.get(kind)
        if scan is None:
            raise RefusedError("not-a-workbook", kind=kind)
        found = scan(Parts(data, members, MAX_PART, MAX_TOTAL, MAX_KEPT))
        return Inspection(
            kind,
            errors=MappingProxyType(dict(found.errors)),
            macros=has_macros(members),
            kept=found.clean,
            filled=found.filled,
            looks=found.looks,
            traits=found.traits,
        )
    except RefusedError as refused:
        return Inspection(kind, refused.refusal, refused.params)
    except TooLargeError as large:
        return Inspection(kind, "too-large", MappingProxyType({"size": large.bound // MIB}))
    except (DamagedError, expat.ExpatError):
        # A letter, or a bundle of files, whose directory is not as strict as a workbook's must be is still no workbook.
        other = loose_zip_kind(data) if kind == "zip" else ""
        if other:
            return Inspection(other, "not-a-workbook", MappingProxyType({"kind": other}))
        return Inspection(kind, "damaged")


def _not_zip(data: bytes) -> Inspection:
    if not data:
        return Inspection("empty", "empty-file")
    kind = plain_kind(data[:4096])
    if kind == "ole":
        return inspect_ole(data)
    refusal = "archive-format" if kind in _ARCHIVES else "old-format" if kind in _OLD else "not-a-workbook"
    return Inspection(kind, refusal, MappingProxyType({"kind": kind}))


def _scan(parts: Parts) -> Scanned:
    """Look at every part that the reader opens."""
    opened = layout(parts)
    before = parts.inflated
    looked = {part: look_at(part, parts.inflate(part), names[0]) for part, names in opened.sheets.items()}
    cells = (parts.inflated - before) // _SMALLEST_CELL
    others = {part: read_part(parts, part) for part in opened.others}
    for xml in others.values():
        # The reader copies a shared text into every cell that shows it.
        if cells * len(xml) > MAX_TEXT and cells * max(map(len, xml.split(b"<si"))) > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
    by_name = {names[0]: looked[part] for part, names in opened.sheets.items()}
    traits = Traits(
        {name: one.formulas for name, one in by_name.items()},
        {name: one.validated for name, one in by_name.items()},
        {name: one.merged for name, one in by_name.items()},
        any(one.lacking for one in looked.values()),
        any(map(has_legacy_font, others.values())) or any(map(formats_changed, _styles(others))),
    )
    errors = {
        name: one.errors for part, names in opened.sheets.items() for name in names if (one := looked[part]).errors
    }
    return Scanned(errors, parts.taken, traits=traits, filled=_filled(opened, by_name, others))


def _styles(others: Mapping[str, bytes]) -> list[bytes]:
    return [xml for part, xml in others.items() if part.endswith("styles.xml")]


def _filled(opened: Layout, by_name: Mapping[str, LookedSheet], others: Mapping[str, bytes]) -> Filled | None:
    """What stands in the cells, where every sheet is written as usual, and there is one list of texts and of styles."""
    sheets = {name: one.cells for name, one in by_name.items() if one.cells is not None}
    texts, styles = [xml for part, xml in others.items() if part.endswith("strings.xml")], _styles(others)
    alone = all(len(names) == 1 for names in opened.sheets.values())
    if not alone or len(sheets) != len(opened.sheets) or (len(texts), len(styles)) != (1, 1) or opened.from_1904:
        return None
    return Filled(sheets, texts[0], styles[0])


_SCANS: Mapping[str, Callable[[Parts], Scanned]] = {
    "xlsx": _scan,
    "xlsm": _scan,
    "xlsb": scan_xlsb,
    "ods": scan_ods,
}
