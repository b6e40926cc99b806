"""What of a workbook is the same before and after it was annotated, part by part and cell by cell."""

from __future__ import annotations

import io
import posixpath
import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from python_calamine import CalamineWorkbook

from pipeline.annotate import Mark
from pipeline.findings import Severity
from pipeline.layout import FINDINGS_SHEET, a1, from_a1
from pipeline.styles import MARKS

Places = Mapping[tuple[str, str], Mark]


@dataclass(frozen=True)
class File:
    """A file's parts, its members as the bytes they are, and where the part of each sheet is."""

    parts: Mapping[str, bytes]
    members: Mapping[str, bytes]
    workbook: str
    sheets: Mapping[str, str]

    def related(self, part: str, kind: str) -> list[str]:
        """The parts of that kind that a part leads to."""
        rels = relations(part)
        if rels not in self.parts:
            return []
        return [
            posixpath.normpath(posixpath.join("/", posixpath.dirname(part), one.get("Target", ""))).lstrip("/")
            for one in ElementTree.fromstring(self.parts[rels])
            if one.get("Type", "").endswith(f"/{kind}") and one.get("TargetMode") != "External"
        ]


def relations(part: str) -> str:
    return posixpath.join(posixpath.dirname(part), "_rels", f"{posixpath.basename(part)}.rels")


def opened(data: bytes) -> File:
    with ZipFile(io.BytesIO(data)) as book:
        parts = {name.replace("\\", "/"): book.read(name) for name in book.namelist()}
        members = {}
        for info in book.infolist():
            named, more = struct.unpack_from("<HH", data, info.header_offset + 26)
            end = info.header_offset + 30 + named + more + info.compress_size
            members[info.filename.replace("\\", "/")] = data[info.header_offset : end]
    plain = File(parts, members, "", {})
    [workbook] = plain.related("", "officeDocument")
    targets = {
        one.get("Id"): posixpath.normpath(posixpath.join("/", posixpath.dirname(workbook), one.get("Target", "")))[1:]
        for one in ElementTree.fromstring(parts[relations(workbook)])
    }
    sheets = {}
    for sheet in ElementTree.fromstring(parts[workbook]).iter():
        if local(sheet) == "sheet":
            key = next(value for name, value in sheet.attrib.items() if name.endswith("}id"))
            sheets[sheet.get("name", "")] = targets[key]
    return File(parts, members, workbook, sheets)


