"""A package like ones read before is read from its bytes, and what comes of it is what the parser makes of it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from html import escape
from pathlib import Path

import pytest
from alike_packages import (
    GRASSROOTS,
    KINDS,
    STYLES,
    TEXTS,
    WITH_LIST,
    Edits,
    Kind,
    Parts,
    Place,
    Typed,
    agree,
    asked,
    cell_in,
    forget,
    made,
    packed,
    part_of,
    parts_of,
    place,
    read,
    tables_of,
    typed,
    ways,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline import read_alike, read_learned
from pipeline.layout import INFO_SHEET, META_SHEET, a1
from pipeline.read_learned import Pattern, Source
from schemas.form import Forms

PLAIN_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="_\ufffe\uffff"), max_size=9)
NUMBERS = st.one_of(
    st.integers(-5, 2_000_000),
    st.integers(-(10**22), 10**22),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.27, 27.5, 100.0, 1e300, 5e-324, 1e21]),
    st.sampled_from([b"><v>-0</v></c>", b"><v>007</v></c>", b"><v>1E+5</v></c>", b' t="n"><v>3.10</v></c>']),
)
WORDS = st.one_of(
    st.sampled_from(["1.234", "8/10", "027", "1.234,5", "27%", "khoảng 5", "-", "không", "x", "01/03/2020", "  ", ""]),
    st.sampled_from(["a & b <c> \"d\" 'đ'", "&amp;", "Đoa\u0300n vie\u0302n", " trước, sau ", "hai\ndòng", "a\tb"]),
    PLAIN_TEXTS,
)


@st.composite
def fills(draw: st.DrawFn, kind: Kind) -> Edits:
    """What a unit fills in, where it is asked, and what its formulas then show."""
    free, worked_out = asked(kind)[False], asked(kind)[True]
    typed_in = draw(st.dictionaries(st.sampled_from(free), st.one_of(NUMBERS, WORDS, st.none()), max_size=12))
    info = draw(st.dictionaries(st.sampled_from(["C11", "C12", "C13"]), st.one_of(NUMBERS, WORDS), max_size=2))
    shown = {}
    for cell in draw(st.lists(st.sampled_from(worked_out), max_size=4, unique=True)):
        if b' t="str"' in cell_in(made(kind), cell):
            shown[cell] = b' t="str">%%f<v>%b</v></c>' % escape(draw(PLAIN_TEXTS), quote=False).encode()
        else:
            shown[cell] = (
                b">%%f<v>%b</v></c>" % repr(draw(st.one_of(st.integers(0, 999), st.floats(-1e3, 1e3)))).encode()
            )
    return {**typed_in, **shown, **{(INFO_SHEET, at): value for at, value in info.items()}}


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data())
def test_a_package_filled_in_is_read_from_its_bytes_as_the_parser_reads_it(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    forget()
    for unit in (0, 1, 0):
        read(typed(made(kind, unit), data.draw(fills(kind))))
    for unit in (0, 1):
        assert agree(typed(made(kind, unit), data.draw(fills(kind))))


ODD: list[Typed] = [
    *(5.0, -3, "12", "1.250", "5,000", "mới", "#end", "#B01", "sl_doan_vien", "tong", "Nữ", "Kỳ trước", None),
    *(b' t="e"><v>#N/A</v></c>', b' t="b"><v>1</v></c>', b' t="str"><v>5</v></c>', b' t="d"><v>2020-01-01</v></c>'),
    *(b"><f>1+1</f><v>2</v></c>", b"><f>1+1</f></c>", b">%f<v>7</v></c>", b' t="str">%f<v>sai</v></c>', b"></c>"),
    *(b' t="inlineStr"><is><t>x</t></is></c>', b"><v>nan</v></c>", b"><v>+1</v></c>", b"><v> 5</v></c>"),
    *(b"><v>1_0</v></c>", b"><v></v></c>", b' t="s"><v>+1</v></c>', b' t="s"><v>99999</v></c>', b' t="s"/>'),
    *(b"><v>1E400</v></c>", b"><v>inf</v></c>", b' t="n"/>', b' t="s"><v>12</v></c>', b"><v>5</v></c><c/>"),
]
LABELS = ["", " (chỉ tiêu: 5)", " (chỉ tiêu: &<", " (chỉ tiêu:", " "]


@cache
def rows_of(kind: Kind, sheet: str) -> list[int]:
    """The rows that a sheet has, counted from 0."""
    return [int(row) - 1 for row in re.findall(rb'<row r="([0-9]+)"', made(kind)[part_of(made(kind), sheet)])]


@st.composite
def oddities(draw: st.DrawFn, kind: Kind) -> Edits:
    """What nobody is asked for, anywhere on the sheet of a form; a label with something behind it."""
    sheet, table = draw(st.sampled_from(tables_of(kind)))
    rows, columns = st.sampled_from(rows_of(kind, sheet)), st.integers(0, table.check_column)
    cells = st.builds(lambda i, j: (sheet, a1(i, j)), rows, columns)
    edits = draw(st.dictionaries(cells, st.one_of(st.sampled_from(ODD), NUMBERS, WORDS), max_size=2))
    i, row = draw(st.sampled_from(table.rows))
    if draw(st.booleans()):
        edits[sheet, a1(i, 2)] = row.label.vi + draw(st.sampled_from(LABELS))
    return edits


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.data())
def test_whatever_stands_where_nothing_is_asked_comes_to_the_same(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*KINDS, WITH_LIST]))
    forget()
    # What is odd may be there from the first, so that it is learned, or come later.
    first, later = data.draw(oddities(kind)), data.draw(oddities(kind))
    for unit, odd in ((0, first), (1, first), (0, first), (0, {**first, **later}), (1, later)):
        agree(typed(made(kind, unit), {**data.draw(fills(kind)), **odd}))


LABEL = "Tổng số đoàn viên công đoàn"
AS_IT_MAY_BE: list[tuple[str, Typed]] = [
    *(("C10", f"{LABEL} (chỉ tiêu: 5)"), ("H9", 5.0), ("H9", "chưa có"), ("H9", None), ("D9", "12"), ("J10", "12")),
    *(("B3", "BIỂU SỐ 1"), ("C3", "lời"), ("C15", "Nhóm khác"), ("I10", "12"), ("G9", None), ("E9", b"><v></v></c>")),
    ("G11", b">%f<v>12.5</v></c>"),
]
CHANGED: list[tuple[str, Typed]] = [
    *(("E7", "x"), ("E7", None), ("E7", "nu"), ("H7", "moi"), ("A7", "#B02"), ("A9", None), ("A9", "sl_doan_vien")),
    *(("A10", " sl_doan_vien"), ("A15", "sl_moi"), ("A15", 5.0), ("A8", "x"), ("A46", None), ("A46", "x")),
    *(("B10", "9"), ("B10", 2.0), ("B10", None), ("C10", "Nam"), ("C10", None), ("C10", 5.0), ("C10", f"{LABEL} ")),
    *(("C10", f"{LABEL} (chỉ tiêu"), ("E8", "Số"), ("E8", None), ("H8", "Kỳ này"), ("C8", "Tên"), ("I8", 5.0)),
    *(("C3", 5.0), ("C3", "12"), ("B3", "1.250"), ("E15", 5.0), ("E15", "12"), ("F10", "x"), ("F10", 5.0)),
    *(("E9", b' t="e"><v>#N/A</v></c>'), ("E9", b' t="b"><v>1</v></c>'), ("E9", b' t="str"><v>5</v></c>')),
    *(("E9", b"><f>1+1</f><v>2</v></c>"), ("E9", b"><f>1+1</f></c>"), ("E9", b' t="inlineStr"><is><t>x</t></is></c>')),
    *(("E9", b"><v> 5</v></c>"), ("E9", b"><v>nan</v></c>"), ("E9", b' t="s"><v>+1</v></c>'), ("G11", 5.0)),
    *(("L9", 5.0), ("L9", "x"), ("E9", b' t="s"><v>99999</v></c>')),
]


@pytest.mark.parametrize(
    ("at", "value", "quick"), [(*one, True) for one in AS_IT_MAY_BE] + [(*one, False) for one in CHANGED]
)
def test_what_is_not_as_it_was_issued_is_left_to_the_parser(at: str, value: Typed, quick: bool) -> None:
    forget()
    for unit in (0, 1, 0):
        read(made(GRASSROOTS, unit))
    assert agree(typed(made(GRASSROOTS), {("B01", at): value})) is quick
    # Nor is anything wrong learned from it.
    read(typed(made(GRASSROOTS), {("B01", at): value}))
    for unit in (0, 1):
        agree(typed(made(GRASSROOTS, unit), {("B01", at): value, ("B01", "E12"): 7}))
        assert agree(made(GRASSROOTS, unit))


@pytest.mark.parametrize("at", ["H7", "A6", "A15", "K8", "K9", "K15", "B6", "A5", "A46"])
@pytest.mark.parametrize("value", ["mới", "#end", "12", 5.0])
def test_what_stands_in_a_cell_that_was_learned_empty_comes_to_the_same(at: str, value: Typed) -> None:
    forget()
    for unit in (0, 1, 0):
        read(typed(made(GRASSROOTS, unit), {("B01", at): None}))
    agree(typed(made(GRASSROOTS), {("B01", at): value}))


@pytest.mark.parametrize("words", [b"12", b"a &lt; b", "chưa đủ".encode(), b" ", b"", b"27%"])
def test_words_that_a_formula_gives_where_a_figure_is_asked_are_read(words: bytes) -> None:
    forget()
    for unit in (0, 1, 0):
        read(typed(made(GRASSROOTS, unit), {("B01", "G11"): b' t="str">%f<v></v></c>'}))
    assert agree(typed(made(GRASSROOTS), {("B01", "G11"): b' t="str">%f<v>' + words + b"</v></c>"}))


def with_bytes(name: str, old: bytes, new: bytes, parts: Parts | None = None) -> Parts:
    parts = parts or made(GRASSROOTS)
    assert old in parts[name]
    return {**parts, name: parts[name].replace(old, new)}


@pytest.mark.parametrize("said", [LABEL, "Tổng số", "Nội dung", "sl_doan_vien", "người", "#B01", "1.1"])
def test_other_words_under_the_numbers_of_the_usual_ones_are_seen(said: str) -> None:
    forget()
    for unit in (0, 1, 0):
        read(made(GRASSROOTS, unit))
    for other in ("khác", "12", ""):
        agree(with_bytes(TEXTS, f"<t>{said}</t>".encode(), f"<t>{other}</t>".encode()))


@pytest.mark.parametrize("at", ["A9", "B9", "C9", "E8", "E7", "D9"])
def test_a_figure_that_is_the_number_of_the_usual_words_is_seen(at: str) -> None:
    forget()
    for unit in (0, 1, 0):
        read(made(GRASSROOTS, unit))
    cell = cell_in(made(GRASSROOTS), ("B01", at))
    agree(with_bytes(part_of(made(GRASSROOTS), "B01"), cell, cell.replace(b' t="s"', b"")))


AROUND = {
    "a validation is gone": (rb"<dataValidations.*</dataValidations>", b""),
    "cells are merged": (rb"<mergeCells([^>]*)>", rb'<mergeCells\1><mergeCell ref="E9:F9"/>'),
    "a figure is shown in percent": (rb'(formatCode="#,##0)"', rb'\1%"'),
    "a figure is shown as a day": (rb'(formatCode=)"#,##0"', rb'\1"dd/mm/yyyy"'),
    "a font is from before Unicode": (rb'<name val="[^"]*"', b'<name val=".VnTime"'),
    "days count from 1904": (rb"<workbookPr ", b'<workbookPr date1904="1" '),
}


@pytest.mark.parametrize("odd", AROUND)
def test_what_is_changed_around_the_cells_is_seen(odd: str) -> None:
    forget()
    for unit in (0, 1, 0):
        read(typed(made(GRASSROOTS, unit), {("B01", "E9"): 44000}))
    parts = typed(made(GRASSROOTS), {("B01", "E9"): 44000})
    changed = {name: re.sub(*AROUND[odd], content, flags=re.DOTALL) for name, content in parts.items()}
    assert changed != parts
    assert not agree(changed)


def test_a_package_that_another_sheet_vouches_for_is_not_taken_for_one_that_is_as_issued() -> None:
    said = re.findall(
        rb'<c r="([AB])[0-9]+"[^>]*><v>([0-9]+)</v>', made(GRASSROOTS)[part_of(made(GRASSROOTS), META_SHEET)]
    )
    pairs = zip(said[::2], said[1::2], strict=True)
    cell = b'<c r="%b%d" t="s"><v>%b</v></c>'
    rows = [b"<row>" + b"".join(cell % (j, i, v) for j, v in two) + b"</row>" for i, two in enumerate(pairs, 40)]
    first = part_of(made(GRASSROOTS), INFO_SHEET)
    parts = with_bytes(first, b"</sheetData>", b"".join(rows) + b"</sheetData>")
    forget()
    for _ in range(4):
        agree(typed(parts, {(META_SHEET, "A4"): "khác", (META_SHEET, "C4"): 5.0}))


def test_a_package_is_read_from_its_bytes_from_the_third_on() -> None:
    for kind in KINDS:
        forget()
        assert [agree(made(kind, unit)) for unit in (0, 1, 0, 1)] == [False, False, True, True]


def test_a_package_with_a_list_is_never_read_so_and_soon_not_tried_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    learn = read_learned.pattern_of

    def note(source: Source, forms: Forms, versions: Mapping[str, str], period: str) -> Pattern | None:
        tried.append(source.name)
        return learn(source, forms, versions, period)

    monkeypatch.setattr(read_alike, "pattern_of", note)
    forget()
    assert not any(agree(made(WITH_LIST)) for _ in range(5))
    assert tried
    tried.clear()
    assert not any(agree(made(WITH_LIST)) for _ in range(3))
    assert tried == []


@pytest.mark.parametrize(
    ("at", "value"),
    [("B2", "2021"), ("B3", "B01"), ("B3", "B01+B02+B03"), ("B4", "B01 1; B02 2"), ("B4", "B01 1"), ("B4", None)],
)
def test_what_was_learned_holds_for_packages_of_its_period_forms_and_versions_alone(at: str, value: Typed) -> None:
    forget()
    for unit in (0, 1, 0):
        read(made(GRASSROOTS, unit))
    assert agree(made(GRASSROOTS))
    assert not agree(typed(made(GRASSROOTS), {(META_SHEET, at): value}))
    assert agree(typed(made(GRASSROOTS), {(META_SHEET, "B1"): "CS0001"}))


def test_what_was_learned_of_todays_version_does_not_hold_for_an_earlier_one() -> None:
    forms = place().forms
    by_id = {**forms.by_id, "B02": replace(forms.by_id["B02"], former_versions=("0",))}
    both = replace(forms, by_id=by_id, source="1" * 64)
    forget()
    assert [agree(made(GRASSROOTS), both) for _ in range(3)] == [False, False, True]
    assert not agree(typed(made(GRASSROOTS), {(META_SHEET, "B4"): "B01 1; B02 0"}), both)


def test_what_was_learned_under_other_definitions_of_the_forms_does_not_hold() -> None:
    forget()
    for unit in (0, 1, 0):
        read(made(GRASSROOTS, unit))
    assert ways(made(GRASSROOTS))[0] is not None
    for source in ("0" * 64, ""):
        assert ways(made(GRASSROOTS), replace(place().forms, source=source))[0] is None


def test_nothing_but_time_is_lost_where_there_are_more_kinds_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setattr(read_alike, "_MOST", 2)
    answered = []
    for i in range(24):
        kind = KINDS[i // 4 % len(KINDS)]
        answered.append(agree(typed(made(kind, i % 2), {asked(kind)[False][i]: i})))
        assert len(read_alike._patterns) <= 2 + len(kind.forms.split("+"))
    assert any(answered)
    assert not all(answered[4:])


def with_typed(at: str, value: Typed) -> Parts:
    return typed(made(GRASSROOTS), {("B01", at): value})


def hidden(before: bytes, after: bytes, content: bytes) -> Parts:
    """A package in which a cell that is asked stands where no parser sees a cell."""
    cell = b'<c r="E9" s="22"'
    return with_bytes(part_of(made(GRASSROOTS), "B01"), cell + b"/>", before + cell + content + after)


def days_behind_a_comment() -> Parts:
    """A package in whose styles a figure is one in a comment, and a day in what follows."""
    [found] = re.findall(rb"<cellXfs.*</cellXfs>", made(GRASSROOTS)[STYLES])
    days = re.sub(rb'numFmtId="[1-9][0-9]*"', b'numFmtId="14"', found)
    return with_bytes(STYLES, found, b"<!-- " + found + b" -->" + days, with_typed("E9", 44000.0))


LOOSE = b'<worksheet><sheetData><row r="1"><c r="A1"><v>5</v></c></row></sheetData></worksheet>'
AS_ISSUED = partial(with_typed, "E9", None)
NO_TEXT = partial(with_typed, "D9", b' t="s"><v></v></c>')
UNLISTED = partial(lambda: {**made(GRASSROOTS), "xl/worksheets/sheet99.xml": LOOSE})
TAB = partial(with_bytes, "xl/workbook.xml", b'"B02"', b'"B\t02"')
MANY = b"9" * 5000
# What is learned from, and what is read then.
ODD_FILES: dict[str, tuple[Callable[[], Parts], Callable[[], Parts]]] = {
    "digits beyond any number": (AS_ISSUED, partial(with_typed, "E9", b"><v>%b</v></c>" % MANY[:400])),
    "the number of a text beyond any": (AS_ISSUED, partial(with_typed, "E9", b' t="s"><v>%b</v></c>' % MANY)),
    "a text without a number": (NO_TEXT, NO_TEXT),
    "a sheet that is not listed": (UNLISTED, UNLISTED),
    "a tab in the name of a sheet": (TAB, TAB),
    "blanks that are not said to stay": (
        AS_ISSUED,
        lambda: with_bytes(TEXTS, b' xml:space="preserve">ch', b"> ch", with_typed("I9", "chờ")),
    ),
    "days behind a comment": (AS_ISSUED, days_behind_a_comment),
    "a code behind the last column": (partial(with_typed, "L7", None), partial(with_typed, "L7", "mới")),
    "a text that names what is not": (AS_ISSUED, partial(with_bytes, TEXTS, b"</sst>", b"<si><t>&b;</t></si></sst>")),
    "a text in no alphabet": (AS_ISSUED, partial(with_bytes, TEXTS, b"</sst>", b"<si><t>\xff</t></si></sst>")),
    "a text that does not end": (AS_ISSUED, partial(with_bytes, TEXTS, b"</sst>", b"<si><t>x</b></si></sst>")),
    "styles that do not begin": (AS_ISSUED, partial(with_bytes, STYLES, b"<dxfs", b"</bad><dxfs")),
    **{
        f"a cell in {name}": (partial(hidden, *around, b"/>"), partial(hidden, *around, b"><v>5</v></c>"))
        for name, around in {
            "a comment": (b"<!--", b"-->"),
            "plain text": (b"<![CDATA[", b"]]>"),
            "an instruction": (b"<?x ", b"?>"),
        }.items()
    },
}


@pytest.mark.parametrize("odd", ODD_FILES)
def test_what_no_program_writes_is_read_as_by_the_parser_whatever_was_read_before(odd: str) -> None:
    before, after = ODD_FILES[odd]
    forget()
    for _ in range(2):
        read(before())
    agree(after())


def test_packages_saved_by_libreoffice_are_read_as_by_the_parser(tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    kinds = [kind for kind in KINDS[3:5] for _ in range(3)]
    for i, kind in enumerate(kinds):
        edits: dict[Place, Typed] = dict(zip(asked(kind)[False], (i, 2.5, "1.234", "lời & <"), strict=False))
        (tmp_path / f"{i}.xlsx").write_bytes(packed(typed(made(kind, i % 2), edits)))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved")]
    files = [str(tmp_path / f"{i}.xlsx") for i in range(len(kinds))]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=300)
    forget()
    for i in range(len(kinds)):
        agree(parts_of((tmp_path / "saved" / f"{i}.xlsx").read_bytes()))


def test_packages_saved_by_openpyxl_are_read_as_by_the_parser() -> None:
    forget()
    for i in range(4):
        book, out = load_workbook(io.BytesIO(packed(made(KINDS[3], i % 2)))), io.BytesIO()
        book["B01"]["E9"] = i
        book.save(out)
        agree(parts_of(out.getvalue()))
