"""Packages that differ in what fills their cells alone, made once, and both ways of reading them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path
from tempfile import mkdtemp

from returned import filled

from pipeline import guard_sheets, read_alike
from pipeline.contents import content_of
from pipeline.entries import NO_ENTRIES
from pipeline.guard import inspect
from pipeline.init import init
from pipeline.layout import TablePlan, from_a1
from pipeline.obligations import obligations
from pipeline.package import plans_of, write_package
from pipeline.package_values import Content
from pipeline.read_book import UnreadableError, open_book
from pipeline.read_files import File
from pipeline.read_workbook import read_opened, read_workbook
from pipeline.submission import Submission
from pipeline.workspace import Workspace, open_workspace
from schemas.form import Forms
from schemas.period import Period

Parts = dict[str, bytes]
Place = tuple[str, str]
# A number, a shared text, nothing, or what stands behind the style of the cell; %f is the formula that it has.
Typed = float | str | bytes | None
Edits = Mapping[Place, Typed]
TEXTS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"


@dataclass(frozen=True)
class Kind:
    """Packages of two units that differ in what is filled in alone; ``full`` ones have a figure everywhere."""

    units: tuple[str, str]
    period: str
    forms: str
    full: bool


GRASSROOTS = Kind(("CS0766", "CS0767"), "2020", "B01+B02", full=False)
KINDS = [
    replace(kind, full=full)
    for full in (False, True)
    for kind in (
        GRASSROOTS,
        Kind(("LC-21", "LC-01"), "2023-Q3", "B02", full=False),
        Kind(("LC-01", "LC-02"), "2024", "B01+B02+B03", full=False),
    )
]
WITH_LIST = Kind(("LC-21", "LC-01"), "2020", "B01+B02+B03+B04", full=True)


@cache
def place() -> Workspace:
    root = init(Path(mkdtemp()) / "tỉnh")
    path = root / "tonghop.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]'), encoding="utf-8")
    return open_workspace(root)


@cache
def issued(kind: Kind, unit: int) -> Content:
    owed = obligations(place(), Period.parse(kind.period))
    content = content_of(place(), owed, owed.tree.unit(kind.units[unit]), {}, {})
    forms = tuple(form for form in content.forms if form.id in kind.forms)
    return replace(content, forms=forms, lists={form.id: content.lists[form.id] for form in forms if form.lists})


@cache
def made(kind: Kind, unit: int = 0) -> Parts:
    """The package of a unit as it is issued, last period's figures beside the input, or full; its checks are silent."""
    content, out = issued(kind, unit), io.BytesIO()
    whole = filled(content)
    write_package(out, whole if kind.full else replace(whole, entries={}, lists=content.lists))
    parts = parts_of(out.getvalue())
    silent = (rb'( t="str"><f>[^<]*</f>)<v>[^<]*</v>', rb"\1<v></v>")
    return {name: re.sub(*silent, xml) if "worksheets" in name else xml for name, xml in parts.items()}


