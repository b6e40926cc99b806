"""Which parts of a workbook of Excel hold its sheets, and which the texts and styles of their cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from pipeline.guard_bounds import MAX_SHEETS, RefusedError, elements, local, refuse_entities
from pipeline.guard_same import once_for_same
from pipeline.layout import UNREAD_SHEETS
from pipeline.zip_parts import DamagedError, Parts


class Layout(NamedTuple):
    """The parts of a workbook that the reader opens: sheet parts with the names of their sheets, and the others.

    ``from_1904`` says that its days may count from 1904, as on an old Macintosh.
    """

    sheets: Mapping[str, list[str]]
    others: Collection[str]
    from_1904: bool


def layout(parts: Parts) -> Layout:
    """The parts that the reader opens; those of sheets that it never reads are left out.

    Raises :class:`pipeline.zip_parts.DamagedError` and :class:`pipeline.guard_bounds.RefusedError`.
    """
    bases = {
        path.rpartition("/")[0] for _, kind, path in _relations(parts, "_rels/.rels", "") if kind == "officedocument"
    }
    if len(bases) != 1:
        raise DamagedError
    base = f"{bases.pop()}/".lstrip("/")
    workbook = read_part(parts, f"{base}workbook.xml")
    listed = _sheets_listed(workbook)
    if not listed:
        raise DamagedError
    relations = _relations(parts, f"{base}_rels/workbook.xml.rels", base)
    by_id = {key: path for key, _, path in relations}
    sheets: dict[str, list[str]] = {}
    for sheet in listed:
        for key in {value for name, value in sheet.items() if local(name) == "id"} or {""}:
            sheets.setdefault(by_id.get(key, ""), []).append(sheet.get("name", ""))
    for path in parts.paths:
        if path.startswith(f"{base}worksheets/") and path.endswith(".xml"):
            sheets.setdefault(path, [path])
    if max(len(listed), len(sheets)) > MAX_SHEETS:
        raise RefusedError("too-large", size=len(listed))
    if b"&#" not in workbook:
        sheets = {part: names for part, names in sheets.items() if not UNREAD_SHEETS.issuperset(names)}
    others = {path for _, kind, path in relations if kind in ("sharedstrings", "styles")}
    others |= {f"{base}sharedstrings.xml", f"{base}styles.xml"}
    from_1904 = b"date1904" in workbook.replace(b'date1904="false"', b"")
    return Layout(sheets, sorted(others.intersection(parts.paths)), from_1904)


@once_for_same
def _sheets_listed(workbook: bytes) -> list[dict[str, str]]:
    return elements(workbook, "sheet")


@once_for_same
def _relationships(xml: bytes) -> list[dict[str, str]]:
    return elements(xml, "Relationship")


def _relations(parts: Parts, part: str, base: str) -> list[tuple[str, str, str]]:
    """Id, kind and path, these two lower case, of each relationship."""
    xml = read_part(parts, part)
    # Readers differ in whether a reference such as &#115; stands for its letter in a path.
    if b"&" in xml:
        raise DamagedError
    found = []
    for relation in _relationships(xml):
        target = relation.get("Target", "").lower()
        path = target[1:] if target.startswith("/") else base + target
        found.append((relation.get("Id", ""), relation.get("Type", "").lower().rpartition("/")[2], path))
    return found


def read_part(parts: Parts, part: str) -> bytes:
    """The whole part, without entities of its own. Raises as :func:`layout`."""
    xml = parts.inflate(part)
    refuse_entities(xml, 0, len(xml))
    return xml