def local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def values(data: bytes) -> dict[str, object]:
    """What a reader of values finds on every sheet but the list."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    found: dict[str, object] = {}
    for name in book.sheet_names:
        if name != FINDINGS_SHEET:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            cells = {(i, j): repr(one) for i, row in enumerate(rows) for j, one in enumerate(row) if one != ""}
            found[name] = cells
    return found


def assert_kept(before: bytes, after: bytes, marks: Places) -> None:
    """All that the marks need not change is as it was."""
    old, new = opened(before), opened(after)
    assert [name for name in new.parts if name in old.parts] == list(old.parts)
    assert values(before) == values(after)
    touched = {old.sheets[sheet] for sheet, _ in marks if sheet in old.sheets}
    notes = {part for sheet in touched for kind in ("comments", "vmlDrawing") for part in old.related(sheet, kind)}
    rels = {relations(part) for part in (*touched, old.workbook)}
    styles = set(old.related(old.workbook, "styles"))
    may_change = touched | notes | rels | styles | {old.workbook, "[Content_Types].xml"}
    for name, member in old.members.items():
        assert new.members[name] == member or name in may_change, name
    _book(old, new)
    [at] = styles
    xfs = _styles(ElementTree.fromstring(old.parts[at]), ElementTree.fromstring(new.parts[at]))
    for name, part in old.sheets.items():
        assert new.sheets[name] == part
        here = {cell: mark.severity for (sheet, cell), mark in marks.items() if sheet == name}
        if part in touched:
            _sheet(ElementTree.fromstring(old.parts[part]), ElementTree.fromstring(new.parts[part]), here, xfs)
            _notes(old, new, part, here)
    for part in (*rels, "[Content_Types].xml"):
        if part in old.parts:
            first, second = (_shapes(ElementTree.fromstring(one.parts[part])) for one in (old, new))
            assert all(second.count(line) == first.count(line) for line in first), part


def _shape(element: Element) -> tuple[object, ...]:
    """An element with all that is in it, to be compared."""
    inner = tuple(_shape(child) for child in element)
    return element.tag, tuple(sorted(element.attrib.items())), (element.text or "").strip(), inner


def _shapes(element: Element) -> list[tuple[object, ...]]:
    return [_shape(child) for child in element]


def _book(old: File, new: File) -> None:
    before, after = (ElementTree.fromstring(file.parts[file.workbook]) for file in (old, new))
    names = [local(child) for child in after if local(child) in _ORDER]
    assert names == sorted(names, key=_ORDER.index)
    shift = 0
    sheets = next(child for child in after if local(child) == "sheets")
    if sheets[0].get("name") == FINDINGS_SHEET and FINDINGS_SHEET not in old.sheets:
        sheets.remove(sheets[0])
        shift = 1
    views = {id(view): view for child in after if local(child) == "bookViews" for view in child}
    for view in views.values():
        view.set("activeTab", str(int(view.get("activeTab", "0")) - shift))
    for name in [child for child in after if local(child) == "definedNames"]:
        for one in list(name):
            if one.get("name", "").startswith("_tonghop_") or one.get("localSheetId") == str(shift - 1):
                name.remove(one)
            elif one.get("localSheetId"):
                one.set("localSheetId", str(int(one.get("localSheetId", "0")) - shift))
        if not len(name) and "definedNames" not in [local(child) for child in before]:
            after.remove(name)
    for child in [child for child in after if local(child) == "bookViews"]:
        if "bookViews" not in [local(one) for one in before]:
            after.remove(child)
    for view in (view for child in before if local(child) == "bookViews" for view in child):
        open_one = int(view.get("activeTab", "0"))
        view.set("activeTab", str(open_one if open_one < len(old.sheets) else 0))
        if shift:
            view.attrib.pop("firstSheet", None)
    assert _shape(before) == _shape(after)


_ORDER = [
    "workbookPr", "bookViews", "sheets", "functionGroups", "externalReferences", "definedNames", "calcPr", "extLst"
]  # fmt: skip


@dataclass(frozen=True)
class _Xfs:
    """The styles of cells after, each without its fill, and what its fill shows; how many there were before."""

    plain: tuple[object, ...]
    fills: tuple[str, ...]
    before: int


def _styles(before: Element, after: Element) -> _Xfs:
    for old, new in zip(before, after, strict=True):
        assert old.tag == new.tag
        if local(old) in ("fonts", "fills", "borders", "cellXfs"):
            assert _shapes(new)[: len(old)] == _shapes(old)
            assert new.get("count") == str(len(new)) or len(new) == len(old)
        else:
            assert _shape(old) == _shape(new)
    sections = {local(child): child for child in after}
    colours = [
        next((str(one.get("rgb")) for one in fill.iter() if local(one) == "fgColor"), "") for fill in sections["fills"]
    ]
    plain, fills = [], []
    for xf in sections["cellXfs"]:
        fills.append(colours[int(xf.get("fillId", "0"))])
        said = {name: value for name, value in xf.attrib.items() if name not in ("fillId", "applyFill")}
        plain.append((tuple(sorted(said.items())), tuple(_shapes(xf))))
    count = next(len(child) for child in before if local(child) == "cellXfs")
    return _Xfs(tuple(plain), tuple(fills), count)


def _sheet(before: Element, after: Element, marked: Mapping[str, Severity], xfs: _Xfs) -> None:
    marked = {_seen(before, cell): severity for cell, severity in marked.items()}
    names = [local(child) for child in after]
    if "legacyDrawing" in names and "legacyDrawing" not in [local(child) for child in before]:
        behind = names[names.index("legacyDrawing") + 1 :]
        assert set(behind) <= _BEHIND_DRAWING
        after.remove(after[names.index("legacyDrawing")])
    for old, new in zip(before, after, strict=True):
        assert old.tag == new.tag
        if local(old) == "sheetData":
            _cells(old, new, marked, xfs)
        elif local(old) != "dimension":
            assert _shape(old) == _shape(new)


def _seen(sheet: Element, cell: str) -> str:
    """The cell that shows a cell: of joined cells the first."""
    row, column = from_a1(cell)
    for joined in (one for one in sheet.iter() if local(one) == "mergeCell"):
        first, _, last = joined.get("ref", "").partition(":")
        (top, left), (bottom, right) = from_a1(first), from_a1(last)
        if top <= row <= bottom and left <= column <= right:
            return first
    return cell


_BEHIND_DRAWING = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
}  # fmt: skip


def _cells(before: Element, after: Element, marked: Mapping[str, Severity], xfs: _Xfs) -> None:
    old_rows = dict(_numbered(before))
    order = [number for number, _ in _numbered(after)]
    assert order == sorted(set(order))
    for number, row in _numbered(after):
        old = old_rows.pop(number, None)
        there = [] if old is None else list(old)
        if old is not None:
            kept = {name: value for name, value in old.attrib.items() if name != "spans"}
            assert kept == {name: value for name, value in row.attrib.items() if name != "spans"}
        at = column = 0
        for cell in row:
            column = from_a1(cell.get("r", ""))[1] + 1 if "r" in cell.attrib else column + 1
            known = there[at] if at < len(there) and there[at].get("r") == cell.get("r") else None
            at += known is not None
            _cell(known, cell, marked.get(a1(number - 1, column - 1)), xfs)
        assert at == len(there), number
    assert not old_rows


def _numbered(rows: Element) -> Iterator[tuple[int, Element]]:
    number = 0
    for row in rows:
        number = int(row.get("r", number + 1))
        yield number, row


def _cell(old: Element | None, new: Element, colour: Severity | None, xfs: _Xfs) -> None:
    style = int(new.get("s") or 0)
    if old is None:
        assert colour is not None
        assert not len(new)
    else:
        first = {name: value for name, value in old.attrib.items() if name != "s"}
        assert first == {name: value for name, value in new.attrib.items() if name != "s"}
        assert _shapes(old) == _shapes(new)
        before = int(old.get("s") or 0)
        assert xfs.plain[before] == xfs.plain[style]
        if colour is None:
            assert old.attrib == new.attrib
    if colour is not None:
        assert xfs.fills[style] == f"FF{MARKS[colour].lstrip('#')}", new.get("r")


def _words(comment: ElementTree.Element) -> str:
    """What a comment says; LibreOffice writes where its box stands beside that."""
    return "".join("".join(child.itertext()) for child in comment if local(child) == "text")


def _notes(old: File, new: File, sheet: str, marked: Collection[str]) -> None:
    for part in old.related(sheet, "comments"):
        before, after = (ElementTree.fromstring(file.parts[part]) for file in (old, new))
        said = {one.get("ref"): one for one in after.iter() if local(one) == "comment"}
        for one in (one for one in before.iter() if local(one) == "comment"):
            now = said[one.get("ref")]
            assert _words(now).startswith(_words(one))
            assert one.get("ref") in marked or _shape(one) == _shape(now)
    for part in old.related(sheet, "vmlDrawing"):
        if old.parts[part] != new.parts[part]:
            now = new.parts[part].replace(b">", b">\n").split(b"\n")
            lost = [line for line in old.parts[part].replace(b">", b">\n").split(b"\n") if line not in now]
            assert [line for line in lost if b"</x:Anchor" not in line and b"idmap" not in line] == []