def parts_of(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def part_of(parts: Parts, sheet: str) -> str:
    names = re.findall(rb'<sheet name="([^"]*)"', parts["xl/workbook.xml"])
    return f"xl/worksheets/sheet{names.index(sheet.encode()) + 1}.xml"


def typed(parts: Parts, edits: Edits) -> Parts:
    """The same package with these cells typed over, as a program writes them that keeps everything else."""
    parts, texts = dict(parts), list[str]()
    first = parts[TEXTS].count(b"<si>")
    for (sheet, at), value in edits.items():
        if isinstance(value, str):
            tail = b' t="s"><v>%d</v></c>' % (first + len(texts))
            texts.append(f'<si><t xml:space="preserve">{escape(value, quote=False)}</t></si>')
        elif isinstance(value, bytes):
            tail = value
        else:
            tail = b"/>" if value is None else f"><v>{value!r}</v></c>".encode()
        name = part_of(parts, sheet)
        parts[name] = with_cell(parts[name], at, tail)
    parts[TEXTS] = parts[TEXTS].replace(b"</sst>", "".join(texts).encode() + b"</sst>")
    return parts


def with_cell(xml: bytes, at: str, tail: bytes) -> bytes:
    """A sheet with this cell, in its row, be it there already or not."""
    row = re.search(rb'(<row r="%d"[^>]*?)(?:/>|>(.*?)</row>)' % (from_a1(at)[0] + 1), xml, re.DOTALL)
    assert row is not None
    found = re.finditer(rb'<c r="([A-Z]+[0-9]+)"(?:[^>]*/>|.*?</c>)', row[2] or b"", re.DOTALL)
    cells = {from_a1(cell[1].decode())[1]: cell[0] for cell in found}
    old = cells.get(from_a1(at)[1], b"")
    style, formula = re.match(rb'<c [^>]*?( s="[0-9]+")', old), re.search(rb"<f>[^<]*</f>", old)
    tail = tail.replace(b"%f", formula[0] if formula else b"")
    cells[from_a1(at)[1]] = b'<c r="%b"%b%b' % (at.encode(), style[1] if style else b"", tail)
    whole = row[1] + b">" + b"".join(cells[j] for j in sorted(cells)) + b"</row>"
    return xml[: row.start()] + whole + xml[row.end() :]


def cell_in(parts: Parts, place: Place) -> bytes:
    found = re.search(rb'<c r="%b"(?:[^>]*/>|.*?</c>)' % place[1].encode(), parts[part_of(parts, place[0])])
    return found[0] if found else b""


@cache
def tables_of(kind: Kind) -> list[tuple[str, TablePlan]]:
    plans = plans_of(issued(kind, 0).forms)
    return [(name, table) for name, plan in plans.items() for table in plan.tables]


@cache
def asked(kind: Kind) -> dict[bool, list[Place]]:
    """The cells that a unit fills, by whether a formula does."""
    plans = plans_of(issued(kind, 0).forms)
    given = {cell.key for form in issued(kind, 0).forms for cell in form.cells() if cell.role == "issuer"}
    keys = [key for plan in plans.values() for key in plan.places if key.indicator and key not in given]
    cells = [(key.form, plans[key.form].address(key)) for key in keys]
    there = [(cell, xml) for cell in cells if (xml := cell_in(made(kind), cell))]
    return {worked_out: [cell for cell, xml in there if (b"<f>" in xml) is worked_out] for worked_out in (True, False)}


def forget() -> None:
    read_alike._patterns.clear()
    guard_sheets._known.clear()


def ways(parts: Parts, forms: Forms | None = None) -> tuple[Submission | None, Submission | None]:
    """What a workbook says by its bytes, and by the parser; nothing where it is not read so."""
    data = packed(parts)
    file, looked = File(place().root / "tonghop.toml", "a.xlsx", forms or place().forms), inspect(data)
    assert not looked.refusal
    quick, _ = read_alike.read_alike(file, data, looked)
    try:
        plain = read_opened(file, data, looked, open_book(data, looked))
    except UnreadableError:
        plain = None
    return quick, plain


def read(parts: Parts, forms: Forms | None = None) -> Submission | None:
    """What is read of a workbook, from which the next one is learned."""
    data = packed(parts)
    file, looked = File(place().root / "tonghop.toml", "a.xlsx", forms or place().forms), inspect(data)
    try:
        return read_workbook(file, data, looked)
    except UnreadableError:
        return None


def told(one: Submission | None) -> list[str]:
    """All that it says, in its order, and of what type."""
    if one is None:
        return []
    rest = replace(one, entries=NO_ENTRIES, findings=(), tables={})
    return [*map(repr, (*one.entries.items(), *one.findings, *one.tables.items(), rest))]


def agree(parts: Parts, forms: Forms | None = None) -> bool:
    """Whether a package is read from its bytes; whatever is so must be as the parser has it."""
    quick, plain = ways(parts, forms)
    assert quick is None or told(quick) == told(plain)
    assert told(read(parts, forms)) == told(plain)
    return quick is not None
