"""The cells of a sheet as its bytes tell them are those that a parser finds, or none are told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as OtherBook
from openpyxl.styles import Font
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from pipeline import guard_sheets
from pipeline.guard_sheets import look_at
from pipeline.sheet_cells import SheetCells, cells_of
from pipeline.sheet_texts import places_of, said, texts_of, words

At = tuple[int, int]
SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
FIGURES = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9))
WORDS = st.text(st.characters(include_characters="&<>'\" ", categories=["L", "N"]), min_size=1, max_size=6)
CELLS = st.one_of(
    st.tuples(st.just("number"), FIGURES),
    st.tuples(st.just("string"), WORDS),
    st.tuples(st.just("blank"), st.none()),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("formula"), st.one_of(FIGURES, WORDS, st.booleans(), st.sampled_from(["", "#N/A", "#DIV/0!"]))),
)
PLACED = st.dictionaries(
    st.tuples(st.integers(0, 12), st.integers(0, 30)), st.tuples(st.booleans(), CELLS), min_size=1, max_size=20
)


def rows_of(xml: bytes) -> bytes:
    return xml[xml.find(b"<sheetData") : xml.rfind(b"</sheetData")]


def by_bytes(cells: SheetCells, texts: bytes) -> dict[At, object]:
    """What stands in the cells; an error is nothing, as the parser has it."""
    places, listed = places_of(cells.bare), texts_of(texts)
    assert places is not None
    assert listed is not None
    found: dict[At, object] = {}
    for number, shared, value in zip(cells.cells, cells.shared, cells.values, strict=True):
        place = places[number]
        if shared:
            found[place[:2]] = said(listed[int(value)])
        elif value and place.type != "e":
            plain = float if place.type == "" else words if place.type == "str" else lambda bit: bit == b"1"
            found[place[:2]] = plain(value)
    return found


def by_parser(data: bytes) -> dict[At, object]:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return {(i, j): value for i, row in enumerate(rows) for j, value in enumerate(row) if value != ""}


def parts_of(data: bytes) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@settings(max_examples=150, deadline=None)
@given(PLACED)
def test_what_xlsxwriter_fills_in_is_told_with_its_place(placed: dict[At, tuple[bool, tuple[str, object]]]) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.write_string(20, 0, "mốc")
        for (row, column), (is_bold, (kind, value)) in placed.items():
            if kind == "formula":
                sheet.write_formula(row, column, "=A1&B1", bold if is_bold else None, value)
            else:
                getattr(sheet, f"write_{kind}")(row, column, value, bold if is_bold else None)
    parts = parts_of(out.getvalue())
    cells = cells_of(rows_of(parts[SHEET]))
    assert cells is not None
    assert by_bytes(cells, parts[TEXTS]) == by_parser(out.getvalue())


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(1, 12), st.integers(1, 30)),
        st.one_of(FIGURES, st.booleans(), st.none(), st.sampled_from(["=1+1", "#N/A", "lxi"])),
        max_size=20,
    )
)
def test_what_openpyxl_fills_in_is_told_with_its_place(placed: dict[At, object]) -> None:
    out, book = io.BytesIO(), OtherBook()
    for (row, column), value in placed.items():
        book.active.cell(row, column, value).font = Font(bold=True)
    book.save(out)
    cells = cells_of(rows_of(parts_of(out.getvalue())[SHEET]))
    assert cells is not None
    # Its texts stand in the cells themselves, which are not filled then but another sheet.
    expected = {at: value for at, value in by_parser(out.getvalue()).items() if value != "lxi"}
    assert by_bytes(cells, b"<sst></sst>") == expected
    assert cells.bare.count(b"lxi") == list(placed.values()).count("lxi")


HONEST = b'<sheetData><row r="1"><c r="A1" s="1"><v>5</v></c><c r="B1" s="1"/></row><row r="2"><c r="A2"/></row>'


def test_a_sheet_is_the_same_emptied_whatever_fills_its_cells() -> None:
    none = HONEST.replace(b"><v>5</v></c>", b"/>")
    several = none.replace(b's="1"/>', b's="1" t="s"><v>3</v></c>').replace(b'"A2"/>', b'"A2" t="n"><v>1E5</v></c>')
    told = [cells_of(rows) for rows in (HONEST, none, several)]
    assert [one and one.bare for one in told] == [none] * 3
    assert told == [
        SheetCells(none, [0], [False], [b"5"]),
        SheetCells(none, [], [], []),
        SheetCells(none, [0, 1, 2], [True, True, False], [b"3", b"3", b"1E5"]),
    ]


FILLED = b'<c r="A1" s="1"><v>5</v></c>'


@pytest.mark.parametrize(
    "instead",
    [
        b'<c r="A1" s="1"><v>1</v><v>5</v></c>',
        b'<c r="A1" s="1"><v>1</v></c><v>5</v>',
        b'<v>5</v><c r="A1" s="1"/>',
        b'<c r="A1" s="1"/><v>5</v></c>',
        b'<c r="A1" s="1"><v>5',
        b'<c r="A1" s="1"><v>5</v>',
        b'<c r="A1" s="1"><v>5</c>',
        b'<c r="A1" s="1"><v xml:space="preserve">5</v></c>',
        b'<c r="A1" s="1"><v >5</v></c>',
        b'<c r="A1" s="1"><v/></c>',
        b'<c r="A1" s="1"><x:v>5</x:v></c>',
        b'<c r="A1" s="1"><!-- <v>5</v> --></c>',
        b'<!-- <c r="A1" s="1"><v>5</v></c> -->',
        b'<c r="A1" s="1"/><!-- ><v>5</v></c> -->',
        b'<c r="A1" s="1"><![CDATA[<v>5</v>]]></c>',
        b'<![CDATA[<c r="A1" s="1"><v>5</v></c>]]>',
        b'<?x <c r="A1" s="1"><v>5</v></c>?>',
        b'<c\n r="A1" s="1"><v>5</v></c>',
        b'<c  r="A1" s="1"><v>5</v></c>',
        b"<c r='A1' s=\"1\"><v>5</v></c>",
        b'<c s="1"><v>5</v></c>',
        b"<c><v>5</v></c>",
        b'<x:c r="A1" s="1"><v>5</v></x:c>',
        b'<c r="A1" s="1" ><v>5</v></c>',
        b'<c r="A1" s="1" t="str"><v>5</v></c>',
        b'<c r="A1" s="1" t="e"><v>5</v></c>',
        b'<c r="A1" s="1" t="b"><v>1</v></c>',
        b'<c r="A1" s="1" t="s" t="s"><v>5</v></c>',
        b'<c r="A1" s="1"><f>1</f><v>5</v></c>',
        b'<c r="A1" s="1"><f/><v>5</v></c>',
        b'<c r="A1" s="1"><is><t>a</t></is><v>5</v></c>',
        b'<c r="A1" s="1"><c r="A1" s="1"/><v>5</v></c>',
        b'<c r="A1" s="1"/><c r="A1" s="1"><v>5</v></c>',
        b'<x><c r="A1" s="1"><v>5</v></c></x>',
        b'<c r="A1" s="1"><v>5</v></c></row></sheetData><sheetData><row r="1">',
    ],
)
def test_a_sheet_that_is_written_otherwise_is_no_such_sheet(instead: bytes) -> None:
    honest, other = cells_of(HONEST), cells_of(HONEST.replace(FILLED, instead))
    assert honest is not None
    assert other is None or other.bare != honest.bare


def test_a_cell_that_the_parser_counts_otherwise_is_not_told() -> None:
    for rows in (
        b'<c r="A1"/><c><v>5</v></c>',
        b'<c r="A1"/><c/>',
        b'<c\n r="A1"><v>5</v></c>',
        b'<c r="a1"><v>5</v></c>',
        b'<c r="A1" t="e"><v>#N/A</v></c>',
        b'<c r="A1"><f>1</f></c>',
    ):
        guard_sheets._known.clear()
        xml = b'<worksheet><sheetData><row r="1">%b</row></sheetData></worksheet>' % rows
        assert look_at("sheet1.xml", xml, "Biểu").cells is None


CONTENTS = {
    **{"5": "><v>5</v></c>", "s3": ' t="s"><v>3</v></c>', "n5": ' t="n"><v>5</v></c>', "": "/>"},
    **{"e": ' t="e"><v>#N/A</v></c>', "f7": "><f>1</f><v>7</v></c>", "f": "><f>1</f></c>"},
    "x7": ' t="str"><f>1</f><v>7</v></c>',
}
BEHIND = {
    "merged": '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
    "validated": '<dataValidations><dataValidation sqref="A1:A9"/></dataValidations>',
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from([*CONTENTS, *BEHIND]), max_size=4), max_size=6))
def test_a_sheet_like_one_looked_at_before_is_told_as_if_it_were_the_first(sheets: list[list[str]]) -> None:
    guard_sheets._known.clear()
    seen = []
    for sheet in sheets:
        filled = [CONTENTS[name] for name in sheet if name in CONTENTS]
        cells = "".join(f'<c r="{"ABCD"[j]}1" s="1"{content}' for j, content in enumerate(filled))
        behind = "".join(BEHIND[name] for name in sheet if name in BEHIND)
        xml = f'<worksheet><sheetData><row r="1">{cells}</row></sheetData>{behind}</worksheet>'.encode()
        seen.append((xml, look_at("sheet1.xml", xml, "Biểu")))
    for xml, looked in seen:
        guard_sheets._known.clear()
        assert look_at("sheet1.xml", xml, "Biểu") == looked
