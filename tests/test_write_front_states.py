"""The first sheet in the states that a period can be in: it says who is missing, by name or by the union above."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from builders import UNITS, unit
from openpyxl import load_workbook
from pages import GOOD, YEAR, all_received, half_missing, one_unit, place, returned

from pipeline import run
from pipeline.demo import Demo
from pipeline.workspace import Workspace
from pipeline.write_front import FRONT_SHEET
from pipeline.write_front_charts import CHART_SHEET
from pipeline.write_state import STATE_SHEET


def first_sheet(at: Workspace) -> Sequence[str]:
    """The texts of the first sheet."""
    run.consolidate(at, YEAR)
    book = load_workbook(at.output(YEAR) / f"tong-hop-{YEAR}.xlsx", data_only=True)
    return [str(cell.value) for row in book[FRONT_SHEET].iter_rows() for cell in row if cell.value is not None]


def test_who_has_not_sent_and_who_must_correct_is_named(tmp_path: Path) -> None:
    texts = first_sheet(half_missing(tmp_path))
    assert "Chưa gửi: U1, U2, G0." in texts
    assert "Phải sửa, gửi lại: G12." in texts


def test_where_all_is_well_nobody_is_named(tmp_path: Path) -> None:
    texts = first_sheet(all_received(tmp_path))
    assert not [text for text in texts if text.startswith(("Chưa gửi:", "Phải sửa, gửi lại:"))]
    assert "Không còn chỗ nghi vấn nào có thể làm lệch số toàn tỉnh." in texts


def test_many_units_are_counted_below_the_unions_above_them(tmp_path: Path) -> None:
    many = [unit(f"G2{i:02}", "grassroots", "U2", sector="hcsn") for i in range(14)]
    at = place(tmp_path, units=(*UNITS, *many))
    returned(at, {"U1": GOOD, "G0": GOOD})
    assert "Chưa gửi: 18 đơn vị (U2 16, U1 2)." in first_sheet(at)


def test_one_unit_alone_has_no_chart_of_units(tmp_path: Path) -> None:
    at = one_unit(tmp_path)
    assert "Phải sửa, gửi lại: U1." in first_sheet(at)
    titles = [cell.value for cell in load_workbook(at.output(YEAR) / f"tong-hop-{YEAR}.xlsx")[CHART_SHEET]["A"]]
    assert "Theo giới" in titles
    assert not [title for title in titles if title and "theo đơn vị" in str(title)]


def test_the_figures_are_left_out_where_no_form_names_any(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("upper",))
    for form in at.forms.by_id.values():
        object.__setattr__(form, "headlines", ())
    assert "Chỉ tiêu" not in first_sheet(at)


def test_the_state_of_returns_leads_to_every_sheet(demo: Demo) -> None:
    book = load_workbook(demo.workspace.output(YEAR) / "tong-hop-2020.xlsx")
    leads = {str(cell.value) for cell in book[STATE_SHEET]["B"] if cell.hyperlink is not None}
    assert leads == {*book.sheetnames} - {FRONT_SHEET, STATE_SHEET, CHART_SHEET}
