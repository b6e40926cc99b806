"""What is told of a workbook from its bytes decides whether it is looked at closely."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import blank, form, load, package, row, workspace
from openpyxl import load_workbook

from pipeline.guard import inspect
from pipeline.guard_traits import covered, formats_changed, formulas, has_legacy_font, validated
from pipeline.init import init
from pipeline.read_looks import Issued, issued
from pipeline.workspace import open_workspace
from schemas.period import Period


@pytest.mark.parametrize(
    ("areas", "cells"),
    [("", 0), ("E10", 1), ("E10:E12", 3), ("$E$10:$F$12", 6), ("E10:E12 G1", 4), ("A1:XFD1048576", 2**34)],
)
def test_the_cells_of_areas_are_counted(areas: str, cells: int) -> None:
    assert covered(areas) == cells


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (b"", (0, False)),
        (b"<c><f>1</f><v>1</v></c><c><f>2</f><v></v></c>", (2, False)),
        (b"<c><f>1</f></c><c><f>2</f><v>2</v></c>", (2, True)),
        (b"<c><f>1</f><v/></c>", (1, True)),
        (b'<c><f t="shared" si="0">1</f><v>1</v></c><c><f t="shared" si="0"/><v>1</v></c>', (1, False)),
    ],
)
def test_formulas_are_counted_and_one_without_a_value_is_seen(cells: bytes, found: tuple[int, bool]) -> None:
    assert formulas(cells) == found


def test_validations_are_counted_where_excel_keeps_them() -> None:
    coloured = b'</sheetData><conditionalFormatting sqref="A1:A9"/>'
    old = coloured + b'<dataValidations count="1"><dataValidation type="list" sqref="E1:E3"/></dataValidations>'
    new = b'<extLst><x14:dataValidation type="list"><xm:sqref>F1 F3</xm:sqref></x14:dataValidation></extLst>'
    assert validated(b"<sheetData>" + old) == 3
    assert validated(b"<sheetData>" + old + new) == 5
    assert validated(b"<sheetData>" + coloured) == 0


@pytest.mark.parametrize(
    ("own", "used", "changed"),
    [
        (b"", b"0", False),
        (b"", b"9", True),
        (b"", b"49", False),
        (b'<numFmt numFmtId="164" formatCode="General&quot;%&quot;"/>', b"164", False),
        (b'<numFmt numFmtId="164" formatCode="General\\%"/>', b"164", False),
        (b'<numFmt numFmtId="164" formatCode="0.0%"/>', b"164", True),
        (b'<numFmt numFmtId="164" formatCode="0.0%"/>', b"0", False),
        (b'<numFmt formatCode="0.0%" numFmtId="164"/>', b"0", True),
    ],
)
def test_a_format_that_no_package_uses_is_seen_where_a_cell_may_have_it(own: bytes, used: bytes, changed: bool) -> None:
    styles = b'<numFmts count="1">%s</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>' % own
    assert formats_changed(styles + b'<cellXfs count="1"><xf numFmtId="%s"/></cellXfs>' % used) is changed


def test_styles_that_are_written_in_another_way_are_taken_for_changed() -> None:
    assert formats_changed(b'<x:cellXfs><x:xf numFmtId="0"/></x:cellXfs>')


@pytest.mark.parametrize(
    ("part", "legacy"),
    [
        (b'<font><name val=".VnTime"/></font>', True),
        (b'<r><rPr><rFont val="VNI-Times"/></rPr><t>a</t></r>', True),
        (b'<font><name val="Times New Roman"/></font><t>.VnTime</t>', False),
    ],
)
def test_a_font_from_before_unicode_is_seen(part: bytes, legacy: bool) -> None:
    assert has_legacy_font(part) is legacy


@pytest.mark.parametrize(("unit", "period"), [("LC-21", "2020"), ("LC-01", "2023-Q3"), ("CS0047", "2024")])
def test_a_package_says_how_many_formulas_and_validations_it_has(tmp_path: Path, unit: str, period: str) -> None:
    place = open_workspace(init(tmp_path / "tỉnh"))
    path = package(tmp_path / "a.xlsx", place, unit, {}, period=Period.parse(period))
    traits = inspect(path.read_bytes()).traits
    book = load_workbook(path)
    said = issued({str(key.value): str(value.value) for key, value in book["_META"].iter_rows()})
    assert traits is not None
    assert said.formulas == {name: traits.formulas[name] for name in said.formulas or ()}
    assert said.validated == {name: traits.validated[name] for name in said.validated or ()}
    assert (
        sum((said.merged or {}).values())
        == sum(traits.merged.values())
        == sum(len(book[name].merged_cells.ranges) for name in traits.merged)
    )
    assert said.formulas == {
        name: sum(cell.data_type == "f" for line in book[name] for cell in line) for name in said.formulas or ()
    }
    assert (traits.uncalculated, traits.restyled) == (False, False)
    assert set(said.formulas or ()) == {found.id for found in blank(place, unit, Period.parse(period))[1].forms}
    book.close()


@pytest.mark.parametrize("said", ["", "B01", "B01:x", "B01:-1", ";"])
def test_a_package_that_does_not_say_it_in_numbers_does_not_say_it(said: str) -> None:
    assert issued({"formulas": said}) == Issued(None, None, None)


def test_sheets_that_hold_no_figures_are_not_looked_at(tmp_path: Path) -> None:
    place = workspace(tmp_path, load(tmp_path / "forms", form(row("ca"))))
    traits = inspect(package(tmp_path / "a.xlsx", place, "U1", {}).read_bytes()).traits
    assert traits is not None
    assert set(traits.formulas) == {"THONG_TIN", "X01", "_META"}
